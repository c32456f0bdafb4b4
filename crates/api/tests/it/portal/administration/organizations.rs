//! Organizations that are kept apart, and their administrators.

use jobbergate_api::{
    identity::{NewClient, NewUser},
    permission::Permission,
};

use super::{ada, copied, done, form_of, page_of, permitted};
use crate::{
    identity::story::{PASSWORD, person},
    on_both,
    support::{TestApp, random},
    web::browser::{Browser, heading, problem},
};

/// Somebody of an organization.
async fn member(app: &TestApp, name: &str, roles: &[&str], organization: &str) {
    let new = NewUser {
        email: format!("{name}@example.com"),
        name: Some(name.to_owned()),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        password: Some(PASSWORD.to_owned()),
        organization: Some(organization.to_owned()),
    };
    app.provider().create_user(&new, &mut random()).await.unwrap();
}

async fn agent(app: &TestApp, client_id: &str, organization: Option<&str>) {
    let new = NewClient::agent(client_id.to_owned(), organization.map(str::to_owned));
    app.provider().create_client(&new, &mut random()).await.unwrap();
}

async fn state(app: &TestApp) -> String {
    let provider = app.provider();
    let of = async |name: &str| provider.user(&format!("{name}@example.com")).await.unwrap();
    let people = (of("eve").await, of("ada").await, of("bob").await);
    format!(
        "{people:?} {} {:?} {:?} {:?}",
        provider.users().await.unwrap().len(),
        provider.clients().await.unwrap(),
        provider.roles().await.unwrap(),
        provider.keys().await.unwrap()
    )
}

