//! Rewrites what PyYAML accepts and the parser doesn't into an equivalent it does.

use libyaml_safer::Error;

use crate::SyntaxProblem;

/// The parser compares each `%TAG` directive with every other.
const MAX_DIRECTIVES: usize = 1_000;

/// Ends the last line, normalises the directives and the byte order marks that are none.
pub(super) fn prepare(text: &str) -> Result<String, SyntaxProblem> {
    let mut prepared = String::with_capacity(text.len() + 1);
    let mut rest = text;
    while let Some((line, following)) = rest.split_once('\n') {
        match line.strip_prefix('%') {
            Some(name) => prepared.push_str(&directive(name, prepared.len())),
            None if line.is_empty() || line.starts_with('#') => prepared.push_str(line),
            None => break,
        }
        prepared.push('\n');
        rest = following;
    }
    prepared.push_str(rest);
    if !rest.is_empty() && !rest.ends_with('\n') {
        prepared.push('\n');
    }
    if prepared.matches("%TAG").count() > MAX_DIRECTIVES {
        return Err(SyntaxProblem::too_complex());
    }
    // Only at the very start of a file is it a byte order mark; elsewhere, a letter like any other.
    let has_mark = prepared.contains('\u{feff}');
    Ok(if has_mark { prepared.replace('\u{feff}', "\u{fefe}") } else { prepared })
}

/// The line of a directive without its `%`, as the parser should read it. `unique` differs from
/// line to line.
fn directive(line: &str, unique: usize) -> String {
    let touches = line.split_once('#').is_some_and(|(before, _)| !before.ends_with(' '));
    if touches {
        // Invalid for PyYAML, and now for the parser too.
        return format!("%%{line}");
    }
    if is_ignored(line) {
        // It still asks for the `---` that any directive needs.
        return format!("%TAG !ignored-{unique}! ignored");
    }
    // Any 1.x is read as 1.1.
    let is_digit = |c: char| c.is_ascii_digit();
    match line.strip_prefix("YAML 1.").filter(|minor| minor.starts_with(is_digit)) {
        Some(minor) => format!("%YAML 1.1{}", minor.trim_start_matches(is_digit)),
        None => format!("%{line}"),
    }
}

/// Whether it is a directive PyYAML skips: any it does not know.
fn is_ignored(directive: &str) -> bool {
    let name = directive.split([' ', '\r']).next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().all(is_name) && !matches!(name, "YAML" | "TAG")
}

/// In a flow collection, `key:` may stand directly before an indicator: puts a space between.
pub(super) fn repaired(text: &str, error: &Error) -> Option<String> {
    let mark = error.problem_mark().filter(|_| error.problem() == "found unexpected ':'")?;
    let index = usize::try_from(mark.index).ok()?;
    let (before, after) = text.split_at_checked(index + 1)?;
    Some(format!("{before} {after}"))
}
