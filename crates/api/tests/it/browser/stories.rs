//! What people do, each with a browser of their own.

use axum::{Router, response::Html, routing::get};
use jobbergate_api::identity::{AuthorizationRequest, NewApplication, NewUser};
use jobbergate_testkit::browser::thirtyfour::By;

use super::{ACCOUNT, DEVICE, LOG_IN, NEW, Person};
use crate::{
    identity::story::{PASSWORD, Tokens, begin, person, poll, refusal, request, user_code},
    support::{MailApp, TestApp, random},
};

const WRONG: &str = "The e-mail address or the password is wrong.";

/// Has somebody go back to what they see now, as if they reloaded it: nothing is sent again.
async fn reloads(person: &Person, heading: &str) {
    person.browser.refresh().await.unwrap();
    person.sees(heading).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_sets_the_server_up() {
    let app = TestApp::on_sqlite().await;
    let Some(ada) = Person::before(&app).await else { return };
    let url = app.provider().offer_set_up(&mut random()).await.unwrap().unwrap();
    ada.open(&url).await;
    ada.sees("Become the first administrator").await;
    ada.fill("email", "ada@example.com").await;
    ada.fill("name", "Ada <L>").await;
    ada.fill("password", PASSWORD).await;
    ada.fill("again", NEW).await;
    ada.press("Choose this password").await;
    ada.is_told("The two passwords are not the same.").await;
    ada.fill("password", PASSWORD).await;
    ada.fill("again", PASSWORD).await;
    ada.press("Choose this password").await;
    ada.sees("Your account").await;
    let text = ada.text().await;
    assert!(text.contains("Ada <L>") && text.contains("admin"), "{text}");
    reloads(&ada, "Your account").await;
    ada.open(&url).await;
    ada.sees("This is not here any more").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_logs_in_after_a_wrong_password_and_logs_out() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    alice.open(ACCOUNT).await;
    alice.sees("Log in").await;
    alice.tries("alice@example.com", "wrong").await;
    alice.is_told(WRONG).await;
    let email = alice.find("#email").await.prop("value").await.unwrap();
    assert_eq!(email.as_deref(), Some("alice@example.com"));
    alice.fill("password", PASSWORD).await;
    alice.press("Log in").await;
    alice.sees("Your account").await;
    assert_eq!(alice.path().await, ACCOUNT);
    reloads(&alice, "Your account").await;
    alice.logs_out().await;
    reloads(&alice, "You are logged out").await;
    alice.browser.back().await.unwrap();
    alice.sees("Log in").await;
    assert!(!alice.is_logged_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_waits() {
    let app = TestApp::on_sqlite().await;
    let Some(eve) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    eve.open(LOG_IN).await;
    for _ in 0..10 {
        eve.tries("alice@example.com", "wrong").await;
        eve.is_told(WRONG).await;
    }
    eve.tries("alice@example.com", PASSWORD).await;
    let words = "There were too many wrong passwords. Try again in 15 minutes.";
    eve.is_told(words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_clicks_a_programs_link_and_lets_it_in() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let device = begin(&app).await;
    alice.open(device["verification_uri_complete"].as_str().unwrap()).await;
    alice.sees("Log in").await;
    alice.reads("to go on to the program that shows you a code").await;
    alice.tries("alice@example.com", PASSWORD).await;
    alice.sees("Allow Jobbergate in a terminal?").await;
    alice.reads(user_code(&device)).await;
    alice.press("Allow").await;
    alice.sees("Access allowed").await;
    reloads(&alice, "Access allowed").await;
    let held = Tokens::of(&poll(&app, &device).await.ok());
    held.bearer(&app).get("/job-scripts").await.ok();
    // What was decided is decided.
    alice.browser.back().await.unwrap();
    alice.sees("Allow Jobbergate in a terminal?").await;
    alice.press("Deny").await;
    alice.is_told("The program does not wait any more.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_types_a_programs_code_and_keeps_it_out() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let device = begin(&app).await;
    alice.logs_in("alice@example.com").await;
    alice.open(DEVICE).await;
    alice.fill("user_code", "BCDF-GHJK").await;
    alice.press("Go on").await;
    alice.is_told("No program waits with this code.").await;
    alice.fill("user_code", &user_code(&device).to_lowercase().replace('-', " ")).await;
    alice.press("Go on").await;
    alice.sees("Allow Jobbergate in a terminal?").await;
    alice.press("Deny").await;
    alice.sees("Access denied").await;
    assert_eq!(refusal(poll(&app, &device).await, 400), "access_denied");
}

/// A program of others, on this machine, and how it sends people here.
async fn portal(app: &TestApp) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/callback", listener.local_addr().unwrap());
    let page = async || Html("<title>Portal</title><h1>The portal</h1>");
    let portal = Router::new().route("/callback", get(page));
    tokio::spawn(async { axum::serve(listener, portal).await });
    let new = NewApplication {
        client_id: "portal".to_owned(),
        name: "Portal".to_owned(),
        redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
        is_public: true,
    };
    app.provider().create_application(&new, &mut random()).await.unwrap();
    let asking = AuthorizationRequest {
        client_id: Some("portal".to_owned()),
        redirect_uri: Some(uri),
        scope: Some("openid jobbergate:job-scripts:read".to_owned()),
        ..request()
    };
    format!("/realms/jobbergate/protocol/openid-connect/auth?{}", crate::web::query(&asking))
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_asked_before_a_program_of_others_gets_in() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    let address = portal(&app).await;
    alice.open(&address).await;
    alice.sees("Log in").await;
    alice.reads("Portal").await;
    alice.tries("alice@example.com", PASSWORD).await;
    alice.sees("Allow Portal?").await;
    alice.reads("read job scripts").await;
    reloads(&alice, "Allow Portal?").await;
    alice.finds_it_accessible("consent").await;
    alice.press("Allow").await;
    alice.sees("The portal").await;
    let at = alice.browser.current_url().await.unwrap();
    assert!(at.query().unwrap().contains("code="), "{at}");
    alice.open(&address).await;
    alice.sees("Allow Portal?").await;
    alice.press("Deny").await;
    alice.sees("The portal").await;
    let at = alice.browser.current_url().await.unwrap();
    assert!(at.query().unwrap().contains("error=access_denied"), "{at}");
    // Somebody who was logged out before they answered goes on after they have logged in.
    alice.open(&address).await;
    alice.sees("Allow Portal?").await;
    alice.browser.delete_all_cookies().await.unwrap();
    alice.press("Allow").await;
    alice.is_told("You were logged out in the meantime").await;
    alice.press("Log in").await;
    alice.tries("alice@example.com", PASSWORD).await;
    alice.sees("Allow Portal?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_and_forgets_their_password() {
    let app = MailApp::on_sqlite().await;
    let Some(bob) = Person::before(&app).await else { return };
    let new = NewUser { email: "bob@example.com".to_owned(), ..NewUser::default() };
    app.provider().create_user(&new, &mut random()).await.unwrap();
    let link = app.provider().password_link("bob@example.com", &mut random()).await.unwrap();
    bob.open(&link.url).await;
    bob.sees("Welcome to Jobbergate").await;
    bob.fill("password", PASSWORD).await;
    bob.fill("again", PASSWORD).await;
    bob.press("Choose this password").await;
    bob.sees("Your account").await;
    bob.logs_out().await;
    bob.press("Log in again").await;
    bob.press("Password forgotten?").await;
    bob.sees("Password forgotten").await;
    bob.fill("email", "bob@example.com").await;
    bob.press("Send the link").await;
    bob.sees("Look into your mailbox").await;
    reloads(&bob, "Look into your mailbox").await;
    let mail = app.mails(1).await.remove(0);
    assert_eq!(mail.recipients, ["bob@example.com"]);
    let url = mail.text.lines().find(|line| line.contains("link=")).unwrap().trim();
    bob.open(url).await;
    bob.sees("Choose a new password").await;
    bob.fill("password", NEW).await;
    bob.fill("again", NEW).await;
    bob.press("Choose this password").await;
    bob.sees("Your account").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_looks_after_their_account() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    crate::web::browser::Browser::of(&app, "alice@example.com").await;
    alice.logs_in("alice@example.com").await;
    alice.fill("name", "Alice of the Lab").await;
    alice.press("Change name").await;
    alice.reads("Your name was changed.").await;
    let name = alice.find("#name").await.prop("value").await.unwrap();
    assert_eq!(name.as_deref(), Some("Alice of the Lab"));
    let others = "//li[not(.//em)]//button[normalize-space()='End']";
    alice.click(By::XPath(others)).await;
    alice.reads("The session has ended.").await;
    alice.browser.set_implicit_wait_timeout(std::time::Duration::ZERO).await.unwrap();
    assert!(alice.browser.find(By::XPath(others)).await.is_err());
    alice.fill("current", PASSWORD).await;
    alice.fill("password", NEW).await;
    alice.fill("again", NEW).await;
    alice.press("Change password").await;
    alice.reads("Your password was changed.").await;
    reloads(&alice, "Your account").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_makes_a_token_sees_it_once_and_revokes_it() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    alice.logs_in("alice@example.com").await;
    alice.fill("token-name", "nightly").await;
    alice.fill("days", "7").await;
    for box_ in alice.browser.find_all(By::Css("input[type=checkbox]")).await.unwrap() {
        if box_.attr("name").await.unwrap().as_deref() != Some("jobbergate:job-scripts:read") {
            box_.click().await.unwrap();
        }
    }
    alice.press("Make a token").await;
    let secret = alice.find(".secret").await.text().await.unwrap();
    let script = app.bearer(&secret);
    script.get("/job-scripts").await.ok();
    script.get("/job-submissions").await.expect(403);
    let text = alice.text().await;
    assert!(text.contains("until 2026-01-09 00:00 UTC") && text.contains("may: read job scripts"));
    // Neither a reload nor a way back shows it again, or makes another one.
    reloads(&alice, "Your account").await;
    assert!(!alice.text().await.contains("jbg_"));
    alice.open(DEVICE).await;
    alice.browser.back().await.unwrap();
    alice.sees("Your account").await;
    let text = alice.text().await;
    assert!(!text.contains("jbg_"));
    assert_eq!(text.matches("may: read job scripts").count(), 1, "{text}");
    alice.press("Revoke").await;
    alice.reads("The token was revoked.").await;
    script.get("/job-scripts").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_log_in_is_refused_and_says_what_to_do() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    person(&app, "bob", &["user"]).await;
    alice.logs_in("alice@example.com").await;
    let first = alice.browser.window().await.unwrap();
    let second = alice.browser.new_tab().await.unwrap();
    alice.browser.switch_to_window(second).await.unwrap();
    alice.open(ACCOUNT).await;
    alice.logs_out().await;
    alice.logs_in("bob@example.com").await;
    alice.browser.switch_to_window(first).await.unwrap();
    alice.fill("name", "Not Bob").await;
    alice.press("Change name").await;
    alice.is_told("This form is out of date").await;
    assert_eq!(app.provider().user("bob@example.com").await.unwrap().name, "bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_reads_what_the_api_has() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    alice.open("/jobbergate/docs").await;
    // What is not allowed to the page would leave it empty.
    alice.find(".opblock").await;
}
