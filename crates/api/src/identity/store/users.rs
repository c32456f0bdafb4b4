//! `identity_users` and their roles.

use chrono::{DateTime, Utc};
use jobbergate_types::{
    Page,
    list::{ListQuery, Paging},
};
use sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{
    args,
    db::Session,
    query::{ListColumns, Ordering, Table},
};

const USERS: Table = Table { name: "identity_users", key: &["id"] };
const LIST: ListColumns = ListColumns { searched: &["email", "name"], sortable: &["email"] };

/// Which people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Any,
    /// Those who have not chosen a password yet.
    Invited,
    /// Those who are kept out.
    Disabled,
    /// Those who are not, but may do nothing.
    WithoutRole,
}

/// A person, as they are kept.
#[derive(Debug, Clone, FromRow, FieldNamesAsSlice)]
pub(crate) struct UserRow {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) password_hash: Option<String>,
    pub(crate) source: String,
    pub(crate) organization: Option<String>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_login_at: Option<DateTime<Utc>>,
    /// Their entry in the directory.
    pub(crate) directory_dn: Option<String>,
    /// When the directory was asked last whether it still lets them in.
    pub(crate) checked_at: Option<DateTime<Utc>>,
    /// Since when it does not.
    pub(crate) left_at: Option<DateTime<Utc>>,
}

impl UserRow {
    /// Whether nobody keeps them out.
    pub(crate) const fn is_let_in(&self) -> bool {
        self.disabled_at.is_none() && self.left_at.is_none()
    }
}

pub(super) const COLUMNS: &str = "id, email, name, password_hash, source, organization, disabled_at, \
                       created_at, last_login_at, directory_dn, checked_at, left_at";

/// Keeps a person; false if there is one of that address, or of one that differs in case only.
pub(crate) async fn insert(db: &mut Session, user: &UserRow) -> sqlx::Result<bool> {
    if !alike(db, &user.email).await?.is_empty() {
        return Ok(false);
    }
    let sql = "INSERT INTO identity_users (id, email, name, password_hash, source, organization, \
               created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) \
               ON CONFLICT (email) DO NOTHING";
    let arguments = args![
        user.id.as_str(),
        user.email.as_str(),
        user.name.as_str(),
        user.password_hash.clone(),
        user.source.as_str(),
        user.organization.clone(),
        user.created_at,
    ];
    Ok(db.execute(sql, arguments).await? == 1)
}

/// The addresses that are this one, but for the case of letters. All are looked through, whether
/// it is there or not: the time tells nobody.
async fn alike(db: &mut Session, email: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT email FROM identity_users WHERE lower(email) = lower($1)";
    let rows: Vec<(String,)> = db.fetch_all(sql, args![email]).await?;
    Ok(rows.into_iter().map(|(email,)| email).collect())
}

/// The person with this address, else the only one whose address differs from it in case; nobody
/// else changes them until the transaction ends.
pub(crate) async fn by_email(db: &mut Session, email: &str) -> sqlx::Result<Option<UserRow>> {
    let alike = alike(db, email).await?;
    let email = match alike.as_slice() {
        [only] => only,
        several if several.iter().any(|it| it == email) => email,
        _ => return Ok(None),
    };
    let lock = db.lock_clause();
    let sql = format!("SELECT {COLUMNS} FROM identity_users WHERE email = $1{lock}");
    db.fetch_optional(&sql, args![email]).await
}

/// The person with this id. There is no lock: whoever disables somebody takes the locks of what is
/// theirs after that of their row, and those who use these look at the row last.
pub(crate) async fn by_id(db: &mut Session, id: &str) -> sqlx::Result<Option<UserRow>> {
    let sql = format!("SELECT {COLUMNS} FROM identity_users WHERE id = $1");
    db.fetch_optional(&sql, args![id]).await
}

/// The people with these ids.
pub(crate) async fn by_ids(db: &mut Session, ids: &[&str]) -> sqlx::Result<Vec<UserRow>> {
    USERS.rows(db, Expr::col("id").is_in(ids.iter().copied())).await
}

/// Lets nobody else change a person until the transaction ends.
pub(crate) async fn lock(db: &mut Session, id: &str) -> sqlx::Result<()> {
    let lock = db.lock_clause();
    let sql = format!("SELECT id FROM identity_users WHERE id = $1{lock}");
    let _locked: Option<(String,)> = db.fetch_optional(&sql, args![id]).await?;
    Ok(())
}

