//! All directions between SQLite with a directory and PostgreSQL with S3.

use jobbergate_api::{
    db::{Db, Kind},
    transfer::TABLES,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};

use super::{AGENT, Lived, Shelf, as_json, export, import, lived_in, seen, stored, unpacked};
use crate::{
    identity::story::{PASSWORD, try_to_log_in},
    on_both,
    support::TestApp,
};

async fn is_the_same(app: &TestApp, before: &[(String, u16, String)], lived: &Lived) {
    for ((path, status, text), (_, old_status, old)) in seen(app).await.iter().zip(before) {
        assert_eq!((status, text), (old_status, old), "{path}");
    }
    let provider = app.provider();
    let alice = provider.user("alice@example.com").await.unwrap();
    assert_eq!(alice.roles, ["user", "watcher"]);
    let logged_in = try_to_log_in(provider, "alice@example.com", PASSWORD).await;
    assert!(matches!(logged_in, jobbergate_api::identity::LogIn::Welcome(_)));
    app.token(AGENT, &lived.agent_secret).await.expect(200);
    app.bearer(&lived.personal_token).get("/job-scripts/1").await.expect(200);
}

/// Numbers go on where they were, those of what was deleted included.
async fn goes_on(app: &TestApp) {
    let alice = app.user("alice").await;
    assert_eq!(alice.has_script("next", "echo").await, 4);
    assert_eq!(alice.has_submission(4, AGENT).await, 3);
    alice.delete("/job-script-templates/1").await.expect(403);
    alice.delete("/job-scripts/1").await.expect(204);
    alice.get("/job-scripts/1/upload/run.sh").await.expect(404);
}

/// The rows and files of an archive, without what an import changes.
fn content(path: &std::path::Path) -> Vec<(String, Value)> {
    let kept = unpacked(path)
        .into_iter()
        .filter(|(name, _)| !name.ends_with(".json") && !name.contains("submission_change"));
    kept.map(|(name, content)| {
        let Some(text) =
            name.ends_with("jsonl").then(|| String::from_utf8(content.clone()).unwrap())
        else {
            return (name, json!(content));
        };
        let rows = text.lines().map(|line| {
            let mut row = as_json(line.as_bytes());
            row.as_object_mut().unwrap().remove("inherited");
            // PostgreSQL writes JSON in its own way.
            for cell in row.as_object_mut().unwrap().values_mut() {
                if let Some(Ok(json @ (Value::Object(_) | Value::Array(_)))) =
                    cell.as_str().map(serde_json::from_str::<Value>)
                {
                    *cell = json;
                }
            }
            row
        });
        let rows = rows.collect::<Vec<_>>();
        (name, json!(rows))
    })
    .collect()
}

