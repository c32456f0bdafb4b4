//! What of the identity provider's tables belongs to an organization: its people and clients, and
//! the roles that its people have.

use sea_query::Value;

use super::{Column, Place, Table, column};
use crate::{
    db::Kind::{Boolean, Instant, Json, Text},
    transfer::row::Row,
};

const CREATED_AT: Column = column("created_at", Instant);
const UPDATED_AT: Column = column("updated_at", Instant);
const USER_ID: Column = column("user_id", Text);
const ROLE: Column = column("role", Text);
const PERMISSIONS: Column = column("permissions", Json);
const ORGANIZATION: Column = column("organization", Text).or_null();

const OF_USER: Place = Place::Shared {
    of_organization: "user_id IN (SELECT id FROM identity_users \
                      WHERE organization IS NOT DISTINCT FROM $1)",
    advice: "delete the account that has it with `jobbergate admin user delete`",
};

/// Whose account a row is: its id, if the row is one.
pub(in crate::transfer) fn account<'a>(table: &Table, row: &'a Row) -> Option<&'a Value> {
    (table.name == "identity_users").then(|| row.first()).flatten()
}

/// Whose account a row is about, if it is about one.
pub(in crate::transfer) fn about_account<'a>(table: &Table, row: &'a Row) -> Option<&'a Value> {
    let place = table.columns.iter().position(|column| *column == USER_ID)?;
    row.get(place)
}

pub(super) static TABLES: &[Table] = &[
    Table::new(
        "identity_roles",
        &["name"],
        &[column("name", Text), PERMISSIONS, column("built_in", Boolean), CREATED_AT, UPDATED_AT],
    )
    .at(Place::Shared {
        of_organization: "name IN (SELECT r.role FROM identity_user_roles AS r \
                          JOIN identity_users AS u ON u.id = r.user_id \
                          WHERE u.organization IS NOT DISTINCT FROM $1 \
                          UNION SELECT r.role FROM identity_directory_roles AS r \
                          JOIN identity_users AS u ON u.id = r.user_id \
                          WHERE u.organization IS NOT DISTINCT FROM $1)",
        advice: "have this role permit the same at both servers (`jobbergate admin role`), or delete it \
                 at this one",
    }),
    Table::new(
        "identity_users",
        &["id"],
        &[
            column("id", Text),
            column("email", Text),
            column("name", Text),
            column("password_hash", Text).or_null(),
            column("source", Text),
            ORGANIZATION,
            column("disabled_at", Instant).or_null(),
            CREATED_AT,
            UPDATED_AT,
            column("last_login_at", Instant).or_null(),
            column("directory_dn", Text).or_null(),
            column("checked_at", Instant).or_null(),
            column("left_at", Instant).or_null(),
        ],
    )
    .at(Place::Shared {
        of_organization: "organization IS NOT DISTINCT FROM $1",
        advice: "delete the account of this address at this server with `jobbergate admin user delete`",
    }),
    Table::new("identity_user_roles", &["user_id", "role"], &[USER_ID, ROLE]).at(OF_USER),
    Table::new("identity_directory_roles", &["user_id", "role"], &[USER_ID, ROLE]).at(OF_USER),
    Table::new(
        "identity_personal_tokens",
        &["id"],
        &[
            column("id", Text),
            column("hash", Text),
            USER_ID,
            column("name", Text),
            PERMISSIONS,
            CREATED_AT,
            column("expires_at", Instant).or_null(),
            column("last_used_at", Instant).or_null(),
        ],
    )
    .at(OF_USER),
    Table::new(
        "identity_clients",
        &["client_id"],
        &[
            column("client_id", Text),
            column("secret_hash", Text),
            PERMISSIONS,
            CREATED_AT,
            UPDATED_AT,
            ORGANIZATION,
            column("name", Text).or_null(),
            column("is_public", Boolean),
            column("redirect_uris", Json),
        ],
    )
    .at(Place::Shared {
        of_organization: "organization IS NOT DISTINCT FROM $1",
        advice: "delete the client of this name at this server with `jobbergate admin client delete`",
    }),
];
