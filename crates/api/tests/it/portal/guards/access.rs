//! Who may see and do what.

use chrono::TimeDelta;
use jobbergate_api::permission::Permission;

use super::{
    Things, all_permissions, form_token, signed_in,
    table::{Kind, ROWS, WAYS_BACK},
    try_row,
};
use crate::{
    on_both,
    support::{IssuerApp, users_permissions},
    web::browser::{Browser, heading},
};

on_both! {
    async fn whoever_lacks_a_permission_sees_and_does_nothing(app: IssuerApp) {
        let things = Things::of(&app, None).await;
        let before = things.snapshot().await;
        let mut lists: Vec<&[Permission]> = Vec::new();
        for lacking in ROWS.iter().flat_map(|row| row.needs) {
            if !lists.contains(lacking) {
                lists.push(*lacking);
            }
        }
        for lacking in lists {
            let names: Vec<_> = lacking.iter().map(|it| it.as_str()).collect();
            let held: Vec<_> = users_permissions().into_iter().filter(|it| !names.contains(it)).collect();
            // Even what alice owns.
            let mut alice = signed_in(&app, "alice", None, &held).await;
            let token = form_token(&mut alice).await;
            for row in ROWS.iter().filter(|row| row.needs.contains(&lacking)) {
                let answer = try_row(&mut alice, row, &things.address(row), Some(&token)).await;
                assert_eq!(answer.status, 403, "{row:?} without {names:?}: {}", answer.text);
                assert!(answer.text.contains("lacks the permission"), "{row:?}: {}", answer.text);
            }
        }
        assert_eq!(things.snapshot().await, before);
    }

    async fn what_others_own_is_not_to_be_changed(app: IssuerApp) {
        let things = Things::of(&app, None).await;
        let before = things.snapshot().await;
        let mut bob = signed_in(&app, "bob", None, &users_permissions()).await;
        let token = form_token(&mut bob).await;
        for row in ROWS.iter().filter(|row| row.is_owners) {
            let answer = try_row(&mut bob, row, &things.address(row), Some(&token)).await;
            assert_eq!(answer.status, 403, "{row:?}: {}", answer.text);
        }
        bob.post(&crate::web::browser::Form {
            action: "/submissions/cancel".to_owned(),
            fields: vec![super::pair("form_token", &token), super::pair("id", &things.submission.to_string())],
        })
        .await
        .expect(303);
        assert_eq!(things.snapshot().await, before);
    }

    async fn owners_may(app: IssuerApp) {
        let things = Things::of(&app, None).await;
        let mut alice = signed_in(&app, "alice", None, &users_permissions()).await;
        let token = form_token(&mut alice).await;
        for row in ROWS.iter().filter(|row| !row.needs.contains(&&[Permission::Admin][..])) {
            let answer = try_row(&mut alice, row, &things.address(row), Some(&token)).await;
            let status = answer.status.as_u16();
            assert!(![401, 403].contains(&status) && status < 500 || status == 504, "{row:?} {status}: {}", answer.text);
        }
    }

    async fn who_is_not_signed_in_is_asked_to_first_and_loses_nothing(app: IssuerApp) {
        let things = Things::of(&app, None).await;
        let before = things.snapshot().await;
        let mut late = signed_in(&app, "alice", None, &users_permissions()).await;
        let token = form_token(&mut late).await;
        app.clock.advance(TimeDelta::hours(13));
        for mut browser in [late, Browser::new(&app)] {
            for row in ROWS {
                let address = things.address(row);
                let answer = try_row(&mut browser, row, &address, Some(&token)).await;
                match row.kind {
                    Kind::Page => {
                        assert_eq!(answer.status, 303, "{row:?}: {}", answer.text);
                        let to = answer.header("location").unwrap();
                        assert!(to.starts_with("/sign-in?next=%2F"), "{row:?}: {to}");
                    }
                    _ => {
                        assert_eq!(answer.status, 403, "{row:?}: {}", answer.text);
                        assert_eq!(heading(&answer), "You were logged out in the meantime", "{row:?}");
                        for (name, value) in row.fields {
                            let kept = format!("name=\"{name}\" value=\"{value}\"");
                            assert!(answer.text.contains(&kept), "{row:?}: {}", answer.text);
                        }
                        assert!(!answer.text.contains(&token), "{row:?}");
                    }
                }
            }
            for way in WAYS_BACK {
                browser.open(&way.replace("{id}", "1")).await.expect(303);
            }
        }
        assert_eq!(things.snapshot().await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_organization_has_is_not_there() {
    let app = IssuerApp::configured(|config| config.tenancy.multi_tenancy_enabled = true).await;
    let things = Things::of(&app, Some("labs")).await;
    let before = things.snapshot().await;
    let all = all_permissions();
    for (name, organization) in [("eve", "others"), ("alice", "others")] {
        let mut eve = signed_in(&app, name, Some(organization), &all).await;
        let token = form_token(&mut eve).await;
        // What is made there has numbers that others have elsewhere.
        for row in ROWS.iter().filter(|row| row.path != "/applications/new") {
            let answer = try_row(&mut eve, row, &things.address(row), Some(&token)).await;
            for word in ["heat", "echo {{", "run.sh\"", "1 2 3"] {
                let given = row.fields.iter().any(|(_, value)| value.contains(word));
                assert!(given || !answer.text.contains(word), "{row:?} {word}: {}", answer.text);
            }
            let status = answer.status.as_u16();
            if row.is_servers {
                assert_eq!(status, 403, "{row:?}: {}", answer.text);
            } else if row.path.contains("{id}") {
                assert_eq!(status, 404, "{row:?}: {}", answer.text);
            }
        }
    }
    let mut nobodys = signed_in(&app, "alice", None, &all).await;
    // The server's own administrator belongs to none, nor do clusters.
    let theirs = |path: &str| !path.starts_with("/admin") && !path.starts_with("/clusters");
    for row in ROWS.iter().filter(|row| row.kind == Kind::Page && theirs(row.path)) {
        nobodys.open(&things.address(row)).await.expect(403);
    }
    assert_eq!(things.snapshot().await, before);
}
