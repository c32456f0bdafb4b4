//! The page of one application.

use askama::Template;
use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use jobbergate_types::job_script_templates::JobTemplateDetailedView;

use super::{
    address,
    asks::Asks,
    favourite::Favourite,
    gallery::Success,
    history::History,
    sources::{self, Source},
};
use crate::{
    error::Error,
    permission::Permission,
    resources::job_script_templates::{
        Locator, favourites,
        gallery::{self, Uses},
        questions, service,
    },
    web::{
        errors::{Failure, plain},
        page::page,
        portal::{
            Site,
            fields::Fields,
            frame::{Area, Frame},
            markdown,
            user::User,
            words::Moment,
        },
    },
};

#[derive(Template)]
#[template(path = "portal/application.html")]
struct Application {
    frame: Frame,
    address: String,
    id: i64,
    name: String,
    identifier: Option<String>,
    owner: String,
    is_mine: bool,
    is_archived: bool,
    description: String,
    made: Moment,
    changed: Moment,
    last_use: Option<Moment>,
    success: Option<Success>,
    original: Option<String>,
    favourite: Favourite,
    asks: Result<Asks, String>,
    sources: Vec<Source>,
    entrypoints: usize,
    history: Option<History>,
    may_run: bool,
    may_edit: bool,
    may_clone: bool,
}

/// What is read beside the template itself.
struct Beside {
    is_favourite: bool,
    uses: Uses,
    asks: Result<Asks, String>,
    sources: Vec<Source>,
    history: Option<History>,
}

pub(super) async fn show(
    State(site): State<Site>,
    user: User,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesRead)?;
    let template = find(&user, &id).await?;
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let history_page = query.text("page").parse().unwrap_or(1).max(1);
    let beside = Beside::read(&site, &user, &template, history_page).await?;
    Ok(page(StatusCode::OK, &Application::new(&site, &user, template, beside))?)
}

async fn find(user: &User, id: &str) -> Result<JobTemplateDetailedView, Failure> {
    let missing = || {
        let words = format!(
            "There is no application {id}. It may have been deleted, or have another identifier \
             now: look for it among all applications."
        );
        Failure::new(StatusCode::NOT_FOUND, words)
    };
    if id.contains('\0') {
        return Err(missing());
    }
    match service::get(&user.context, &Locator::parse(id)).await {
        Err(Error::NotFound(_)) => Err(missing()),
        found => Ok(found?),
    }
}

impl Beside {
    async fn read(
        site: &Site,
        user: &User,
        template: &JobTemplateDetailedView,
        history_page: i64,
    ) -> Result<Self, Failure> {
        let (context, id) = (&user.context, template.template.id);
        let asks = match questions::get(context, &Locator::Id(id)).await {
            Ok(asked) => Ok(Asks::of(&asked)),
            Err(error) => {
                error.log();
                Err(plain(&error))
            }
        };
        Ok(Self {
            is_favourite: favourites::has(context, &user.email, id).await?,
            uses: gallery::uses(context, id).await?,
            asks,
            sources: sources::of(site, user, template).await?,
            history: History::of(site, user, id, history_page).await?,
        })
    }
}

impl Application {
    fn new(site: &Site, user: &User, whole: JobTemplateDetailedView, beside: Beside) -> Self {
        let template = whole.template;
        let now = user.context.now();
        let address = address(site, &template);
        let back = address.clone();
        let original = template.cloned_from_id.map(|id| site.path(&format!("/applications/{id}")));
        let files = whole.template_files.iter().flatten();
        let entrypoints =
            files.filter(|file| file.file_type == jobbergate_types::FileType::Entrypoint).count();
        let may_change = user.may_change_of(&template.owner_email);
        let description = template.description.as_deref().unwrap_or_default();
        Self {
            frame: user.frame(site, Area::Applications),
            id: template.id,
            description: markdown::to_html(description, 1),
            made: Moment::new(now, template.created_at.0),
            changed: Moment::new(now, template.updated_at.0),
            last_use: beside.uses.last.map(|at| Moment::new(now, at)),
            success: Success::of(&beside.uses),
            original,
            favourite: Favourite::new(site, user, &template, beside.is_favourite, back),
            asks: beside.asks,
            sources: beside.sources,
            entrypoints,
            history: beside.history,
            may_run: user.may(Permission::JobScriptsCreate),
            may_edit: may_change && user.may(Permission::JobTemplatesUpdate),
            may_clone: user.may(Permission::JobTemplatesCreate),
            is_mine: template.owner_email == user.email,
            is_archived: template.is_archived,
            identifier: template.identifier,
            owner: template.owner_email,
            name: template.name,
            address,
        }
    }
}
