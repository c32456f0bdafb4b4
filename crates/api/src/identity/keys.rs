//! The keys that tokens are signed with.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use jsonwebtoken::{
    Algorithm, EncodingKey,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use pem::{EncodeConfig, LineEnding, Pem};

use crate::error::{Error, Result};

/// RS256, because that is what every client of the Python server understands.
pub(super) const ALGORITHM: Algorithm = Algorithm::RS256;

/// A private key and what others may know of it.
#[derive(Clone)]
pub struct SigningKey {
    /// The key's id: its RFC 7638 thumbprint.
    pub id: String,
    /// The public half.
    pub public: Jwk,
    pub(super) private: EncodingKey,
    pub(super) pem: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Makes a 2048 bit RSA key; this may take a good part of a second.
    pub(super) async fn generate() -> Result<Self> {
        let unix_lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
        let pem = tokio::task::spawn_blocking(move || {
            let pair = KeyPair::generate(KeySize::Rsa2048).map_err(Error::internal)?;
            let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(Error::internal)?;
            Ok::<_, Error>(pem::encode_config(&Pem::new("PRIVATE KEY", der.as_ref()), unix_lines))
        })
        .await
        .map_err(Error::internal)??;
        let id = Self::from_pem("", &pem)?
            .public
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(Error::internal)?;
        Self::from_pem(&id, &pem)
    }

    pub(super) fn from_pem(id: &str, pem: &str) -> Result<Self> {
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(Error::internal)?;
        let mut public = Jwk::from_encoding_key(&private, ALGORITHM).map_err(Error::internal)?;
        public.common.key_id = Some(id.to_owned());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { id: id.to_owned(), public, private, pem: pem.to_owned() })
    }
}
