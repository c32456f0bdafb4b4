//! The database: whether it answers, whose tables are in it, and whether they can be changed.

use crate::{
    config::{ServeConfig, data::DATABASE_FILE, host::without_secrets},
    db::{Db, Schema},
};
use jobbergate_doctor::Problem;

const SETTINGS: &str = "check DATABASE_URL, or DATABASE_HOST and the other DATABASE_* variables";

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let Some((name, db)) = attach(config).await? else {
        return Ok("there is none yet, `jobbergate serve` makes it".to_owned());
    };
    let found = examine(&name, &db).await;
    db.close().await;
    found
}

/// The configured database with its name, as it is; `None` if there is no SQLite file yet.
pub(super) async fn attach(config: &ServeConfig) -> Result<Option<(String, Db)>, Problem> {
    let wrong = |error| Problem::new(error, SETTINGS);
    if let Some(url) = config.postgres_url().map_err(|error| Problem::new(error, SETTINGS))? {
        let db = Db::attach_postgres(url.as_str(), None).await.map_err(wrong)?;
        return Ok(Some((without_secrets(&url), db)));
    }
    let directory = config.data_path().map_err(|error| Problem::new(error, SETTINGS))?;
    let path = directory.join(DATABASE_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let db = Db::attach_sqlite(&path).await.map_err(|error| {
        let advice = "see that this user may read and write it, and that it is an SQLite file";
        Problem::new(format!("{}: {error}", path.display()), advice)
    })?;
    Ok(Some((path.display().to_string(), db)))
}

async fn examine(name: &str, db: &Db) -> Result<String, Problem> {
    let unread =
        |error| Problem::new(format!("{name}: {error}"), "see that this user may read its tables");
    let schema = db.schema().await.map_err(unread)?;
    let newest = Schema::newest(db);
    let mut found = judge(&schema, newest)?;
    if schema == (Schema::Ours { revision: newest }) {
        match db.counted_submissions().await.map_err(unread)? {
            None => found += ", there are too many submissions to count them here",
            Some((submissions, counted)) if submissions != counted => {
                let words =
                    format!("{name}: lists count {counted} submissions, there are {submissions}");
                let advice =
                    "count them anew: docs/operations.md, \"Migrations\", has the statements";
                return Err(Problem::new(words, advice));
            }
            Some(_) => {}
        }
        if db.lacks_search_index().await.map_err(unread)? {
            found +=
                ", searches read all submissions: an index with the extension pg_trgm is missing";
        }
    }
    db.try_writing().await.map_err(|error| {
        let advice = "the server's user must be able to make and change tables there: grant it \
                      CREATE on the schema, see that the disk is not full and that it is no \
                      read-only replica";
        Problem::new(format!("{name} cannot be written: {error}"), advice)
    })?;
    Ok(format!("{name}, {found}"))
}

fn judge(schema: &Schema, newest: i64) -> Result<String, Problem> {
    let head = Schema::UPSTREAM_HEAD;
    match schema {
        Schema::Empty => Ok("empty, `jobbergate serve` makes the tables".to_owned()),
        Schema::Ours { revision } if *revision > newest => Err(Problem::new(
            format!("its revision is {revision}, this program knows {newest}"),
            "install the newer version of Jobbergate that was used before",
        )),
        Schema::Ours { revision } if *revision < newest => {
            Ok(format!("revision {revision}, `jobbergate serve` brings it to {newest}"))
        }
        Schema::Ours { revision } => Ok(format!("revision {revision}")),
        Schema::Upstream { revision: Some(revision) } if revision == head => {
            Ok("the Python server's, `jobbergate serve` takes it over".to_owned())
        }
        Schema::Upstream { revision: None } => Err(Problem::new(
            "its table alembic_version is empty, so that the Python server's revision is not known",
            "restore it, or upgrade it with the Python server first (alembic upgrade head)",
        )),
        Schema::Foreign { table } => Err(Problem::new(
            format!("it holds tables that are not Jobbergate's, for example {table}"),
            "choose another directory with JOBBERGATE_DATA_DIR",
        )),
        Schema::Upstream { revision: Some(revision) } => Err(Problem::new(
            format!("it is at revision {revision} of the Python server, not {head}"),
            "upgrade it with the Python server first (alembic upgrade head)",
        )),
    }
}
