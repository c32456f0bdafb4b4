//! Scripts: their list, the page of one, editing and submitting it.

use crate::{
    identity::story::person,
    on_both,
    support::{Answer, TestApp},
    web::browser::{Browser, form, heading, plain},
};

const SCRIPT: &str = "#!/bin/bash\n#SBATCH --ntasks=2\n#SBATCH -J <b>bold</b>\nsrun hostname\n";

/// Alice before her browser.
async fn alice(app: &TestApp) -> Browser {
    person(app, "alice", &["user"]).await;
    Browser::of(app, "alice@example.com").await
}

#[track_caller]
fn says(page: &Answer, words: &str) {
    assert!(plain(&page.text).contains(words), "{words:?} is not in {}", page.text);
}

#[track_caller]
fn says_not(page: &Answer, words: &str) {
    assert!(!plain(&page.text).contains(words), "{words:?} is in {}", page.text);
}

/// The value of a hidden field.
fn hidden(page: &Answer, action: &str, name: &str) -> String {
    let form = form(page, action);
    form.fields.into_iter().find(|(known, _)| known == name).unwrap().1
}

on_both! {
    async fn who_has_no_scripts_is_told_how_to_make_one(app: TestApp) {
        let mut browser = alice(&app).await;
        let page = browser.open("/scripts").await.expect(200);
        assert_eq!(heading(&page), "Scripts");
        says(&page, "You have no scripts yet.");
        says(&page, "href=\"/applications\"");
        let none = browser.open("/scripts?whose=all&search=nothing").await.expect(200);
        says(&none, "No script has these words");
    }

    async fn the_list_has_mine_or_all_and_how_the_last_submission_stands(app: TestApp) {
        let (mine, bobs) = (app.user("alice").await, app.user("bob").await);
        app.agent("cluster").await;
        let script = mine.has_script("Blue <i>whale</i>", SCRIPT).await;
        let first = mine.has_submission(script, "cluster").await;
        let last = mine.has_submission(script, "cluster").await;
        bobs.has_script("Red fox", SCRIPT).await;
        let mut browser = alice(&app).await;
        let page = browser.open("/scripts").await.expect(200);
        assert!(page.text.contains("Blue &#60;i&#62;whale"), "{}", page.text);
        says_not(&page, "Red fox");
        says(&page, &format!("href=\"/submissions/{last}\">Waiting for its cluster"));
        says_not(&page, &format!("/submissions/{first}\""));
        let all = browser.open("/scripts?whose=all").await.expect(200);
        says(&all, "Red fox");
        says(&all, "never submitted");
        let found = browser.open("/scripts?whose=all&search=fox").await.expect(200);
        says(&found, "Red fox");
        says_not(&found, "whale");
    }

    async fn the_list_is_paged_and_sorted_by_its_address(app: TestApp) {
        let actor = app.user("alice").await;
        for number in 10..40 {
            let body = serde_json::json!({"name": format!("script-{number}")});
            actor.post("/job-scripts", body).await.created();
        }
        let mut browser = alice(&app).await;
        let first = browser.open("/scripts?sort=name&order=ascending").await.expect(200);
        says(&first, "script-10<");
        says(&first, "script-34<");
        says_not(&first, "script-35<");
        says(&first, "page 1 of 2");
        says(&first, "aria-sort=\"ascending\"");
        let next = browser.open("/scripts?sort=name&order=ascending&page=2").await.expect(200);
        says(&next, "script-39<");
        says_not(&next, "rel=\"next\"");
        let beyond = browser.open("/scripts?page=9").await.expect(200);
        says(&beyond, "Back to the first page");
        for odd in ["/scripts?page=x", "/scripts?page=-1", "/scripts?sort=secret&order=up"] {
            browser.open(odd).await.expect(200);
        }
    }

    async fn a_script_shows_its_files_and_what_it_asks_slurm_for(app: TestApp) {
        let actor = app.user("alice").await;
        app.agent("cluster").await;
        let script = actor.has_script("Blue whale", SCRIPT).await;
        let path = format!("/job-scripts/{script}/upload/SUPPORT");
        actor.upload(&path, "data/in.bin", b"\xff\x00").await.ok();
        let submission = actor.has_submission(script, "cluster").await;
        let mut browser = alice(&app).await;
        let page = browser.open(&format!("/scripts/{script}")).await.expect(200);
        assert_eq!(heading(&page), "Blue whale");
        says(&page, "<code>--ntasks=2</code>");
        assert!(page.text.contains("&#60;b&#62;bold"), "{}", page.text);
        says(&page, "It is no text");
        says(&page, &format!("/submissions/{submission}\""));
        let file = format!("/scripts/{script}/edit/file/download?name=data%2Fin.bin");
        let file = browser.open(&file).await.expect(200);
        assert_eq!(file.header("content-type"), Some("application/octet-stream"));
        assert!(file.header("content-disposition").unwrap().starts_with("attachment"));
        for (path, status) in [("/scripts/999", 404), ("/scripts/abc", 404), ("/scripts/1e3/edit", 404)] {
            browser.open(path).await.expect(status);
        }
    }

    async fn alice_renames_copies_and_deletes_a_script(app: TestApp) {
        let script = app.user("alice").await.has_script("Old", SCRIPT).await;
        let mut browser = alice(&app).await;
        let at = format!("/scripts/{script}");
        let page = browser.open(&at).await.expect(200);
        let fields = [("name", "New"), ("description", "<script>alert(1)</script>")];
        let answer = browser.submit(&page, &at, &fields).await;
        let page = browser.follow(&answer).await.expect(200);
        assert_eq!(heading(&page), "New");
        assert!(!page.text.contains("<script>alert"), "{}", page.text);
        let long = "x".repeat(256);
        let refused = browser.submit(&page, &at, &[("name", &long)]).await.expect(422);
        says(&refused, "at most 255 characters");
        says(&refused, &long);
        let refused = browser.submit(&page, &at, &[("name", " ")]).await.expect(422);
        says(&refused, "A script needs a name");
        let answer = browser.submit(&page, "/clone", &[]).await.expect(303);
        let again = browser.submit(&page, "/clone", &[]).await.expect(303);
        assert_eq!(answer.header("location"), again.header("location"));
        let copy = browser.follow(&answer).await.expect(200);
        says(&copy, "This is the copy.");
        let asking = browser.open(&format!("{at}/delete")).await.expect(200);
        assert_eq!(heading(&asking), "Delete the script New?");
        browser.submit(&asking, "/delete", &[]).await.expect(303);
        browser.open(&at).await.expect(404);
    }

    async fn a_file_is_edited_and_errors_are_told_at_their_line(app: TestApp) {
        let script = app.user("alice").await.has_script("Old", SCRIPT).await;
        let mut browser = alice(&app).await;
        let page = first_page(&mut browser, script).await;
        assert_eq!(heading(&page), "run.sh");
        let fields =
            [("filename", "run.py"), ("role", "ENTRYPOINT"), ("content", "import os\r\nx = (\r\n")];
        let refused = browser.submit(&page, "name=run.sh", &fields).await.expect(400);
        says(&refused, "did not pass the syntax check");
        says(&refused, "Line 3");
        says(&refused, "x = (");
        let fields =
            [("filename", "go.sh"), ("role", "ENTRYPOINT"), ("content", "#!/bin/sh\r\ntrue\r\n")];
        let page = first_page(&mut browser, script).await;
        let action = form_of_file(&page);
        let saved = browser.submit(&page, &action, &fields).await.expect(303);
        let page = browser.follow(&saved).await.expect(200);
        assert_eq!(heading(&page), "go.sh");
        says(&page, "Saved.");
        let content = app.stored("job_script_files", script, "go.sh").await.unwrap();
        assert_eq!(content, "#!/bin/sh\ntrue\n");
    }

    async fn a_script_is_submitted_once(app: TestApp) {
        let actor = app.user("alice").await;
        app.agent("cluster").await;
        let script = actor.has_script("Job", SCRIPT).await;
        let mut browser = alice(&app).await;
        let page = browser.open(&format!("/scripts/{script}/submit")).await.expect(200);
        says(&page, "<option value=\"cluster\" selected>");
        let fields = [
            ("client_id", "cluster"),
            ("execution_directory", "/data"),
            ("sbatch_arguments", "--time=5\r\n\r\n--mem=1G\r\n"),
        ];
        let answer = browser.submit(&page, "/submit", &fields).await.expect(303);
        let again = browser.submit(&page, "/submit", &fields).await.expect(303);
        assert_eq!(answer.header("location"), again.header("location"));
        let id = answer.header("location").unwrap().rsplit('/').next().unwrap().to_owned();
        let made = actor.get(&format!("/job-submissions/{id}")).await.ok();
        assert_eq!(made["sbatch_arguments"], serde_json::json!(["--time=5", "--mem=1G"]));
        assert_eq!(made["execution_directory"], "/data");
        assert_eq!(actor.get("/job-submissions").await.ok()["total"], 1);
    }

    async fn a_cluster_that_went_away_is_told_and_nothing_typed_is_lost(app: TestApp) {
        let actor = app.user("alice").await;
        app.agent("cluster").await;
        let script = actor.has_script("Job", SCRIPT).await;
        let mut browser = alice(&app).await;
        let page = browser.open(&format!("/scripts/{script}/submit")).await.expect(200);
        let relative = [("client_id", "c1"), ("execution_directory", "my/data")];
        let refused = browser.submit(&page, "/submit", &relative).await.expect(422);
        says(&refused, "give a path that begins with /");
        let fields = [("client_id", "gone"), ("execution_directory", "/my/data")];
        let refused = browser.submit(&page, "/submit", &fields).await.expect(422);
        says(&refused, "There is no cluster gone");
        says(&refused, "/my/data");
        assert_eq!(hidden(&refused, "/submit", "execution_directory"), "/my/data");
        let fields = [("client_id", "cluster"), ("sbatch_arguments", &"x".repeat(256))];
        let refused = browser.submit(&page, "/submit", &fields).await.expect(422);
        says(&refused, "at most 255 characters");
    }

    async fn only_its_owner_changes_a_script(app: TestApp) {
        let script = app.user("bob").await.has_script("Bob's", SCRIPT).await;
        let mut browser = alice(&app).await;
        let page = browser.open(&format!("/scripts/{script}")).await.expect(200);
        says_not(&page, &format!("/scripts/{script}/edit\""));
        says_not(&page, "Delete this script");
        for page in ["edit/file?name=run.sh", "edit/files", "delete", "edit/file/delete?name=run.sh"] {
            browser.open(&format!("/scripts/{script}/{page}")).await.expect(403);
        }
        let mut form = form(&page, "/clone");
        for (page, fields) in [
            ("", vec![("name", "Mine")]),
            ("/delete", vec![]),
            ("/edit/files", vec![("filename", "a"), ("role", "SUPPORT")]),
            ("/edit/file?name=run.sh", vec![("filename", "run.sh"), ("content", "")]),
            ("/edit/file/delete?name=run.sh", vec![]),
        ] {
            form.action = format!("/scripts/{script}{page}");
            form.fields.extend(fields.into_iter().map(|(name, value)| (name.into(), value.into())));
            browser.post(&form).await.expect(403);
        }
        let content = app.stored("job_script_files", script, "run.sh").await.unwrap();
        assert_eq!(content, SCRIPT);
    }

    async fn who_lacks_the_permission_sees_none_of_it(app: TestApp) {
        let script = app.user("alice").await.has_script("Job", SCRIPT).await;
        person(&app, "carol", &[]).await;
        let mut carol = Browser::of(&app, "carol@example.com").await;
        for page in ["", &format!("/{script}"), &format!("/{script}/edit"), &format!("/{script}/submit")] {
            carol.open(&format!("/scripts{page}")).await.expect(403);
        }
        let mut nobody = Browser::new(&app);
        let asked = nobody.open(&format!("/scripts/{script}/submit")).await.expect(200);
        assert_eq!(heading(&asked), "Log in");
    }

    async fn a_form_without_its_token_does_nothing(app: TestApp) {
        let script = app.user("alice").await.has_script("Job", SCRIPT).await;
        let mut browser = alice(&app).await;
        let page = browser.open(&format!("/scripts/{script}/delete")).await.expect(200);
        let form = form(&page, "/delete");
        let other = [("origin", "https://evil.example.com"), ("sec-fetch-site", "cross-site")];
        browser.post_from(&form, &other).await.expect(403);
        browser.submit(&page, "/delete", &[("form_token", "x")]).await.expect(403);
        browser.open(&format!("/scripts/{script}")).await.expect(200);
    }
}

/// The page on which the first file of a script is edited.
async fn first_page(browser: &mut Browser, script: i64) -> Answer {
    let first = browser.open(&format!("/scripts/{script}/edit")).await;
    browser.follow(&first).await.expect(200)
}

/// The end of the action of the form that saves a file.
fn form_of_file(page: &Answer) -> String {
    format!("edit/file?name={}", heading(page))
}
