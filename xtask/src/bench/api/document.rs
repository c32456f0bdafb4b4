//! Where figures go that are to stay: files in `docs/` that this command writes.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::{
    growth, plot,
    report::{Report, Server},
    tables,
};
use crate::{bench::page, scale};

const PAGE: &str = "performance.md";

/// Which of the page's parts a report is; each has a file with its figures.
fn part(report: &Report) -> &'static str {
    let lists = |server: &Server| !server.lists.is_empty() || !server.failures.is_empty();
    if report.servers.iter().any(lists) { "scale" } else { "figures" }
}

/// Writes the figures, the page's tables and, but for a report of many rows, the picture and what is reckoned with them.
pub(super) fn write(directory: &Path, report: &Report) -> Result<()> {
    let part = part(report);
    let figures = directory.join(format!("performance-{part}.json"));
    fs::write(&figures, format!("{}\n", serde_json::to_string_pretty(report)?))?;
    page::put(&directory.join(PAGE), part, &tables::markdown(report))?;
    if part == "figures" {
        fs::write(directory.join("performance.svg"), plot::svg(report))?;
        scale::write(directory)?;
    }
    Ok(())
}

/// The same of how costs grow, with all figures of the most submissions.
pub(super) fn write_growth(directory: &Path, reports: &[Report]) -> Result<()> {
    let most = reports.last().context("nothing was measured")?;
    let page = directory.join(PAGE);
    page::put(&page, "scale", &tables::markdown(most))?;
    let figures = directory.join("performance-growth.json");
    fs::write(&figures, format!("{}\n", serde_json::to_string_pretty(reports)?))?;
    fs::write(directory.join("performance-growth.svg"), growth::svg(reports))?;
    page::put(&page, "growth", &growth::markdown(reports))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::api::report::tests::{report, row};

    #[test]
    fn the_page_has_a_place_for_each_part() {
        let page = include_str!("../../../../docs/performance.md");
        let mut scale = report();
        assert_eq!(part(&scale), "figures");
        scale.servers[0].lists.push(row("page 1", 1));
        assert_eq!(part(&scale), "scale");
        let parts = ["figures", "scale", "growth"];
        assert!(parts.iter().all(|part| page::replace(page, part, "").is_ok()));
    }

    #[test]
    fn what_was_measured_once_is_written_alike_each_time() {
        let docs = crate::workspace().unwrap().join("docs");
        let read = |directory: &Path, name: &str| fs::read_to_string(directory.join(name)).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let pages = [PAGE, "scale.md"];
        pages.iter().for_each(|page| {
            fs::copy(docs.join(page), directory.path().join(page)).unwrap();
        });
        let figures = read(&docs, "performance-figures.json");
        write(directory.path(), &serde_json::from_str(&figures).unwrap()).unwrap();
        let growth = read(&docs, "performance-growth.json");
        let growth: Vec<Report> = serde_json::from_str(&growth).unwrap();
        write_growth(directory.path(), &growth).unwrap();
        for file in pages.into_iter().chain(["performance.svg", "performance-growth.svg"]) {
            assert!(
                read(directory.path(), file) == read(&docs, file),
                "docs/{file} has other figures than docs/performance-*.json: see `cargo xtask scale --docs` and \
                 `cargo xtask bench api --docs`"
            );
        }
    }
}
