//! Templates for people who look for one: with how they did lately, favourites first.

mod store;

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{Page, job_script_templates::JobTemplateListView, list::Paging};
use moka::sync::Cache;

use super::favourites;
use crate::{app::Context, db::Session, error::Result};

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

/// How templates of organizations are used: read again after half a minute, as all the scripts and
/// submissions of a template are counted for it.
#[derive(Debug)]
pub(crate) struct KnownUses(Cache<(Option<String>, i64), Uses>);

impl Default for KnownUses {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(30));
        Self(cache.build())
    }
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
    let uses = uses_of(context, &mut db, &ids).await?;
    Ok(page.map(|template| Entry {
        is_favourite: favourites.contains(&template.id),
        uses: uses.get(&template.id).copied().unwrap_or_default(),
        template,
    }))
}

/// How one template is used.
pub(crate) async fn uses(context: &Context, template: i64) -> Result<Uses> {
    let mut db = context.db.read().await?;
    let uses = uses_of(context, &mut db, &[template]).await?;
    Ok(uses.get(&template).copied().unwrap_or_default())
}

/// How each of these templates is used.
async fn uses_of(
    context: &Context,
    db: &mut Session,
    templates: &[i64],
) -> Result<HashMap<i64, Uses>> {
    let known = &context.app.template_uses.0;
    let key = |template: i64| (context.organization.clone(), template);
    let mut uses: HashMap<_, _> = templates
        .iter()
        .filter_map(|template| Some((*template, known.get(&key(*template))?)))
        .collect();
    let unknown: Vec<_> =
        templates.iter().copied().filter(|template| !uses.contains_key(template)).collect();
    let read = store::uses(db, &unknown, context.now() - LATELY).await?;
    let mut read: HashMap<_, _> = read.into_iter().collect();
    for template in unknown {
        let read = read.remove(&template).unwrap_or_default();
        known.insert(key(template), read);
        uses.insert(template, read);
    }
    Ok(uses)
}
