//! What the form asks.

use serde_json::json;

use super::{Story, has, leads_to, words};
use crate::on_both;

on_both! {
    async fn the_form_has_a_field_for_each_question(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/1/run").await;
        assert_eq!(has(&page, "q.nodes"), "2");
        assert_eq!(has(&page, "q.solver"), "fem");
        assert_eq!(has(&page, "q.output"), "vtk");
        assert_eq!(has(&page, "q.restart"), "false");
        assert!(page.text.contains(r#"type="password" inputmode="text" name="q.key""#), "{}", page.text);
        assert!(page.text.contains("<legend>Resources</legend>"));
        assert!(page.text.contains("Nodes &#60;b&#62;") && page.text.contains("How &#60;many&#62;"));
        assert!(words(&page).contains("A whole number, 1 to 8"));
        assert!(!page.text.contains("q.cells"), "it is asked with another solver only");
    }

    async fn a_question_is_asked_when_its_condition_holds(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let typed = [("q.solver", "lbm"), ("q.mesh", "/half-typed")];
        let part = story.types(&page, &typed).await.expect(200);
        assert!(part.text.contains(r#"id="run-fields" hx-swap-oob="morph""#), "{}", part.text);
        assert_eq!(has(&part, "q.cells"), "");
        assert_eq!(has(&part, "q.mesh"), "/half-typed");
        assert!(!part.text.contains("<html"), "{}", part.text);
        // Without JavaScript there is a button.
        let page = story.sends(&page, &typed, "update").await.expect(200);
        assert_eq!(has(&page, "q.cells"), "");
        assert_eq!(has(&page, "q.solver"), "lbm");
        assert_eq!(story.count("job-scripts").await, 0);
        let answer = story.sends(&page, &[("q.cells", "7")], "submit").await;
        leads_to(&answer, "submissions");
    }

    async fn what_the_cluster_has_can_be_chosen(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let questions = json!([
            {"variable": "queue", "kind": "choice", "choices": {"cluster": "partitions"}},
            {"variable": "account", "kind": "choice", "choices": {"cluster": "accounts"}},
        ]);
        story.api.put("/job-script-templates/wind", json!({"questions": questions})).await.ok();
        let page = story.opens("/applications/wind/run").await;
        assert!(page.text.contains(r#"type="text" inputmode="text" name="q.queue""#), "it is typed");
        app.agent("jura").await.put("/clusters/facts", super::facts()).await.expect(202);
        let part = story.types(&page, &[("job.cluster", "jura")]).await.expect(200);
        let debug = part.text.find(r#"<option value="debug">"#).unwrap();
        assert!(debug < part.text.find(r#"<option value="long">"#).unwrap(), "the default comes first");
        let newer = story.types(&page, &[("job.cluster", "jura"), ("q.queue", "new")]).await;
        assert_eq!(has(&newer, "q.queue"), "new");
        assert!(part.text.contains(r#"name="q.account""#) && !part.text.contains(r#"<select id="q1""#));
    }

    async fn an_application_that_a_program_asks_for_says_so(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let id = story.api.has_template("old", &[("old.sh.j2", "#!/bin/sh\necho {{ data.n }} {{ data.m }}\n")]).await;
        story.api.put("/job-script-templates/old", json!({"template_vars": {"n": 4}})).await.ok();
        let class = |body: &str| format!(
            "from jobbergate_cli.subapps.applications.questions import *\n\n\
             class JobbergateApplication:\n    def mainflow(self, data):\n        {body}\n");
        story.api.has_workflow(id, &class("return [Integer(\"n\", \"Ranks\", default=3)]"), "{}").await.ok();
        let page = story.opens("/applications/old/run").await;
        assert!(words(&page).contains("These questions were read in the application's jobbergate.py"));
        assert_eq!(has(&page, "q.n"), "3");
        story.api.has_workflow(id, &class("return ask_somebody()"), "{}").await.ok();
        let page = story.opens("/applications/old/run").await;
        let text = words(&page);
        assert!(text.contains("asks its questions with a program of its own"), "{text}");
        assert!(text.contains("jobbergate run old"), "{text}");
        assert_eq!(has(&page, "q.n"), "4");
        assert!(text.contains("echo 4 \n"), "what nobody gave is empty: {text}");
        let id = leads_to(&story.sends(&page, &[("q.m", "x")], "save").await, "scripts");
        assert_eq!(story.script(id, "old.sh").await, "#!/bin/sh\necho 4 x\n");
    }

    async fn an_application_that_asks_nothing_is_run_at_once(app: TestApp) {
        let mut story = Story::begin(&app).await;
        story.api.has_template("plain", &[("plain.sh.j2", "#!/bin/sh\nhostname\n")]).await;
        let page = story.opens("/applications/plain/run").await;
        assert!(words(&page).contains("This application asks nothing."));
        leads_to(&story.sends(&page, &[], "submit").await, "submissions");
    }
}
