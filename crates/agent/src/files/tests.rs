use std::{fs, os::unix::fs::symlink, process::Command};

use super::*;
use crate::directory_locks::DirectoryLocks;

#[test]
fn a_name_stays_inside_the_directory() {
    assert_eq!(inside("job.sh"), Ok(PathBuf::from("job.sh")));
    assert_eq!(inside("data/in put.txt"), Ok(PathBuf::from("data/in put.txt")));
    for name in ["../x", "/etc/cron.d/x", "a/../../x", "", ".", "a/", "a\0b", "a/./../b"] {
        assert!(inside(name).is_err_and(|why| why.contains("not allowed")), "{name:?}");
    }
}

fn content(name: &str, text: &str) -> Content {
    Content { name: inside(name).unwrap(), bytes: text.into() }
}

async fn place_as_self(directory: &Path, mark: &str, files: Files) -> Result<(), Setback> {
    let turn = DirectoryLocks::default().turn(directory, "").await.unwrap();
    let own = directory.join(mark);
    place(&Account::own().unwrap(), directory, Some(files), &own, turn).await
}

fn files(script: &str, support: Vec<Content>) -> Files {
    Files { script: content("job.sh", script), support }
}

#[tokio::test]
async fn files_arrive_complete_and_the_script_has_a_copy_that_stays_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let read = |name| fs::read_to_string(home.path().join(name)).unwrap();
    let first = files("first", vec![content("data/in.txt", "1")]);
    place_as_self(home.path(), ".a", first).await.unwrap();
    assert_eq!((read("data/in.txt"), read("job.sh")), ("1".to_owned(), "first".to_owned()));
    place_as_self(home.path(), ".b", files("second", vec![])).await.unwrap();
    assert_eq!(read("job.sh"), "second");
    assert_eq!((read(".a/job.sh"), read(".b/job.sh")), ("first".to_owned(), "second".to_owned()));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 4);
    assert_eq!(fs::read_dir(home.path().join(".a")).unwrap().count(), 1);
    assert!(place_as_self(home.path(), ".a", files("third", vec![])).await.is_err());
}

#[tokio::test]
async fn any_name_of_a_script_is_possible() {
    let home = tempfile::tempdir().unwrap();
    for (i, name) in ["f0", "0", "s1", "sub/f1", "my job.sh"].into_iter().enumerate() {
        let script = content(name, "#!/bin/sh\n");
        let files = Files { script, support: vec![content("f2", "1"), content("s2", "1")] };
        let base = files.script_name().to_owned();
        let own = format!(".own{i}");
        place_as_self(home.path(), &own, files).await.unwrap();
        assert!(home.path().join(name).is_file() && home.path().join(own).join(base).is_file());
    }
}

#[tokio::test]
async fn a_file_in_the_way_leaves_nothing_half_written() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("data")).unwrap();
    let files = files("#!/bin/sh\n", vec![content("data", "1")]);
    let Err(Setback::Refusal(why)) = place_as_self(home.path(), ".a", files).await else {
        panic!("not refused")
    };
    assert!(why.contains("same name") && why.contains("rename"), "{why}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_where_a_folder_is_needed_is_said() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("in"), "").unwrap();
    let files = files("#!/bin/sh\n", vec![content("in/a.dat", "1")]);
    let Err(Setback::Refusal(why)) = place_as_self(home.path(), ".a", files).await else {
        panic!("not refused")
    };
    assert!(why.contains("is a file and no directory"), "{why}");
}

#[tokio::test]
async fn the_directory_may_be_reached_through_links_and_nothing_is_written_through_one_below() {
    let (home, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let link = home.path().join("scratch");
    symlink(scratch.path(), &link).unwrap();
    place_as_self(&link, ".a", files("#!/bin/sh\n", vec![])).await.unwrap();
    assert!(scratch.path().join("job.sh").is_file());
    for (i, name) in ["scratch/in.txt", "scratch/deep/in.txt"].into_iter().enumerate() {
        let files = files("#!/bin/sh\n", vec![content(name, "1")]);
        let placed = place_as_self(home.path(), &format!(".{i}"), files).await;
        let Err(Setback::Refusal(why)) = placed else { panic!("not refused: {placed:?}") };
        assert!(why.contains("symbolic link") && why.contains("--execution-directory"), "{why}");
    }
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 2, "the script and its copy");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left");
}

#[tokio::test]
async fn a_link_in_the_place_of_a_file_is_replaced_and_what_it_leads_to_stays_as_it_is() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
    fs::write(&other, "theirs").unwrap();
    for name in ["job.sh", "in.txt"] {
        symlink(other.path(), home.path().join(name)).unwrap();
    }
    let files = files("ours", vec![content("in.txt", "ours")]);
    place_as_self(home.path(), ".a", files).await.unwrap();
    assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
    for name in ["job.sh", "in.txt"] {
        assert_eq!(fs::read_to_string(home.path().join(name)).unwrap(), "ours");
    }
}

/// Something mounted, until it is dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(at).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_folder_may_be_another_file_system() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    fs::create_dir(&data).unwrap();
    let Some(_mounted) = Mounted::new(&data) else {
        return jobbergate_testkit::skipped("nothing can be mounted");
    };
    for text in ["1", "2"] {
        let files = files("#!/bin/sh\n", vec![content("data/in.txt", text)]);
        place_as_self(home.path(), &format!(".{text}"), files).await.unwrap();
        assert_eq!(fs::read_to_string(data.join("in.txt")).unwrap(), text);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
    }
}

#[test]
fn who_comes_too_late_replaces_nothing() {
    let home = tempfile::tempdir().unwrap();
    let past = std::time::Instant::now() - Duration::from_millis(1);
    let files = files("late", vec![]);
    let own = Account::own().unwrap();
    let placement = Placement {
        directory: home.path().to_owned(),
        own: ".a".into(),
        files: Some(files),
        user: own.name,
        home: own.home,
    };
    placement.write(past).unwrap_err();
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_directory_that_is_missing_is_named() {
    let missing = Path::new("/nonexistent/x");
    let Err(Setback::Refusal(why)) = place_as_self(missing, ".a", files("", vec![])).await else {
        panic!("not refused")
    };
    assert!(why.contains("/nonexistent/x does not exist") && why.contains("create"), "{why}");
}
