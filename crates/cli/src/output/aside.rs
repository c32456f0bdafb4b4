//! What stands beside the result.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::{
    Appearance, Format, Kind, Output, json, panel, print,
    tell::{tell, tell_link, tell_message, with_link},
};
use crate::failure::Result;

impl Output {
    /// For a command that a workflow runs: as its caller's, but for what the workflow says of JSON
    /// and fields. Documents stay what they are.
    #[must_use]
    pub fn within(&self, said: &Appearance) -> Self {
        let kind = match (self.kind, said.raw) {
            (Kind::Raw | Kind::As(Format::Table), true) => Kind::Raw,
            (Kind::Raw | Kind::As(Format::Table), false) => Kind::As(Format::Table),
            (document, _) => document,
        };
        Self {
            kind,
            full: said.full,
            // A pager is for standard output.
            pages: self.pages && !self.keeps_asides_away,
            is_aside: self.keeps_asides_away,
            results: RefCell::default(),
            ..self.clone()
        }
    }

    /// Whether it must not get into what programs or a job's readers read. Only Python's JSON has
    /// always had messages beside it.
    pub fn keeps_asides_away(&self) -> bool {
        self.keeps_asides_away || self.is_one_document()
    }

    /// A message to the person who called.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn message(&self, title: &str, text: &str, footer: Option<&str>) -> Result<()> {
        if self.keeps_asides_away() {
            tell_message(
                title,
                &[Some(text), footer].into_iter().flatten().collect::<Vec<_>>().join("\n"),
            );
            return Ok(());
        }
        print(&format!("\n{}\n", panel::spacious(title, text, footer, self.width)))
    }

    /// A message with a link, which must be whole to be opened.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn link(&self, title: &str, text: &str, link: &str) -> Result<()> {
        if self.keeps_asides_away() {
            tell_link(title, text, link);
            return Ok(());
        }
        print(&with_link(title, text, link, self.width))
    }

    /// Keys and values of a workflow's own.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn entries(&self, title: &str, entries: &Map<String, Value>) -> Result<()> {
        match self.kind {
            Kind::Raw if !self.keeps_asides_away() => print(&format!("{}\n", json(entries)?)),
            Kind::As(Format::Table) if !self.keeps_asides_away() => {
                self.show(&self.table_of(title, entries, &|_| false))
            }
            _ => self.aside(title, entries),
        }
    }

    /// Keys and values beside the result, which must not get into any JSON.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn aside(&self, title: &str, entries: &Map<String, Value>) -> Result<()> {
        let table = self.table_of(title, entries, &|_| false);
        if self.keeps_asides_away() || self.is_for_programs() {
            tell(&table);
            return Ok(());
        }
        print(&table)
    }
}
