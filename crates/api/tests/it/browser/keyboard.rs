//! Everything once with nothing but a keyboard, on the smallest phone, in the dark, and without
//! JavaScript.

use super::{DEVICE, LOG_IN, NEW, Person, person::NARROW};
use crate::{
    identity::story::{PASSWORD, Tokens, begin, poll, user_code},
    support::{TestApp, random},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_keyboard_suffices_without_scripts_on_the_smallest_phone() {
    let app = TestApp::on_sqlite().await;
    let Some(ada) = Person::before(&app).await else { return };
    ada.browser.set_scripts(false).await.unwrap();
    ada.browser.set_dark(true).await.unwrap();
    ada.resize(NARROW).await;

    ada.open(&app.provider().offer_set_up(&mut random()).await.unwrap().unwrap()).await;
    ada.needs_no_scrolling_sideways("set-up").await;
    ada.enter("email", "ada@example.com").await;
    ada.enter("name", "Ada").await;
    ada.enter("password", PASSWORD).await;
    ada.enter("again", PASSWORD).await;
    ada.press_enter("Choose this password").await;
    ada.sees("Your account").await;
    ada.needs_no_scrolling_sideways("account").await;

    ada.enter("token-name", "nightly").await;
    ada.enter("jobbergate:job-scripts:read", " ").await;
    ada.press_enter("Make a token").await;
    ada.sees("Your account").await;
    ada.needs_no_scrolling_sideways("account with a token").await;
    ada.reads("jbg_").await;
    ada.press_enter("Revoke nightly").await;
    ada.reads("The token was revoked.").await;

    ada.enter("current", PASSWORD).await;
    ada.enter("password", NEW).await;
    ada.enter("again", NEW).await;
    ada.press_enter("Change password").await;
    ada.reads("Your password was changed.").await;

    ada.press_enter("Log out").await;
    ada.sees("You are logged out").await;
    ada.open(LOG_IN).await;
    ada.needs_no_scrolling_sideways("log-in").await;
    ada.enter("email", "ada@example.com").await;
    ada.enter("password", &format!("{NEW}\u{e007}")).await;
    ada.reads("Log out").await;

    let device = begin(&app).await;
    ada.open(DEVICE).await;
    ada.needs_no_scrolling_sideways("device").await;
    ada.enter("user_code", &format!("{}\u{e007}", user_code(&device))).await;
    ada.sees("Allow Jobbergate in a terminal?").await;
    ada.needs_no_scrolling_sideways("device confirmation").await;
    ada.press_enter("Allow").await;
    ada.sees("Access allowed").await;
    Tokens::of(&poll(&app, &device).await.ok());
}
