//! A RabbitMQ broker for tests, and a virtual host for each of them.
//!
//! As with PostgreSQL, the first test process that asks starts the broker, and the others use the
//! same one. What was sent is read back through its management API.

mod server;

use std::thread;

use anyhow::{Context, Result, anyhow};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// The user that is there from the beginning; it may connect from this machine only.
const USER: &str = "guest";

/// A virtual host of one test; it goes when this is dropped.
#[derive(Debug)]
pub struct VirtualHost {
    pub name: String,
    pub port: u16,
    pub username: &'static str,
    pub password: &'static str,
    api: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub exchange: String,
    pub routing_key: String,
    /// Its AMQP properties, such as `delivery_mode` and `headers`.
    pub properties: Value,
    pub body: Value,
}

impl VirtualHost {
    /// A new virtual host of the broker that all test processes of this checkout share, which is
    /// started when necessary.
    pub async fn new() -> Result<Self> {
        let ports = tokio::task::spawn_blocking(server::start_once).await??;
        let name = format!("test-{}", Uuid::new_v4().simple());
        let api = format!("http://127.0.0.1:{}/api", ports.management);
        let host = Self { name, port: ports.amqp, username: USER, password: USER, api };
        let path = format!("/vhosts/{}", host.name);
        let made = host.request(Method::PUT, &path).send().await?;
        made.error_for_status().context("can't make a virtual host")?;
        let all = json!({"configure": ".*", "write": ".*", "read": ".*"});
        let path = format!("/permissions/{}/{USER}", host.name);
        host.request(Method::PUT, &path).json(&all).send().await?.error_for_status()?;
        Ok(host)
    }

    /// Takes all messages out of a queue, oldest first; none if there is no such queue.
    pub async fn take(&self, queue: &str) -> Result<Vec<Message>> {
        let order = json!({"count": 1000, "ackmode": "ack_requeue_false", "encoding": "auto"});
        let path = format!("/queues/{}/{queue}/get", self.name);
        let answer = self.request(Method::POST, &path).json(&order).send().await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        let found: Vec<Value> = answer.error_for_status()?.json().await?;
        found.into_iter().map(Message::read).collect()
    }

    /// What the broker says of a queue, an exchange, or what is bound to one, such as
    /// `queues/{name}/jobs`, where `{name}` stands for this virtual host; none if there is none.
    pub async fn describe(&self, path: &str) -> Result<Option<Value>> {
        let path = format!("/{}", path.replace("{name}", &self.name));
        let answer = self.request(Method::GET, &path).send().await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(Some(answer.error_for_status()?.json().await?))
    }

    /// Declares an exchange or a queue, as in `exchanges/{name}/lab`.
    pub async fn declare(&self, path: &str, arguments: &Value) -> Result<()> {
        let path = format!("/{}", path.replace("{name}", &self.name));
        let answer = self.request(Method::PUT, &path).json(arguments).send().await?;
        answer.error_for_status()?;
        Ok(())
    }

    pub async fn delete(&self, path: &str) -> Result<()> {
        let path = format!("/{}", path.replace("{name}", &self.name));
        self.request(Method::DELETE, &path).send().await?.error_for_status()?;
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = reqwest::Client::new().request(method, format!("{}{path}", self.api));
        request.basic_auth(self.username, Some(self.password))
    }

    fn delete_now(&self) -> Result<()> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
            let path = format!("/vhosts/{}", self.name);
            self.request(Method::DELETE, &path).send().await?.error_for_status()?;
            Ok(())
        })
    }
}

impl Message {
    fn read(found: Value) -> Result<Self> {
        let text = |name: &str| found[name].as_str().map(str::to_owned).context("no text");
        Ok(Self {
            exchange: text("exchange")?,
            routing_key: text("routing_key")?,
            properties: found["properties"].clone(),
            body: serde_json::from_str(&text("payload")?)?,
        })
    }
}

impl Drop for VirtualHost {
    fn drop(&mut self) {
        // In a thread of its own, for a runtime can't be entered from within another.
        let deleted = thread::scope(|scope| {
            scope.spawn(|| self.delete_now()).join().unwrap_or_else(|_| Err(anyhow!("panicked")))
        });
        if let Err(error) = deleted {
            eprintln!("can't delete the virtual host {}: {error:#}", self.name);
        }
    }
}
