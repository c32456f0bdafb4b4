//! What is said of input that does not fit.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{on_both, support::Actor};

on_both! {
    async fn all_problems_are_listed_with_their_places(app: TestApp) {
        let alice = app.user("alice").await;
        let body = json!({"name": 5, "job_script_id": "x", "sbatch_arguments": ["a", 1]});
        let answer = alice.post("/job-submissions", body).await.expect(422).json();
        let places: Vec<_> = answer["detail"].as_array().unwrap().iter().map(|p| &p["loc"]).collect();
        let expected = [
            json!(["body", "name"]),
            json!(["body", "job_script_id"]),
            json!(["body", "sbatch_arguments", 1]),
        ];
        assert_eq!(places, expected.iter().collect::<Vec<_>>());
    }

    async fn a_body_is_needed_where_there_is_one_to_read(app: TestApp) {
        let alice = app.user("alice").await;
        let missing = json!([{"type": "missing", "loc": ["body"], "msg": "Field required", "input": null}]);
        for body in ["", "null"] {
            let request = alice.request(Method::POST, "/job-scripts");
            let request = request.header("content-type", "application/json").body(body);
            assert_eq!(alice.send(request).await.expect(422).json()["detail"], missing, "{body:?}");
        }
        let answer = alice.post("/job-scripts", json!({"description": "d"})).await.expect(422).json();
        let input = json!({"description": "d"});
        let expected =
            json!([{"type": "missing", "loc": ["body", "name"], "msg": "Field required", "input": input}]);
        assert_eq!(answer["detail"], expected);
    }

    async fn only_json_is_read_as_json(app: TestApp) {
        let alice = app.user("alice").await;
        let send = async |content_type: &'static str, body: Vec<u8>| {
            let request = alice.request(Method::POST, "/job-scripts");
            alice.send(request.header("content-type", content_type).body(body)).await
        };
        let name = br#"{"name": "n"}"#.to_vec();
        for content_type in ["application/json", "application/vnd.api+json", "application/json; charset=x"] {
            send(content_type, name.clone()).await.expect(201);
        }
        send("application/json", [b"\xef\xbb\xbf".as_slice(), &name].concat()).await.expect(201);
        for content_type in ["text/plain", "application/x-www-form-urlencoded"] {
            let problem = &send(content_type, name.clone()).await.expect(422).json()["detail"][0];
            assert_eq!(problem["type"], "model_attributes_type");
            assert_eq!(problem["input"], r#"{"name": "n"}"#);
        }
        let unreadable = send("application/json", b"{\"name\": \"\xff\"}".to_vec()).await.expect(400);
        assert_eq!(unreadable.detail(), "There was an error parsing the body");
    }

    async fn forms_of_the_python_library_are_refused_as_by_the_python_server(app: TestApp) {
        let user = app.user("alice").await;
        for (method, path) in [
            (Method::POST, "/job-script-templates"),
            (Method::PUT, "/job-script-templates/1"),
            (Method::POST, "/job-script-templates/clone/1"),
            (Method::POST, "/job-scripts"),
            (Method::PUT, "/job-scripts/1"),
            (Method::POST, "/job-scripts/clone/1"),
            (Method::POST, "/job-scripts/render-from-template/1"),
            (Method::POST, "/job-submissions"),
            (Method::PUT, "/job-submissions/1"),
        ] {
            let request = user.request(method.clone(), path).form(&[("name", "x")]);
            let answer = user.send(request).await.expect(422).json();
            let expected = json!([{
                "type": "model_attributes_type", "loc": ["body"], "input": "name=x",
                "msg": "Input should be a valid dictionary or object to extract fields from",
            }]);
            assert_eq!(answer["detail"], expected, "{method} {path}");
        }
    }

    async fn malformed_json_is_located(app: TestApp) {
        let alice = app.user("alice").await;
        for body in [r#"{"name": "#, "[", r#"{"name": NaN}"#, r#"{"name": "\ud800"}"#, "{} x"] {
            let request = alice.request(Method::POST, "/job-scripts");
            let request = request.header("content-type", "application/json").body(body);
            let problem = &alice.send(request).await.expect(422).json()["detail"][0];
            assert_eq!(problem["type"], "json_invalid", "{body}");
            assert_eq!(problem["msg"], "JSON decode error");
            assert_eq!(problem["loc"][0], "body");
            assert!(problem["loc"][1].is_number());
        }
    }

    async fn what_means_the_same_is_taken_for_it(app: TestApp) {
        let alice = app.user("alice").await;
        let id = alice.has_script("s", "echo").await;
        for same in [format!("+{id}"), format!("%20{id}"), format!("{id}.0"), format!("00{id}")] {
            assert_eq!(alice.get(&format!("/job-scripts/{same}")).await.ok()["id"], id);
        }
        for odd in ["abc", "1.5", "0x1", "1e2"] {
            let body = alice.get(&format!("/job-scripts/{odd}")).await.expect(422).json();
            let problem = json!({
                "type": "int_parsing",
                "loc": ["path", "job_script_id"],
                "msg": "Input should be a valid integer, unable to parse string as an integer",
                "input": odd,
            });
            assert_eq!(body["detail"], json!([problem]));
        }
        let path = format!("/job-scripts/{id}");
        for (value, archived) in [(json!("yes"), true), (json!(0), false), (json!("ON"), true)] {
            let changed = alice.put(&path, json!({"is_archived": value})).await.ok();
            assert_eq!(changed["is_archived"], archived);
        }
        let refused = alice.put(&path, json!({"is_archived": 2})).await.expect(422).json();
        assert_eq!(refused["detail"][0]["type"], "bool_parsing");
    }

    async fn numbers_beyond_any_row_are_refused_or_not_found(app: TestApp) {
        let alice = app.user("alice").await;
        let beyond = ["2147483648", "99999999999", "9223372036854775807"];
        for id in beyond.into_iter().chain(["-1", "0"]) {
            for resource in ["job-scripts", "job-submissions", "job-script-templates"] {
                let path = format!("/{resource}/{id}");
                alice.get(&path).await.expect(404);
                alice.put(&path, json!({"name": "n"})).await.expect(404);
                alice.delete(&path).await.expect(404);
            }
        }
        for id in ["9223372036854775808".to_owned(), "9".repeat(30), "9".repeat(4400)] {
            let body = alice.get(&format!("/job-scripts/{id}")).await.expect(422).json();
            assert_eq!(body["detail"][0]["type"], "int_parsing_size");
            alice.get(&format!("/job-script-templates/{id}")).await.expect(404);
        }
    }

    async fn integers_that_would_be_rounded_are_refused(app: TestApp) {
        let alice = app.user("alice").await;
        let exact = json!({"name": "n", "template_vars": {"seed": u64::MAX, "least": i64::MIN}});
        let template = alice.post("/job-script-templates", exact.clone()).await.created();
        assert_eq!(template["template_vars"], exact["template_vars"]);
        let text = r#"{"name": "n", "template_vars": {"seed": 18446744073709551616}}"#;
        let request = alice.request(Method::POST, "/job-script-templates");
        let request = request.header("Content-Type", "application/json").body(text);
        let refused = alice.send(request).await.expect(422).json();
        assert_eq!(refused["detail"][0]["loc"], json!(["body", 40]));
        let words = "Integers beyond 64 bits are not supported";
        assert_eq!(refused["detail"][0]["ctx"]["error"], words);
    }

    async fn text_has_no_nul(app: TestApp) {
        let alice = app.user("alice").await;
        for body in [json!({"name": "a\0b"}), json!({"name": "n", "description": "\0"})] {
            let refused = alice.post("/job-scripts", body.clone()).await.expect(422).json();
            assert_eq!(refused["detail"][0]["type"], "string_nul", "{body}");
            alice.post("/job-script-templates", body).await.expect(422);
        }
        let vars = [json!({"a": "\0"}), json!({"\0": 1}), json!({"a": [{"b": "x\0"}]})];
        for vars in vars {
            let body = json!({"name": "n", "template_vars": vars});
            alice.post("/job-script-templates", body).await.expect(422);
        }
        for path in [
            "/job-scripts?search=a%00b",
            "/job-scripts?sort_field=%00",
            "/job-submissions?slurm_job_ids=%00",
        ] {
            alice.get(path).await.expect(422);
        }
        for path in ["/job-script-templates/a%00b", "/clusters/status/a%00b"] {
            let status = alice.get(path).await.status.as_u16();
            assert!(matches!(status, 404 | 422), "{path}: {status}");
        }
    }

    async fn a_body_has_a_size_and_a_number_of_values(app: TestApp) {
        let alice = app.user("alice").await;
        let body = |vars: String| format!(r#"{{"name": "t", "template_vars": {{"a": [{vars}0]}}}}"#);
        let create = async |actor: &Actor, body: String| {
            let request = actor.request(Method::POST, "/job-script-templates");
            actor.send(request.header("content-type", "application/json").body(body)).await
        };
        create(&alice, body("{},".repeat(100_000))).await.expect(201);
        let refused = create(&alice, body("{},".repeat(130_000))).await.expect(413).detail();
        assert_eq!(refused, "The body has more than 250000 values");
        create(&alice, body(format!("\"{}\",", "[".repeat(10 << 20)))).await.expect(201);
        // Who is not known is not listened to for long.
        let anonymous = app.anonymous();
        create(&anonymous, format!("{}]", body("1,".repeat(1000)))).await.expect(422);
        create(&anonymous, format!("{}]", body("1,".repeat(50_000)))).await.expect(401);
    }

    async fn deeply_nested_json_is_refused(app: TestApp) {
        let alice = app.user("alice").await;
        let mut nested = Value::Null;
        for _ in 0..100 {
            nested = json!([nested]);
        }
        let body = json!({"name": "n", "template_vars": {"deep": nested}});
        let kept = alice.post("/job-script-templates", body.clone()).await.created();
        assert_eq!(kept["template_vars"], body["template_vars"]);
        let request = alice.request(Method::POST, "/job-script-templates");
        let bomb = format!(r#"{{"name": "n", "template_vars": {{"a": {}"#, "[".repeat(100_000));
        let request = request.header("content-type", "application/json").body(bomb);
        alice.send(request).await.expect(422);
    }
}
