//! Fetching files that users name by URL.
//!
//! The server stands where its users don't: it reaches databases, metadata services and whatever
//! else trusts the machines around it. So it connects to public addresses only, and to those that
//! the administrator allows. Names are resolved here and the connection goes to the addresses
//! that were checked, so that a name can't mean one address for the check and another afterwards.

mod addresses;
mod failure;
mod file_url;
mod permitted;

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{Client, Response, header, redirect::Policy};

pub use file_url::FileUrl;
pub use permitted::Permitted;

use crate::{
    budget::Share,
    config::UploadByUrlSettings,
    error::{Error, Result},
    startup::StartError,
};

/// How long a connection may take to come about; the whole download has a deadline of its own.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// Fetches files, within limits of time, size and place.
#[derive(Debug)]
pub struct Downloads {
    http: Client,
    permitted: Arc<Permitted>,
    deadline: Duration,
    max_size: usize,
}

impl Downloads {
    /// Fetches files of up to `max_size` bytes from where `settings` allow.
    pub fn new(settings: &UploadByUrlSettings, max_size: usize) -> Result<Self, StartError> {
        let permitted =
            Permitted::parse(&settings.upload_by_url_allowed_hosts).map_err(|reason| {
                StartError::Setting { setting: "UPLOAD_BY_URL_ALLOWED_HOSTS", reason }
            })?;
        let permitted = Arc::new(permitted);
        let resolver = permitted::Resolver(Arc::clone(&permitted));
        let deadline = Duration::from_secs(settings.upload_by_url_timeout);
        let http = Client::builder()
            .dns_resolver(Arc::new(resolver))
            // A proxy would resolve names by itself, and a redirect would need all checks again.
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_DEADLINE.min(deadline))
            .timeout(deadline)
            .pool_max_idle_per_host(0)
            .user_agent(concat!("jobbergate/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(StartError::Https)?;
        Ok(Self { http, permitted, deadline, max_size })
    }

    /// The content of the file at `url`, which takes room as it comes.
    ///
    /// 400 if it can't be fetched from there, 413 if it is too large.
    pub async fn fetch(&self, url: &FileUrl, share: &mut Share) -> Result<Bytes> {
        let failed = |cause: String| {
            Error::BadRequest(format!("Failed to download file from {url} -- {cause}"))
        };
        // Addresses in a URL are not resolved, so that the resolver does not see them.
        self.permitted.check(&url.address).map_err(|refused| failed(refused.to_string()))?;
        let request = self.http.get(url.address.clone());
        let answer = request.header(header::ACCEPT_ENCODING, "identity").send().await;
        let broken = |error: reqwest::Error| failed(failure::words(&error, self.deadline));
        let mut answer = answer.map_err(broken)?;
        if let Some(cause) = failure::of_answer(&answer, url) {
            return Err(failed(cause));
        }
        self.check_announced_size(&answer)?;
        let announced = answer.content_length().and_then(|size| usize::try_from(size).ok());
        share.grow_to(announced.unwrap_or_default()).await?;
        let mut content = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(broken)? {
            if content.len() + chunk.len() > self.max_size {
                return Err(self.too_large("more"));
            }
            share.grow_to(content.len() + chunk.len()).await?;
            content.extend_from_slice(&chunk);
        }
        Ok(content.freeze())
    }

    fn check_announced_size(&self, answer: &Response) -> Result<()> {
        match answer.content_length() {
            Some(size) if size > self.max_size as u64 => {
                Err(self.too_large(&format!("{size} bytes")))
            }
            _ => Ok(()),
        }
    }

    fn too_large(&self, size: &str) -> Error {
        let limit = self.max_size;
        Error::TooLarge(format!("Uploaded files cannot exceed {limit} bytes, got {size}"))
    }
}
