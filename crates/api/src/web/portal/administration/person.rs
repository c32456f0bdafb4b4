//! One of the people: what they may do, where they are logged in.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use rand::rngs::StdRng;

use super::{
    administrator::{Administrator, AdministratorForm},
    around::Around,
    note::Note,
    people,
};
use crate::{
    error::{Error, Result},
    identity::{Admission, PasswordLink, Session, Source, User},
    web::{
        cookies::Purpose,
        errors::Failure,
        page::page,
        portal::{
            Site,
            certain::Certain,
            fields::Fields,
            frame::{Area, Frame},
            percent::percent_encode,
            words::Moment,
        },
        words,
    },
};

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/admin/people/{id}", get(show))
        .route("/admin/people/{id}/{action}", get(ask).post(act))
}

/// A person's page.
pub(super) fn path(id: &str) -> String {
    format!("/admin/people/{}", percent_encode(id))
}

#[derive(Template)]
#[template(path = "portal/administration/person.html")]
struct PersonPage {
    frame: Frame,
    around: Around,
    address: String,
    user: User,
    look: &'static str,
    is_self: bool,
    /// Whether their password is kept here.
    is_local: bool,
    made: Moment,
    last_login: Option<Moment>,
    /// Roles that they do not have.
    others: Vec<String>,
    sessions: Vec<Seen>,
    programs: Vec<Seen>,
    sends_email: bool,
    /// A link that is shown this once.
    link: Option<String>,
}

/// A browser or a program that acts for them.
struct Seen {
    id: String,
    what: String,
    from: String,
    since: Moment,
    last: Moment,
}

/// Asks before an account is deleted; all else leads to the person's page.
async fn ask(
    State(site): State<Site>,
    administrator: Administrator,
    Path((id, action)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let back = site.path(&path(&id));
    if action != "delete" {
        return Ok(Redirect::to(&back).into_response());
    }
    let user = administrator.accounts(&site)?.person(&id).await?;
    let asking = Certain {
        frame: administrator.user.frame(&site, Area::Administration),
        title: format!("Delete the account of {}?", user.name),
        words: format!(
            "It can't be brought back. What {name} made stays and belongs to {email}: whoever gets an \
             account of this address later owns it. To keep somebody out, disable the account instead.",
            name = user.name,
            email = user.email
        ),
        action: format!("{back}/delete"),
        button: "Delete the account",
        back,
    };
    Ok(page(StatusCode::OK, &asking)?)
}

async fn show(
    State(site): State<Site>,
    administrator: Administrator,
    Path(id): Path<String>,
    headers: HeaderMap,
    note: Note,
) -> Result<Response, Failure> {
    let shown = site.origin.cookie(&headers, Purpose::Shown);
    let begins = format!("link:{id}:");
    let secret = shown.as_deref().and_then(|shown| shown.strip_prefix(&begins));
    let link = match secret {
        Some(secret) => Some(administrator.accounts(&site)?.link_of(secret)),
        None => None,
    };
    let is_shown = link.is_some();
    let mut response = render(&site, &administrator, &id, note, link).await?;
    if is_shown {
        forget_shown(&site, &mut response)?;
    }
    Ok(response)
}

/// What is shown once is in no cache either.
pub(super) fn forget_shown(site: &Site, response: &mut Response) -> Result<()> {
    let head = response.headers_mut();
    head.append(header::SET_COOKIE, site.origin.forget_cookie(Purpose::Shown)?);
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(())
}

async fn render(
    site: &Site,
    administrator: &Administrator,
    id: &str,
    mut note: Note,
    link: Option<String>,
) -> Result<Response, Failure> {
    let accounts = administrator.accounts(site)?;
    let user = accounts.person(id).await?;
    let (sessions, programs) = accounts.log_ins(&user).await?;
    let now = administrator.user.context.now();
    let all = people::role_names(site).await?;
    let (frame, around) = Around::new(site, administrator, "/admin/people", &mut note);
    let template = PersonPage {
        frame,
        around,
        address: site.path(&path(&user.id)),
        look: people::look(&user),
        is_self: administrator.user.identity.subject == user.id,
        is_local: user.source == Source::Local,
        made: Moment::new(now, user.created_at),
        last_login: user.last_login_at.map(|at| Moment::new(now, at)),
        others: all.into_iter().filter(|role| !user.roles.contains(role)).collect(),
        sessions: sessions.into_iter().map(|it| Seen::browser(now, it)).collect(),
        programs: programs.into_iter().map(|it| Seen::program(now, it)).collect(),
        sends_email: site.app.password_mail.is_configured(),
        link,
        user,
    };
    Ok(page(note.status, &template)?)
}

impl Seen {
    fn browser(now: chrono::DateTime<chrono::Utc>, session: Session) -> Self {
        Self {
            id: session.id,
            what: words::browser(&session.user_agent),
            from: session.address,
            since: Moment::new(now, session.created_at),
            last: Moment::new(now, session.last_seen_at),
        }
    }

    fn program(now: chrono::DateTime<chrono::Utc>, admission: Admission) -> Self {
        Self {
            id: admission.id,
            what: admission.client_name,
            from: admission.user_agent,
            since: Moment::new(now, admission.created_at),
            last: Moment::new(now, admission.last_used_at),
        }
    }
}

async fn act(
    State(site): State<Site>,
    Path((id, action)): Path<(String, String)>,
    AdministratorForm { administrator, fields }: AdministratorForm,
) -> Result<Response, Failure> {
    let done = match action.as_str() {
        "link" => return show_link(&site, &administrator, &id, "link").await,
        "send" => return send_link(&site, &administrator, &id).await,
        action => change(&site, &administrator, &id, action, &fields).await?,
    };
    match done {
        Ok("deleted") => Ok(Redirect::to(&site.path("/admin/people?done=deleted")).into_response()),
        Ok(done) => Ok(to_person(&site, &id, done)),
        Err(error) => render(&site, &administrator, &id, Note::refused(error, fields)?, None).await,
    }
}

/// What was done, or why it was not.
async fn change(
    site: &Site,
    administrator: &Administrator,
    id: &str,
    action: &str,
    fields: &Fields,
) -> Result<Result<&'static str>, Failure> {
    let accounts = administrator.accounts(site)?;
    let role = fields.text("role");
    Ok(match action {
        "grant" => accounts.grant_role(id, role).await.map(|()| "granted"),
        "revoke" => accounts.revoke_role(id, role).await.map(|()| "revoked"),
        "disable" => accounts.disable_user(id).await.map(|()| "disabled"),
        "enable" => accounts.enable_user(id).await.map(|()| "enabled"),
        "end-session" => accounts.end_session(id, fields.text("session")).await.map(|()| "session"),
        "log-out" => accounts.log_out(id).await.map(|()| "logged-out"),
        "delete" => accounts.delete_user(id).await.map(|_| "deleted"),
        _ => Err(Error::NotFound("Nothing of this kind can be done to an account".to_owned())),
    })
}