/// A row in each table that is exported, with a value in each column.
async fn fill(app: &TestApp) {
    let Db::Sqlite { writer, .. } = app.db() else { panic!("not SQLite") };
    let mut connection = writer.acquire().await.unwrap();
    for table in TABLES.iter() {
        let values = table.columns.iter().map(|column| match column.kind {
            Kind::Integer | Kind::BigInteger => "1",
            Kind::Real => "0.1",
            // No role of the program's is called so.
            Kind::Boolean if column.name == "built_in" => "false",
            Kind::Boolean => "true",
            Kind::Text => "'x'",
            Kind::Json => "'{\"x\": 1.5}'",
            Kind::Texts => "'[\"x\"]'",
            Kind::Instant => "'2026-01-01T00:00:00.000001+00:00'",
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let columns: Vec<_> = table.columns.iter().map(|c| format!("\"{}\"", c.name)).collect();
        let columns = columns.join(", ");
        let sql = format!("INSERT OR REPLACE INTO {} ({columns}) VALUES ({values})", table.name);
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_each_table_comes_back_as_it_was() {
    let (app, shelf) = (TestApp::on_sqlite().await, Shelf::new());
    fill(&app).await;
    let end = export(&app, &shelf.path("1.tar.gz")).await;
    for table in TABLES.iter() {
        assert!(end.rows.contains_key(table.name), "{}", table.name);
    }
    let (there, back) = (TestApp::on_postgres().await, TestApp::on_sqlite().await);
    import(&there, &shelf.path("1.tar.gz")).await.unwrap();
    export(&there, &shelf.path("2.tar.gz")).await;
    import(&back, &shelf.path("2.tar.gz")).await.unwrap();
    export(&back, &shelf.path("3.tar.gz")).await;
    let [one, two, three] = ["1", "2", "3"].map(|n| content(&shelf.path(&format!("{n}.tar.gz"))));
    assert_eq!(one, two);
    assert_eq!(one, three);
}

on_both! {
    async fn what_moves_answers_as_before(app: TestApp) {
        let shelf = Shelf::new();
        let lived = lived_in(&app).await;
        let before = seen(&app).await;
        assert!(before.iter().filter(|(_, status, _)| *status == 200).count() > 20);
        let end = export(&app, &shelf.path("a.tar.gz")).await;
        assert_eq!((end.rows["job_scripts"], end.rows["job_submissions"]), (2, 2));
        assert_eq!((end.files, end.missing), (stored(&app).len() as u64, 0));
        for target in [TestApp::on_sqlite().await, TestApp::on_postgres().await] {
            assert_eq!(import(&target, &shelf.path("a.tar.gz")).await.unwrap(), end);
            is_the_same(&target, &before, &lived).await;
            assert_eq!(stored(&target).len(), stored(&app).len());
            let again = shelf.path(&format!("{}.tar.gz", target.s3.is_some()));
            export(&target, &again).await;
            // Who asked has an account there now.
            let [one, two] = [shelf.path("a.tar.gz"), again].map(|path| {
                let mut content = content(&path);
                content.retain(|(name, _)| !name.starts_with("tables/identity_"));
                content
            });
            assert_eq!(one, two);
            goes_on(&target).await;
        }
        // The old server is as it was.
        assert_eq!(seen(&app).await, before);
    }

    async fn an_export_has_the_rows_of_one_instant(app: TestApp) {
        let shelf = Shelf::new();
        let alice = app.user("alice").await;
        for n in 0..40 {
            alice.has_script(&format!("s{n}"), "echo").await;
        }
        let writing = async {
            for n in 40..60 {
                alice.has_script(&format!("s{n}"), "echo").await;
            }
        };
        let path = shelf.path("a.tar.gz");
        let (end, ()) = tokio::join!(export(&app, &path), writing);
        assert!(end.rows["job_script_files"] <= end.rows["job_scripts"]);
        let target = TestApp::on_sqlite().await;
        assert_eq!(import(&target, &path).await.unwrap(), end);
    }

    async fn long_rows_are_in_parts_that_an_import_takes(app: TestApp) {
        let shelf = Shelf::new();
        let alice = app.user("alice").await;
        let long = "d".repeat(200 << 10);
        for name in 0..12 {
            let template = json!({"name": name.to_string(), "template_vars": {"long": long}});
            alice.post("/job-script-templates", template).await.created();
        }
        let path = shelf.path("a.tar.gz");
        let end = export(&app, &path).await;
        let parts = unpacked(&path).into_iter().filter(|(name, _)| name.contains("job_script_templates/"));
        let sizes: Vec<_> = parts.map(|(_, lines)| lines.len()).collect();
        assert!(sizes.len() == 2 && sizes.iter().all(|&size| size < 13 << 17), "{sizes:?}");
        let target = TestApp::on_sqlite().await;
        assert_eq!(import(&target, &path).await.unwrap(), end);
    }

    async fn a_file_that_is_missing_is_missing_afterwards(app: TestApp) {
        let shelf = Shelf::new();
        let alice = app.user("alice").await;
        alice.has_script("whole", "echo").await;
        alice.has_script("broken", "echo").await;
        app.app.tenants.default_tenant().storage.delete("job_script_files", 2, "run.sh").await.unwrap();
        let path = shelf.path("a.tar.gz");
        let exported = jobbergate_api::transfer::export(&app.app, None, &path).await.unwrap();
        assert_eq!((exported.end.files, exported.end.missing), (1, 1));
        assert_eq!(exported.missing, ["job_script_files 2 \"run.sh\""]);
        let target = TestApp::on_sqlite().await;
        import(&target, &path).await.unwrap();
        let alice = target.user("alice").await;
        assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "echo");
        alice.get("/job-scripts/2/upload/run.sh").await.expect(404);
    }
}
