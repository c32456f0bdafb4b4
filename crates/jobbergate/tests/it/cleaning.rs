//! `jobbergate admin clean` and the server's own schedule.

use std::{
    fs,
    path::{Path, PathBuf},
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
    let orphan = orphan(data.path());
    let words = clean(data.path(), &["--dry-run"], None);
    let expected = "job_submissions: off\n\
                    job_scripts: 0 to archive, 0 to delete\n\
                    job_script_templates: off\n\
                    stored files of job_script_files: 1 to remove (4 bytes), 0 missing\n\
                    stored files of job_script_template_files: 0 to remove (0 bytes), 0 missing\n\
                    stored files of workflow_files: 0 to remove (0 bytes), 0 missing\n";
    assert_eq!(words, expected);
    assert!(orphan.exists());
    // An external provider has nothing to do with it.
    let words = clean(data.path(), &[], Some("127.0.0.1:9/realms/x"));
    assert!(words.contains("job_script_files: 1 removed (4 bytes), 0 missing"), "{words}");
    assert!(!orphan.exists());
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
        let option = variable.to_lowercase().replace('_', "-");
        let option = option.trim_start_matches("jobbergate-");
        assert!(words.contains(option) && words.contains(value), "{words}");
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
