//! Pictures of the pages for the documentation, made when asked for: `cargo xtask screenshots`.

mod administration;
mod applications;
mod editor;
mod run;
mod submission;

use std::{env, fs, path::PathBuf};

use jobbergate_testkit::browser::thirtyfour::By;

use super::{DEVICE, LOG_IN, Person, person::WIDE};
use crate::{
    identity::story::{begin, log_in, person, portal, portal_request, tokens, user_code},
    support::{MailApp, random},
};

/// The variable that names the directory for them.
const INTO: &str = "JOBBERGATE_SCREENSHOTS";
const PHONE: (u32, u32) = (360, 640);
/// What a picture in the documentation may take, in bytes.
const LARGEST: usize = 320 << 10;

struct Album {
    directory: PathBuf,
}

impl Album {
    async fn shoot(&self, person: &Person, name: &str, (size, dark): ((u32, u32), bool)) {
        person.resize(size).await;
        person.browser.set_dark(dark).await.unwrap();
        let picture = person.browser.screenshot_as_png().await.unwrap();
        assert!(picture.len() < LARGEST, "{name} has {} bytes", picture.len());
        fs::write(self.directory.join(format!("{name}.png")), picture).unwrap();
        person.resize(WIDE).await;
        person.browser.set_dark(false).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_shown_in_the_documentation() {
    let Some(directory) = env::var_os(INTO) else { return };
    let album = Album { directory: directory.into() };
    fs::create_dir_all(&album.directory).unwrap();
    let app = MailApp::on_sqlite().await;
    let Some(ada) = Person::before(&app).await else { return };

    ada.open(&app.provider().offer_set_up(&mut random()).await.unwrap().unwrap()).await;
    album.shoot(&ada, "set-up", (WIDE, false)).await;
    let alice = person(&app, "ada", &["user"]).await;
    portal(&app).await;
    tokens(&app, &log_in(&app, &alice).await.0).await;

    ada.open(LOG_IN).await;
    album.shoot(&ada, "log-in", (WIDE, false)).await;
    album.shoot(&ada, "log-in-dark-narrow", (PHONE, true)).await;
    ada.tries("ada@example.com", "wrong").await;
    ada.problem().await;
    album.shoot(&ada, "log-in-wrong", (PHONE, false)).await;

    ada.logs_in("ada@example.com").await;
    ada.open(&format!("{DEVICE}?user_code={}", user_code(&begin(&app).await))).await;
    album.shoot(&ada, "device", (WIDE, false)).await;
    album.shoot(&ada, "device-dark-narrow", ((360, 760), true)).await;

    let asking = jobbergate_api::identity::AuthorizationRequest {
        scope: Some("openid email jobbergate:job-scripts:read".to_owned()),
        ..portal_request()
    };
    let query = crate::web::query(&asking);
    ada.open(&format!("/realms/jobbergate/protocol/openid-connect/auth?{query}")).await;
    album.shoot(&ada, "consent", (WIDE, true)).await;

    ada.open(super::ACCOUNT).await;
    ada.fill("token-name", "nightly").await;
    ada.click(By::Css("input[name='jobbergate:job-scripts:read']")).await;
    ada.click(By::XPath("//button[.='Make a token']")).await;
    ada.find(".secret").await;
    album.shoot(&ada, "account", ((800, 800), false)).await;
    album.shoot(&ada, "account-dark-narrow", ((360, 860), true)).await;
}
