//! Clusters, and what their partitions allow.

use chrono::TimeDelta;

use super::{Story, facts, has, has_cluster, leads_to, words};
use crate::{on_both, support::random};

on_both! {
    async fn clusters_whose_agents_are_there_come_first(app: TestApp) {
        let mut story = Story::begin(&app).await;
        app.agent("aaa").await;
        app.clock.advance(TimeDelta::seconds(300));
        has_cluster(&app, "jura").await;
        let page = story.opens("/applications/wind/run").await;
        assert_eq!(has(&page, "job.cluster"), "jura");
        let at = |words: &str| page.text.find(words).unwrap_or_else(|| panic!("{words}: {}", page.text));
        assert!(at(">jura</option>") < at(">alps (not heard of now)</option>"));
        assert!(at(">alps (not heard of now)</option>") < at(">aaa (not heard of yet)</option>"));
        let part = story.types(&page, &[("job.cluster", "alps")]).await.expect(200);
        let text = words(&part);
        assert!(text.contains("The agent of alps was last heard of 5 min ago"), "{text}");
        let part = story.types(&page, &[("job.cluster", "aaa")]).await.expect(200);
        assert!(words(&part).contains("The agent of aaa has not been heard of yet"));
        let filled = [("q.mesh", "/a"), ("job.cluster", "alps")];
        leads_to(&story.sends(&page, &filled, "submit").await, "submissions");
    }

    async fn a_cluster_that_went_away_is_said_and_nothing_is_made(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let gone = [("q.mesh", "/typed"), ("job.cluster", "gone")];
        let answer = story.sends(&page, &gone, "submit").await.expect(422);
        assert!(words(&answer).contains("there is no cluster gone any more; choose another one"));
        assert_eq!((has(&answer, "q.mesh"), has(&answer, "job.cluster")), ("/typed".to_owned(), "gone".to_owned()));
        assert_eq!(story.count("job-scripts").await, 0);
    }

    async fn what_a_partition_does_not_allow_is_said_before_slurm_does(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let agent = has_cluster(&app, "jura").await;
        agent.put("/clusters/facts", facts()).await.expect(202);
        let page = story.opens("/applications/wind/run").await;
        let place = [("q.mesh", "/a"), ("job.cluster", "jura"), ("sbatch.partition", "debug")];
        let part = story.types(&page, &place).await.expect(200);
        assert!(words(&part).contains("debug: jobs run for 30 minutes at most"), "{}", words(&part));
        let too_much = [&place[..], &[("sbatch.time", "31"), ("sbatch.nodes", "3")]].concat();
        let answer = story.sends(&page, &too_much, "submit").await.expect(422);
        let text = words(&answer);
        assert!(text.contains("debug lets jobs run for 30 minutes at most"), "{text}");
        assert!(text.contains("debug lets a job have 2 nodes at most"), "{text}");
        // What is known may be old: it is said, and Slurm has the last word.
        app.clock.advance(TimeDelta::minutes(20));
        // Its token was over in the meantime.
        let secret = app.provider().rotate_client("jura", &mut random()).await.unwrap();
        let token = app.token("jura", &secret.0).await.ok();
        let agent = app.bearer(token["access_token"].as_str().unwrap());
        agent.put("/clusters/status?interval=60", serde_json::json!({})).await.expect(202);
        let part = story.types(&page, &too_much).await.expect(200);
        assert!(part.text.contains(r#"<p class="run-warning">debug lets jobs run"#), "{}", part.text);
        leads_to(&story.sends(&page, &too_much, "submit").await, "submissions");
    }
}
