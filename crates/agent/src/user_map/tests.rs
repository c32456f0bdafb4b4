use super::{accounts::SupplementaryGroups, *};

fn map(mapping: Mapping) -> UserMap {
    let groups = SupplementaryGroups::All;
    UserMap::new(mapping, Accounts { minimum_uid: 1000, allowed: vec![], groups })
}

fn local_part(domain: Option<&str>) -> UserMap {
    map(Mapping::LocalPart { domain: domain.map(str::to_owned) })
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Setback>) -> String {
    let Err(Setback::Refusal(why)) = result else { panic!("not refused: {result:?}") };
    why
}

#[tokio::test]
async fn who_is_not_in_the_file_is_refused_and_a_file_that_is_missing_refuses_nobody() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "ann@x.org ann\nbob@x.org\n").unwrap();
    let listed = map(Mapping::File(file.path().to_owned()));
    assert_eq!(listed.user("ann@x.org", Utc::now()).await.unwrap(), "ann");
    let why = refusal(listed.user("bob@x.org", Utc::now()).await);
    assert!(why.contains("bob@x.org") && why.contains("file") && why.contains("Ask"), "{why}");
    let missing = map(Mapping::File("/nonexistent/map".into()));
    let trouble = missing.user("ann@x.org", Utc::now()).await;
    assert!(matches!(trouble, Err(Setback::Blocked(Obstacle::Owner, _))), "{trouble:?}");
    assert!(missing.doubts()[0].contains("/nonexistent/map"));
}

#[tokio::test]
async fn the_local_part_counts_in_its_domain_only() {
    let map = local_part(Some("x.org"));
    let user = async |email| map.user(email, Utc::now()).await;
    assert_eq!(user("ann@X.org").await.unwrap(), "ann");
    assert_eq!(user("Ann.Lee@X.ORG").await.unwrap(), "ann.lee");
    assert!(refusal(user("ann@evil.org").await).contains("another domain"));
    assert!(refusal(user("@x.org").await).contains("no e-mail"));
    assert!(map.doubts().is_empty());
    assert!(local_part(None).doubts()[0].contains("USER_MAP_DOMAIN"));
}

#[tokio::test]
async fn nobody_becomes_a_user_of_the_system_by_an_e_mail() {
    let map = local_part(None);
    let account = async |email| refusal(map.account(email, Utc::now()).await);
    assert!(account("root@x.org").await.contains("is root"));
    let daemon = account("daemon@x.org").await;
    assert!(
        daemon.contains("system's user") && daemon.contains("ALLOWED_SYSTEM_USERS"),
        "{daemon}"
    );
    let missing = account("no-such-user@x.org").await;
    assert!(missing.contains("does not exist") && missing.contains("Ask"), "{missing}");
}

#[tokio::test]
async fn root_for_everybody_is_refused_at_start_unless_it_is_meant() {
    let everybody = |name: &str| map(Mapping::Single(name.to_owned()));
    let why = everybody("root").everybodys_objection().await.unwrap();
    assert!(why.contains("SINGLE_USER_SUBMITTER") && why.contains("SYSTEM_USERS=root"), "{why}");
    for named in ["daemon", "no-such-user"] {
        assert_eq!(everybody(named).everybodys_objection().await, None, "{named}");
    }
    let mut meant = everybody("root");
    meant.accounts.allowed = vec!["root".to_owned()];
    assert_eq!(meant.everybodys_objection().await, None);
    meant.mapping = Mapping::LocalPart { domain: None };
    let never = refusal(meant.account("root@x.org", Utc::now()).await);
    assert!(never.contains("name of an e-mail") && !never.contains("ALLOWED"), "{never}");
}
