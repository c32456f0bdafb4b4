//! Descriptions in Markdown, as HTML that can do no harm: what it may consist of is made here, and
//! all that people wrote is text in it.

use pulldown_cmark::{
    Alignment, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html,
};

use crate::web::shown;

/// So much of a text is shown, in bytes.
const MAX_SIZE: usize = 16 << 10;

/// HTML for a page whose last heading above it is of level `below`.
pub(super) fn to_html(text: &str, below: u8) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let (text, is_cut) = beginning(text, MAX_SIZE);
    let mut safe = Safe { level: below, below, ..Safe::default() };
    let text = shown::straight(text);
    let events = Parser::new_ext(&text, options).filter_map(|event| safe.event(event));
    let mut made = String::with_capacity(text.len() * 2);
    html::push_html(&mut made, events);
    if is_cut {
        made.push_str("<p>… The rest is too long to be shown here.</p>");
    }
    made
}

/// Up to `most` bytes of a text; whether that is not all.
pub(super) fn beginning(text: &str, most: usize) -> (&str, bool) {
    if text.len() <= most {
        return (text, false);
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    (text.get(..end).unwrap_or_default(), true)
}

#[derive(Debug, Default)]
struct Safe {
    /// The level of the last heading.
    level: u8,
    below: u8,
    /// For each link and picture that is open: whether there is an element for it.
    open: Vec<bool>,
}

impl Safe {
    fn event<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        Some(match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Heading { level, .. }) => {
                // No level is left out, which screen readers rely on.
                let wanted = (level as u8).saturating_add(self.below);
                self.level = wanted.min(self.level + 1).min(6);
                Event::Start(Tag::Heading {
                    level: level_of(self.level),
                    id: None,
                    classes: Vec::new(),
                    attrs: Vec::new(),
                })
            }
            Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Heading(level_of(self.level))),
            // An alignment would be an attribute `style`, which pages don't allow.
            Event::Start(Tag::Table(columns)) => {
                Event::Start(Tag::Table(vec![Alignment::None; columns.len()]))
            }
            Event::Start(
                Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. },
            ) => return self.link(link_type, &dest_url),
            Event::End(TagEnd::Link | TagEnd::Image) => {
                return self.open.pop()?.then(|| Event::InlineHtml("</a>".into()));
            }
            other => other,
        })
    }

    /// The beginning of a link; pictures are links to them. There are no links within links.
    fn link<'a>(&mut self, kind: LinkType, target: &str) -> Option<Event<'a>> {
        let target = match kind {
            LinkType::Email => format!("mailto:{target}"),
            _ => target.to_owned(),
        };
        let is_open = is_harmless(&target) && !self.open.contains(&true);
        self.open.push(is_open);
        is_open.then(|| {
            let start =
                format!(r#"<a href="{}" rel="noopener noreferrer nofollow">"#, escaped(&target));
            Event::InlineHtml(CowStr::from(start))
        })
    }
}

/// Whether it is an address on the web, an e-mail address or on this site.
fn is_harmless(target: &str) -> bool {
    if target.is_empty() || target.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return false;
    }
    let before = target.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let Some((scheme, _)) = before.split_once(':') else { return true };
    ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

