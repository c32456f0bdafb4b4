//! Who may.

use super::{ada, form_of, page_of};
use crate::{
    identity::story::person,
    on_both,
    support::TestApp,
    web::browser::{Browser, Form, heading},
};

/// All pages, but for those of a person or an agent.
pub const PAGES: [&str; 11] = [
    "/admin",
    "/admin/people",
    "/admin/agents",
    "/admin/roles",
    "/admin/organizations",
    "/admin/settings",
    "/admin/doctor",
    "/admin/doctor/summary",
    "/admin/outbox",
    "/admin/cleaning",
    "/admin/keys",
];
/// How many of them are about what an organization has, too.
pub const OF_ORGANIZATIONS: usize = 3;

/// All forms about the whole server.
pub const SERVERS: [(&str, &[(&str, &str)]); 10] = [
    ("/admin/roles", &[("name", "r"), ("permission", "jobbergate:admin")]),
    ("/admin/roles/reader/change", &[("permission", "jobbergate:admin")]),
    ("/admin/roles/reader/delete", &[]),
    ("/admin/organizations", &[("id", "other")]),
    ("/admin/organizations/forget", &[("id", "org-0")]),
    ("/admin/outbox/retry", &[("channel", "email")]),
    ("/admin/outbox/forget", &[("channel", "email")]),
    ("/admin/cleaning", &[("what", "clean")]),
    ("/admin/cleaning", &[("what", "count")]),
    ("/admin/keys", &[("at_once", "yes")]),
];

/// What can be done to a person.
pub const TO_PEOPLE: [(&str, &[(&str, &str)]); 9] = [
    ("grant", &[("role", "admin")]),
    ("revoke", &[("role", "user")]),
    ("link", &[]),
    ("send", &[]),
    ("disable", &[]),
    ("enable", &[]),
    ("end-session", &[("session", "x")]),
    ("log-out", &[]),
    ("delete", &[]),
];

/// All forms, with those about bob and about the agent c1.
async fn forms(app: &TestApp) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let bob = page_of(app, "bob@example.com").await;
    let mut all = vec![
        ("/admin/people".to_owned(), vec![("email", "new@example.com"), ("role", "admin")]),
        ("/admin/agents".to_owned(), vec![("client_id", "c2")]),
        ("/admin/agents/c1/rotate".to_owned(), vec![]),
        ("/admin/agents/c1/delete".to_owned(), vec![]),
    ];
    all.extend(SERVERS.map(|(path, fields)| (path.to_owned(), fields.to_vec())));
    all.extend(TO_PEOPLE.map(|(action, fields)| (format!("{bob}/{action}"), fields.to_vec())));
    all
}

/// Bob, an agent and a role, which nobody may touch; and what there is of each.
async fn things(app: &TestApp) {
    person(app, "bob", &["user"]).await;
    app.agent("c1").await;
    let read = jobbergate_api::permission::Permission::JobScriptsRead;
    app.provider().create_role("reader", &[read]).await.unwrap();
}

async fn state(app: &TestApp) -> String {
    let provider = app.provider();
    let bob = provider.user("bob@example.com").await.unwrap();
    let all = (provider.users().await.unwrap().len(), provider.clients().await.unwrap());
    format!(
        "{bob:?} {all:?} {:?} {:?}",
        provider.roles().await.unwrap(),
        provider.keys().await.unwrap()
    )
}

on_both! {
    async fn who_is_no_administrator_sees_and_does_nothing(app: TestApp) {
        things(&app).await;
        for role in ["user", "expert", "maintainer"] {
            person(&app, role, &[role]).await;
        }
        let before = state(&app).await;
        let bob = page_of(&app, "bob@example.com").await;
        for role in ["user", "expert", "maintainer"] {
            let mut browser = Browser::of(&app, &format!("{role}@example.com")).await;
            let home = browser.open("/").await.expect(200);
            assert!(!home.text.contains("Administration"), "{role}");
            for path in PAGES.into_iter().chain([bob.as_str(), "/admin/agents/c1", "/admin/agents/c1/delete", "/admin/roles/reader/delete"]) {
                let page = browser.open(path).await.expect(403);
                assert_eq!(heading(&page), "You may not see or do this", "{role} {path}");
            }
            for (path, fields) in forms(&app).await {
                browser.post(&form_of(&home, &path, &fields)).await.expect(403);
            }
        }
        assert_eq!(state(&app).await.replace("last_login_at", ""), before.replace("last_login_at", ""));
    }

    async fn who_is_not_logged_in_logs_in_first(app: TestApp) {
        things(&app).await;
        let before = state(&app).await;
        let mut ada = ada(&app).await;
        let page = ada.open("/admin").await.expect(200);
        let mut nobody = Browser::new(&app);
        for path in PAGES {
            assert_eq!(heading(&nobody.open(path).await), "Log in", "{path}");
        }
        for (path, fields) in forms(&app).await {
            nobody.post(&form_of(&page, &path, &fields)).await.expect(403);
        }
        app.provider().delete_user("ada@example.com").await.unwrap();
        for path in PAGES {
            assert_eq!(heading(&ada.open(path).await), "Log in", "{path}");
        }
        assert_eq!(state(&app).await, before);
    }

    async fn forms_of_other_sites_do_nothing(app: TestApp) {
        things(&app).await;
        let mut ada = ada(&app).await;
        let page = ada.open("/admin").await.expect(200);
        let before = state(&app).await;
        for (path, fields) in forms(&app).await {
            let own = form_of(&page, &path, &fields);
            ada.post_from(&own, &[("sec-fetch-site", "cross-site")]).await.expect(403);
            let without = own.fields.iter().filter(|(name, _)| name != "form_token").cloned();
            let forged = Form { action: path, fields: without.collect() };
            ada.post(&forged).await.expect(403);
        }
        assert_eq!(state(&app).await, before);
    }

    async fn who_administers_the_server_sees_all_pages(app: TestApp) {
        let mut ada = ada(&app).await;
        for path in PAGES {
            let page = ada.open(path).await.expect(200);
            let policy = page.header("content-security-policy").unwrap();
            assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{path}");
            let inline = ["style=", "onclick", "<script>", "javascript:"];
            assert!(!inline.iter().any(|it| page.text.contains(it)), "{path}");
        }
    }
}
