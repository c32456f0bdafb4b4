//! How what each operation costs grows with the number of submissions.

use super::{
    plot::{self, LEGEND, Mark, WIDTH, text},
    report::{Report, Row, Server},
    tables::{aligned, grouped, number},
};

/// What is measured up to, unless told otherwise.
pub(super) const LARGEST: u32 = 1_000_000;
const SMALLEST: u32 = 1000;

/// Small pictures, side by side.
const ACROSS: usize = 4;
const PANEL: f64 = WIDTH / ACROSS as f64;
const TALL: f64 = 150.0;
const TOP: f64 = 90.0;
/// What is around the lines of a small picture: left, right, above and below.
const AROUND: [f64; 4] = [56.0, 12.0, 30.0, 24.0];
/// Where the name of an operation begins: left of its lines, as some are long.
const NAME: f64 = 12.0;
/// Milliseconds at the lines across each, as powers of ten.
const SCALE: [i32; 6] = [-1, 0, 1, 2, 3, 4];

/// Each ten times the one before.
pub(super) fn sizes(largest: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(SMALLEST), |size| size.checked_mul(10))
        .take_while(move |&size| size <= largest)
}

/// Half of the answers took no longer, for each operation and each number of submissions.
pub(super) fn markdown(reports: &[Report]) -> String {
    let Some(last) = reports.last() else { return String::new() };
    let tables = last
        .servers
        .iter()
        .map(|server| format!("**{}**\n\n{}", server.name, aligned(&columns(reports, server))));
    format!(
        "{}\n\nMilliseconds (p50) at one connection, {} s for each figure.\n\n{}",
        last.machine.describe(),
        last.seconds,
        tables.collect::<Vec<_>>().join("\n")
    )
}

fn columns(reports: &[Report], server: &Server) -> Vec<Vec<String>> {
    let names = rows(server).map(|row| row.operation.clone());
    let first = std::iter::once("submissions".to_owned()).chain(names).collect();
    let others = reports.iter().map(|report| {
        let heading = grouped(f64::from(report.submissions));
        let cells = rows(server)
            .map(|row| time(report, &server.name, &row.operation).map(number).unwrap_or_default());
        std::iter::once(heading).chain(cells).collect()
    });
    std::iter::once(first).chain(others).collect()
}

fn rows(server: &Server) -> impl Iterator<Item = &Row> {
    server.lists.iter().chain(&server.operations)
}

fn time(report: &Report, server: &str, operation: &str) -> Option<f64> {
    let server = report.servers.iter().find(|it| it.name == server)?;
    rows(server).find(|row| row.operation == operation)?.ours.p50
}

/// A small picture for each operation, with a line for each server.
pub(super) fn svg(reports: &[Report]) -> String {
    let Some(last) = reports.last() else { return String::new() };
    let mut drawn = String::new();
    for (number, server) in last.servers.iter().enumerate() {
        let left = 30.0 + LEGEND * number as f64;
        drawn += &Mark::Dot(number).draw(left, 58.0);
        drawn += &text(left + 12.0, 62.5, "start", "quiet", &server.name);
    }
    let operations: Vec<&Row> = last.servers.first().map(rows).into_iter().flatten().collect();
    for (place, row) in operations.iter().enumerate() {
        let (column, line) = (place % ACROSS, place / ACROSS);
        let panel = Panel {
            left: PANEL * column as f64,
            top: TOP + TALL * line as f64,
            largest: f64::from(last.submissions),
        };
        drawn += &panel.draw(reports, &row.operation);
    }
    let height = TOP + TALL * operations.len().div_ceil(ACROSS) as f64 + 10.0;
    plot::document(height, "Milliseconds for an answer, by the number of submissions", &drawn)
}

struct Panel {
    left: f64,
    top: f64,
    largest: f64,
}

impl Panel {
    fn draw(&self, reports: &[Report], operation: &str) -> String {
        let mut drawn = text(self.left + NAME, self.top + 16.0, "start", "", operation);
        for power in SCALE {
            let (y, milliseconds) = (self.y(10f64.powi(power)), 10f64.powi(power).to_string());
            let [left, right] = [self.x(f64::from(SMALLEST)), self.x(self.largest)];
            drawn += &format!(
                "<line class=\"line\" x1=\"{left:.1}\" x2=\"{right:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\n"
            );
            drawn += &text(left - 6.0, y + 4.0, "end", "quiet", &milliseconds);
        }
        let bottom = self.top + TALL - AROUND[3] + 16.0;
        for (rows, anchor) in [(f64::from(SMALLEST), "start"), (self.largest, "end")] {
            drawn += &text(self.x(rows), bottom, anchor, "quiet", &grouped(rows));
        }
        let servers = reports.last().map(|report| report.servers.as_slice()).unwrap_or_default();
        let lines = servers.iter().enumerate().map(|(number, server)| {
            let at = |report: &Report| {
                let y = self.y(time(report, &server.name, operation)?);
                Some(format!("{:.1},{y:.1}", self.x(f64::from(report.submissions))))
            };
            let points: Vec<_> = reports.iter().filter_map(at).collect();
            format!("<polyline class=\"l{number}\" points=\"{}\"/>\n", points.join(" "))
        });
        drawn + &lines.collect::<String>()
    }

    fn x(&self, rows: f64) -> f64 {
        let [left, right, ..] = AROUND;
        let smallest = f64::from(SMALLEST);
        let share = (rows / smallest).log10() / (self.largest / smallest).log10().max(1.0);
        self.left + left + share * (PANEL - left - right)
    }

    fn y(&self, milliseconds: f64) -> f64 {
        let [_, _, above, below] = AROUND;
        let [least, .., most] = SCALE.map(f64::from);
        let share = (milliseconds.log10().clamp(least, most) - least) / (most - least);
        self.top + TALL - below - share * (TALL - above - below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::api::report::tests::report;

    fn reports() -> Vec<Report> {
        let with = |submissions| Report { submissions, ..report() };
        sizes(100_000).map(with).collect()
    }

    #[test]
    fn each_size_is_ten_times_the_one_before() {
        assert_eq!(sizes(1_000_000).collect::<Vec<_>>(), [1000, 10_000, 100_000, 1_000_000]);
        assert_eq!(sizes(u32::MAX).last(), Some(1_000_000_000));
    }

    #[test]
    fn a_table_has_a_column_for_each_size() {
        let markdown = markdown(&reports());
        assert!(markdown.contains("| submissions | 1 000 | 10 000 | 100 000 |"), "{markdown}");
        assert_eq!(markdown.matches("| submit      |  1.00 |").count(), 4, "{markdown}");
    }

    #[test]
    fn each_operation_has_a_line_for_each_server() {
        let svg = svg(&reports());
        assert_eq!(svg.matches("class=\"l0\"").count(), 2);
        assert_eq!(svg.matches("class=\"l1\"").count(), 2);
    }

    #[test]
    fn what_takes_ten_times_as_long_is_as_much_higher_everywhere() {
        let panel = Panel { left: 0.0, top: 0.0, largest: 1e6 };
        let steps = [0.1, 1.0, 10.0, 100.0].map(|it| panel.y(it) - panel.y(it * 10.0));
        assert!(steps.iter().all(|step| (step - steps[0]).abs() < 1e-9), "{steps:?}");
        assert_eq!(panel.y(1e-3), panel.y(0.1));
    }
}