/// Everybody, by address.
pub(crate) async fn all(db: &mut Session) -> sqlx::Result<Vec<UserRow>> {
    let sql = format!("SELECT {COLUMNS} FROM identity_users ORDER BY email");
    db.fetch_all(&sql, args![]).await
}

/// Some of the people, by address; those of one organization if it is said.
pub(crate) async fn page(
    db: &mut Session,
    organization: Option<&str>,
    standing: Standing,
    search: Option<String>,
    paging: &Paging,
) -> sqlx::Result<Page<UserRow>> {
    let list = ListQuery { search, include_archived: true, ..ListQuery::default() };
    let condition = LIST.narrowed(db, those(organization, standing), &list, None);
    let order = Ordering { column: "email", ascending: true };
    USERS.page(db, condition, order, paging).await
}

/// How many there are.
pub(crate) async fn count(
    db: &mut Session,
    organization: Option<&str>,
    standing: Standing,
) -> sqlx::Result<i64> {
    USERS.count(db, those(organization, standing)).await
}

/// How many people each organization has.
pub(crate) async fn counts(db: &mut Session) -> sqlx::Result<Vec<(String, i64)>> {
    let sql = "SELECT organization, count(*) AS people FROM identity_users \
               WHERE organization IS NOT NULL GROUP BY organization ORDER BY organization";
    db.fetch_all(sql, args![]).await
}

fn those(organization: Option<&str>, standing: Standing) -> Condition {
    let own = organization.map(|organization| Expr::col("organization").eq(organization));
    let all = Condition::all().add_option(own);
    let is_let_in = || Expr::col("disabled_at").is_null();
    match standing {
        Standing::Any => all,
        Standing::Invited => all
            .add(is_let_in())
            .add(Expr::col("source").eq("local"))
            .add(Expr::col("password_hash").is_null()),
        Standing::Disabled => all.add(Expr::col("disabled_at").is_not_null()),
        Standing::WithoutRole => all
            .add(is_let_in())
            .add(Expr::col("left_at").is_null())
            .add(Expr::col("id").not_in_subquery(holders("identity_user_roles")))
            .add(Expr::col("id").not_in_subquery(holders("identity_directory_roles"))),
    }
}

fn holders(table: &'static str) -> SelectStatement {
    Query::select().column("user_id").from(table).to_owned()
}

/// The addresses of those who are kept out.
pub(crate) async fn disabled(db: &mut Session) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT email FROM identity_users WHERE disabled_at IS NOT NULL \
               OR left_at IS NOT NULL";
    let rows: Vec<(String,)> = db.fetch_all(sql, args![]).await?;
    Ok(rows.into_iter().map(|(email,)| email).collect())
}

/// The addresses whose accounts were deleted, and when.
pub(crate) async fn deleted(db: &mut Session) -> sqlx::Result<Vec<(String, DateTime<Utc>)>> {
    db.fetch_all("SELECT email, deleted_at FROM identity_deleted_users", args![]).await
}

/// Notes that the account of this address was deleted.
pub(crate) async fn note_deletion(
    db: &mut Session,
    email: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_deleted_users (email, deleted_at) VALUES ($1, $2) \
               ON CONFLICT (email) DO UPDATE SET deleted_at = excluded.deleted_at";
    db.execute(sql, args![email, now]).await.map(drop)
}

/// Disables or enables a person.
pub(crate) async fn set_disabled(
    db: &mut Session,
    id: &str,
    disabled_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET disabled_at = $2, updated_at = $3 WHERE id = $1";
    db.execute(sql, args![id, disabled_at, now]).await.map(drop)
}

/// Gives a person another name.
pub(crate) async fn set_name(
    db: &mut Session,
    id: &str,
    name: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET name = $2, updated_at = $3 WHERE id = $1";
    db.execute(sql, args![id, name, now]).await.map(drop)
}

/// Gives a person another password.
pub(crate) async fn set_password(
    db: &mut Session,
    id: &str,
    hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET password_hash = $2, updated_at = $3 WHERE id = $1";
    db.execute(sql, args![id, hash, now]).await.map(drop)
}

/// Notes that a person logged in.
pub(crate) async fn logged_in(db: &mut Session, id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE identity_users SET last_login_at = $2 WHERE id = $1";
    db.execute(sql, args![id, now]).await.map(drop)
}

/// Forgets a person and all that is theirs, but for the families of their tokens.
pub(crate) async fn delete(db: &mut Session, id: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_users WHERE id = $1", args![id]).await.map(drop)
}
