//! Making and changing applications.

mod conflicts;
mod deleted;
mod files;
mod questions;
mod try_it;

use serde_json::json;

use crate::{
    identity::story::person,
    on_both,
    support::{Answer, TestApp},
    web::browser::{Browser, form, heading, plain},
};

/// Somebody before their browser.
async fn at_browser(app: &TestApp, name: &str) -> Browser {
    person(app, name, &["expert"]).await;
    Browser::of(app, &format!("{name}@example.com")).await
}

#[track_caller]
fn says(page: &Answer, words: &str) {
    assert!(plain(&page.text).contains(words), "{words:?} is not in {}", page.text);
}

#[track_caller]
fn says_not(page: &Answer, words: &str) {
    assert!(!plain(&page.text).contains(words), "{words:?} is in {}", page.text);
}

on_both! {
    async fn an_application_is_made_edited_and_published(app: TestApp) {
        let actor = app.user("alice").await;
        let mut alice = at_browser(&app, "alice").await;
        let page = alice.open("/applications/new").await.expect(200);
        let fields = [("name", "My <i>solver</i>"), ("description", "It **solves**.")];
        let made = alice.submit(&page, "/new", &fields).await.expect(303);
        let again = alice.submit(&page, "/new", &fields).await.expect(303);
        assert_eq!(made.header("location"), again.header("location"));
        let page = alice.follow(&made).await.expect(200);
        says(&page, "It is not published.");
        says(&page, "job.sh.j2");
        assert!(page.text.contains("Edit My &#60;i&#62;solver"), "{}", page.text);
        let fields = [
            ("name", "My solver"),
            ("identifier", "my-solver"),
            ("description", "Two\r\nlines"),
            ("template_vars", "{\"nodes\": 2}"),
        ];
        let saved = alice.submit(&page, "/edit", &fields).await.expect(303);
        let page = alice.follow(&saved).await.expect(200);
        says(&page, "It is published as");
        let stored = actor.get("/job-script-templates/my-solver").await.ok();
        assert_eq!(stored["description"], "Two\nlines");
        assert_eq!(stored["template_vars"], json!({"nodes": 2}));
        assert_eq!(stored["template_files"][0]["file_type"], "ENTRYPOINT");
        assert_eq!(actor.get("/job-script-templates").await.ok()["total"], 1);
    }

    async fn what_is_wrong_is_told_and_nothing_typed_is_lost(app: TestApp) {
        app.user("bob").await.has_template("taken", &[("a.j2", "#!/bin/sh\n")]).await;
        let mut alice = at_browser(&app, "alice").await;
        let page = alice.open("/applications/new").await.expect(200);
        for (fields, status, words) in [
            ([("name", "Mine"), ("identifier", "taken")], 409, "identifier=taken already exists"),
            ([("name", "Mine"), ("identifier", "123")], 422, "only by digits"),
            ([("name", ""), ("identifier", "x")], 422, "Cannot be an empty string"),
        ] {
            let refused = alice.submit(&page, "/new", &fields).await.expect(status);
            says(&refused, words);
            says(&refused, fields[1].1);
        }
        let made = alice.submit(&page, "/new", &[("name", "Mine")]).await.expect(303);
        let page = alice.follow(&made).await.expect(200);
        for (fields, status, words) in [
            ([("identifier", "taken"), ("template_vars", "{}")], 409, "already exists"),
            ([("identifier", ""), ("template_vars", "[1]")], 422, "It must be a JSON object"),
            ([("identifier", ""), ("template_vars", "{\"a\": ")], 422, "line 1 column"),
        ] {
            let fields = [&fields[..], &[("description", "typed with care")]].concat();
            let refused = alice.submit(&page, "/edit", &fields).await.expect(status);
            says(&refused, words);
            says(&refused, "typed with care");
            says(&refused, "Nothing was saved.");
        }
        let id = page_id(&made);
        assert_eq!(app.user("alice").await.get(&id).await.ok()["description"], "");
    }

    async fn an_application_is_cloned_archived_and_deleted(app: TestApp) {
        let bobs = app.user("bob").await;
        bobs.has_template("original", &[("a.sh.j2", "#!/bin/sh\n")]).await;
        let mut alice = at_browser(&app, "alice").await;
        alice.open("/applications/original/edit").await.expect(403);
        let asking = alice.open("/applications/original/edit/clone").await.expect(200);
        let taken = alice.submit(&asking, "/clone", &[("identifier", "original")]).await.expect(409);
        says(&taken, "already exists");
        let fields = [("name", "Copy"), ("identifier", "copy")];
        let made = alice.submit(&asking, "/clone", &fields).await.expect(303);
        let page = alice.follow(&made).await.expect(200);
        says(&page, "This is the copy.");
        let archived = alice.submit(&page, "/archive", &[]).await.expect(303);
        let page = alice.follow(&archived).await.expect(200);
        says(&page, "Take out of the archive");
        let restored = alice.submit(&page, "/archive", &[]).await.expect(303);
        says(&alice.follow(&restored).await.expect(200), "It is no longer archived.");
        let asking = alice.open("/applications/copy/edit/delete").await.expect(200);
        assert_eq!(heading(&asking), "Delete the application Copy?");
        alice.submit(&asking, "/delete", &[]).await.expect(303);
        bobs.get("/job-script-templates/copy").await.expect(404);
    }

    async fn only_its_owner_changes_an_application(app: TestApp) {
        app.user("bob").await.has_template("bobs", &[("a.sh.j2", "#!/bin/sh\n")]).await;
        let mut alice = at_browser(&app, "alice").await;
        let asking = alice.open("/applications/bobs/edit/clone").await.expect(200);
        let mut sent = form(&asking, "/clone");
        for page in ["", "/questions", "/workflow", "/file?name=a.sh.j2", "/files", "/try", "/delete"] {
            sent.action = format!("/applications/bobs/edit{page}");
            alice.open(&sent.action.clone()).await.expect(403);
            alice.post(&sent).await.expect(403);
        }
        for page in ["/archive", "/workflow/delete", "/file/delete?name=a.sh.j2", "/file/check?name=a"] {
            sent.action = format!("/applications/bobs/edit{page}");
            alice.post(&sent).await.expect(403);
        }
        person(&app, "carol", &[]).await;
        let mut carol = Browser::of(&app, "carol@example.com").await;
        for page in ["new", "bobs/edit", "bobs/edit/clone", "bobs/edit/questions"] {
            carol.open(&format!("/applications/{page}")).await.expect(403);
        }
        alice.open("/applications/nothing/edit").await.expect(404);
    }

    async fn a_workflow_file_is_written_checked_and_deleted(app: TestApp) {
        let actor = app.user("alice").await;
        let id = actor.has_template("t", &[("a.sh.j2", "#!/bin/sh\n")]).await;
        let mut alice = at_browser(&app, "alice").await;
        let at = format!("/applications/{id}/edit/workflow");
        let page = alice.open(&at).await.expect(200);
        let fields = [("content", "def mainflow(:\n"), ("runtime_config", "{}")];
        let refused = alice.submit(&page, "/workflow", &fields).await.expect(400);
        says(&refused, "Line 1");
        says(&refused, "def mainflow(:");
        let fields = [("content", "x = 1\r\n"), ("runtime_config", "{\"a\": 1}")];
        let saved = alice.submit(&page, "/workflow", &fields).await.expect(303);
        let page = alice.follow(&saved).await.expect(200);
        says(&page, "Saved.");
        let stored = app.stored("workflow_files", id, "jobbergate.py").await.unwrap();
        assert_eq!(stored, "x = 1\n");
        let fields = [("content", "x = 1\n"), ("runtime_config", "none")];
        says(&alice.submit(&page, "/workflow", &fields).await.expect(422), "It must be a JSON object");
        let asking = alice.open(&format!("{at}/delete")).await.expect(200);
        alice.submit(&asking, "/delete", &[]).await.expect(303);
        says(&alice.open(&at).await.expect(200), "It has none");
    }
}

/// The address in the API of what a browser was sent on to.
fn page_id(made: &Answer) -> String {
    let location = made.header("location").unwrap();
    let id = location.split('/').nth(2).unwrap();
    format!("/job-script-templates/{id}")
}
