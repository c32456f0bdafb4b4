//! Which paths and methods there are, and what is said of the others.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{on_both, support::raw};

on_both! {
    async fn unknown_paths_are_not_found(app: TestApp) {
        let alice = app.user("alice").await;
        for path in ["/nope", "//health", "/job-scripts/1/nope", "/"] {
            assert_eq!(alice.get(path).await.expect(404).detail(), "Not Found", "{path}");
        }
        for path in ["/", "/health", "/job-scripts", "/jobbergatehealth"] {
            let answer = raw(&app, "GET", path, None).await;
            assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        }
    }

    async fn a_trailing_slash_is_redirected_away(app: TestApp) {
        let host = format!("http://{}/jobbergate", app.address);
        let anonymous = app.anonymous();
        for (path, target) in [
            ("/health/", "/health"),
            ("/job-scripts/?size=1&page=2", "/job-scripts?size=1&page=2"),
            ("/job-scripts/1/", "/job-scripts/1"),
            ("/job-script-templates/a%20b/", "/job-script-templates/a%20b"),
            ("", "/"),
        ] {
            for method in [Method::GET, Method::POST] {
                let request = anonymous.request(method, path);
                let answer = anonymous.send(request).await.expect(307);
                assert_eq!(answer.header("location"), Some(format!("{host}{target}").as_str()));
                assert_eq!(answer.text, "");
            }
        }
        let by_proxy = anonymous.request(Method::POST, "/job-scripts/");
        let answer = anonymous.send(by_proxy.header("x-forwarded-proto", "https")).await;
        let host = host.replacen("http", "https", 1);
        assert_eq!(answer.header("location"), Some(format!("{host}/job-scripts").as_str()));
        anonymous.get("/nope/").await.expect(404);
        anonymous.get("/health//").await.expect(404);
    }

    async fn other_methods_are_refused_with_those_of_the_first_route(app: TestApp) {
        let anonymous = app.anonymous();
        for (method, path, allow) in [
            (Method::PUT, "/job-scripts", "POST"),
            (Method::PATCH, "/job-scripts/1", "GET"),
            (Method::OPTIONS, "/job-scripts", "POST"),
            (Method::HEAD, "/job-scripts", "POST"),
            (Method::HEAD, "/health", "GET"),
            (Method::POST, "/health", "GET"),
            (Method::GET, "/job-scripts/clone/1", "POST"),
            (Method::GET, "/job-script-templates/clone/1", "POST"),
            (Method::DELETE, "/job-scripts/1/upload/d/e.txt", "GET"),
            (Method::POST, "/job-submissions/1", "GET"),
            (Method::GET, "/job-submissions/cancel/1", "PUT"),
        ] {
            let answer = anonymous.send(anonymous.request(method.clone(), path)).await.expect(405);
            assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
            if method != Method::HEAD {
                assert_eq!(answer.json(), json!({"detail": "Method Not Allowed"}));
            }
        }
    }

    async fn an_encoded_slash_separates_segments_all_the_same(app: TestApp) {
        let alice = app.user("alice").await;
        alice.get("/job-script-templates/a%2Fb").await.expect(404);
        let id = alice.has_template("t", &[("dir/run.sh", "slash")]).await;
        let path = format!("/job-script-templates/{id}/upload/template/dir%2Frun.sh");
        assert_eq!(alice.get(&path).await.expect(200).text, "slash");
    }

    async fn dots_in_a_path_are_part_of_a_file_name(app: TestApp) {
        let alice = app.user("alice").await;
        let id = alice.has_template("t", &[("../../evil.txt", "dots")]).await;
        let target = format!("/jobbergate/job-script-templates/{id}/upload/template/../../evil.txt");
        let answer = raw(&app, "GET", &target, alice.token()).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\ndots"), "{answer}");
    }

    async fn what_is_looked_at_first_decides(app: TestApp) {
        let (anonymous, alice) = (app.anonymous(), app.user("alice").await);
        let nobody = app.somebody("x@example.com", None, &[]).await;
        let broken = |actor: &crate::support::Actor, body: &'static str| {
            let request = actor.request(Method::POST, "/job-scripts");
            request.header("content-type", "application/json").body(body)
        };
        // Whether the body is JSON at all comes before the token,
        anonymous.send(broken(&anonymous, "{")).await.expect(422);
        // the token before its permissions, and these before what the JSON says.
        anonymous.send(broken(&anonymous, "{}")).await.expect(401);
        nobody.send(broken(&nobody, "{}")).await.expect(403);
        alice.send(broken(&alice, "{}")).await.expect(422);
        // A missing claim comes before the input,
        let nameless = app.without_email(jobbergate_api::permission::Permission::Admin).await;
        let refused = nameless.post("/job-script-templates", json!({})).await.expect(400);
        assert!(refused.detail().ends_with("1: email"));
        // and what is wrong with the input before what is not there.
        alice.put("/job-scripts/999", json!({"name": 5})).await.expect(422);
        alice.put("/job-scripts/999", json!({"name": "n"})).await.expect(404);
        anonymous.put("/clusters/status?interval=x", Value::Null).await.expect(401);
    }
}
