//! What lists ask for: search, filters and order.

use jobbergate_types::list::ListQuery;
use sea_query::{
    Condition, Expr, ExprTrait, IntoColumnRef, LikeExpr, NullOrdering, Order, SelectStatement,
    extension::postgres::PgExpr,
};

use crate::{
    db::Session,
    error::{Error, Result},
};

/// How much of a long word's beginning and end is looked up.
const FIRST: usize = 3;
const LAST: usize = 4;

/// Which of a table's columns a list can search and be sorted by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListColumns {
    pub(crate) searched: &'static [&'static str],
    pub(crate) sortable: &'static [&'static str],
}

impl ListColumns {
    /// What `list` asks for, on top of `condition`.
    pub(crate) fn narrowed(
        &self,
        db: &Session,
        condition: Condition,
        list: &ListQuery,
        owner: Option<&str>,
    ) -> Condition {
        let condition = unsearched(condition, list, owner);
        match search(list) {
            None => condition,
            Some(words) => condition.add(containing(db, self.searched, words)),
        }
    }

    /// 400 for a column that can't be sorted by.
    pub(crate) fn ordering(&self, field: Option<&str>, ascending: bool) -> Result<Ordering> {
        let field = field.filter(|field| !field.is_empty()).unwrap_or("id");
        let column = self.sortable.iter().find(|column| **column == field).ok_or_else(|| {
            Error::BadRequest(format!(
                "Invalid sorting column requested: {field}. Must be one of {}",
                self.sortable.join(", ")
            ))
        })?;
        Ok(Ordering { column, ascending })
    }
}

/// What `list` asks for on top of `condition`, but for a search.
pub(crate) fn unsearched(
    mut condition: Condition,
    list: &ListQuery,
    owner: Option<&str>,
) -> Condition {
    if !list.include_archived {
        condition = condition.add(Expr::col("is_archived").eq(false));
    }
    if list.user_only {
        condition = condition.add(Expr::col("owner_email").eq(owner.unwrap_or_default()));
    }
    condition
}

/// Rows in one of whose columns any of the words occurs; none if there is no word.
pub(crate) fn containing(db: &Session, columns: &[&'static str], words: &str) -> Condition {
    let mut any = Condition::any().add(Expr::val(1).eq(0));
    for word in words.split_whitespace() {
        for column in columns {
            any = any.add(contains_ci(db, column, word));
        }
    }
    any
}

/// What is searched for.
pub(crate) fn search(list: &ListQuery) -> Option<&str> {
    list.search.as_deref().filter(|search| !search.is_empty())
}

/// By which column, and which way. Nulls count as largest, and the key decides between equals, so
/// that pages neither repeat nor skip a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ordering {
    pub(crate) column: &'static str,
    pub(crate) ascending: bool,
}

impl Ordering {
    pub(super) fn apply(self, select: &mut SelectStatement, key: &[&'static str]) {
        let (order, nulls) = match self.ascending {
            true => (Order::Asc, NullOrdering::Last),
            false => (Order::Desc, NullOrdering::First),
        };
        select.order_by_with_nulls(self.column.into_column_ref(), order.clone(), nulls);
        select.order_by_columns(key.iter().map(|column| (*column, order.clone())));
    }
}

/// `column` contains `word`, whatever the case (on SQLite: of ASCII letters). `%` and `_` are
/// wildcards and `\` escapes them, as on the Python server.
fn contains_ci(db: &Session, column: &'static str, word: &str) -> Condition {
    let pattern = format!("%{word}%");
    if db.is_sqlite() {
        return Expr::col(column).like(LikeExpr::new(pattern).escape('\\')).into();
    }
    match ends(word) {
        None => Expr::col(column).ilike(pattern).into(),
        // What is not the column itself is not looked up in the index.
        Some(ends) => Condition::all()
            .add(Expr::col(column).ilike(ends))
            .add(Expr::col(column).concat("").ilike(pattern)),
    }
}

/// A pattern of how a long word begins and ends. PostgreSQL's index of trigrams takes time for each
/// of a word's, and these few find nearly the same rows.
fn ends(word: &str) -> Option<String> {
    let letters: Vec<char> = word.chars().collect();
    let wild = letters.iter().any(|letter| matches!(letter, '%' | '_' | '\\'));
    if wild || letters.len() <= FIRST + LAST {
        return None;
    }
    let (first, last) = (&letters[..FIRST], &letters[letters.len() - LAST..]);
    // Others are in no trigram.
    let indexed = last.iter().all(|letter| letter.is_ascii_alphanumeric());
    indexed.then(|| format!("%{}%{}%", String::from_iter(first), String::from_iter(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_looked_up_by_their_ends() {
        assert_eq!(ends("submission-4711").as_deref(), Some("%sub%4711%"));
        assert_eq!(ends("größenordnung").as_deref(), Some("%grö%nung%"));
        for word in
            ["", "heat", "seven77", "100%-of-it", "a_long_word", "back\\slashes", "wave-heat-7"]
        {
            assert_eq!(ends(word), None, "{word}");
        }
    }
}
