//! Roles.

use std::collections::HashMap;

use super::Administration;
use crate::{
    error::Result,
    identity::{Role, roles, store::roles as store},
    permission::Permission,
};

impl Administration<'_> {
    /// All roles, each with the number of people who have it.
    pub async fn roles(&self) -> Result<Vec<(Role, i64)>> {
        let all = self.provider.roles().await?;
        let counts = match self.organization {
            // How many there are elsewhere is nobody's business.
            Some(_) => HashMap::new(),
            None => HashMap::from_iter(store::counts(&mut self.provider.db.read().await?).await?),
        };
        let with_count = |role: Role| {
            let count = counts.get(&role.name).copied().unwrap_or_default();
            (role, count)
        };
        Ok(all.into_iter().map(with_count).collect())
    }

    pub async fn create_role(&self, name: &str, permissions: &[Permission]) -> Result<()> {
        self.require_server()?;
        let mut db = self.begin().await?;
        roles::insert(&mut db, name, permissions, self.provider.clock.now()).await?;
        self.commit(db, "made a role", name).await
    }

    /// Has a role permit this and no more; next access tokens of those who have it say so.
    pub async fn update_role(&self, name: &str, permissions: &[Permission]) -> Result<()> {
        self.require_server()?;
        let mut db = self.begin().await?;
        roles::update(&mut db, name, permissions, self.provider.clock.now()).await?;
        self.commit(db, "changed a role", name).await
    }

    /// Forgets a role; whoever had it has it no more.
    pub async fn delete_role(&self, name: &str) -> Result<()> {
        self.require_server()?;
        let mut db = self.begin().await?;
        roles::delete(&mut db, name).await?;
        self.commit(db, "deleted a role", name).await
    }
}
