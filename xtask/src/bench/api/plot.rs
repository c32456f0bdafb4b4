//! The picture of what was measured: a dot for each server and each floor, operation by operation.
//! Written by hand, for crates that draw know nothing of a browser's dark and light.

use super::{
    load::Load,
    report::{Report, Row},
    tables::grouped,
};

pub(super) const WIDTH: f64 = 880.0;
/// Where the names of operations end and the scale begins, and where that ends.
const LEFT: f64 = 210.0;
const RIGHT: f64 = 850.0;
/// Below title and legend.
const TOP: f64 = 96.0;
const ROW: f64 = 34.0;
const BOTTOM: f64 = 46.0;
/// Between the words of the legend.
pub(super) const LEGEND: f64 = 165.0;

const STYLE: &str = "\
svg { font: 13px system-ui, sans-serif; }\n\
.paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }\n\
.line { stroke: #d1d9e0; } .floor { fill: none; stroke: #59636e; stroke-width: 2; }\n\
.s0 { fill: #0969da; } .s1 { fill: #bc4c00; } .other { fill: #8250df; }\n\
.l0, .l1 { fill: none; stroke-width: 2; } .l0 { stroke: #0969da; } .l1 { stroke: #bc4c00; }\n\
@media (prefers-color-scheme: dark) {\n\
.paper { fill: #0d1117; } text { fill: #f0f6fc; } .quiet { fill: #9198a1; }\n\
.line { stroke: #3d444d; } .floor { stroke: #9198a1; }\n\
.s0 { fill: #58a6ff; } .s1 { fill: #f0883e; } .other { fill: #be8fff; }\n\
.l0 { stroke: #58a6ff; } .l1 { stroke: #f0883e; }\n\
}\n";

/// What has a dot in each operation's line.
struct Series<'a> {
    name: &'a str,
    mark: Mark,
    values: Vec<Option<f64>>,
}

#[derive(Clone, Copy)]
pub(super) enum Mark {
    /// One of our servers.
    Dot(usize),
    Ring,
    Square,
    Diamond,
}

/// Requests per second, at the middle one of the numbers of connections.
pub(super) fn svg(report: &Report) -> String {
    let connections = middle(report);
    let rows: Vec<Vec<&Row>> =
        report.servers.iter().map(|server| at(&server.operations, connections)).collect();
    let Some(last) = rows.last().filter(|rows| !rows.is_empty()) else {
        return document(TOP, "Not measured yet: cargo xtask bench api --docs", "");
    };
    let series = series(report, &rows, last);
    let values = series.iter().flat_map(|series| series.values.iter().flatten());
    let scale = Scale::of(values.copied());
    let bottom = TOP + ROW * last.len() as f64;
    let mut drawn = scale.lines(bottom);
    for (place, row) in last.iter().enumerate() {
        drawn += &text(LEFT - 14.0, height(place) + 4.0, "end", "", &row.operation);
    }
    for (number, series) in series.iter().enumerate() {
        let left = 30.0 + LEGEND * number as f64;
        drawn += &series.mark.draw(left, 62.0);
        drawn += &text(left + 12.0, 66.5, "start", "quiet", series.name);
        for (place, value) in series.values.iter().enumerate() {
            drawn += &value
                .map(|value| series.mark.draw(scale.x(value), height(place)))
                .unwrap_or_default();
        }
    }
    let title = format!(
        "Requests per second at {connections} connections (each line is ten times the one before)"
    );
    document(bottom + BOTTOM, &title, &drawn)
}

/// Of the different numbers of connections the middle one.
fn middle(report: &Report) -> u32 {
    let rows = report.servers.iter().flat_map(|server| &server.operations);
    let mut connections: Vec<u32> = rows.map(|row| row.connections).collect();
    connections.sort_unstable();
    connections.dedup();
    connections.get(connections.len() / 2).copied().unwrap_or_default()
}

fn at(rows: &[Row], connections: u32) -> Vec<&Row> {
    rows.iter().filter(|row| row.connections == connections).collect()
}

/// Those of which something was measured; the floors are those of the last server.
fn series<'a>(report: &'a Report, rows: &[Vec<&Row>], last: &[&Row]) -> Vec<Series<'a>> {
    let all = |load: fn(&Row) -> Option<&Load>| {
        last.iter().map(|row| load(row).map(|load| load.per_second)).collect::<Vec<_>>()
    };
    let servers =
        report.servers.iter().zip(rows).enumerate().map(|(place, (server, rows))| Series {
            name: &server.name,
            mark: Mark::Dot(place),
            values: rows.iter().map(|row| Some(row.ours.per_second)).collect(),
        });
    let others = [
        ("the other server", Mark::Diamond, all(|row| row.other.as_ref())),
        ("its statements alone", Mark::Square, all(|row| row.statements.as_ref())),
        ("bare HTTP", Mark::Ring, all(|row| row.bare.as_ref())),
    ];
    let others = others.into_iter().map(|(name, mark, values)| Series { name, mark, values });
    servers.chain(others).filter(|series| series.values.iter().any(Option::is_some)).collect()
}