fn to_person(site: &Site, id: &str, done: &str) -> Response {
    Redirect::to(&site.path(&format!("{}?done={done}", path(id)))).into_response()
}

/// Makes a link and shows it on the person's page.
pub(super) async fn show_link(
    site: &Site,
    administrator: &Administrator,
    id: &str,
    done: &str,
) -> Result<Response, Failure> {
    let link = match new_link(site, administrator, id).await? {
        Ok(link) => link,
        Err(error) => {
            let note = Note::refused(error, Fields::default())?;
            return render(site, administrator, id, note, None).await;
        }
    };
    let secret = link.url.rsplit_once("?link=").map_or("", |(_, secret)| secret);
    let mut response = to_person(site, id, done);
    let shown = site.origin.set_cookie(Purpose::Shown, &format!("link:{id}:{secret}"))?;
    response.headers_mut().append(header::SET_COOKIE, shown);
    Ok(response)
}

/// Makes a link and sends it by e-mail.
pub(super) async fn send_link(
    site: &Site,
    administrator: &Administrator,
    id: &str,
) -> Result<Response, Failure> {
    if !site.app.password_mail.is_configured() {
        let words = "No e-mail is configured (SMTP_HOST or SENDGRID_API_KEY): have the link shown \
                     instead.";
        let note = Note::problem(words, Fields::default());
        return render(site, administrator, id, note, None).await;
    }
    let link = match new_link(site, administrator, id).await? {
        Ok(link) => link,
        Err(error) => {
            let note = Note::refused(error, Fields::default())?;
            return render(site, administrator, id, note, None).await;
        }
    };
    let mut rng: StdRng = rand::make_rng();
    if let Err(cause) = site.app.password_mail.send(&link, &mut rng).await {
        tracing::error!(email = link.email, error = &*cause, "a link was not sent");
        let words = "The link was not sent: the mail server does not take it, and the log has the \
                     cause. Have a link shown instead.";
        let note = Note::problem(words, Fields::default());
        return render(site, administrator, id, note, None).await;
    }
    Ok(to_person(site, id, "sent"))
}

async fn new_link(
    site: &Site,
    administrator: &Administrator,
    id: &str,
) -> Result<Result<PasswordLink>, Failure> {
    let mut rng: StdRng = rand::make_rng();
    Ok(administrator.accounts(site)?.password_link(id, &mut rng).await)
}
