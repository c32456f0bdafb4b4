//! `DELETE /job-script-templates/upload/garbage-collector`, `/job-scripts/upload/garbage-collector`
//! and `/job-scripts/clean-unused-entries`

use jobbergate_api::permission::Permission;
use serde_json::json;

use super::{after_machine, days, is_stored, monthly, store};
use crate::{
    on_both,
    support::{TestApp, eventually},
};

on_both! {
    async fn each_collector_sees_to_its_own_files(app: TestApp) {
        after_machine(&app, 61);
        let alice = app.user("alice").await;
        let orphans =
            [("job_script_files", 9), ("job_script_template_files", 9), ("workflow_files", 9)];
        for (table, parent) in orphans {
            store(&app, table, parent, "x").await;
        }
        let path = "/job-script-templates/upload/garbage-collector";
        let answer = alice.delete(path).await.expect(202).json();
        let words = "Removing stored files that belong to no job script template";
        assert_eq!(answer, json!({"description": words}));
        let gone = async |table: &'static str| {
            eventually(async || !is_stored(&app, table, 9, "x").await).await
        };
        assert!(gone("job_script_template_files").await && gone("workflow_files").await);
        assert!(is_stored(&app, "job_script_files", 9, "x").await);
        let answer = alice.delete("/job-scripts/upload/garbage-collector").await.expect(202).json();
        let words = "Removing stored files that belong to no job script";
        assert_eq!(answer, json!({"description": words}));
        assert!(gone("job_script_files").await);
    }

    async fn without_settings_nothing_is_cleaned(app: TestApp) {
        let admin = app.somebody("root@example.com", None, &[Permission::Admin]).await;
        let answer = admin.delete("/job-scripts/clean-unused-entries").await.expect(202).json();
        let words = answer["description"].as_str().unwrap();
        assert!(words.contains("AUTO_CLEAN_JOB_SCRIPTS_DAYS_TO_ARCHIVE"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unused_scripts_are_cleaned_as_the_settings_say() {
    let app = TestApp::configured(|config| config.cleaning = monthly()).await;
    let alice = app.user("alice").await;
    alice.has_script("s", "echo").await;
    days(&app, 31);
    let answer = alice.delete("/job-scripts/clean-unused-entries").await.expect(202).json();
    let words =
        "Archiving job scripts unused for 30 days, deleting those archived and unused for 60 days";
    assert_eq!(answer, json!({"description": words}));
    let archived = async || alice.get("/job-scripts/1").await.ok()["is_archived"] == true;
    assert!(eventually(archived).await);
}
