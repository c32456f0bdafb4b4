//! Cleaning, as the schedule, `jobbergate admin clean` and the maintenance routes do it.

mod entries;
mod garbage;
mod races;
mod routes;
mod schedule;

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use clap::Parser;
use jobbergate_api::{
    app::Context,
    cleaning::{Cleaned, Task, perform},
    config::CleaningConfig,
};

use crate::support::TestApp;

#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    cleaning: CleaningConfig,
}

/// Archive after 30 days, delete after 60 more.
fn monthly() -> CleaningConfig {
    let mut settings = usual();
    settings.auto_clean_job_script_templates_days_to_archive = Some(30);
    settings.auto_clean_job_script_templates_days_to_delete = Some(60);
    settings.auto_clean_job_scripts_days_to_archive = Some(30);
    settings.auto_clean_job_scripts_days_to_delete = Some(60);
    settings.auto_clean_job_submissions_days_to_archive = Some(30);
    settings.auto_clean_job_submissions_days_to_delete = Some(60);
    settings
}

fn usual() -> CleaningConfig {
    Defaults::parse_from(["jobbergate"]).cleaning
}

fn context(app: &TestApp) -> Context {
    Context::for_tenant(Arc::clone(&app.app), app.app.tenants.default_tenant())
}

async fn clean(app: &TestApp, settings: &CleaningConfig, task: Task) -> Cleaned {
    perform(&context(app), settings, task, false).await.unwrap()
}

async fn count(app: &TestApp, settings: &CleaningConfig, task: Task) -> Cleaned {
    perform(&context(app), settings, task, true).await.unwrap()
}

fn days(app: &TestApp, days: i64) {
    app.clock.advance(TimeDelta::days(days));
}

/// Moves the clock to so many minutes after the machine's, whose time stored files have.
fn after_machine(app: &TestApp, minutes: i64) {
    app.clock.advance(Utc::now() + TimeDelta::minutes(minutes) - app.clock.now());
}

async fn execute(app: &TestApp, sql: &str) {
    let mut db = app.db().write().await.unwrap();
    db.execute(sql, jobbergate_api::args![]).await.unwrap();
    db.commit().await.unwrap();
}

async fn store(app: &TestApp, table: &str, parent: i64, name: &str) {
    let storage = app.app.tenants.default_tenant().storage;
    storage.put(table, parent, name, "content".into()).await.unwrap();
}

async fn is_stored(app: &TestApp, table: &str, parent: i64, name: &str) -> bool {
    let storage = app.app.tenants.default_tenant().storage;
    storage.get(table, parent, name).await.unwrap().is_some()
}
