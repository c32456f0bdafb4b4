//! The clients that agents authenticate as, and how an agent begins.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use rand::rngs::StdRng;

use super::{
    administrator::{Administrator, AdministratorForm},
    around::Around,
    deployment::Deployment,
    note::Note,
    person::forget_shown,
};
use crate::{
    error::{Error, Result},
    identity::{Client, ClientSecret},
    resources::clusters::{
        overview::{Cluster, hears_all},
        service,
    },
    web::{
        cookies::Purpose,
        errors::Failure,
        page::page,
        portal::{
            Site,
            certain::Certain,
            clusters::{self, Health},
            fields::Fields,
            frame::{Area, Frame},
            percent::percent_encode,
            words::Moment,
        },
    },
};

/// What the first cluster may be called, as the demo's is.
const FIRST: &str = "demo-cluster";

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/admin/agents", get(list).post(make))
        .route("/admin/agents/{client_id}", get(one))
        .route("/admin/agents/{client_id}/{action}", get(ask).post(act))
}

#[derive(Template)]
#[template(path = "portal/administration/agents.html")]
struct AgentsPage {
    frame: Frame,
    around: Around,
    agents: Vec<AgentRow>,
    client_id: String,
    organization: String,
    asks_organization: bool,
    /// Whether agents may authenticate elsewhere, too.
    has_others: bool,
}

struct AgentRow {
    client: Client,
    address: String,
    cluster: String,
    made: Moment,
    /// None of an organization whose agents report elsewhere.
    health: Option<Health>,
}

#[derive(Template)]
#[template(path = "portal/administration/agent.html")]
struct AgentPage {
    frame: Frame,
    around: Around,
    row: AgentRow,
    secret: Option<String>,
    deployment: Deployment,
}

fn path(client_id: &str) -> String {
    format!("/admin/agents/{}", percent_encode(client_id))
}

