//! How much a browser loads that has never been here.

use std::collections::BTreeSet;

use regex::Regex;
use reqwest::header;

use crate::{identity::story::person, support::TestApp, web::browser::Browser};

/// Bytes as they are sent, for a page with all that it loads.
const MOST: usize = 250_000;

/// The addresses of what belongs to a page: of scripts, styles and its icon.
fn loads(page: &str) -> BTreeSet<String> {
    let address = Regex::new(r#"<(?:link|script) [^>]*?(?:href|src)="([^"]*)""#).unwrap();
    address.captures_iter(page).map(|found| found[1].to_owned()).collect()
}

/// How many bytes are sent to a browser that can read them compressed.
async fn weighs(app: &TestApp, address: &str) -> usize {
    let request = reqwest::Client::new().get(format!("http://{}{address}", app.address));
    let answer = request.header(header::ACCEPT_ENCODING, "gzip, deflate, br, zstd").send().await;
    let answer = answer.unwrap().error_for_status().unwrap();
    let is_compressed = answer.headers().contains_key(header::CONTENT_ENCODING);
    assert!(is_compressed || address.ends_with("/style.css"), "{address} is sent as it is");
    answer.bytes().await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_visit_loads_less_than_250_kilobytes() {
    let app = TestApp::on_sqlite().await;
    person(&app, "alice", &["expert"]).await;
    let (actor, mut alice) =
        (app.user("alice").await, Browser::of(&app, "alice@example.com").await);
    let template = actor.has_template("heat", &[("heat.sh.j2", "#!/bin/bash\n")]).await;
    app.agent("c").await;
    let script = actor.has_script("heat", "#!/bin/bash\n").await;
    let submission = actor.has_submission(script, "c").await;
    let mut nobody = Browser::new(&app);
    let log_in = nobody.open("/realms/jobbergate/login").await.expect(200);
    let mut pages = vec![("log-in".to_owned(), log_in.text)];
    for path in [
        "/".to_owned(),
        "/applications".to_owned(),
        "/applications/heat".to_owned(),
        "/applications/heat/run".to_owned(),
        format!("/applications/{template}/edit/file?name=heat.sh.j2"),
        "/submissions".to_owned(),
        format!("/submissions/{submission}"),
        "/scripts".to_owned(),
    ] {
        let page = alice.open(&path).await.expect(200);
        pages.push((path, page.text));
    }
    for (path, page) in pages {
        let mut sum = page.len();
        for address in loads(&page) {
            sum += weighs(&app, &address).await;
        }
        assert!(sum > page.len() && sum <= MOST, "{path}: {sum} bytes");
    }
}
