//! The clusters: whether their agents report, hear from Slurm and take up what waits for them.

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::clusters::ClusterStatusView;

use jobbergate_doctor::Problem;

use super::database;
use crate::{
    clock::Clock,
    config::{ServeConfig, data::DATABASE_FILE},
    db::{Db, Schema},
    error::Error,
    resources::{clusters, job_submissions},
    tenant,
};

/// How long Slurm may be silent, and a submission wait for an agent.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);
/// An agent that has been silent for so long, while nothing waits for it, was given up.
const GIVEN_UP: TimeDelta = TimeDelta::days(7);
const ADVICE: &str = "see the agent's log, and run `jobbergate agent doctor` beside it";

pub(super) async fn check(config: &ServeConfig, clock: &Clock) -> Result<String, Problem> {
    let now = clock.now();
    // What is wrong with databases is told by the checks of them.
    let Ok(reports) = reports(config, now).await else {
        return Ok("not known without the database".to_owned());
    };
    let troubles: Vec<String> =
        reports.iter().filter_map(|cluster| trouble(cluster, now)).collect();
    if !troubles.is_empty() {
        return Err(Problem::new(troubles.join("; "), ADVICE));
    }
    Ok(match reports.len() {
        0 => "none has reported yet".to_owned(),
        count => format!("{count} known"),
    })
}

/// What is known of all clusters, those of organizations with databases of their own included.
async fn reports(
    config: &ServeConfig,
    now: DateTime<Utc>,
) -> Result<Vec<ClusterStatusView>, Problem> {
    let wrong = |error| Problem::new(error, "see what is wrong with the database");
    let Some((_, main)) = database::attach(config).await? else { return Ok(Vec::new()) };
    let mut reports = read(&main, now).await.map_err(wrong)?;
    let others = match config.tenancy.multi_tenancy_enabled && is_current(&main).await {
        true => tenant::served_organizations(&main).await.map_err(wrong)?,
        false => Vec::new(),
    };
    main.close().await;
    for organization in others {
        let Some(db) = database_of(config, &organization).await else { continue };
        reports.extend(read(&db, now).await.unwrap_or_default());
        db.close().await;
    }
    Ok(reports)
}

async fn is_current(db: &Db) -> bool {
    let newest = Schema::newest(db);
    matches!(db.schema().await, Ok(Schema::Ours { revision }) if revision == newest)
}

async fn database_of(config: &ServeConfig, organization: &str) -> Option<Db> {
    if let Ok(Some(url)) = config.postgres_url() {
        return Db::attach_postgres(url.as_str(), Some(organization)).await.ok();
    }
    let path = tenant::directory(config, organization).ok()?.join(DATABASE_FILE);
    if path.exists() { Db::attach_sqlite(&path).await.ok() } else { None }
}

/// What is known of the clusters in a database; nothing if its tables are still to be brought up
/// to date.
async fn read(db: &Db, now: DateTime<Utc>) -> Result<Vec<ClusterStatusView>, Error> {
    if !is_current(db).await {
        return Ok(Vec::new());
    }
    let mut session = db.read().await?;
    let waiting = job_submissions::claims::store::oldest_waiting(&mut session, now).await?;
    let rows = clusters::store::all(&mut session).await?;
    Ok(rows.into_iter().map(|row| row.view(now, &waiting)).collect())
}

fn trouble(cluster: &ClusterStatusView, now: DateTime<Utc>) -> Option<String> {
    let ClusterStatusView { client_id, last_reported, .. } = cluster;
    let silent = now - last_reported.0;
    let waits = cluster.oldest_waiting_at.map(|since| now - since.0);
    if !cluster.is_healthy {
        let minutes = silent.num_minutes();
        let given_up = silent > GIVEN_UP && waits.is_none();
        return (!given_up)
            .then(|| format!("the agent of {client_id} has not reported for {minutes} minutes"));
    }
    let answered = cluster.slurm_answered_at.map(|at| now - at.0);
    if let Some(silence) = answered.filter(|silence| *silence > PATIENCE) {
        let minutes = silence.num_minutes();
        let why = cluster.slurm_problem.as_ref().map(|problem| format!(": {problem}"));
        return Some(format!(
            "Slurm has not answered the agent of {client_id} for {minutes} minutes{}",
            why.unwrap_or_default()
        ));
    }
    let waits = waits.filter(|waits| *waits > PATIENCE)?.num_minutes();
    Some(format!("a submission has waited for the agent of {client_id} for {waits} minutes"))
}
