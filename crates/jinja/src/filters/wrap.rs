//! `wordwrap`

use crate::builtin::Args;
use crate::error::{Error, Result};
use crate::interpreter::Interpreter;
use crate::lexer::{is_space, is_word};
use crate::methods;
use crate::value::{Value, ascii_digit};

/// How lines are broken.
struct Wrap {
    width: usize,
    break_long_words: bool,
    break_on_hyphens: bool,
}

/// `wordwrap(width=79, break_long_words=true, wrapstring=none, break_on_hyphens=true)`
pub(super) fn wordwrap(run: &mut Interpreter, value: &Value, args: Args) -> Result<Value> {
    let Value::Str(text) = value else {
        return value.refuse_use("cannot be wrapped; a str is needed");
    };
    let width = args.get(0).map_or(Ok(79), Value::expect_number)?;
    let separator = match args.some(2) {
        None => "\n".into(),
        Some(_) => args.text(2)?.clone(),
    };
    let width = usize::try_from(width).unwrap_or(0);
    let (break_long_words, break_on_hyphens) = (args.flag(1, true), args.flag(3, true));
    let wrap = Wrap { width, break_long_words, break_on_hyphens };
    let mut wrapped = Vec::new();
    for (line, _) in methods::lines(text) {
        run.meter.tick(1 + line.len() / 4)?;
        run.meter.charge(line.len().saturating_mul(8))?;
        if width == 0 {
            return Err(Error::value_error("invalid width 0 (must be > 0)"));
        }
        wrapped.push(wrap.line(line).join(&separator));
    }
    let size: usize = wrapped.iter().map(|line| line.len() + separator.len()).sum();
    run.meter.string(size)?;
    Ok(Value::text(wrapped.join(&separator)))
}

impl Wrap {
    fn line(&self, line: &str) -> Vec<String> {
        let mut chunks = self.chunks(line);
        chunks.reverse();
        let mut lines: Vec<String> = Vec::new();
        while let Some(last) = chunks.last() {
            if !lines.is_empty() && is_blank(last) {
                chunks.pop();
            }
            let mut current: Vec<Vec<char>> = Vec::new();
            let mut length = 0;
            while let Some(chunk) = chunks.pop_if(|chunk| length + chunk.len() <= self.width) {
                length += chunk.len();
                current.push(chunk);
            }
            if chunks.last().is_some_and(|chunk| chunk.len() > self.width) {
                self.long_word(&mut chunks, &mut current, length);
            }
            current.pop_if(|chunk| is_blank(chunk));
            if !current.is_empty() {
                lines.push(current.into_iter().flatten().collect());
            }
        }
        lines
    }

    fn long_word(&self, chunks: &mut Vec<Vec<char>>, current: &mut Vec<Vec<char>>, length: usize) {
        let Some(mut chunk) = chunks.pop() else { return };
        if !self.break_long_words {
            if current.is_empty() {
                current.push(chunk);
            } else {
                chunks.push(chunk);
            }
            return;
        }
        let space = self.width - length;
        let mut end = space.min(chunk.len());
        if self.break_on_hyphens && chunk.len() > space {
            let head = chunk.get(..space).unwrap_or(&chunk);
            let hyphen = head.iter().rposition(|character| *character == '-');
            let after_word = |hyphen: &usize| {
                *hyphen > 0 && chunk.iter().take(*hyphen).any(|character| *character != '-')
            };
            if let Some(hyphen) = hyphen.filter(after_word) {
                end = hyphen + 1;
            }
        }
        let rest = chunk.split_off(end);
        current.push(chunk);
        chunks.push(rest);
    }

    /// Runs of space, and words, the latter split after hyphens if wanted.
    fn chunks(&self, line: &str) -> Vec<Vec<char>> {
        let characters: Vec<char> = line.chars().collect();
        let mut chunks = Vec::new();
        let mut start = 0;
        while start < characters.len() {
            let end = self.chunk_end(&characters, start);
            chunks.push(characters.get(start..end).unwrap_or(&[]).to_vec());
            start = end;
        }
        chunks
    }

    fn chunk_end(&self, text: &[char], start: usize) -> usize {
        let at = |index: usize| text.get(index).copied();
        let run = |accepts: fn(char) -> bool| {
            let rest = text.get(start..).unwrap_or(&[]);
            start + rest.iter().take_while(|character| accepts(**character)).count()
        };
        if at(start).is_some_and(is_break) {
            return run(is_break);
        }
        if !self.break_on_hyphens {
            return run(|character| !is_break(character));
        }
        let after_word = start.checked_sub(1).and_then(at).is_some_and(is_word_or_mark);
        if after_word && let Some(end) = dash_end(text, start) {
            return end;
        }
        let mut end = start + 1;
        loop {
            if hyphen_splits(text, end) {
                return end + 1;
            }
            if at(end).is_none_or(is_break) {
                return end;
            }
            if at(end - 1).is_some_and(is_word_or_mark) && dash_end(text, end).is_some() {
                return end;
            }
            end += 1;
        }
    }
}

fn is_blank(chunk: &[char]) -> bool {
    chunk.iter().all(|character| is_space(*character))
}

/// White space at which lines may break.
fn is_break(character: char) -> bool {
    matches!(character, '\t'..='\r' | ' ')
}

fn is_word_or_mark(character: char) -> bool {
    is_word(character) || matches!(character, '!' | '"' | '\'' | '&' | '.' | ',' | '?')
}

fn is_letter(character: char) -> bool {
    is_word(character) && !ascii_digit(character).is_ascii_digit()
}

/// The end of two or more dashes at `start` that a word follows.
fn dash_end(text: &[char], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let dashes = rest.iter().take_while(|character| **character == '-').count();
    let followed = rest.get(dashes).is_some_and(|character| is_word(*character));
    (dashes >= 2 && followed).then_some(start + dashes)
}

/// Whether a word may be split after the hyphen at `place`.
fn hyphen_splits(text: &[char], place: usize) -> bool {
    let at = |index: Option<usize>| index.and_then(|index| text.get(index)).copied();
    if at(Some(place)) != Some('-') {
        return false;
    }
    let (one, two, three) = (place.checked_sub(1), place.checked_sub(2), place.checked_sub(3));
    let letter = |index| at(index).is_some_and(is_letter);
    let before = (letter(two) && letter(one))
        || (letter(three) && at(two) == Some('-') && at(one).is_some_and(is_word_or_mark));
    let next = Some(place + 1);
    let after_next = if at(Some(place + 2)) == Some('-') { place + 3 } else { place + 2 };
    before && letter(next) && letter(Some(after_next))
}
