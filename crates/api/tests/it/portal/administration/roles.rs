//! Roles.

use super::{ada, done, form_of};
use crate::{
    identity::story::person,
    on_both,
    web::browser::{Browser, problem},
};

const ROLES: &str = "/admin/roles";
const READ: &str = "jobbergate:job-scripts:read";

on_both! {
    async fn ada_makes_changes_and_deletes_a_role(app: TestApp) {
        let mut ada = ada(&app).await;
        person(&app, "bob", &[]).await;
        let mut bob = Browser::of(&app, "bob@example.com").await;
        bob.open("/clusters").await.expect(403);
        let page = ada.open(ROLES).await.expect(200);
        let made = ada.post(&form_of(&page, ROLES, &[("name", "reader"), ("permission", READ)])).await;
        assert_eq!(done(&ada.follow(&made).await), "The role was made.");
        app.provider().grant_role("bob@example.com", "reader").await.unwrap();
        let page = ada.open(ROLES).await.expect(200);
        assert!(page.text.contains("1 person has it"), "{}", page.text);
        let fields = [("permission", READ), ("permission", "jobbergate:clusters:read")];
        let changed = ada.post(&form_of(&page, "/admin/roles/reader/change", &fields)).await;
        assert_eq!(done(&ada.follow(&changed).await), "The role was changed. It counts with the next access tokens.");
        bob.open("/clusters").await.expect(200);
        let asked = ada.open("/admin/roles/reader/delete").await.expect(200);
        let deleted = ada.submit(&asked, "/delete", &[]).await;
        assert_eq!(done(&ada.follow(&deleted).await), "The role was deleted.");
        bob.open("/clusters").await.expect(403);
    }

    async fn a_role_that_can_not_be_is_refused_in_words(app: TestApp) {
        let mut ada = ada(&app).await;
        let page = ada.open(ROLES).await.expect(200);
        for (path, fields, status, words) in [
            (ROLES, &[("name", "a b"), ("permission", READ)][..], 422, "The role \"a b\" must have 1 to 64 letters, digits or -_.."),
            (ROLES, &[("name", "reader")], 422, "Tick at least one thing that the role permits."),
            (ROLES, &[("name", "reader"), ("permission", "jobbergate:all")], 422, "There is no permission \"jobbergate:all\"."),
            (ROLES, &[("name", "user"), ("permission", READ)], 409, "There is a role user already."),
            ("/admin/roles/user/change", &[("permission", READ)], 409, "The role user is there from the start and can't be changed."),
            ("/admin/roles/user/delete", &[], 409, "The role user is there from the start and can't be deleted."),
            ("/admin/roles/king/delete", &[], 404, "There is no role king."),
            ("/admin/roles/a%00b/delete", &[], 404, "There is no role a\0b."),
            ("/admin/roles/user/crown", &[], 404, "Nothing of this kind can be done to a role."),
        ] {
            let refused = ada.post(&form_of(&page, path, fields)).await.expect(status);
            assert_eq!(problem(&refused), words);
        }
    }

    async fn whose_administration_hangs_on_a_role_does_not_take_it_away(app: TestApp) {
        let everything = jobbergate_api::permission::Permission::Admin;
        app.provider().create_role("boss", &[everything]).await.unwrap();
        person(&app, "max", &["boss"]).await;
        let mut max = Browser::of(&app, "max@example.com").await;
        let page = max.open(ROLES).await.expect(200);
        for (path, fields) in [
            ("/admin/roles/boss/delete", &[][..]),
            ("/admin/roles/boss/change", &[("permission", READ)]),
        ] {
            let refused = max.post(&form_of(&page, path, fields)).await.expect(409);
            assert!(problem(&refused).starts_with("After this you would be no administrator any more"));
        }
        max.open(ROLES).await.expect(200);
    }
}
