//! What can't be, said on the page, with nothing lost.

use jobbergate_api::permission::Permission;

use super::{Story, filled_in, has, words};
use crate::{
    identity::story::person,
    on_both,
    support::TestApp,
    web::browser::{Browser, heading},
};

on_both! {
    async fn what_is_no_answer_is_said_at_its_field_and_nothing_is_lost(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let typed = [
            ("q.nodes", "99"), ("q.solver", "lbm"), ("q.cells", "many"), ("q.key", "S3CRET"),
            ("job.directory", "/scratch"), ("sbatch.time", "1h"), ("sbatch.more", "echo"),
        ];
        for button in ["submit", "save"] {
            let page = story.sends(&page, &typed, button).await.expect(422);
            let text = words(&page);
            for said in [
                "Nodes <b>: 99 is out of range [1, 8]", "Cells: many is not an integer",
                "Mesh: an answer is needed", "time: give it as minutes", "more: line 1: an option",
            ] {
                assert!(text.contains(said), "{said}: {text}");
            }
            assert!(page.text.contains(r##"<a href="#q0">"##) && page.text.contains(r#"id="q0""#));
            for (name, kept) in typed.iter().filter(|(name, _)| *name != "q.key") {
                assert_eq!(has(&page, name), *kept);
            }
            assert!(!page.text.contains("S3CRET"));
            assert!(text.contains("Type it once more: what is secret is not sent back"), "{text}");
        }
        assert_eq!((story.count("job-scripts").await, story.count("job-submissions").await), (0, 0));
    }

    async fn jobs_run_at_a_whole_path(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let refused = story.sends(&page, &[("job.directory", "runs")], "submit").await.expect(422);
        assert!(words(&refused).contains("directory: give a path that begins with /"), "{}", words(&refused));
    }

    async fn a_secret_that_was_typed_before_a_log_out_is_sent_again_but_not_shown(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        app.clock.advance(chrono::TimeDelta::hours(13));
        let typed = [("q.key", "S3CRET"), ("q.cells", "12")];
        let back = story.sends(&page, &typed, "submit").await.expect(403);
        assert_eq!(heading(&back), "You were logged out in the meantime");
        assert_eq!(back.header("cache-control"), Some("no-store"));
        assert!(back.text.contains(r#"name="q.key" value="S3CRET""#), "{}", back.text);
        assert!(back.text.contains(r#"<dd class="typed">12</dd>"#) && back.text.contains(r#"<dd class="typed">••••</dd>"#));
        assert!(!back.text.contains(">S3CRET<") && !back.text.contains("<dt>secret-field</dt>"), "{}", back.text);
    }

    async fn what_is_missing_is_not_held_against_who_begins(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        assert!(!page.text.contains("aria-invalid"), "{}", page.text);
        assert!(words(&page).contains("One thing is still to be filled in"));
        let part = story.types(&page, &[("q.nodes", "99")]).await.expect(200);
        assert_eq!(part.text.matches("aria-invalid").count(), 1);
        let page = story.sends(&page, &[], "submit").await.expect(422);
        let part = story.types(&page, &[("q.nodes", "3")]).await.expect(200);
        assert!(part.text.contains("an answer is needed"), "it is still said after it was sent");
    }

    async fn a_file_that_is_too_large_loses_nothing(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let mut form = filled_in(&page, &[("q.mesh", "/typed")]);
        form.fields.push(("action".to_owned(), "submit".to_owned()));
        let large = vec![b'x'; app.app.max_upload_file_size + 1];
        let answer = story.alice.upload(&form, &[("files", "large.dat", &large)]).await.expect(422);
        let text = words(&answer);
        assert!(text.contains("large.dat is too large"), "{text}");
        assert_eq!(has(&answer, "q.mesh"), "/typed");
        assert_eq!(story.count("job-scripts").await, 0);
    }

    async fn an_application_that_was_deleted_meanwhile_is_said_with_what_was_typed(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        story.api.delete("/job-script-templates/wind").await.expect(204);
        let answer = story.sends(&page, &[("q.mesh", "/typed <b>")], "submit").await.expect(404);
        assert_eq!(heading(&answer), "This application was deleted in the meantime");
        assert!(words(&answer).contains("/typed <b>"));
        story.types(&page, &[]).await.expect(404);
        story.alice.open("/applications/wind/run").await.expect(404);
    }

    async fn who_was_logged_out_sends_what_they_typed_again(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let mut form = filled_in(&page, &[("q.mesh", "/typed")]);
        form.fields.push(("action".to_owned(), "save".to_owned()));
        let mut nobody = Browser::new(&app);
        let asked = nobody.upload(&form, &[]).await.expect(403);
        assert!(asked.text.contains("/typed"), "{}", asked.text);
        nobody.log_in("alice@example.com", crate::identity::story::PASSWORD).await.expect(303);
        let again = nobody.submit(&asked, "/run", &[]).await.expect(403);
        let answer = nobody.submit(&again, "/run", &[]).await;
        super::leads_to(&answer, "scripts");
    }

    async fn who_lacks_a_permission_is_told(app: TestApp) {
        let story = Story::begin(&app).await;
        for (name, permissions, status) in [
            ("reader", vec![Permission::JobTemplatesRead], 403),
            ("maker", vec![Permission::JobScriptsCreate], 403),
            ("saver", vec![Permission::JobTemplatesRead, Permission::JobScriptsCreate], 200),
        ] {
            let mut browser = with_permissions(&story, name, &permissions).await;
            let page = browser.open("/applications/wind/run").await.expect(status);
            if status == 200 {
                assert!(!page.text.contains(r#"value="submit""#), "{}", page.text);
                let mut form = filled_in(&page, &[("q.mesh", "/a"), ("job.cluster", "alps")]);
                form.fields.push(("action".to_owned(), "submit".to_owned()));
                browser.post(&form).await.expect(403);
                form.fields.pop();
                form.fields.push(("action".to_owned(), "save".to_owned()));
                super::leads_to(&browser.post(&form).await, "scripts");
            }
        }
    }

    async fn another_sites_form_makes_nothing(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let mut form = filled_in(&page, &[("q.mesh", "/a")]);
        form.fields.push(("action".to_owned(), "save".to_owned()));
        let elsewhere = [("origin", "https://evil.example.com")];
        story.alice.post_from(&form, &elsewhere).await.expect(403);
        form.fields.retain(|(name, _)| name != "form_token");
        story.alice.post(&form).await.expect(403);
        form.action.push_str("/preview");
        story.alice.post(&form).await.expect(403);
        assert_eq!(story.count("job-scripts").await, 0);
    }
}

/// Somebody with a role of their own.
async fn with_permissions(story: &Story<'_>, name: &str, permissions: &[Permission]) -> Browser {
    let app: &TestApp = story.app;
    app.provider().create_role(name, permissions).await.unwrap();
    person(app, name, &[name]).await;
    Browser::of(app, &format!("{name}@example.com")).await
}