const fn level_of(level: u8) -> HeadingLevel {
    match level {
        ..=1 => HeadingLevel::H1,
        2 => HeadingLevel::H2,
        3 => HeadingLevel::H3,
        4 => HeadingLevel::H4,
        5 => HeadingLevel::H5,
        6.. => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};
    use regex::Regex;

    use super::{MAX_SIZE, to_html};

    #[test]
    fn what_people_write_is_formatted() {
        let html =
            to_html("# Heat\n\nSolves **it** with `mpirun`, see [docs](https://x.org/a).", 1);
        assert_eq!(
            html,
            "<h2>Heat</h2>\n<p>Solves <strong>it</strong> with <code>mpirun</code>, see \
             <a href=\"https://x.org/a\" rel=\"noopener noreferrer nofollow\">docs</a>.</p>\n"
        );
        let table = to_html("|a|b|\n|:-|-:|\n|1|2|\n", 1);
        assert!(table.contains("<td>1</td><td>2</td>") && !table.contains("style"), "{table}");
    }

    #[test]
    fn html_is_text() {
        for (text, shown) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a <b onclick=alert(1)>b</b>", "&lt;b onclick=alert(1)&gt;b&lt;/b&gt;"),
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("<!-- x --><svg/onload=alert(1)>", "&lt;svg/onload=alert(1)&gt;"),
            ("`<script>`", "<code>&lt;script&gt;</code>"),
            ("```<script>\nx\n```", "x"),
            ("```\"><script>\nx\n```", "x"),
            ("&lt;script&gt;", "&lt;script&gt;"),
        ] {
            let html = to_html(text, 1);
            assert!(html.contains(shown), "{text}: {html}");
            assert_harmless(text);
        }
    }

    #[test]
    fn links_lead_to_the_web_only() {
        for target in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java&#10;script:alert(1)",
            "&#1;javascript:alert(1)",
            "javascript&colon;alert(1)",
            "&#106;avascript:alert(1)",
            "vbscript:x",
            "data:text/html,<script>alert(1)</script>",
            "file:///etc/passwd",
            "blob:x",
        ] {
            for text in [
                format!("[x]({target})"),
                format!("[x](<{target}>)"),
                format!("![x]({target})"),
                format!("<{target}>"),
                format!("[x][1]\n\n[1]: {target}"),
            ] {
                let html = to_html(&text, 1);
                assert!(!html.contains("href"), "{text}: {html}");
                assert_harmless(&text);
            }
        }
        for target in
            ["https://x.org/?a=1&b=2#c", "mailto:a@x.org", "/applications/7", "a/b:c", "#x"]
        {
            assert!(to_html(&format!("[x]({target})"), 1).contains("href"), "{target}");
        }
        let html = to_html("<a@x.org> [q](https://x.org/\"onmouseover=\"alert(1))", 1);
        assert!(html.contains("href=\"mailto:a@x.org\""), "{html}");
        assert_harmless("[q](<https://x.org/\"onmouseover=\"alert(1)>)");
    }

    #[test]
    fn pictures_are_links_and_no_link_is_in_another() {
        let html = to_html("![a plot](https://x.org/p.png) [![b](https://x.org/b.png)](/c)", 1);
        assert!(!html.contains("<img"), "{html}");
        assert!(html.contains(">a plot</a>") && html.contains(">b</a>"), "{html}");
        assert_eq!(html.matches("<a ").count(), 2);
        assert_eq!(html.matches("</a>").count(), 2);
    }

    #[test]
    fn headings_follow_those_of_the_page() {
        let html = to_html("### a\n\n# b\n\n###### c\n", 2);
        assert!(html.contains("<h3>a</h3>\n<h3>b</h3>\n<h4>c</h4>"), "{html}");
    }

    #[test]
    fn only_the_beginning_of_a_long_text_is_shown() {
        let html = to_html(&"ü".repeat(MAX_SIZE), 1);
        assert!(html.len() < MAX_SIZE + 200 && html.contains("too long"), "{}", html.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn nothing_that_people_write_does_harm(
            text in "([a-z <>\"'&;:/=()!#`*_|\\[\\]\n\\\\-]|<script>|javascript:|<a href=|on[a-z]+=|&#x0*[0-9a-f]{1,3};|\\]\\(|!\\[|\\[x\\]\\(){0,60}"
        ) {
            assert_harmless(&text);
        }
    }

    /// All elements are such as Markdown has, with no attributes but a few.
    #[track_caller]
    fn assert_harmless(text: &str) {
        let html = to_html(text, 1);
        let tag = Regex::new("<[^>]*>").unwrap();
        let plain = Regex::new(
            "^</?(p|h[2-6]|em|strong|del|code|pre|blockquote|ul|ol|li|table|thead|tbody|tr|th|td|a)>$|\
             ^<(br|hr) />$|^<ol start=\"[0-9]+\">$|^<code class=\"language-[^\"<>]*\">$",
        )
        .unwrap();
        let link = Regex::new(
            "^<a href=\"(?:(?i:https?:|mailto:)[^\"]*|[^:\"/?#\\\\]*(?:[/?#\\\\][^\"]*)?)\" \
             rel=\"noopener noreferrer nofollow\">$",
        )
        .unwrap();
        for found in tag.find_iter(&html) {
            let tag = found.as_str();
            assert!(plain.is_match(tag) || link.is_match(tag), "{tag} in {html} of {text:?}");
        }
    }
}
