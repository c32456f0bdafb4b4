//! Files of applications.

use super::{at_browser, says, says_not};
use crate::{
    on_both,
    support::TestApp,
    web::browser::{form, heading},
};

const FILES: [(&str, &str); 2] =
    [("job.sh.j2", "#!/bin/bash\necho {{ n }}\n"), ("input.yaml", "a: 1\n")];

on_both! {
    async fn files_are_added_written_renamed_and_deleted(app: TestApp) {
        let id = app.user("alice").await.has_template("t", &FILES).await;
        let mut alice = at_browser(&app, "alice").await;
        let root = format!("/applications/{id}/edit");
        let page = alice.open(&format!("{root}/files")).await.expect(200);
        let taken = alice.submit(&page, "/files", &[("filename", "input.yaml")]).await.expect(409);
        says(&taken, "There is a file input.yaml already");
        for elsewhere in ["../../etc/passwd", "/etc/passwd", "a/../../b"] {
            let refused = alice.submit(&page, "/files", &[("filename", elsewhere)]).await.expect(422);
            says(&refused, "without .. and no / before it");
        }
        let fields = [("filename", "conf/a b.sh.j2"), ("role", "SUPPORT")];
        let made = alice.submit(&page, "/files", &fields).await.expect(303);
        let page = alice.follow(&made).await.expect(200);
        assert_eq!(heading(&page), "conf/a b.sh.j2");
        let fields = [("filename", "b.sh.j2"), ("role", "SUPPORT"), ("content", "x\r\ny\r\n")];
        let saved = alice.submit(&page, "a+b.sh.j2", &fields).await.expect(303);
        let page = alice.follow(&saved).await.expect(200);
        assert_eq!(heading(&page), "b.sh.j2");
        let stored = app.stored("job_script_template_files", id, "b.sh.j2").await.unwrap();
        assert_eq!(stored, "x\ny\n");
        says_not(&page, "conf/a b");
        let fields = [("filename", "input.yaml"), ("content", "z")];
        let taken = alice.submit(&page, "file?name=b.sh.j2", &fields).await.expect(409);
        says(&taken, "There is a file input.yaml already");
        let asking = alice.open(&format!("{root}/file/delete?name=b.sh.j2")).await.expect(200);
        alice.submit(&asking, "name=b.sh.j2", &[]).await.expect(303);
        alice.open(&format!("{root}/file?name=b.sh.j2")).await.expect(404);
    }

    async fn files_are_uploaded_several_at_once(app: TestApp) {
        let id = app.user("alice").await.has_template("t", &FILES).await;
        let mut alice = at_browser(&app, "alice").await;
        let page = alice.open(&format!("/applications/{id}/edit/files")).await.expect(200);
        let form = form(&page, "/files/upload");
        let files: [(&str, &str, &[u8]); 2] =
            [("files", "job.sh.j2", b"#!/bin/sh\n"), ("files", "new.dat", b"\x00\xff")];
        let done = alice.upload(&form, &files).await.expect(303);
        let page = alice.follow(&done).await.expect(200);
        says(&page, "It is no text");
        // What is there stays the entry point.
        let entrypoint = alice.open(&format!("/applications/{id}/edit/file?name=job.sh.j2")).await;
        says(&entrypoint, "<option value=\"ENTRYPOINT\" selected>");
        let wrong: [(&str, &str, &[u8]); 2] =
            [("files", "bad.py", b"x = ("), ("files", "good.txt", b"text")];
        let refused = alice.upload(&form, &wrong).await.expect(400);
        says(&refused, "bad.py did not pass the syntax check");
        says(&refused, "good.txt");
        let none = alice.upload(&form, &[]).await.expect(422);
        says(&none, "Choose at least one file");
    }

    async fn what_keeps_an_application_from_being_run_is_told_beside_its_parts(app: TestApp) {
        let actor = app.user("alice").await;
        let id = actor.has_template("t", &FILES).await;
        let mut alice = at_browser(&app, "alice").await;
        let at = format!("/applications/{id}/edit/questions");
        says_not(&alice.open(&at).await.expect(200), "would both become");
        let upload = |kind: &str| format!("/job-script-templates/t/upload/template/{kind}");
        actor.upload(&upload("SUPPORT"), "job.sh", "data").await.ok();
        says(&alice.open(&at).await.expect(200), "would both become job.sh: rename or delete one of them.");
        actor.upload(&upload("ENTRYPOINT"), "other.sh", "#!/bin/sh\n").await.ok();
        says(&alice.open(&at).await.expect(200), "are both entry points");
        alice.open(&format!("/applications/{id}/edit/file")).await.expect(404);
    }

    async fn a_template_that_does_not_parse_is_refused_with_its_line(app: TestApp) {
        let id = app.user("alice").await.has_template("t", &FILES).await;
        let mut alice = at_browser(&app, "alice").await;
        let at = format!("/applications/{id}/edit/file?name=job.sh.j2");
        let page = alice.open(&at).await.expect(200);
        let fields = [("role", "ENTRYPOINT"), ("content", "#!/bin/sh\n\n{% if x %}\n{{ y }\n")];
        let refused = alice.submit(&page, "file?name=job.sh.j2", &fields).await.expect(400);
        says(&refused, "Line 4");
        says(&refused, "{{ y }");
        let mut checking = form(&page, "file?name=job.sh.j2");
        checking.action = format!("/applications/{id}/edit/file/check?name=job.sh.j2");
        checking.fields.extend(fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let remarks = alice.post_from(&checking, &[("hx-request", "true")]).await.expect(200);
        assert!(remarks.text.contains("class=\"bad\" data-line=\"4\""), "{}", remarks.text);
        checking.fields.retain(|(name, _)| name != "content");
        checking.fields.push(("content".to_owned(), "#!/bin/sh\necho {{ data.n }}\necho {{ nodes }}\n".to_owned()));
        let remarks = alice.post_from(&checking, &[("hx-request", "true")]).await.expect(200);
        assert!(remarks.text.contains("class=\"warn\" data-line=\"3\""), "{}", remarks.text);
        says(&remarks, "put nothing in for nodes: answers are under data, write data.nodes");
        // A file whose name promises nothing is a template all the same, and may be saved.
        let fields = [("filename", "job.sh"), ("role", "ENTRYPOINT"), ("content", "echo\n{{ y }\n")];
        let saved = alice.submit(&page, "file?name=job.sh.j2", &fields).await.expect(303);
        let page = alice.follow(&saved).await.expect(200);
        assert!(page.text.contains("class=\"warn\" data-line=\"2\""), "{}", page.text);
        says(&page, "first line names the interpreter");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_too_large_is_told_with_what_is_possible() {
    let app = TestApp::configured(|config| config.max_upload_file_size = 1000).await;
    let id = app.user("alice").await.has_template("t", &FILES).await;
    let mut alice = at_browser(&app, "alice").await;
    let page =
        alice.open(&format!("/applications/{id}/edit/file?name=input.yaml")).await.expect(200);
    let long = "a: 1\n".repeat(300);
    let fields = [("filename", "input.yaml"), ("content", &*long)];
    let refused = alice.submit(&page, "file?name=input.yaml", &fields).await.expect(413);
    says(&refused, "a file may have 1000 bytes");
    says(&refused, &long);
    let page = alice.open(&format!("/applications/{id}/edit/files")).await.expect(200);
    let form = form(&page, "/files/upload");
    let refused = alice.upload(&form, &[("files", "big.dat", &[b'x'; 1001])]).await.expect(413);
    says(&refused, "big.dat is too large");
}
