//! `jobbergate admin backup` and `jobbergate admin restore`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use jobbergate_api::{
    backup::{self, BackupError},
    clock::Clock,
    config::ServeConfig,
    db::Db,
};
use serde_json::json;
use sqlx::Executor;

use crate::support::{TenantApp, TestApp};

/// The settings of a server with this data directory.
fn settings_for(app: &TestApp, data: &Path) -> ServeConfig {
    let mut config = app.app.config.clone();
    config.data_dir = Some(data.to_owned());
    config
}

async fn restore(
    config: &ServeConfig,
    source: &Path,
    replace: bool,
) -> Result<Option<PathBuf>, BackupError> {
    backup::restore(config, source, replace, &Clock::System).await
}

/// A server on a data directory that is kept by somebody else.
async fn restored(config: ServeConfig) -> TestApp {
    TestApp::start(config, tempfile::tempdir().unwrap(), None, None).await
}

fn modes(directory: &Path, found: &mut Vec<(PathBuf, u32)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            modes(&path, found);
        }
        found.push((path, mode));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_has_each_file_that_it_names_while_people_write_and_delete() {
    let (app, shelf) = (TestApp::on_sqlite().await, tempfile::tempdir().unwrap());
    let alice = app.user("alice").await;
    for n in 0..20 {
        alice.has_script(&format!("s{n}"), "echo").await;
    }
    let working = async {
        for n in 20..60_i64 {
            alice.has_script(&format!("s{n}"), "echo").await;
            alice.delete(&format!("/job-scripts/{}", n - 19)).await.expect(204);
        }
    };
    let backing_up = async {
        let mut made = Vec::new();
        for n in 0..5 {
            let path = shelf.path().join(n.to_string());
            let done = backup::make(&app.app.config, &path).await.unwrap();
            assert_eq!((done.databases, done.missing), (1, 0));
            made.push(path);
        }
        made
    };
    let (made, ()) = tokio::join!(backing_up, working);
    for (n, path) in made.iter().enumerate() {
        let data = shelf.path().join(format!("data-{n}"));
        restore(&settings_for(&app, &data), path, false).await.unwrap();
        let server = restored(settings_for(&app, &data)).await;
        // The same keys: tokens of the old one are good.
        let alice = server.bearer(alice.token().unwrap());
        let scripts = alice.get("/job-scripts?size=100").await.ok();
        assert!(scripts["total"].as_i64().unwrap() >= 20, "{scripts}");
        for script in scripts["items"].as_array().unwrap() {
            let full = alice.get(&format!("/job-scripts/{}", script["id"])).await.ok();
            for file in full["files"].as_array().unwrap() {
                let path = format!(
                    "/job-scripts/{}/upload/{}",
                    script["id"],
                    file["filename"].as_str().unwrap()
                );
                assert_eq!(alice.get(&path).await.expect(200).text, "echo");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_organizations_and_secrets_are_backed_up_for_their_owner_only() {
    let (app, shelf) = (TenantApp::on_sqlite().await, tempfile::tempdir().unwrap());
    let lab = app.organization().await;
    lab.user("alice").await.has_script("ours", "echo").await;
    let secrets = ["smtp-password", "replaced-password"];
    for secret in secrets {
        fs::write(app.data().join(secret), "s3cret").unwrap();
    }
    let path = shelf.path().join("b");
    let made = backup::make(&app.app.config, &path).await.unwrap();
    assert_eq!((made.databases, made.files), (2, 1));
    let data = shelf.path().join("data");
    restore(&settings_for(&app, &data), &path, false).await.unwrap();
    for secret in secrets {
        assert_eq!(fs::read_to_string(data.join(secret)).unwrap(), "s3cret");
    }
    assert!(
        data.join("organizations").join(&lab.id).join("files/job_script_files/1/run.sh").exists()
    );
    let mut found = Vec::new();
    modes(&data, &mut found);
    modes(&path, &mut found);
    for (path, mode) in found {
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let (app, shelf) = (TestApp::on_sqlite().await, tempfile::tempdir().unwrap());
    app.user("alice").await.has_script("s", "echo").await;
    let good = shelf.path().join("good");
    backup::make(&app.app.config, &good).await.unwrap();
    let data = shelf.path().join("data");
    let file = "files/job_script_files/1/run.sh";
    type Damage = fn(&Path);
    let damages: [(Damage, &str); 7] = [
        (|b| fs::write(b.join("files/job_script_files/1/run.sh"), "echx").unwrap(), "is damaged"),
        (|b| fs::remove_file(b.join("files/job_script_files/1/run.sh")).unwrap(), "No such file"),
        (|b| fs::remove_file(b.join("SHA256SUMS")).unwrap(), "a backup without it is not whole"),
        (|b| fs::remove_file(b.join("backup.json")).unwrap(), "is it a backup"),
        (|b| fs::write(b.join("more"), "x").unwrap(), "does not name: more"),
        (
            |b| std::os::unix::fs::symlink("/etc/passwd", b.join("link")).unwrap(),
            "neither a file nor",
        ),
        (
            |b| {
                let sums = fs::read_to_string(b.join("SHA256SUMS")).unwrap();
                let line = format!("{}  ../../x\n", "0".repeat(64));
                fs::write(b.join("SHA256SUMS"), format!("{sums}{line}")).unwrap();
            },
            "it leads elsewhere",
        ),
    ];
    for (damage, reason) in damages {
        let bad = shelf.path().join("bad");
        restore(&settings_for(&app, &bad), &good, false).await.unwrap();
        // A copy of the backup that is damaged.
        fs::remove_dir_all(&bad).unwrap();
        copy_tree(&good, &bad);
        damage(&bad);
        let words = restore(&settings_for(&app, &data), &bad, false).await.unwrap_err().to_string();
        assert!(words.contains(reason), "{reason}: {words}");
        let left: Vec<_> = match data.exists() {
            true => fs::read_dir(&data).unwrap().map(|e| e.unwrap().file_name()).collect(),
            false => Vec::new(),
        };
        assert!(left.iter().all(|name| name == "serving.lock"), "{left:?}");
        fs::remove_dir_all(&bad).unwrap();
    }
    restore(&settings_for(&app, &data), &good, false).await.unwrap();
    assert!(data.join(file).exists());
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy_tree(&path, &target),
            false => drop(fs::copy(&path, &target).unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_newer_version_is_refused() {
    let (app, shelf) = (TestApp::on_sqlite().await, tempfile::tempdir().unwrap());
    let Db::Sqlite { writer, .. } = app.db() else { panic!("not SQLite") };
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'newer', true, x'00', 0)";
    writer.acquire().await.unwrap().execute(newer).await.unwrap();
    let path = shelf.path().join("b");
    backup::make(&app.app.config, &path).await.unwrap();
    let data = shelf.path().join("data");
    let words = restore(&settings_for(&app, &data), &path, false).await.unwrap_err().to_string();
    assert!(words.contains("newer version") && words.contains("install that version"), "{words}");
    assert!(!data.join("jobbergate.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_may_have_begun_since_is_looked_for_first() {
    let (app, shelf) = (TestApp::on_sqlite().await, tempfile::tempdir().unwrap());
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    alice.upload(&format!("/job-scripts/{script}/upload/SUPPORT"), "jobbergate.db", "x").await.ok();
    alice.has_submission(script, "c").await;
    let path = shelf.path().join("b");
    backup::make(&app.app.config, &path).await.unwrap();
    let data = shelf.path().join("data");
    restore(&settings_for(&app, &data), &path, false).await.unwrap();
    let server = restored(settings_for(&app, &data)).await;
    let agent = server.bearer(agent.token().unwrap());
    let claim = json!({"instance": "login-1", "new": 10});
    agent.post("/job-submissions/agent/claims", claim).await.ok();
    let waits = agent.get("/job-submissions/agent/pending?instance=login-1").await.ok();
    assert_eq!(waits["items"][0]["inherited"], true, "{waits}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_were_given_out_since_are_nobody_elses() {
    let (app, shelf) = (TestApp::on_sqlite().await, tempfile::tempdir().unwrap());
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    alice.has_submission(script, "c").await;
    let claim = json!({"instance": "login-1", "new": 1});
    agent.post("/job-submissions/agent/claims", claim.clone()).await.ok();
    let path = shelf.path().join("b");
    backup::make(&app.app.config, &path).await.unwrap();
    // The server goes on, and agents note in their journals what they are given.
    for _ in 0..3 {
        alice.has_submission(script, "c").await;
        agent.post("/job-submissions/agent/claims", claim.clone()).await.ok();
    }
    let mut seen = Vec::new();
    for hour in 0..2 {
        let data = shelf.path().join(format!("data-{hour}"));
        let clock = Clock::manual(chrono::Utc::now() + chrono::TimeDelta::hours(hour));
        let config = settings_for(&app, &data);
        backup::restore(&config, &path, false, &clock).await.unwrap();
        let server = restored(config).await;
        let alice = server.bearer(alice.token().unwrap());
        let agent = server.bearer(agent.token().unwrap());
        let told = agent.get("/job-submissions/agent/changes?wait=0").await.ok();
        let changes = told["cursor"].as_str().unwrap().to_owned();
        let submission = alice.has_submission(script, "c").await;
        let claim = json!({"instance": "login-2", "new": 10});
        agent.post("/job-submissions/agent/claims", claim).await.ok();
        let waits = agent.get("/job-submissions/agent/pending?instance=login-2").await.ok();
        let claims = waits["items"].as_array().unwrap().iter();
        let claim = claims.filter_map(|item| item["claim"].as_i64()).max().unwrap();
        assert!(submission > 100_000 && claim > 100_000, "{submission}, {claim}");
        assert!(alice.has_script("new", "echo").await > 100_000);
        seen.push((submission, claim, changes));
    }
    let [first, second] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(second.0 >= first.0 + 60 && second.1 >= first.1 + 60, "{seen:?}");
    assert_ne!(first.2, second.2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_without_a_database_is_no_data() {
    let (app, shelf) = (TenantApp::on_sqlite().await, tempfile::tempdir().unwrap());
    let config = settings_for(&app, shelf.path());
    let path = shelf.path().join("b");
    let words = backup::make(&config, &path).await.unwrap_err().to_string();
    assert!(words.contains("there is no jobbergate.db in"), "{words}");
    assert!(!path.exists() && !shelf.path().join("b.partial").exists());
    assert!(fs::read_dir(shelf.path()).unwrap().next().is_none(), "not even a lock is left");
    // Of organizations it is told.
    fs::create_dir_all(app.data().join("organizations/empty")).unwrap();
    let made = backup::make(&app.app.config, &path).await.unwrap();
    assert_eq!((made.databases, made.without_database), (1, vec!["empty".to_owned()]));
    // A backup of something else.
    fs::remove_file(path.join("jobbergate.db")).unwrap();
    let sums = fs::read_to_string(path.join("SHA256SUMS")).unwrap();
    let others = sums.lines().filter(|line| !line.ends_with("  jobbergate.db"));
    fs::write(path.join("SHA256SUMS"), others.collect::<Vec<_>>().join("\n")).unwrap();
    let data = shelf.path().join("data");
    let words = restore(&settings_for(&app, &data), &path, false).await.unwrap_err().to_string();
    assert!(words.contains("has no jobbergate.db"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_elsewhere_comes_along_and_what_is_gone_is_named() {
    let (app, shelf) = (TenantApp::on_sqlite().await, tempfile::tempdir().unwrap());
    let lab = app.organization().await;
    lab.user("alice").await.has_script("ours", "echo").await;
    let organization = app.data().join("organizations").join(&lab.id);
    let elsewhere = shelf.path().join("disk");
    app.app.tenants.close().await;
    fs::rename(&organization, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &organization).unwrap();
    fs::write(shelf.path().join("secret"), "s3cret").unwrap();
    let link = app.data().join("smtp-password");
    std::os::unix::fs::symlink(shelf.path().join("secret"), &link).unwrap();
    let path = shelf.path().join("b");
    let made = backup::make(&app.app.config, &path).await.unwrap();
    assert_eq!((made.databases, made.files), (2, 1));
    assert_eq!(fs::read_to_string(path.join("smtp-password")).unwrap(), "s3cret");
    assert!(fs::symlink_metadata(path.join("smtp-password")).unwrap().is_file());
    fs::remove_file(shelf.path().join("secret")).unwrap();
    let again = shelf.path().join("again");
    let words = backup::make(&app.app.config, &again).await.unwrap_err().to_string();
    assert!(words.contains("smtp-password leads to what is not there"), "{words}");
    assert!(!again.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_backup_left_that_was_killed_is_not_touched() {
    let (app, shelf) = (TestApp::on_sqlite().await, tempfile::tempdir().unwrap());
    let left = shelf.path().join("b.partial");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("x"), "x").unwrap();
    backup::make(&app.app.config, &shelf.path().join("b")).await.unwrap();
    assert!(left.join("x").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_replaced_only_when_told_and_put_aside() {
    let (app, shelf) = (TestApp::on_sqlite().await, tempfile::tempdir().unwrap());
    app.user("alice").await.has_script("s", "echo").await;
    let path = shelf.path().join("b");
    backup::make(&app.app.config, &path).await.unwrap();
    let again = backup::make(&app.app.config, &path).await.unwrap_err().to_string();
    assert!(again.contains("is there already"), "{again}");
    let other = TestApp::on_sqlite().await;
    other.user("bob").await.has_script("theirs", "echo 2").await;
    let config = &other.app.config;
    let words = restore(config, &path, false).await.unwrap_err().to_string();
    assert!(words.contains("is not empty") && words.contains("--replace"), "{words}");
    // Also a backup that is named by mistake stays one.
    let named = settings_for(&app, &path);
    restore(&named, &path, false).await.unwrap_err();
    assert!(!path.join("serving.lock").exists());
    assert_eq!(other.user("bob").await.get("/job-scripts/1").await.ok()["name"], "theirs");
    other.app.tenants.close().await;
    let aside = restore(config, &path, true).await.unwrap().unwrap();
    assert!(aside.join("jobbergate.db").exists());
    let file = other.data().join("files/job_script_files/1/run.sh");
    assert_eq!(fs::read_to_string(file).unwrap(), "echo");
    assert_eq!(
        fs::read_to_string(aside.join("files/job_script_files/1/run.sh")).unwrap(),
        "echo 2"
    );
    let server = restored(settings_for(&other, other.data())).await;
    assert_eq!(server.user("alice").await.get("/job-scripts/1").await.ok()["name"], "s");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_and_s3_are_backed_up_by_their_own_tools() {
    let (app, shelf) = (TestApp::on_postgres().await, tempfile::tempdir().unwrap());
    let path = shelf.path().join("b");
    let words = backup::make(&app.app.config, &path).await.unwrap_err().to_string();
    for word in ["pg_dump", "the bucket", "database first", "docs/operations.md"] {
        assert!(words.contains(word), "{words}");
    }
    assert!(!path.exists());
    let refused = restore(&app.app.config, &path, false).await.unwrap_err().to_string();
    assert!(refused.contains("pg_restore"), "{refused}");
}

/// What `docs/operations.md` has administrators say after `pg_restore`.
fn documented_statements() -> &'static str {
    let text = include_str!("../../../../docs/operations.md");
    let (_, after) = text.split_once("<<'END'\n").unwrap();
    after.split_once("END\n").unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn after_pg_restore_the_documented_statements_do_the_same() {
    let app = TestApp::on_postgres().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    alice.has_submission(script, "c").await;
    let told = agent.get("/job-submissions/agent/changes?wait=0").await.ok();
    let old = told["cursor"].as_str().unwrap().to_owned();
    let Db::Postgres { primary: pool, .. } = app.db() else { panic!("not PostgreSQL") };
    let mut transaction = pool.begin().await.unwrap();
    sqlx::raw_sql(documented_statements()).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    assert!(alice.has_script("new", "echo").await > 100_000);
    assert!(alice.has_submission(script, "c").await > 100_000);
    let claim = json!({"instance": "login-1", "new": 10});
    agent.post("/job-submissions/agent/claims", claim).await.ok();
    let waits = agent.get("/job-submissions/agent/pending?instance=login-1").await.ok();
    assert_eq!(waits["items"][0]["inherited"], true, "{waits}");
    let told = agent.get("/job-submissions/agent/changes?wait=0").await.ok();
    let first = |cursor: &str| cursor.split('.').next().unwrap().parse::<i64>().unwrap();
    assert!(first(told["cursor"].as_str().unwrap()) > first(&old) + 1_000_000, "{told}");
}
