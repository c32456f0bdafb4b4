//! Looking at stored files behind the scenes, and standing in the way of new ones.

use bytes::Bytes;

use super::TestApp;

impl TestApp {
    /// The content that is stored, whether or not there is a row.
    pub async fn stored(&self, table: &str, parent: i64, name: &str) -> Option<Bytes> {
        self.app.tenants.default_tenant().storage.get(table, parent, name).await.unwrap()
    }

    /// Makes the store fail when it is to write this file, as it would without space.
    pub async fn refuse_to_store(&self, table: &str, parent: i64, name: &str) {
        if self.s3.is_some() {
            // The S3 server for tests keeps objects as files, so that a folder is in the way.
            let storage = self.app.tenants.default_tenant().storage;
            let inside = format!("{name}/in-the-way");
            storage.put(table, parent, &inside, Bytes::from_static(b"x")).await.unwrap();
        } else {
            std::fs::create_dir_all(self.stored_at(table, parent, name).join("in-the-way"))
                .unwrap();
        }
    }

    /// Where a file is that is not stored in S3.
    pub fn stored_at(&self, table: &str, parent: i64, name: &str) -> std::path::PathBuf {
        self.directory.path().join("files").join(table).join(parent.to_string()).join(name)
    }
}
