//! Templates that people keep at hand.

pub(super) mod store;

use super::{Locator, service};
use crate::{
    app::Context,
    error::{Error, Result},
    query::Lock,
};

/// How many somebody may have.
pub(crate) const MAX: i64 = 100;

/// Whether a template is one of somebody's.
pub(crate) async fn has(context: &Context, email: &str, template: i64) -> Result<bool> {
    Ok(!store::among(&mut context.db.read().await?, email, &[template]).await?.is_empty())
}

/// Puts a template among somebody's, or takes it out; gives its number.
pub(crate) async fn set(
    context: &Context,
    email: &str,
    locator: &Locator,
    wanted: bool,
) -> Result<i32> {
    let mut db = context.db.write().await?;
    let found = super::store::find(&mut db, locator, Lock::Shared).await?;
    let template = found.ok_or_else(|| service::unknown(locator))?.id;
    match wanted {
        true => store::add(&mut db, email, template, context.now()).await?,
        false => store::remove(&mut db, email, template).await?,
    }
    if wanted && store::count(&mut db, email).await? > MAX {
        return Err(Error::Unprocessable(format!(
            "You have {MAX} favourites, which is as many as there may be: remove one first"
        )));
    }
    db.commit().await?;
    Ok(template)
}
