//! Secrets that only the browser can bring back: keys are made of its cookie, which is not kept.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf::{HKDF_SHA256, KeyType, Salt},
    hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::error::{Error, Result};

/// What keys are for: none does for two purposes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// The tokens of a session.
    Tokens,
    /// What comes back with a sign-in.
    State,
    Nonce,
    Verifier,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Tokens => "jobbergate web tokens",
            Self::State => "jobbergate web state",
            Self::Nonce => "jobbergate web nonce",
            Self::Verifier => "jobbergate web verifier",
        }
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

fn key(cookie: &str, purpose: Purpose) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    let salt = Salt::new(HKDF_SHA256, &[]).extract(cookie.as_bytes());
    let info = [purpose.as_str().as_bytes()];
    salt.expand(&info, Length)
        .and_then(|material| material.fill(&mut key))
        .map_err(|_| Error::internal("no key can be derived"))?;
    Ok(key)
}

/// Encrypts a text (AES-256-GCM), in URL-safe base64.
pub(super) fn seal(cookie: &str, purpose: Purpose, text: &str) -> Result<String> {
    let failed = |_| Error::internal("a text can't be encrypted");
    let key = RandomizedNonceKey::new(&AES_256_GCM, &key(cookie, purpose)?).map_err(failed)?;
    let mut sealed = text.as_bytes().to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::empty(), &mut sealed).map_err(failed)?;
    Ok(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat()))
}

/// The text, if it was encrypted with this cookie for this purpose.
pub(super) fn open(cookie: &str, purpose: Purpose, sealed: &str) -> Option<String> {
    let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, text) = bytes.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, &key(cookie, purpose).ok()?).ok()?;
    let text = key.open_in_place(nonce, Aad::empty(), text).ok()?;
    String::from_utf8(text.to_vec()).ok()
}

/// What belongs to a cookie and to this text, and tells neither: 256 bits in URL-safe base64.
pub(super) fn mark(cookie: &str, purpose: Purpose, text: &str) -> Result<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key(cookie, purpose)?);
    Ok(URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_cookie_opens_it_and_only_for_its_purpose() {
        let sealed = seal("a", Purpose::State, "/job-scripts?x=ü").unwrap();
        assert_eq!(open("a", Purpose::State, &sealed).as_deref(), Some("/job-scripts?x=ü"));
        assert_eq!(open("b", Purpose::State, &sealed), None);
        assert_eq!(open("a", Purpose::Tokens, &sealed), None);
        for odd in ["", "x", "AAAA", &sealed[..sealed.len() - 1], &format!("A{}", &sealed[1..])] {
            assert!(odd == sealed || open("a", Purpose::State, odd).is_none(), "{odd}");
        }
        assert_ne!(sealed, seal("a", Purpose::State, "/job-scripts?x=ü").unwrap());
    }

    #[test]
    fn marks_differ_by_cookie_purpose_and_text() {
        let one = mark("a", Purpose::Nonce, "s").unwrap();
        assert_eq!(one, mark("a", Purpose::Nonce, "s").unwrap());
        assert_eq!(one.len(), 43);
        for (cookie, purpose, text) in
            [("b", Purpose::Nonce, "s"), ("a", Purpose::Verifier, "s"), ("a", Purpose::Nonce, "t")]
        {
            assert_ne!(one, mark(cookie, purpose, text).unwrap());
        }
    }
}
