//! E-mail by SendGrid, which can't be had on this machine: a server in the test answers as it would.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};

use super::{
    a_minute_passes, fails_once, in_both, nothing_waits, rejects, submits, until, waiting,
};

/// The header `Authorization` and the body.
type Request = (Option<String>, Value);

/// What it was asked, and what it answers to the next requests, 202 after that.
#[derive(Clone, Default)]
struct SendGrid {
    requests: Arc<Mutex<Vec<Request>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

impl SendGrid {
    /// Starts it; its address.
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/v3/mail/send", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/")
    }

    fn answers(&self, status: u16) {
        self.answers.lock().unwrap().push(StatusCode::from_u16(status).unwrap());
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn take(
    State(server): State<SendGrid>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> StatusCode {
    let authorization =
        headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    server.requests.lock().unwrap().push((authorization, body));
    server.answers.lock().unwrap().pop().unwrap_or(StatusCode::ACCEPTED)
}

fn sends(config: &mut jobbergate_api::config::ServeConfig, url: &str) {
    config.mail.sendgrid_api_key = Some("SG.key".to_owned());
    config.mail.sendgrid_from_email = Some("Jobs <jobs@lab.co>".to_owned());
    config.mail.sendgrid_api_url = url.to_owned();
}

in_both! {
    async fn sendgrid_is_asked_to_send(place: Place) {
        let sendgrid = SendGrid::default();
        let url = sendgrid.start().await;
        let app = place.server(|config| sends(config, &url)).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = submits(&alice).await;
        rejects(&agent, id, "no account").await;
        let (authorization, body) = until(async || sendgrid.requests().pop()).await;
        assert_eq!(authorization.as_deref(), Some("Bearer SG.key"));
        let text = format!(
            "Your job submission {id}, \"job\", to the cluster c was rejected: the job does not \
             run.\n\nReason:\n\n    no account\n\nTo run the job, remove the cause and create a \
             new submission.\n\n-- \nJobbergate sent this message to the owner of the submission.\n"
        );
        let expected = json!({
            "personalizations": [{"to": [{"email": "alice@example.com"}]}],
            "from": {"email": "jobs@lab.co", "name": "Jobs"},
            "subject": format!("Job submission {id} was rejected: job"),
            "content": [{"type": "text/plain", "value": text}],
        });
        assert_eq!(body, expected);
        nothing_waits(&app).await;
        assert_eq!(sendgrid.requests().len(), 1);
    }

    async fn what_sendgrid_refuses_for_now_is_sent_later(place: Place) {
        let sendgrid = SendGrid::default();
        let url = sendgrid.start().await;
        let app = place.server(|config| sends(config, &url)).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        for status in [401, 429, 503] {
            sendgrid.answers(status);
            rejects(&agent, submits(&alice).await, "no").await;
            fails_once(&app).await;
            a_minute_passes(&app);
            nothing_waits(&app).await;
        }
        assert_eq!(sendgrid.requests().len(), 6);
    }

    async fn what_sendgrid_can_not_take_is_given_up(place: Place) {
        let sendgrid = SendGrid::default();
        let url = sendgrid.start().await;
        let app = place.server(|config| sends(config, &url)).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        sendgrid.answers(400);
        rejects(&agent, submits(&alice).await, "no").await;
        until(async || sendgrid.requests().pop()).await;
        nothing_waits(&app).await;
        assert_eq!(sendgrid.requests().len(), 1);
    }

    async fn a_sendgrid_that_is_not_there_loses_nothing(place: Place) {
        let app = place.server(|config| sends(config, "http://127.0.0.1:1")).await;
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        rejects(&agent, submits(&alice).await, "no").await;
        fails_once(&app).await;
        assert_eq!(waiting(&app).await.len(), 1);
    }
}
