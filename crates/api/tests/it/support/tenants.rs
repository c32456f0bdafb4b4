//! A server with several organizations.

use std::{ops::Deref, sync::Mutex};

use jobbergate_api::{config::ServeConfig, identity::UserToken, permission::Permission};
use jobbergate_testkit::postgres::TestDatabase;

use super::{Actor, TestApp, database, empty_database};

/// A running server that keeps its organizations apart.
pub struct TenantApp {
    server: TestApp,
    databases: Mutex<Vec<TestDatabase>>,
}

/// An organization's id and the people in it.
pub struct Organization<'a> {
    pub id: String,
    app: &'a TestApp,
}

impl Deref for TenantApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.server
    }
}

fn several(config: &mut ServeConfig) {
    config.tenancy.multi_tenancy_enabled = true;
    config.tenancy.organization_pool_size = 2;
}

impl TenantApp {
    pub async fn on_sqlite() -> Self {
        Self { server: TestApp::configured(several).await, databases: Mutex::default() }
    }

    pub async fn on_postgres() -> Self {
        let server = TestApp::configured_on_database(database().await, several).await;
        Self { server, databases: Mutex::default() }
    }

    /// The same with at most `max_open` organizations' databases open.
    pub async fn with_room_for(max_open: u32) -> Self {
        let change = |config: &mut ServeConfig| {
            several(config);
            config.tenancy.max_open_organizations = max_open;
        };
        let server = TestApp::configured_on_database(database().await, change).await;
        Self { server, databases: Mutex::default() }
    }

    /// An organization whose database and bucket an administrator has made.
    pub async fn organization(&self) -> Organization<'_> {
        let id = self.database_for_organization().await;
        if let Some(s3) = &self.server.s3 {
            s3.add_bucket(&id).unwrap();
        }
        Organization { id, app: &self.server }
    }

    /// The name of an empty database, without a bucket; on SQLite just a name.
    pub async fn database_for_organization(&self) -> String {
        let mut count = 0;
        if self.server.s3.is_none() {
            while self.directory(&format!("org-{count}")).exists() {
                count += 1;
            }
            let id = format!("org-{count}");
            std::fs::create_dir_all(self.directory(&id)).unwrap();
            return id;
        }
        let database = empty_database().await;
        let id = database.name().to_owned();
        self.databases.lock().unwrap().push(database);
        id
    }

    /// An organization that has only a name.
    pub fn unknown_organization(&self, id: &str) -> Organization<'_> {
        Organization { id: id.to_owned(), app: &self.server }
    }

    /// Where an organization's data is on SQLite.
    pub fn directory(&self, id: &str) -> std::path::PathBuf {
        self.server.directory.path().join("organizations").join(id)
    }
}

impl Organization<'_> {
    /// Somebody of the organization who may do everything, and whose token is a cluster's too.
    pub async fn administrator(&self) -> Actor {
        self.holder("boss@example.com", Some("cluster"), Permission::ALL.to_vec()).await
    }

    /// A scientist of the organization.
    pub async fn user(&self, name: &str) -> Actor {
        let permissions = Permission::ALL.into_iter().filter(|p| p.is_for_users()).collect();
        self.holder(&format!("{name}@example.com"), None, permissions).await
    }

    async fn holder(
        &self,
        email: &str,
        client_id: Option<&str>,
        permissions: Vec<Permission>,
    ) -> Actor {
        let user = UserToken {
            email: email.to_owned(),
            permissions,
            client_id: client_id.map(str::to_owned),
            lifetime: 10_000_000,
            organization: Some(self.id.clone()),
        };
        self.app.token_holder(&user).await
    }

    /// A cluster's agent, a client of the organization.
    pub async fn agent(&self, cluster: &str) -> Actor {
        let permissions = Permission::ALL.into_iter().filter(|p| p.is_for_agents()).collect();
        self.app.client_of(cluster, permissions, Some(&self.id)).await
    }
}
