//! Which submissions are listed, as it stands in the address.

use std::collections::HashMap;

use jobbergate_types::{
    job_script_templates::JobTemplateListView,
    job_submissions::{JobSubmissionListQuery, JobSubmissionStatus},
    list::{ListQuery, Paging},
};
use url::form_urlencoded::Serializer;

use crate::{resources::job_submissions::store::Origin, web::portal::fields::Fields};

/// How many rows a page has.
const ROWS: i64 = 50;
/// The longest words to search for, in characters, and the longest name of a cluster.
const LONGEST: usize = 255;

/// What can be sorted by: the column, its words.
const COLUMNS: [(&str, &str); 7] = [
    ("id", "No."),
    ("name", "Name"),
    ("status", "State"),
    ("job_script_id", "Application"),
    ("client_id", "Cluster"),
    ("owner_email", "Owner"),
    ("created_at", "Created"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    /// Everybody's, and not only the user's own.
    pub(super) all: bool,
    pub(super) status: Option<JobSubmissionStatus>,
    pub(super) cluster: Option<String>,
    pub(super) application: Option<i64>,
    pub(super) script: Option<i64>,
    pub(super) search: String,
    pub(super) sort: &'static str,
    pub(super) ascending: bool,
    pub(super) page: i64,
}

/// A filter that one can choose or leave.
#[derive(Debug)]
pub(super) struct FilterChip {
    pub(super) words: String,
    pub(super) path: String,
    pub(super) is_on: bool,
}

/// The head of a column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) words: &'static str,
    pub(super) path: String,
    /// How the list is sorted by it, as screen readers are told.
    pub(super) sorted: Option<&'static str>,
}

/// A status as a filter is called.
const fn word(status: JobSubmissionStatus) -> &'static str {
    match status {
        JobSubmissionStatus::Created => "Not in Slurm yet",
        JobSubmissionStatus::Submitted => "In Slurm",
        JobSubmissionStatus::Rejected => "Rejected",
        JobSubmissionStatus::Done => "Done",
        JobSubmissionStatus::Aborted => "Failed",
        JobSubmissionStatus::Cancelled => "Cancelled",
    }
}

fn short(text: &str) -> String {
    text.trim().chars().take(LONGEST).collect()
}

impl Filter {
    pub(super) fn of(fields: &Fields) -> Self {
        let number = |name: &str| fields.text(name).parse::<i64>().ok().filter(|id| *id > 0);
        let status = fields.text("status").to_uppercase();
        let sort = COLUMNS.iter().map(|(column, _)| *column);
        let sort = sort.into_iter().find(|column| *column == fields.text("sort"));
        Self {
            all: fields.text("whose") == "all",
            status: JobSubmissionStatus::ALL.into_iter().find(|known| known.as_str() == status),
            cluster: fields.get("cluster").map(short).filter(|cluster| !cluster.is_empty()),
            application: number("application"),
            script: number("script"),
            search: short(fields.text("search")),
            sort: sort.unwrap_or("id"),
            // The newest first, unless something else is asked for.
            ascending: match fields.text("order") {
                "up" => true,
                "down" => false,
                _ => sort.is_some_and(|column| !matches!(column, "id" | "created_at")),
            },
            page: number("page").unwrap_or(1),
        }
    }

