//! The list of scripts.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use jobbergate_types::{
    job_scripts::{JobScriptListQuery, JobScriptListView},
    job_submissions::JobSubmissionBaseView,
    list::{ListQuery, Paging},
};

use crate::{
    permission::Permission,
    resources::{job_scripts, job_submissions},
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            fields::Fields,
            frame::{Area, Frame},
            user::User,
            words::{Moment, State as Standing},
        },
    },
};

/// How many scripts a page has.
const SIZE: i64 = 25;
/// What the list can be sorted by, and what the columns are called.
const COLUMNS: [(&str, &str); 3] =
    [("name", "Name"), ("owner_email", "Owner"), ("updated_at", "Changed")];

#[derive(Template)]
#[template(path = "portal/scripts.html")]
struct Scripts {
    frame: Frame,
    asked: Asked,
    scripts: Vec<Row>,
    total: i64,
    pages: i64,
    columns: Vec<Column>,
    sees_submissions: bool,
}

/// What of the list is asked for; its address says it.
#[derive(Debug, Clone)]
struct Asked {
    search: String,
    is_mine: bool,
    sort: String,
    is_descending: bool,
    page: i64,
}

struct Row {
    id: i64,
    name: String,
    description: String,
    owner: String,
    application: Option<(i64, String)>,
    changed: Moment,
    last: Option<(i64, Standing)>,
}

struct Column {
    words: &'static str,
    /// `ascending`, `descending`, or nothing.
    order: &'static str,
    query: String,
}

impl Asked {
    fn new(query: &Fields) -> Self {
        let known = COLUMNS.iter().map(|(name, _)| *name);
        let sort = known.into_iter().find(|name| *name == query.text("sort"));
        let page = query.text("page").parse().unwrap_or(1);
        Self {
            search: query.text("search").chars().take(255).collect(),
            is_mine: query.text("whose") != "all",
            sort: sort.unwrap_or("updated_at").to_owned(),
            is_descending: match query.text("order") {
                "ascending" => false,
                "descending" => true,
                _ => sort.is_none_or(|name| name == "updated_at"),
            },
            page: std::cmp::max(page, 1),
        }
    }

    /// The same as an address.
    fn query(&self) -> String {
        let order = if self.is_descending { "descending" } else { "ascending" };
        let whose = if self.is_mine { "mine" } else { "all" };
        let page = self.page.to_string();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("whose", whose);
        if !self.search.is_empty() {
            query.append_pair("search", &self.search);
        }
        query.append_pair("sort", &self.sort).append_pair("order", order);
        if self.page > 1 {
            query.append_pair("page", &page);
        }
        query.finish()
    }

    fn at_page(&self, page: i64) -> String {
        Self { page, ..self.clone() }.query()
    }

    fn of(&self, is_mine: bool) -> String {
        Self { is_mine, page: 1, ..self.clone() }.query()
    }

    fn columns(&self) -> Vec<Column> {
        let column = |(name, words): (&str, &'static str)| {
            let is_sorted = self.sort == name;
            let is_descending = if is_sorted { !self.is_descending } else { name == "updated_at" };
            let other = Self { sort: name.to_owned(), is_descending, page: 1, ..self.clone() };
            let order = match (is_sorted, self.is_descending) {
                (false, _) => "",
                (true, true) => "descending",
                (true, false) => "ascending",
            };
            Column { words, order, query: other.query() }
        };
        COLUMNS.into_iter().map(column).collect()
    }
}

pub(super) async fn list(
    State(site): State<Site>,
    user: User,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    user.require(Permission::JobScriptsRead)?;
    let asked = Asked::new(&Fields::parse(query.unwrap_or_default().as_bytes()));
    let query = JobScriptListQuery {
        from_job_script_template_id: None,
        list: ListQuery {
            sort_ascending: !asked.is_descending,
            user_only: asked.is_mine,
            search: Some(asked.search.clone()).filter(|search| !search.trim().is_empty()),
            sort_field: Some(asked.sort.clone()),
            paging: Paging { page: asked.page, size: SIZE },
            ..ListQuery::default()
        },
    };
    let found = job_scripts::service::list(&user.context, &query, Some(&user.email)).await?;
    let sees_submissions = user.may(Permission::JobSubmissionsRead);
    let ids: Vec<_> = found.items.iter().map(|row| row.script.id).collect();
    let newest = match sees_submissions {
        true => job_submissions::recent::newest_of_scripts(&user.context.db, &ids).await?,
        false => HashMap::new(),
    };
    let shown = Scripts {
        frame: user.frame(&site, Area::Scripts),
        columns: asked.columns(),
        asked,
        total: found.total,
        pages: found.pages,
        scripts: found.items.into_iter().map(|script| row(&user, script, &newest)).collect(),
        sees_submissions,
    };
    Ok(page(StatusCode::OK, &shown)?)
}

fn row(user: &User, found: JobScriptListView, newest: &HashMap<i64, JobSubmissionBaseView>) -> Row {
    let JobScriptListView { script, template } = found;
    let last = newest.get(&script.id).map(|submission| {
        (submission.id, Standing::of(submission.status, submission.slurm_job_state))
    });
    Row {
        id: script.id,
        name: script.name,
        description: script.description.unwrap_or_default(),
        owner: script.owner_email,
        application: template.map(|template| (template.id, template.name)),
        changed: Moment::new(user.context.now(), script.updated_at.0),
        last,
    }
}
