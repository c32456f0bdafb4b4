//! Roles: what people may do, under a name.

use crate::permission::Permission;
use chrono::{DateTime, Utc};

use super::{
    Provider,
    store::roles::{self as store, RoleRow},
};
use crate::{
    db::Session as Db,
    error::{Error, Result},
};

/// The role of those who manage the server.
pub const ADMINISTRATOR: &str = "admin";
/// The role of those who run what others provide.
pub const USER: &str = "user";
const BUILT_IN: [&str; 4] = [USER, "expert", "maintainer", ADMINISTRATOR];

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it permits.
    pub permissions: Vec<String>,
    /// Whether it is there from the start, and can't be changed.
    pub built_in: bool,
}

impl Provider {
    /// All roles.
    pub async fn roles(&self) -> Result<Vec<Role>> {
        let mut db = self.db.write().await?;
        keep_built_in(&mut db, self.clock.now()).await?;
        let rows = store::all(&mut db).await?;
        db.commit().await?;
        Ok(rows.into_iter().map(Role::from).collect())
    }

    /// The names of the roles that are there from the start.
    pub fn built_in_roles() -> Vec<String> {
        BUILT_IN.map(str::to_owned).to_vec()
    }

    /// The names of all roles; nothing is changed.
    pub async fn role_names(&self) -> Result<Vec<String>> {
        let rows = store::all(&mut self.db.read().await?).await?;
        let made = rows.into_iter().filter(|row| !row.built_in).map(|row| row.name);
        Ok(Self::built_in_roles().into_iter().chain(made).collect())
    }

    /// Makes a role; 409 if there is one of that name.
    pub async fn create_role(&self, name: &str, permissions: &[Permission]) -> Result<()> {
        let mut db = self.db.write().await?;
        keep_built_in(&mut db, self.clock.now()).await?;
        insert(&mut db, name, permissions, self.clock.now()).await?;
        Ok(db.commit().await?)
    }

    /// Forgets a role; whoever had it has it no more.
    pub async fn delete_role(&self, name: &str) -> Result<()> {
        let mut db = self.db.write().await?;
        delete(&mut db, name).await?;
        Ok(db.commit().await?)
    }
}

pub(super) async fn insert(
    db: &mut Db,
    name: &str,
    permissions: &[Permission],
    now: DateTime<Utc>,
) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !(1..=64).contains(&name.len()) || !name.chars().all(plain) {
        let words = format!("The role {name:?} must have 1 to 64 letters, digits or -_.");
        return Err(Error::Unprocessable(words));
    }
    let names: Vec<_> = permissions.iter().map(|permission| permission.as_str()).collect();
    if store::insert(db, name, &names, now).await? {
        return Ok(());
    }
    Err(Error::Conflict(format!("There is a role {name} already")))
}

/// Has a role permit this and no more.
pub(super) async fn update(
    db: &mut Db,
    name: &str,
    permissions: &[Permission],
    now: DateTime<Utc>,
) -> Result<()> {
    if existing(db, name).await?.built_in {
        let words = format!("The role {name} is there from the start and can't be changed");
        return Err(Error::Conflict(words));
    }
    let names: Vec<_> = permissions.iter().map(|permission| permission.as_str()).collect();
    Ok(store::set_permissions(db, name, &names, now).await?)
}

pub(super) async fn delete(db: &mut Db, name: &str) -> Result<()> {
    if existing(db, name).await?.built_in {
        let words = format!("The role {name} is there from the start and can't be deleted");
        return Err(Error::Conflict(words));
    }
    Ok(store::delete(db, name).await?)
}

impl From<RoleRow> for Role {
    fn from(row: RoleRow) -> Self {
        Self { name: row.name, permissions: row.permissions.0, built_in: row.built_in }
    }
}

/// Keeps the roles that are there from the start.
pub(super) async fn keep_built_in(db: &mut Db, now: DateTime<Utc>) -> Result<()> {
    for name in BUILT_IN {
        let permissions: Vec<_> = permitted(name).into_iter().map(Permission::as_str).collect();
        store::keep_built_in(db, name, &permissions, now).await?;
    }
    Ok(())
}

/// What a role permits that is there from the start, if this is one.
pub(crate) fn built_in_role(name: &str) -> Option<Vec<Permission>> {
    BUILT_IN.contains(&name).then(|| permitted(name))
}

fn permitted(role: &str) -> Vec<Permission> {
    Permission::ALL.into_iter().filter(|permission| permits(role, *permission)).collect()
}

fn permits(role: &str, permission: Permission) -> bool {
    use Permission::{
        Admin, JobTemplatesCreate, JobTemplatesDelete, JobTemplatesUpdate, Maintainer,
    };
    let writes_templates =
        matches!(permission, JobTemplatesCreate | JobTemplatesUpdate | JobTemplatesDelete);
    match role {
        USER => permission.is_for_users() && !writes_templates,
        "expert" => permission.is_for_users(),
        "maintainer" => permission.is_for_users() || permission == Maintainer,
        _ => permission == Admin,
    }
}

/// The role of this name; 404 if there is none.
pub(super) async fn existing(db: &mut Db, name: &str) -> Result<RoleRow> {
    let missing = || Error::NotFound(format!("There is no role {name}"));
    // PostgreSQL can't even look for it.
    if name.contains('\0') {
        return Err(missing());
    }
    store::find(db, name).await?.ok_or_else(missing)
}

/// What these roles permit together, in the order of all permissions.
pub(super) fn together(roles: &[&RoleRow]) -> Vec<String> {
    let held = |name: &str| roles.iter().any(|role| role.permissions.iter().any(|it| it == name));
    let names = Permission::ALL.into_iter().map(Permission::as_str);
    names.filter(|name| held(name)).map(str::to_owned).collect()
}
