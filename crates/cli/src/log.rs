//! The log file: what was asked of whom, and how it was answered. It holds no bodies, so that nobody finds
//! a token, a secret or an answer to a question in it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
    time::SystemTime,
};

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};

const NAME: &str = "jobbergate-cli.log";
/// How many days are kept, beside today.
const DAYS: i64 = 7;
/// How large the log of a day gets, in bytes.
const LARGEST: u64 = 8 << 20;

/// Where lines go; nowhere if nothing can be written: no command fails because of its log.
#[derive(Debug, Default)]
pub struct Log(Option<File>);

impl Log {
    /// Today's, in the directory for all that is kept.
    pub fn open(cache_dir: &Path, now: SystemTime) -> Self {
        let directory = cache_dir.join("logs");
        Self(open(&directory, DateTime::<Utc>::from(now).date_naive()).ok().flatten())
    }

    /// Adds a line.
    pub fn write(&self, text: &str) {
        let Some(mut file) = self.0.as_ref() else { return };
        let now = DateTime::<Utc>::from(SystemTime::now());
        let now = now.to_rfc3339_opts(SecondsFormat::Millis, true);
        let text = text.replace(char::is_control, " ");
        // At once, so that lines of command lines at the same time stay whole.
        let _ = file.write_all(format!("{now} {} {text}\n", process::id()).as_bytes());
    }
}

fn open(directory: &Path, today: NaiveDate) -> io::Result<Option<File>> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let path = directory.join(NAME);
    if let Ok(before) = fs::metadata(&path) {
        let day = DateTime::<Utc>::from(before.modified()?).date_naive();
        if day < today {
            turn(directory, &path, day)?;
            forget(directory, today)?;
        } else if before.len() >= LARGEST {
            return Ok(None);
        }
    }
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
    // The Python command line's is for everybody to read.
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(Some(file))
}

/// Puts the log of an earlier day aside, unless another command line just did.
fn turn(directory: &Path, path: &Path, day: NaiveDate) -> io::Result<()> {
    let aside = directory.join(format!("{NAME}.{day}"));
    match fs::hard_link(path, &aside) {
        Ok(()) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // A file system without such links.
        Err(_) => fs::rename(path, &aside),
    }
}

fn forget(directory: &Path, today: NaiveDate) -> io::Result<()> {
    for path in put_aside(directory)? {
        let day = path.extension().and_then(|day| day.to_str()?.parse::<NaiveDate>().ok());
        if day.is_some_and(|day| today - day > TimeDelta::days(DAYS)) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn put_aside(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        found.extend((stem == Some(NAME)).then_some(path));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn names(home: &Path) -> Vec<String> {
        let names = fs::read_dir(home.join("logs")).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_day_is_put_aside_and_kept_for_a_week() {
        let home = tempfile::tempdir().unwrap();
        let begin = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        let path = home.path().join("logs").join(NAME);
        for day in 0..10 {
            let now = begin + day * DAY;
            for _ in 0..2 {
                Log::open(home.path(), now).write("one\ntwo\u{1b}[31m");
            }
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(text.contains(" one two [31m\n"), "{text}");
            File::options().append(true).open(&path).unwrap().set_modified(now).unwrap();
        }
        let names = names(home.path());
        assert_eq!(names.len(), 8, "{names:?}");
        assert_eq!(names[1], "jobbergate-cli.log.2024-10-06", "{names:?}");
    }

    #[test]
    fn nobody_else_reads_it_and_it_does_not_grow_for_ever() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("logs").join(NAME);
        fs::create_dir(home.path().join("logs")).unwrap();
        fs::write(&path, "of the Python command line\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        Log::open(home.path(), SystemTime::now()).write("x");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        File::options().append(true).open(&path).unwrap().set_len(LARGEST).unwrap();
        Log::open(home.path(), SystemTime::now()).write("x");
        assert_eq!(fs::metadata(&path).unwrap().len(), LARGEST);
    }

    #[test]
    fn where_nothing_can_be_written_nothing_fails() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("logs"), "").unwrap();
        Log::open(home.path(), SystemTime::now()).write("x");
    }
}
