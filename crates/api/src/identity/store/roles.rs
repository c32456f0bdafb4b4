//! `identity_roles` and who has them.

use chrono::{DateTime, Utc};
use sea_query::Value as Argument;
use sqlx::types::Json;
use sqlx_macros::FromRow;

use crate::{
    args,
    db::{Session, arguments::Arguments, placeholders},
};

/// A role, as it is kept.
#[derive(Debug, FromRow)]
pub(crate) struct RoleRow {
    pub(crate) name: String,
    pub(crate) permissions: Json<Vec<String>>,
    pub(crate) built_in: bool,
}

/// Keeps a role that is there from the start, with what it permits in this version.
pub(crate) async fn keep_built_in(
    db: &mut Session,
    name: &str,
    permissions: &[&str],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_roles (name, permissions, built_in, created_at, updated_at) \
               VALUES ($1, $2, true, $3, $3) ON CONFLICT (name) DO UPDATE SET \
               permissions = excluded.permissions, built_in = true, \
               updated_at = excluded.updated_at \
               WHERE identity_roles.permissions <> excluded.permissions";
    let permissions = serde_json::Value::from(permissions.to_vec());
    db.execute(sql, args![name, permissions, now]).await.map(drop)
}

/// Keeps a role; false if there is one of that name.
pub(crate) async fn insert(
    db: &mut Session,
    name: &str,
    permissions: &[&str],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO identity_roles (name, permissions, built_in, created_at, updated_at) \
               VALUES ($1, $2, false, $3, $3) ON CONFLICT (name) DO NOTHING";
    let permissions = serde_json::Value::from(permissions.to_vec());
    Ok(db.execute(sql, args![name, permissions, now]).await? == 1)
}

/// Has a role permit this and no more.
pub(crate) async fn set_permissions(
    db: &mut Session,
    name: &str,
    permissions: &[&str],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_roles SET permissions = $2, updated_at = $3 WHERE name = $1";
    let permissions = serde_json::Value::from(permissions.to_vec());
    db.execute(sql, args![name, permissions, now]).await.map(drop)
}

/// The role of this name; nobody else changes it until the transaction ends.
pub(crate) async fn find(db: &mut Session, name: &str) -> sqlx::Result<Option<RoleRow>> {
    let lock = db.lock_clause();
    let sql =
        format!("SELECT name, permissions, built_in FROM identity_roles WHERE name = $1{lock}");
    db.fetch_optional(&sql, args![name]).await
}

/// All roles, by name.
pub(crate) async fn all(db: &mut Session) -> sqlx::Result<Vec<RoleRow>> {
    let sql = "SELECT name, permissions, built_in FROM identity_roles ORDER BY name";
    db.fetch_all(sql, args![]).await
}

/// The roles of a person, by an administrator or by groups of the directory.
pub(crate) async fn of_user(db: &mut Session, user_id: &str) -> sqlx::Result<Vec<RoleRow>> {
    let sql = "SELECT name, permissions, built_in FROM identity_roles WHERE name IN \
               (SELECT role FROM identity_user_roles WHERE user_id = $1 UNION \
                SELECT role FROM identity_directory_roles WHERE user_id = $1) ORDER BY name";
    db.fetch_all(sql, args![user_id]).await
}

/// Who has which role.
pub(crate) async fn holders(db: &mut Session) -> sqlx::Result<Vec<(String, String)>> {
    let sql = "SELECT user_id, role FROM identity_user_roles UNION \
               SELECT user_id, role FROM identity_directory_roles ORDER BY user_id, role";
    db.fetch_all(sql, args![]).await
}

/// Which roles these people have.
pub(crate) async fn of_users(
    db: &mut Session,
    ids: &[&str],
) -> sqlx::Result<Vec<(String, String)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let these = placeholders(ids.len());
    let sql = format!(
        "SELECT user_id, role FROM identity_user_roles WHERE user_id IN ({these}) UNION \
         SELECT user_id, role FROM identity_directory_roles WHERE user_id IN ({these}) \
         ORDER BY user_id, role"
    );
    let ids = ids.iter().map(|id| Argument::from(*id));
    db.fetch_all(&sql, Arguments(ids.collect())).await
}

/// How many people have each role that somebody has.
pub(crate) async fn counts(db: &mut Session) -> sqlx::Result<Vec<(String, i64)>> {
    let sql = "SELECT role, count(*) AS people FROM (SELECT user_id, role FROM identity_user_roles \
               UNION SELECT user_id, role FROM identity_directory_roles) AS held \
               GROUP BY role ORDER BY role";
    db.fetch_all(sql, args![]).await
}

/// Gives a person a role; false if they have it already.
pub(crate) async fn grant(db: &mut Session, user_id: &str, role: &str) -> sqlx::Result<bool> {
    let sql = "INSERT INTO identity_user_roles (user_id, role) VALUES ($1, $2) \
               ON CONFLICT (user_id, role) DO NOTHING";
    Ok(db.execute(sql, args![user_id, role]).await? == 1)
}

/// Takes a role from a person; false if they did not have it.
pub(crate) async fn revoke(db: &mut Session, user_id: &str, role: &str) -> sqlx::Result<bool> {
    let sql = "DELETE FROM identity_user_roles WHERE user_id = $1 AND role = $2";
    Ok(db.execute(sql, args![user_id, role]).await? == 1)
}

/// Takes all roles from a person that an administrator gave them.
pub(crate) async fn revoke_all(db: &mut Session, user_id: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM identity_user_roles WHERE user_id = $1";
    db.execute(sql, args![user_id]).await.map(drop)
}

/// Forgets a role, whoever has it.
pub(crate) async fn delete(db: &mut Session, name: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_roles WHERE name = $1", args![name]).await.map(drop)
}

/// Whether somebody who is not disabled and can log in has this role.
pub(crate) async fn is_held(db: &mut Session, role: &str) -> sqlx::Result<bool> {
    let sql = "SELECT u.id FROM identity_users u WHERE u.id IN \
               (SELECT user_id FROM identity_user_roles WHERE role = $1 UNION \
                SELECT user_id FROM identity_directory_roles WHERE role = $1) \
               AND u.disabled_at IS NULL AND u.left_at IS NULL \
               AND (u.password_hash IS NOT NULL OR u.source <> 'local') LIMIT 1";
    let found: Option<(String,)> = db.fetch_optional(sql, args![role]).await?;
    Ok(found.is_some())
}
