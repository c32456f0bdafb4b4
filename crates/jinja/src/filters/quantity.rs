//! Quantities for people.

use super::number::as_float;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::value::{Args, Value, float_to_integer};

const DECIMAL: [&str; 8] = ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
const BINARY: [&str; 8] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/// `filesizeformat(binary=false)`
pub(super) fn filesizeformat(run: &mut Run, value: &Value, args: Args) -> Result<Value> {
    let Some(bytes) = as_float(run, value)? else {
        return Err(Error::value_error("the size is no number"));
    };
    let binary = args.flag(0, false);
    let (base, prefixes): (f64, _) = if binary { (1024.0, BINARY) } else { (1000.0, DECIMAL) };
    if bytes == 1.0 {
        return Ok(Value::text("1 Byte"));
    }
    if bytes < base {
        return Ok(Value::text(format!("{} Bytes", float_to_integer(bytes)?)));
    }
    let mut unit = base;
    let mut prefix = "";
    for name in prefixes {
        unit *= base;
        prefix = name;
        if bytes < unit {
            break;
        }
    }
    Ok(Value::text(format!("{:.1} {prefix}", base * bytes / unit)))
}
