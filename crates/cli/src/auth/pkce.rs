//! Proof that who asks for tokens is who began to (RFC 7636).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngExt;
use sha2::{Digest, Sha256};

/// What is shown at the end, and what is said of it in the beginning.
pub struct Pkce {
    /// 128 characters, as many as are allowed.
    pub verifier: String,
    /// Its hash.
    pub challenge: String,
}

impl Pkce {
    /// Another one.
    pub fn new() -> Self {
        let random: [u8; 96] = rand::rng().random();
        let verifier = URL_SAFE_NO_PAD.encode(random);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        Self { verifier, challenge }
    }
}
