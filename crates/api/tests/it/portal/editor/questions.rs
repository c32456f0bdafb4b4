//! Questions, as a form and as JSON.

use serde_json::json;

use super::{at_browser, says, says_not};
use crate::{on_both, web::browser::form};

const TEMPLATE: [(&str, &str); 1] = [("job.sh.j2", "#!/bin/bash\necho {{ data.nodes }}\n")];

on_both! {
    async fn questions_are_added_filled_in_moved_and_saved(app: TestApp) {
        let actor = app.user("alice").await;
        let id = actor.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let at = format!("/applications/{id}/edit/questions");
        let page = alice.open(&at).await.expect(200);
        says(&page, "the variables of the templates");
        let page = alice.submit(&page, "/questions", &[("do", "add")]).await.expect(200);
        let one = [("q.0.variable", "solver"), ("q.0.kind", "choice"), ("q.0.choices", "fem\r\nlbm | Boltzmann")];
        let fields = [&one[..], &[("do", "add")]].concat();
        let page = alice.submit(&page, "/questions", &fields).await.expect(200);
        says(&page, "fem\nlbm | Boltzmann");
        let two = [("q.1.variable", "nodes"), ("q.1.kind", "integer"), ("q.1.minimum", "1"), ("q.1.default", "2")];
        let fields = [&one[..], &two[..], &[("do", "up.1")]].concat();
        let page = alice.submit(&page, "/questions", &fields).await.expect(200);
        says(&page, "1. nodes");
        let fields = [
            ("q.0.kind", "integer"),
            ("q.1.kind", "choice"),
            ("q.1.choices", "fem\r\nlbm | Boltzmann"),
            ("do", "save"),
        ];
        // Without JavaScript, a browser sends the boxes that are ticked; this one sends all inputs.
        let mut sent = form(&page, "/questions");
        sent.fields.retain(|(name, _)| !name.ends_with(".required") && name != "do");
        sent.fields.extend(fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
        alice.post(&sent).await.expect(303);
        let stored = actor.get("/job-script-templates/t").await.ok();
        assert_eq!(stored["questions"], json!([
            {"variable": "nodes", "kind": "integer", "minimum": 1.0, "default": 2},
            {"variable": "solver", "kind": "choice",
             "choices": ["fem", {"label": "Boltzmann", "value": "lbm"}]},
        ]));
        let page = alice.open(&at).await.expect(200);
        says(&page, "<option>Boltzmann</option>");
        sent = form(&page, "/questions");
        sent.fields.retain(|(name, _)| !name.starts_with("q."));
        sent.fields.push(("do".to_owned(), "save".to_owned()));
        alice.post(&sent).await.expect(303);
        assert!(actor.get("/job-script-templates/t").await.ok().get("questions").is_none());
    }

    async fn what_does_not_fit_together_is_told_at_its_field(app: TestApp) {
        let actor = app.user("alice").await;
        let id = actor.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let page = alice.open(&format!("/applications/{id}/edit/questions")).await.expect(200);
        for (field, value, words) in [
            ("q.0.variable", "data", "choose another name"),
            ("q.0.minimum", "one", "one is not a number"),
            ("q.0.minimum", "3", "only numbers"),
            ("q.0.pattern", "(", "unclosed group"),
            ("q.0.when", "later > 1", "no earlier question asks for later"),
            ("q.0.kind", "riddle", "no kind of question"),
            ("q.0.exists", "yes", "only files and directories"),
            ("q.0.choices", "a", "choices"),
        ] {
            let fields = [("q.0.variable", "mine"), ("q.0.kind", "text"), (field, value)];
            let refused = alice.submit(&page, "/questions", &fields).await.expect(422);
            says(&refused, words);
            let mut checking = form(&page, "/questions");
            checking.action.push_str("/check");
            checking.fields.retain(|(name, _)| name == "form_token");
            checking.fields.extend(fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
            if field == "q.0.variable" || field == "q.0.kind" {
                checking.fields.retain(|(name, given)| name != field || given == value);
            }
            let preview = alice.post(&checking).await.expect(200);
            says(&preview, words);
            says(&preview, &format!("href=\"#{field}\""));
        }
        assert!(actor.get("/job-script-templates/t").await.ok().get("questions").is_none());
    }

    async fn questions_are_written_as_json(app: TestApp) {
        let actor = app.user("alice").await;
        let id = actor.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let at = format!("/applications/{id}/edit/questions?as=json");
        let page = alice.open(&at).await.expect(200);
        for (json, words) in [
            ("[", "It is no JSON"),
            ("{}", "it must be a list"),
            ("[{\"variable\": \"a\", \"patern\": \"x\"}]", "questions[0].patern"),
            ("[{\"variable\": \"a\", \"kind\": \"integer\", \"default\": \"x\"}]", "Question 1, default"),
        ] {
            let refused = alice.submit(&page, "as=json", &[("written", json)]).await.expect(422);
            says(&refused, words);
            says(&refused, json);
        }
        let json = "[{\"variable\": \"a\", \"label\": \"<b>A</b>\"}]";
        let saved = alice.submit(&page, "as=json", &[("written", json)]).await.expect(303);
        alice.follow(&saved).await.expect(200);
        let stored = actor.get("/job-script-templates/t").await.ok();
        assert_eq!(stored["questions"][0]["label"], "<b>A</b>");
        let form = alice.open(&format!("/applications/{id}/edit/questions")).await.expect(200);
        assert!(!form.text.contains("<b>A</b>"), "{}", form.text);
    }

    async fn questions_are_written_as_the_yaml_of_the_command_line(app: TestApp) {
        let actor = app.user("alice").await;
        let id = actor.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let at = format!("/applications/{id}/edit/questions?as=yaml");
        let page = alice.open(&at).await.expect(200);
        for (text, words) in [
            ("a: [1\nb: 2", "line 2"),
            ("a: 1", "it must be a list, or have a section questions"),
            ("- variable: a\n  patern: x\n", "questions[0].patern"),
        ] {
            let refused = alice.submit(&page, "as=yaml", &[("written", text)]).await.expect(422);
            says(&refused, words);
            says(&refused, text);
            let mut checking = form(&page, "as=yaml");
            checking.action = format!("/applications/{id}/edit/questions/check");
            checking.fields.push(("written".to_owned(), text.to_owned()));
            says(&alice.post_from(&checking, &[("hx-request", "true")]).await.expect(200), words);
        }
        let document = "application_config: {}\nquestions:\n- variable: a\n  label: yes or no\n  kind: boolean\n";
        let saved = alice.submit(&page, "as=yaml", &[("written", document)]).await.expect(303);
        let page = alice.follow(&saved).await.expect(200);
        says(&page, "questions:\n- variable: a\n  kind: boolean\n  label: yes or no\n");
        let stored = actor.get("/job-script-templates/t").await.ok();
        assert_eq!(stored["questions"], json!([{"variable": "a", "kind": "boolean", "label": "yes or no"}]));
        let saved = alice.submit(&page, "as=yaml", &[("written", "")]).await.expect(303);
        alice.follow(&saved).await.expect(200);
        let stored = actor.get("/job-script-templates/t").await.ok();
        assert_eq!(stored.get("questions"), None);
    }

    async fn questions_begin_with_what_the_files_say(app: TestApp) {
        let id = app.user("alice").await.has_template("t", &TEMPLATE).await;
        let mut alice = at_browser(&app, "alice").await;
        let page = alice.open(&format!("/applications/{id}/edit/questions?from=derived")).await;
        says(&page.expect(200), "1. nodes");
        let page = alice.open(&format!("/applications/{id}/edit/questions")).await.expect(200);
        says_not(&page, "1. nodes");
    }
}
