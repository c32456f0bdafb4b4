//! The tables of the built-in identity provider.

pub(crate) mod attempts;
pub(crate) mod codes;
pub(crate) mod device_codes;
pub(crate) mod directory;
pub(crate) mod families;
pub(crate) mod links;
pub(crate) mod personal_tokens;
pub(crate) mod purge;
pub(crate) mod roles;
pub(crate) mod sessions;
pub(crate) mod users;

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx_macros::FromRow;

use super::keys::SigningKey;
use crate::{args, db::Session};

#[derive(Debug, FromRow)]
pub(super) struct KeyRow {
    pub(super) id: String,
    pub(super) private_key_pem: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) retired_at: Option<DateTime<Utc>>,
}

#[derive(Debug, FromRow)]
pub(super) struct ClientRow {
    pub(super) client_id: String,
    pub(super) secret_hash: String,
    pub(super) permissions: Json<Vec<String>>,
    pub(super) organization: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) name: Option<String>,
    pub(super) is_public: bool,
    pub(super) redirect_uris: Json<Vec<String>>,
}

pub(super) struct NewClientRow<'a> {
    pub(super) client_id: &'a str,
    pub(super) secret_hash: &'a str,
    pub(super) permissions: &'a [String],
    pub(super) organization: Option<&'a str>,
}

const CLIENT_COLUMNS: &str = "client_id, secret_hash, permissions, organization, created_at, \
                              name, is_public, redirect_uris";
const KEY_COLUMNS: &str = "id, private_key_pem, created_at, retired_at";

/// The keys whose tokens may be good, those retired since then among them, oldest first; the last
/// one signs.
pub(super) async fn published_keys(
    db: &mut Session,
    retired_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<KeyRow>> {
    let sql = format!(
        "SELECT {KEY_COLUMNS} FROM identity_keys \
         WHERE retired_at IS NULL OR retired_at > $1 OR needed_until > $2 \
         ORDER BY CASE WHEN retired_at IS NULL THEN 1 ELSE 0 END, created_at, id"
    );
    db.fetch_all(&sql, args![retired_since, now]).await
}

/// All keys there ever were, as they are in any version.
pub(super) async fn all_keys(db: &mut Session) -> sqlx::Result<Vec<(String, String)>> {
    db.fetch_all("SELECT id, private_key_pem FROM identity_keys", args![]).await
}

/// Retires all keys: they sign nothing more.
pub(super) async fn retire_keys(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE identity_keys SET retired_at = $1 WHERE retired_at IS NULL";
    db.execute(sql, args![now]).await.map(drop)
}

/// Forgets the keys that are retired, so that their tokens are refused.
pub(super) async fn delete_retired_keys(db: &mut Session) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_keys WHERE retired_at IS NOT NULL", args![]).await.map(drop)
}

/// Keeps a key published until this instant, even if it is retired meanwhile.
pub(super) async fn need_key(db: &mut Session, id: &str, until: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE identity_keys SET needed_until = $2 \
               WHERE id = $1 AND (needed_until IS NULL OR needed_until < $2)";
    db.execute(sql, args![id, until]).await.map(drop)
}

/// Keeps a key.
pub(super) async fn insert_key(
    db: &mut Session,
    key: &SigningKey,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_keys (id, private_key_pem, created_at) VALUES ($1, $2, $3)";
    db.execute(sql, args![key.id.as_str(), key.pem.as_str(), now]).await.map(drop)
}

/// Makes a program for people of a client.
pub(super) async fn make_application(
    db: &mut Session,
    client_id: &str,
    name: &str,
    is_public: bool,
    redirect_uris: &[String],
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_clients SET name = $2, is_public = $3, redirect_uris = $4 \
               WHERE client_id = $1";
    let redirect_uris = serde_json::Value::from(redirect_uris.to_vec());
    db.execute(sql, args![client_id, name, is_public, redirect_uris]).await.map(drop)
}

/// Keeps a key unless another replica was quicker.
pub(super) async fn insert_first_key(
    db: &mut Session,
    key: &SigningKey,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_keys (id, private_key_pem, created_at) SELECT $1, $2, $3 \
               WHERE NOT EXISTS (SELECT 1 FROM identity_keys WHERE retired_at IS NULL)";
    db.execute(sql, args![key.id.as_str(), key.pem.as_str(), now]).await.map(drop)
}

/// Keeps a client; false if there is one of that id.
pub(super) async fn insert_client(
    db: &mut Session,
    client: &NewClientRow<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO identity_clients \
               (client_id, secret_hash, permissions, organization, created_at, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (client_id) DO NOTHING";
    let permissions = serde_json::Value::from(client.permissions.to_vec());
    let organization = client.organization.map(str::to_owned);
    let arguments = args![client.client_id, client.secret_hash, permissions, organization, now];
    Ok(db.execute(sql, arguments).await? == 1)
}

/// Gives a client another secret; false if there is no such client.
pub(super) async fn update_secret(
    db: &mut Session,
    client_id: &str,
    secret_hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE identity_clients SET secret_hash = $2, updated_at = $3 WHERE client_id = $1";
    Ok(db.execute(sql, args![client_id, secret_hash, now]).await? == 1)
}

/// Forgets a client; false if there was none.
pub(super) async fn delete_client(db: &mut Session, client_id: &str) -> sqlx::Result<bool> {
    let sql = "DELETE FROM identity_clients WHERE client_id = $1";
    Ok(db.execute(sql, args![client_id]).await? == 1)
}

pub(super) async fn client(db: &mut Session, client_id: &str) -> sqlx::Result<Option<ClientRow>> {
    let sql = format!("SELECT {CLIENT_COLUMNS} FROM identity_clients WHERE client_id = $1");
    db.fetch_optional(&sql, args![client_id]).await
}

/// The clients that act for themselves; those of one organization if it is said.
pub(super) async fn agents(
    db: &mut Session,
    organization: Option<&str>,
) -> sqlx::Result<Vec<ClientRow>> {
    let sql = format!(
        "SELECT {CLIENT_COLUMNS} FROM identity_clients \
         WHERE is_public = false AND ($1 IS NULL OR organization = $1) ORDER BY client_id"
    );
    db.fetch_all(&sql, args![organization.map(str::to_owned)]).await
}

pub(super) async fn clients(db: &mut Session) -> sqlx::Result<Vec<ClientRow>> {
    let sql = format!("SELECT {CLIENT_COLUMNS} FROM identity_clients ORDER BY client_id");
    db.fetch_all(&sql, args![]).await
}

/// Notes how others reach the server.
pub(super) async fn keep_address(
    db: &mut Session,
    base_url: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_address (id, base_url, updated_at) VALUES (1, $1, $2) \
               ON CONFLICT (id) DO UPDATE SET base_url = excluded.base_url, \
               updated_at = excluded.updated_at";
    db.execute(sql, args![base_url, now]).await.map(drop)
}

/// How others reach the server, if it ever ran.
pub(super) async fn address(db: &mut Session) -> sqlx::Result<Option<String>> {
    let sql = "SELECT base_url FROM identity_address";
    let row: Option<(String,)> = db.fetch_optional(sql, args![]).await?;
    Ok(row.map(|(base_url,)| base_url))
}
