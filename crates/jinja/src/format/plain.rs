//! `%` formats of integers and texts, taken apart when a template is parsed.

use crate::interpreter::Seen;
use crate::value::write_integer;

/// A format with nothing but `%d`, `%5d`, `%05d` and `%s`.
#[derive(Debug)]
pub(crate) struct PlainFormat {
    conversions: Vec<PlainConversion>,
    /// What stands behind the last conversion.
    end: String,
}

/// One conversion, and the text before it.
#[derive(Debug)]
pub(crate) struct PlainConversion {
    before: String,
    /// `%s`, which takes texts, too.
    is_text: bool,
    width: usize,
    fill: char,
}

/// The widest conversion that is plain.
const WIDEST: usize = 64;

impl PlainFormat {
    /// `None` if there is anything else in the format.
    pub fn new(format: &str) -> Option<Self> {
        let mut conversions = Vec::new();
        let mut before = String::new();
        let mut rest = format;
        while let Some((text, conversion)) = rest.split_once('%') {
            before.push_str(text);
            if let Some(after) = conversion.strip_prefix('%') {
                before.push('%');
                rest = after;
                continue;
            }
            let end = conversion.find(|character: char| !character.is_ascii_digit())?;
            let (width, kind) = conversion.split_at(end);
            let fill = if width.starts_with('0') { '0' } else { ' ' };
            let width = if width.is_empty() { 0 } else { width.parse().ok()? };
            let is_text = kind.starts_with('s');
            if width > WIDEST || !(kind.starts_with('d') || is_text && end == 0) {
                return None;
            }
            rest = kind.get(1..)?;
            let before = std::mem::take(&mut before);
            conversions.push(PlainConversion { before, is_text, width, fill });
        }
        before.push_str(rest);
        Some(Self { conversions, end: before })
    }

    pub fn conversions(&self) -> &[PlainConversion] {
        &self.conversions
    }

    /// Writes what stands behind the last conversion.
    pub fn write_end(&self, output: &mut String) {
        output.push_str(&self.end);
    }
}

impl PlainConversion {
    /// Writes the text before the conversion.
    pub fn write_before(&self, output: &mut String) {
        output.push_str(&self.before);
    }

    /// Writes what is seen; whether it is of a type that the conversion takes.
    pub fn write(&self, seen: Seen, output: &mut String) -> bool {
        match seen {
            Seen::Integer(number) => self.write_integer(number, output),
            Seen::Text(text) if self.is_text => output.push_str(text),
            _ => return false,
        }
        true
    }

    pub fn write_integer(&self, number: i64, output: &mut String) {
        let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
        let missing = self.width.saturating_sub(digits + usize::from(number < 0));
        if missing == 0 {
            return write_integer(number, output);
        }
        if self.fill == '0' && number < 0 {
            output.push('-');
        }
        output.extend(std::iter::repeat_n(self.fill, missing));
        match i64::try_from(number.unsigned_abs()) {
            Ok(magnitude) if self.fill == '0' => write_integer(magnitude, output),
            _ => write_integer(number, output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PlainFormat;

    fn formatted(format: &str, number: i64) -> Option<String> {
        let format = PlainFormat::new(format)?;
        let mut text = String::new();
        for conversion in format.conversions() {
            conversion.write_before(&mut text);
            conversion.write_integer(number, &mut text);
        }
        format.write_end(&mut text);
        Some(text)
    }

    #[test]
    fn integers_are_written_as_in_python() {
        for (format, number, text) in [
            ("%d", 0, "0"),
            ("a%%%db", -7, "a%-7b"),
            ("%03d", 7, "007"),
            ("%03d", -7, "-07"),
            ("%3d|%1d", -7, " -7|-7"),
            ("%020d", i64::MIN, "-9223372036854775808"),
            ("%022d", i64::MAX, "0009223372036854775807"),
            ("%5d", 100_000, "100000"),
            ("%00d", 5, "5"),
            ("100%%", 0, "100%"),
        ] {
            assert_eq!(formatted(format, number).as_deref(), Some(text), "{format}");
        }
    }

    #[test]
    fn other_formats_are_not_plain() {
        for format in ["%", "%x", "%-3d", "%(a)d", "%.2d", "%5s", "%f", "%+d", "%99d", "%ld", "%5"]
        {
            assert!(PlainFormat::new(format).is_none(), "{format}");
        }
    }
}
