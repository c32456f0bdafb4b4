//! What agents and browsers of the old server find at the new one.

use jobbergate_api::args;
use serde_json::json;

use super::{Shelf, export, import};
use crate::{on_both, support::TestApp};

const CHANGES: &str = "/job-submissions/agent/changes";

on_both! {
    async fn a_job_that_an_agent_may_have_begun_is_looked_for_first(app: TestApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        let alice = source.user("alice").await;
        source.agent("c").await;
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let path = shelf.path("a.tar.gz");
        export(&source, &path).await;
        import(&app, &path).await.unwrap();
        let secret = app.provider().rotate_client("c", &mut crate::support::random()).await.unwrap();
        let token = app.token("c", &secret.0).await.ok()["access_token"].clone();
        let agent = app.bearer(token.as_str().unwrap());
        let claim = json!({"instance": "login-1", "new": 10});
        assert_eq!(agent.post("/job-submissions/agent/claims", claim).await.ok()["claimed"], 1);
        let waits = agent.get("/job-submissions/agent/pending?instance=login-1").await.ok();
        assert_eq!(waits["items"][0]["inherited"], true, "{waits}");
    }

    async fn a_claim_holds_at_the_new_server(app: TestApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        let (alice, agent) = (source.user("alice").await, source.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let claim = json!({"instance": "login-1", "new": 10});
        agent.post("/job-submissions/agent/claims", claim.clone()).await.ok();
        let waits = agent.get("/job-submissions/agent/pending?instance=login-1").await.ok();
        let number = waits["items"][0]["claim"].as_i64().unwrap();
        let path = shelf.path("a.tar.gz");
        export(&source, &path).await;
        import(&app, &path).await.unwrap();
        let secret = app.provider().rotate_client("c", &mut crate::support::random()).await.unwrap();
        let token = app.token("c", &secret.0).await.ok()["access_token"].clone();
        let agent = app.bearer(token.as_str().unwrap());
        let job = json!({"id": 1, "slurm_job_id": 7, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
                         "claim": number});
        agent.post("/job-submissions/agent/submitted", job).await.expect(202);
        assert_eq!(app.user("alice").await.get("/job-submissions/1").await.ok()["slurm_job_id"], 7);
    }

    async fn who_read_changes_of_the_old_server_is_told_all(app: TestApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        let (alice, agent) = (source.user("alice").await, source.agent("c").await);
        source.agent("d").await;
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let path = shelf.path("a.tar.gz");
        export(&source, &path).await;
        // The old one goes on for a while, and the agent hears of it.
        for _ in 0..20 {
            alice.has_submission(script, "c").await;
        }
        let told = agent.get(&format!("{CHANGES}?wait=0")).await.ok();
        let old = told["cursor"].as_str().unwrap().to_owned();
        import(&app, &path).await.unwrap();
        // More of each number goes to others at the new one: by them alone, the cursor looks like its own.
        for _ in 0..40 {
            app.user("alice").await.has_submission(script, "d").await;
        }
        let secret = app.provider().rotate_client("c", &mut crate::support::random()).await.unwrap();
        let token = app.token("c", &secret.0).await.ok()["access_token"].clone();
        let agent = app.bearer(token.as_str().unwrap());
        let told = agent.get(&format!("{CHANGES}?wait=0&cursor={old}")).await.ok();
        assert_eq!(told["pending"], true);
        let cursor = told["cursor"].as_str().unwrap().to_owned();
        let told = agent.get(&format!("{CHANGES}?wait=0&cursor={cursor}")).await.ok();
        assert_eq!(told["pending"], false);
    }

    async fn each_of_many_changes_jumps_once(app: TestApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        let sql = "INSERT INTO submission_changes (job_submission_id, shard, number, client_id, owner_email) \
                   WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) \
                   SELECT i * 3, i % 8, 7, 'c', 'alice@example.com' FROM n";
        let mut db = source.db().write().await.unwrap();
        db.execute(sql, args![]).await.unwrap();
        db.execute("UPDATE submission_change_counters SET number = 7", args![]).await.unwrap();
        db.commit().await.unwrap();
        let path = shelf.path("a.tar.gz");
        export(&source, &path).await;
        import(&app, &path).await.unwrap();
        let sql = "SELECT count(*), count(DISTINCT number), min(number) FROM submission_changes";
        let mut db = app.db().read().await.unwrap();
        let (rows, numbers, number): (i64, i64, i64) = db.fetch_one(sql, args![]).await.unwrap();
        assert_eq!((rows, numbers), (12_000, 1));
        let sql = "SELECT min(number), max(number) FROM submission_change_counters";
        let counters: (i64, i64) = db.fetch_one(sql, args![]).await.unwrap();
        assert_eq!(counters, (number, number));
        assert!(number > 1_000_000, "{number}");
    }
}
