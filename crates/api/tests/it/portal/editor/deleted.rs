//! What somebody deleted while others edit it.

use super::{at_browser, says};
use crate::{on_both, web::browser::heading};

const TEMPLATE: [(&str, &str); 1] = [("job.sh.j2", "#!/bin/bash\necho one\n")];

on_both! {
    async fn what_was_typed_for_a_deleted_application_is_shown(app: TestApp) {
        let actor = app.user("alice").await;
        let mut alice = at_browser(&app, "alice").await;
        for (page, action, field) in [
            ("", "/edit", "description"),
            ("/questions", "/questions", "q.0.label"),
            ("/workflow", "/workflow", "content"),
            ("/file?name=job.sh.j2", "file?name=job.sh.j2", "content"),
            ("/files", "/files", "filename"),
            ("/try", "/try", "q.x"),
        ] {
            let id = actor.has_template("t", &TEMPLATE).await;
            let opened = alice.open(&format!("/applications/{id}/edit{page}")).await.expect(200);
            actor.delete(&format!("/job-script-templates/{id}")).await.expect(204);
            let typed = [("name", "T"), (field, "typed <b>\nwith care")];
            let told = alice.submit(&opened, action, &typed).await.expect(404);
            assert_eq!(heading(&told), "This is not here any more");
            says(&told, "There is no such application, or not any more. Nothing was saved.");
            says(&told, "typed <b>\nwith care");
            assert!(!told.text.contains("<b>\n") && told.text.contains("What you had typed"));
        }
    }

    async fn what_was_typed_for_a_deleted_script_is_shown(app: TestApp) {
        let actor = app.user("alice").await;
        let id = actor.has_script("s", "#!/bin/bash\n").await;
        let mut alice = at_browser(&app, "alice").await;
        let opened = alice.open(&format!("/scripts/{id}/edit/file?name=run.sh")).await.expect(200);
        actor.delete(&format!("/job-scripts/{id}")).await.expect(204);
        let typed = [("content", "#!/bin/bash\necho typed\n")];
        let told = alice.submit(&opened, "file?name=run.sh", &typed).await.expect(404);
        says(&told, "There is no such script, or not any more.");
        says(&told, "echo typed");
    }
}
