//! What is printed: tables, panels and JSON on standard output, failures on standard error.

mod panel;
pub mod python;
pub mod resource;
mod table;

use std::{
    cell::RefCell,
    env,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::failure::{Failure, Result};
use resource::Resource;

/// How wide output is when nothing says it.
const USUAL_WIDTH: u16 = 80;

/// How results are shown.
#[derive(Debug, Clone)]
pub struct Output {
    /// As JSON.
    pub raw: bool,
    /// With what tables leave out.
    pub full: bool,
    /// Whether standard output is for something else than what stands beside the result.
    pub keeps_asides_away: bool,
    width: u16,
    colours: bool,
    /// For workflows, which run commands as functions.
    results: RefCell<Results>,
}

/// What a command came to.
#[derive(Debug, Clone, Default)]
struct Results {
    shown: Vec<Value>,
    written: Vec<PathBuf>,
}

impl Output {
    /// For this process.
    pub fn new(raw: bool, full: bool) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let (width, colours) = (width(is_terminal), has_colours(is_terminal));
        Self { raw, full, keeps_asides_away: raw, width, colours, results: RefCell::default() }
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

    /// A message to the person who called.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn message(&self, title: &str, text: &str, footer: Option<&str>) -> Result<()> {
        print(&format!("\n{}\n", panel::spacious(title, text, footer, self.width)))
    }

    /// One thing.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn one(&self, title: &str, resource: &Resource, shown: &Map<String, Value>) -> Result<()> {
        self.results.borrow_mut().shown.push(Value::Object(shown.clone()));
        self.entries(title, shown, &|name| !self.full && resource.hides(name))
    }

    /// Keys and values.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn entries(
        &self,
        title: &str,
        entries: &Map<String, Value>,
        is_hidden: &dyn Fn(&str) -> bool,
    ) -> Result<()> {
        if self.raw {
            return print(&format!("{}\n", json(entries)?));
        }
        print(&self.table_of(title, entries, is_hidden))
    }

    /// Keys and values beside the result, which must not get into its JSON or a job's output.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn aside(&self, title: &str, entries: &Map<String, Value>) -> Result<()> {
        let table = self.table_of(title, entries, &|_| false);
        if self.keeps_asides_away {
            tell(&table);
            return Ok(());
        }
        print(&table)
    }

    fn table_of(
        &self,
        title: &str,
        entries: &Map<String, Value>,
        is_hidden: &dyn Fn(&str) -> bool,
    ) -> String {
        let rows = entries
            .iter()
            .filter(|(name, _)| !is_hidden(name))
            .map(|(name, value)| vec![name.clone(), python::text(value)])
            .collect();
        let columns = [("Key", table::Style::Key), ("Value", table::Style::Plain)];
        let table = table::draw(&columns, rows, table::Rows::Whole, self.width, self.colours);
        format!("\n{}\n\n", table::under(title, &table))
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
        if self.raw {
            return print(&format!("\n{}\n\n", json(rows)?));
        }
        if rows.is_empty() {
            return self.message("Nothing here...", "There are no results to display", None);
        }
        let columns: Vec<_> = resource
            .columns(self.full)
            .map(|(name, colour)| (name, table::Style::Column(colour)))
            .collect();
        let cell =
            |row: &Map<String, Value>, name| python::text(row.get(name).unwrap_or(&Value::Null));
        let rows =
            rows.iter().map(|row| columns.iter().map(|(name, _)| cell(row, *name)).collect());
        let table =
            table::draw(&columns, rows.collect(), table::Rows::OneLine, self.width, self.colours);
        let table = table::under(title, &table);
        print(&format!("\n{table}\n{}\n", table::centred(caption, &table)))
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
        if !plain && !self.raw {
            let text = String::from_utf8_lossy(content);
            return print(&format!("\n{}", panel::tight(name, &text, footer, self.width)));
        }
        let footer = footer.map(|footer| format!("# {footer}\n")).unwrap_or_default();
        let heading = format!("\n# {}\n{footer}", printable(name));
        let mut bytes = heading.into_bytes();
        bytes.extend_from_slice(content);
        bytes.push(b'\n');
        write(&bytes)
    }
}

/// Prints to standard output. Whoever has read enough, as `head` has, is no failure.
///
/// # Errors
/// When nothing can be written.
pub fn print(text: &str) -> Result<()> {
    write(text.as_bytes())
}

fn write(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::file("Output failed", "standard output", &error))
        }
        _ => Ok(()),
    }
}

/// The exit code when nobody reads on: that of programs that `SIGPIPE` ends.
pub const READ_ENOUGH: u8 = 141;

/// Prints a part of something that goes on until nobody reads it any more.
///
/// # Errors
/// When that is so, or nothing can be written.
pub fn print_on(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Ended(READ_ENOUGH),
        _ => Failure::file("Output failed", "standard output", &error),
    })
}

/// Tells the person who called of something that goes on or went wrong.
pub fn tell(text: &str) {
    // Where nobody can be told, nothing is to be done about it.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Tells of a failure: in a panel on a terminal, in plain lines elsewhere, for programs to search.
pub fn tell_of(failure: &Failure) {
    match failure {
        Failure::Refused { title, text } if io::stderr().is_terminal() => {
            tell(&format!("\n{}\n", panel::tight(title, text, None, width(true))));
        }
        Failure::Refused { title, text } if title.is_empty() => {
            tell(&format!("{}\n", printable(text)));
        }
        Failure::Refused { title, text } => {
            tell(&format!("{}\n{}\n", printable(title), printable(text)));
        }
        Failure::Usage(text) => tell(&format!("error: {}\n", printable(text))),
        Failure::Aborted => tell("Aborted.\n"),
        Failure::Interrupted | Failure::Ended(_) => {}
    }
}

/// Tells of something beside the result, in a panel on a terminal.
pub fn tell_message(title: &str, text: &str) {
    if io::stderr().is_terminal() {
        tell(&format!("\n{}\n", panel::spacious(title, text, None, width(true))));
    } else {
        tell(&format!("{}\n{}\n", printable(title), printable(text)));
    }
}

/// Tells of a file beside the result.
pub fn tell_file(name: &str, content: &str) {
    tell(&format!("\n{}", panel::tight(name, content, None, width(true))));
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String> {
    let written = serde_json::to_string_pretty(value);
    written.map_err(|error| Failure::new("Output failed", error.to_string()))
}

fn width(is_terminal: bool) -> u16 {
    let said = env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let found = || is_terminal.then(terminal_width).flatten();
    said.filter(|width| *width > 0).or_else(found).unwrap_or(USUAL_WIDTH).max(20)
}

fn terminal_width() -> Option<u16> {
    // A terminal of no columns is one that does not say.
    comfy_table::Table::new().width().filter(|width| *width > 0)
}

fn has_colours(is_terminal: bool) -> bool {
    is_terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A text without what would move the cursor or change colours: it may come from anybody.
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => printable.push(c),
            '\t' => printable.push_str("    "),
            '\r' => {}
            c if c.is_control() => printable.extend(c.escape_default()),
            c => printable.push(c),
        }
    }
    printable
}
