//! How much may be asked for.

use serde_json::json;

use super::{REQUESTS, answers, asks, kept, part, running, takes};
use crate::{
    on_both,
    support::{TestApp, eventually},
};

on_both! {
    async fn a_part_has_a_size_and_a_wait_an_end(app: TestApp) {
        let alice = app.user("alice").await;
        for odd in ["limit=0", "limit=1048577", "wait=31", "wait=-1", "stream=stdin", "task=-1", "from=x"]
        {
            let refused = alice.get(&format!("/job-submissions/1/output?{odd}")).await.expect(422);
            let name = odd.split('=').next().unwrap();
            assert_eq!(refused.json()["detail"][0]["loc"], json!(["query", name]), "{odd}");
        }
        let agent = app.agent("c").await;
        for odd in ["", "?most=0", "?most=65"] {
            agent.post(&format!("{REQUESTS}{odd}"), json!(null)).await.expect(422);
        }
    }

    async fn one_person_leaves_room_for_others_and_one_cluster_too(app: TestApp) {
        let agent = app.agent("c").await;
        let mut all = Vec::new();
        for name in ["a", "b", "d", "e", "f", "g", "h", "i"] {
            let person = app.user(name).await;
            let id = running(&agent, &person).await;
            all.extend((0..8).map(|_| asks(&person, id, "")));
            let expected = all.len() as u64;
            assert!(eventually(async || kept(&app).await == expected).await);
            takes(&agent).await;
            if name == "a" {
                let refused = person.get(&format!("/job-submissions/{id}/output")).await.expect(429);
                assert_eq!(refused.header("retry-after"), Some("5"));
            }
        }
        let late = app.user("late").await;
        let id = running(&agent, &late).await;
        let refused = late.get(&format!("/job-submissions/{id}/output")).await.expect(503);
        assert!(refused.detail().contains("this cluster's jobs"), "{}", refused.detail());
        for asked in all {
            asked.abort();
        }
        assert!(eventually(async || kept(&app).await == 0).await);
        let asked = asks(&late, id, "");
        answers(&agent, &takes(&agent).await[0], part(0, 1, b"x")).await.expect(202);
        asked.await.unwrap().expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_says_how_many_may_wait() {
    let app = TestApp::configured(|config| config.waiting.max_output_requests = 1).await;
    let (alice, bob, agent) =
        (app.user("alice").await, app.user("bob").await, app.agent("c").await);
    let (hers, his) = (running(&agent, &alice).await, running(&agent, &bob).await);
    let asked = asks(&alice, hers, "");
    let request = takes(&agent).await.remove(0);
    bob.get(&format!("/job-submissions/{his}/output")).await.expect(503);
    answers(&agent, &request, part(0, 1, b"x")).await.expect(202);
    asked.await.unwrap().expect(200);
}
