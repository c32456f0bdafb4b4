//! Reading an upload: a `MessagePack` array of rows of 14 columns.
//!
//! Nothing in it is deeper than that, so that what claims to be is refused before it is read.

use jobbergate_types::metrics::{MAX_SAMPLES_PER_UPLOAD, MetricSample};
use rmpv::{ValueRef, decode::read_value_ref_with_max_depth};

use super::casts;
use crate::error::{Error, Result};

const COLUMNS: usize = 14;
/// The depth that `rmpv` counts for a text, the deepest of what is not a container.
const TEXT_DEPTH: usize = 3;

/// The samples in `body`; 400 that says which row and column can't be read.
pub(super) fn samples(body: &[u8]) -> Result<Vec<MetricSample>> {
    let mut rest = body;
    let rows = array(&mut rest).ok_or_else(|| refused("the body is not a MessagePack array"))?;
    if rows == 0 {
        return Err(refused("there are none"));
    }
    if rows > MAX_SAMPLES_PER_UPLOAD {
        return Err(Error::BadRequest(format!(
            "The maximum number of elements has been exceeded. Maximum is \
             {MAX_SAMPLES_PER_UPLOAD}, received {rows}"
        )));
    }
    let samples: Vec<_> = (0..rows)
        .map(|row| sample(&mut rest).map_err(|words| refused(&format!("row {row}{words}"))))
        .collect::<Result<_>>()?;
    if !rest.is_empty() {
        return Err(refused(&format!("{} bytes follow the last row", rest.len())));
    }
    Ok(samples)
}

fn refused(words: &str) -> Error {
    Error::BadRequest(format!("Failed to insert metrics: {words}"))
}

/// The length of the array that begins here.
fn array(rest: &mut &[u8]) -> Option<usize> {
    let (marker, after) = rest.split_first()?;
    let (length, after) = match marker {
        0x90..=0x9f => (usize::from(marker & 0x0f), after),
        0xdc => {
            let (length, after) = after.split_first_chunk()?;
            (u16::from_be_bytes(*length).into(), after)
        }
        0xdd => {
            let (length, after) = after.split_first_chunk()?;
            (u32::from_be_bytes(*length).try_into().ok()?, after)
        }
        _ => return None,
    };
    *rest = after;
    Some(length)
}

fn sample(rest: &mut &[u8]) -> Result<MetricSample, String> {
    let columns = array(rest).ok_or(" is not an array")?;
    if columns != COLUMNS {
        return Err(format!(" has {columns} columns, {COLUMNS} are needed"));
    }
    let mut columns = Columns { rest };
    Ok(MetricSample {
        time: columns.read("time", casts::time)?,
        node_host: columns.read("node_host", casts::name)?,
        step: columns.read("step", casts::small_integer)?,
        task: columns.read("task", casts::small_integer)?,
        cpu_frequency: columns.read("cpu_frequency", casts::float)?,
        cpu_time: columns.read("cpu_time", casts::float)?,
        cpu_utilization: columns.read("cpu_utilization", casts::float)?,
        gpu_memory: columns.read("gpu_memory", casts::integer)?,
        gpu_utilization: columns.read("gpu_utilization", casts::float)?,
        page_faults: columns.read("page_faults", casts::integer)?,
        memory_rss: columns.read("memory_rss", casts::integer)?,
        disk_read: columns.read("disk_read", casts::integer)?,
        memory_virtual: columns.read("memory_virtual", casts::integer)?,
        disk_write: columns.read("disk_write", casts::integer)?,
    })
}

struct Columns<'r, 'a> {
    rest: &'r mut &'a [u8],
}

impl<'a> Columns<'_, 'a> {
    fn read<T>(
        &mut self,
        name: &str,
        cast: impl Fn(&ValueRef<'a>) -> Result<T, String>,
    ) -> Result<T, String> {
        let value = match self.rest.first() {
            None => Err("the body ends there".to_owned()),
            Some(0x80..=0x9f | 0xdc..=0xdf) => Err("a list or a map is no value".to_owned()),
            Some(_) => read_value_ref_with_max_depth(self.rest, TEXT_DEPTH)
                .map_err(|error| format!("the MessagePack is broken ({error})")),
        };
        value.and_then(|value| cast(&value)).map_err(|words| format!(", {name}: {words}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(body: &[u8]) -> String {
        samples(body).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_list_of_rows_is_refused() {
        let whole = "Failed to insert metrics: the body is not a MessagePack array";
        for body in
            [&b""[..], b"\xc1", b"\x81\xa1a\x01", b"\x01", b"\xdc\x00", b"\xdd\x00\x00\x00", b"{}"]
        {
            assert_eq!(complaint(body), whole, "{body:?}");
        }
        assert_eq!(complaint(b"\x90"), "Failed to insert metrics: there are none");
        assert_eq!(complaint(b"\x92\x01\x02"), "Failed to insert metrics: row 0 is not an array");
        let short = "Failed to insert metrics: row 0 has 2 columns, 14 are needed";
        assert_eq!(complaint(b"\x91\x92\x01\x02"), short);
        let ends = "Failed to insert metrics: row 0, node_host: the body ends there";
        assert_eq!(complaint(b"\x91\x9e\x01"), ends);
        assert!(
            complaint(b"\x91\x9e\x01\xa5ab")
                .contains("row 0, node_host: the MessagePack is broken")
        );
        assert!(complaint(b"\x91\x9e\xc1").contains("row 0, time: "));
    }

    #[test]
    fn huge_promises_and_endless_depth_cost_nothing() {
        let many = complaint(b"\xdd\xff\xff\xff\xff");
        assert!(many.contains("Maximum is 2340, received 4294967295"), "{many}");
        let deep = [b"\x91\x9e".as_slice(), &[0x91; 1 << 20]].concat();
        assert!(complaint(&deep).ends_with("row 0, time: a list or a map is no value"));
        assert!(complaint(b"\x91\x9e\x01\xdb\xff\xff\xff\xff").contains("broken"));
        assert!(complaint(b"\x91\x9e\xc9\xff\xff\xff\xff\x01").contains("broken"));
    }
}
