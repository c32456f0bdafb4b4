//! Links that sign somebody in.

use chrono::TimeDelta;
use jobbergate_api::identity::NewUser;

use super::story::{peer, person};
use crate::{
    on_both,
    support::{TestApp, random},
    web::browser::{Browser, heading},
};

async fn link(app: &TestApp, next: Option<&str>) -> String {
    let made = app.provider().sign_in_link("alice@example.com", next, &mut random()).await.unwrap();
    assert!(!format!("{made:?}").contains("link="), "its secret is in no log");
    made.url.replace("http://127.0.0.1:0", &format!("http://{}", app.address))
}

on_both! {
    async fn a_link_signs_alice_in_once_and_leads_to_a_page(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let url = link(&app, Some("/submissions?whose=all")).await;
        let mut alice = Browser::new(&app);
        let answer = alice.open(&url).await.expect(303);
        assert_eq!(answer.header("location"), Some("/submissions?whose=all"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let page = alice.follow(&answer).await.expect(200);
        assert_eq!(heading(&page), "Submissions");
        let mut eve = Browser::new(&app);
        let page = eve.open(&url).await.expect(404);
        assert!(page.text.contains("used already or has expired"), "{}", page.text);
        assert_eq!(heading(&eve.open("/").await), "Log in");
    }

    async fn a_link_is_used_by_one_of_many_at_once(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let url = link(&app, None).await;
        let secret = url.split_once("link=").unwrap().1.to_owned();
        let tries = (0..8).map(|_| async {
            app.provider().sign_in_by_link(&secret, &peer(), &mut random()).await.unwrap()
        });
        let entered = futures::future::join_all(tries).await;
        assert_eq!(entered.into_iter().flatten().count(), 1);
    }

    async fn a_link_is_good_for_a_quarter_of_an_hour_and_for_nothing_else(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let url = link(&app, None).await;
        let secret = url.split_once("link=").unwrap().1.to_owned();
        assert!(app.provider().link(&secret).await.unwrap().is_none(), "it chooses no password");
        let mut eve = Browser::new(&app);
        eve.open(&format!("/realms/jobbergate/password?link={secret}")).await.expect(404);
        app.clock.advance(TimeDelta::minutes(16));
        eve.open(&url).await.expect(404);
        let reset = app.provider().password_link("alice@example.com", &mut random()).await.unwrap();
        let reset = reset.url.split_once("link=").unwrap().1.to_owned();
        eve.open(&format!("/realms/jobbergate/sign-in?link={reset}")).await.expect(404);
        assert!(app.provider().link(&reset).await.unwrap().is_some(), "it was not used up");
    }

    async fn a_link_leads_to_no_other_site(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        for next in ["//evil.com", "https://evil.com", "/\\evil.com", "evil"] {
            let mut alice = Browser::new(&app);
            let answer = alice.open(&link(&app, Some(next)).await).await.expect(303);
            assert_eq!(answer.header("location"), Some("/"), "{next}");
        }
    }

    async fn who_may_not_come_in_gets_no_link(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let url = link(&app, None).await;
        app.provider().disable_user("alice@example.com").await.unwrap();
        let refused = app.provider().sign_in_link("alice@example.com", None, &mut random()).await;
        assert_eq!(refused.unwrap_err().status(), 409);
        Browser::new(&app).open(&url).await.expect(404);
        let unknown = app.provider().sign_in_link("nobody@example.com", None, &mut random()).await;
        assert_eq!(unknown.unwrap_err().status(), 404);
        let new = NewUser { email: "invited@example.com".to_owned(), ..NewUser::default() };
        app.provider().create_user(&new, &mut random()).await.unwrap();
        app.provider().sign_in_link("invited@example.com", None, &mut random()).await.unwrap();
    }
}
