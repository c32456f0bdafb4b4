//! What is filled in again: last time's answers, a script's, an address's.

use regex::Regex;
use serde_json::json;

use super::{Story, has, leads_to, words};
use crate::{
    identity::story::person,
    on_both,
    web::browser::{Browser, plain},
};

on_both! {
    async fn the_last_answers_are_there_the_next_time_without_secrets(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let filled = [
            ("q.mesh", "/mine"), ("q.nodes", "5"), ("q.key", "S3CRET"), ("q.output", ""), ("q.restart", "true"),
            ("job.directory", "/scratch"), ("sbatch.tasks", "9"),
        ];
        leads_to(&story.sends(&page, &filled, "submit").await, "submissions");
        let page = story.opens("/applications/wind/run").await;
        assert!(words(&page).contains("Filled in as you did the last time."));
        for (name, text) in filled.iter().filter(|(name, _)| *name != "q.key") {
            assert_eq!(has(&page, name), *text);
        }
        assert!(!page.text.contains("S3CRET") && !page.text.contains(r#"value="vtk" id="q4-1" checked"#));
        let defaults = story.opens("/applications/wind/run?defaults=yes").await;
        assert_eq!((has(&defaults, "q.mesh"), has(&defaults, "q.nodes")), (String::new(), "2".to_owned()));
        person(&app, "bob", &["user"]).await;
        let mut bob = Browser::of(&app, "bob@example.com").await;
        let page = bob.open("/applications/wind/run").await.expect(200);
        assert_eq!(has(&page, "q.mesh"), "", "everybody has their own");
    }

    async fn a_script_is_run_again_with_changes(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let first = leads_to(&story.sends(&page, &[("q.mesh", "/first")], "save").await, "scripts");
        leads_to(&story.sends(&page, &[("q.mesh", "/second")], "save").await, "scripts");
        let page = story.opens(&format!("/applications/wind/run?from={first}")).await;
        assert_eq!(has(&page, "q.mesh"), "/first");
        let clone = story.api.post(&format!("/job-scripts/clone/{first}"), json!({})).await.created();
        let page = story.opens(&format!("/applications/wind/run?from={}", clone["id"])).await;
        assert_eq!(has(&page, "q.mesh"), "/first");
        let page = story.opens(&format!("/applications/wind/run?from={first}&mesh=/else")).await;
        assert_eq!(has(&page, "q.mesh"), "/else");
        let unknown = story.api.has_script("by hand", "#!/bin/sh\n").await;
        for from in [unknown.to_string(), "999".to_owned(), "x".to_owned()] {
            let page = story.opens(&format!("/applications/wind/run?from={from}")).await;
            assert!(words(&page).contains(&format!("What was answered for script {from} is not known")));
            assert_eq!(has(&page, "q.mesh"), "");
        }
        story.api.delete(&format!("/job-scripts/{first}")).await.expect(204);
    }

    async fn an_address_fills_the_form_in(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        leads_to(&story.sends(&page, &[("q.mesh", "/mine"), ("q.nodes", "7")], "save").await, "scripts");
        let given = "?mesh=/given&q.nodes=3&output=csv&output=vtk&restart=true&key=S3CRET&sbatch.time=20&other=1";
        let page = story.opens(&format!("/applications/wind/run{given}")).await;
        assert_eq!((has(&page, "q.mesh"), has(&page, "q.nodes")), ("/given".to_owned(), "3".to_owned()));
        assert_eq!((has(&page, "q.restart"), has(&page, "sbatch.time")), ("true".to_owned(), "20".to_owned()));
        assert!(!page.text.contains("S3CRET"), "a secret has no place in an address");
        let odd = story.opens("/applications/wind/run?nodes=%3Cscript%3E").await;
        assert!(!odd.text.contains("<script>") && odd.text.contains("&#60;script&#62;"));
    }

    async fn the_address_of_a_filled_in_form_can_be_given_to_others(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let typed = [
            ("q.mesh", "/a b&c"), ("q.key", "S3CRET"), ("q.nodes", "6"), ("job.directory", "/mine"),
            ("job.cluster", "alps"), ("sbatch.more", "--gres=gpu:1"),
        ];
        let part = story.types(&page, &typed).await.expect(200);
        let found = Regex::new(r#"<input id="link" value="([^"]*)""#).unwrap().captures(&part.text).unwrap();
        let link = plain(&found[1]);
        let path = link.split_once("/applications").unwrap().1;
        assert!(!link.contains("S3CRET") && !link.contains("mine"), "{link}");
        person(&app, "bob", &["user"]).await;
        let mut bob = Browser::of(&app, "bob@example.com").await;
        let page = bob.open(&format!("/applications{path}")).await.expect(200);
        for (name, text) in [typed[0], typed[2], typed[4], typed[5]] {
            assert_eq!(has(&page, name), text, "{link}");
        }
        assert_eq!(has(&page, "q.output"), "vtk");
        let text = words(&page);
        assert!(text.contains("fem /a b&c"), "{text}");
    }
}
