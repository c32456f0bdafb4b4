//! `urlize`

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::error::{Error, Result};
use crate::markup::{self, escape_text};
use crate::run::Run;
use crate::value::{Args, Order, Str, Value, collect, ordering, slice, to_text};

/// Addresses with a scheme or `www.`, of a well-known top-level domain, or of numbers.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^(?:
            (?:https?://|www\.)(?:[\w%-]+\.)*(?:[a-z]{2,63}|xn--[\w%]{2,59})
            | (?:[\w%-]{2,63}\.)+(?:com|net|int|edu|gov|org|info|mil)
            | https?://(?:\d{1,3}(?:\.\d{1,3}){3}|\[(?:[\da-f]{0,4}:){2}(?:[\da-f]{0,4}:?){1,6}\])
        )(?::\d{1,5})?(?:[/?\#]\S*)?\n?$",
    )
    .ok()
});
static EMAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\S+@\w[\w.-]*\.\w+\n?$").ok());
static SCHEME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\w.+-]{2,}:/{0,2}$").ok());

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// How links are written.
struct Links {
    attributes: String,
    /// Characters of an address that are shown.
    limit: Option<Value>,
    schemes: Vec<Str>,
}

/// `urlize(trim_url_limit=none, nofollow=false, target=none, rel=none, extra_schemes=none)`
pub(super) fn urlize(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let links = links(run, &args)?;
    let text = markup::escape(run, value)?;
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        run.meter.tick(1)?;
        let word = rest.find(crate::lexer::is_space).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word);
        out.push_str(&links.word(run, word)?);
        let space = after.len() - after.trim_start_matches(crate::lexer::is_space).len();
        let (space, after) = after.split_at(space);
        out.push_str(space);
        rest = after;
        if out.len() > run.meter.limits.string {
            run.meter.string(out.len())?;
        }
    }
    run.meter.string(out.len())?;
    Ok(Value::Str(Str::new(out, run.autoescape)))
}

fn links(run: &mut Run, args: &Args) -> Result<Links> {
    let limit = args.some(0).cloned();
    let rel = match args.some(3).filter(|rel| rel.is_true()) {
        None => String::new(),
        Some(_) => args.text(3)?.to_string(),
    };
    let mut relations: BTreeSet<&str> = rel.split_whitespace().collect();
    relations.insert("noopener");
    if args.flag(1, false) {
        relations.insert("nofollow");
    }
    let relations: Vec<&str> = relations.into_iter().collect();
    let mut attributes = format!(" rel=\"{}\"", escape_text(&relations.join(" ")));
    if let Some(target) = args.some(2).filter(|target| target.is_true()) {
        let target = markup::escape(run, target)?;
        attributes.push_str(&format!(" target=\"{}\"", target.as_str()));
    }
    let mut schemes = Vec::new();
    if let Some(given) = args.some(4) {
        for scheme in collect(run, given)? {
            let scheme = to_text(run, &scheme)?;
            if !matches(&SCHEME, &scheme) {
                let message = format!("'{}' is not a valid URI scheme prefix", scheme.as_str());
                return Err(Error::runtime(message));
            }
            schemes.push(scheme);
        }
    }
    Ok(Links { attributes, limit, schemes })
}

impl Links {
    fn word(&self, run: &mut Run, word: &str) -> Result<String> {
        let (head, middle) = split_head(word);
        let (middle, tail) = split_tail(middle);
        let (middle, tail) = balance(middle, tail);
        Ok([head, &self.link(run, &middle)?, &tail].concat())
    }

    fn link(&self, run: &mut Run, text: &str) -> Result<String> {
        let attributes = &self.attributes;
        // All addresses have one or the other.
        let may_be_address = text.contains(['.', ':']);
        if may_be_address && matches(&ADDRESS, text) {
            let has_scheme = text.starts_with("https://") || text.starts_with("http://");
            let scheme = if has_scheme { "" } else { "https://" };
            let shown = self.shown(run, text)?;
            return Ok(format!("<a href=\"{scheme}{text}\"{attributes}>{shown}</a>"));
        }
        if let Some(address) = text.strip_prefix("mailto:")
            && matches(&EMAIL, address)
        {
            return Ok(format!("<a href=\"{text}\">{address}</a>"));
        }
        let may_be_email = text.contains('@') && !text.starts_with("www.") && !text.contains(':');
        if may_be_email && matches(&EMAIL, text) {
            return Ok(format!("<a href=\"mailto:{text}\">{text}</a>"));
        }
        for scheme in &self.schemes {
            if text != scheme.as_str() && text.starts_with(scheme.as_str()) {
                return Ok(format!("<a href=\"{text}\"{attributes}>{text}</a>"));
            }
        }
        Ok(text.into())
    }

    fn shown(&self, run: &mut Run, text: &str) -> Result<String> {
        let Some(limit) = &self.limit else { return Ok(text.into()) };
        let text = Str::from(text);
        if !ordering(run, Order::Greater, &Value::from_usize(text.chars()), limit)? {
            return Ok(text.to_string());
        }
        let head = slice(run, &Value::Str(text), [&Value::None, limit, &Value::None])?;
        Ok(format!("{}...", to_text(run, &head)?.as_str()))
    }
}

/// Splits opening brackets off.
fn split_head(word: &str) -> (&str, &str) {
    let mut rest = word;
    while let Some(after) = ["(", "<", "&lt;"].iter().find_map(|open| rest.strip_prefix(open)) {
        rest = after;
    }
    word.split_at(word.len() - rest.len())
}

/// Splits closing brackets and punctuation off.
fn split_tail(word: &str) -> (&str, &str) {
    let ends = [")", ">", ".", ",", "\n", "&gt;"];
    let mut rest = word;
    while let Some(before) = ends.iter().find_map(|end| rest.strip_suffix(end)) {
        rest = before;
    }
    word.split_at(rest.len())
}

/// Gives closing brackets in the tail back to the brackets opened in the middle.
fn balance(middle: &str, tail: &str) -> (String, String) {
    let (mut middle, mut tail) = (middle.to_owned(), tail.to_owned());
    if tail.is_empty() {
        return (middle, tail);
    }
    for (open, close) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
        let opened = middle.matches(open).count();
        if opened <= middle.matches(close).count() {
            continue;
        }
        for _ in 0..opened.min(tail.matches(close).count()) {
            let end = tail.find(close).map_or(0, |offset| offset + close.len());
            let rest = tail.split_off(end);
            middle.push_str(&tail);
            tail = rest;
        }
    }
    (middle, tail)
}
