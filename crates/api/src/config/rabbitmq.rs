//! Settings of the message broker.

use clap::{ArgAction, Args, builder::BoolishValueParser};

use super::host::host;

/// The message broker that is told how submissions end.
#[derive(Debug, Clone, Args)]
pub struct RabbitMqConfig {
    /// The RabbitMQ server's host; without one, no messages are sent
    #[arg(long, env = "RABBITMQ_HOST", value_parser = |text: &str| host(text, "RABBITMQ_PORT"), value_name = "HOST")]
    pub rabbitmq_host: Option<String>,

    /// Its port [default: 5672, with TLS 5671]
    #[arg(long, env = "RABBITMQ_PORT", value_name = "PORT")]
    pub rabbitmq_port: Option<u16>,

    /// The user to connect as
    #[arg(long, env = "RABBITMQ_USERNAME", default_value = "guest", value_name = "USER")]
    pub rabbitmq_username: String,

    /// The user's password
    #[arg(
        long,
        env = "RABBITMQ_PASSWORD",
        default_value = "guest",
        hide_default_value = true,
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub rabbitmq_password: String,

    /// The virtual host
    #[arg(long, env = "RABBITMQ_VHOST", default_value = "/", value_name = "NAME")]
    pub rabbitmq_vhost: String,

    /// Whether to connect by TLS
    #[arg(long, env = "RABBITMQ_USE_TLS", default_value_t = false, action = ArgAction::Set, value_parser = BoolishValueParser::new(), value_name = "BOOL")]
    pub rabbitmq_use_tls: bool,

    /// The exchange for callers whose token names no organization
    #[arg(long, env = "RABBITMQ_DEFAULT_EXCHANGE", default_value = "default", value_name = "NAME")]
    pub rabbitmq_default_exchange: String,
}
