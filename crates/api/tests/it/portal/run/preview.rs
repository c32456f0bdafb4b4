//! The script beside the form.

use serde_json::json;

use super::{Story, leads_to, words};
use crate::on_both;

on_both! {
    async fn the_script_is_seen_before_it_is_made(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        assert!(words(&page).contains("Mesh: an answer is needed"), "{}", words(&page));
        let part = story.types(&page, &[("q.mesh", "/a <b>"), ("sbatch.tasks", "8")]).await.expect(200);
        let text = words(&part);
        assert!(text.contains("The script is complete."), "{text}");
        assert!(text.contains("fem /a <b>") && text.contains("#SBATCH --ntasks=8"), "{text}");
        assert!(!part.text.contains("/a <b>"), "it is escaped");
        assert_eq!(story.count("job-scripts").await, 0);
    }

    async fn what_changed_since_the_last_time_is_marked(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let filled = [("q.mesh", "/old"), ("q.key", "S3CRET")];
        let id = leads_to(&story.sends(&page, &filled, "save").await, "scripts");
        let part = story.types(&page, &[("q.mesh", "/new"), ("q.key", "0THER")]).await.expect(200);
        assert!(part.text.contains("fem /new\n</ins>"), "{}", part.text);
        let text = words(&part);
        assert!(text.contains(&format!("Last time: script {id}, now")), "{text}");
        assert!(text.contains("export KEY=••••"), "{text}");
        assert!(!text.contains("S3CRET") && !text.contains("0THER"), "no secret is seen: {text}");
        let same = story.types(&page, &filled).await.expect(200);
        assert!(words(&same).contains("as it was the last time"), "{}", words(&same));
    }

    async fn two_files_that_would_be_one_are_named(app: TestApp) {
        let mut story = Story::begin(&app).await;
        story.api.has_template("twins", &[("job.sh.j2", "#!/bin/sh\n"), ("job.sh", "data\n")]).await;
        let page = story.opens("/applications/twins/run").await;
        let text = words(&page);
        assert!(text.contains("would both become job.sh; its owner has to rename or delete one"), "{text}");
    }

    async fn a_fault_is_shown_at_its_line(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let source = "#!/bin/sh\necho one\necho {{ 1 / data.n }}\necho <four>\n";
        story.api.has_template("odd", &[("odd.sh.j2", source), ("conf.yaml.j2", "a: {{ data.a }}\n")]).await;
        story.api.put("/job-script-templates/odd", json!({"template_vars": {"n": 0, "a": "1"}})).await.ok();
        let page = story.opens("/applications/odd/run").await;
        let text = words(&page);
        assert!(text.contains("odd.sh.j2, line 3: the script can't be made"), "{text}");
        assert!(page.text.contains(r#"<mark class="run-line at-fault"><span class="no">3</span>echo {{ 1 / data.n }}"#), "{}", page.text);
        assert!(text.contains("echo <four>"));
        let part = story.types(&page, &[("q.n", "1"), ("q.a", "[")]).await.expect(200);
        let text = words(&part);
        assert!(text.contains("File conf.yaml did not pass the syntax check"), "{text}");
        let answer = story.sends(&page, &[], "save").await.expect(422);
        assert!(words(&answer).contains("Nothing was made yet"), "{}", words(&answer));
        assert_eq!(story.count("job-scripts").await, 0);
    }

    async fn an_application_without_an_entrypoint_says_so(app: TestApp) {
        let mut story = Story::begin(&app).await;
        story.api.has_template("empty", &[]).await;
        let page = story.opens("/applications/empty/run").await;
        assert!(words(&page).contains("There is no script: there is no default_template"), "{}", words(&page));
        story.sends(&page, &[], "save").await.expect(422);
    }
}
