//! Web pages of other origins.

use reqwest::{Method, RequestBuilder, header::HeaderMap};

use crate::support::{Actor, Answer, TestApp};

const UI: &str = "https://ui.example";

fn from_ui(actor: &Actor, method: Method, path: &str) -> RequestBuilder {
    actor.request(method, path).header("Origin", UI)
}

async fn preflight(actor: &Actor, path: &str, method: &str) -> Answer {
    let request = from_ui(actor, Method::OPTIONS, path)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", "authorization,content-type");
    actor.send(request).await
}

fn names(headers: &HeaderMap, prefix: &str) -> usize {
    headers.keys().filter(|name| name.as_str().starts_with(prefix)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_page_may_ask_as_long_as_nothing_else_is_configured() {
    let app = TestApp::on_sqlite().await;
    let nobody = app.anonymous();
    let answer = nobody.send(from_ui(&nobody, Method::GET, "/health")).await.expect(204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("vary"), None);

    let with_cookie = from_ui(&nobody, Method::GET, "/nope").header("Cookie", "a=b");
    let answer = nobody.send(with_cookie).await.expect(404);
    assert_eq!(answer.header("access-control-allow-origin"), Some(UI));
    assert_eq!(answer.header("vary"), Some("Origin"));

    let answer = nobody.get("/health").await;
    assert_eq!(names(&answer.headers, "access-control"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_learns_beforehand_what_it_may_send() {
    let app = TestApp::on_sqlite().await;
    let nobody = app.anonymous();
    let answer = preflight(&nobody, "/job-scripts", "POST").await.expect(200);
    assert_eq!(answer.text, "OK");
    assert_eq!(answer.header("access-control-allow-origin"), Some(UI));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,content-type"));
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    assert_eq!(
        answer.header("access-control-allow-methods"),
        Some("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")
    );
    let refused = preflight(&nobody, "/job-scripts", "BREW").await.expect(400);
    assert_eq!(refused.text, "Disallowed CORS method");
    nobody.send(from_ui(&nobody, Method::OPTIONS, "/job-scripts")).await.expect(405);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_names_the_origins_that_may() {
    let configured = |config: &mut jobbergate_api::config::ServeConfig| {
        config.metadata.allowed_origins = format!("https://other.example, {UI}");
    };
    let app = TestApp::configured(configured).await;
    let nobody = app.anonymous();
    let answer = nobody.send(from_ui(&nobody, Method::GET, "/health")).await.expect(204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(UI));
    preflight(&nobody, "/job-scripts", "GET").await.expect(200);

    let stranger = nobody.request(Method::GET, "/health").header("Origin", "https://evil.example");
    let answer = nobody.send(stranger).await.expect(204);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let asking = nobody
        .request(Method::OPTIONS, "/job-scripts")
        .header("Origin", "https://evil.example")
        .header("Access-Control-Request-Method", "GET");
    let refused = nobody.send(asking).await.expect(400);
    assert_eq!(refused.text, "Disallowed CORS origin");
    assert_eq!(refused.header("access-control-allow-origin"), None);
}
