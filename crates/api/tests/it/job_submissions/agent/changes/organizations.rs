//! Several organizations.

use std::time::Duration;

use super::{cursor, heard, told, waiting};
use crate::{on_both, support::TenantApp};

on_both! {
    async fn another_organizations_agent_hears_nothing(app: TenantApp) {
        let (ours, theirs) = (app.organization().await, app.organization().await);
        // Both have a cluster of this name.
        let (agent, other) = (ours.agent("cluster").await, theirs.administrator().await);
        let waiting_here = waiting(&app, &agent, &cursor(&agent).await).await;
        let waiting_there = waiting(&app, &other, &cursor(&other).await).await;
        let alice = ours.user("alice").await;
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "cluster").await;
        assert_eq!(told(&heard(waiting_here).await), (true, false));
        // Longer than it takes to look without having been told.
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(!waiting_there.is_finished());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_keeps_no_database_open() {
    let app = TenantApp::with_room_for(1).await;
    let (ours, theirs) = (app.organization().await, app.organization().await);
    let agent = ours.agent("cluster").await;
    let waits = waiting(&app, &agent, &cursor(&agent).await).await;
    theirs.user("bob").await.get("/job-scripts").await.ok();
    let answer = heard(waits).await;
    assert_eq!(told(&answer), (false, false), "to ask again is to have it opened again");
}
