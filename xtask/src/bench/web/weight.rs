//! How much a browser loads that has never been here.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::{
    browser::Browser,
    world::{APPLICATION, World},
};
use crate::lab::Terminal;

/// Bytes, compressed, that a first visit may load.
const GOAL: usize = 250_000;
const LOG_IN: &str = "/realms/jobbergate/login";
/// Of the first application.
const EDITOR: &str = "/applications/1/edit/file?name=heat.sh.j2";

pub(super) fn measure(world: &World, terminal: &Terminal) -> Result<()> {
    terminal.heading("What a first visit loads, compressed where the server does so; KB");
    let nobody = Browser::new(&world.server.url, "");
    say(terminal, "log-in", load(&nobody, LOG_IN)?);
    let browser = Browser::new(&world.server.url, &world.cookie);
    let run = format!("{APPLICATION}/run");
    for (name, path) in [
        ("home", "/"),
        ("applications", "/applications"),
        ("run form", &run),
        ("a submission", &world.submission),
        ("a file in the editor", EDITOR),
    ] {
        say(terminal, name, load(&browser, path)?);
    }
    Ok(())
}

/// A page alone, and what it loads.
fn load(browser: &Browser, path: &str) -> Result<(usize, usize)> {
    let page = browser.open(path)?;
    let loaded = loads(&page);
    ensure!(!loaded.is_empty(), "{path} loads nothing");
    let sizes = loaded.iter().map(|path| browser.weigh(path));
    let sizes: Vec<usize> = sizes.collect::<Result<_>>()?;
    Ok((browser.weigh(path)?, sizes.iter().sum()))
}

/// The addresses of what belongs to a page: what `link` and `script` name.
fn loads(page: &str) -> BTreeSet<&str> {
    let tags = page.split('<').filter(|tag| tag.starts_with("link ") || tag.starts_with("script "));
    tags.filter_map(|tag| {
        let (_, rest) = tag.split_once("href=\"").or_else(|| tag.split_once("src=\""))?;
        rest.split('"').next()
    })
    .collect()
}

fn say(terminal: &Terminal, name: &str, (page, loaded): (usize, usize)) {
    let kilobytes = |bytes: usize| bytes as f64 / 1e3;
    let verdict = if page + loaded > GOAL { "missed" } else { "" };
    terminal.say(&format!(
        "  {name:<24} page {:>6.1}, the rest {:>6.1}, together {:>6.1}  ≤ {} {verdict}",
        kilobytes(page),
        kilobytes(loaded),
        kilobytes(page + loaded),
        GOAL / 1000
    ));
}
