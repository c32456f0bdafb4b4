//! Parts of pages in `docs/` that a command writes, each between its markers.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

/// Puts something in the place of a part of a page.
pub(crate) fn put(page: &Path, part: &str, new: &str) -> Result<()> {
    let text = fs::read_to_string(page)
        .with_context(|| format!("there is no {} to write to", page.display()))?;
    let text = replace(&text, part, new).with_context(|| page.display().to_string())?;
    fs::write(page, text).with_context(|| format!("can't write {}", page.display()))
}

/// Puts something in the place of what is between a part's markers.
pub(crate) fn replace(page: &str, part: &str, new: &str) -> Result<String> {
    let [begin, end] = ["begin", "end"].map(|word| format!("<!-- {word} {part} -->"));
    ensure!(page.matches(&begin).count() == 1, "the page has to have the line {begin} once");
    let (before, rest) = page.split_once(&begin).context("the marker is there")?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("the page has no {end}"))?;
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", new.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
