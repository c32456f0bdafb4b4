//! The words of a `#SBATCH` line.

/// Why a line can't be split into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// A quotation has no end.
    #[error("the quote {0} has no end")]
    Unmatched(char),
    /// A word begins with a colon, which Slurm does not take.
    #[error("a word may not begin with a colon")]
    Colon,
}

/// Splits what stands after `#SBATCH`, exactly as `sbatch` does.
///
/// A backslash takes the next character as it stands, within quotes of either kind too; but
/// white space outside of quotes ends a word even then. `#` begins a comment. An empty word ends
/// the line.
pub fn split(line: &str) -> Result<Vec<String>, BadLine> {
    let (mut words, mut rest) = (Vec::new(), line.trim_start_matches(is_space));
    while !rest.is_empty() && !rest.starts_with('#') {
        if rest.starts_with(':') {
            return Err(BadLine::Colon);
        }
        let (word, after) = first(rest)?;
        if word.is_empty() {
            break;
        }
        words.push(word);
        rest = after.trim_start_matches(is_space);
    }
    Ok(words)
}

fn first(text: &str) -> Result<(String, &str), BadLine> {
    let (mut word, mut quote, mut escaped) = (String::new(), None, false);
    for (at, letter) in text.char_indices() {
        match (letter, quote) {
            (_, None) if is_space(letter) => return Ok((word, text.get(at..).unwrap_or_default())),
            _ if escaped => {
                escaped = false;
                word.push(letter);
            }
            ('\\', _) => escaped = true,
            (_, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => quote = Some(letter),
            ('#', None) => return Ok((word, text.get(at..).unwrap_or_default())),
            _ => word.push(letter),
        }
    }
    quote.map_or(Ok((word, "")), |open| Err(BadLine::Unmatched(open)))
}

/// What C's `isspace` takes for white space.
const fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Slurm 22.05 made of these lines.
    #[test]
    fn a_line_is_split_as_slurm_does() {
        for (line, words) in [
            (r"--comment=two\ words", &["--comment=two", "words"][..]),
            (r#"--comment="a b" -n1"#, &["--comment=a b", "-n1"]),
            (r"--comment='a\'b' -n1", &["--comment=a'b", "-n1"]),
            (r"--comment='a\b' -n1", &["--comment=ab", "-n1"]),
            (r#"--comment="a\"b" -n1"#, &[r#"--comment=a"b"#, "-n1"]),
            (r"--comment=a#b -n1", &["--comment=a"]),
            (r#"--comment="a#b" -n1"#, &["--comment=a#b", "-n1"]),
            (r"--comment=a\#b -n1", &["--comment=a#b", "-n1"]),
            (r"--comment=a\\b", &[r"--comment=a\b"]),
            ("-n1#x", &["-n1"]),
            ("-n1 # x", &["-n1"]),
            ("# -n1", &[]),
            ("", &[]),
            (r#"--comment=ab"c d"ef'g h'"#, &["--comment=abc defg h"]),
            (r#"--comment="" -n1"#, &["--comment=", "-n1"]),
            (r#""" -n1"#, &[]),
            (r#"-n "" -N1"#, &["-n"]),
            (" \t -n1\t-N1", &["-n1", "-N1"]),
            (r"--comment=tail\", &["--comment=tail"]),
            ("'--comment'=x", &["--comment=x"]),
            ("--comment=a\u{a0}b", &["--comment=a\u{a0}b"]),
        ] {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
    }

    #[test]
    fn what_slurm_does_not_take_is_an_error() {
        assert_eq!(split("--comment=\"a -n1"), Err(BadLine::Unmatched('"')));
        assert_eq!(split("--comment='a\""), Err(BadLine::Unmatched('\'')));
        for line in ["-n1 : -n2", "-n1 :x"] {
            assert_eq!(split(line), Err(BadLine::Colon), "{line}");
        }
    }
}
