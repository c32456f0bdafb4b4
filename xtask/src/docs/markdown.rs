//! What is of interest in a Markdown text: where its links lead and which anchors it has.

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A link or picture, and the line that it is on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) line: usize,
    pub(crate) to: String,
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

pub(crate) fn links(text: &str) -> Vec<Link> {
    let links = parser(text).into_offset_iter().filter_map(|(event, range)| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            let line = text[..range.start].matches('\n').count() + 1;
            Some(Link { line, to: dest_url.into_string() })
        }
        _ => None,
    });
    links.collect()
}

/// The anchors of headings, as forges and mdBook make them.
pub(crate) fn anchors(text: &str) -> HashSet<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut anchors = HashSet::new();
    for heading in headings(text) {
        let anchor = anchor(&heading);
        let count = seen.entry(anchor.clone()).or_default();
        anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
        *count += 1;
    }
    anchors
}

/// The anchor of a heading that no other one is like.
pub(crate) fn anchor(heading: &str) -> String {
    let letters = heading.trim().chars().filter_map(|letter| match letter {
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter),
        _ if letter.is_whitespace() => Some('-'),
        _ => None,
    });
    letters.flat_map(char::to_lowercase).collect()
}

fn headings(text: &str) -> Vec<String> {
    let mut headings = Vec::new();
    let mut open: Option<String> = None;
    for event in parser(text) {
        match (event, &mut open) {
            (Event::Start(Tag::Heading { .. }), open) => *open = Some(String::new()),
            (Event::End(TagEnd::Heading(_)), open) => headings.extend(open.take()),
            (Event::Text(words) | Event::Code(words), Some(heading)) => heading.push_str(&words),
            _ => {}
        }
    }
    headings
}

/// Text that Markdown shows as it is; what stands between backticks is code.
pub(crate) fn escaped(text: &str) -> String {
    let mut code = false;
    let mut escaped = String::new();
    for letter in text.chars() {
        code ^= letter == '`';
        if !code && "\\<>*_[]#~".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// The same in a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    escaped(&line).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_with_their_lines_but_not_in_code() {
        let text = "See [this](a.md#b).\n\n`[no](x)`\n\n```\n[no](y)\n```\n\n![picture](p.png)\n";

        let links = links(text);

        let expected = [(1, "a.md#b"), (9, "p.png")];
        assert_eq!(links, expected.map(|(line, to)| Link { line, to: to.to_owned() }));
    }

    #[test]
    fn anchors_are_those_of_forges() {
        let anchors = anchors("# Who may: the 403\n## How many `sbatch` at once\n## Two\n## Two\n");

        let expected = ["who-may-the-403", "how-many-sbatch-at-once", "two", "two-1"];
        assert_eq!(anchors, expected.map(str::to_owned).into());
    }

    #[test]
    fn words_are_shown_as_they_are() {
        assert_eq!(escaped("`<a>` is <b>"), "`<a>` is \\<b\\>");
        assert_eq!(cell("a | b\nc"), "a \\| b c");
    }
}
