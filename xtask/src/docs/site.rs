//! Whether the site is complete: its links lead somewhere, and it loads nothing from elsewhere.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::no_complaints;

/// mdBook's page for addresses that are not there; it does not know below which one it is shown.
const NOT_FOUND: &str = "404.html";
/// A page that has all others in one, whose anchors mdBook makes anew.
const ALL_IN_ONE: &str = "print.html";

pub(crate) fn check(book: &Path) -> Result<()> {
    no_complaints(&complaints(book)?)
}

fn complaints(book: &Path) -> Result<Vec<String>> {
    let book = &book.canonicalize()?;
    let mut pages = HashMap::new();
    read_pages(book, &mut pages)?;
    let mut complaints = Vec::new();
    for (page, html) in &pages {
        for (tag, name, value) in attributes(html) {
            let complaint = match name {
                "src" | "href" if is_elsewhere(value) && tag != "a" => {
                    Some("loaded from elsewhere")
                }
                "src" | "href" if !is_elsewhere(value) => missing(&pages, page, value),
                _ => None,
            };
            let shown = page.strip_prefix(book).unwrap_or(page).display();
            complaints.extend(complaint.map(|reason| format!("{shown}: {value}: {reason}")));
        }
    }
    complaints.sort();
    Ok(complaints)
}

fn read_pages(directory: &Path, pages: &mut HashMap<PathBuf, String>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read_pages(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "html")
            && !path.ends_with(NOT_FOUND)
            && !path.ends_with(ALL_IN_ONE)
        {
            let html = fs::read_to_string(&path);
            pages.insert(path.clone(), html.with_context(|| path.display().to_string())?);
        }
    }
    Ok(())
}

fn is_elsewhere(address: &str) -> bool {
    ["http:", "https:", "//", "mailto:"].iter().any(|prefix| address.starts_with(prefix))
}

/// Why an address of this page leads nowhere.
fn missing(pages: &HashMap<PathBuf, String>, page: &Path, to: &str) -> Option<&'static str> {
    let (path, anchor) = to.split_once('#').unwrap_or((to, ""));
    let target = match path {
        "" => page.to_path_buf(),
        _ => page.parent()?.join(path),
    };
    // Without the dots, as pages are named.
    let Ok(target) = target.canonicalize() else { return Some("there is no such file") };
    let html = pages.get(&target)?;
    let is_there = anchor.is_empty() || ids(html).contains(anchor);
    (!is_there).then_some("there is no such anchor")
}

fn ids(html: &str) -> HashSet<&str> {
    attributes(html).filter(|(_, name, _)| *name == "id").map(|(_, _, value)| value).collect()
}

/// Tag, name and value of each attribute, in HTML as mdBook writes it.
fn attributes(html: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let tags = html.split('<').skip(1).filter_map(|rest| rest.split_once([' ', '\n']));
    tags.flat_map(|(tag, rest)| {
        let mut rest = rest;
        std::iter::from_fn(move || {
            let (before, after) = rest.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            rest = after;
            let name = before.rsplit([' ', '\n']).next()?;
            (!before.contains('>')).then_some((tag, name, value))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_those_of_tags_and_not_of_texts() {
        let html = r##"<a class="x" href="#y">href="no"</a> <p id="z">"##;

        let found: Vec<_> = attributes(html).collect();

        assert_eq!(found, [("a", "class", "x"), ("a", "href", "#y"), ("p", "id", "z")]);
    }

    #[test]
    fn what_a_page_lacks_or_loads_from_elsewhere_is_said() {
        let book = tempfile::tempdir().unwrap();
        let index = r##"<link href="https://fonts.example.com/a.css"> <a href="https://example.com">
            <a href="b.html#there"> <a href="b.html#nope"> <img src="nope.png"> <a href="#top"> <h1 id="top">"##;
        fs::write(book.path().join("index.html"), index).unwrap();
        fs::write(book.path().join("b.html"), r#"<h2 id="there">"#).unwrap();

        let expected = [
            "index.html: b.html#nope: there is no such anchor",
            "index.html: https://fonts.example.com/a.css: loaded from elsewhere",
            "index.html: nope.png: there is no such file",
        ];
        assert_eq!(complaints(book.path()).unwrap(), expected);
    }
}
