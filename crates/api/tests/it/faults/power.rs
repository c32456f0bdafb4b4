//! Power that goes right after an answer: what is on the disk then must be all there is.

use std::{fs, path::Path, process::Command};

use super::Mounted;
use crate::support::{TestApp, settings};

fn run(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_on_the_disk() {
    let here = tempfile::tempdir().unwrap();
    let (image, copy) = (here.path().join("image"), here.path().join("copy"));
    fs::File::create(&image).unwrap().set_len(64 << 20).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    if !run("mkfs.ext4", &["-q", "-F", &path(&image)]) {
        eprintln!("skipped: there is no mkfs.ext4");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let Some(_disk) = Mounted::with(&["-o", "loop", &path(&image)], directory.path()) else {
        return;
    };
    // In a directory that the server makes itself.
    let mut config = settings(&directory);
    let data = directory.path().join("new/data");
    config.data_dir = Some(data.clone());
    let app = TestApp::start(config, directory, None, None).await;
    let alice = app.user("alice").await;
    for n in 1..=10 {
        alice.has_script("s", &format!("echo {n}")).await;
    }
    // The clone's files, too, though nobody waited after them.
    alice.post("/job-scripts/clone/10", serde_json::json!(null)).await.created();
    fs::copy(&image, &copy).unwrap();
    let after = tempfile::tempdir().unwrap();
    let Some(_copied) = Mounted::with(&["-o", "loop", &path(&copy)], after.path()) else { return };
    let files = after.path().join("new/data/files/job_script_files");
    for n in 1..=11 {
        let content = fs::read_to_string(files.join(format!("{n}/run.sh"))).unwrap();
        assert_eq!(content, format!("echo {}", n.min(10)));
    }
    let database = after.path().join("new/data/jobbergate.db");
    let database = jobbergate_api::db::Db::open_sqlite(&database).await.unwrap();
    let mut db = database.read().await.unwrap();
    let sql = "SELECT count(*) FROM job_script_files";
    let (rows,): (i64,) = db.fetch_one(sql, jobbergate_api::args![]).await.unwrap();
    assert_eq!(rows, 11);
    drop(db);
    database.close().await;
}
