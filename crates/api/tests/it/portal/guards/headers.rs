//! What browsers must not do with pages.

use std::{fs, path::Path};

use regex::Regex;

use super::{Things, all_permissions, form_token, signed_in, table::ROWS, try_row};
use crate::{on_both, support::Answer};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What templates put into pages as it is, because it is HTML that was made here: of other templates, and
/// of Markdown.
const MADE_HERE: [&str; 10] = [
    "favourite|safe",
    "jobs|safe",
    "description|safe",
    "described|safe",
    "about|safe",
    "row.standing|safe",
    "{{ now|safe",
    "{{ timeline|safe",
    "{{ slurm|safe",
    "{{ files|safe",
];

/// What runs or looks otherwise only with `unsafe-inline`.
fn inline(html: &str) -> Option<String> {
    let quoted = r#"(?:"[^"]*"|'[^']*'|[^"'>])*"#;
    for odd in [
        format!(r"(?is)<script{quoted}>\s*[^\s<]"),
        "(?i)<style".to_owned(),
        r#"(?is)<[a-z][a-z0-9-]*(?:\s+(?:"[^"]*"|'[^']*'|[^"'>])*?)?\sstyle\s*="#.to_owned(),
        r#"(?is)<[a-z][a-z0-9-]*(?:\s+(?:"[^"]*"|'[^']*'|[^"'>])*?)?\son[a-z]+\s*="#.to_owned(),
        r#"(?i)(?:href|src|action)\s*=\s*["']?\s*javascript:"#.to_owned(),
        r#"(?i)(?:hx-on|hx-vals\s*=\s*["']js:)"#.to_owned(),
    ] {
        if let Some(found) = Regex::new(&odd).unwrap().find(html) {
            return Some(found.as_str().to_owned());
        }
    }
    None
}

pub(super) fn check(what: &str, answer: &Answer) {
    let header = |name: &str| answer.header(name).unwrap_or_default().to_owned();
    assert_eq!(header("content-security-policy"), POLICY, "{what}");
    assert_eq!(header("x-frame-options"), "DENY", "{what}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    let cache = header("cache-control");
    assert!(["private, no-cache", "no-store"].contains(&cache.as_str()), "{what}: {cache}");
    if header("content-type").starts_with("text/html") {
        assert_eq!(inline(&answer.text), None, "{what}: {}", answer.text);
    }
}

on_both! {
    async fn no_answer_can_be_framed_shared_or_made_to_run_anything(app: IssuerApp) {
        let things = Things::of(&app, None).await;
        let mut alice = signed_in(&app, "alice", None, &all_permissions()).await;
        let mut nobody = crate::web::browser::Browser::new(&app);
        let token = form_token(&mut alice).await;
        // Refused first, then done.
        for token in ["wrong", &token] {
            for row in ROWS {
                let answer = try_row(&mut alice, row, &things.address(row), Some(token)).await;
                check(&format!("{row:?}"), &answer);
            }
        }
        for row in ROWS {
            let answer = try_row(&mut nobody, row, &things.address(row), None).await;
            check(&format!("{row:?} for nobody"), &answer);
        }
        for path in ["/sign-in", "/sign-in/callback", "/sign-out", "/signed-out", "/applications/9999", "/scripts/x"] {
            check(path, &nobody.open(path).await);
            check(path, &alice.open(path).await);
        }
    }
}

#[test]
fn no_template_has_anything_inline() {
    fn collect(directory: &Path) -> usize {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let raw = Regex::new(r"\|\s*safe").unwrap();
        let mut seen = 0;
        for path in entries {
            if path.is_dir() {
                seen += collect(&path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(inline(&text), None, "{}", path.display());
            // What is put into pages as it is must be HTML that was made here.
            for line in text.lines().filter(|line| raw.is_match(line)) {
                assert!(MADE_HERE.iter().any(|it| line.contains(it)), "{}: {line}", path.display());
            }
            seen += 1;
        }
        seen
    }
    assert!(collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")) > 40);
}

#[test]
fn what_is_inline_is_found() {
    for bad in [
        "<script>x</script>",
        "<style>a{}</style>",
        "<p style=\"x\">",
        "<p class=\"a\"\n style='x'>",
        "<a href=\"javascript:x\">",
        "<body onload=x>",
        "<a title=\">\" onclick=\"x\">",
        "<p hx-on:click=\"x\">",
    ] {
        assert!(inline(bad).is_some(), "{bad}");
    }
    for good in [
        "<script src=\"x\" defer></script>",
        "<p title=\" style=x onclick=y\">",
        "<p>style=\"x\" on=1</p>",
        "<link rel=\"stylesheet\" href=\"style.css\">",
        "<option value=\"on\">",
    ] {
        assert_eq!(inline(good), None, "{good}");
    }
}
