//! The keys of an issuer.

use std::{
    fmt,
    fs::{self, File},
    path::Path,
};

use anyhow::{Context, Result};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaKeyPair},
};
use jsonwebtoken::{
    Algorithm, EncodingKey,
    crypto::sign,
    jwk::{Jwk, PublicKeyUse},
};
use serde_json::{Value, json};

pub(super) struct Key {
    pub(super) published: bool,
    private: EncodingKey,
    algorithm: Algorithm,
    public: Jwk,
}

impl Key {
    /// The RSA key of this number. Finding one takes a while, so that they are made once and
    /// kept for the next tests.
    pub(super) fn rsa(number: usize) -> Result<Self> {
        let path = crate::directory::shared()?.join(format!("rsa-key-{number}.pem"));
        let lock = File::create(path.with_extension("lock"))?;
        lock.lock()?;
        let pem = read_or_make(&path).with_context(|| format!("the key {}", path.display()))?;
        Self::new(format!("rsa-{number}"), EncodingKey::from_rsa_pem(&pem)?, Algorithm::RS256)
    }

    pub(super) fn ec(number: usize) -> Result<Self> {
        let der =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
        let private = EncodingKey::from_ec_der(der.as_ref());
        Self::new(format!("ec-{number}"), private, Algorithm::ES256)
    }

    fn new(id: String, private: EncodingKey, algorithm: Algorithm) -> Result<Self> {
        let mut public = Jwk::from_encoding_key(&private, algorithm)?;
        public.common.key_id = Some(id);
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { published: true, private, algorithm, public })
    }

    pub(super) fn jwk(&self) -> Jwk {
        self.public.clone()
    }

    pub(super) fn header(&self) -> Value {
        json!({ "typ": "JWT", "alg": self.algorithm, "kid": self.public.common.key_id })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<String> {
        Ok(sign(message, &self.private, self.algorithm)?)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.public.common.key_id).finish()
    }
}

fn read_or_make(path: &Path) -> Result<Vec<u8>> {
    if path.exists() {
        return Ok(fs::read(path)?);
    }
    let key = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let der: Pkcs8V1Der<'_> = key.as_der()?;
    let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()));
    // Renamed when complete: a test that is killed leaves no half key.
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, &pem)?;
    fs::rename(&unfinished, path)?;
    Ok(pem.into_bytes())
}
