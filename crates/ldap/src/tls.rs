//! Whose word is taken for a server's certificate.

use std::{net::IpAddr, path::Path, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

/// The authorities that are trusted.
#[derive(Clone)]
pub struct Authorities {
    roots: Arc<RootCertStore>,
    config: Arc<ClientConfig>,
}

impl Authorities {
    /// The system's, and those of a file in the PEM format.
    ///
    /// # Errors
    /// When the file can't be read or there is no certificate in it.
    pub fn load(file: Option<&Path>) -> Result<Self, String> {
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
        let roots = Arc::new(roots);
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|cause| cause.to_string())?
            .with_root_certificates(Arc::clone(&roots))
            .with_no_client_auth();
        Ok(Self { roots, config: Arc::new(config) })
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// For a server with this address, whatever it is called to the library.
    pub(crate) fn config_for(&self, address: IpAddr) -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(default_provider());
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), provider)
            .build()
            .map_err(|cause| cause.to_string())?;
        let mut config = ClientConfig::clone(&self.config);
        config.enable_sni = false;
        let at = At { inner, name: ServerName::IpAddress(address.into()) };
        config.dangerous().set_certificate_verifier(Arc::new(at));
        Ok(Arc::new(config))
    }
}

/// Takes a certificate only if it is good and of this name, and asks for no other.
#[derive(Debug)]
struct At {
    inner: Arc<WebPkiServerVerifier>,
    name: ServerName<'static>,
}

impl ServerCertVerifier for At {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Self { inner, name } = self;
        inner.verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
