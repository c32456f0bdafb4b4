//! What groups let people do.

use super::{ALICE, ALICES, BOBS};
use crate::{on_both, support::LdapApp};

const ADMINS: &str = "cn=hpc-admins,ou=groups,dc=example,dc=org";

on_both! {
    async fn groups_of_all_kinds_have_roles(app: LdapApp) {
        // groupOfNames by its name in the directory and groupOfUniqueNames by its cn.
        assert_eq!(app.person("alice", ALICES).await.0.user.roles, ["admin", "user"]);
        // posixGroup.
        assert_eq!(app.person("bob", BOBS).await.0.user.roles, ["expert", "user"]);
    }

    async fn the_primary_group_of_an_account_counts(app: LdapApp) {
        let account = "add: objectClass\nobjectClass: posixAccount\n-\nadd: uidNumber\nuidNumber: 7\n-\n\
                       add: homeDirectory\nhomeDirectory: /home/dave\n-\nadd: gidNumber\ngidNumber: 5000";
        app.modify("uid=dave,ou=people,dc=example,dc=org", account);
        let (dave, _) = app.person("dave", "dave is in no group").await;
        assert_eq!(dave.user.roles, ["expert", "user"]);
    }

    async fn roles_follow_groups_and_those_given_here_stay(app: LdapApp) {
        app.person("alice", ALICES).await;
        app.provider().grant_role("alice@example.com", "maintainer").await.unwrap();
        app.modify(ADMINS, &format!("replace: uniqueMember\nuniqueMember: {ALICE}x"));
        assert_eq!(app.person("alice", ALICES).await.0.user.roles, ["maintainer", "user"]);
        let kept = app.provider().revoke_role("alice@example.com", "user").await.unwrap_err();
        assert_eq!(kept.to_string(), "alice@example.com has the role user by a group of the directory");
        app.provider().revoke_role("alice@example.com", "maintainer").await.unwrap();
        let user = app.provider().user("alice@example.com").await.unwrap();
        assert_eq!(user.roles, ["user"]);
        assert_eq!(app.provider().users().await.unwrap(), [user]);
    }

    async fn an_administrator_of_the_directory_is_one(app: LdapApp) {
        let mut rng = crate::support::random();
        assert!(app.provider().offer_set_up(&mut rng).await.unwrap().is_some());
        app.person("alice", ALICES).await;
        assert!(app.provider().offer_set_up(&mut rng).await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_can_be_those_of_the_entry_only() {
    for none in ["none", ""] {
        let app = LdapApp::configured(|config| config.ldap.ldap_group_filter = none.into()).await;
        assert_eq!(app.person("alice", ALICES).await.0.user.roles, ["user"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_there_is_not_is_none() {
    let app = LdapApp::configured(|config| {
        config.ldap.ldap_group_roles = Some("hpc-users:user,king".to_owned());
    })
    .await;
    assert_eq!(app.person("alice", ALICES).await.0.user.roles, ["user"]);
    app.provider().create_role("king", &[]).await.unwrap();
    assert_eq!(app.person("alice", ALICES).await.0.user.roles, ["king", "user"]);
}
