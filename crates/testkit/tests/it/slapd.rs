use std::process::Command;

use jobbergate_testkit::slapd::{BASE, SEARCHER, SEARCHER_PASSWORD, Slapd};

/// What the searcher finds.
fn search(slapd: &Slapd, uri: &str, filter: &str) -> String {
    let output = Command::new("ldapsearch")
        .args(["-x", "-LLL", "-D", SEARCHER, "-w", SEARCHER_PASSWORD, "-b", BASE, "-H", uri])
        .args([filter, "memberOf"])
        .env("LDAPTLS_CACERT", slapd.ca_file())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn people_are_found_with_their_groups_with_and_without_tls() {
    let slapd = Slapd::start().unwrap();
    for uri in [slapd.uri(), slapd.tls_uri()] {
        let found = search(&slapd, &uri, "(uid=alice)");
        assert!(found.contains("memberOf: cn=hpc-users,ou=groups,dc=example,dc=org"), "{found}");
    }
}

#[test]
fn what_is_changed_is_found() {
    let slapd = Slapd::start().unwrap();
    slapd.change("dn: uid=alice,ou=people,dc=example,dc=org\nchangetype: delete\n").unwrap();
    assert!(!search(&slapd, &slapd.uri(), "(uid=alice)").contains("dn: uid=alice"));
    assert!(slapd.change("dn: uid=nobody,dc=example,dc=org\nchangetype: delete\n").is_err());
}
