use jobbergate_testkit::{
    proxy::{Mode, Proxy},
    slapd::{BASE, SEARCHER, SEARCHER_PASSWORD, Slapd},
};

use super::*;

const ALICE: &str = "uid=alice,ou=people,dc=example,dc=org";

struct Site {
    _slapd: Slapd,
    proxy: Proxy,
    client: Client,
}

async fn site() -> Site {
    let slapd = Slapd::start().unwrap();
    let proxy = Proxy::start(slapd.port, Mode::Open).await.unwrap();
    let client = Client {
        servers: vec![Url::parse(&format!("ldap://{}", proxy.address)).unwrap()],
        start_tls: false,
        authorities: Authorities::load(None).unwrap(),
        searcher: Some((SEARCHER.to_owned(), SEARCHER_PASSWORD.to_owned())),
        deadline: Duration::from_secs(1),
    };
    Site { _slapd: slapd, proxy, client }
}

async fn count(connection: &mut Connection, base: &str, most: usize) -> Result<Found, Failure> {
    connection.search(base, Scope::Subtree, "(objectClass=*)", &["1.1"], most).await
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_have_an_end_and_follow_nobody() {
    let site = site().await;
    let mut connection = site.client.connect().await.unwrap();
    let all = count(&mut connection, "ou=people,dc=example,dc=org", 100).await.unwrap();
    // The referral among them is left out.
    assert_eq!((all.entries.len(), all.more, all.nowhere), (8, false, false));
    let some = count(&mut connection, BASE, 3).await.unwrap();
    assert_eq!((some.entries.len(), some.more), (3, true));
    let none = count(&mut connection, "ou=nowhere,dc=example,dc=org", 3).await.unwrap();
    assert_eq!((none.entries.len(), none.nowhere), (0, true));
    assert!(connection.search(BASE, Scope::Subtree, "(uid=", &["1.1"], 3).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_without_a_password() {
    let site = site().await;
    let connect = || site.client.connect();
    // This directory would.
    let mut raw = connect().await.unwrap();
    assert_eq!(raw.ldap.simple_bind(ALICE, "").await.unwrap().rc, 0);
    for (name, password) in [(ALICE, ""), ("", "alice in wonderland"), ("", "")] {
        let checked = connect().await.unwrap().check(name, password).await.unwrap();
        assert_eq!(checked, Password::Wrong("there is none".to_owned()));
    }
    let right = connect().await.unwrap().check(ALICE, "alice in wonderland").await.unwrap();
    assert_eq!(right, Password::Right);
    let wrong = connect().await.unwrap().check(ALICE, "wrong").await.unwrap();
    assert_eq!(wrong, Password::Wrong("wrong password (result code 49: invalidCredentials, the name or the password is wrong)".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_in_the_middle_is_told_from_one_that_says_no() {
    let site = site().await;
    for (mode, words) in [(Mode::Down, "the connection was cut"), (Mode::Held, "no answer to a")] {
        site.proxy.set(Mode::Open);
        let (mut searching, mut checking) =
            (site.client.connect().await.unwrap(), site.client.connect().await.unwrap());
        count(&mut checking, BASE, 1).await.unwrap();
        site.proxy.set(mode);
        let failure = count(&mut searching, BASE, 1).await.unwrap_err().to_string();
        assert!(failure.contains(words), "{failure}");
        let failure = checking.check(ALICE, "wrong").await.unwrap_err().to_string();
        assert!(failure.contains(words), "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_be_named_by_its_ipv6_address_and_shows_a_certificate_of_it() {
    let slapd = Slapd::start().unwrap();
    if std::net::TcpStream::connect(("::1", slapd.port)).is_err() {
        return jobbergate_testkit::skipped("there is no IPv6 here");
    }
    let trusted = Authorities::load(Some(&slapd.ca_file())).unwrap();
    let client = |address: String, start_tls, authorities: &Authorities| Client {
        servers: vec![Url::parse(&address).unwrap()],
        start_tls,
        authorities: authorities.clone(),
        searcher: Some((SEARCHER.to_owned(), SEARCHER_PASSWORD.to_owned())),
        deadline: Duration::from_secs(5),
    };
    let (plain, tls) =
        (format!("ldap://[::1]:{}", slapd.port), format!("ldaps://[::1]:{}", slapd.tls_port));
    for (address, start_tls) in [(&plain, false), (&plain, true), (&tls, false)] {
        client(address.clone(), start_tls, &trusted).connect().await.unwrap();
    }
    let strangers = Authorities::load(None).unwrap();
    for (address, start_tls) in [(&plain, true), (&tls, false)] {
        let refused = client(address.clone(), start_tls, &strangers).connect().await;
        let cause = refused.err().unwrap().to_string();
        assert!(cause.contains("UnknownIssuer"), "{cause}");
    }
    // It is reached there, but its certificate is of other addresses.
    let mapped = format!("ldaps://[::ffff:127.0.0.1]:{}", slapd.tls_port);
    let refused = client(mapped, false, &trusted).connect().await;
    let cause = refused.err().unwrap().to_string();
    assert!(cause.contains("not valid for name"), "{cause}");
}
