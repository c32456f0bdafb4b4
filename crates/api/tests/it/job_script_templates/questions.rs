//! What templates ask: with the template, and `/job-script-templates/{id_or_identifier}/questions`

use serde_json::{Value, json};

use crate::{on_both, support::Actor};

const QUESTIONS: &str = "/job-script-templates/t/questions";
const T: &str = "/job-script-templates/t";

fn questions() -> Value {
    json!([
        {"variable": "nodes", "kind": "integer", "label": "Nodes", "default": 2, "required": true,
            "minimum": 1.0, "maximum": 8.0},
        {"variable": "partition", "kind": "choice", "choices": {"cluster": "partitions"}},
        {"variable": "solver", "kind": "choice", "default": "a",
            "choices": ["a", {"label": "B", "value": 2}], "when": "nodes > 1", "group": "More"},
        {"variable": "licence", "kind": "secret", "help": "Ask your centre", "pattern": "[A-Z]+"},
    ])
}

fn variables(found: &Value) -> Vec<&str> {
    let questions = found["questions"].as_array().unwrap();
    questions.iter().map(|question| question["variable"].as_str().unwrap()).collect()
}

async fn refused(actor: &Actor, question: Value) -> Vec<Value> {
    let body = json!({"questions": [question]});
    let answer = actor.put(T, body).await.expect(422);
    answer.json()["detail"].as_array().unwrap().clone()
}

