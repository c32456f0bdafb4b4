//! The address by which others reach the server, which is in the built-in provider's tokens.

use crate::config::ServeConfig;
use jobbergate_doctor::Problem;

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let advice = "set JOBBERGATE_PUBLIC_URL to what agents and users call this server, for example \
                  https://jobbergate.example.com";
    let no_user = |url: &url::Url| url.username().is_empty() && url.password().is_none();
    if config.public_url.as_ref().is_some_and(|url| !no_user(url)) {
        return Err(Problem::new("it must have no user and no password", advice));
    }
    let base = config.base_url();
    let url = url::Url::parse(&base)
        .map_err(|error| Problem::new(format!("{base} is no URL: {error}"), advice))?;
    let wrong = |what: &str| Err(Problem::new(format!("{base} {what}"), advice));
    if !matches!(url.scheme(), "http" | "https") {
        return wrong("is neither http:// nor https://");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("must have no question mark or fragment");
    }
    match url.host_str() {
        None => wrong("names no host"),
        Some("0.0.0.0" | "[::]") => wrong("cannot be called by others"),
        Some(_) => Ok(base),
    }
}
