//! Regular expressions that a whole text matches.

use regex::{Regex, RegexBuilder};

/// How large a pattern may become when it is compiled, in bytes.
const COMPILED: usize = 1 << 20;

/// A pattern, for whole texts.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let build = |text: &str| {
        RegexBuilder::new(text).size_limit(COMPILED).dfa_size_limit(COMPILED).build().map_err(
            |error| match error {
                regex::Error::CompiledTooBig(_) => {
                    format!(
                        "it takes more than {COMPILED} bytes when compiled; \\w and \\d take \
                             fewer as [A-Za-z0-9_] and [0-9]"
                    )
                }
                // The last line says what it is; those before show where.
                other => {
                    other.to_string().lines().last().unwrap_or_default().replace("error: ", "")
                }
            },
        )
    };
    // By itself first: in parentheses, `a)(b` would be something else.
    build(pattern)?;
    build(&format!(r"\A(?:{pattern})\z"))
}

/// Whether all of `text` matches.
///
/// # Errors
/// What is wrong with the text, or with the pattern.
pub(crate) fn check(pattern: &str, text: &str) -> Result<(), String> {
    let compiled = compile(pattern).map_err(|problem| format!("its pattern is none: {problem}"))?;
    if compiled.is_match(text) {
        return Ok(());
    }
    Err(format!("it must match the pattern {pattern}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_matches() {
        assert!(check("a|ab", "ab").is_ok());
        assert!(check("[0-9]+:[0-9]{2}", "12:30").is_ok());
        for text in ["x12:30", "12:30\n", "12:3", ""] {
            let problem = check("[0-9]+:[0-9]{2}", text).unwrap_err();
            assert_eq!(problem, "it must match the pattern [0-9]+:[0-9]{2}");
        }
    }

    #[test]
    fn a_pattern_is_one_by_itself_and_stays_small() {
        for pattern in
            ["a)(b", "(", "[", "(?=a)b", r"(a)\1", "a{1000}{1000}{1000}", r"(\w{900}){900}"]
        {
            assert!(!compile(pattern).unwrap_err().is_empty(), "{pattern}");
        }
    }

    #[test]
    fn hostile_patterns_take_linear_time() {
        let text = "a".repeat(100_000);
        assert!(check("(a+)+b", &text).is_err());
        assert!(check("(a|a)*", &text).is_ok());
    }
}
