//! Two people who edit one application.

use super::{at_browser, says, says_not};
use crate::{on_both, web::browser::Browser};

const TEMPLATE: [(&str, &str); 1] = [("job.sh.j2", "#!/bin/bash\necho one\necho two\n")];

on_both! {
    async fn who_saves_second_is_told_and_shown_the_difference(app: TestApp) {
        let id = app.user("alice").await.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let mut elsewhere = Browser::of(&app, "alice@example.com").await;
        let at = format!("/applications/{id}/edit/file?name=job.sh.j2");
        let end = "file?name=job.sh.j2";
        let (mine, theirs) = (alice.open(&at).await, elsewhere.open(&at).await);
        let write = |line| format!("#!/bin/bash\r\necho {line}\r\necho two\r\n");
        let (first, second) = (write("theirs"), write("mine"));
        let fields = [("role", "ENTRYPOINT"), ("content", &*first)];
        elsewhere.submit(&theirs, end, &fields).await.expect(303);
        let fields = [("role", "ENTRYPOINT"), ("content", &*second)];
        let told = alice.submit(&mine, end, &fields).await.expect(409);
        says(&told, "Somebody else changed this while you worked on it.");
        says(&told, "−echo theirs");
        says(&told, "+echo mine");
        says_not(&told, "+echo two");
        let stored = async || app.stored("job_script_template_files", id, "job.sh.j2").await.unwrap();
        assert!(stored().await.starts_with(b"#!/bin/bash\necho theirs"));
        // Once more is meant; but what a third one saves in between is not lost either.
        let third = elsewhere.open(&at).await;
        let content = write("again");
        let fields = [("role", "ENTRYPOINT"), ("content", &*content)];
        elsewhere.submit(&third, end, &fields).await.expect(303);
        let fields = [("role", "ENTRYPOINT"), ("content", &*second)];
        let told = alice.submit(&told, end, &fields).await.expect(409);
        says(&told, "−echo again");
        alice.submit(&told, end, &fields).await.expect(303);
        assert!(stored().await.starts_with(b"#!/bin/bash\necho mine"));
    }

    async fn a_file_that_was_deleted_meanwhile_can_be_saved_anew(app: TestApp) {
        let actor = app.user("alice").await;
        let id = actor.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let page = alice.open(&format!("/applications/{id}/edit/file?name=job.sh.j2")).await;
        let deleted = actor.delete("/job-script-templates/t/upload/template/job.sh.j2").await;
        assert!(deleted.status.is_success(), "{deleted:?}");
        let fields = [("role", "ENTRYPOINT"), ("content", "#!/bin/sh\n")];
        let told = alice.submit(&page, "name=job.sh.j2", &fields).await.expect(409);
        says(&told, "+#!/bin/sh");
        alice.submit(&told, "name=job.sh.j2", &fields).await.expect(303);
        assert!(app.stored("job_script_template_files", id, "job.sh.j2").await.is_some());
    }

    async fn details_questions_and_workflow_are_guarded_as_well(app: TestApp) {
        let id = app.user("alice").await.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let mut elsewhere = Browser::of(&app, "alice@example.com").await;
        let theirs = [
            ("", "/edit", vec![("name", "Theirs")]),
            ("/questions", "/questions", vec![("q.0.variable", "theirs"), ("q.0.kind", "text")]),
            ("/workflow", "/workflow", vec![("content", "theirs = 1\n")]),
        ];
        let mine = [
            (vec![("name", "Mine")], "−Name: Theirs", "+Name: Mine"),
            (
                vec![("q.0.variable", "mine"), ("q.0.kind", "text")],
                "\"variable\": \"theirs\"",
                "\"variable\": \"mine\"",
            ),
            (vec![("content", "mine = 1\n")], "−theirs = 1", "+mine = 1"),
        ];
        for ((page, action, first), (second, gone, new)) in theirs.into_iter().zip(mine) {
            let at = format!("/applications/{id}/edit{page}");
            let (opened, also) = (alice.open(&at).await, elsewhere.open(&at).await);
            let settings = [("identifier", "t"), ("template_vars", "{}"), ("runtime_config", "{}")];
            let fields = [&settings[..], &first].concat();
            elsewhere.submit(&also, action, &fields).await.expect(303);
            let fields = [&settings[..], &second].concat();
            let told = alice.submit(&opened, action, &fields).await.expect(409);
            says(&told, gone);
            says(&told, new);
            alice.submit(&told, action, &fields).await.expect(303);
        }
    }
}
