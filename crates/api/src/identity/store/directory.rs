//! What is kept of people who come from the directory: columns of `identity_users`, and
//! `identity_directory_roles`.

use chrono::{DateTime, Utc};

use super::users::{COLUMNS, UserRow};
use crate::{args, db::Session};

/// What the directory says of a person.
pub(crate) struct DirectoryEntry<'a> {
    pub(crate) dn: &'a str,
    pub(crate) name: &'a str,
    /// The one that they had stays if nothing is said.
    pub(crate) organization: Option<&'a str>,
}

/// The person of this entry.
pub(crate) async fn by_entry(db: &mut Session, dn: &str) -> sqlx::Result<Option<UserRow>> {
    let sql = format!("SELECT {COLUMNS} FROM identity_users WHERE directory_dn = $1");
    db.fetch_optional(&sql, args![dn]).await
}

/// Notes that the directory lets a person in.
pub(crate) async fn note(
    db: &mut Session,
    id: &str,
    entry: &DirectoryEntry<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET directory_dn = $2, name = $3, \
               organization = COALESCE($4, organization), checked_at = $5, left_at = NULL, \
               updated_at = $5 WHERE id = $1";
    let organization = entry.organization.map(str::to_owned);
    db.execute(sql, args![id, entry.dn, entry.name, organization, now]).await.map(drop)
}

/// Notes that the directory said of a person what it said before.
pub(crate) async fn note_check(db: &mut Session, id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET checked_at = $2 WHERE id = $1";
    db.execute(sql, args![id, now]).await.map(drop)
}

/// Forgets a person's organization.
pub(crate) async fn forget_organization(db: &mut Session, id: &str) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET organization = NULL WHERE id = $1";
    db.execute(sql, args![id]).await.map(drop)
}

/// Forgets which entry a person was: it is somebody else's account now.
pub(crate) async fn forget_entry(db: &mut Session, id: &str) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET directory_dn = NULL WHERE id = $1";
    db.execute(sql, args![id]).await.map(drop)
}

/// Notes that it does not let a person in any more.
pub(crate) async fn note_leaving(
    db: &mut Session,
    id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET checked_at = $2, left_at = $2, updated_at = $2 \
               WHERE id = $1";
    db.execute(sql, args![id, now]).await.map(drop)
}

/// Leaves a person to the directory.
pub(crate) async fn link(db: &mut Session, id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET source = 'ldap', password_hash = NULL, \
               directory_dn = NULL, checked_at = NULL, left_at = NULL, updated_at = $2 \
               WHERE id = $1";
    db.execute(sql, args![id, now]).await.map(drop)
}

/// Takes a person back from the directory.
pub(crate) async fn unlink(db: &mut Session, id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET source = 'local', directory_dn = NULL, \
               checked_at = NULL, left_at = NULL, updated_at = $2 WHERE id = $1";
    db.execute(sql, args![id, now]).await.map(drop)
}

/// The roles of a person by groups of the directory, by name.
pub(crate) async fn roles(db: &mut Session, user_id: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT role FROM identity_directory_roles WHERE user_id = $1 ORDER BY role";
    let rows: Vec<(String,)> = db.fetch_all(sql, args![user_id]).await?;
    Ok(rows.into_iter().map(|(role,)| role).collect())
}

/// Gives a person these roles by groups of the directory, and no others.
pub(crate) async fn set_roles(
    db: &mut Session,
    user_id: &str,
    roles: &[String],
) -> sqlx::Result<()> {
    let sql = "DELETE FROM identity_directory_roles WHERE user_id = $1";
    db.execute(sql, args![user_id]).await?;
    for role in roles {
        let sql = "INSERT INTO identity_directory_roles (user_id, role) VALUES ($1, $2)";
        db.execute(sql, args![user_id, role.as_str()]).await?;
    }
    Ok(())
}
