//! All applications, for people who look for one.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use jobbergate_types::{Page, list::Paging};
use url::form_urlencoded::Serializer;

use super::{address, favourite::Favourite};
use crate::{
    permission::Permission,
    resources::job_script_templates::gallery::{self, Entry, Shelf, Wanted},
    web::{
        errors::Failure,
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

/// How many are on a page.
const PAGE: i64 = 24;
/// The longest search, in characters, as the API has it.
const MAX_SEARCH: usize = 255;
/// How much of a description is on a card, in bytes.
const MAX_DESCRIPTION: usize = 600;

const SHELVES: [(Shelf, &str, &str); 4] = [
    (Shelf::Published, "", "All"),
    (Shelf::Mine, "mine", "Mine"),
    (Shelf::Favourites, "favourites", "Favourites"),
    (Shelf::Everything, "everything", "With unpublished"),
];

#[derive(Template)]
#[template(path = "portal/gallery.html")]
struct Gallery {
    frame: Frame,
    asked: Asked,
    chips: Vec<Chip>,
    count: String,
    cards: Vec<Card>,
    earlier: Option<String>,
    later: Option<String>,
    place: String,
    first: String,
    may_create: bool,
}

struct Chip {
    words: &'static str,
    address: String,
    is_chosen: bool,
}

struct Card {
    address: String,
    name: String,
    identifier: Option<String>,
    owner: String,
    is_mine: bool,
    is_archived: bool,
    description: String,
    last_use: Option<Moment>,
    success: Option<Success>,
    run: Option<String>,
    favourite: Favourite,
}

/// How many of the last submissions ended well.
pub(super) struct Success {
    pub(super) percent: i64,
    pub(super) settled: i64,
    /// A class of the style sheet.
    pub(super) look: &'static str,
}

impl Success {
    pub(super) fn of(uses: &gallery::Uses) -> Option<Self> {
        let percent = uses.success()?;
        let look = match percent {
            90.. => "good",
            50.. => "warn",
            _ => "bad",
        };
        Some(Self { percent, settled: uses.settled, look })
    }
}

/// What the page's address says.
#[derive(Clone)]
struct Asked {
    search: String,
    shelf: Shelf,
    include_archived: bool,
    page: i64,
}

impl Asked {
    fn of(query: Option<&str>) -> Self {
        let fields = Fields::parse(query.unwrap_or_default().as_bytes());
        let shelf = fields.text("show");
        let known = SHELVES.iter().find(|(_, name, _)| *name == shelf);
        Self {
            search: fields.text("q").replace('\0', "").trim().to_owned(),
            shelf: known.map_or_else(Shelf::default, |(shelf, ..)| *shelf),
            include_archived: fields.text("archived") == "yes",
            page: fields.text("page").parse().unwrap_or(1).max(1),
        }
    }

    fn shelf_name(&self) -> &'static str {
        SHELVES.iter().find(|(shelf, ..)| *shelf == self.shelf).map_or("", |(_, name, _)| name)
    }

    /// Whether it is asked for anything but all.
    fn is_narrow(&self) -> bool {
        !self.search.is_empty() || self.shelf != Shelf::Published
    }

    fn address(&self, site: &Site) -> String {
        let mut query = Serializer::new(String::new());
        let page = self.page.to_string();
        for (name, value, is_said) in [
            ("q", self.search.as_str(), !self.search.is_empty()),
            ("show", self.shelf_name(), self.shelf != Shelf::Published),
            ("archived", "yes", self.include_archived),
            ("page", page.as_str(), self.page > 1),
        ] {
            if is_said {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        site.path(&format!("/applications{mark}{query}"))
    }

    fn chips(&self, site: &Site) -> Vec<Chip> {
        let shelves = SHELVES.map(|(shelf, _, words)| Chip {
            words,
            address: Self { shelf, page: 1, ..self.clone() }.address(site),
            is_chosen: self.shelf == shelf,
        });
        let include_archived = !self.include_archived;
        let archived = Chip {
            words: "With archived",
            address: Self { include_archived, page: 1, ..self.clone() }.address(site),
            is_chosen: self.include_archived,
        };
        shelves.into_iter().chain([archived]).collect()
    }

    fn on_page(&self, page: i64) -> Self {
        Self { page, ..self.clone() }
    }
}

pub(super) async fn show(
    State(site): State<Site>,
    user: User,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesRead)?;
    let asked = Asked::of(query.as_deref());
    if asked.search.chars().count() > MAX_SEARCH {
        let words = format!("What you search for can have {MAX_SEARCH} characters at most.");
        return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, words));
    }
    let wanted = Wanted {
        shelf: asked.shelf,
        search: Some(asked.search.clone()).filter(|search| !search.is_empty()),
        include_archived: asked.include_archived,
        paging: Paging { page: asked.page, size: PAGE },
    };
    let found = gallery::page(&user.context, &wanted, &user.email).await?;
    Ok(page(StatusCode::OK, &Gallery::new(&site, &user, asked, found))?)
}

impl Gallery {
    fn new(site: &Site, user: &User, asked: Asked, found: Page<Entry>) -> Self {
        let count = match found.total {
            1 => "1 application".to_owned(),
            total => format!("{total} applications"),
        };
        let back = asked.address(site);
        let beside = |page: i64| asked.on_page(page).address(site);
        Self {
            frame: user.frame(site, Area::Applications),
            chips: asked.chips(site),
            count,
            earlier: (asked.page > 1).then(|| beside((asked.page - 1).min(found.pages.max(1)))),
            later: (asked.page < found.pages).then(|| beside(asked.page + 1)),
            place: format!("Page {} of {}", asked.page, found.pages.max(1)),
            first: beside(1),
            may_create: user.may(Permission::JobTemplatesCreate),
            cards: found.items.into_iter().map(|it| Card::new(site, user, it, &back)).collect(),
            asked,
        }
    }
}

impl Card {
    fn new(site: &Site, user: &User, entry: Entry, back: &str) -> Self {
        let Entry { template, is_favourite, uses } = entry;
        let address = address(site, &template);
        let description = template.description.as_deref().unwrap_or_default();
        let (shown, is_cut) = markdown::beginning(description, MAX_DESCRIPTION);
        let shown = if is_cut { format!("{shown}…") } else { shown.to_owned() };
        let may_run = user.may(Permission::JobScriptsCreate);
        Self {
            run: may_run.then(|| format!("{address}/run")),
            favourite: Favourite::new(site, user, &template, is_favourite, back.to_owned()),
            description: markdown::to_html(&shown, 2),
            last_use: uses.last.map(|at| Moment::new(user.context.now(), at)),
            success: Success::of(&uses),
            is_mine: template.owner_email == user.email,
            is_archived: template.is_archived,
            identifier: template.identifier,
            owner: template.owner_email,
            name: template.name,
            address,
        }
    }
}
