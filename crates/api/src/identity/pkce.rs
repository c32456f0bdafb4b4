//! Proof Key for Code Exchange (RFC 7636): only who began a log-in can end it. Only S256: with
//! `plain`, whoever sees the request has the proof.

use super::{
    refusal::{Code, Refusal},
    secrets,
};

/// The challenge of a request; nothing if it has none.
pub(super) fn challenge(
    challenge: Option<&str>,
    method: Option<&str>,
) -> Result<Option<String>, Refusal> {
    let refuse = |words: &'static str| Err(Refusal::new(Code::InvalidRequest, words));
    match (challenge, method) {
        (None, None) => Ok(None),
        (None, Some(_)) => refuse("code_challenge is missing"),
        (Some(_), method) if method != Some("S256") => refuse("code_challenge_method must be S256"),
        (Some(challenge), _) if challenge.len() == 43 && challenge.chars().all(is_url_safe) => {
            Ok(Some(challenge.to_owned()))
        }
        (Some(_), _) => refuse("code_challenge must be a SHA-256 in URL-safe base64"),
    }
}

/// Whether this verifier belongs to the challenge. One where there was no challenge is refused,
/// too: the challenge may have been taken away on the way.
pub(super) fn check(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Refusal> {
    let refuse = |words: &'static str| Err(Refusal::new(Code::InvalidGrant, words));
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => refuse("There was no code_challenge"),
        (Some(_), None) => refuse("code_verifier is missing"),
        (Some(challenge), Some(verifier)) => {
            let unreserved = |c: char| is_url_safe(c) || ".~".contains(c);
            let well_formed =
                (43..=128).contains(&verifier.len()) && verifier.chars().all(unreserved);
            match well_formed && secrets::hash(verifier) == challenge {
                true => Ok(()),
                false => refuse("code_verifier is not the one of code_challenge"),
            }
        }
    }
}

fn is_url_safe(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_verifier_belongs_to_its_challenge() {
        check(Some(CHALLENGE), Some(VERIFIER)).unwrap();
        check(None, None).unwrap();
        let other = "x".repeat(43);
        for (challenge, verifier) in [
            (Some(CHALLENGE), None),
            (None, Some(VERIFIER)),
            (Some(CHALLENGE), Some(other.as_str())),
            (Some(CHALLENGE), Some(CHALLENGE)),
            (Some(CHALLENGE), Some("short")),
        ] {
            assert!(check(challenge, verifier).is_err(), "{challenge:?} {verifier:?}");
        }
    }

    #[test]
    fn only_s256_will_do() {
        assert_eq!(challenge(None, None).unwrap(), None);
        assert_eq!(challenge(Some(CHALLENGE), Some("S256")).unwrap().unwrap(), CHALLENGE);
        for (code, method) in [
            (Some(CHALLENGE), None),
            (Some(CHALLENGE), Some("plain")),
            (Some("short"), Some("S256")),
            (None, Some("S256")),
        ] {
            assert!(challenge(code, method).is_err(), "{code:?} {method:?}");
        }
    }
}
