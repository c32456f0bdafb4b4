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
    let rows = array(&mut rest).ok_or_else(|| not_a_list(body))?;
    if rows == 0 {
        return Err(refused("there are none"));
    }
    if rows > MAX_SAMPLES_PER_UPLOAD {
        return Err(Error::BadRequest(format!(
            "The maximum number of elements has been exceeded. Maximum is \
             {MAX_SAMPLES_PER_UPLOAD}, received {rows}"
        )));
    }
    check_shape(rest, rows)?;
    let samples: Vec<_> = (0..rows)
        .map(|row| sample(&mut rest).map_err(|words| refused(&format!("row {row}{words}"))))
        .collect::<Result<_>>()?;
    if !rest.is_empty() {
        return Err(refused(&format!("{} bytes follow the last row", rest.len())));
    }
    Ok(samples)
}

/// What a body is that does not begin with an array.
fn not_a_list(body: &[u8]) -> Error {
    match skip(&mut &*body) {
        Ok(()) => Error::BadRequest("Decoded data must be a list.".to_owned()),
        Err(words) => refused(&words),
    }
}

/// That all rows are lists is told before that all have their columns, and that before what is
/// wrong with a value. What is broken is told where the samples are read.
fn check_shape(mut rest: &[u8], rows: usize) -> Result<()> {
    let mut other_length = None;
    for row in 0..rows {
        let begin = rest;
        if skip(&mut rest).is_err() {
            break;
        }
        let Some(columns) = array(&mut &*begin) else {
            return Err(Error::BadRequest(format!(
                "All elements of the inner data must be a Sequence: row {row} is not an array"
            )));
        };
        if columns != COLUMNS {
            other_length = other_length.or(Some((row, columns)));
        }
    }
    let Some((row, columns)) = other_length else { return Ok(()) };
    Err(Error::BadRequest(format!(
        "Every iterable in `data` must match the length of `expected_types`. Row {row} has {columns} \
         columns, {COLUMNS} are needed"
    )))
}

/// Goes to the end of the value that begins here, however deep it is.
fn skip(rest: &mut &[u8]) -> Result<(), String> {
    let mut ahead = 1;
    while ahead > 0 {
        let inside = match rest.first() {
            None => return Err("the body ends early".to_owned()),
            // Never used, and no library refuses it.
            Some(0xc1) => None,
            Some(0x90..=0x9f | 0xdc | 0xdd) => array(rest),
            Some(0x80..=0x8f | 0xde | 0xdf) => map(rest).map(|pairs| pairs.saturating_mul(2)),
            Some(_) => {
                read_value_ref_with_max_depth(rest, TEXT_DEPTH)
                    .map_err(|error| format!("the MessagePack is broken ({error})"))?;
                Some(0)
            }
        };
        let inside = inside.ok_or("the MessagePack is broken")?;
        ahead = inside.saturating_add(ahead - 1);
    }
    Ok(())
}

fn refused(words: &str) -> Error {
    Error::BadRequest(format!("Failed to insert metrics: {words}"))
}

/// The length of the array that begins here.
fn array(rest: &mut &[u8]) -> Option<usize> {
    length(rest, 0x90, 0xdc)
}

/// How many pairs the map has that begins here.
fn map(rest: &mut &[u8]) -> Option<usize> {
    length(rest, 0x80, 0xde)
}

/// The length that a container says it has: in its marker if that is `short`, in the two bytes
/// after `long`, or in the four bytes after the marker that follows `long`.
fn length(rest: &mut &[u8], short: u8, long: u8) -> Option<usize> {
    let (&marker, after) = rest.split_first()?;
    let (length, after) = if marker & 0xf0 == short {
        (usize::from(marker & 0x0f), after)
    } else if marker == long {
        let (length, after) = after.split_first_chunk()?;
        (u16::from_be_bytes(*length).into(), after)
    } else if marker == long + 1 {
        let (length, after) = after.split_first_chunk()?;
        (u32::from_be_bytes(*length).try_into().ok()?, after)
    } else {
        return None;
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
        for body in [&b"\x81\xa1a\x01"[..], b"\x01", b"\xa1a", b"\xc0", b"{}"] {
            assert_eq!(complaint(body), "Decoded data must be a list.", "{body:?}");
        }
        for body in [&b""[..], b"\xc1", b"\x81\xa1a", b"\xdc\x00", b"\xdd\x00\x00\x00"] {
            let said = complaint(body);
            assert!(said.starts_with("Failed to insert metrics: the "), "{body:?}: {said}");
        }
        assert_eq!(complaint(b"\x90"), "Failed to insert metrics: there are none");
        let flat = "All elements of the inner data must be a Sequence: row ";
        for (body, row) in [(&b"\x92\x01\x02"[..], 0), (b"\x92\x91\x01\x80", 1), (b"\x91\xc0", 0)] {
            assert_eq!(complaint(body), format!("{flat}{row} is not an array"), "{body:?}");
        }
        let short = "Every iterable in `data` must match the length of `expected_types`. Row ";
        assert_eq!(
            complaint(b"\x91\x92\x01\x02"),
            format!("{short}0 has 2 columns, 14 are needed")
        );
        let bad_value = [b"\x92\x9e".as_slice(), &[0xa1, b'x'].repeat(14), b"\x90"].concat();
        assert_eq!(complaint(&bad_value), format!("{short}1 has 0 columns, 14 are needed"));
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
