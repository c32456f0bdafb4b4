//! The organizations that were served: whether their databases and buckets are still there.

use jobbergate_doctor::Problem;

use super::database;
use crate::{
    config::ServeConfig,
    db::{Db, Schema},
    storage::Storage,
    tenant,
};

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    if !config.tenancy.multi_tenancy_enabled {
        return Ok("all share one database".to_owned());
    }
    let Some((_, db)) = database::attach(config).await? else {
        return Ok("none yet".to_owned());
    };
    let known = match db.schema().await {
        Ok(Schema::Ours { .. }) => tenant::served_organizations(&db).await,
        _ => Ok(Vec::new()),
    };
    db.close().await;
    let known =
        known.map_err(|error| Problem::new(error, "see what is wrong with the database"))?;
    let mut lost = Vec::new();
    for organization in &known {
        if let Err(cause) = look(config, organization).await {
            lost.push(format!("{organization} ({cause})"));
        }
    }
    if lost.is_empty() {
        return Ok(format!("{} known", known.len()));
    }
    let advice = "make their databases and buckets reachable, or leave those that are gone out \
                  with `jobbergate admin organization forget`";
    Err(Problem::new(format!("not reachable: {}", lost.join(", ")), advice))
}

async fn look(config: &ServeConfig, organization: &str) -> Result<(), String> {
    if let Ok(Some(url)) = config.postgres_url() {
        let db = Db::attach_postgres(url.as_str(), Some(organization)).await;
        db.map_err(|error| error.to_string())?.close().await;
    }
    if config.s3_bucket_name.is_some() {
        let bucket = Storage::s3(&config.s3_settings(organization));
        let bucket = bucket.map_err(|error| error.to_string())?;
        if !bucket.exists().await.map_err(|error| error.to_string())? {
            return Err("its bucket is missing".to_owned());
        }
    }
    if config.needs_data_directory().is_ok_and(|needed| needed) {
        let path = tenant::directory(config, organization).map_err(|error| error.to_string())?;
        if !path.is_dir() {
            return Err(format!("{} is missing", path.display()));
        }
    }
    Ok(())
}
