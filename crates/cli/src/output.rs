//! What is printed: tables, panels and what programs read on standard output, failures on standard
//! error.

mod appearance;
mod aside;
mod columns;
mod fitting;
mod format;
mod pager;
mod panel;
mod print;
pub mod progress;
pub mod python;
pub mod resource;
mod table;
mod tell;
mod terminal;
mod times;

use std::{
    cell::{Cell, RefCell},
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    rc::Rc,
    time::SystemTime,
};

use serde_json::{Map, Value};

use crate::failure::{Failure, Result};
pub use appearance::Appearance;
use columns::Columns;
pub use columns::known;
use fitting::{Fitting, fit};
pub use format::Format;
use format::json;
pub use print::{READ_ENOUGH, print, print_on, printable, write};
use resource::Resource;
use tell::tell_bytes;
pub use tell::{tell, tell_file, tell_link, tell_message, tell_of};
use terminal::{has_colours, height, width};

/// How results are shown.
#[derive(Debug, Clone)]
pub struct Output {
    /// As what.
    kind: Kind,
    /// With what tables leave out.
    full: bool,
    columns: Columns,
    width: u16,
    /// Whether a person sees it at once.
    is_terminal: bool,
    colours: bool,
    pages: bool,
    /// Whether a result was printed already, by whichever command.
    goes_on: Rc<Cell<bool>>,
    /// Whether standard output is for something else than what stands beside the result.
    pub keeps_asides_away: bool,
    /// Whether results themselves stand beside that of the command that this one is for.
    is_aside: bool,
    /// For workflows, which run commands as functions.
    results: RefCell<Results>,
}

/// What a command came to.
#[derive(Debug, Clone, Default)]
struct Results {
    shown: Vec<Value>,
    written: Vec<PathBuf>,
}

/// That a result can't be plain and a document.
pub fn two_ways() -> Failure {
    let text = "--plain and --output are two ways of the same: give one of them";
    Failure::Usage(text.to_owned())
}

/// As what results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As the Python command line prints JSON, with empty lines around lists.
    Raw,
    As(Format),
}

impl Output {
    /// For this process.
    ///
    /// # Errors
    /// When results can't be shown in two ways at once.
    pub fn new(appearance: &Appearance) -> Result<Self> {
        let is_terminal = io::stdout().is_terminal();
        let kind = match (appearance.raw, appearance.output) {
            (true, None) => Kind::Raw,
            (false, format) => Kind::As(format.unwrap_or(Format::Table)),
            (true, Some(_)) => {
                let text = "--raw and --output are two ways of the same: give one of them";
                return Err(Failure::Usage(text.to_owned()));
            }
        };
        Ok(Self {
            kind,
            full: appearance.full,
            columns: Columns::new(&appearance.columns),
            width: width(is_terminal),
            is_terminal,
            colours: has_colours(is_terminal),
            pages: is_terminal && !appearance.no_pager,
            goes_on: Rc::default(),
            keeps_asides_away: false,
            is_aside: false,
            results: RefCell::default(),
        })
    }

    /// The things that were shown.
    pub fn shown(&self) -> Vec<Value> {
        self.results.borrow().shown.clone()
    }

    /// The files that were written.
    pub fn written(&self) -> Vec<PathBuf> {
        self.results.borrow().written.clone()
    }

    /// Keeps in mind that files were written.
    pub fn wrote(&self, files: &[impl AsRef<Path>]) {
        let files = files.iter().map(|file| file.as_ref().to_owned());
        self.results.borrow_mut().written.extend(files);
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        matches!(self.kind, Kind::Raw | Kind::As(Format::Json))
    }

    /// The same for what is shown as it happens.
    ///
    /// # Errors
    /// When it is to be a document, which it can't be.
    pub fn follows_as_json(&self) -> Result<bool> {
        match self.kind {
            Kind::As(Format::Yaml | Format::Csv) => {
                let text = "what is followed is shown in lines or, with --output json, as JSON";
                Err(Failure::Usage(text.to_owned()))
            }
            _ => Ok(self.is_json()),
        }
    }

