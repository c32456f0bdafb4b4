//! What an agent uploads of a job's use, as MessagePack.

/// How many points an upload has.
const POINTS: usize = 1000;
/// What the load generator replaces, so that no upload repeats another's points.
const TIME: &[u8] = b"TIME";

/// An array of rows of 14 columns, each of another task.
pub(super) fn upload() -> Vec<u8> {
    let mut bytes = vec![0xdc];
    bytes.extend(u16::try_from(POINTS).unwrap_or_default().to_be_bytes());
    (0..POINTS).for_each(|task| point(u16::try_from(task).unwrap_or_default(), &mut bytes));
    bytes
}

/// An upload with this time.
pub(super) fn at(mut upload: Vec<u8>, time: u32) -> Vec<u8> {
    let length = TIME.len();
    for start in 0..upload.len().saturating_sub(length - 1) {
        if let Some(place) = upload.get_mut(start..start + length).filter(|it| *it == TIME) {
            place.copy_from_slice(&time.to_be_bytes());
        }
    }
    upload
}

/// Time, node, step, task and ten figures.
fn point(task: u16, bytes: &mut Vec<u8>) {
    bytes.extend([0x9e, 0xce]);
    bytes.extend(TIME);
    bytes.extend(b"\xa5node1\x00");
    integer(task, bytes);
    [2400.0, 15.5, 97.25].into_iter().for_each(|figure| float(figure, bytes));
    integer(4096, bytes);
    float(12.5, bytes);
    [100, 10_000, 4096, 20_000, 2048].into_iter().for_each(|figure| integer(figure, bytes));
}

fn integer(value: u16, bytes: &mut Vec<u8>) {
    bytes.push(0xcd);
    bytes.extend(value.to_be_bytes());
}

fn float(value: f64, bytes: &mut Vec<u8>) {
    bytes.push(0xcb);
    bytes.extend(value.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_point_has_a_time_to_be_replaced() {
        let upload = upload();
        let times = upload.windows(TIME.len()).filter(|window| *window == TIME).count();
        assert_eq!((&upload[..3], times), (&b"\xdc\x03\xe8"[..], POINTS));
    }
}
