//! Secrets that are shown once: 256 random bits, of which only the SHA-256 is kept. There is
//! nothing to stretch in them, so that looking one up costs nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::CryptoRng;
use sha2::{Digest, Sha256};

/// A new secret, in URL-safe base64.
pub(crate) fn random(rng: &mut impl CryptoRng) -> String {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a secret.
pub(crate) fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

/// A new id, which is no secret.
pub(super) fn id(rng: &mut impl CryptoRng) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_256_random_bits() {
        let mut rng: rand::rngs::StdRng = rand::make_rng();
        let secrets: Vec<_> = (0..100).map(|_| random(&mut rng)).collect();
        let different: std::collections::HashSet<_> = secrets.iter().collect();
        assert_eq!(different.len(), secrets.len());
        assert!(secrets.iter().all(|it| URL_SAFE_NO_PAD.decode(it).unwrap().len() == 32));
        assert!(!hash(&secrets[0]).contains(&secrets[0]));
    }
}
