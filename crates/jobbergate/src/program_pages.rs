//! The pages of the program's file that its start has read: its relocations, the command line, the
//! migrations. None of them is read again, but Linux keeps them mapped, and the pages around them, half of
//! the program: it takes them back only when memory is short.

use std::{fs, io, ptr::NonNull, time::Duration};

use nix::sys::mman::{MmapAdvise, madvise};

/// By when a start is over, other than one that has to migrate much.
const START: Duration = Duration::from_secs(1);

/// A part of the program's file that nobody writes to.
#[derive(Debug, PartialEq, Eq)]
struct Mapping {
    begin: usize,
    length: usize,
}

/// Unmaps them once. What is needed again comes back from the system's cache of files.
pub async fn let_go_after_start() {
    tokio::time::sleep(START).await;
    if let Err(error) = let_go() {
        tracing::debug!(%error, "what the start has read of the program stays mapped");
    }
}

fn let_go() -> io::Result<()> {
    let program = fs::read_link("/proc/self/exe")?;
    let maps = fs::read_to_string("/proc/self/maps")?;
    for Mapping { begin, length } in read_only(&maps, &program.to_string_lossy()) {
        let Some(begin) = NonNull::new(std::ptr::with_exposed_provenance_mut(begin)) else {
            continue;
        };
        #[expect(unsafe_code, reason = "what is mapped is changed by a call of the system only")]
        // SAFETY: nobody writes to these pages, so that each is the file's again when it is read next, and
        // Linux lets nobody write to the file of a program that runs.
        unsafe { madvise(begin, length, MmapAdvise::MADV_DONTNEED) }?;
    }
    Ok(())
}

/// The program's code, and what is before it. The loader has written to the rest.
fn read_only(maps: &str, program: &str) -> Vec<Mapping> {
    let mapping = |line: &str| {
        let mut words = line.splitn(6, ' ');
        let (range, permissions, offset) = (words.next()?, words.next()?, words.next()?);
        let is_first = u64::from_str_radix(offset, 16).ok()? == 0;
        let is_ours = words.nth(2)?.trim_start() == program;
        if !is_ours || !(permissions == "r-xp" || permissions == "r--p" && is_first) {
            return None;
        }
        let (begin, end) = range.split_once('-')?;
        let [begin, end] = [begin, end].map(|it| usize::from_str_radix(it, 16));
        let begin = begin.ok()?;
        Some(Mapping { begin, length: end.ok()?.checked_sub(begin)? })
    };
    maps.lines().filter_map(mapping).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_writes_to_is_let_go() {
        let maps = "\
5000-7000 r--p 00000000 fd:00 17                                 /opt/job gate/jobbergate
7000-9000 r-xp 00002000 fd:00 17                                 /opt/job gate/jobbergate
9000-a000 r--p 00004000 fd:00 17                                 /opt/job gate/jobbergate
a000-b000 rw-p 00005000 fd:00 17                                 /opt/job gate/jobbergate
b000-c000 rw-p 00000000 00:00 0 
c000-d000 r-xp 00000000 fd:00 18                                 /lib/libc.so.6
";
        let expected =
            [Mapping { begin: 0x5000, length: 0x2000 }, Mapping { begin: 0x7000, length: 0x2000 }];
        assert_eq!(read_only(maps, "/opt/job gate/jobbergate"), expected);
    }

    #[test]
    fn the_program_goes_on_after_it() {
        let_go().unwrap();
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let program = fs::read_link("/proc/self/exe").unwrap();
        assert!(!read_only(&maps, &program.to_string_lossy()).is_empty());
    }
}
