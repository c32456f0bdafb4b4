//! What must not go over with an account from one person to the next who has its address.

use crate::{
    db::Session as Db,
    error::Result,
    identity::{
        Provider,
        store::{directory as store, links, personal_tokens, roles, users::UserRow},
    },
};

impl Provider {
    /// Ends for good all that the person of an account was given: sessions, programs, personal
    /// access tokens, links, roles granted here and the organization.
    pub(super) async fn strip(&self, db: &mut Db, row: &UserRow) -> Result<()> {
        self.log_out_everywhere(db, &row.id).await?;
        personal_tokens::delete_of_user(db, &row.id).await?;
        links::delete_of_user(db, &row.id).await?;
        roles::revoke_all(db, &row.id).await?;
        Ok(store::forget_organization(db, &row.id).await?)
    }
}
