//! Forms that were not sent by a page of ours.

use super::{
    Things, filled, form_token, signed_in,
    table::{Kind, ROWS},
    try_row,
};
use crate::{on_both, support::users_permissions, web::browser::problem};

on_both! {
    async fn a_form_without_this_browsers_token_does_nothing(app: IssuerApp) {
        let things = Things::of(&app, None).await;
        let before = things.snapshot().await;
        let mut eve = signed_in(&app, "eve", None, &users_permissions()).await;
        let eves = form_token(&mut eve).await;
        let mut alice = signed_in(&app, "alice", None, &users_permissions()).await;
        for row in ROWS.iter().filter(|row| row.kind != Kind::Page) {
            for token in [None, Some(""), Some("guess"), Some(eves.as_str())] {
                let answer = try_row(&mut alice, row, &things.address(row), token).await;
                assert_eq!(answer.status, 403, "{row:?} {token:?}: {}", answer.text);
            }
        }
        assert_eq!(things.snapshot().await, before);
    }

    async fn a_form_from_another_site_does_nothing(app: IssuerApp) {
        let things = Things::of(&app, None).await;
        let before = things.snapshot().await;
        let mut alice = signed_in(&app, "alice", None, &users_permissions()).await;
        let token = form_token(&mut alice).await;
        for row in ROWS.iter().filter(|row| row.kind != Kind::Page) {
            for (name, value) in [
                ("origin", "https://evil.example"),
                ("origin", "http://127.0.0.1:1"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                let form = filled(row, &things.address(row), Some(&token));
                let answer = alice.post_from(&form, &[(name, value)]).await.expect(403);
                assert_eq!(problem(&answer), "This form was sent by another site's page.", "{row:?}");
            }
        }
        assert_eq!(things.snapshot().await, before);
    }

    async fn what_can_not_be_typed_is_no_fault_of_the_server(app: IssuerApp) {
        let things = Things::of(&app, None).await;
        let mut alice = signed_in(&app, "alice", None, &users_permissions()).await;
        let token = form_token(&mut alice).await;
        for row in ROWS.iter().filter(|row| row.kind == Kind::Form) {
            let mut form = filled(row, &things.address(row), Some(&token));
            for (name, value) in &mut form.fields {
                if name != "form_token" {
                    value.push_str("\0\u{fffd}\u{202e}");
                }
            }
            form.fields.push(super::pair("\0", "\0"));
            let answer = alice.post(&form).await;
            assert!(answer.status.as_u16() < 500, "{row:?} {}: {}", answer.status, answer.text);
        }
    }
}
