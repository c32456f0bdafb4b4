//! People.

use std::collections::HashMap;

use jobbergate_types::{Page, list::Paging};
use rand::CryptoRng;

use super::Administration;
use crate::{
    db::Session as Db,
    error::{Error, Result},
    identity::{
        Admission, NewUser, PASSWORD_PAGE, PasswordLink, Session, Standing, User, roles,
        store::{
            codes, families, links, roles as role_store, sessions,
            users::{self as store, UserRow},
        },
        users,
    },
};

/// How many people there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct People {
    pub all: i64,
    pub without_role: i64,
    pub invited: i64,
    pub disabled: i64,
}

impl Administration<'_> {
    /// Some of the people, by address.
    pub async fn people(
        &self,
        standing: Standing,
        search: Option<String>,
        paging: &Paging,
    ) -> Result<Page<User>> {
        let search = search.filter(|words| !words.trim().is_empty());
        let mut db = self.provider.db.read().await?;
        let rows = store::page(&mut db, self.organization, standing, search, paging).await?;
        let ids: Vec<_> = rows.items.iter().map(|row| row.id.as_str()).collect();
        let roles: HashMap<_, _> = role_store::all(&mut db)
            .await?
            .into_iter()
            .map(|role| (role.name.clone(), role))
            .collect();
        let mut held: HashMap<String, Vec<&role_store::RoleRow>> = HashMap::new();
        for (user, role) in role_store::of_users(&mut db, &ids).await? {
            held.entry(user).or_default().extend(roles.get(&role));
        }
        Ok(rows.map(|row| {
            let roles = held.remove(&row.id).unwrap_or_default();
            User::new(row, &roles)
        }))
    }

    pub async fn count_people(&self) -> Result<People> {
        let mut db = self.provider.db.read().await?;
        let mut count = async |standing| store::count(&mut db, self.organization, standing).await;
        Ok(People {
            all: count(Standing::Any).await?,
            without_role: count(Standing::WithoutRole).await?,
            invited: count(Standing::Invited).await?,
            disabled: count(Standing::Disabled).await?,
        })
    }

    /// How many people each organization has that has some.
    pub async fn people_of_organizations(&self) -> Result<Vec<(String, i64)>> {
        self.require_server()?;
        Ok(store::counts(&mut self.provider.db.read().await?).await?)
    }

    /// One of the people; 404 if there is none of this id.
    pub async fn person(&self, id: &str) -> Result<User> {
        let mut db = self.provider.db.read().await?;
        let row = self.managed(&mut db, id).await?;
        users::with_roles(&mut db, row).await
    }

    /// Where they are logged in, and the programs that they let in.
    pub async fn log_ins(&self, user: &User) -> Result<(Vec<Session>, Vec<Admission>)> {
        Ok((self.provider.sessions(user).await?, self.provider.admissions(user).await?))
    }

    async fn managed(&self, db: &mut Db, id: &str) -> Result<UserRow> {
        let row = match id.contains('\0') {
            true => None,
            false => store::by_id(db, id).await?,
        };
        let own = row.filter(|row| self.is_ours(row.organization.as_deref()));
        own.ok_or_else(|| Error::NotFound("There is no such account".to_owned()))
    }

    /// The same; nobody else changes it until the transaction ends.
    async fn locked(&self, db: &mut Db, id: &str) -> Result<UserRow> {
        if !id.contains('\0') {
            store::lock(db, id).await?;
        }
        self.managed(db, id).await
    }

    /// Makes an account, in the administrator's own organization if they have one.
    pub async fn create_user(
        &self,
        new: NewUser,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<User> {
        let organization = self.organization.map(str::to_owned).or(new.organization);
        let new = NewUser { organization, ..new };
        let row = self.provider.new_row(&new, rng).await?;
        let mut db = self.begin().await?;
        if let Some(there) = store::by_email(&mut db, &row.email).await?
            && !self.is_ours(there.organization.as_deref())
        {
            let words =
                "There can't be an account of this address here; ask the server's administrator";
            return Err(Error::Conflict(words.to_owned()));
        }
        let user = self.provider.insert_user(&mut db, row, &new.roles).await?;
        self.commit(db, "made an account", &user.email).await?;
        Ok(user)
    }

    /// The address where somebody chooses a password; those made before are good no more.
    pub async fn password_link(
        &self,
        id: &str,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<PasswordLink> {
        let mut db = self.begin().await?;
        let row = self.locked(&mut db, id).await?;
        let link = self.provider.replace_link(&mut db, row, rng).await?;
        self.commit(db, "made a link to choose a password", &link.email).await?;
        Ok(link)
    }

    pub async fn grant_role(&self, id: &str, role: &str) -> Result<()> {
        let mut db = self.begin().await?;
        roles::existing(&mut db, role).await?;
        let row = self.locked(&mut db, id).await?;
        role_store::grant(&mut db, &row.id, role).await?;
        self.commit(db, &format!("gave the role {role}"), &row.email).await
    }

    pub async fn revoke_role(&self, id: &str, role: &str) -> Result<()> {
        let mut db = self.begin().await?;
        roles::existing(&mut db, role).await?;
        let row = self.locked(&mut db, id).await?;
        users::revoke(&mut db, &row, role).await?;
        self.commit(db, &format!("took the role {role}"), &row.email).await
    }

    /// Keeps a person out: their sessions and tokens are refused from now on.
    pub async fn disable_user(&self, id: &str) -> Result<()> {
        let mut db = self.begin().await?;
        let row = self.locked(&mut db, id).await?;
        self.provider.shut_out(&mut db, &row.id).await?;
        self.commit(db, "disabled an account", &row.email).await
    }

    pub async fn enable_user(&self, id: &str) -> Result<()> {
        let mut db = self.begin().await?;
        let row = self.locked(&mut db, id).await?;
        store::set_disabled(&mut db, &row.id, None, self.provider.clock.now()).await?;
        self.commit(db, "enabled an account", &row.email).await
    }

    /// Removes an account; what its owner made stays.
    pub async fn delete_user(&self, id: &str) -> Result<String> {
        let mut db = self.begin().await?;
        let row = self.locked(&mut db, id).await?;
        self.provider.forget_user(&mut db, &row).await?;
        self.commit(db, "deleted an account", &row.email).await?;
        Ok(row.email)
    }

    /// Ends one of a person's sessions, and what was let in from it.
    pub async fn end_session(&self, id: &str, session: &str) -> Result<()> {
        let mut db = self.begin().await?;
        let row = self.locked(&mut db, id).await?;
        // Who clicks twice has what they want.
        if sessions::delete(&mut db, &row.id, session).await? {
            codes::delete_of_session(&mut db, session).await?;
            families::revoke_of_session(&mut db, session, self.provider.clock.now()).await?;
        }
        self.commit(db, "ended a session", &row.email).await
    }

    /// Ends all sessions of a person and what was let in from them, and links that were made for them.
    pub async fn log_out(&self, id: &str) -> Result<()> {
        let mut db = self.begin().await?;
        let row = self.locked(&mut db, id).await?;
        self.provider.log_out_everywhere(&mut db, &row.id).await?;
        links::delete_of_user(&mut db, &row.id).await?;
        self.commit(db, "ended all sessions", &row.email).await
    }

    /// The address of a link with this secret.
    pub fn link_of(&self, secret: &str) -> String {
        self.provider.link_address(PASSWORD_PAGE, secret)
    }
}
