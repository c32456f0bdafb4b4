//! Lists, page by page.

use clap::{Args, ValueEnum, value_parser};
use inquire::Select;
use serde_json::{Map, Value};

use crate::{
    api::not_understood,
    failure::{Failure, Result},
    filter::Filter,
    output::{Output, resource::Resource},
    questions::terminal,
};

/// What all lists can be asked for.
#[derive(Debug, Clone, Args)]
pub struct ListArguments {
    /// Only what has one of these words in its name, description or owner
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// In which order
    #[arg(long, value_enum, default_value = "DESCENDING")]
    sort_order: SortOrder,
    /// By which field
    #[arg(long, value_name = "TEXT", default_value = "id")]
    sort_field: String,
    /// Also what is archived
    #[arg(long)]
    include_archived: bool,
    /// Only this page; without it, page by page
    #[arg(long, short, value_name = "INTEGER", value_parser = value_parser!(i64).range(1..))]
    page: Option<i64>,
    /// How many on a page
    #[arg(long, short, value_name = "INTEGER", default_value_t = 50,
        value_parser = value_parser!(i64).range(1..=100))]
    size: i64,
    /// Only rows that pass: FIELD=VALUE, FIELD!=VALUE or FIELD~PART, among all pages (among one with
    /// --page); may be given several times
    #[arg(long, value_name = "FIELD=VALUE")]
    filter: Vec<Filter>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum SortOrder {
    Ascending,
    Descending,
    Unsorted,
}

/// Parameters of a query, in their order.
pub type Query = Vec<(&'static str, String)>;

impl ListArguments {
    /// As query of a page: `first`, what is here, and `extra` before the page.
    fn query(&self, first: &Query, extra: Option<(&'static str, i64)>, page: i64) -> Query {
        let mut query = first.clone();
        query.push(("include_archived", self.include_archived.to_string()));
        query.extend(self.search.clone().map(|search| ("search", search)));
        if self.sort_order != SortOrder::Unsorted {
            let ascending = self.sort_order == SortOrder::Ascending;
            query.push(("sort_ascending", ascending.to_string()));
        }
        query.push(("sort_field", self.sort_field.clone()));
        query.extend(extra.map(|(name, id)| (name, id.to_string())));
        query.extend([("page", page.to_string()), ("size", self.size.to_string())]);
        query
    }

    /// Shows the page that is asked for; else one after the other as the person wants, or all
    /// together where there is no person.
    ///
    /// # Errors
    /// When there is no such page, or it can't be had.
    pub async fn show(
        &self,
        output: &Output,
        list: &List<'_>,
        fetch: impl AsyncFn(Query) -> Result<Value>,
    ) -> Result<()> {
        self.filter.iter().try_for_each(|filter| filter.check(list.resource))?;
        let get = async |number| {
            let answer = fetch(self.query(&list.first, list.extra, number)).await?;
            read(list, &answer)
        };
        let mut number = self.page.unwrap_or(1);
        let mut page = get(number).await?;
        if self.page.is_some() && number > page.pages && page.pages > 0 {
            let text = format!("Page {number} is out of range. Available pages: 1-{}", page.pages);
            return Err(Failure::new("", text));
        }
        let turns_pages = terminal::is_there() && terminal::shows_output();
        if self.page.is_none()
            && !(turns_pages && self.filter.is_empty() && !output.is_one_document())
        {
            for number in 2..=page.pages {
                page.rows.extend(get(number).await?.rows);
            }
            page.pages = page.pages.min(1);
        }
        let passes = |row: &Map<String, Value>| {
            self.filter.iter().all(|filter| filter.passes(list.resource, row))
        };
        page.rows.retain(passes);
        loop {
            let shown = page.rows.len();
            let caption =
                format!("Page: {number} of {} - Items: {shown} of {}", page.pages, page.total);
            output.list(list.title, list.resource, &page.rows, &caption)?;
            if self.page.is_some() || page.pages < 2 {
                return Ok(());
            }
            match next(number, page.pages, output)? {
                Some(other) => number = other,
                None => return Ok(()),
            }
            page = get(number).await?;
        }
    }
}

/// A list of the API.
pub struct List<'a> {
    /// Above the table.
    pub title: &'a str,
    /// What could not be done, if so.
    pub what: &'a str,
    /// What is in it.
    pub resource: &'a Resource,
    /// The first parameters.
    pub first: Query,
    /// Of what its entries were made.
    pub extra: Option<(&'static str, i64)>,
    /// What is changed in a row before it is shown.
    pub adapt: &'a dyn Fn(&mut Map<String, Value>),
}

struct Page {
    rows: Vec<Map<String, Value>>,
    total: i64,
    pages: i64,
}

fn read(list: &List<'_>, answer: &Value) -> Result<Page> {
    let lacks = |why: &str| not_understood(list.what, why);
    let number = |name: &str| {
        answer.get(name).and_then(Value::as_i64).ok_or_else(|| lacks(&format!("it has no {name}")))
    };
    let items = answer.get("items").and_then(Value::as_array);
    let items = items.ok_or_else(|| lacks("it has no items"))?;
    let mut rows = Vec::new();
    for item in items {
        let mut row = list.resource.read(item).map_err(|why| lacks(&why))?;
        (list.adapt)(&mut row);
        rows.push(row);
    }
    Ok(Page { rows, total: number("total")?, pages: number("pages")? })
}

/// Which page a person wants to see next.
fn next(number: i64, pages: i64, output: &Output) -> Result<Option<i64>> {
    let (forth, back, exit) = ("Next page", "Previous page", "Exit");
    let mut choices = Vec::new();
    choices.extend((number < pages).then_some(forth));
    choices.extend((number > 1).then_some(back));
    choices.push(exit);
    match terminal::answered(Select::new("Which page?", choices).prompt()) {
        Ok(choice) if choice == forth => Ok(Some(number + 1)),
        Ok(choice) if choice == back => Ok(Some(number - 1)),
        Ok(_) => Ok(None),
        Err(Failure::Interrupted) => output.show("Cancelled by user\n").map(|()| None),
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_the_order_that_servers_have_seen() {
        let mut arguments = ListArguments {
            search: Some("x".to_owned()),
            sort_order: SortOrder::Descending,
            sort_field: "id".to_owned(),
            include_archived: false,
            page: None,
            size: 50,
            filter: Vec::new(),
        };
        let names =
            |query: &Query| query.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
        let first = vec![("user_only", "true".to_owned())];
        let query = arguments.query(&first, Some(("from_job_script_id", 3)), 2);
        let expected = "user_only include_archived search sort_ascending sort_field \
                        from_job_script_id page size";
        assert_eq!(names(&query), expected);
        (arguments.search, arguments.sort_order) = (None, SortOrder::Unsorted);
        let query = arguments.query(&first, None, 2);
        assert_eq!(names(&query), "user_only include_archived sort_field page size");
    }
}
