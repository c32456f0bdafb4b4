//! `pprint`

use crate::error::{Error, Exception, Result};
use crate::methods;
use crate::run::{Run, Running};
use crate::sorting::sort_values;
use crate::value::{Args, Entries, Value, repr, repr_text};

const WIDTH: usize = 80;
const MAX_DEPTH: usize = 100;

/// `pprint`: as Python's `pprint.pformat`.
pub(super) fn pprint(run: &mut Run, value: &Value, _: Args) -> Result<Value> {
    let value = sorted(run, value, 0)?;
    let mut printer = Printer { run, out: String::new() };
    printer.value(&value, 0, 0, 1)?;
    let text = printer.out;
    run.meter.string(text.len())?;
    Ok(Value::text(text))
}

/// The value with all dicts in the order of their keys.
fn sorted(run: &mut Run, value: &Value, depth: usize) -> Result<Value> {
    run.meter.tick(1)?;
    if depth > MAX_DEPTH {
        return Err(Error::limit(format!("value is nested deeper than {MAX_DEPTH}")));
    }
    run.deeper(|run| match value {
        Value::List(list) => {
            let items = list.items.borrow().clone();
            Ok(Value::list(all_sorted(run, &items, depth)?))
        }
        // Pairs of groups have their own `repr`, which `pformat` leaves alone.
        Value::Tuple(tuple) if !tuple.is_group => {
            Ok(Value::tuple(all_sorted(run, &tuple.items, depth)?))
        }
        Value::Dict(dict) => {
            run.meter.dict(dict.entries.borrow().len())?;
            let entries = dict.entries.borrow().clone();
            Ok(Value::dict(sorted_entries(run, entries, depth)?))
        }
        other => Ok(other.clone()),
    })
}

fn all_sorted(run: &mut Run, items: &[Value], depth: usize) -> Result<Vec<Value>> {
    run.meter.list(items.len())?;
    items.iter().map(|item| sorted(run, item, depth + 1)).collect()
}

fn sorted_entries(run: &mut Run, entries: Entries, depth: usize) -> Result<Entries> {
    run.meter.dict(entries.len())?;
    let places = |entries: &Entries| -> Vec<_> {
        let keys = entries.keys().enumerate();
        keys.map(|(place, key)| (key.value.clone(), Value::from_usize(place))).collect()
    };
    let order = match sort_values(run, places(&entries), false) {
        Ok(order) => order,
        Err(error) if error.exception() == Exception::Type => {
            let by_type = places(&entries).into_iter();
            let by_type = by_type.map(|(key, place)| (Value::text(key.type_name()), place));
            sort_values(run, by_type.collect(), false)?
        }
        Err(error) => return Err(error),
    };
    let mut result = Entries::default();
    for place in order {
        let place = place.as_clamped().and_then(|place| usize::try_from(place).ok());
        if let Some((key, value)) = place.and_then(|place| entries.get_index(place)) {
            result.insert(key.clone(), sorted(run, value, depth + 1)?);
        }
    }
    Ok(result)
}

struct Printer<'p> {
    run: &'p mut Run,
    out: String,
}

