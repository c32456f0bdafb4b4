//! Pictures of running an application.

use std::{env, fs, time::Duration};

use jobbergate_testkit::browser::thirtyfour::By;

use super::{Album, INTO, Person};
use crate::{browser::run::scene, identity::story::person, support::TestApp};

const PAGE: (u32, u32) = (1240, 1120);
const TALL: (u32, u32) = (360, 1500);

#[tokio::test(flavor = "multi_thread")]
async fn running_is_shown_in_the_documentation() {
    let Some(directory) = env::var_os(INTO) else { return };
    let album = Album { directory: directory.into() };
    fs::create_dir_all(&album.directory).unwrap();
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["user"]).await;
    scene(&app).await;
    alice.logs_in("alice@example.com").await;
    alice.open("/applications/wing/run").await;
    alice.fill("q1", "/scratch/alice/wing-12").await;
    alice.press("Save as a script").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    app.clock.advance(chrono::TimeDelta::hours(3));
    for (name, size, dark) in [
        ("run", PAGE, false),
        ("run-dark", PAGE, true),
        ("run-narrow", TALL, false),
        ("run-dark-narrow", TALL, true),
    ] {
        alice.resize(size).await;
        alice.browser.set_dark(dark).await.unwrap();
        alice.open("/applications/wing/run").await;
        alice.fill("q5", "8").await;
        alice.click(By::Css("#q4-2")).await;
        alice.click(By::Css(".run-sbatch summary")).await;
        alice.click(By::Css("#sbatch-partition option[value=compute]")).await;
        alice.fill("sbatch-time", "12:00:00").await;
        alice.fill("job-directory", "/scratch/alice").await;
        alice.find("#preview ins").await;
        tokio::time::sleep(Duration::from_millis(900)).await;
        alice.browser.execute("window.scrollTo(0, 0)", Vec::new()).await.unwrap();
        album.shoot(&alice, name, (size, dark)).await;
    }
}
