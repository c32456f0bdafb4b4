//! The people who have an account.

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jobbergate_types::{Page, list::Paging};
use rand::rngs::StdRng;
use serde::Deserialize;

use super::{
    administrator::{Administrator, AdministratorForm},
    around::Around,
    note::Note,
    person,
};
use crate::{
    identity::{NewUser, People, Provider, Standing, User},
    web::{
        errors::Failure,
        page::page,
        portal::{Site, fields::Fields, frame::Frame, words::Moment},
    },
};

/// How many are on a page.
const SIZE: i64 = 50;

pub(super) fn router() -> Router<Site> {
    Router::new().route("/admin/people", get(show).post(make))
}

/// Which people are looked for.
#[derive(Debug, Clone, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: String,
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "portal/administration/people.html")]
struct PeoplePage {
    frame: Frame,
    around: Around,
    wanted: Wanted,
    chips: Vec<Chip>,
    people: Vec<Person>,
    total: i64,
    number: i64,
    pages: i64,
    earlier: Option<String>,
    later: Option<String>,
    form: NewPerson,
}

struct Chip {
    address: String,
    words: String,
    is_chosen: bool,
}

struct Person {
    address: String,
    user: User,
    look: &'static str,
    last_login: Option<Moment>,
}

/// The form for a new account, as it was filled in.
struct NewPerson {
    email: String,
    name: String,
    roles: Vec<(String, bool)>,
    organization: String,
    /// Whether an organization is to be said.
    asks_organization: bool,
    sends_email: bool,
    hand_over: String,
    is_open: bool,
}

impl Wanted {
    fn standing(&self) -> Standing {
        match self.show.as_str() {
            "invited" => Standing::Invited,
            "disabled" => Standing::Disabled,
            "without-role" => Standing::WithoutRole,
            _ => Standing::Any,
        }
    }

    fn page(&self) -> i64 {
        let page = self.page.as_deref().and_then(|page| page.parse().ok());
        page.filter(|page| (1..=1_000_000).contains(page)).unwrap_or(1)
    }

    fn address(&self, site: &Site, show: &str, page: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !self.q.is_empty() {
            query.append_pair("q", &self.q);
        }
        if !show.is_empty() {
            query.append_pair("show", show);
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        let query = query.finish();
        let question = if query.is_empty() { "" } else { "?" };
        site.path(&format!("/admin/people{question}{query}"))
    }
}

impl Person {
    fn new(site: &Site, administrator: &Administrator, user: User) -> Self {
        let now = administrator.user.context.now();
        Self {
            address: site.path(&person::path(&user.id)),
            look: look(&user),
            last_login: user.last_login_at.map(|at| Moment::new(now, at)),
            user,
        }
    }
}

/// How the state of an account is shown.
pub(super) fn look(user: &User) -> &'static str {
    match user.state() {
        "active" => "good",
        "invited" => "busy",
        "disabled" => "bad",
        _ => "warn",
    }
}

async fn show(
    State(site): State<Site>,
    administrator: Administrator,
    Query(wanted): Query<Wanted>,
    note: Note,
) -> Result<Response, Failure> {
    render(&site, &administrator, wanted, note).await
}

async fn render(
    site: &Site,
    administrator: &Administrator,
    mut wanted: Wanted,
    mut note: Note,
) -> Result<Response, Failure> {
    let accounts = administrator.accounts(site)?;
    wanted.q = wanted.q.replace('\0', "").chars().take(255).collect();
    let paging = Paging { page: wanted.page(), size: SIZE };
    let search = Some(wanted.q.clone());
    let found: Page<User> = accounts.people(wanted.standing(), search, &paging).await?;
    let chips = chips(site, &wanted, accounts.count_people().await?);
    let roles = role_names(site).await?;
    let form = NewPerson::of(site, administrator, roles, &note);
    let (frame, around) = Around::new(site, administrator, "/admin/people", &mut note);
    let neighbour = |page: i64| wanted.address(site, &wanted.show, page);
    let (number, pages, total) = (found.page, found.pages, found.total);
    let people =
        found.items.into_iter().map(|user| Person::new(site, administrator, user)).collect();
    let template = PeoplePage {
        frame,
        around,
        chips,
        people,
        total,
        number,
        pages,
        earlier: (number > 1).then(|| neighbour(Ord::min(number - 1, Ord::max(pages, 1)))),
        later: (number < pages).then(|| neighbour(number + 1)),
        form,
        wanted,
    };
    Ok(page(note.status, &template)?)
}

fn chips(site: &Site, wanted: &Wanted, count: People) -> Vec<Chip> {
    let all = [
        ("", "All", count.all),
        ("without-role", "Waiting for a role", count.without_role),
        ("invited", "Invited", count.invited),
        ("disabled", "Disabled", count.disabled),
    ];
    let chip = |(show, words, count): (&str, &str, i64)| Chip {
        address: wanted.address(site, show, 1),
        words: format!("{words} ({count})"),
        is_chosen: wanted.show == show,
    };
    all.map(chip).into()
}

/// The names of all roles.
pub(super) async fn role_names(site: &Site) -> Result<Vec<String>, Failure> {
    match &site.app.provider {
        Some(provider) => Ok(provider.role_names().await?),
        None => Ok(Provider::built_in_roles()),
    }
}

impl NewPerson {
    fn of(site: &Site, administrator: &Administrator, roles: Vec<String>, note: &Note) -> Self {
        let typed = &note.typed;
        let is_ticked = |role: &str| match note.problem {
            Some(_) => typed.all("role").any(|it| it == role),
            None => role == "user",
        };
        Self {
            email: typed.text("email").to_owned(),
            name: typed.text("name").to_owned(),
            roles: roles.into_iter().map(|role| (role.clone(), is_ticked(&role))).collect(),
            organization: typed.text("organization").to_owned(),
            asks_organization: site.app.tenants.are_separate() && administrator.is_of_server(),
            sends_email: site.app.password_mail.is_configured(),
            hand_over: typed.get("hand_over").unwrap_or("show").to_owned(),
            is_open: note.problem.is_some(),
        }
    }
}

async fn make(
    State(site): State<Site>,
    AdministratorForm { administrator, fields }: AdministratorForm,
) -> Result<Response, Failure> {
    let accounts = administrator.accounts(&site)?;
    let mut rng: StdRng = rand::make_rng();
    let new = new_user(&fields);
    let checked = site.app.tenants.check_member_of(new.organization.as_deref());
    let made = match checked {
        Ok(()) => accounts.create_user(new, &mut rng).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(user) => match fields.text("hand_over") {
            "nothing" => {
                let address = format!("{}?done=made", person::path(&user.id));
                Ok(Redirect::to(&site.path(&address)).into_response())
            }
            "send" => person::send_link(&site, &administrator, &user.id).await,
            _ => person::show_link(&site, &administrator, &user.id, "invited").await,
        },
        Err(error) => {
            let note = Note::refused(error, fields)?;
            render(&site, &administrator, Wanted::default(), note).await
        }
    }
}

fn new_user(fields: &Fields) -> NewUser {
    let said = |name: &str| {
        let text = fields.text(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    NewUser {
        email: fields.text("email").trim().to_owned(),
        name: said("name"),
        organization: said("organization"),
        roles: fields.all("role").map(str::to_owned).collect(),
        password: None,
    }
}
