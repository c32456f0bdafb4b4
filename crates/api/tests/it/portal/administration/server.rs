//! The server: its settings, its doctor, cleaning and keys.

use chrono::TimeDelta;
use clap::{Args, Command, FromArgMatches};
use jobbergate_api::{config::ServeConfig, settings};

use super::{ada, done, form_of};
use crate::{
    on_both,
    support::TestApp,
    web::browser::{Browser, forms, problem},
};

/// A server that was started with this command line.
async fn started_with(line: &str) -> TestApp {
    TestApp::configured(|config| {
        let command = ServeConfig::augment_args(Command::new("serve"));
        let matches = command.clone().get_matches_from(line.split(' '));
        let from_file = ["DATABASE_POOL_SIZE".to_owned()].into();
        let data_dir = config.data_dir.clone();
        *config = ServeConfig::from_arg_matches(&matches).unwrap();
        config.data_dir = data_dir;
        config.settings = settings::of_command(&command, &matches, &from_file);
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_say_where_they_come_from_and_keep_secrets() {
    let app = started_with(
        "serve --max-upload-file-size 1000 --client-idle-seconds 50 --aws-secret-access-key s3cret",
    )
    .await;
    let mut ada = ada(&app).await;
    let row = |text: &str, variable: &str| {
        let row = text.split("<tr>").find(|row| row.contains(&format!("<code>{variable}</code>")));
        row.unwrap_or_else(|| panic!("no {variable} in {text}")).to_owned()
    };
    let page = ada.open("/admin/settings").await.expect(200);
    let size = row(&page.text, "MAX_UPLOAD_FILE_SIZE");
    assert!(size.contains("<code>1000</code>") && size.contains(">command line<"), "{size}");
    let secret = row(&page.text, "AWS_SECRET_ACCESS_KEY");
    assert!(secret.contains("<code>***</code>") && secret.contains(">command line<"), "{secret}");
    let usual = row(&page.text, "DATABASE_PORT");
    assert!(usual.contains("<code>5432</code>") && usual.contains(">default<"), "{usual}");
    assert!(row(&page.text, "JOBBERGATE_PUBLIC_URL").contains("not set"));
    assert!(!page.text.contains("s3cret") && !page.text.contains("compose-db-pswd"));
    let given = ada.open("/admin/settings?show=given").await.expect(200);
    assert!(given.text.contains("Not the default (3)"), "{}", given.text);
    assert!(!given.text.contains("DATABASE_PORT"));
    let found = ada.open("/admin/settings?q=upload_file").await.expect(200);
    assert!(found.text.contains("MAX_UPLOAD_FILE_SIZE") && !found.text.contains("DATABASE_PORT"));
    assert!(
        ada.open("/admin/settings?q=zzz").await.text.contains("No setting is called like this.")
    );
}

on_both! {
    async fn cleaning_asks_first_without_scripts_too(app: TestApp) {
        let mut ada = ada(&app).await;
        let page = ada.open("/admin/cleaning").await.expect(200);
        let mut clean = forms(&page, "/admin/cleaning").pop().unwrap();
        clean.fields.push(("what".to_owned(), "clean".to_owned()));
        let asked = ada.post(&clean).await.expect(200);
        assert!(asked.text.contains("What is deleted can’t be brought back."), "{}", asked.text);
        assert!(!asked.text.contains("What was done"));
        let done = ada.submit(&asked, "/admin/cleaning", &[]).await.expect(200);
        assert!(done.text.contains("What was done"), "{}", done.text);
    }

    async fn a_server_that_was_not_told_says_so(app: TestApp) {
        let mut ada = ada(&app).await;
        let page = ada.open("/admin/settings").await.expect(200);
        assert!(page.text.contains("This server was not told where its settings come from."));
    }

    async fn the_doctor_finds_what_the_command_finds(app: TestApp) {
        let mut ada = ada(&app).await;
        let page = ada.open("/admin/doctor").await.expect(200);
        for check in ["settings", "data directory", "database", "files", "people from LDAP", "messages and e-mail", "organizations", "clusters", "public address", "listening", "figures"] {
            assert!(page.text.contains(&format!("<h2>{check}</h2>")), "{check} in {}", page.text);
        }
        assert!(page.text.contains("a Jobbergate server answers at"), "{}", page.text);
        let summary = ada.open("/admin/doctor/summary").await.expect(200);
        assert!(!summary.text.contains("<html"), "it is a part of a page");
    }

    async fn what_is_wrong_is_said_with_the_way_to_mend_it(app: TestApp) {
        let mut ada = ada(&app).await;
        let agent = app.agent("c1").await;
        agent.put("/clusters/status?interval=60", serde_json::Value::Null).await.expect(202);
        assert!(ada.open("/admin/doctor").await.text.contains("1 known"));
        app.clock.advance(TimeDelta::minutes(10));
        let page = ada.open("/admin/doctor").await.expect(200);
        assert!(page.text.contains("the agent of c1 has not reported for 10 minutes"), "{}", page.text);
        assert!(page.text.contains("see the agent&#39;s log, and run `jobbergate agent doctor` beside it"));
        let summary = ada.open("/admin/doctor/summary").await.expect(200);
        assert!(summary.text.contains("The doctor finds what is said below, and nothing else"), "{}", summary.text);
        let overview = ada.open("/admin").await.expect(200);
        assert!(overview.text.contains("c1: the agent reported 10 min ago"), "{}", overview.text);
        assert!(overview.text.contains(r#"href="/clusters/c1""#));
    }

    async fn ada_sees_what_there_is_to_clean_and_cleans(app: TestApp) {
        let mut ada = ada(&app).await;
        let page = ada.open("/admin/cleaning").await.expect(200);
        assert!(page.text.contains("This server does not clean by itself"));
        let counted = ada.post(&form_of(&page, "/admin/cleaning", &[("what", "count")])).await.expect(200);
        assert!(counted.text.contains("What there is to do") && counted.text.contains("stored files of"), "{}", counted.text);
        let cleaned = ada.post(&form_of(&page, "/admin/cleaning", &[("what", "clean")])).await.expect(200);
        assert!(cleaned.text.contains("What was done") && cleaned.text.contains("0 removed"), "{}", cleaned.text);
        let refused = ada.post(&form_of(&page, "/admin/cleaning", &[("what", "")])).await.expect(422);
        assert_eq!(problem(&refused), "Say whether to count or to clean.");
    }

    async fn ada_makes_another_key(app: TestApp) {
        let mut ada = ada(&app).await;
        let alice = app.user("alice").await;
        let first = app.provider().keys().await.unwrap()[0].id.clone();
        app.clock.advance(TimeDelta::days(3));
        let page = ada.open("/admin/keys").await;
        // The session is over after so long.
        assert_eq!(crate::web::browser::heading(&page), "Log in");
        let mut ada = Browser::of(&app, "ada@example.com").await;
        let page = ada.open("/admin/keys").await.expect(200);
        assert!(page.text.contains(&first) && page.text.contains("3 days ago"), "{}", page.text);
        let answer = ada.post(&form_of(&page, "/admin/keys", &[])).await;
        let page = ada.follow(&answer).await.expect(200);
        assert_eq!(done(&page), "Another key signs tokens from now on.");
        assert!(page.text.contains(">retired<"));
        alice.get("/job-scripts").await.ok();
        let answer = ada.post(&form_of(&page, "/admin/keys", &[("at_once", "yes")])).await;
        let page = ada.follow(&answer).await.expect(200);
        assert!(!page.text.contains(&first) && !page.text.contains(">retired<"));
        alice.get("/job-scripts").await.expect(401);
    }
}