/// Powers of ten, side by side.
struct Scale {
    first: f64,
    last: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let logarithms: Vec<f64> = values.map(|value| value.max(0.1).log10()).collect();
        let first = logarithms.iter().copied().fold(f64::INFINITY, f64::min).floor();
        let last = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil();
        Self { first, last: last.max(first + 1.0) }
    }

    fn x(&self, value: f64) -> f64 {
        let share = (value.max(0.1).log10() - self.first) / (self.last - self.first);
        LEFT + share * (RIGHT - LEFT)
    }

    fn lines(&self, bottom: f64) -> String {
        let powers = (self.first as i32)..=(self.last as i32);
        let line = |power: i32| {
            let value = 10f64.powi(power);
            let x = self.x(value);
            let label = text(x, bottom + 22.0, "middle", "quiet", &power_of_ten(power));
            format!(
                "<line class=\"line\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\n{label}"
            )
        };
        powers.map(line).collect()
    }
}

fn power_of_ten(power: i32) -> String {
    match power {
        0.. => grouped(10f64.powi(power)),
        _ => 10f64.powi(power).to_string(),
    }
}

impl Mark {
    pub(super) fn draw(self, x: f64, y: f64) -> String {
        match self {
            Self::Dot(place) => {
                format!("<circle class=\"s{place}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\"/>\n")
            }
            Self::Ring => {
                format!("<circle class=\"floor\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>\n")
            }
            Self::Square => {
                let (x, y) = (x - 5.0, y - 5.0);
                format!(
                    "<rect class=\"floor\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"10\" height=\"10\"/>\n"
                )
            }
            Self::Diamond => {
                format!("<path class=\"other\" d=\"M{x:.1} {:.1}l7 7l-7 7l-7-7z\"/>\n", y - 7.0)
            }
        }
    }
}

/// Where the middle of an operation's line is.
fn height(place: usize) -> f64 {
    TOP + ROW * (place as f64 + 0.5)
}

pub(super) fn text(x: f64, y: f64, anchor: &str, class: &str, words: &str) -> String {
    let words = escape(words);
    format!(
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>\n"
    )
}

fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(super) fn document(height: f64, title: &str, drawn: &str) -> String {
    let heading = text(24.0, 34.0, "start", "", title);
    let title = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\" rx=\"8\"/>\n{heading}{drawn}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::api::report::tests::{load, report};

    #[test]
    fn each_server_and_floor_has_a_mark_in_each_line() {
        let mut report = report();
        let svg = svg(&report);
        // One in the legend and one for the only operation at 16 connections.
        for class in ["s0", "s1", "floor"] {
            assert_eq!(svg.matches(&format!("class=\"{class}\"")).count(), 2, "{class}: {svg}");
        }
        assert!(!svg.contains("class=\"other\""));
        report.servers[1].operations[1].other = Some(load(5.0));
        assert_eq!(super::svg(&report).matches("class=\"other\"").count(), 2);
    }

    #[test]
    fn colours_follow_the_readers_choice() {
        let svg = svg(&report());
        let (light, dark) = svg.split_once("prefers-color-scheme: dark").unwrap();
        for class in [".paper {", "text {", ".s0 {", ".s1 {", ".floor {"] {
            assert!(light.contains(class) && dark.contains(class), "{class}");
        }
    }

    #[test]
    fn the_scale_is_of_whole_powers_of_ten() {
        let scale = Scale::of([20.0, 5000.0].into_iter());
        assert_eq!((scale.x(10.0), scale.x(10_000.0)), (LEFT, RIGHT));
        assert!((scale.x(316.23) - f64::midpoint(LEFT, RIGHT)).abs() < 0.1);
    }

    #[test]
    fn without_figures_it_says_so() {
        let mut report = report();
        report.servers.clear();
        assert!(svg(&report).contains("Not measured yet"));
    }

    #[test]
    fn words_are_no_markup() {
        let mut report = report();
        report.servers[1].operations[1].operation = "a < b & c".to_owned();
        assert!(svg(&report).contains(">a &lt; b &amp; c</text>"));
    }
}
