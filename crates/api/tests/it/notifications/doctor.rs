//! What the doctor says of those who are told.

use jobbergate_api::{clock::Clock, config::ServeConfig, doctor};
use jobbergate_testkit::{rabbitmq::VirtualHost, smtp::Smtp};

use super::{Place, tells};
use crate::support::{mails, start_time};

const CHECK: &str = "messages and e-mail";

async fn finding(config: &ServeConfig) -> String {
    let findings = doctor::examine(config, &Clock::manual(start_time())).await;
    findings.into_iter().find(|finding| finding.check == CHECK).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_do_not_answer_are_named() {
    let place = Place::sqlite();
    assert_eq!(finding(&place.settings(|_| {})).await, format!("ok      {CHECK}: nobody is told"));
    let broker = VirtualHost::new().await.unwrap();
    let no_broker = finding(&place.settings(|config| tells(config, &broker, 1))).await;
    assert!(no_broker.starts_with("failed") && no_broker.contains("rabbitmq"), "{no_broker}");
    assert!(no_broker.contains("RABBITMQ_"), "{no_broker}");
    let no_mail = finding(&place.settings(|config| mails(config, 1))).await;
    assert!(no_mail.starts_with("failed") && no_mail.contains("email"), "{no_mail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_answer_are_listed() {
    let place = Place::sqlite();
    let (broker, smtp) = (VirtualHost::new().await.unwrap(), Smtp::start().unwrap());
    let config = place.settings(|config| {
        tells(config, &broker, broker.port);
        mails(config, smtp.port);
    });
    assert_eq!(finding(&config).await, format!("ok      {CHECK}: rabbitmq, email"));
    let wrong = place.settings(|config| {
        tells(config, &broker, broker.port);
        config.rabbitmq.rabbitmq_password = "wrong".to_owned();
    });
    let refused = finding(&wrong).await;
    assert!(refused.starts_with("failed") && !refused.contains("wrong"), "{refused}");
}
