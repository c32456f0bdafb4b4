//! Organizations whose databases are closed while something waits in their outboxes.

use chrono::TimeDelta;
use jobbergate_api::{config::ServeConfig, permission::Permission};
use jobbergate_testkit::{
    proxy::{Mode, Proxy},
    rabbitmq::VirtualHost,
};

use super::broker::{cancels, member};
use super::{Place, body, tells, told};
use crate::support::{TestApp, eventually};

/// Settings of a server with several organizations, each in a directory.
fn several(config: &mut ServeConfig, host: &VirtualHost, port: u16) {
    tells(config, host, port);
    config.database_url = None;
    config.tenancy.multi_tenancy_enabled = true;
    config.tenancy.max_open_organizations = 1;
}

/// Somebody of an organization cancels a submission; its number.
async fn cancels_one(app: &TestApp, organization: &str) -> i64 {
    let alice = member(app, "alice", organization).await;
    let permissions = Permission::ALL.into_iter().filter(|p| p.is_for_agents()).collect();
    let cluster = format!("of-{organization}");
    app.client_of(&cluster, permissions, Some(organization)).await;
    let script = alice.has_script("s", "echo").await;
    let id = alice.has_submission(script, &cluster).await;
    cancels(&alice, id).await;
    id
}

/// Nobody uses the organizations for long enough.
async fn all_close(app: &TestApp) -> bool {
    app.clock.advance(TimeDelta::seconds(601));
    eventually(async || {
        app.app.tenants.close_idle().await;
        app.app.tenants.opened().len() == 1
    })
    .await
}

async fn a_broker_that_is_back_is_told(place: &Place, restart: bool) {
    let host = VirtualHost::new().await.unwrap();
    let broker = Proxy::start(host.port, Mode::Down).await.unwrap();
    let start = async || place.server(|config| several(config, &host, broker.address.port())).await;
    let mut app = start().await;
    let ids = [cancels_one(&app, "lab-1").await, cancels_one(&app, "lab-2").await];
    if restart {
        app.worker.take().unwrap().stop().await;
        let old = std::mem::replace(&mut app, start().await);
        assert!(all_close(&old).await);
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert!(all_close(&app).await);
    assert_eq!(host.take("jobs").await.unwrap(), []);
    broker.set(Mode::Open);
    assert_eq!(told(&host, 2).await, ids.map(|id| body(id, "CANCELLED", None)));
    assert!(all_close(&app).await, "nobody holds what is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_closed_databases_is_told_when_the_broker_is_back() {
    a_broker_that_is_back_is_told(&Place::sqlite(), false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_server_tells_it_as_well() {
    a_broker_that_is_back_is_told(&Place::sqlite(), true).await;
}
