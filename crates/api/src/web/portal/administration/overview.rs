//! What needs an administrator's attention, first of all.

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use chrono::TimeDelta;

use super::{administrator::Administrator, around::Around, note::Note, outbox};
use crate::{
    identity::People,
    resources::clusters::overview::{Cluster, clusters},
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            clusters::{Health, address},
            frame::Frame,
        },
    },
};

/// How many clusters that are not well are shown.
const CLUSTERS: usize = 100;
/// How long something may wait to be told.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

pub(super) fn router() -> Router<Site> {
    Router::new().route("/admin", get(show))
}

#[derive(Template)]
#[template(path = "portal/administration/overview.html")]
struct OverviewPage {
    frame: Frame,
    around: Around,
    /// What they administer, if it is not the whole server.
    organization: Option<String>,
    matters: Vec<Matter>,
    people: Option<People>,
    clusters: i64,
    unwell: usize,
    waiting: i64,
    version: &'static str,
    is_of_server: bool,
}

/// Something to look after.
struct Matter {
    look: &'static str,
    state: String,
    words: String,
    address: String,
}

async fn show(
    State(site): State<Site>,
    administrator: Administrator,
    mut note: Note,
) -> Result<Response, Failure> {
    let (mut matters, clusters) = unwell(&site, &administrator).await?;
    let unwell = matters.len();
    let people = match &site.app.provider {
        Some(_) => Some(administrator.accounts(&site)?.count_people().await?),
        None => None,
    };
    if let Some(count) = people.map(|people| people.without_role).filter(|count| *count > 0) {
        matters.push(Matter {
            look: "busy",
            state: "Waiting".to_owned(),
            words: match count {
                1 => "1 person has no role and may do nothing yet".to_owned(),
                count => format!("{count} people have no role and may do nothing yet"),
            },
            address: site.path("/admin/people?show=without-role"),
        });
    }
    let mut waiting = 0;
    if administrator.is_of_server() {
        let (late, all) = late(&site).await?;
        matters.extend(late);
        waiting = all;
    }
    let organization = administrator.organization.clone();
    let (frame, around) = Around::new(&site, &administrator, "/admin", &mut note);
    let template = OverviewPage {
        frame,
        around,
        organization,
        matters,
        people,
        clusters,
        unwell,
        waiting,
        version: env!("CARGO_PKG_VERSION"),
        is_of_server: administrator.is_of_server(),
    };
    Ok(page(note.status, &template)?)
}

/// The clusters that are not well, and how many there are in all.
async fn unwell(site: &Site, administrator: &Administrator) -> Result<(Vec<Matter>, i64), Failure> {
    let context = &administrator.user.context;
    let found = clusters(context).await?.sorted();
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let matter = |cluster: Cluster| {
        let health = Health::of(&cluster, context.now());
        let reported = health.reported.as_ref().map_or("never", |at| at.words.as_str());
        let slurm =
            health.slurm_problem.as_ref().map(|it| format!("; Slurm does not answer it: {it}"));
        (health.look != "good").then(|| Matter {
            look: health.look,
            state: health.words.to_owned(),
            words: format!(
                "{}: the agent reported {reported}{}",
                cluster.client_id,
                slurm.unwrap_or_default()
            ),
            address: address(site, &cluster.client_id),
        })
    };
    Ok((found.into_iter().filter_map(matter).take(CLUSTERS).collect(), total))
}

/// What waits for too long to be told, and how much waits in all.
async fn late(site: &Site) -> Result<(Vec<Matter>, i64), Failure> {
    let rows = outbox::channels(site).await?;
    let now = site.app.clock.now();
    let waiting = rows.iter().map(|row| row.backlog.waiting).sum();
    let late = rows.iter().filter(|row| row.backlog.oldest.is_some_and(|at| now - at > PATIENCE));
    let matter = |row: &outbox::ChannelRow| Matter {
        look: "warn",
        state: "Not told".to_owned(),
        words: format!(
            "{} wait to be told by {}, the oldest since {}",
            row.backlog.waiting,
            row.backlog.channel,
            row.oldest.as_ref().map_or("", |oldest| oldest.words.as_str())
        ),
        address: site.path("/admin/outbox"),
    };
    Ok((late.map(matter).collect(), waiting))
}
