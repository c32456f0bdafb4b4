//! What result codes mean (RFC 4511, appendix A).

/// The name that manuals have for a code, and what it says to an administrator.
pub(crate) const fn words(code: u32) -> Option<&'static str> {
    Some(match code {
        1 => "operationsError, often a search without a bind, or in the wrong order",
        2 => "protocolError, the server does not understand the request",
        3 => "timeLimitExceeded, the search took longer than it may",
        4 => "sizeLimitExceeded, more entries match than it may answer",
        7 => "authMethodNotSupported, the server takes no simple bind",
        8 => "strongerAuthRequired, the server takes no password without TLS",
        10 => "referral, the entries are on another server",
        11 => "adminLimitExceeded, the search is more work than the server allows",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired, the server wants TLS first",
        16 => "noSuchAttribute",
        18 => "inappropriateMatching, the filter does not suit an attribute",
        19 => "constraintViolation, often a password that expired or was tried too often",
        21 => "invalidAttributeSyntax",
        32 => "noSuchObject, there is no such entry or base",
        34 => "invalidDNSyntax, it is not written as a DN",
        48 => "inappropriateAuthentication, the entry has no password that could be checked",
        49 => "invalidCredentials, the name or the password is wrong",
        50 => "insufficientAccessRights, who is bound may not do this",
        51 => "busy, the server has too much to do",
        52 => "unavailable, the server is starting or stopping",
        53 => "unwillingToPerform, the server does not do this, such as for a locked account",
        54 => "loopDetect, aliases or referrals lead in a circle",
        80 => "other, the server's own log says more",
        _ => return None,
    })
}
