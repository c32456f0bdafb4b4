//! A server whose people come from an LDAP directory.

use std::ops::Deref;

use jobbergate_api::{
    config::ServeConfig,
    identity::{LogIn, Session},
};
use jobbergate_testkit::{
    proxy::{Mode, Proxy},
    slapd::{BASE, SEARCHER, SEARCHER_PASSWORD, Slapd},
};

use super::{TestApp, database};
use crate::identity::story::try_to_log_in;

/// A running server, and a directory that it reaches by a proxy.
pub struct LdapApp {
    server: TestApp,
    pub ldap: Slapd,
    pub proxy: Proxy,
}

impl Deref for LdapApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.server
    }
}

/// The settings of a server that uses this directory.
pub fn use_ldap(config: &mut ServeConfig, uri: &str) {
    let text = |text: &str| Some(text.to_owned());
    config.ldap.ldap_uri = text(uri);
    config.ldap.ldap_base = text(BASE);
    config.ldap.ldap_bind_dn = text(SEARCHER);
    config.ldap.ldap_bind_password = text(SEARCHER_PASSWORD);
    config.ldap.ldap_group_base = text("ou=groups,dc=example,dc=org");
    config.ldap.ldap_group_roles = text(
        "CN=HPC-Users, ou=Groups,dc=example,dc=org:user; hpc-staff:user,expert; HPC-admins:admin",
    );
    config.ldap.ldap_timeout_seconds = 1;
}

impl LdapApp {
    pub async fn on_sqlite() -> Self {
        Self::configured(|_| {}).await
    }

    pub async fn on_postgres() -> Self {
        let (ldap, proxy) = directory().await;
        let uri = format!("ldap://{}", proxy.address);
        let change = |config: &mut ServeConfig| use_ldap(config, &uri);
        let server = TestApp::configured_on_database(database().await, change).await;
        Self { server, ldap, proxy }
    }

    /// The same on SQLite with some settings changed.
    pub async fn configured(change: impl FnOnce(&mut ServeConfig)) -> Self {
        Self::configured_by(|config, _| change(config)).await
    }

    /// The same with settings that depend on the directory.
    pub async fn configured_by(change: impl FnOnce(&mut ServeConfig, &Slapd)) -> Self {
        let (ldap, proxy) = directory().await;
        let uri = format!("ldap://{}", proxy.address);
        let server = TestApp::configured(|config| {
            use_ldap(config, &uri);
            change(config, &ldap);
        });
        Self { server: server.await, ldap, proxy }
    }

    /// Somebody of the directory, logged in.
    pub async fn person(&self, login: &str, password: &str) -> (Session, String) {
        match self.try_to_log_in(login, password).await {
            LogIn::Welcome(new) => (new.session, new.cookie.0),
            other => panic!("{login}: {other:?}"),
        }
    }

    pub async fn try_to_log_in(&self, login: &str, password: &str) -> LogIn {
        try_to_log_in(self.provider(), login, password).await
    }

    /// Changes a person's entry.
    pub fn modify(&self, dn: &str, change: &str) {
        self.ldap.change(&format!("dn: {dn}\nchangetype: modify\n{change}\n")).unwrap();
    }
}

async fn directory() -> (Slapd, Proxy) {
    let ldap = tokio::task::spawn_blocking(Slapd::start).await.unwrap().unwrap();
    let proxy = Proxy::start(ldap.port, Mode::Open).await.unwrap();
    (ldap, proxy)
}
