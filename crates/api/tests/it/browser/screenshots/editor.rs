//! Pictures of scripts, and of where experts work.

use std::{env, fs};

use super::{Album, INTO, Person};
use crate::{browser::editor::publish, identity::story::person, support::TestApp};

const PAGE: (u32, u32) = (1240, 900);
const TALL: (u32, u32) = (360, 900);

#[tokio::test(flavor = "multi_thread")]
async fn the_work_of_experts_is_shown_in_the_documentation() {
    let Some(directory) = env::var_os(INTO) else { return };
    let album = Album { directory: directory.into() };
    fs::create_dir_all(&album.directory).unwrap();
    let app = TestApp::on_sqlite().await;
    let Some(alice) = Person::before(&app).await else { return };
    person(&app, "alice", &["expert"]).await;
    let (template, script) = publish(&app.user("alice").await, &app).await;
    alice.logs_in("alice@example.com").await;
    let edit = format!("/applications/{template}/edit");
    for (name, path) in [
        ("scripts", "/scripts".to_owned()),
        ("script", format!("/scripts/{script}")),
        ("script-submit", format!("/scripts/{script}/submit")),
        ("application-edit", edit.clone()),
        ("application-file", format!("{edit}/file?name=job.sh.j2")),
        ("application-questions", format!("{edit}/questions")),
        ("application-try", format!("{edit}/try")),
    ] {
        alice.open(&path).await;
        if name == "application-try" {
            alice.press("Render the files").await;
            alice.reads("#SBATCH --nodes=2").await;
        }
        for (suffix, size, is_dark) in [
            ("", PAGE, false),
            ("-dark", PAGE, true),
            ("-narrow", TALL, false),
            ("-dark-narrow", TALL, true),
        ] {
            album.shoot(&alice, &format!("{name}{suffix}"), (size, is_dark)).await;
        }
    }
}
