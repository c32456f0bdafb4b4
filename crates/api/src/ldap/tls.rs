//! Whose word is taken for a server's certificate.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The authorities that are trusted.
#[derive(Clone)]
pub(crate) struct Authorities(Arc<ClientConfig>);

impl Authorities {
    /// The system's, and those of a file in the PEM format.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        for error in &system.errors {
            tracing::warn!(%error, "some of the system's certificate authorities can't be read");
        }
        roots.add_parsable_certificates(system.certs);
        if let Some(file) = file {
            let wrong = |cause: String| format!("{}: {cause}", file.display());
            let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
            let read: Vec<CertificateDer<'_>> = read.map_err(|cause| wrong(cause.to_string()))?;
            if read.is_empty() {
                return Err(wrong("there is no certificate in it".to_owned()));
            }
            for certificate in read {
                roots.add(certificate).map_err(|cause| wrong(cause.to_string()))?;
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|cause| cause.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}
