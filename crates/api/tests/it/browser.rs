//! The pages in a real browser, as people see them.

mod accessibility;
mod keyboard;
mod person;
mod screenshots;

mod stories;

use jobbergate_api::config::mail::SmtpTls;
use jobbergate_testkit::smtp::Smtp;
use serde_json::Value;

use crate::{
    identity::story::{DEVICE_GRANT, post},
    support::{Answer, TestApp},
};
use person::Person;

const NEW: &str = "a different horse, a different staple";
const LOG_IN: &str = "/realms/jobbergate/login";
const ACCOUNT: &str = "/realms/jobbergate/account";
const DEVICE: &str = "/realms/jobbergate/device";

/// A server that sends its e-mail here.
async fn with_mail() -> (TestApp, Smtp) {
    let smtp = Smtp::start().unwrap();
    let port = smtp.port;
    let app = TestApp::configured(|config| {
        config.mail.smtp_host = Some("localhost".to_owned());
        config.mail.smtp_port = Some(port);
        config.mail.smtp_from_email = Some("Jobbergate <jobs@lab.co>".to_owned());
        config.mail.smtp_tls = SmtpTls::None;
    })
    .await;
    (app, smtp)
}

/// A program in a terminal asks to be let in.
async fn begin(app: &TestApp) -> Value {
    post(app, "auth/device", &[("client_id", "default")]).await.ok()
}

/// It asks whether it was.
async fn poll(app: &TestApp, device: &Value) -> Answer {
    let code = device["device_code"].as_str().unwrap();
    let form = [("grant_type", DEVICE_GRANT), ("client_id", "default"), ("device_code", code)];
    post(app, "token", &form).await
}

fn code(device: &Value) -> &str {
    device["user_code"].as_str().unwrap()
}
