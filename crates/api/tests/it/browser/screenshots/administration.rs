//! Pictures of clusters, and of what administrators see.

use std::{env, fs};

use super::{Album, INTO, Person};
use crate::{
    browser::administration::{in_use, pages},
    support::TestApp,
};

const PAGE: (u32, u32) = (1240, 900);
const TALL: (u32, u32) = (360, 900);

#[tokio::test(flavor = "multi_thread")]
async fn what_administrators_see_is_shown_in_the_documentation() {
    let Some(directory) = env::var_os(INTO) else { return };
    let album = Album { directory: directory.into() };
    fs::create_dir_all(&album.directory).unwrap();
    let app = TestApp::configured(|config| {
        use clap::{Args, Command};
        let command = jobbergate_api::config::ServeConfig::augment_args(Command::new("serve"));
        let line = "serve --listen 0.0.0.0:8000 --database-pool-size 40 --smtp-host mail.example.com \
                    --auto-clean-job-submissions-days-to-archive 90";
        let matches = command.clone().get_matches_from(line.split_whitespace());
        let from_file = ["SMTP_HOST".to_owned()].into();
        config.settings = jobbergate_api::settings::of_command(&command, &matches, &from_file);
        config.cleaning.auto_clean_job_submissions_days_to_archive = Some(90);
    })
    .await;
    let Some(ada) = Person::before(&app).await else { return };
    in_use(&app).await;
    ada.logs_in("ada@example.com").await;
    for (name, path) in pages(&app).await {
        ada.open(&path).await;
        if name == "admin" {
            ada.reads("The doctor finds").await;
        }
        for (suffix, size, is_dark) in [
            ("", PAGE, false),
            ("-dark", PAGE, true),
            ("-narrow", TALL, false),
            ("-dark-narrow", TALL, true),
        ] {
            album.shoot(&ada, &format!("{name}{suffix}"), (size, is_dark)).await;
        }
    }
}
