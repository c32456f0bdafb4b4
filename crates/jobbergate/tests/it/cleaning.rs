//! `jobbergate admin clean` and the server's own schedule.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Output,
    time::{Duration, SystemTime},
};

use crate::support::{Process, program};

/// A stored file that belongs to nothing and was written two hours ago.
fn orphan(data: &Path) -> PathBuf {
    let directory = data.join("files/job_script_files/9");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join("run.sh");
    fs::write(&path, "echo").unwrap();
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_hours(2)).unwrap();
    path
}

/// What `jobbergate admin` says to this.
fn admin(data: &Path, arguments: &[&str]) -> Output {
    let mut admin = program();
    admin.arg("admin").args(arguments).arg("--data-dir").arg(data);
    admin.env("MULTI_TENANCY_ENABLED", "true").output().unwrap()
}

/// Makes an organization, and with the first one the server's database.
fn organization(data: &Path, id: &str) {
    assert!(admin(data, &["organization", "create", id]).status.success());
}

/// All files with their contents, without those that readers of SQLite have beside it.
fn snapshot(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(snapshot(&path));
            found.insert(path, Vec::new());
        } else if !path.to_string_lossy().ends_with("-wal")
            && !path.to_string_lossy().ends_with("-shm")
        {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

fn clean(data: &Path, arguments: &[&str], provider: Option<&str>) -> String {
    let mut clean = program();
    clean.args(["admin", "clean", "--data-dir"]).arg(data).args(arguments);
    clean.env("AUTO_CLEAN_JOB_SCRIPTS_DAYS_TO_ARCHIVE", "30");
    if let Some(domain) = provider {
        clean.env("ARMASEC_DOMAIN", domain);
    }
    let output = clean.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_administrator_sees_what_there_is_to_clean_and_cleans_it() {
    let data = tempfile::tempdir().unwrap();
    organization(data.path(), "lab-1");
    let orphan = orphan(data.path());
    let words = clean(data.path(), &["--dry-run"], None);
    let expected = "job_submissions: off\n\
                    job_scripts: 0 to archive, 0 to delete\n\
                    job_script_templates: off\n\
                    stored files of job_script_files: 1 to remove (4 bytes), 0 missing\n\
                    stored files of job_script_template_files: 0 to remove (0 bytes), 0 missing\n\
                    stored files of workflow_files: 0 to remove (0 bytes), 0 missing\n\
                    idempotency_keys: 0 to delete\n\
                    withdrawn_submissions: 0 to delete\n";
    assert_eq!(words, expected);
    assert!(orphan.exists());
    // An external provider has nothing to do with it.
    let words = clean(data.path(), &[], Some("127.0.0.1:9/realms/x"));
    assert!(words.contains("job_script_files: 1 removed (4 bytes), 0 missing"), "{words}");
    assert!(!orphan.exists());
}

#[test]
fn counting_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let nothing = admin(data.path(), &["clean"]);
    let words = String::from_utf8(nothing.stderr).unwrap();
    assert!(!nothing.status.success() && words.contains("`jobbergate serve` makes it"), "{words}");
    assert_eq!(snapshot(data.path()).len(), 0);

    organization(data.path(), "lab-1");
    orphan(data.path());
    let before = snapshot(data.path());
    let counted = admin(data.path(), &["clean", "--dry-run"]);
    assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
    let words = String::from_utf8(counted.stdout).unwrap();
    assert!(words.contains("lab-1: job_scripts: "), "{words}");
    assert!(snapshot(data.path()) == before);
}

#[test]
fn an_organization_that_is_gone_is_named_and_stays_gone() {
    let data = tempfile::tempdir().unwrap();
    organization(data.path(), "lab-1");
    organization(data.path(), "lab-2");
    let gone = data.path().join("organizations/lab-1");
    fs::remove_dir_all(&gone).unwrap();
    for arguments in [&["clean", "--dry-run"][..], &["clean"]] {
        let cleaned = admin(data.path(), arguments);
        assert_eq!(cleaned.status.code(), Some(1));
        let words = String::from_utf8(cleaned.stderr).unwrap();
        let expected = format!("lab-1: its directory {} is missing\n", gone.display());
        assert!(words.contains(&expected), "{words}");
        assert!(words.ends_with("not everything could be cleaned\n"), "{words}");
        let words = String::from_utf8(cleaned.stdout).unwrap();
        assert!(words.contains("lab-2: stored files of workflow_files: 0"), "{words}");
        assert!(!gone.exists());
    }
}

#[test]
fn periods_are_whole_days_and_not_none() {
    for (variable, value) in [
        ("AUTO_CLEAN_JOB_SCRIPTS_DAYS_TO_DELETE", "0"),
        ("AUTO_CLEAN_JOB_SCRIPT_TEMPLATES_DAYS_TO_ARCHIVE", "-1"),
        ("AUTO_CLEAN_JOB_SUBMISSIONS_DAYS_TO_ARCHIVE", "1.5"),
        ("JOBBERGATE_CLEAN_INTERVAL_HOURS", "0"),
    ] {
        let output = program().args(["serve"]).env(variable, value).output().unwrap();
        assert!(!output.status.success());
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(words.contains(variable) && words.contains(value), "{words}");
    }
}

#[test]
fn a_server_cleans_by_itself_when_it_is_told_to() {
    let data = tempfile::tempdir().unwrap();
    let orphan = orphan(data.path());
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"]);
    serve.arg(data.path()).env("JOBBERGATE_CLEAN_INTERVAL_HOURS", "24");
    let server = Process::start(serve, &data.path().join("log"));
    server.said("cleaning is done");
    assert!(!orphan.exists());
    assert!(server.stop());
}
