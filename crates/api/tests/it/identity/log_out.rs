//! Logging out of everything from a program.

use jobbergate_api::identity::{LogOut, LogOutRequest};

use super::story::{CALLBACK, COMMAND_LINE, log_in, person, refresh, tokens};
use crate::on_both;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

on_both! {
    async fn a_program_that_shows_a_token_logs_its_person_out(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, cookie) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let request = LogOutRequest {
            id_token_hint: held.id.clone(),
            post_logout_redirect_uri: text(CALLBACK),
            state: text("s t"),
            ..LogOutRequest::default()
        };
        let done = app.provider().log_out(&request, Some(&session), false).await.unwrap();
        assert_eq!(done, LogOut::Redirect(format!("{CALLBACK}?state=s+t")));
        assert!(app.provider().session(&cookie).await.unwrap().is_none());
        held.bearer(&app).get("/job-scripts").await.expect(401);
        refresh(&app, &held.refresh).await.expect(400);
    }

    async fn nobody_is_logged_out_by_a_link_without_being_asked(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let bob = person(&app, "bob", &["user"]).await;
        let (session, cookie) = log_in(&app, &alice).await;
        let (other, _) = log_in(&app, &bob).await;
        let anothers = tokens(&app, &other).await.id;
        let provider = app.provider();
        let plain = LogOutRequest::default();
        let with_anothers = LogOutRequest { id_token_hint: anothers, ..LogOutRequest::default() };
        for request in [&plain, &with_anothers] {
            let asked = provider.log_out(request, Some(&session), false).await.unwrap();
            assert_eq!(asked, LogOut::Confirm);
            assert!(provider.session(&cookie).await.unwrap().is_some());
        }
        assert_eq!(provider.log_out(&plain, Some(&session), true).await.unwrap(), LogOut::Done);
        assert!(provider.session(&cookie).await.unwrap().is_none());
        assert_eq!(provider.log_out(&plain, None, false).await.unwrap(), LogOut::Done);
    }

    async fn who_has_a_token_of_a_withdrawn_key_is_asked(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        let (session, cookie) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        provider.rotate_keys(true).await.unwrap();
        let request = LogOutRequest {
            id_token_hint: held.id.clone(),
            post_logout_redirect_uri: text(CALLBACK),
            ..LogOutRequest::default()
        };
        let asked = provider.log_out(&request, Some(&session), false).await.unwrap();
        assert_eq!(asked, LogOut::Confirm);
        assert!(provider.session(&cookie).await.unwrap().is_some());
        let done = provider.log_out(&request, Some(&session), true).await.unwrap();
        assert_eq!(done, LogOut::Redirect(CALLBACK.to_owned()));
        assert!(provider.session(&cookie).await.unwrap().is_none());
    }

    async fn nobody_is_sent_to_an_address_that_is_not_the_programs(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, cookie) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let to = |client: Option<&str>, uri: &str| LogOutRequest {
            client_id: client.map(str::to_owned),
            post_logout_redirect_uri: text(uri),
            ..LogOutRequest::default()
        };
        for request in [
            to(Some(COMMAND_LINE), "https://evil.com/"),
            to(None, CALLBACK),
            to(Some("nobody"), CALLBACK),
            LogOutRequest { id_token_hint: text("x"), ..LogOutRequest::default() },
            LogOutRequest { id_token_hint: Some(held.access.clone()), ..LogOutRequest::default() },
            LogOutRequest { id_token_hint: held.id.clone(), client_id: text("default"), ..LogOutRequest::default() },
        ] {
            let refused = app.provider().log_out(&request, Some(&session), true).await.unwrap();
            assert!(matches!(refused, LogOut::Refuse(_)), "{request:?} {refused:?}");
            assert!(app.provider().session(&cookie).await.unwrap().is_some());
        }
        let good = to(Some(COMMAND_LINE), CALLBACK);
        let done = app.provider().log_out(&good, Some(&session), true).await.unwrap();
        assert_eq!(done, LogOut::Redirect(CALLBACK.to_owned()));
    }
}
