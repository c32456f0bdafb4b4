//! `isdigit`, `isupper` and the like.

use unicode_general_category::{GeneralCategory as Category, get_general_category};

use super::text_of;
use crate::builtin::Builtin;
use crate::error::Result;
use crate::lexer::is_space;
use crate::run::Run;
use crate::value::{Args, Value, ascii_digit, is_printable};

pub(crate) const PREDICATES: &[Builtin] = &[
    Builtin::plain("isalnum", isalnum),
    Builtin::plain("isalpha", isalpha),
    Builtin::plain("isascii", isascii),
    Builtin::plain("isdecimal", isdecimal),
    Builtin::plain("isdigit", isdigit),
    Builtin::plain("isidentifier", isidentifier),
    Builtin::plain("islower", islower),
    Builtin::plain("isnumeric", isnumeric),
    Builtin::plain("isprintable", isprintable),
    Builtin::plain("isspace", isspace),
    Builtin::plain("istitle", istitle),
    Builtin::plain("isupper", isupper),
];

fn is_alpha(character: char) -> bool {
    matches!(
        get_general_category(character),
        Category::LowercaseLetter
            | Category::UppercaseLetter
            | Category::TitlecaseLetter
            | Category::ModifierLetter
            | Category::OtherLetter
    )
}

fn is_decimal(character: char) -> bool {
    ascii_digit(character).is_ascii_digit()
}

/// Decimal digits, superscripts, and digits in circles and the like.
fn is_digit(character: char) -> bool {
    is_decimal(character)
        || matches!(character, '²' | '³' | '¹' | '\u{1369}'..='\u{1371}' | '\u{19da}' | '\u{2070}'
            | '\u{2074}'..='\u{2079}' | '\u{2080}'..='\u{2089}' | '\u{2460}'..='\u{2468}'
            | '\u{2474}'..='\u{247c}' | '\u{2488}'..='\u{2490}' | '\u{24ea}'
            | '\u{24f5}'..='\u{24fd}' | '\u{24ff}' | '\u{2776}'..='\u{277e}'
            | '\u{2780}'..='\u{2788}' | '\u{278a}'..='\u{2792}' | '\u{10a40}'..='\u{10a43}'
            | '\u{10e60}'..='\u{10e68}' | '\u{11052}'..='\u{1105a}' | '\u{1f100}'..='\u{1f10a}')
}

fn is_numeric(character: char) -> bool {
    matches!(
        get_general_category(character),
        Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber
    ) || "㐅㒃㠪㭍一七万三九二五亖亿什仟仨伍佰億兆兩八六十千卄卅卌叁参參叄四壱壹幺廾廿弌弍弎弐拾捌柒漆玖百肆萬貮貳贰阡陆陌陸零"
        .contains(character)
}

/// Whether all characters satisfy `predicate`, and there is one.
fn all(run: &mut Run, subject: &Value, predicate: impl Fn(char) -> bool) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.tick(text.len() / 16)?;
    Ok(Value::Bool(!text.is_empty() && text.as_str().chars().all(predicate)))
}

fn isalnum(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    all(run, subject, |c| is_alpha(c) || is_digit(c) || is_numeric(c))
}

fn isalpha(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    all(run, subject, is_alpha)
}

fn isascii(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.tick(text.len() / 64)?;
    Ok(Value::Bool(text.is_ascii()))
}

fn isdecimal(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    all(run, subject, is_decimal)
}

fn isdigit(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    all(run, subject, is_digit)
}

fn isnumeric(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    all(run, subject, |c| is_digit(c) || is_numeric(c))
}

fn isspace(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    all(run, subject, is_space)
}

fn isprintable(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.tick(text.len() / 16)?;
    Ok(Value::Bool(text.as_str().chars().all(is_printable)))
}

fn isidentifier(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.tick(text.len() / 16)?;
    let mut characters = text.as_str().chars();
    let starts =
        characters.next().is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first));
    Ok(Value::Bool(starts && characters.all(unicode_ident::is_xid_continue)))
}

fn is_title_letter(character: char) -> bool {
    get_general_category(character) == Category::TitlecaseLetter
}

pub(crate) fn islower(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.tick(text.len() / 16)?;
    let lower = text.as_str().chars().any(char::is_lowercase);
    let other = text.as_str().chars().any(|c| c.is_uppercase() || is_title_letter(c));
    Ok(Value::Bool(lower && !other))
}

pub(crate) fn isupper(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.tick(text.len() / 16)?;
    let upper = text.as_str().chars().any(char::is_uppercase);
    let other = text.as_str().chars().any(|c| c.is_lowercase() || is_title_letter(c));
    Ok(Value::Bool(upper && !other))
}

fn istitle(run: &mut Run, subject: &Value, _: Args) -> Result<Value> {
    let text = text_of(subject)?;
    run.meter.tick(text.len() / 16)?;
    let (mut in_word, mut any) = (false, false);
    for character in text.as_str().chars() {
        let capital = character.is_uppercase() || is_title_letter(character);
        let lower = character.is_lowercase();
        if (capital && in_word) || (lower && !in_word) {
            return Ok(Value::Bool(false));
        }
        in_word = capital || lower;
        any |= in_word;
    }
    Ok(Value::Bool(any))
}