impl Printer<'_> {
    /// Prints at column `indent`, leaving `allowance` columns free on the last line.
    fn value(
        &mut self,
        value: &Value,
        indent: usize,
        allowance: usize,
        level: usize,
    ) -> Result<()> {
        let text = repr(self.run, value)?;
        if text.chars().count() <= WIDTH.saturating_sub(indent + allowance) {
            self.out.push_str(&text);
            return Ok(());
        }
        match value {
            Value::List(list) => {
                let items = list.items.borrow().clone();
                self.sequence('[', &items, "]", indent, allowance, level)
            }
            Value::Tuple(tuple) if !tuple.is_group => {
                let end = if tuple.items.len() == 1 { ",)" } else { ")" };
                self.sequence('(', &tuple.items, end, indent, allowance, level)
            }
            Value::Dict(dict) => {
                let entries = dict.entries.borrow().clone();
                self.dict(entries, indent, allowance + 1, level)
            }
            Value::Str(text) if !text.is_markup() && !text.is_empty() => {
                self.text(text, indent, allowance, level);
                Ok(())
            }
            _ => {
                self.out.push_str(&text);
                Ok(())
            }
        }
    }

    fn new_line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn sequence(
        &mut self,
        open: char,
        items: &[Value],
        close: &str,
        indent: usize,
        allowance: usize,
        level: usize,
    ) -> Result<()> {
        self.out.push(open);
        let last = items.len().saturating_sub(1);
        for (index, item) in items.iter().enumerate() {
            let allowance = if index == last { allowance + close.len() } else { 1 };
            self.value(item, indent + 1, allowance, level + 1)?;
            if index != last {
                self.out.push(',');
                self.new_line(indent + 1);
            }
        }
        self.out.push_str(close);
        Ok(())
    }

    fn dict(
        &mut self,
        entries: Entries,
        indent: usize,
        allowance: usize,
        level: usize,
    ) -> Result<()> {
        self.out.push('{');
        let last = entries.len().saturating_sub(1);
        for (index, (key, value)) in entries.iter().enumerate() {
            let key = repr(self.run, &key.value)?;
            self.out.push_str(&key);
            self.out.push_str(": ");
            let allowance = if index == last { allowance } else { 1 };
            self.value(value, indent + key.chars().count() + 3, allowance, level + 1)?;
            if index != last {
                self.out.push(',');
                self.new_line(indent + 1);
            }
        }
        self.out.push('}');
        Ok(())
    }

    /// A string over several lines, one literal each.
    fn text(&mut self, text: &str, indent: usize, allowance: usize, level: usize) {
        let outermost = usize::from(level == 1);
        let (indent, allowance) = (indent + outermost, allowance + outermost);
        let chunks = literals(text, WIDTH.saturating_sub(indent), allowance);
        if chunks.len() == 1 {
            self.out.push_str(&chunks.concat());
            return;
        }
        if level == 1 {
            self.out.push('(');
        }
        for (index, chunk) in chunks.iter().enumerate() {
            if index > 0 {
                self.new_line(indent);
            }
            self.out.push_str(chunk);
        }
        if level == 1 {
            self.out.push(')');
        }
    }
}

fn literals(text: &str, width: usize, allowance: usize) -> Vec<String> {
    let lines: Vec<String> = methods::lines(text).map(|(line, end)| [line, end].concat()).collect();
    let mut chunks = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let is_last = index + 1 == lines.len();
        let free = if is_last { width.saturating_sub(allowance) } else { width };
        let literal = repr_text(line);
        if literal.chars().count() <= free {
            chunks.push(literal);
        } else {
            split_line(line, width, free, &mut chunks);
        }
    }
    chunks
}

fn split_line(line: &str, width: usize, last_width: usize, chunks: &mut Vec<String>) {
    let parts = words_with_space(line);
    let mut current = String::new();
    for (index, part) in parts.iter().enumerate() {
        let free = if index + 1 == parts.len() { last_width } else { width };
        let candidate = [current.as_str(), part].concat();
        if repr_text(&candidate).chars().count() <= free {
            current = candidate;
            continue;
        }
        if !current.is_empty() {
            chunks.push(repr_text(&current));
        }
        current = (*part).to_owned();
    }
    if !current.is_empty() {
        chunks.push(repr_text(&current));
    }
}

/// Words, each with the space after it.
fn words_with_space(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.find(crate::lexer::is_space).unwrap_or(rest.len());
        let after = rest.get(word..).unwrap_or("");
        let space = after.len() - after.trim_start_matches(crate::lexer::is_space).len();
        let (part, tail) = rest.split_at(word + space);
        parts.push(part);
        rest = tail;
    }
    parts
}