on_both! {
    async fn an_expert_writes_what_a_template_asks(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let body = json!({"name": "n", "identifier": "t", "questions": questions()});
        let created = alice.post("/job-script-templates", body).await.created();
        assert_eq!(created["questions"], questions());
        assert_eq!(bob.get(T).await.ok()["questions"], questions());
        let expected = json!({"source": "template", "questions": questions()});
        assert_eq!(bob.get(QUESTIONS).await.ok(), expected);
        assert_eq!(bob.get("/job-script-templates/1/questions").await.ok(), expected);
        let listed = bob.get("/job-script-templates").await.ok();
        assert!(listed["items"][0].get("questions").is_none());
        let copy = bob.post("/job-script-templates/clone/t", json!({"identifier": "c"})).await.created();
        assert_eq!(copy["questions"], questions());
        let fewer = json!({"questions": [{"variable": "x"}]});
        let changed = alice.put(T, fewer).await.ok();
        assert_eq!(changed["questions"], json!([{"variable": "x", "kind": "text"}]));
        let renamed = alice.put(T, json!({"name": "m"})).await.ok();
        assert_eq!(renamed["questions"], changed["questions"]);
        let copied = bob.get("/job-script-templates/c/questions").await.ok();
        assert_eq!(copied["questions"], questions());
    }

    async fn a_template_without_questions_looks_as_it_did(app: TestApp) {
        let alice = app.user("alice").await;
        let body = json!({"name": "n", "identifier": "t"});
        let created = alice.post("/job-script-templates", body).await.created();
        assert!(created.get("questions").is_none(), "{created}");
        assert!(alice.get(T).await.ok().get("questions").is_none());
        alice.put(T, json!({"questions": [{"variable": "x"}]})).await.ok();
        for none in [json!([]), json!(null)] {
            let changed = alice.put(T, json!({"questions": none})).await.ok();
            assert!(changed.get("questions").is_none(), "{changed}");
            assert_eq!(alice.get(QUESTIONS).await.ok(), json!({"source": "variables", "questions": []}));
            alice.put(T, json!({"questions": [{"variable": "x"}]})).await.ok();
        }
        let body = json!({"name": "n", "questions": []});
        let created = alice.post("/job-script-templates", body).await.created();
        assert!(created.get("questions").is_none(), "{created}");
    }

    async fn what_makes_no_sense_is_refused_with_its_place(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.has_template("t", &[]).await;
        let cases = [
            (json!({}), "variable", "Field required"),
            (json!({"variable": ""}), "variable", "Value error, Cannot be an empty string"),
            (json!({"variable": "x", "kind": "txt"}), "kind", "Input should be 'text', 'secret'"),
            (json!({"variable": "x", "patern": "a"}), "patern", "Extra inputs are not permitted"),
            (json!({"variable": "x", "pattern": "("}), "pattern", "unclosed group"),
            (json!({"variable": "x", "pattern": "(a{1000}){1000}"}), "pattern", "it takes more than"),
            (json!({"variable": "x", "minimum": "a"}), "minimum", "Input should be a valid number"),
            (json!({"variable": "x", "when": "y > 1"}), "when", "no earlier question asks for y"),
            (json!({"variable": "x", "when": "1 +"}), "when", "its condition (1 +) is none"),
            (json!({"variable": "x", "kind": "choice"}), "choices", "there must be some"),
            (json!({"variable": "x", "kind": "choice", "choices": "a"}), "choices", "Input should be a valid list"),
            (json!({"variable": "x", "kind": "choice", "choices": []}), "choices", "there must be some"),
            (json!({"variable": "x", "kind": "integer", "default": "a"}), "default", "\"a\" is not an integer"),
            (json!({"variable": "a\u{0}"}), "variable", "Text should not contain NUL"),
        ];
        for (question, field, words) in cases {
            let problems = refused(&alice, question.clone()).await;
            assert_eq!(problems.len(), 1, "{question}: {problems:?}");
            assert_eq!(problems[0]["loc"], json!(["body", "questions", 0, field]), "{question}");
            let said = problems[0]["msg"].as_str().unwrap();
            assert!(said.starts_with(words), "{question}: {said}");
        }
        let nested = refused(&alice, json!({"variable": "x", "kind": "choice", "choices": {"cluster": "nodes"}})).await;
        assert_eq!(nested[0]["loc"], json!(["body", "questions", 0, "choices", "cluster"]));
        let half = refused(&alice, json!({"variable": "x", "kind": "choice", "choices": [{"label": "a"}]})).await;
        assert_eq!(half[0]["loc"], json!(["body", "questions", 0, "choices", 0, "value"]));
        let many: Vec<_> = (0..201).map(|n| json!({"variable": format!("v{n}")})).collect();
        let answer = alice.put(T, json!({"questions": many})).await.expect(422);
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["body", "questions"]));
        let large = json!({"variable": "x", "kind": "json", "default": "x".repeat(1 << 20)});
        alice.put(T, json!({"questions": [large]})).await.expect(413);
        bob.put(T, json!({"questions": [{"variable": "x"}]})).await.expect(403);
        assert!(alice.get(T).await.ok().get("questions").is_none());
        let body = json!({"name": "n", "questions": [{"variable": "x"}, {"variable": "x"}]});
        let answer = alice.post("/job-script-templates", body).await.expect(422);
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["body", "questions", 1, "variable"]));
    }

    async fn what_a_workflow_asks_in_plain_calls_is_read(app: TestApp) {
        let alice = app.user("alice").await;
        let template = alice.has_template("t", &[("e.j2", "{{ data.other }}")]).await;
        let workflow = |body: &str| format!(
            "from jobbergate_cli.subapps.applications.questions import *\n\n\
             class JobbergateApplication:\n    def mainflow(self, data):\n        {body}\n"
        );
        let plain = workflow("return [Integer('nodes', 'Nodes', minval=1, default=2), File('f', 'Input')]");
        alice.has_workflow(template, &plain, "{}").await;
        let found = alice.get(QUESTIONS).await.ok();
        assert_eq!(found["source"], "workflow");
        assert_eq!(variables(&found), ["nodes", "f"]);
        assert_eq!(found["questions"][0], json!({"variable": "nodes", "kind": "integer",
            "label": "Nodes", "default": 2, "required": true, "minimum": 1.0}));
        let computed = workflow("return [Text(name, 'Name') for name in data]");
        alice.has_workflow(template, &computed, "{\"other\": 1}").await;
        let found = alice.get(QUESTIONS).await.ok();
        assert_eq!(found, json!({"source": "variables", "questions": []}));
        alice.put(T, json!({"questions": [{"variable": "own"}]})).await.ok();
        assert_eq!(alice.get(QUESTIONS).await.ok()["source"], "template");
    }

    async fn else_there_is_one_question_for_each_variable(app: TestApp) {
        let alice = app.user("alice").await;
        let script = "{{ data.nodes }}{{ data['mail'] }}{% for p in parts %}{{ p }}{% endfor %}";
        let files = [("e.j2", script), ("s.j2", "{{ nodes }}{{ last | default(1) }}{{ x | nope }}")];
        alice.has_template("t", &files).await;
        alice.put(T, json!({"template_vars": {"b": true, "nodes": 2, "unset": null}})).await.ok();
        let found = alice.get(QUESTIONS).await.ok();
        assert_eq!(found["source"], "variables");
        // Nothing is put in for `parts`: answers are under `data`.
        assert_eq!(variables(&found), ["b", "nodes", "unset", "mail"]);
        assert_eq!(found["questions"][1], json!({"variable": "nodes", "kind": "integer",
            "default": 2, "required": true}));
        assert_eq!(found["questions"][3], json!({"variable": "mail", "kind": "text"}));
    }

    async fn who_may_read_a_template_may_read_what_it_asks(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        app.anonymous().get(QUESTIONS).await.expect(401);
        for missing in ["u", "9"] {
            let answer = alice.get(&format!("/job-script-templates/{missing}/questions")).await;
            assert!(answer.expect(404).detail().contains("was not found"), "{missing}");
        }
    }
}
