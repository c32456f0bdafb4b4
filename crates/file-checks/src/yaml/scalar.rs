//! Whether the text of a scalar can be what its tag says, as Python converts it.

/// Python's default limit on the decimal digits of an integer.
const MAX_INT_DIGITS: usize = 4_300;

/// `yes`, `no`, `true`, `false`, `on`, `off` in any case.
pub(super) fn is_bool(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["yes", "no", "true", "false", "on", "off"].contains(&lower.as_str())
}

/// Decimal, `0b` binary, `0x` hexadecimal, `0` octal, or base 60 with colons.
pub(super) fn is_int(text: &str) -> bool {
    let digits = text.replace('_', "");
    let digits = digits.strip_prefix(['+', '-']).unwrap_or(&digits);
    if digits == "0" {
        true
    } else if let Some(binary) = digits.strip_prefix("0b") {
        is_python_int(binary, 2)
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        is_python_int(hexadecimal, 16)
    } else if digits.starts_with('0') {
        is_python_int(digits, 8)
    } else {
        digits.split(':').all(|part| is_python_int(part, 10))
    }
}

/// What Python's `int(text, radix)` accepts, underscores aside.
fn is_python_int(text: &str, radix: u32) -> bool {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let prefixes = match radix {
        2 => ["0b", "0B"],
        8 => ["0o", "0O"],
        16 => ["0x", "0X"],
        _ => ["", ""],
    };
    let mut stripped = prefixes.iter().filter_map(|prefix| unsigned.strip_prefix(prefix));
    let digits = stripped.next().unwrap_or(unsigned);
    let in_limit = radix != 10 || digits.len() <= MAX_INT_DIGITS;
    in_limit && !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix))
}

/// Decimal with a point or an exponent, infinity, not-a-number, or base 60 with colons.
pub(super) fn is_float(text: &str) -> bool {
    let lower = text.replace('_', "").to_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    let is_number = |part: &str| part.trim().parse::<f64>().is_ok();
    matches!(unsigned, ".inf" | ".nan") || unsigned.split(':').all(is_number)
}

/// Base64 as Python decodes it: other characters are skipped, the end must be padded.
pub(super) fn is_base64(text: &str) -> bool {
    let mut position = 0;
    let mut padding = 0;
    for byte in text.bytes() {
        if byte == b'=' {
            padding += 1;
            if position >= 2 && position + padding >= 4 {
                return text.is_ascii();
            }
        } else if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') {
            padding = 0;
            position = (position + 1) % 4;
        }
    }
    position == 0 && text.is_ascii()
}
