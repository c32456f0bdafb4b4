//! Templates for people who look for one: with how they did lately, favourites first.

mod store;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{Page, job_script_templates::JobTemplateListView, list::Paging};

use super::favourites;
use crate::{app::Context, error::Result};

/// What counts as lately.
pub(crate) const LATELY: TimeDelta = TimeDelta::days(30);

/// Which templates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// Those with an identifier, and one's own.
    #[default]
    Published,
    Mine,
    Favourites,
    /// Those without an identifier, too.
    Everything,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) shelf: Shelf,
    /// As the list of the API is searched.
    pub(crate) search: Option<String>,
    pub(crate) include_archived: bool,
    pub(crate) paging: Paging,
}

/// A template in the gallery.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) template: JobTemplateListView,
    pub(crate) is_favourite: bool,
    pub(crate) uses: Uses,
}

/// How a template is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// When a script was made from it last, or one of its scripts submitted.
    pub(crate) last: Option<DateTime<Utc>>,
    /// How many submissions of lately are settled, whatever became of them.
    pub(crate) settled: i64,
    /// How many of those ended well.
    pub(crate) done: i64,
}

impl Uses {
    /// The share of what ended well, in percent; none if nothing was settled.
    pub(crate) fn success(&self) -> Option<i64> {
        (self.settled > 0).then(|| self.done * 100 / self.settled)
    }
}

pub(crate) async fn page(context: &Context, wanted: &Wanted, email: &str) -> Result<Page<Entry>> {
    let mut db = context.db.read().await?;
    let page = store::page(&mut db, wanted, email).await?.map(JobTemplateListView::from);
    let ids: Vec<_> = page.items.iter().map(|template| template.id).collect();
    let favourites = favourites::store::among(&mut db, email, &ids).await?;
    let since = context.now() - LATELY;
    let mut uses: HashMap<_, _> = store::uses(&mut db, &ids, since).await?.into_iter().collect();
    Ok(page.map(|template| Entry {
        is_favourite: favourites.contains(&template.id),
        uses: uses.remove(&template.id).unwrap_or_default(),
        template,
    }))
}

/// How one template is used.
pub(crate) async fn uses(context: &Context, template: i64) -> Result<Uses> {
    let mut db = context.db.read().await?;
    let since = context.now() - LATELY;
    let found = store::uses(&mut db, &[template], since).await?.pop();
    Ok(found.map(|(_, uses)| uses).unwrap_or_default())
}
