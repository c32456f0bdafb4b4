//! Client libraries that were not written here get what they want by each flow.

use std::{fmt::Display, process::Stdio};

use chrono::Utc;
use jobbergate_api::identity::NewApplication;
use jobbergate_testkit::{client_libraries, skipped};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

use super::{
    registered,
    story::{CALLBACK, COMMAND_LINE, PASSWORD, person},
};
use crate::{
    on_both,
    support::{TestApp, random, start_time},
    web::browser::{Browser, forms, heading},
};

const OPENID_CLIENT: &str = include_str!("client_libraries/openid_client.mjs");
const AUTHLIB: &str = include_str!("client_libraries/authlib.py");
/// Without a query, which openid-client does not keep.
const PORTAL_CALLBACK: &str = "https://portal.example.com/callback";
const ALICE: &str = "alice@example.com";

/// Goes where a program sends its person, logs in and says yes to all. Gives where the browser is
/// sent in the end, or what the last page is called.
async fn visit(app: &TestApp, browser: &mut Browser, address: &str) -> String {
    let here = format!("http://{}", app.address);
    let mut answer = browser.open(address.trim_start_matches(&here)).await;
    loop {
        if let Some(to) = answer.header("location").map(str::to_owned) {
            if !to.starts_with('/') {
                return to;
            }
            answer = browser.open(&to).await;
            continue;
        }
        let title = heading(&answer);
        answer = match title.as_str() {
            "Log in" => {
                browser.submit(&answer, "/login", &[("email", ALICE), ("password", PASSWORD)]).await
            }
            "Allow Portal?" => browser.submit(&answer, "/consent", &[("decision", "allow")]).await,
            "Allow Jobbergate in a terminal?" => {
                let is_device = !forms(&answer, "/device").is_empty();
                let action = if is_device { "/device" } else { "/consent" };
                browser.submit(&answer, action, &[("decision", "allow")]).await
            }
            _ => return title,
        };
    }
}

/// Has a program run to its end, with a person at a browser.
async fn tells_its_story(app: TestApp, program: Result<std::process::Command, impl Display>) {
    let program = match program {
        Ok(program) => program,
        Err(error) => return skipped(format!("{error:#}")),
    };
    // The libraries look at the machine's clock.
    app.clock.advance(Utc::now() - start_time());
    person(&app, "alice", &["user"]).await;
    let portal = NewApplication {
        client_id: "portal".to_owned(),
        name: "Portal".to_owned(),
        redirect_uris: vec![PORTAL_CALLBACK.to_owned()],
        is_public: false,
    };
    let portal = app.provider().create_application(&portal, &mut random()).await.unwrap();
    let settings = json!({
        "issuer": app.provider().issuer(),
        "api": format!("http://{}/jobbergate", app.address),
        "email": ALICE,
        "client": COMMAND_LINE,
        "callback": CALLBACK,
        "portal_secret": portal.unwrap().0,
        "portal_callback": PORTAL_CALLBACK,
        "agent_secret": registered(&app, "fjord").await,
    });
    let mut program = Command::from(program);
    program.arg(settings.to_string()).kill_on_drop(true);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = program.spawn().unwrap();
    let mut answers = program.stdin.take().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut browser = Browser::new(&app);
    let mut last = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(address) = line.strip_prefix("visit ") {
            let back = visit(&app, &mut browser, address).await;
            answers.write_all(format!("{back}\n").as_bytes()).await.unwrap();
        }
        last = line;
    }
    let output = program.wait_with_output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && last == "done", "{last}\n{errors}");
}

on_both! {
    async fn openid_client_gets_all_it_wants(app: TestApp) {
        tells_its_story(app, client_libraries::openid_client(OPENID_CLIENT)).await;
    }

    async fn authlib_gets_all_it_wants(app: TestApp) {
        tells_its_story(app, client_libraries::authlib(AUTHLIB)).await;
    }
}
