//! Files that are fetched by URL take room like those that are uploaded.

use std::time::Duration;

use chrono::TimeDelta;
use jobbergate_api::args;
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    on_both,
    support::{Remote, eventually},
};

on_both! {
    async fn a_fetched_file_takes_room_until_it_is_stored(app: TestApp) {
        let (alice, remote) = (app.user("alice").await, Remote::start().await);
        alice.has_script("s", "echo").await;
        alice.has_template("t", &[]).await;
        for (path, key) in [
            ("/job-scripts/1/upload-by-url/SUPPORT", "job_script_files/1/max.txt"),
            (
                "/job-script-templates/t/upload-by-url/template/SUPPORT",
                "job_script_template_files/1/max.txt",
            ),
        ] {
            // Somebody else is changing the same file.
            let mut db = app.db().write().await.unwrap();
            let claim = "INSERT INTO file_claims (storage_key, claimant, expires_at) \
                         VALUES ($1, 'x', $2)";
            db.execute(claim, args![key, app.clock.now() + TimeDelta::minutes(3)]).await.unwrap();
            db.commit().await.unwrap();
            let path = format!("{path}?{}", remote.query("/max.txt"));
            let user = alice.clone();
            let putting = tokio::spawn(async move { user.put(&path, Value::Null).await });
            let taken = async || {
                let all = timeout(Duration::from_millis(10), async {
                    app.app.bodies.share(&"bob".into()).grow_to(usize::MAX).await
                });
                all.await.is_err()
            };
            assert!(eventually(taken).await);
            // It is all there by then, and waits for its turn to be stored.
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert!(taken().await);
            let mut db = app.db().write().await.unwrap();
            db.execute("DELETE FROM file_claims", args![]).await.unwrap();
            db.commit().await.unwrap();
            putting.await.unwrap().ok();
            assert!(!taken().await);
        }
    }
}
