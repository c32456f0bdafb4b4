//! Rehearsals.

use serde_json::json;

use super::{at_browser, says, says_not};
use crate::on_both;

on_both! {
    async fn files_are_shown_as_they_would_be(app: TestApp) {
        let actor = app.user("alice").await;
        let files = [("job.sh.j2", "#!/bin/bash\nsrun -N {{ data.nodes }} {{ data.extra }}\n"), ("in.txt", "{{ data.nodes }}\n")];
        let id = actor.has_template("t", &files).await;
        let questions = json!([{"variable": "nodes", "kind": "integer", "maximum": 4, "default": 3}]);
        let body = json!({"questions": questions, "template_vars": {"extra": "-v"}});
        actor.put("/job-script-templates/t", body).await.ok();
        let mut alice = at_browser(&app, "alice").await;
        let page = alice.open(&format!("/applications/{id}/edit/try")).await.expect(200);
        let tried = alice.submit(&page, "/try", &[]).await.expect(200);
        says(&tried, "srun -N 3 -v");
        says(&tried, "<h3>job.sh</h3>");
        for (answer, words) in [("9", "out of range"), ("x", "not an integer")] {
            let refused = alice.submit(&page, "/try", &[("answer.nodes", answer)]).await.expect(422);
            says(&refused, words);
            says(&refused, "href=\"#answer.nodes\"");
        }
        assert_eq!(actor.get("/job-scripts").await.ok()["total"], 0);
    }

    async fn what_goes_wrong_is_shown_at_its_line(app: TestApp) {
        let actor = app.user("alice").await;
        let template = "#!/bin/bash\necho 1\necho {{ 1 / data.zero }}\necho 4\n";
        let id = actor.has_template("t", &[("job.sh.j2", template)]).await;
        let mut alice = at_browser(&app, "alice").await;
        let page = alice.open(&format!("/applications/{id}/edit/try")).await.expect(200);
        let refused = alice.submit(&page, "/try", &[("answer.zero", "0")]).await.expect(422);
        says(&refused, "job.sh.j2, line 3");
        says(&refused, "<span class=\"gone\">3  echo {{ 1 / data.zero }}");
        says_not(&refused, "<h3>job.sh</h3>");
    }
}
