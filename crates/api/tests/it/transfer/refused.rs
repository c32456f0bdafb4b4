//! An import where something is, and one that ends in the middle.

use jobbergate_api::transfer;

use super::{Shelf, export, import, is_bare, lived_in, refusal, seen, stored};
use crate::{identity::story::person, on_both, support::TestApp};

on_both! {
    async fn an_archive_is_imported_only_where_nothing_is(app: TestApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        lived_in(&source).await;
        let path = shelf.path("a.tar.gz");
        export(&source, &path).await;
        import(&app, &path).await.unwrap();
        let before = seen(&app).await;
        let words = refusal(&app, &path).await;
        assert!(words.contains("there is something already"), "{words}");
        assert_eq!(seen(&app).await, before);
    }

    async fn others_accounts_are_not_replaced(app: TestApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        lived_in(&source).await;
        let path = shelf.path("a.tar.gz");
        export(&source, &path).await;
        person(&app, "carol", &["admin"]).await;
        person(&app, "alice", &["user"]).await;
        let words = refusal(&app, &path).await;
        assert!(words.contains("tables/identity_users/000001.jsonl, line "), "{words}");
        assert!(words.contains("admin user delete"), "{words}");
        app.provider().delete_user("alice@example.com").await.unwrap();
        import(&app, &path).await.unwrap();
        let people = app.provider().users().await.unwrap();
        let people: Vec<_> = people.into_iter().map(|user| user.email).collect();
        assert_eq!(people, ["alice@example.com", "bob@example.com", "carol@example.com"]);
    }

    async fn files_of_somebody_else_are_not_touched(app: TestApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        lived_in(&source).await;
        let path = shelf.path("a.tar.gz");
        export(&source, &path).await;
        let storage = app.app.tenants.default_tenant().storage;
        storage.put("job_script_files", 1, "run.sh", "theirs".into()).await.unwrap();
        let words = refusal(&app, &path).await;
        assert!(words.contains("stored files already, such as job_script_files/1/run.sh"), "{words}");
        assert_eq!(storage.get("job_script_files", 1, "run.sh").await.unwrap().unwrap(), "theirs");
        assert_eq!(stored(&app).len(), 1);
    }

    async fn an_import_that_was_killed_can_be_done_again(app: TestApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        lived_in(&source).await;
        let path = shelf.path("a.tar.gz");
        let end = export(&source, &path).await;
        // Nothing more of it than its files can be there: the rows are committed last.
        let storage = app.app.tenants.default_tenant().storage;
        storage.put("import", 0, "under-way", "".into()).await.unwrap();
        storage.put("job_script_files", 9, "odd.sh", "odd".into()).await.unwrap();
        assert_eq!(import(&app, &path).await.unwrap(), end);
        assert_eq!(stored(&app).len() as u64, end.files);
    }

    async fn an_import_that_is_given_up_leaves_all_rows_or_none(app: TestApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        lived_in(&source).await;
        let path = shelf.path("a.tar.gz");
        let end = export(&source, &path).await;
        let (mut given_up, mut is_done) = (0, false);
        for millis in [1, 20, 60, 120] {
            let wait = std::time::Duration::from_millis(millis);
            // Dropped wherever it is then, as if it were killed.
            if let Ok(imported) = tokio::time::timeout(wait, import(&app, &path)).await {
                assert_eq!(imported.unwrap(), end);
                is_done = true;
                break;
            }
            given_up += 1;
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            let list = app.user("alice").await.get("/job-scripts").await.ok();
            // By then it may have been done but for its answer.
            is_done = list["total"] == end.rows["job_scripts"];
            if is_done {
                break;
            }
            assert_eq!(list["total"], 0);
        }
        assert!(given_up > 0);
        if !is_done {
            assert_eq!(import(&app, &path).await.unwrap(), end);
        }
    }

    async fn an_archive_is_not_written_over(app: TestApp) {
        let shelf = Shelf::new();
        let path = shelf.path("a.tar.gz");
        std::fs::write(&path, "precious").unwrap();
        let error = transfer::export(&app.app, None, &path).await.unwrap_err().to_string();
        assert!(error.contains("it is there already"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        assert!(is_bare(&app).await);
    }
}
