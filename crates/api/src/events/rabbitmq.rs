//! Messages to RabbitMQ.

use std::{fmt, sync::Arc, time::Duration};

use lapin::{
    BasicProperties, Confirmation, Connection, ConnectionProperties, ExchangeKind,
    options::{
        BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
        QueueDeclareOptions,
    },
    protocol::constants::REPLY_SUCCESS,
    types::{AMQPValue, FieldTable, LongString, ShortString},
    uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::timeout};

use super::{
    change::Change,
    failure::{Cause, Failure},
    outbox::OutboxRow,
};
use crate::{config::rabbitmq::RabbitMqConfig, error::Result, startup::StartError};

const QUEUE: &str = "jobs";
const ROUTING_KEY: &str = "status";
const ACTION: &str = "status";
/// Written to the disk by the broker (AMQP 0-9-1 §1.8, `delivery-mode`).
const PERSISTENT: u8 = 2;
/// Seconds after which a silent broker counts as gone.
const HEARTBEAT: u16 = 30;
/// How long connecting may take.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// How long the broker may take to confirm that it has a message.
const PUBLISH_DEADLINE: Duration = Duration::from_secs(20);

/// A broker and the connection to it, which is made when it is needed.
pub(super) struct RabbitMq {
    uri: AMQPUri,
    default_exchange: String,
    connection: Mutex<Option<Arc<Connection>>>,
}

impl fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitMq").field("host", &self.uri.authority.host).finish_non_exhaustive()
    }
}

/// A message, as it waits in the outbox.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    exchange: String,
    /// Where the exchange can't be named after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    body: Value,
}

impl RabbitMq {
    /// The broker that `config` names, if it names one.
    pub(super) fn configured(config: &RabbitMqConfig) -> Result<Option<Self>, StartError> {
        let Some(host) = &config.rabbitmq_host else { return Ok(None) };
        short("RABBITMQ_VHOST", &config.rabbitmq_vhost)?;
        short("RABBITMQ_DEFAULT_EXCHANGE", &config.rabbitmq_default_exchange)?;
        let scheme = if config.rabbitmq_use_tls { AMQPScheme::AMQPS } else { AMQPScheme::AMQP };
        let port = config.rabbitmq_port.unwrap_or_else(|| scheme.default_port());
        let uri = AMQPUri {
            scheme,
            authority: AMQPAuthority {
                userinfo: AMQPUserInfo {
                    username: config.rabbitmq_username.clone(),
                    password: config.rabbitmq_password.clone(),
                },
                host: host.clone(),
                port,
            },
            vhost: config.rabbitmq_vhost.clone(),
            query: AMQPQueryString { heartbeat: Some(HEARTBEAT), ..Default::default() },
        };
        let default_exchange = config.rabbitmq_default_exchange.clone();
        Ok(Some(Self { uri, default_exchange, connection: Mutex::default() }))
    }

    /// What is to be told of a submission.
    pub(super) fn content(&self, organization: Option<&str>, change: &Change) -> Result<Value> {
        let organization = organization.filter(|organization| !organization.is_empty());
        let named = organization.filter(|organization| may_name_exchange(organization));
        let body = json!({
            "path": format!("jobs.job_submissions.{}", change.job_submission_id),
            "user_email": change.owner_email,
            "action": ACTION,
            "additional_context": {
                "status": change.status.as_str(),
                "slurm_job_state": change.slurm_job_state.map(|state| state.to_string()),
            },
        });
        let exchange = named.unwrap_or(&self.default_exchange).to_owned();
        let organization = organization.filter(|_| named.is_none()).map(str::to_owned);
        serde_json::to_value(Message { exchange, organization, body })
            .map_err(crate::error::Error::internal)
    }

