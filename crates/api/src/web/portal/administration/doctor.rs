//! Whether what the server needs is there and works, as `jobbergate admin doctor` finds.

use std::sync::Arc;

use askama::Template;
use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use chrono::TimeDelta;
use jobbergate_doctor::Problem;

use super::{administrator::ServerAdministrator, around::Around, note::Note};
use crate::{
    doctor::Examination,
    web::{
        errors::Failure,
        page::page,
        portal::{Site, frame::Frame, words::Moment},
    },
};

/// How old what was found may be when somebody asks for it.
const FRESH: TimeDelta = TimeDelta::seconds(20);
/// How old it may be where it is beside other things.
const RECENT: TimeDelta = TimeDelta::minutes(5);

pub(super) fn router() -> Router<Site> {
    Router::new().route("/admin/doctor", get(show)).route("/admin/doctor/summary", get(summary))
}

#[derive(Template)]
#[template(path = "portal/administration/doctor.html")]
struct DoctorPage {
    frame: Frame,
    around: Around,
    examined: Moment,
    found: Arc<Examination>,
}

#[derive(Template)]
#[template(path = "portal/administration/doctor_summary.html")]
struct Summary<'a> {
    address: String,
    examined: Moment,
    found: &'a Examination,
    matters: Vec<(&'static str, &'a Problem)>,
}

async fn show(
    State(site): State<Site>,
    ServerAdministrator(administrator): ServerAdministrator,
    mut note: Note,
) -> Result<Response, Failure> {
    let found = site.app.examinations.recent(&site.app.config, &site.app.clock, FRESH).await;
    let examined = Moment::new(site.app.clock.now(), found.at);
    let (frame, around) = Around::new(&site, &administrator, "/admin/doctor", &mut note);
    Ok(page(note.status, &DoctorPage { frame, around, examined, found })?)
}

/// For the overview.
async fn summary(
    State(site): State<Site>,
    ServerAdministrator(_): ServerAdministrator,
) -> Result<Response, Failure> {
    let found = site.app.examinations.recent(&site.app.config, &site.app.clock, RECENT).await;
    let examined = Moment::new(site.app.clock.now(), found.at);
    let address = site.path("/admin/doctor");
    // The overview has the clusters itself, but for those of organizations with data of their own.
    let is_shown = |check: &str| check != "clusters" || site.app.tenants.are_separate();
    let matters = found.findings.iter().filter(|finding| is_shown(finding.check));
    let matters =
        matters.filter_map(|finding| Some((finding.check, finding.outcome.as_ref().err()?)));
    let summary = Summary { address, examined, found: &found, matters: matters.collect() };
    Ok(page(StatusCode::OK, &summary)?)
}
