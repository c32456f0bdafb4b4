//! Whether what the server needs is there and works, as `jobbergate admin doctor` finds.

use std::sync::Arc;

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use chrono::TimeDelta;

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
struct Summary {
    address: String,
    examined: Moment,
    found: Arc<Examination>,
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
    Ok(page(axum::http::StatusCode::OK, &Summary { address, examined, found })?)
}