    /// The connection to the broker, made anew unless it is there.
    pub(super) async fn connect(&self) -> Result<Arc<Connection>, Cause> {
        let mut known = self.connection.lock().await;
        if let Some(connection) = known.as_ref().filter(|known| known.status().connected()) {
            return Ok(Arc::clone(connection));
        }
        *known = None;
        let properties = ConnectionProperties::default().with_connection_name("jobbergate".into());
        let connecting = Connection::connect_uri(self.uri.clone(), properties);
        let connected = timeout(CONNECT_DEADLINE, connecting).await;
        let connection = connected.map_err(|_| "the broker does not answer")??;
        Ok(Arc::clone(known.insert(Arc::new(connection))))
    }

    /// Publishes a message, and waits until the broker has it.
    pub(super) async fn deliver(&self, row: &OutboxRow) -> Result<(), Failure> {
        let message = Message::deserialize(&row.content.0);
        let message = message.map_err(|error| Failure::ForEver(error.into()))?;
        let exchange = ShortString::try_new(message.exchange.as_str()).map_err(|_| {
            Failure::ForEver("the organization's name is too long for an exchange".into())
        })?;
        let properties = properties(&row.message_id(), &message);
        let payload = message.body.to_string();
        let published = self.publish(exchange, payload.as_bytes(), properties);
        if let Ok(outcome) = timeout(PUBLISH_DEADLINE, published).await {
            return outcome;
        }
        // Perhaps the connection is broken, and nobody has told.
        *self.connection.lock().await = None;
        Err("the broker does not confirm".into())
    }

    /// On an AMQP channel of its own, for a refusal closes the channel. Exchange and queue are
    /// declared each time: an administrator may have deleted them.
    async fn publish(
        &self,
        exchange: ShortString,
        payload: &[u8],
        properties: BasicProperties,
    ) -> Result<(), Failure> {
        let channel = self.connect().await?.create_channel().await?;
        match publish_on(&channel, exchange, payload, properties).await {
            Ok(Confirmation::Ack(None)) => Ok(channel.close(REPLY_SUCCESS, "OK".into()).await?),
            Ok(other) => {
                let words = format!("the broker does not take the message: {other:?}");
                Err(Failure::Refused(words.into()))
            }
            // It closes the channel only, so the connection is as good as before.
            Err(error) if error.is_amqp_soft_error() => Err(Failure::Refused(error.into())),
            Err(error) => Err(error.into()),
        }
    }
}

async fn publish_on(
    channel: &lapin::Channel,
    exchange: ShortString,
    payload: &[u8],
    properties: BasicProperties,
) -> lapin::Result<Confirmation> {
    let none = FieldTable::default;
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel.exchange_declare(exchange.clone(), ExchangeKind::Direct, durable, none()).await?;
    channel.queue_declare(QUEUE.into(), QueueDeclareOptions::durable(), none()).await?;
    let (queue, key) = (QUEUE.into(), ROUTING_KEY.into());
    let bind = QueueBindOptions::default();
    channel.queue_bind(queue, exchange.clone(), key, bind, none()).await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let mandatory = BasicPublishOptions { mandatory: true, ..Default::default() };
    let key = ROUTING_KEY.into();
    let sent = channel.basic_publish(exchange, key, mandatory, payload, properties).await?;
    sent.await
}

fn properties(id: &str, message: &Message) -> BasicProperties {
    let mut headers = FieldTable::default();
    let organization = message.organization.as_deref().unwrap_or(&message.exchange);
    let organization = LongString::from(organization);
    headers.insert("organization".into(), AMQPValue::LongString(organization));
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into())
        .with_message_id(id.into())
        .with_headers(headers)
}

/// The broker keeps names that begin with `amq.` for itself (AMQP 0-9-1 §3.1.3), and there is room
/// for 255 bytes.
fn may_name_exchange(organization: &str) -> bool {
    !organization.starts_with("amq.") && ShortString::try_new(organization).is_ok()
}

/// AMQP has room for 255 bytes.
fn short(setting: &'static str, value: &str) -> Result<(), StartError> {
    match ShortString::try_new(value) {
        Ok(_) => Ok(()),
        Err(error) => Err(StartError::Setting { setting, reason: error.to_string() }),
    }
}
