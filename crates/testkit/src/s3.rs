//! An S3 server for tests, within the test's process: it checks signatures and keeps objects in a
//! temporary directory.

use std::{fs, io, path::Path};

use anyhow::{Context, Result, anyhow};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

/// A running server with one empty bucket. It ends when this is dropped.
#[derive(Debug)]
pub struct S3 {
    /// Where it listens, such as `http://127.0.0.1:4242`.
    pub endpoint: String,
    pub bucket: String,
    /// The only access key it accepts.
    pub access_key: String,
    pub secret_key: String,
    root: TempDir,
    server: JoinHandle<()>,
}

impl S3 {
    /// Starts a server on a free port of the loopback interface.
    pub async fn start() -> Result<Self> {
        let root = TempDir::new()?;
        let (bucket, access_key, secret_key) = ("jobbergate", "test-access-key", "test-secret-key");
        fs::create_dir(root.path().join(bucket))?;
        let files = FileSystem::new(root.path())
            .map_err(|error| anyhow!("can't serve {}: {error:?}", root.path().display()))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(access_key, secret_key));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Self {
            endpoint: format!("http://{}", listener.local_addr()?),
            bucket: bucket.to_owned(),
            access_key: access_key.to_owned(),
            secret_key: secret_key.to_owned(),
            root,
            server: tokio::spawn(serve(listener, service.build())),
        })
    }

    pub fn add_bucket(&self, name: &str) -> Result<()> {
        fs::create_dir(self.root.path().join(name))
            .with_context(|| format!("can't make the bucket {name}"))
    }

    /// The keys of all objects in the bucket, sorted.
    pub fn keys(&self) -> Result<Vec<String>> {
        self.keys_in(&self.bucket)
    }

    /// The keys of all objects in one of the buckets, sorted.
    pub fn keys_in(&self, bucket: &str) -> Result<Vec<String>> {
        let bucket = self.root.path().join(bucket);
        let mut keys = Vec::new();
        collect_files(&bucket, &bucket, &mut keys)
            .with_context(|| format!("can't list {}", bucket.display()))?;
        keys.sort();
        Ok(keys)
    }

    /// What is stored under a key; none when there is nothing.
    pub fn object(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.root.path().join(&self.bucket).join(key)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("can't read the object {key}")),
        }
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    // Connections end with the server, for the set that holds them does.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // Else answers wait for acknowledgements that come 40 ms later.
        let _ = stream.set_nodelay(true);
        let service = service.clone();
        connections.spawn(async move {
            let http = Builder::new(TokioExecutor::new());
            // The client sees what went wrong with its connection.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

fn collect_files(bucket: &Path, directory: &Path, keys: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_files(bucket, &path, keys)?;
        } else if let Ok(key) = path.strip_prefix(bucket) {
            keys.push(key.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
