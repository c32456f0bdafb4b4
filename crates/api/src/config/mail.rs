//! Settings of e-mail.

use clap::{Args, ValueEnum};

use super::host::host;

/// By which service owners of rejected submissions get e-mail: SendGrid, an SMTP server or none.
#[derive(Debug, Clone, Args)]
pub struct MailConfig {
    /// The key to SendGrid's API; without one, it is not used
    #[arg(long, env = "SENDGRID_API_KEY", hide_env_values = true, value_name = "KEY")]
    pub sendgrid_api_key: Option<String>,

    /// The sender of e-mail by SendGrid, one that SendGrid has verified
    #[arg(long, env = "SENDGRID_FROM_EMAIL", value_name = "ADDRESS")]
    pub sendgrid_from_email: Option<String>,

    /// Where SendGrid's API is
    #[arg(
        long,
        env = "SENDGRID_API_URL",
        default_value = "https://api.sendgrid.com",
        value_name = "URL"
    )]
    pub sendgrid_api_url: String,

    /// The SMTP server's host; without one, it is not used
    #[arg(long, env = "SMTP_HOST", value_parser = |text: &str| host(text, "SMTP_PORT"), value_name = "HOST")]
    pub smtp_host: Option<String>,

    /// Its port [default: 587, with SMTP_TLS=tls 465, with SMTP_TLS=none 25]
    #[arg(long, env = "SMTP_PORT", value_name = "PORT")]
    pub smtp_port: Option<u16>,

    /// The user to authenticate as; without one, nobody is
    #[arg(long, env = "SMTP_USERNAME", value_name = "USER")]
    pub smtp_username: Option<String>,

    /// The user's password
    #[arg(long, env = "SMTP_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    pub smtp_password: Option<String>,

    /// The sender of e-mail by SMTP
    #[arg(long, env = "SMTP_FROM_EMAIL", value_name = "ADDRESS")]
    pub smtp_from_email: Option<String>,

    /// How the connection is encrypted
    #[arg(long, env = "SMTP_TLS", value_enum, default_value_t = SmtpTls::Starttls, value_name = "MODE")]
    pub smtp_tls: SmtpTls,
}

/// How the connection to an SMTP server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SmtpTls {
    /// Not at all.
    None,
    /// By STARTTLS (RFC 3207), without which nothing is sent.
    Starttls,
    /// From the beginning (RFC 8314).
    Tls,
}
