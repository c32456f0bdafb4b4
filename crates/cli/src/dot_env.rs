//! The file `.env`, in python-dotenv's format, which the Python server reads it in.

use std::{collections::BTreeMap, fmt};

/// A line that can't be understood. Its value is not kept: it may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub struct Misunderstood {
    line: usize,
    variable: Option<String>,
}

impl fmt::Display for Misunderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(variable) = &self.variable {
            write!(f, ", where {variable} is set,")?;
        }
        f.write_str(
            " cannot be understood: it must be NAME=value, NAME='value' or NAME=\"value\"; a quote \
             must be closed, and only a comment may follow it",
        )
    }
}

impl std::error::Error for Misunderstood {}

/// The variables that `text` sets; `None` for those that are only named. The last line on a
/// variable counts. `${NAME}` is what `environment` has, else what an earlier line says.
pub fn parse(
    text: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Option<String>>, Misunderstood> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut known: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, value, after) = line(rest).ok_or_else(|| {
            let before = &text[..text.len() - rest.len()];
            Misunderstood { line: before.matches('\n').count() + 1, variable: variable(rest) }
        })?;
        if let Some(name) = name {
            let lookup = |name: &str| {
                environment(name)
                    .or_else(|| known.get(name).cloned().map(Option::unwrap_or_default))
            };
            let value = value.map(|value| expand(&value, lookup));
            known.insert(name.to_owned(), value);
        }
        rest = after.trim_start();
    }
    Ok(known)
}

/// The name and the value at the beginning of `text`, none for a comment, and what follows.
fn line(text: &str) -> Option<(Option<&str>, Option<String>, &str)> {
    let (name, rest) = name(without_export(text))?;
    let rest = skip_blanks(rest);
    let (value, rest) = match rest.strip_prefix('=') {
        Some(rest) => value(rest).map(|(value, rest)| (Some(value), rest))?,
        None => (None, rest),
    };
    let rest = skip_blanks(rest);
    let rest = if rest.starts_with('#') { &rest[end_of_line(rest)..] } else { rest };
    // The operating system can't take these.
    let usable = !name.is_some_and(|name| name.contains(['=', '\0']))
        && !value.as_ref().is_some_and(|value| value.contains('\0'));
    (usable && (rest.is_empty() || rest.starts_with('\n'))).then_some((name, value, rest))
}

fn without_export(text: &str) -> &str {
    match text.strip_prefix("export") {
        Some(rest) if skip_blanks(rest) != rest => skip_blanks(rest),
        _ => text,
    }
}

fn name(text: &str) -> Option<(Option<&str>, &str)> {
    if text.starts_with('#') {
        return Some((None, text));
    }
    let (name, rest) = match text.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\'')?,
        None => {
            let ends = |c: char| c == '=' || c == '#' || c.is_whitespace();
            text.split_at(text.find(ends).unwrap_or(text.len()))
        }
    };
    (!name.is_empty()).then_some((Some(name), rest))
}

fn value(text: &str) -> Option<(String, &str)> {
    let start = skip_blanks(text);
    match start.chars().next() {
        // With a space before it, this is a comment.
        Some('#') if start != text => Some((String::new(), start)),
        Some(quote @ ('\'' | '"')) => quoted(&start[1..], quote),
        _ => {
            let (line, rest) = start.split_at(end_of_line(start));
            let comment = line.match_indices('#').map(|(at, _)| at);
            let mut comment = comment.filter(|at| line[..*at].ends_with(char::is_whitespace));
            Some((line[..comment.next().unwrap_or(line.len())].trim_end().to_owned(), rest))
        }
    }
}

/// A value up to the closing `quote`, which may be lines further down.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '\\' => {
                let escaped = chars.next()?;
                match meaning(escaped, quote) {
                    Some(meant) => value.push(meant),
                    None => value.extend(['\\', escaped]),
                }
            }
            end if end == quote => return Some((value, chars.as_str())),
            other => value.push(other),
        }
    }
}

/// What a character stands for behind a backslash.
fn meaning(escaped: char, quote: char) -> Option<char> {
    match escaped {
        '\\' | '\'' => Some(escaped),
        _ if quote == '\'' => None,
        '"' => Some('"'),
        'a' => Some('\u{7}'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\u{b}'),
        _ => None,
    }
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() && c != '\n')
}

fn end_of_line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Replaces `${NAME}` and `${NAME:-default}`.
fn expand(value: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let (mut expanded, mut rest) = (String::new(), value);
    while let Some((before, after)) = rest.split_once("${") {
        expanded.push_str(before);
        rest = match reference(after) {
            Some((name, default, after)) => {
                expanded.push_str(&lookup(name).unwrap_or_else(|| default.to_owned()));
                after
            }
            None => {
                expanded.push_str("${");
                after
            }
        };
    }
    expanded + rest
}

/// The name and the default of a reference, and what follows it.
fn reference(text: &str) -> Option<(&str, &str, &str)> {
    let (inside, after) = text.split_once('}')?;
    match inside.split_once(':') {
        Some((name, default)) => Some((name, default.strip_prefix('-')?, after)),
        None => Some((inside, "", after)),
    }
}

/// The variable that a line which can't be understood seems to set, if it looks like one: a piece
/// of a secret must not be taken for a name.
fn variable(text: &str) -> Option<String> {
    let (name, _) = text[..end_of_line(text)].split_once('=')?;
    let name = without_export(name).trim();
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(plain);
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
#[path = "dot_env_tests.rs"]
mod tests;