    /// Whether tables have what they leave out otherwise.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Whether the columns that were asked for are those of one of these resources.
    ///
    /// # Errors
    /// When one is of none.
    pub fn check(&self, resources: &[&Resource]) -> Result<()> {
        self.columns.check(resources)
    }

    /// Whether the result is for programs, with nothing else beside it.
    pub fn is_for_programs(&self) -> bool {
        self.kind != Kind::As(Format::Table)
    }

    /// Whether a list is one document, not shown page by page.
    pub fn is_one_document(&self) -> bool {
        !matches!(self.kind, Kind::Raw | Kind::As(Format::Table))
    }

    /// One thing.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn one(&self, title: &str, resource: &Resource, shown: &Map<String, Value>) -> Result<()> {
        self.results.borrow_mut().shown.push(Value::Object(shown.clone()));
        let picked = self.columns.pick(resource, shown);
        match self.kind {
            Kind::Raw => self.print(&format!("{}\n", json(&picked)?)),
            Kind::As(Format::Table) => {
                let is_hidden = |name: &str| {
                    self.columns.are_usual_for(resource) && !self.full && resource.hides(name)
                };
                self.show(&self.table_of(title, &picked, &is_hidden))
            }
            Kind::As(format) => {
                let columns: Vec<_> = picked.keys().cloned().collect();
                let value = Value::Object(picked.clone());
                self.document(format, &value, &columns, &[picked])
            }
        }
    }

    fn table_of(
        &self,
        title: &str,
        entries: &Map<String, Value>,
        is_hidden: &dyn Fn(&str) -> bool,
    ) -> String {
        let value = |name: &str, value| match self.relative(name, value) {
            Some(relative) => format!("{} ({relative})", python::text(value)),
            None => python::text(value),
        };
        let rows = entries
            .iter()
            .filter(|(name, _)| !is_hidden(name))
            .map(|(name, shown)| vec![name.clone(), value(name, shown)])
            .collect();
        let columns = [("Key", table::Style::Key), ("Value", table::Style::Plain)];
        let table = table::draw(&columns, rows, table::Rows::Whole, self.width, self.colours);
        format!("\n{}\n\n", table::under(title, &table))
    }

    /// One thing that is no resource, where results are documents.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn values(&self, thing: &Map<String, Value>) -> Result<()> {
        let format = match self.kind {
            Kind::Raw => Format::Json,
            Kind::As(format) => format,
        };
        let columns: Vec<_> = thing.keys().cloned().collect();
        self.document(format, &Value::Object(thing.clone()), &columns, std::slice::from_ref(thing))
    }

    /// A page of a list, with what is said below it.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn list(
        &self,
        title: &str,
        resource: &Resource,
        rows: &[Map<String, Value>],
        caption: &str,
    ) -> Result<()> {
        let picked = || rows.iter().map(|row| self.columns.pick(resource, row)).collect::<Vec<_>>();
        match self.kind {
            Kind::Raw => self.print(&format!("\n{}\n\n", json(&picked())?)),
            Kind::As(Format::Table) if rows.is_empty() => {
                self.message("Nothing here...", "There are no results to display", None)
            }
            Kind::As(Format::Table) => self.show(&self.table(title, resource, rows, caption)),
            Kind::As(format) => {
                let columns: Vec<_> = match self.columns.are_usual_for(resource) {
                    true => resource.names().map(str::to_owned).collect(),
                    false => self.columns.of(resource).into_iter().map(|(name, _)| name).collect(),
                };
                let rows = picked();
                let all = rows.iter().cloned().map(Value::Object).collect();
                self.document(format, &Value::Array(all), &columns, &rows)
            }
        }
    }

    fn table(
        &self,
        title: &str,
        resource: &Resource,
        rows: &[Map<String, Value>],
        caption: &str,
    ) -> String {
        let columns = match self.columns.are_usual_for(resource) {
            true => resource
                .columns(self.full)
                .map(|(name, colour)| (name.to_owned(), colour))
                .collect(),
            false => self.columns.of(resource),
        };
        let columns: Vec<_> = columns
            .iter()
            .map(|(name, colour)| (name.as_str(), table::Style::Column(*colour)))
            .collect();
        let cell = |row, name: &str| {
            let value = resource.value(row, name).unwrap_or(&Value::Null);
            self.relative(name, value).unwrap_or_else(|| python::text(value))
        };
        let rows: Vec<Vec<_>> = rows
            .iter()
            .map(|row| columns.iter().map(|(name, _)| cell(row, name)).collect())
            .collect();
        let chooses = self.is_terminal && self.columns.are_usual_for(resource) && !self.full;
        let (table, note) = match chooses.then(|| self.fitted(&columns, &rows)).flatten() {
            Some(fitted) => fitted,
            None => {
                let height = table::Rows::OneLine;
                (table::draw(&columns, rows, height, self.width, self.colours), String::new())
            }
        };
        let table = table::under(title, &table);
        format!("\n{table}\n{}\n{note}", table::centred(caption, &table))
    }

    /// A list without what there is no room for at a terminal, and what that is.
    fn fitted(
        &self,
        columns: &[(&str, table::Style)],
        rows: &[Vec<String>],
    ) -> Option<(String, String)> {
        let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
        let Fitting { columns: kept, left_out } = fit(&names, rows, self.width.into())?;
        let pick = |row: &Vec<String>| {
            kept.iter().filter_map(|(place, _)| row.get(*place).cloned()).collect()
        };
        let rows = rows.iter().map(pick).collect();
        let shown: Vec<_> =
            kept.iter().filter_map(|(place, _)| columns.get(*place).copied()).collect();
        let widths: Vec<_> = kept.iter().map(|(_, width)| *width).collect();
        let table = table::draw_fitted(&shown, &widths, rows, self.width, self.colours);
        let names: Vec<_> =
            left_out.iter().filter_map(|place| names.get(*place).copied()).collect();
        let note = match names.is_empty() {
            true => String::new(),
            false => format!("No room for {} (see --columns)\n", names.join(", ")),
        };
        Some((table, note))
    }

    /// How long ago an instant was, where a person sees it.
    fn relative(&self, name: &str, value: &Value) -> Option<String> {
        let text = value.as_str().filter(|_| self.is_terminal && name.ends_with("_at"))?;
        times::relative(text, SystemTime::now())
    }

    fn document(
        &self,
        format: Format,
        value: &Value,
        columns: &[String],
        rows: &[Map<String, Value>],
    ) -> Result<()> {
        let (text, between) = match format {
            Format::Table | Format::Json => (json(value)? + "\n", ""),
            Format::Yaml => (format::yaml(value)?, "---\n"),
            Format::Csv => (format::csv(columns, rows)?, "\n"),
        };
        let between = if self.goes_on.replace(true) { between } else { "" };
        // A person's terminal does not do what somebody's text says.
        let text = if self.is_terminal { printable(&text) } else { text };
        self.show(&format!("{between}{text}"))
    }

    /// Prints a text; by a pager if it is longer than the terminal.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn show(&self, text: &str) -> Result<()> {
        let is_long = || text.lines().count() >= height().unwrap_or(usize::MAX);
        if self.pages && is_long() && pager::show(text) {
            return Ok(());
        }
        self.print(text)
    }

    fn print(&self, text: &str) -> Result<()> {
        self.write(text.as_bytes())
    }

    fn write(&self, bytes: &[u8]) -> Result<()> {
        if self.is_aside {
            tell_bytes(bytes);
            return Ok(());
        }
        write(bytes)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn file(
        &self,
        name: &str,
        content: &[u8],
        footer: Option<&str>,
        plain: bool,
    ) -> Result<()> {
        if !plain && !self.is_for_programs() {
            let text = String::from_utf8_lossy(content);
            return self.print(&format!("\n{}", panel::tight(name, &text, footer, self.width)));
        }
        let footer = footer.map(|footer| format!("# {footer}\n")).unwrap_or_default();
        let heading = format!("\n# {}\n{footer}", printable(name));
        let mut bytes = heading.into_bytes();
        bytes.extend_from_slice(content);
        bytes.push(b'\n');
        self.write(&bytes)
    }
}