/// Asks before a client is deleted; all else leads to the agent's page.
async fn ask(
    State(site): State<Site>,
    administrator: Administrator,
    Path((client_id, action)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let back = site.path(&path(&client_id));
    if action != "delete" {
        return Ok(Redirect::to(&back).into_response());
    }
    let client = administrator.accounts(&site)?.agent(&client_id).await?;
    let asking = Certain {
        frame: administrator.user.frame(&site, Area::Administration),
        title: format!("Delete the client {}?", client.client_id),
        words:
            "Its agent gets no tokens any more, so that nothing is submitted to the cluster, what \
                waits for it waits for ever, and what runs is not followed any more."
                .to_owned(),
        action: format!("{back}/delete"),
        button: "Delete the client",
        back,
    };
    Ok(page(StatusCode::OK, &asking)?)
}

async fn list(
    State(site): State<Site>,
    administrator: Administrator,
    note: Note,
) -> Result<Response, Failure> {
    render_list(&site, &administrator, note).await
}

async fn render_list(
    site: &Site,
    administrator: &Administrator,
    mut note: Note,
) -> Result<Response, Failure> {
    let clients = administrator.accounts(site)?.agents().await?;
    let mut agents = Vec::with_capacity(clients.len());
    for client in clients {
        agents.push(AgentRow::of(site, administrator, client).await?);
    }
    let first = if agents.is_empty() { FIRST } else { "" };
    let client_id = note.typed.get("client_id").unwrap_or(first).to_owned();
    let organization = note.typed.text("organization").to_owned();
    let (frame, around) = Around::new(site, administrator, "/admin/agents", &mut note);
    let template = AgentsPage {
        frame,
        around,
        agents,
        client_id,
        organization,
        asks_organization: site.app.tenants.are_separate() && administrator.is_of_server(),
        has_others: !site.app.verifier.knows_all_clients(),
    };
    Ok(page(note.status, &template)?)
}

impl AgentRow {
    async fn of(site: &Site, administrator: &Administrator, client: Client) -> Result<Self> {
        let context = &administrator.user.context;
        let status = match service::find(context, &client.client_id).await {
            Ok(status) => Some(status),
            Err(Error::NotFoundBare) => None,
            Err(error) => return Err(error),
        };
        let cluster = Cluster { client_id: client.client_id.clone(), status };
        let health = Health::of(&cluster, context.now());
        Ok(Self {
            address: site.path(&path(&client.client_id)),
            cluster: clusters::address(site, &client.client_id),
            made: Moment::new(context.now(), client.created_at),
            health: (hears_all(context) || cluster.status.is_some()).then_some(health),
            client,
        })
    }
}

async fn one(
    State(site): State<Site>,
    administrator: Administrator,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    note: Note,
) -> Result<Response, Failure> {
    let shown = site.origin.cookie(&headers, Purpose::Shown);
    let begins = format!("agent:{client_id}:");
    let secret = shown.as_deref().and_then(|shown| shown.strip_prefix(&begins));
    let mut response =
        render_one(&site, &administrator, &client_id, note, secret.map(str::to_owned)).await?;
    if secret.is_some() {
        forget_shown(&site, &mut response)?;
    }
    Ok(response)
}

async fn render_one(
    site: &Site,
    administrator: &Administrator,
    client_id: &str,
    mut note: Note,
    secret: Option<String>,
) -> Result<Response, Failure> {
    let client = administrator.accounts(site)?.agent(client_id).await?;
    let issuer = site.app.provider.as_ref().map(|provider| provider.issuer()).unwrap_or_default();
    let domain = administrator.user.email.rsplit_once('@').map_or("", |(_, domain)| domain);
    let base = &site.app.base_url;
    let deployment = Deployment::new(&client.client_id, secret.as_deref(), base, &issuer, domain);
    let row = AgentRow::of(site, administrator, client).await?;
    let (frame, around) = Around::new(site, administrator, "/admin/agents", &mut note);
    Ok(page(note.status, &AgentPage { frame, around, row, secret, deployment })?)
}

async fn make(
    State(site): State<Site>,
    AdministratorForm { administrator, fields }: AdministratorForm,
) -> Result<Response, Failure> {
    let client_id = fields.text("client_id").trim().to_owned();
    match register(&site, &administrator, &client_id, &fields).await? {
        Ok(secret) => shown_once(&site, &client_id, &secret, "agent-made"),
        Err(error) => render_list(&site, &administrator, Note::refused(error, fields)?).await,
    }
}

async fn register(
    site: &Site,
    administrator: &Administrator,
    client_id: &str,
    fields: &Fields,
) -> Result<Result<ClientSecret>, Failure> {
    let accounts = administrator.accounts(site)?;
    let organization = fields.text("organization").trim();
    let organization = (!organization.is_empty()).then(|| organization.to_owned());
    if site.app.tenants.are_separate() && organization.is_none() && administrator.is_of_server() {
        let words = "Say for which organization the agent acts: each has its own data".to_owned();
        return Ok(Err(Error::Unprocessable(words)));
    }
    if let Err(error) = site.app.tenants.check_member_of(organization.as_deref()) {
        return Ok(Err(error));
    }
    let mut rng: StdRng = rand::make_rng();
    Ok(accounts.create_agent(client_id, organization, &mut rng).await)
}

/// The secret is on the next page, and nowhere else.
fn shown_once(
    site: &Site,
    client_id: &str,
    secret: &ClientSecret,
    done: &str,
) -> Result<Response, Failure> {
    let address = site.path(&format!("{}?done={done}", path(client_id)));
    let mut response = Redirect::to(&address).into_response();
    let shown = format!("agent:{client_id}:{}", secret.0);
    let cookie = site.origin.set_cookie(Purpose::Shown, &shown)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn act(
    State(site): State<Site>,
    Path((client_id, action)): Path<(String, String)>,
    AdministratorForm { administrator, fields }: AdministratorForm,
) -> Result<Response, Failure> {
    let accounts = administrator.accounts(&site)?;
    let mut rng: StdRng = rand::make_rng();
    let refused = match action.as_str() {
        "rotate" => match accounts.rotate_agent(&client_id, &mut rng).await {
            Ok(secret) => return shown_once(&site, &client_id, &secret, "agent-rotated"),
            Err(error) => error,
        },
        "delete" => match accounts.delete_agent(&client_id).await {
            Ok(()) => {
                let list = site.path("/admin/agents?done=agent-deleted");
                return Ok(Redirect::to(&list).into_response());
            }
            Err(error) => error,
        },
        _ => Error::NotFound("Nothing of this kind can be done to an agent".to_owned()),
    };
    render_one(&site, &administrator, &client_id, Note::refused(refused, fields)?, None).await
}
