//! E-mail by SendGrid.

use std::time::Duration;

use lettre::message::Mailbox;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Message, pair, sender};
use crate::{
    config::mail::MailConfig,
    events::failure::{Cause, Failure},
    startup::StartError,
};

/// How long SendGrid may take to answer.
const DEADLINE: Duration = Duration::from_secs(15);
/// How much of SendGrid's words on a refusal is logged, in characters.
const LOGGED: usize = 500;

/// SendGrid's API, version 3.
#[derive(Debug)]
pub(in crate::events) struct SendGrid {
    from: Mailbox,
    key: Key,
    base: String,
    http: reqwest::Client,
}

/// Never shown.
struct Key(String);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl SendGrid {
    pub(super) fn configured(config: &MailConfig) -> Result<Option<Self>, StartError> {
        let (key, from) = (config.sendgrid_api_key.as_ref(), config.sendgrid_from_email.as_ref());
        let given = pair(("SENDGRID_API_KEY", key), ("SENDGRID_FROM_EMAIL", from))?;
        let Some((key, from)) = given else { return Ok(None) };
        let wrong = |error: &dyn std::fmt::Display| StartError::Setting {
            setting: "SENDGRID_API_URL",
            reason: error.to_string(),
        };
        let base = config.sendgrid_api_url.trim_end_matches('/');
        url::Url::parse(base).map_err(|error| wrong(&error))?;
        Ok(Some(Self {
            from: sender("SENDGRID_FROM_EMAIL", from)?,
            key: Key(key.to_owned()),
            base: base.to_owned(),
            http: reqwest::Client::builder()
                .timeout(DEADLINE)
                .build()
                .map_err(|error| wrong(&error))?,
        }))
    }

    /// Whether SendGrid knows the key, by asking what the key is good for.
    pub(super) async fn examine(&self) -> Result<(), Cause> {
        let request = self.http.get(format!("{}/v3/scopes", self.base)).bearer_auth(&self.key.0);
        let status = request.send().await?.status();
        match status.is_success() {
            true => Ok(()),
            false => Err(format!("SendGrid answers {status}").into()),
        }
    }

    /// Hands a message to SendGrid. It refuses a request as such with 400 or 413. It does not
    /// accept us for now with 401, 403 or 429, and is out of order with 5xx: then no other message
    /// would do better.
    pub(super) async fn send(&self, message: Message) -> Result<(), Failure> {
        let request =
            self.http.post(format!("{}/v3/mail/send", self.base)).bearer_auth(&self.key.0);
        let response = request.json(&self.body(&message)).send().await?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let words = self.loggable(&response.text().await.unwrap_or_default());
        let cause = format!("SendGrid answers {status}: {words}").into();
        Err(match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Failure::ForEver(cause),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                Failure::Unreachable(cause)
            }
            _ if status.is_server_error() => Failure::Unreachable(cause),
            _ => Failure::Refused(cause),
        })
    }

    /// The beginning of an answer, in one line and without the key, which a proxy may have repeated.
    fn loggable(&self, answer: &str) -> String {
        let masked = answer.replace(&self.key.0, "…");
        masked.chars().take(LOGGED).map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    fn body(&self, message: &Message) -> Value {
        let mut from = json!({"email": self.from.email.to_string()});
        if let Some(name) = &self.from.name {
            from["name"] = json!(name);
        }
        json!({
            "personalizations": [{"to": [{"email": message.to}]}],
            "from": from,
            "subject": message.subject,
            "content": [{"type": "text/plain", "value": message.text}],
        })
    }
}
