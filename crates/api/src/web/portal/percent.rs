//! Names as one part of a path.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub(super) fn percent_encode(part: &str) -> String {
    utf8_percent_encode(part, NON_ALPHANUMERIC).to_string()
}
