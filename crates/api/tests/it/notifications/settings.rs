//! Settings that make no sense are told of at the start.

use jobbergate_api::{app::App, clock::Clock, config::ServeConfig};

use crate::support::settings;

async fn complaint(change: impl FnOnce(&mut ServeConfig)) -> String {
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    change(&mut config);
    App::open(&config, Clock::System).await.unwrap_err().to_string()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn half_of_what_sendgrid_needs_is_not_enough() {
    let words = complaint(|config| config.mail.sendgrid_api_key = some("k")).await;
    assert_eq!(words, "SENDGRID_FROM_EMAIL is wrong: it is missing, but SENDGRID_API_KEY is set");
    let words = complaint(|config| config.mail.sendgrid_from_email = some("a@b.co")).await;
    assert_eq!(words, "SENDGRID_API_KEY is wrong: it is missing, but SENDGRID_FROM_EMAIL is set");
}

#[tokio::test]
async fn half_of_what_smtp_needs_is_not_enough() {
    let words = complaint(|config| config.mail.smtp_host = some("localhost")).await;
    assert_eq!(words, "SMTP_FROM_EMAIL is wrong: it is missing, but SMTP_HOST is set");
    let words = complaint(|config| config.mail.smtp_from_email = some("a@b.co")).await;
    assert_eq!(words, "SMTP_HOST is wrong: it is missing, but SMTP_FROM_EMAIL is set");
    let words = complaint(|config| config.mail.smtp_username = some("a")).await;
    assert_eq!(words, "SMTP_PASSWORD is wrong: it is missing, but SMTP_USERNAME is set");
}

#[tokio::test]
async fn one_service_sends_mail_not_two() {
    let words = complaint(|config| {
        config.mail.sendgrid_api_key = some("k");
        config.mail.sendgrid_from_email = some("a@b.co");
        config.mail.smtp_host = some("localhost");
        config.mail.smtp_from_email = some("a@b.co");
    })
    .await;
    assert_eq!(words, "SMTP_HOST is wrong: SENDGRID_API_KEY is set as well; choose one of them");
}

#[tokio::test]
async fn a_sender_has_an_address() {
    let words = complaint(|config| {
        config.mail.smtp_host = some("localhost");
        config.mail.smtp_from_email = some("jobs");
    })
    .await;
    assert!(
        words.starts_with("SMTP_FROM_EMAIL is wrong: \"jobs\" is no e-mail address"),
        "{words}"
    );
    let words = complaint(|config| {
        config.mail.sendgrid_api_key = some("k");
        config.mail.sendgrid_from_email = some("a@b.co");
        config.mail.sendgrid_api_url = "sendgrid".to_owned();
    })
    .await;
    assert!(words.starts_with("SENDGRID_API_URL is wrong"), "{words}");
}

#[tokio::test]
async fn names_for_the_broker_have_an_end() {
    let words = complaint(|config| {
        config.rabbitmq.rabbitmq_host = some("localhost");
        config.rabbitmq.rabbitmq_default_exchange = "x".repeat(256);
    })
    .await;
    assert!(words.starts_with("RABBITMQ_DEFAULT_EXCHANGE is wrong"), "{words}");
}
