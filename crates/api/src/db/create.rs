//! Making databases.

use std::str::FromStr;

use sqlx::{AssertSqlSafe, Connection, Executor, postgres::PgConnectOptions};

use super::migrate::connect;

/// Makes an empty database on the server of `url`; false if there is one of that name.
pub async fn create_postgres_database(url: &str, name: &str) -> Result<bool, sqlx::Error> {
    let mut connection = connect(&PgConnectOptions::from_str(url)?).await?;
    let quoted = name.replace('"', "\"\"");
    let made = connection.execute(AssertSqlSafe(format!("CREATE DATABASE \"{quoted}\""))).await;
    connection.close().await?;
    match made {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P04") => Ok(false),
        Err(error) => Err(error),
    }
}
