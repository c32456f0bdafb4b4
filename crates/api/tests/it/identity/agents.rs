//! Agents, and what is none.

use jobbergate_api::identity::NewApplication;
use serde_json::{Value, json};

use super::story::{log_in, person, portal, portal_tokens, tokens};
use crate::{
    on_both,
    support::{Actor, random},
};

const PENDING: &str = "/job-submissions/agent/pending";

/// What an agent may do that `actor` must not.
async fn is_no_agent(actor: &Actor) {
    let words = "Checked expressions failed: Access token does not contain\n  1: client_id";
    assert_eq!(actor.get(PENDING).await.expect(400).detail(), words);
    let heard = actor.put("/clusters/status?interval=60", Value::Null).await;
    assert!([400, 403].contains(&heard.status.as_u16()), "{heard:?}");
}

on_both! {
    async fn a_program_that_people_log_in_with_is_no_cluster(app: TestApp) {
        portal(&app).await;
        let new = NewApplication {
            client_id: "app".to_owned(),
            name: "App".to_owned(),
            redirect_uris: vec!["com.example.app:/cb".to_owned()],
            is_public: true,
        };
        app.provider().create_application(&new, &mut random()).await.unwrap();
        app.agent("fjord").await.get(PENDING).await.ok();
        let alice = app.user("alice").await;
        let script = alice.has_script("s", "echo").await;
        for (client_id, status) in [("portal", 422), ("app", 422), ("jobbergate-cli", 422), ("fjord", 201)] {
            let body = json!({"name": "j", "job_script_id": script, "client_id": client_id});
            let answer = alice.post("/job-submissions", body).await.expect(status);
            assert!(status == 201 || answer.detail().contains("registered are: fjord."), "{answer:?}");
        }
    }

    async fn a_person_is_no_agent_whatever_they_log_in_with(app: TestApp) {
        let boss = person(&app, "boss", &["admin", "user"]).await;
        let (session, _) = log_in(&app, &boss).await;
        let ours = tokens(&app, &session).await.bearer(&app);
        is_no_agent(&ours).await;
        let asks = "openid jobbergate:job-submissions:read jobbergate:clusters:update";
        let held = portal_tokens(&app, &session, asks).await;
        is_no_agent(&held.bearer(&app)).await;
        // Nor is the program the cluster that they submit to.
        let script = ours.has_script("s", "echo").await;
        let refused = ours.post("/job-submissions", json!({"name": "j", "job_script_id": script})).await;
        assert!(refused.expect(400).detail().starts_with("The submission needs a cluster"));
    }
}
