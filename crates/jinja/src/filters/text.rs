//! Text.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::attribute::{Getter, plain_text};
use crate::error::{Error, Result};
use crate::format::percent_format;
use crate::markup;
use crate::methods;
use crate::run::Run;
use crate::value::{
    Args, Entries, Iter, Key, Str, Value, as_text, iterate_all, to_text, write_text,
};

pub(super) fn string(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    to_text(run, value).map(Value::Str)
}

/// `center(width=80)`
pub(super) fn center(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let text = string(run, value, args)?;
    let width = args.get(0).unwrap_or(&Value::Int(80));
    methods::center(run, &text, Args::of(std::slice::from_ref(width)))
}

/// `title`: capitalizes what follows white space, hyphens and opening brackets.
pub(super) fn title(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let text = as_text(run, value)?;
    run.meter.string(text.len().saturating_mul(3))?;
    let is_border = |c: char| matches!(c, '-' | '(' | '{' | '[' | '<') || crate::lexer::is_space(c);
    let text = text.as_str();
    Ok(Value::Str(Str::built(&mut run.output, false, |output| {
        if !methods::ascii_title(text, output, is_border) {
            write_title(text, output, is_border);
        }
    })))
}

fn write_title(text: &str, out: &mut String, is_border: impl Fn(char) -> bool + Copy) {
    let mut rest = text;
    while !rest.is_empty() {
        let borders = rest.find(|c| !is_border(c)).unwrap_or(rest.len());
        let (border, after) = rest.split_at(borders);
        out.push_str(border);
        let end = after.find(is_border).unwrap_or(after.len());
        let (word, after) = after.split_at(end);
        let first = word.chars().next();
        out.extend(first.into_iter().flat_map(char::to_uppercase));
        out.push_str(&word.get(first.map_or(0, char::len_utf8)..).unwrap_or("").to_lowercase());
        rest = after;
    }
}

pub(super) fn wordcount(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let text = as_text(run, value)?;
    run.meter.tick(text.len() / 16)?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let count = if text.is_ascii() {
        count_starts(text.bytes().map(is_word))
    } else {
        count_starts(text.as_str().chars().map(crate::lexer::is_word))
    };
    Ok(Value::from_usize(count))
}

/// How many times something begins that goes on for a while.
fn count_starts(goes_on: impl Iterator<Item = bool>) -> usize {
    let mut before = false;
    goes_on.filter(|now| *now & !std::mem::replace(&mut before, *now)).count()
}

/// `format(…)`: the value as a `%` format.
pub(super) fn format(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    if !args.positional.is_empty() && !args.keywords.is_empty() {
        let message = "can't handle positional and keyword arguments at the same time";
        return Err(Error::runtime(message));
    }
    let format = as_text(run, value)?;
    if args.keywords.is_empty() {
        run.meter.list(args.positional.len())?;
        return percent_format(run, &format, &Value::tuple(args.positional.to_vec()));
    }
    run.meter.dict(args.keywords.len())?;
    let entries: Entries =
        args.keywords.iter().map(|(name, value)| (Key::text(&**name), value.clone())).collect();
    percent_format(run, &format, &Value::dict(entries))
}

/// `replace(old, new, count=none)`
pub(super) fn replace(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    if let (Value::Str(text), Some(Value::Str(old)), Some(Value::Str(new)), None) =
        (value, args.get(0), args.get(1), args.some(2))
        && ![text, old, new].into_iter().any(Str::is_markup)
    {
        return methods::replace_all(run, text, old, new);
    }
    let (old, new) = (args.value(0), args.value(1));
    let count = args.some(2).cloned().unwrap_or(Value::Int(-1));
    if !run.autoescape {
        let text = Value::Str(plain_text(run, value)?.into_owned());
        let (old, new) = (plain_text(run, old)?, plain_text(run, new)?);
        let (old, new) = (Value::Str(old.into_owned()), Value::Str(new.into_owned()));
        return methods::replace(run, &text, Args::of(&[old, new, count]));
    }
    let escapes = old.is_markup() || (new.is_markup() && !value.is_markup());
    let text = if escapes { markup::escape(run, value)? } else { to_text(run, value)? };
    let (old, new) = (to_text(run, old)?, to_text(run, new)?);
    methods::replace(run, &Value::Str(text), Args::of(&[Value::Str(old), Value::Str(new), count]))
}

/// `join(d='', attribute=none)`
pub(super) fn join(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let getter = Getter::new(run, args.some(1))?;
    let separator = match args.get(0) {
        Some(separator) => as_text(run, separator)?,
        None => Cow::Owned("".into()),
    };
    let mut iter = iterate_all(run, value)?;
    if run.autoescape {
        return join_escaped(run, iter, &getter, separator.into_owned());
    }
    let mut out = String::with_capacity(64);
    let mut is_first = true;
    while let Some(item) = iter.next(run)? {
        let item = getter.get(run, &item)?;
        if !std::mem::replace(&mut is_first, false) {
            out.push_str(&separator);
        }
        write_text(run, &item, &mut out)?;
        if out.len() > run.meter.limits.string {
            run.meter.string(out.len())?;
        }
    }
    run.meter.string(out.len())?;
    Ok(Value::text(out))
}

/// As [`join`]; if one part is safe text, the others are escaped.
fn join_escaped(
    run: &mut Run,
    mut iter: Iter,
    getter: &Getter,
    mut separator: Str,
) -> Result<Value> {
    let mut parts = Vec::new();
    while let Some(item) = iter.next(run)? {
        let item = getter.get(run, &item)?;
        parts.push(to_text(run, &item)?);
        run.meter.items(1)?;
    }
    let is_safe = separator.is_markup() || parts.iter().any(Str::is_markup);
    if is_safe {
        separator = markup::escape(run, &Value::Str(separator))?;
        for part in &mut parts {
            *part = markup::escape(run, &Value::Str(part.clone()))?;
        }
    }
    let parts_size = parts.iter().fold(0usize, |size, part| size.saturating_add(part.len()));
    let separators = separator.len().saturating_mul(parts.len().saturating_sub(1));
    run.meter.string(parts_size.saturating_add(separators))?;
    let parts: Vec<&str> = parts.iter().map(Str::as_str).collect();
    Ok(Value::Str(Str::new(parts.join(&separator), is_safe)))
}

/// `indent(width=4, first=false, blank=false)`
pub(super) fn indent(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let indention = match args.get(0) {
        None => "    ".to_owned(),
        Some(Value::Str(indention)) => indention.to_string(),
        Some(width) => {
            let width = usize::try_from(width.expect_number()?).unwrap_or(0);
            run.meter.string(width)?;
            " ".repeat(width)
        }
    };
    let Value::Str(text) = value else {
        return value.refuse_use("cannot be indented; a str is needed");
    };
    let (first, blank) = (args.flag(1, false), args.flag(2, false));
    // As if one more line end stood at the end.
    let mut lines: SmallVec<[&str; 16]> = SmallVec::new();
    let mut last_end = "\n";
    for (line, end) in methods::lines(text) {
        lines.push(line);
        last_end = end;
    }
    if !matches!(last_end, "" | "\r") {
        lines.push("");
    }
    let grown = lines.len().saturating_mul(indention.len() + 1).saturating_add(text.len() + 1);
    run.meter.string(grown)?;
    let mut out = String::with_capacity(grown);
    for (index, line) in lines.iter().enumerate() {
        let indents = if index == 0 { first } else { blank || !line.is_empty() };
        if index > 0 {
            out.push('\n');
        }
        if indents {
            out.push_str(&indention);
        }
        out.push_str(line);
    }
    Ok(Value::Str(text.like(out)))
}
