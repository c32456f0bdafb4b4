//! What waits to be told to others: a message broker, owners by e-mail.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

use super::{
    administrator::{Administrator, ServerAdministrator, ServerForm},
    around::Around,
    note::Note,
};
use crate::{
    error::{Error, Result},
    events::{Backlog, LastFailure},
    tenant::Tenant,
    web::{
        errors::Failure,
        page::page,
        portal::{Site, fields::Fields, frame::Frame, words::Moment},
    },
};

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/admin/outbox", get(show))
        .route("/admin/outbox/{action}", post(act).get(instead))
}

#[derive(Template)]
#[template(path = "portal/administration/outbox.html")]
struct OutboxPage {
    frame: Frame,
    around: Around,
    channels: Vec<ChannelRow>,
    are_separate: bool,
}

/// What waits for one channel in one outbox.
pub(super) struct ChannelRow {
    /// Whose outbox it is.
    pub(super) organization: Option<String>,
    pub(super) backlog: Backlog,
    pub(super) oldest: Option<Moment>,
    pub(super) failure: Option<(Moment, String)>,
}

/// All that is known to wait: in the server's own outbox, and in those of organizations whose
/// databases are open.
pub(super) async fn channels(site: &Site) -> Result<Vec<ChannelRow>> {
    let mut all = Vec::new();
    for Tenant { organization, db, .. } in site.app.tenants.opened() {
        let backlogs = site.app.events.backlog(&db).await?;
        let is_worth_it = |row: &Backlog| organization.is_none() || row.waiting > 0;
        let shown = backlogs.into_iter().filter(is_worth_it);
        all.extend(shown.map(|backlog| ChannelRow::new(site, organization.clone(), backlog)));
    }
    Ok(all)
}

impl ChannelRow {
    fn new(site: &Site, organization: Option<String>, backlog: Backlog) -> Self {
        let now = site.app.clock.now();
        let failure = site.app.events.last_failure(&backlog.channel);
        Self {
            organization,
            oldest: backlog.oldest.map(|at| Moment::new(now, at)),
            failure: failure.map(|LastFailure { at, cause }| (Moment::new(now, at), cause)),
            backlog,
        }
    }
}

async fn instead(State(site): State<Site>, Path(_): Path<String>) -> Redirect {
    Redirect::to(&site.path("/admin/outbox"))
}

async fn show(
    State(site): State<Site>,
    ServerAdministrator(administrator): ServerAdministrator,
    note: Note,
) -> Result<Response, Failure> {
    render(&site, &administrator, note).await
}

async fn render(
    site: &Site,
    administrator: &Administrator,
    mut note: Note,
) -> Result<Response, Failure> {
    let channels = channels(site).await?;
    let are_separate = site.app.tenants.are_separate();
    let (frame, around) = Around::new(site, administrator, "/admin/outbox", &mut note);
    Ok(page(note.status, &OutboxPage { frame, around, channels, are_separate })?)
}

async fn act(
    State(site): State<Site>,
    Path(action): Path<String>,
    ServerForm { administrator, fields }: ServerForm,
) -> Result<Response, Failure> {
    match change(&site, &administrator, &action, &fields).await {
        Ok(done) => {
            Ok(Redirect::to(&site.path(&format!("/admin/outbox?done={done}"))).into_response())
        }
        Err(error) => render(&site, &administrator, Note::refused(error, fields)?).await,
    }
}

async fn change(
    site: &Site,
    administrator: &Administrator,
    action: &str,
    fields: &Fields,
) -> Result<&'static str> {
    let (channel, organization) = (fields.text("channel"), fields.text("organization"));
    let organization = (!organization.is_empty()).then_some(organization);
    let closed =
        || Error::Conflict("The database of this organization is closed by now".to_owned());
    let tenant = site.app.tenants.if_open(organization).ok_or_else(closed)?;
    if channel.contains('\0') {
        return Err(Error::Unprocessable("There is no such channel".to_owned()));
    }
    let events = &site.app.events;
    let (done, count) = match action {
        "retry" => ("retried", events.retry(&tenant.db, channel, site.app.clock.now()).await?),
        "forget" => ("dropped", events.drop_waiting(&tenant.db, channel).await?),
        _ => return Err(Error::NotFound("Nothing of this kind can be done to it".to_owned())),
    };
    let by = administrator.user.email.as_str();
    tracing::info!(
        administrator = by,
        organization,
        channel,
        count,
        done,
        "an administrator changed the outbox"
    );
    Ok(done)
}
