//! The clients of agents.

use super::{ada, copied, done, form_of};
use crate::{
    on_both,
    web::browser::{form, heading, problem},
};

const AGENTS: &str = "/admin/agents";

on_both! {
    async fn ada_connects_a_cluster_with_what_she_copies(app: TestApp) {
        let mut ada = ada(&app).await;
        let page = ada.open(AGENTS).await.expect(200);
        assert!(page.text.contains("No agent is registered yet."));
        assert!(form(&page, AGENTS).fields.contains(&("client_id".to_owned(), "demo-cluster".to_owned())));
        let answer = ada.submit(&page, AGENTS, &[]).await;
        let page = ada.follow(&answer).await.expect(200);
        assert_eq!(heading(&page), "demo-cluster");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let secret = copied(&page, "the secret");
        app.token("demo-cluster", &secret).await.ok();
        let settings = copied(&page, "the settings");
        let address = app.app.base_url.strip_prefix("http://").unwrap();
        assert_eq!(settings, format!(
            "JOBBERGATE_AGENT_BASE_API_URL=http://{address}\n\
             JOBBERGATE_AGENT_OIDC_DOMAIN={address}/realms/jobbergate\n\
             JOBBERGATE_AGENT_OIDC_USE_HTTPS=false\n\
             JOBBERGATE_AGENT_OIDC_CLIENT_ID=demo-cluster\n\
             JOBBERGATE_AGENT_SLURM_USER_MAPPER=local-part\n\
             JOBBERGATE_AGENT_USER_MAP_DOMAIN=example.com"
        ));
        let command = copied(&page, "the command");
        assert!(command.contains(&format!("OIDC_CLIENT_SECRET={secret} \\\n  jobbergate agent")), "{command}");
        assert!(copied(&page, "the unit").contains("[Service]"));
        let again = ada.open("/admin/agents/demo%2Dcluster").await.expect(200);
        assert!(!again.text.contains(&secret), "it is shown once");
        assert!(copied(&again, "the command").contains("OIDC_CLIENT_SECRET=SECRET"));
    }

    async fn another_secret_takes_the_place_of_the_one_before(app: TestApp) {
        let mut ada = ada(&app).await;
        let page = ada.open(AGENTS).await.expect(200);
        let answer = ada.submit(&page, AGENTS, &[("client_id", "c1")]).await;
        let page = ada.follow(&answer).await.expect(200);
        let first = copied(&page, "the secret");
        let answer = ada.submit_surely(&page, "/rotate").await;
        let page = ada.follow(&answer).await.expect(200);
        let second = copied(&page, "the secret");
        app.token("c1", &first).await.expect(401);
        app.token("c1", &second).await.ok();
        assert!(page.text.contains(r#"href="/admin/agents/c1/delete""#), "{}", page.text);
        let asked = ada.open("/admin/agents/c1/delete").await.expect(200);
        assert_eq!(heading(&asked), "Delete the client c1?");
        let answer = ada.submit(&asked, "/delete", &[]).await;
        assert!(done(&ada.follow(&answer).await).starts_with("The agent's client was deleted."));
        app.token("c1", &second).await.expect(401);
        ada.open("/admin/agents/c1").await.expect(404);
    }

    async fn an_agent_that_can_not_be_is_refused_in_words(app: TestApp) {
        let mut ada = ada(&app).await;
        app.agent("c1").await;
        let page = ada.open(AGENTS).await.expect(200);
        for (client_id, status, words) in [
            ("c1", 409, "There is a client c1 already; give it another secret, or delete it first."),
            ("a b", 422, "The client id \"a b\" must have 1 to 255 letters, digits or -_.@."),
            ("jobbergate-cli", 409, "jobbergate-cli is the name of a program that is there already."),
        ] {
            let refused = ada.submit(&page, AGENTS, &[("client_id", client_id)]).await.expect(status);
            assert_eq!(problem(&refused), words);
            assert!(refused.text.contains(&format!(r#"value="{}""#, client_id)));
        }
        for path in ["/admin/agents/none/rotate", "/admin/agents/none/delete", "/admin/agents/%00/delete", "/admin/agents/c1/paint"] {
            ada.post(&form_of(&page, path, &[])).await.expect(404);
        }
    }

    async fn programs_that_people_log_in_with_are_no_agents(app: TestApp) {
        let mut ada = ada(&app).await;
        crate::identity::story::portal(&app).await;
        let page = ada.open(AGENTS).await.expect(200);
        assert!(page.text.contains("No agent is registered yet."), "{}", page.text);
        for path in ["/admin/agents/portal/rotate", "/admin/agents/portal/delete"] {
            ada.post(&form_of(&page, path, &[])).await.expect(404);
        }
    }

    async fn the_list_says_how_clusters_are(app: TestApp) {
        let mut ada = ada(&app).await;
        let agent = app.agent("c1").await;
        assert!(ada.open(AGENTS).await.text.contains("Agent has never reported"));
        agent.put("/clusters/status?interval=60", serde_json::Value::Null).await.expect(202);
        let page = ada.open(AGENTS).await.expect(200);
        assert!(page.text.contains(">Connected<") && page.text.contains("/clusters/c1"), "{}", page.text);
    }
}
