//! What was measured, as tables in Markdown, which people can also read in a terminal.

use super::{
    load::Load,
    report::{Report, Row, Server, ratio},
};

type Column = (&'static str, fn(&Row) -> Option<String>);

const COLUMNS: [Column; 11] = [
    ("connections", |row| Some(row.connections.to_string())),
    ("rows", |row| row.total.map(|total| grouped(total as f64))),
    ("requests/s", |row| Some(number(row.ours.per_second))),
    ("p50 ms", |row| row.ours.p50.map(number)),
    ("p99 ms", |row| row.ours.p99.map(number)),
    ("CPU ms", |row| Some(number(row.cpu))),
    ("PostgreSQL's CPU ms", |row| row.database_cpu.map(number)),
    ("bare HTTP/s", |row| row.bare.as_ref().map(per_second)),
    ("of bare HTTP", |row| ratio(&row.ours, row.bare.as_ref()).map(percent)),
    ("its statements/s", |row| row.statements.as_ref().map(per_second)),
    ("of its statements", |row| ratio(&row.ours, row.statements.as_ref()).map(percent)),
];
const AGAINST: [Column; 4] = [
    ("the other/s", |row| row.other.as_ref().map(per_second)),
    ("its p50 ms", |row| row.other.as_ref()?.p50.map(number)),
    ("its p99 ms", |row| row.other.as_ref()?.p99.map(number)),
    ("times as many", |row| ratio(&row.ours, row.other.as_ref()).map(times)),
];

/// All tables of a report, with what they are about.
pub(super) fn markdown(report: &Report) -> String {
    let Report { machine, seconds, submissions, servers } = report;
    let tables: Vec<_> = servers.iter().map(of_server).collect();
    format!(
        "{}\n\n{} submissions; {seconds} s for each figure. {}\n\n{}",
        machine.describe(),
        grouped(f64::from(*submissions)),
        failures(report),
        tables.join("\n")
    )
}

/// Which lists are missing, and why.
fn failures(report: &Report) -> String {
    let failures = report.failures().map(|(server, failure)| format!("{server}, {failure}"));
    match failures.collect::<Vec<_>>() {
        none if none.is_empty() => "No answer was an error.".to_owned(),
        some => format!("**Failed:** {}.", some.join("; ")),
    }
}

fn of_server(server: &Server) -> String {
    let Server { name, memory_at_rest, memory_at_end, operations, lists, .. } = server;
    let megabytes = |bytes: &u64| *bytes as f64 / 1e6;
    let lists = match lists.as_slice() {
        [] => String::new(),
        lists => format!("\n{}", table("list of submissions", lists)),
    };
    format!(
        "**{name}.** The server's memory (PSS): {:.1} MB at rest, {:.1} MB at the end.\n\n{}{lists}",
        megabytes(memory_at_rest),
        megabytes(memory_at_end),
        table("operation", operations)
    )
}

/// Columns in which nothing was measured are left out.
fn table(first: &str, rows: &[Row]) -> String {
    let name = |row: &Row| row.operation.clone();
    let mut columns = vec![cells(first, rows, name)];
    for (heading, cell) in COLUMNS.iter().chain(&AGAINST) {
        if rows.iter().any(|row| cell(row).is_some()) {
            columns.push(cells(heading, rows, |row| cell(row).unwrap_or_default()));
        }
    }
    aligned(&columns)
}

/// Columns, each with its heading, as a table.
pub(super) fn aligned(columns: &[Vec<String>]) -> String {
    let width = |column: &[String]| column.iter().map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = columns.iter().map(|column| width(column).unwrap_or_default()).collect();
    let line = |at: usize| {
        let cells = columns.iter().zip(&widths).enumerate().map(|(place, (column, &width))| {
            let cell = column.get(at).map(String::as_str).unwrap_or_default();
            if place == 0 { format!(" {cell:<width$} |") } else { format!(" {cell:>width$} |") }
        });
        format!("|{}\n", cells.collect::<String>())
    };
    let rules = widths.iter().enumerate().map(|(place, &width)| match place {
        0 => format!("{}|", "-".repeat(width + 2)),
        _ => format!("{}:|", "-".repeat(width + 1)),
    });
    let rule = format!("|{}\n", rules.collect::<String>());
    let lines = columns.first().map(Vec::len).unwrap_or_default();
    let lines: String = (1..lines).map(line).collect();
    format!("{}{rule}{lines}", line(0))
}

/// A column: its heading, and what it has of each row.
fn cells(heading: &str, rows: &[Row], cell: impl Fn(&Row) -> String) -> Vec<String> {
    std::iter::once(heading.to_owned()).chain(rows.iter().map(cell)).collect()
}

fn per_second(load: &Load) -> String {
    number(load.per_second)
}

fn percent(ratio: f64) -> String {
    format!("{} %", number(ratio * 100.0))
}

fn times(ratio: f64) -> String {
    format!("{} ×", number(ratio))
}

/// With about three digits that mean something.
pub(super) fn number(value: f64) -> String {
    match value {
        value if value >= 100.0 => grouped(value),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// A whole number with its thousands apart.
pub(super) fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::api::report::tests::{load, report, row};

    #[test]
    fn numbers_have_as_many_digits_as_mean_something() {
        let shown = [0.123, 5.0, 45.67, 999.6, 1234.5, 1_234_567.0].map(number);
        assert_eq!(shown, ["0.12", "5.00", "45.7", "1 000", "1 234", "1 234 567"]);
    }

    #[test]
    fn a_table_has_the_columns_that_were_measured() {
        let mut other = row("render", 64);
        other.other = Some(load(50.0));
        let table = table("operation", &[row("submit", 1), other]);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("| operation | connections | requests/s |"), "{table}");
        assert!(!lines[0].contains("PostgreSQL"), "{table}");
        assert!(lines[2].contains(" 2.50 % |") && lines[3].ends_with(" 10.0 × |"), "{table}");
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()));
    }

    #[test]
    fn a_report_has_a_table_for_each_server() {
        let markdown = markdown(&report());
        assert_eq!(markdown.matches("| operation |").count(), 2);
        let said = "10 000 submissions; 1 s for each figure. No answer was an error.";
        assert!(markdown.contains(said), "{markdown}");
    }

    #[test]
    fn a_list_that_failed_is_named() {
        let mut report = report();
        report.servers[1].failures.push("a search: 503".to_owned());
        let said = "**Failed:** PostgreSQL, a search: 503.";
        assert!(markdown(&report).contains(said), "{}", markdown(&report));
    }
}
