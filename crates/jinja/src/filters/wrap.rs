//! `wordwrap`

use std::ops::Range;

use crate::error::{Error, Result};
use crate::lexer::{is_space, is_word};
use crate::methods;
use crate::run::Run;
use crate::value::{Args, Value, ascii_digit};

/// A byte of ASCII, or a character.
trait Character: Copy + Into<char> {}

impl Character for u8 {}
impl Character for char {}

/// How lines are broken.
struct Wrap {
    width: usize,
    break_long_words: bool,
    break_on_hyphens: bool,
}

/// `wordwrap(width=79, break_long_words=true, wrapstring=none, break_on_hyphens=true)`
pub(super) fn wordwrap(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
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
    let mut out = String::with_capacity(text.len());
    let mut size = 0;
    for (line, _) in methods::lines(text) {
        run.meter.tick(1 + line.len() / 4)?;
        run.meter.charge(line.len().saturating_mul(8))?;
        if width == 0 {
            return Err(Error::value_error("invalid width 0 (must be > 0)"));
        }
        if size > 0 {
            out.push_str(&separator);
        }
        wrap.line(line, &separator, run.meter.room(), &mut out);
        size = out.len().saturating_add(separator.len());
        if out.len() > run.meter.room() {
            break;
        }
    }
    run.meter.string(size)?;
    Ok(Value::text(out))
}

impl Wrap {
    /// Appends a line, broken into several, as long as there is room for so many bytes.
    fn line(&self, line: &str, separator: &str, room: usize, out: &mut String) {
        let mut is_first = true;
        let mut begin = |out: &mut String| {
            if !std::mem::replace(&mut is_first, false) {
                out.push_str(separator);
            }
        };
        if line.is_ascii() {
            return self.each_part(line.as_bytes(), |part| {
                begin(out);
                out.push_str(line.get(part).unwrap_or(""));
                out.len() <= room
            });
        }
        let characters: Vec<char> = line.chars().collect();
        self.each_part(&characters, |part| {
            begin(out);
            out.extend(characters.get(part).unwrap_or(&[]));
            out.len() <= room
        });
    }

    /// Finds the parts of a text, of ASCII or other characters, that fit into a line each, until
    /// `give` is false.
    fn each_part<C: Character>(&self, text: &[C], mut give: impl FnMut(Range<usize>) -> bool) {
        let mut is_first = true;
        let mut chunk = self.chunk(text, 0);
        while !chunk.is_empty() {
            if !is_first && is_blank(text, &chunk) {
                chunk = self.chunk(text, chunk.end);
            }
            let start = chunk.start;
            let mut last = start..start;
            while !chunk.is_empty() && chunk.end - start <= self.width {
                let next = self.chunk(text, chunk.end);
                last = std::mem::replace(&mut chunk, next);
            }
            if chunk.len() > self.width && (self.break_long_words || start == chunk.start) {
                let cut = self.cut(text, &chunk, self.width - (chunk.start - start));
                last = chunk.start..cut;
                chunk = if cut < chunk.end { cut..chunk.end } else { self.chunk(text, cut) };
            }
            let end = if is_blank(text, &last) { last.start } else { last.end };
            if end > start {
                if !give(start..end) {
                    return;
                }
                is_first = false;
            }
        }
    }

    /// Where a word that is longer than a line is cut, if `space` is left.
    fn cut<C: Character>(&self, text: &[C], word: &Range<usize>, space: usize) -> usize {
        if !self.break_long_words {
            return word.end;
        }
        let end = word.start + space;
        if !self.break_on_hyphens {
            return end;
        }
        let is_hyphen = |character: &C| (*character).into() == '-';
        let head = text.get(word.start..end).unwrap_or(&[]);
        match head.iter().rposition(is_hyphen) {
            Some(hyphen) if !head.iter().take(hyphen).all(is_hyphen) => word.start + hyphen + 1,
            _ => end,
        }
    }

    /// What begins at `start`: a run of space, or a word, which ends after a hyphen if wanted.
    fn chunk<C: Character>(&self, text: &[C], start: usize) -> Range<usize> {
        let at = |index: usize| text.get(index).copied().map(C::into);
        let run = |accepts: fn(char) -> bool| {
            let rest = text.get(start..).unwrap_or(&[]);
            start..start + rest.iter().take_while(|character| accepts((**character).into())).count()
        };
        if at(start).is_some_and(is_break) {
            return run(is_break);
        }
        if !self.break_on_hyphens || start >= text.len() {
            return run(|character| !is_break(character));
        }
        let follows_word =
            |place: usize| place.checked_sub(1).and_then(at).is_some_and(is_word_or_mark);
        if at(start) == Some('-')
            && follows_word(start)
            && let Some(end) = dash_end(text, start)
        {
            return start..end;
        }
        let mut end = start + 1;
        loop {
            let rest = text.get(end..).unwrap_or(&[]).iter();
            end += rest.take_while(|character| is_inner((**character).into())).count();
            match at(end) {
                Some('-') if hyphen_splits(text, end) => return start..end + 1,
                Some('-') if follows_word(end) && dash_end(text, end).is_some() => break,
                Some('-') => end += 1,
                _ => break,
            }
        }
        start..end
    }
}

fn is_blank<C: Character>(text: &[C], part: &Range<usize>) -> bool {
    let mut characters = text.get(part.clone()).unwrap_or(&[]).iter();
    characters.all(|character| is_space((*character).into()))
}

/// White space at which lines may break.
fn is_break(character: char) -> bool {
    matches!(character, '\t'..='\r' | ' ')
}

/// What never ends a word.
fn is_inner(character: char) -> bool {
    !is_break(character) && character != '-'
}

fn is_word_or_mark(character: char) -> bool {
    is_word(character) || matches!(character, '!' | '"' | '\'' | '&' | '.' | ',' | '?')
}

fn is_letter(character: char) -> bool {
    is_word(character) && !ascii_digit(character).is_ascii_digit()
}

/// The end of two or more dashes at `start` that a word follows.
fn dash_end<C: Character>(text: &[C], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let dashes = rest.iter().take_while(|character| (**character).into() == '-').count();
    let followed = rest.get(dashes).is_some_and(|character| is_word((*character).into()));
    (dashes >= 2 && followed).then_some(start + dashes)
}

/// Whether a word may be split after the hyphen at `place`.
fn hyphen_splits<C: Character>(text: &[C], place: usize) -> bool {
    let at = |index: Option<usize>| index.and_then(|index| text.get(index)).copied().map(C::into);
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
