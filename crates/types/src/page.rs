//! The envelope of every list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Page_{T}_")]
pub struct Page<T> {
    /// The rows of this page; empty beyond the last page.
    pub items: Vec<T>,
    /// How many rows all pages have together.
    #[schemars(range(min = 0))]
    pub total: i64,
    /// Which page this is, from 1.
    #[schemars(range(min = 1))]
    pub page: i64,
    /// How many rows a full page has.
    #[schemars(range(min = 1))]
    pub size: i64,
    /// How many pages there are; 0 when there is no row.
    #[schemars(range(min = 0))]
    pub pages: i64,
}

impl<T> Page<T> {
    /// A page of `items` out of `total` rows.
    pub fn new(items: Vec<T>, total: i64, page: i64, size: i64) -> Self {
        Self { items, total, page, size, pages: (total + size - 1) / size }
    }

    /// The same page with each row changed.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, total, page, size, pages } = self;
        Page { items: items.into_iter().map(f).collect(), total, page, size, pages }
    }
}
