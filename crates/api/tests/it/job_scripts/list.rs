//! `GET /job-scripts`

use serde_json::{Value, json};

use crate::{on_both, support::Actor};

/// The page that a query finds.
async fn page(actor: &Actor, query: &str) -> Value {
    actor.get(&format!("/job-scripts?{query}")).await.ok()
}

/// What a page has in `name`.
fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

on_both! {
    async fn a_script_comes_with_the_template_that_it_was_rendered_from(app: TestApp) {
        let alice = app.user("alice").await;
        let template = alice.has_template("solver", &[("run.sh.j2", "echo")]).await;
        let render = json!({
            "create_request": {"name": "rendered"},
            "render_request": {
                "template_output_name_mapping": {"run.sh.j2": "run.sh"},
                "param_dict": {},
            },
        });
        alice.post("/job-scripts/render-from-template/solver", render).await.created();
        alice.has_script("plain", "echo").await;
        let all = page(&alice, "").await;
        assert_eq!(names(&all), ["rendered", "plain"]);
        assert_eq!(all["items"][0]["template"]["identifier"], "solver");
        assert_eq!(all["items"][0]["parent_template_id"], template);
        assert_eq!(all["items"][0].get("files"), None);
        assert_eq!(all["items"][1]["template"], json!(null));
        let of_template = page(&alice, &format!("from_job_script_template_id={template}")).await;
        assert_eq!(names(&of_template), ["rendered"]);
        assert_eq!(page(&alice, "from_job_script_template_id=0").await["total"], 0);
        assert_eq!(page(&alice, "from_job_script_template_id=99999999999").await["total"], 0);
    }

    async fn pages_cover_all_rows_once(app: TestApp) {
        let alice = app.user("alice").await;
        for number in 0..7 {
            let body = json!({"name": format!("s{number}")});
            alice.post("/job-scripts", body).await.created();
        }
        // A change must not move a row to another page.
        alice.put("/job-scripts/1", json!({"description": "changed"})).await.ok();
        let mut seen = Vec::new();
        for number in 1..=3 {
            let found = page(&alice, &format!("size=3&page={number}")).await;
            assert_eq!((&found["total"], &found["pages"]), (&json!(7), &json!(3)));
            assert_eq!((&found["size"], &found["page"]), (&json!(3), &json!(number)));
            seen.extend(names(&found).into_iter().map(str::to_owned));
        }
        assert_eq!(seen, ["s0", "s1", "s2", "s3", "s4", "s5", "s6"]);
        let beyond = page(&alice, "page=999&size=100").await;
        assert_eq!((&beyond["items"], &beyond["total"]), (&json!([]), &json!(7)));
        let last = i64::MAX;
        assert_eq!(page(&alice, &format!("page={last}&size=100")).await["items"], json!([]));
        assert_eq!(page(&alice, "page=1.0&size=1&size=2").await["size"], 2);
    }

    async fn a_page_has_1_to_100_rows(app: TestApp) {
        let alice = app.user("alice").await;
        let empty = json!({"items": [], "total": 0, "page": 1, "size": 50, "pages": 0});
        assert_eq!(page(&alice, "").await, empty);
        for (query, kind, ctx) in [
            ("size=0", "greater_than_equal", json!({"ge": 1})),
            ("size=101", "less_than_equal", json!({"le": 100})),
            ("page=0", "greater_than_equal", json!({"ge": 1})),
            ("page=-1", "greater_than_equal", json!({"ge": 1})),
            ("page=x", "int_parsing", json!(null)),
            ("size=", "int_parsing", json!(null)),
            ("page=999999999999999999999", "int_parsing_size", json!(null)),
            ("sort_ascending=zzz", "bool_parsing", json!(null)),
        ] {
            let answer = alice.get(&format!("/job-scripts?{query}")).await.expect(422).json();
            let problem = &answer["detail"][0];
            assert_eq!((&problem["type"], &problem["ctx"]), (&json!(kind), &ctx), "{query}");
        }
    }

    async fn sorting_and_searching_ignore_what_is_empty(app: TestApp) {
        let alice = app.user("alice").await;
        for (name, description) in [("p11", "50% of"), ("q", "under_score"), ("P12", "back\\slash")] {
            let body = json!({"name": name, "description": description});
            alice.post("/job-scripts", body).await.created();
        }
        for (query, found) in [
            ("sort_field=&search=", vec!["p11", "q", "P12"]),
            ("sort_field=name&sort_ascending=0&search=p1", vec!["p11", "P12"]),
            ("search=p12%20q", vec!["q", "P12"]),
            ("search=%25", vec!["p11", "q", "P12"]),
            ("search=zz", vec![]),
            ("search=%20", vec![]),
            ("search=%E2%98%83", vec![]),
            ("zzz=1", vec!["p11", "q", "P12"]),
        ] {
            let mut expected = found.clone();
            let page = page(&alice, query).await;
            let mut listed = names(&page);
            listed.sort_unstable();
            expected.sort_unstable();
            assert_eq!(listed, expected, "{query}");
        }
        let long = "x".repeat(256);
        alice.get(&format!("/job-scripts?search={long}")).await.expect(422);
    }

    async fn rows_without_a_value_are_sorted_as_the_largest(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("plain", "echo").await;
        alice.has_template("t", &[("run.sh.j2", "echo")]).await;
        let body = json!({
            "create_request": {"name": "rendered"},
            "render_request": {
                "template_output_name_mapping": {"run.sh.j2": "run.sh"}, "param_dict": {},
            },
        });
        alice.post("/job-scripts/render-from-template/t", body).await.created();
        let up = page(&alice, "sort_field=parent_template_id").await;
        assert_eq!(names(&up), ["rendered", "plain"]);
        let down = page(&alice, "sort_field=parent_template_id&sort_ascending=false").await;
        assert_eq!(names(&down), ["plain", "rendered"]);
        for field in ["nope", "description", "is_archived", "cloned_from_id"] {
            let path = format!("/job-scripts?sort_field={field}");
            let refused = alice.get(&path).await.expect(400).detail();
            let words = "Must be one of id, name, owner_email, created_at, updated_at, \
                         parent_template_id";
            let sentence = format!("Invalid sorting column requested: {field}. {words}");
            assert_eq!(refused, sentence);
        }
    }
}
