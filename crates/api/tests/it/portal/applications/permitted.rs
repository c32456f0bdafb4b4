//! Who may see applications, and do what with them.

use jobbergate_api::{identity::NewUser, permission::Permission};

use crate::{
    identity::story::{PASSWORD, person},
    on_both,
    support::{TestApp, random},
    web::browser::{Browser, form, heading, problem},
};

async fn with(app: &TestApp, permissions: &[Permission]) -> Browser {
    app.provider().create_role("limited", permissions).await.unwrap();
    person(app, "eve", &["limited"]).await;
    Browser::of(app, "eve@example.com").await
}

on_both! {
    async fn who_may_not_read_templates_sees_none(app: TestApp) {
        let id = app.user("bob").await.has_template("heat", &[("job.sh", "#!/bin/bash\n")]).await;
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let hers = form(&alice.open("/applications").await, "/favourite");
        let mut eve = with(&app, &[Permission::ClustersRead]).await;
        for path in [
            "/applications".to_owned(),
            "/applications/heat".to_owned(),
            format!("/applications/{id}/files/job.sh"),
            format!("/applications/{id}/workflow-file"),
            "/home/live".to_owned(),
        ] {
            let page = eve.open(&path).await.expect(403);
            assert!(problem(&page).contains("lacks the permission"), "{path}: {}", page.text);
        }
        let home = eve.open("/").await.expect(200);
        assert_eq!(heading(&home), "Welcome, eve");
        assert!(!home.text.contains("Favourites") && !home.text.contains("Recent results"));
        let mut forged = hers.clone();
        let log_out = form(&home, "/logout");
        for (name, value) in &mut forged.fields {
            if name == "form_token" {
                *value = log_out.fields.iter().find(|(it, _)| it == name).unwrap().1.clone();
            }
        }
        eve.post(&forged).await.expect(403);
    }

    async fn who_may_only_read_is_offered_nothing_more(app: TestApp) {
        app.user("bob").await.has_template("heat", &[("job.sh", "#!/bin/bash\n")]).await;
        let mut eve = with(&app, &[Permission::JobTemplatesRead]).await;
        for path in ["/applications", "/applications/heat"] {
            let page = eve.open(path).await.expect(200);
            for offer in ["/run\"", "/edit\"", "/applications/new", "What was made from it"] {
                assert!(!page.text.contains(offer), "{offer} on {path}: {}", page.text);
            }
        }
    }

    async fn who_is_logged_out_logs_in_first(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        app.user("bob").await.has_template("heat", &[]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications").await.expect(200);
        let mut nobody = Browser::new(&app);
        for path in ["/applications", "/applications/heat", "/applications/1/files/job.sh"] {
            assert_eq!(heading(&nobody.open(path).await), "Log in", "{path}");
        }
        let sent = nobody.post(&form(&page, "/favourite")).await;
        assert_eq!(heading(&sent), "You were logged out in the meantime");
    }

    async fn organizations_see_their_own(app: TenantApp) {
        let (ours, theirs) = (app.organization().await, app.organization().await);
        for (name, organization) in [("alice", &ours), ("mallory", &theirs)] {
            let new = NewUser {
                email: format!("{name}@example.com"),
                name: Some(name.to_owned()),
                roles: vec!["user".to_owned()],
                password: Some(PASSWORD.to_owned()),
                organization: Some(organization.id.clone()),
            };
            app.provider().create_user(&new, &mut random()).await.unwrap();
        }
        let id = ours.user("bob").await.has_template("heat", &[("job.sh", "#!/bin/bash\n")]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications").await.expect(200);
        assert!(page.text.contains("/applications/heat"), "{}", page.text);
        alice.submit(&page, "/favourite", &[]).await.expect(303);
        let mut mallory = Browser::of(&app, "mallory@example.com").await;
        let page = mallory.open("/applications").await.expect(200);
        assert!(!page.text.contains("heat"), "{}", page.text);
        mallory.open("/applications/heat").await.expect(404);
        mallory.open(&format!("/applications/{id}/files/job.sh")).await.expect(404);
        assert!(!mallory.open("/").await.text.contains("heat"));
    }
}
