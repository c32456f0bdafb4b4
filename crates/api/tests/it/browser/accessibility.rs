//! What axe-core says of each page and of what each page says when something is wrong.

use jobbergate_api::identity::NewUser;
use jobbergate_testkit::browser::thirtyfour::By;

use super::{ACCOUNT, DEVICE, LOG_IN, NEW, Person};
use crate::{
    identity::story::{PASSWORD, begin, log_in, person, tokens, user_code},
    support::{MailApp, TestApp, random},
};

const FORGOTTEN: &str = "/realms/jobbergate/forgotten";
const LOG_OUT: &str = "/realms/jobbergate/protocol/openid-connect/logout";

#[tokio::test(flavor = "multi_thread")]
async fn pages_to_log_in_on() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    alice.open(LOG_IN).await;
    alice.finds_it_accessible("log-in").await;
    alice.tries("alice@example.com", "wrong").await;
    alice.problem().await;
    alice.finds_it_accessible("wrong password").await;
    alice.open(FORGOTTEN).await;
    alice.finds_it_accessible("forgotten without e-mail").await;
    alice.logs_in("alice@example.com").await;
    alice.open(LOG_OUT).await;
    alice.sees("Log out?").await;
    alice.finds_it_accessible("log-out").await;
    alice.press("Log out").await;
    alice.sees("You are logged out").await;
    alice.finds_it_accessible("logged out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_who_forgot_their_password() {
    let app = MailApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    alice.open(LOG_IN).await;
    alice.finds_it_accessible("log-in with e-mail").await;
    alice.open(FORGOTTEN).await;
    alice.finds_it_accessible("forgotten").await;
    for _ in 0..3 {
        alice.open(FORGOTTEN).await;
        alice.fill("email", "nobody@example.com").await;
        alice.press("Send the link").await;
        alice.sees("Look into your mailbox").await;
    }
    alice.finds_it_accessible("a link was sent").await;
    alice.open(FORGOTTEN).await;
    alice.fill("email", "nobody@example.com").await;
    alice.press("Send the link").await;
    alice.is_told("A link was asked for too often.").await;
    alice.finds_it_accessible("too many links").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_to_choose_a_password_on() {
    let app = TestApp::on_sqlite().await;
    let Some(bob) = Person::before(&app).await else { return };
    bob.open(&app.provider().offer_set_up(&mut random()).await.unwrap().unwrap()).await;
    bob.finds_it_accessible("set-up").await;
    bob.fill("email", "bob@example.com").await;
    bob.fill("password", PASSWORD).await;
    bob.fill("again", NEW).await;
    bob.press("Choose this password").await;
    bob.problem().await;
    bob.finds_it_accessible("passwords that differ").await;
    let new = NewUser { email: "bob@example.com".to_owned(), ..NewUser::default() };
    app.provider().create_user(&new, &mut random()).await.unwrap();
    let link = app.provider().password_link("bob@example.com", &mut random()).await.unwrap();
    bob.open(&link.url).await;
    bob.finds_it_accessible("invitation").await;
    bob.open("/realms/jobbergate/password?link=x").await;
    bob.finds_it_accessible("a link that is used up").await;
    bob.open("/realms/jobbergate/nothing").await;
    bob.finds_it_accessible("no page").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_devices() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    alice.logs_in("alice@example.com").await;
    alice.open(DEVICE).await;
    alice.finds_it_accessible("code").await;
    alice.open(&format!("{DEVICE}?user_code=BCDF-GHJK")).await;
    alice.problem().await;
    alice.finds_it_accessible("unknown code").await;
    for (button, done) in [("Allow", "Access allowed"), ("Deny", "Access denied")] {
        let device = begin(&app).await;
        alice.open(&format!("{DEVICE}?user_code={}", user_code(&device))).await;
        alice.finds_it_accessible("confirmation").await;
        alice.press(button).await;
        alice.sees(done).await;
        alice.finds_it_accessible(done).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_and_what_goes_wrong_there() {
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    let user = person(&app, "alice", &["user"]).await;
    tokens(&app, &log_in(&app, &user).await.0).await;
    alice.logs_in("alice@example.com").await;
    alice.finds_it_accessible("account").await;
    alice.fill("token-name", &"long".repeat(32)).await;
    alice.press("Make a token").await;
    alice.find(".secret").await;
    alice.finds_it_accessible("a new token").await;
    for box_ in alice.browser.find_all(By::Css("input[type=checkbox]")).await.unwrap() {
        box_.click().await.unwrap();
    }
    alice.fill("token-name", "nothing").await;
    alice.press("Make a token").await;
    alice.is_told("Tick at least one thing that the token may do.").await;
    alice.finds_it_accessible("a token for nothing").await;
    alice.open(ACCOUNT).await;
    alice.fill("current", "wrong").await;
    alice.fill("password", NEW).await;
    alice.fill("again", NEW).await;
    alice.press("Change password").await;
    alice.is_told("The current password is wrong.").await;
    alice.finds_it_accessible("wrong current password").await;
}