on_both! {
    async fn an_organizations_administrator_sees_and_changes_nothing_of_others(app: TenantApp) {
        let (one, other) = (app.organization().await.id.clone(), app.organization().await.id.clone());
        person(&app, "ada", &["admin"]).await;
        person(&app, "bob", &["user"]).await;
        member(&app, "max", &["admin"], &one).await;
        member(&app, "eve", &["user"], &other).await;
        app.provider().create_role("reader", &[Permission::JobScriptsRead]).await.unwrap();
        agent(&app, "theirs", Some(&other)).await;
        agent(&app, "servers", None).await;
        let mut max = Browser::of(&app, "max@example.com").await;
        let home = max.open("/admin").await.expect(200);
        let before = state(&app).await;
        for path in &permitted::PAGES[permitted::OF_ORGANIZATIONS..] {
            let page = max.open(path).await.expect(403);
            assert_eq!(heading(&page), "You may not see or do this", "{path}");
            assert!(!home.text.contains(&format!("href=\"{path}\"")), "{path}");
        }
        for path in &permitted::PAGES[..permitted::OF_ORGANIZATIONS] {
            let page = max.open(path).await.expect(200);
            for alien in ["eve@", "ada@", "bob@", "theirs", "servers", other.as_str()] {
                assert!(!page.text.contains(alien), "{alien} on {path}: {}", page.text);
            }
        }
        for (path, fields) in permitted::SERVERS {
            max.post(&form_of(&home, path, fields)).await.expect(403);
        }
        for name in ["eve", "ada", "bob"] {
            let address = page_of(&app, &format!("{name}@example.com")).await;
            max.open(&address).await.expect(404);
            max.open(&format!("{address}/delete")).await.expect(404);
            for (action, fields) in permitted::TO_PEOPLE {
                max.post(&form_of(&home, &format!("{address}/{action}"), fields)).await.expect(404);
            }
        }
        for client in ["theirs", "servers"] {
            max.open(&format!("/admin/agents/{client}")).await.expect(404);
            max.open(&format!("/admin/agents/{client}/delete")).await.expect(404);
            for action in ["rotate", "delete"] {
                max.post(&form_of(&home, &format!("/admin/agents/{client}/{action}"), &[])).await.expect(404);
            }
        }
        assert_eq!(state(&app).await, before);
        assert!(max.open("/admin/people?q=eve").await.text.contains("Nobody is here."));
        assert!(max.open("/admin/people").await.text.contains("All (1)"));
    }

    async fn what_an_organizations_administrator_makes_is_the_organizations(app: TenantApp) {
        let (one, other) = (app.organization().await.id.clone(), app.organization().await.id.clone());
        member(&app, "max", &["admin"], &one).await;
        member(&app, "eve", &["user"], &other).await;
        agent(&app, "theirs", Some(&other)).await;
        let mut max = Browser::of(&app, "max@example.com").await;
        let page = max.open("/admin/people").await.expect(200);
        assert!(!page.text.contains("name=\"organization\""));
        // Whatever the form says.
        let fields = [("email", "new@example.com"), ("role", "user"), ("organization", other.as_str()), ("hand_over", "nothing")];
        max.post(&form_of(&page, "/admin/people", &fields)).await.expect(303);
        let new = app.provider().user("new@example.com").await.unwrap();
        assert_eq!(new.organization.as_deref(), Some(one.as_str()));
        let fields = [("client_id", "mine"), ("organization", other.as_str())];
        let answer = max.post(&form_of(&page, "/admin/agents", &fields)).await;
        let secret = copied(&max.follow(&answer).await, "the secret");
        app.token("mine", &secret).await.ok();
        let clients = app.provider().clients().await.unwrap();
        let mine = clients.iter().find(|client| client.client_id == "mine").unwrap();
        assert_eq!(mine.organization.as_deref(), Some(one.as_str()));
        // What is taken elsewhere is refused without a word of whose it is.
        let refused = max.post(&form_of(&page, "/admin/people", &[("email", "eve@example.com")])).await.expect(409);
        assert_eq!(problem(&refused), "There can't be an account of this address here; ask the server's administrator.");
        let refused = max.post(&form_of(&page, "/admin/agents", &[("client_id", "theirs")])).await.expect(409);
        assert_eq!(problem(&refused), "This name can't be given to an agent here; choose another one.");
        assert!(!max.open("/admin/people").await.text.contains("eve@"));
        // Their own people are theirs to manage.
        let address = page_of(&app, "new@example.com").await;
        for (action, fields) in [("grant", &[("role", "admin")][..]), ("disable", &[]), ("enable", &[]), ("link", &[]), ("delete", &[])] {
            max.post(&form_of(&page, &format!("{address}/{action}"), fields)).await.expect(303);
        }
        let own = page_of(&app, "max@example.com").await;
        max.post(&form_of(&page, &format!("{own}/disable"), &[])).await.expect(409);
    }

    async fn the_servers_administrator_is_in_no_organization_and_finds_the_way(app: TenantApp) {
        let one = app.organization().await.id.clone();
        member(&app, "eve", &["user"], &one).await;
        let mut ada = ada(&app).await;
        let page = ada.open("/").await.expect(403);
        assert!(page.text.contains(r#"<a href="/admin">Go to the administration</a>"#), "{}", page.text);
        for path in permitted::PAGES.into_iter().chain(["/clusters"]) {
            ada.open(path).await.expect(200);
        }
        ada.open("/administrator").await.expect(404);
        ada.open("/submissions").await.expect(403);
        let people = ada.open("/admin/people").await.expect(200);
        assert!(people.text.contains("eve@example.com") && people.text.contains(&one));
        let fields = [("email", "max@example.com"), ("role", "admin"), ("organization", one.as_str()), ("hand_over", "nothing")];
        ada.post(&form_of(&people, "/admin/people", &fields)).await.expect(303);
        assert_eq!(app.provider().user("max@example.com").await.unwrap().organization.as_deref(), Some(one.as_str()));
        let fields = [("email", "x@example.com"), ("organization", "NO SUCH"), ("hand_over", "nothing")];
        ada.post(&form_of(&people, "/admin/people", &fields)).await.expect(400);
        let refused = ada.post(&form_of(&people, "/admin/agents", &[("client_id", "c")])).await.expect(422);
        assert_eq!(problem(&refused), "Say for which organization the agent acts: each has its own data.");
    }

    async fn who_is_in_no_organization_and_no_administrator_is_told(app: TenantApp) {
        person(&app, "bob", &["user"]).await;
        let mut bob = Browser::of(&app, "bob@example.com").await;
        for path in ["/", "/clusters", "/admin"] {
            let page = bob.open(path).await.expect(403);
            assert!(page.text.contains("Your account is in no organization"), "{}", page.text);
            assert!(!page.text.contains("/admin\""));
        }
    }

    async fn ada_makes_and_forgets_an_organization(app: TenantApp) {
        let mut ada = ada(&app).await;
        let id = app.organization().await.id.clone();
        let page = ada.open("/admin/organizations").await.expect(200);
        let answer = ada.submit(&page, "/admin/organizations", &[("id", &id)]).await;
        let page = ada.follow(&answer).await.expect(200);
        assert_eq!(done(&page), "The organization was made.");
        assert!(page.text.contains(&id) && page.text.contains(">open<"), "{}", page.text);
        let refused = ada.submit(&page, "/admin/organizations", &[("id", "A B")]).await.expect(400);
        assert!(problem(&refused).starts_with("The organization \"A B\" cannot be served"));
        let answer = ada.submit_surely(&page, "/organizations/forget").await;
        assert_eq!(done(&ada.follow(&answer).await), "The organization is in the list no more. Its data is still there.");
        for unknown in ["nothing", "a\0b"] {
            let form = form_of(&page, "/admin/organizations/forget", &[("id", unknown)]);
            ada.post(&form).await.expect(404);
        }
    }

    async fn where_all_share_their_data_an_organization_keeps_nobody_to_it(app: TestApp) {
        member(&app, "max", &["admin"], "org-1").await;
        let mut max = Browser::of(&app, "max@example.com").await;
        for path in permitted::PAGES {
            max.open(path).await.expect(200);
        }
        let page = max.open("/admin/organizations").await.expect(200);
        assert!(page.text.contains("All organizations share one database."));
        let refused = max.post(&form_of(&page, "/admin/organizations", &[("id", "a")])).await.expect(409);
        assert!(problem(&refused).starts_with("All organizations share one database"));
    }
}
