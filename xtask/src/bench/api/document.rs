//! Where figures go that are to stay: files in `docs/` that this command writes.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::{
    growth, plot,
    report::{Report, Server},
    tables,
};

const PAGE: &str = "performance.md";

/// Which of the page's parts a report is; each has a file with its figures.
fn part(report: &Report) -> &'static str {
    let lists = |server: &Server| !server.lists.is_empty() || !server.failures.is_empty();
    if report.servers.iter().any(lists) { "scale" } else { "figures" }
}

/// Writes the figures, the page's tables and, but for a report of many rows, the picture.
pub(super) fn write(directory: &Path, report: &Report) -> Result<()> {
    let part = part(report);
    let figures = directory.join(format!("performance-{part}.json"));
    fs::write(&figures, format!("{}\n", serde_json::to_string_pretty(report)?))?;
    if part == "figures" {
        fs::write(directory.join("performance.svg"), plot::svg(report))?;
    }
    put(directory, part, &tables::markdown(report))
}

/// The same of how costs grow, with all figures of the most submissions.
pub(super) fn write_growth(directory: &Path, reports: &[Report]) -> Result<()> {
    let most = reports.last().context("nothing was measured")?;
    put(directory, "scale", &tables::markdown(most))?;
    let figures = directory.join("performance-growth.json");
    fs::write(&figures, format!("{}\n", serde_json::to_string_pretty(reports)?))?;
    fs::write(directory.join("performance-growth.svg"), growth::svg(reports))?;
    put(directory, "growth", &growth::markdown(reports))
}

fn put(directory: &Path, part: &str, new: &str) -> Result<()> {
    let page = directory.join(PAGE);
    let text = fs::read_to_string(&page)
        .with_context(|| format!("there is no {} to write to", page.display()))?;
    Ok(fs::write(&page, replace(&text, part, new)?)?)
}

/// Puts something in the place of what is between a part's markers.
fn replace(page: &str, part: &str, new: &str) -> Result<String> {
    let [begin, end] = ["begin", "end"].map(|word| format!("<!-- {word} {part} -->"));
    ensure!(page.matches(&begin).count() == 1, "{PAGE} has to have the line {begin} once");
    let (before, rest) = page.split_once(&begin).context("the marker is there")?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("{PAGE} has no {end}"))?;
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", new.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::api::report::tests::{report, row};

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let page = "a\n<!-- begin scale -->\nold\n<!-- end scale -->\nb\n";
        let once = replace(page, "scale", "new\n").unwrap();
        assert_eq!(once, "a\n<!-- begin scale -->\n\nnew\n\n<!-- end scale -->\nb\n");
        assert_eq!(replace(&once, "scale", "new").unwrap(), once);
    }

    #[test]
    fn a_page_without_its_markers_stays_as_it_is() {
        let twice = "<!-- begin scale --><!-- end scale -->".repeat(2);
        for page in ["", "<!-- begin scale -->", &twice] {
            assert!(replace(page, "scale", "new").is_err(), "{page}");
        }
    }

    #[test]
    fn the_page_has_a_place_for_each_part() {
        let page = include_str!("../../../../docs/performance.md");
        let mut scale = report();
        assert_eq!(part(&scale), "figures");
        scale.servers[0].lists.push(row("page 1", 1));
        assert_eq!(part(&scale), "scale");
        assert!(["figures", "scale", "growth"].iter().all(|part| replace(page, part, "").is_ok()));
    }
}
