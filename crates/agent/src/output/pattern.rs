//! The names of files that a job writes to, with Slurm's patterns replaced as it replaces them.

use crate::slurm::{FileName, JobFiles};

/// The task of a job that is no array, as Slurm writes it into names.
const NO_TASK: u32 = u32::MAX - 1;
/// With how many digits Slurm writes a number at most.
const WIDEST: usize = 10;

/// Whether the node that runs the job has to be known.
pub(super) fn needs_host(name: &FileName) -> bool {
    matches!(name, FileName::Pattern(pattern) if pattern.contains('%') && pattern.contains('N'))
}

/// The path that stands behind a name.
///
/// # Errors
/// Why it can't be told for sure.
pub(super) fn resolve(
    name: &FileName,
    job: &JobFiles,
    user: &str,
    host: Option<&str>,
) -> Result<String, String> {
    let path = match name {
        FileName::Plain(path) => path.clone(),
        FileName::Pattern(pattern) => {
            let replaced = replace(pattern, job, user, host);
            replaced.map_err(|why| format!("Slurm shows its name as {pattern:?}, {why}"))?
        }
    };
    if path.contains(['\u{fffd}', '\0', '\n']) {
        return Err(format!("its name {path:?} is not UTF-8 or contains control characters"));
    }
    if path.starts_with('/') {
        return Ok(path);
    }
    if !job.directory.starts_with('/') {
        return Err(format!("its name {path:?} is relative, and Slurm does not say to what"));
    }
    Ok(format!("{}/{path}", job.directory.trim_end_matches('/')))
}

fn replace(
    pattern: &str,
    job: &JobFiles,
    user: &str,
    host: Option<&str>,
) -> Result<String, String> {
    if pattern.contains('\\') {
        return Err("whose backslashes turn off some replacements".to_owned());
    }
    if job.name.contains('%') {
        return Err("which may contain a part of the job's name, with a % in it".to_owned());
    }
    let mut path = String::new();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('%') {
        path.push_str(before);
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let (width, behind) = behind.split_at(digits);
        let mut letters = behind.chars();
        let letter = letters.next();
        rest = letters.as_str();
        let number = |number: u64| {
            let width = width.parse().unwrap_or(WIDEST).min(WIDEST);
            format!("{number:0width$}")
        };
        let own = u64::try_from(job.job).unwrap_or_default();
        let array = job.array.map_or(own, |array| u64::try_from(array).unwrap_or_default());
        let replaced = match letter {
            Some('%') if width.is_empty() => "%".to_owned(),
            // Slurm has replaced those: it is a part of something else.
            Some(letter @ ('A' | 'a' | 'j' | 'u' | 'x')) if width.is_empty() => {
                return Err(format!("where it cannot be told what %{letter} is"));
            }
            Some('j' | 'J') => number_or_plain(own, width, number),
            Some('A') => number_or_plain(array, width, number),
            Some('a') => number_or_plain(job.task.unwrap_or(NO_TASK).into(), width, number),
            // The batch script is the first task, on the first node.
            Some('n' | 't') => number_or_plain(0, width, number),
            Some('s') => "batch".to_owned(),
            Some('u') => user.to_owned(),
            Some('x') => job.name.clone(),
            Some('N') => host.ok_or("and does not say which node runs it")?.to_owned(),
            Some(letter) if letter.is_ascii_alphanumeric() || !width.is_empty() => {
                return Err(format!("where it cannot be told what %{width}{letter} is"));
            }
            None if !width.is_empty() => {
                return Err(format!("where it cannot be told what %{width} is"));
            }
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        };
        path.push_str(&replaced);
    }
    path.push_str(rest);
    Ok(path)
}

fn number_or_plain(number: u64, width: &str, padded: impl Fn(u64) -> String) -> String {
    if width.is_empty() { number.to_string() } else { padded(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> JobFiles {
        JobFiles {
            job: 84,
            array: Some(75),
            task: Some(1),
            state: None,
            name: "wave".to_owned(),
            node: None,
            directory: "/w".to_owned(),
            stdout: None,
            stderr: None,
        }
    }

    fn resolved(pattern: &str, job: &JobFiles) -> Result<String, String> {
        resolve(&FileName::Pattern(pattern.to_owned()), job, "ann", Some("c1"))
    }

    #[test]
    fn what_slurm_left_is_replaced_as_it_does() {
        for (pattern, path) in [
            ("/w/%J_%N_%n_%s_%t", "/w/84_c1_0_batch_0"),
            ("/w/%4j-%4J-%4A-%4a-%4n-%4t", "/w/0084-0084-0075-0001-0000-0000"),
            ("/w/%99j", "/w/0000000084"),
            ("/w/%0j", "/w/84"),
            ("/w/%5u%3x%3N%5s", "/w/annwavec1batch"),
            ("/w/100%%_%J", "/w/100%_84"),
            ("/w/a_%.out", "/w/a_%.out"),
            ("/w/a_%", "/w/a_%"),
            ("%J.out", "/w/84.out"),
        ] {
            assert_eq!(resolved(pattern, &job()).as_deref(), Ok(path), "{pattern}");
        }
        let single = JobFiles { array: None, task: None, ..job() };
        assert_eq!(resolved("/w/%5a_%5A", &single).as_deref(), Ok("/w/4294967294_00084"));
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        for pattern in
            [r"/w/a_\84", "/w/%j", "/w/%alice", "/w/%44.out", "/w/%b", "/w/%3%.o", "/w/%7"]
        {
            assert!(resolved(pattern, &job()).is_err(), "{pattern}");
        }
        let odd = JobFiles { name: "nm%N".to_owned(), ..job() };
        assert!(resolved("/w/nm%N", &odd).is_err());
        let nameless = resolve(&FileName::Pattern("/w/%N".to_owned()), &job(), "ann", None);
        assert!(nameless.unwrap_err().contains("node"));
        let elsewhere = JobFiles { directory: String::new(), ..job() };
        assert!(resolve(&FileName::Plain("x".to_owned()), &elsewhere, "ann", None).is_err());
        assert!(resolve(&FileName::Plain("/w/\u{fffd}".to_owned()), &job(), "ann", None).is_err());
    }
}
