//! Two people who edit one application.

use super::{at_browser, says, says_not};
use crate::{
    on_both,
    support::Answer,
    web::browser::{Browser, form},
};

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

    async fn of_two_who_save_at_the_same_instant_one_is_told(app: TestApp) {
        let id = app.user("alice").await.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let mut elsewhere = Browser::of(&app, "alice@example.com").await;
        let settings = [("identifier", "t"), ("template_vars", "{}"), ("runtime_config", "{}")];
        for round in 0..4 {
            for (place, page, typed) in [
                ("d", "", "name"),
                ("q", "/questions", "q.0.variable"),
                ("w", "/workflow", "content"),
                ("f", "/file?name=job.sh.j2", "content"),
            ] {
                let at = format!("/applications/{id}/edit{page}");
                let (mine, theirs) = (alice.open(&at).await, elsewhere.open(&at).await);
                let fill = |page: &Answer, value: String| {
                    let action = at.split_once("/edit").unwrap().1;
                    let mut form = form(page, &format!("/edit{action}"));
                    form.fields.retain(|(name, _)| name == "form_token" || name == "version");
                    for (name, value) in settings.into_iter().chain([
                        ("q.0.kind", "text"), ("role", "ENTRYPOINT"), ("filename", "job.sh.j2"),
                        (typed, &*value),
                    ]) {
                        form.fields.push((name.to_owned(), value.to_owned()));
                    }
                    form
                };
                let (mine, theirs) = (fill(&mine, format!("mine{place}{round}")), fill(&theirs, format!("theirs{place}{round}")));
                let (first, second) = tokio::join!(alice.post(&mine), elsewhere.post(&theirs));
                let mut both = [(first, "mine", "theirs"), (second, "theirs", "mine")];
                both.sort_by_key(|(answer, ..)| answer.status.as_u16());
                let [(saved, stored, _), (told, typed, other)] = &both;
                assert_eq!((saved.status.as_u16(), told.status.as_u16()), (303, 409), "{page}: {} {}", saved.text, told.text);
                assert_eq!(stored, other);
                for word in [typed, stored] {
                    assert!(told.text.contains(&format!("{word}{place}{round}")), "{page}: {}", told.text);
                }
                let now = alice.open(&at).await;
                assert!(now.text.contains(&format!("{stored}{place}{round}")), "{page}: {}", now.text);
                assert!(!now.text.contains(&format!("{typed}{place}{round}")), "{page}: {}", now.text);
            }
        }
    }

    async fn of_two_who_make_a_file_at_the_same_instant_one_is_told(app: TestApp) {
        let id = app.user("alice").await.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let mut elsewhere = Browser::of(&app, "alice@example.com").await;
        let at = format!("/applications/{id}/edit/files");
        let page = alice.open(&at).await;
        let mut new = form(&page, "/files");
        new.fields.retain(|(name, _)| name == "form_token");
        new.fields.push(("filename".to_owned(), "new.txt".to_owned()));
        let mut also = new.clone();
        also.fields[0] = form(&elsewhere.open(&at).await, "/files").fields[0].clone();
        let (first, second) = tokio::join!(alice.post(&new), elsewhere.post(&also));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409], "{} {}", first.text, second.text);
    }
}
