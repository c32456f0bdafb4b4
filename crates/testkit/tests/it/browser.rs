use std::{fs, time::Duration};

use axum::{Router, response::Html, routing::get};
use jobbergate_testkit::browser::{Browser, thirtyfour::By};

const PAGE: &str = r#"<!doctype html><html lang="en"><head><title>Hello</title></head><body><main>
<h1>Light</h1><script>document.querySelector("h1").textContent = "Script"</script>
<style>h1 { width: 100vw } @media (prefers-color-scheme: dark) { h1 { display: none } }</style>
<img src="data:,"></main></body></html>"#;

async fn serve() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = Router::new().route("/", get(async || Html(PAGE)));
    tokio::spawn(async { axum::serve(listener, app).await });
    url
}

/// The processes with this in their environment.
fn count(variable: &str) -> usize {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let environments = entries.filter_map(|it| fs::read(it.path().join("environ")).ok());
    let is_there = |it: &Vec<u8>| String::from_utf8_lossy(it).contains(variable);
    environments.filter(is_there).count()
}

#[tokio::test]
async fn a_browser_shows_pages_as_people_want_them_and_leaves_nothing() {
    let Some(browser) = Browser::start().await.unwrap() else { return };
    let url = serve().await;
    browser.goto(url.as_str()).await.unwrap();
    assert_eq!(browser.title().await.unwrap(), "Hello");
    let heading = async || browser.find(By::Tag("h1")).await.unwrap();
    assert_eq!(heading().await.text().await.unwrap(), "Script");
    let problems = browser.accessibility_problems().await.unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("image-alt: "), "{problems:?}");

    browser.set_scripts(false).await.unwrap();
    browser.set_size(320, 640).await.unwrap();
    browser.goto(url.as_str()).await.unwrap();
    assert_eq!(heading().await.text().await.unwrap(), "Light");
    assert_eq!(heading().await.rect().await.unwrap().width, 320.0);
    browser.set_dark(true).await.unwrap();
    assert!(!heading().await.is_displayed().await.unwrap());

    let home = format!("HOME={}", browser.home().display());
    assert!(count(&home) > 3);
    let home_path = browser.home().to_owned();
    drop(browser);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(count(&home), 0);
    assert!(!home_path.exists());
}