    /// What stands in the address, with the question mark.
    pub(super) fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in self.fields() {
            query.append_pair(name, &value);
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// What differs from the list that one sees first.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let text = |number: Option<i64>| number.map(|number| number.to_string());
        let sorted = self.sort != "id" || self.ascending;
        let order = if self.ascending { "up" } else { "down" };
        [
            ("whose", self.all.then(|| "all".to_owned())),
            ("status", self.status.map(|status| status.as_str().to_lowercase())),
            ("cluster", self.cluster.clone()),
            ("application", text(self.application)),
            ("script", text(self.script)),
            ("search", Some(self.search.clone()).filter(|search| !search.is_empty())),
            ("sort", sorted.then(|| self.sort.to_owned())),
            ("order", sorted.then(|| order.to_owned())),
            ("page", (self.page > 1).then(|| self.page.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// The fields that the form for searching sends along.
    pub(super) fn kept(&self) -> Vec<(&'static str, String)> {
        let other = Self { search: String::new(), page: 1, ..self.clone() };
        other.fields()
    }

    pub(super) fn is_narrowed(&self) -> bool {
        self.status.is_some()
            || self.cluster.is_some()
            || self.application.is_some()
            || self.script.is_some()
            || !self.search.is_empty()
    }

    pub(super) fn list(&self) -> JobSubmissionListQuery {
        JobSubmissionListQuery {
            slurm_job_ids: None,
            submit_status: self.status,
            from_job_script_id: self.script,
            list: ListQuery {
                sort_ascending: self.ascending,
                user_only: !self.all,
                search: Some(self.search.clone()).filter(|search| !search.is_empty()),
                // Numbers are given out in that order, and have an index.
                sort_field: Some(self.sort.replace("created_at", "id")),
                paging: Paging { page: self.page, size: ROWS },
                ..ListQuery::default()
            },
        }
    }

    pub(super) fn origin(&self) -> Origin<'_> {
        Origin { template: self.application, client_id: self.cluster.as_deref() }
    }

    pub(super) fn whose(&self, path: &impl Fn(&Self) -> String) -> Vec<FilterChip> {
        let chip = |words: &str, all: bool| FilterChip {
            words: words.to_owned(),
            path: path(&Self { all, page: 1, ..self.clone() }),
            is_on: self.all == all,
        };
        vec![chip("Mine", false), chip("Everybody's", true)]
    }

    pub(super) fn statuses(&self, path: &impl Fn(&Self) -> String) -> Vec<FilterChip> {
        let chip = |words: &str, status: Option<JobSubmissionStatus>| FilterChip {
            words: words.to_owned(),
            path: path(&Self { status, page: 1, ..self.clone() }),
            is_on: self.status == status,
        };
        let all = JobSubmissionStatus::ALL.into_iter().map(|it| chip(word(it), Some(it)));
        std::iter::once(chip("Any state", None)).chain(all).collect()
    }

    /// What else the list is narrowed to, each with the way to have it without that.
    pub(super) fn narrowed(
        &self,
        path: &impl Fn(&Self) -> String,
        templates: &HashMap<i64, JobTemplateListView>,
    ) -> Vec<FilterChip> {
        let first = Self { page: 1, ..self.clone() };
        let mut chips = Vec::new();
        let mut chip = |words: String, without: Self| {
            chips.push(FilterChip { words, path: path(&without), is_on: true });
        };
        if let Some(cluster) = &self.cluster {
            chip(format!("Cluster {cluster}"), Self { cluster: None, ..first.clone() });
        }
        if let Some(id) = self.application {
            let name = templates.get(&id).map_or_else(|| id.to_string(), |it| it.name.clone());
            chip(format!("Application {name}"), Self { application: None, ..first.clone() });
        }
        if let Some(id) = self.script {
            chip(format!("Script {id}"), Self { script: None, ..first.clone() });
        }
        if !self.search.is_empty() {
            let without = Self { search: String::new(), ..first.clone() };
            chip(format!("“{}”", self.search), without);
        }
        chips
    }

    pub(super) fn columns(&self, path: &impl Fn(&Self) -> String) -> Vec<Column> {
        let column = |(sort, words): (&'static str, &'static str)| {
            let is_this = self.sort == sort;
            let usually = !matches!(sort, "id" | "created_at");
            let ascending = if is_this { !self.ascending } else { usually };
            let direction = if self.ascending { "ascending" } else { "descending" };
            Column {
                words,
                path: path(&Self { sort, ascending, page: 1, ..self.clone() }),
                sorted: is_this.then_some(direction),
            }
        };
        COLUMNS.into_iter().map(column).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Filter {
        Filter::of(&Fields::parse(query.as_bytes()))
    }

    #[test]
    fn what_stands_in_the_address_is_what_was_chosen() {
        assert_eq!(read("").query(), "");
        assert_eq!((read("").sort, read("").ascending, read("").page), ("id", false, 1));
        for query in [
            "?whose=all",
            "?status=done&search=a+%26+b",
            "?cluster=%3Cc%3E&application=3&script=4&sort=name&order=down&page=2",
            "?sort=id&order=up",
        ] {
            assert_eq!(read(query.trim_start_matches('?')).query(), query);
        }
    }

    #[test]
    fn what_is_no_filter_counts_as_none() {
        let odd =
            "status=nothing&application=x&script=-1&sort=id%20DESC&page=0&order=left&cluster=+";
        assert_eq!(read(odd), read(""));
        assert_eq!(read(&format!("search={}", "é".repeat(300))).search.chars().count(), LONGEST);
    }
}
