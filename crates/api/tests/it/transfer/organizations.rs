//! One of several organizations moves, and a server of one becomes an organization of another.

use jobbergate_api::{identity::NewUser, transfer};

use super::{Shelf, export, lived_in};
use crate::{
    on_both,
    support::{TenantApp, TestApp, random},
};

async fn account(app: &TestApp, name: &str, organization: Option<&str>) {
    let new = NewUser {
        email: format!("{name}@example.com"),
        roles: vec!["user".to_owned()],
        organization: organization.map(str::to_owned),
        ..NewUser::default()
    };
    app.provider().create_user(&new, &mut random()).await.unwrap();
}

async fn people(app: &TestApp) -> Vec<(String, Option<String>)> {
    let all = app.provider().users().await.unwrap();
    all.into_iter().map(|user| (user.email, user.organization)).collect()
}

on_both! {
    async fn an_organization_moves_with_its_people_alone(app: TenantApp) {
        let shelf = Shelf::new();
        let (one, two) = (app.organization().await, app.organization().await);
        one.user("alice").await.has_script("ours", "echo 1").await;
        two.user("bob").await.has_script("theirs", "echo 2").await;
        account(&app, "alice", Some(&one.id)).await;
        account(&app, "bob", Some(&two.id)).await;
        account(&app, "root", None).await;
        one.agent("ours").await;
        two.agent("theirs").await;
        let path = shelf.path("a.tar.gz");
        transfer::export(&app.app, Some(&one.id), &path).await.unwrap();
        for target in [TenantApp::on_sqlite().await, TenantApp::on_postgres().await] {
            let new = target.organization().await;
            transfer::import(&target.app, Some(&new.id), &path).await.unwrap();
            let script = new.user("alice").await.get("/job-scripts/1").await.ok();
            assert_eq!(script["name"], "ours");
            let file = new.user("alice").await.get("/job-scripts/1/upload/run.sh").await.expect(200);
            assert_eq!(file.text, "echo 1");
            let alice = ("alice@example.com".to_owned(), Some(new.id.clone()));
            assert_eq!(people(&target).await, [alice]);
            let clients = target.provider().clients().await.unwrap();
            let clients: Vec<_> =
                clients.into_iter().map(|client| (client.client_id, client.organization)).collect();
            assert!(clients.contains(&("ours".to_owned(), Some(new.id.clone()))), "{clients:?}");
            assert!(!clients.iter().any(|(name, _)| name == "theirs"), "{clients:?}");
        }
    }

    async fn a_server_of_one_becomes_an_organization(app: TenantApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        lived_in(&source).await;
        let path = shelf.path("a.tar.gz");
        export(&source, &path).await;
        let lab = app.organization().await;
        transfer::import(&app.app, Some(&lab.id), &path).await.unwrap();
        assert_eq!(lab.user("alice").await.get("/job-scripts/1").await.ok()["name"], "job");
        for (_, organization) in people(&app).await {
            assert_eq!(organization.as_deref(), Some(lab.id.as_str()));
        }
    }

    async fn the_default_data_takes_nobody_of_an_organization(app: TenantApp) {
        let (shelf, source) = (Shelf::new(), TestApp::on_sqlite().await);
        let lab = app.organization().await;
        for (name, organization) in [("root", None), ("mallory", Some(lab.id.as_str()))] {
            account(&source, name, organization).await;
        }
        let path = shelf.path("a.tar.gz");
        export(&source, &path).await;
        let words = transfer::import(&app.app, None, &path).await.unwrap_err().to_string();
        assert!(words.contains("tables/identity_users/000001.jsonl, line "), "{words}");
        assert!(words.contains(&format!("belongs to the organization {:?}", lab.id)), "{words}");
        assert!(words.contains("--organization"), "{words}");
        assert!(people(&app).await.is_empty());
    }

    async fn a_misspelt_organization_is_not_made(app: TenantApp) {
        let shelf = Shelf::new();
        let error = transfer::export(&app.app, Some("misspelt"), &shelf.path("a.tar.gz")).await;
        let words = error.unwrap_err().to_string();
        assert!(words.contains("misspelt"), "{words}");
        assert!(app.app.tenants.organizations().await.unwrap().is_empty());
        assert!(!app.directory("misspelt").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_one_has_no_organizations() {
    let (app, shelf) = (TestApp::on_sqlite().await, Shelf::new());
    let error = transfer::export(&app.app, Some("lab"), &shelf.path("a.tar.gz")).await;
    let words = error.unwrap_err().to_string();
    assert!(words.contains("leave out --organization"), "{words}");
}
