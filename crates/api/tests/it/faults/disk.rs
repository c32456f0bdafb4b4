//! Disks without room.

use std::{fs, io::Write, path::Path};

use jobbergate_api::{args, clock::Clock, doctor};
use serde_json::json;

use super::Mounted;
use crate::support::{Actor, TestApp, settings, start_time};

const UPLOAD: &str = "/job-scripts/1/upload/ENTRYPOINT";

/// Takes all the room that is left on a disk, to the last byte.
fn fill(ballast: &Path) {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(ballast).unwrap();
    for size in [65536, 4096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

/// Makes a template that takes some room.
async fn post(alice: &Actor) -> crate::support::Answer {
    let vars = json!({"x": "x".repeat(100_000)});
    alice.post("/job-script-templates", json!({"name": "t", "template_vars": vars})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_507_and_all_is_well_again_once_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let Some(_disk) = Mounted::tmpfs("12m", directory.path()) else { return };
    let ballast = directory.path().join("ballast");
    let config = settings(&directory);
    let app = TestApp::start(config.clone(), directory, None, None).await;
    let alice = app.user("alice").await;
    alice.has_script("s", "old").await;
    for _ in 0..2 {
        fill(&ballast);
        let mut full = None;
        for _ in 0..200 {
            let answer = post(&alice).await;
            if answer.status != 201 {
                full = Some(answer);
                break;
            }
        }
        let words = full.unwrap().expect(507).detail();
        assert!(words.starts_with("The disk of the database is full"), "{words}");
        for _ in 0..3 {
            post(&alice).await.expect(507);
            alice.upload(UPLOAD, "run.sh", vec![b'x'; 100_000]).await.expect(507);
        }
        alice.get("/job-scripts").await.ok();
        assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "old");
        alice.get("/health").await.expect(507);
        let findings = doctor::examine(&config, &Clock::manual(start_time())).await;
        let found = findings.iter().find(|finding| finding.check == "data directory").unwrap();
        assert!(found.outcome.is_err(), "{found}");
        fs::remove_file(&ballast).unwrap();
        post(&alice).await.created();
        alice.upload(UPLOAD, "run.sh", "old").await.ok();
        alice.get("/health").await.expect(204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_disk_has_no_room_for_leaves_nothing_half_written() {
    let directory = tempfile::tempdir().unwrap();
    let files = directory.path().join("files");
    fs::create_dir(&files).unwrap();
    let Some(_disk) = Mounted::tmpfs("4m", &files) else { return };
    let app = TestApp::start(settings(&directory), directory, None, None).await;
    let alice = app.user("alice").await;
    alice.has_script("s", "old").await;
    fill(&files.join("ballast"));
    for name in ["run.sh", "new.sh"] {
        let path = if name == "run.sh" { UPLOAD } else { "/job-scripts/1/upload/SUPPORT" };
        let words = alice.upload(path, name, vec![b'x'; 100_000]).await.expect(507).detail();
        assert!(words.starts_with("The disk of the file storage is full"), "{words}");
    }
    alice.post("/job-scripts/clone/1", json!(null)).await.expect(507);
    assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "old");
    assert_eq!(alice.get("/job-scripts").await.ok()["total"], 1);
    let left: Vec<_> = fs::read_dir(files.join("job_script_files/1")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    fs::remove_file(files.join("ballast")).unwrap();
    alice.upload(UPLOAD, "run.sh", vec![b'x'; 100_000]).await.ok();
    alice.post("/job-scripts/clone/1", json!(null)).await.created();
}

/// `PostgreSQL` can be made to say so without a disk that is full.
#[tokio::test(flavor = "multi_thread")]
async fn postgresqls_full_disk_is_507_too() {
    let app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    let mut db = app.db().write().await.unwrap();
    let function = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
                    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$";
    db.execute(function, args![]).await.unwrap();
    let trigger =
        "CREATE TRIGGER t BEFORE INSERT ON job_script_templates EXECUTE FUNCTION full_disk()";
    db.execute(trigger, args![]).await.unwrap();
    db.commit().await.unwrap();
    let words = post(&alice).await.expect(507).detail();
    assert!(words.starts_with("The disk of the database is full"), "{words}");
    let mut db = app.db().write().await.unwrap();
    db.execute("DROP TRIGGER t ON job_script_templates", args![]).await.unwrap();
    db.commit().await.unwrap();
    post(&alice).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_made_a_transaction_fail_the_next_one_works() {
    let app = TestApp::on_sqlite().await;
    for round in 0..20 {
        let mut db = app.db().write().await.unwrap();
        let insert = "INSERT INTO organizations (id, created_at) VALUES ($1, 'x')";
        db.execute(insert, args![format!("o{round}")]).await.unwrap();
        match round % 4 {
            // SQLite ends the transaction by itself, as on a full disk.
            0 => {
                let sql = "INSERT OR ROLLBACK INTO organizations (id, created_at) \
                           VALUES ('other', 'x'), (NULL, NULL)";
                db.execute(sql, args![]).await.unwrap_err();
                drop(db);
            }
            // Committing fails, and the transaction goes on.
            1 => {
                db.execute("PRAGMA defer_foreign_keys = ON", args![]).await.unwrap();
                let orphan = "INSERT INTO job_script_files VALUES (9, 'f', 'SUPPORT', 'x', 'x')";
                db.execute(orphan, args![]).await.unwrap();
                db.commit().await.unwrap_err();
            }
            // Nobody waits for the end of a statement.
            2 => {
                let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                            WHERE i < 300000) SELECT sum(i) FROM n";
                let wait = std::time::Duration::from_millis(5);
                let _ = tokio::time::timeout(wait, db.fetch_one::<(i64,)>(slow, args![])).await;
                drop(db);
            }
            _ => drop(db),
        }
        let mut look = app.db().write().await.unwrap();
        let (rows,): (i64,) =
            look.fetch_one("SELECT count(*) FROM organizations", args![]).await.unwrap();
        assert_eq!(rows, 0, "round {round}");
        look.commit().await.unwrap();
    }
}
