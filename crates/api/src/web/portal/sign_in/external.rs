//! Signing in with an external provider: the browser goes there and comes back.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, RawQuery, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use bytes::Bytes;
use rand::rngs::StdRng;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::{
    SignedIn,
    pages::{NotSignedIn, signed_out_here, signing_out},
};
use crate::{
    auth::Identity,
    error::Result,
    identity::parameters,
    relying_party::{Arrival, CALLBACK, Callback, RelyingParty, SIGNED_OUT},
    web::{
        browser::form_token,
        cookies::Purpose,
        errors::Failure,
        forms,
        log_out::{CLEAR_SITE_DATA, FORGET_PAGES},
        origin::Origin,
        portal::{
            Site,
            fields::Fields,
            form::{FORM_TOKEN, from_here},
            sign_in::SignIn,
        },
    },
};
use axum::extract::FromRequest;

/// Where a sign-in begins.
const BEGIN: &str = "/sign-in";
/// Where the form is sent that ends a session.
pub(super) const END: &str = "/sign-out";
/// The largest form there, in bytes: it has a token.
const MAX_END_SIZE: usize = 16 << 10;

/// What signs people in, and what their browsers call this server.
#[derive(Debug, Clone)]
pub(in crate::web) struct External {
    pub(super) party: Arc<RelyingParty>,
    origin: Origin,
}

#[derive(Debug, Deserialize)]
struct Wanted {
    #[serde(default)]
    next: String,
    /// Whether the provider is to ask who it is, even if it knows.
    #[serde(default)]
    anew: String,
}

impl External {
    pub(in crate::web) const fn new(party: Arc<RelyingParty>, origin: Origin) -> Self {
        Self { party, origin }
    }

    pub(super) async fn who(&self, headers: &HeaderMap) -> Result<Option<SignedIn>> {
        let Some(cookie) = self.cookie(headers) else { return Ok(None) };
        let session = self.party.session(&cookie).await?;
        Ok(session.map(|session| SignedIn {
            identity: session.identity,
            name: session.name,
            form_token: form_token(&cookie),
        }))
    }

    /// The same for what looks on.
    pub(super) async fn still(&self, headers: &HeaderMap) -> Result<Option<Identity>> {
        let Some(cookie) = self.cookie(headers) else { return Ok(None) };
        Ok(self.party.unused_session(&cookie).await?.map(|session| session.identity))
    }

    /// Has the browser go to the provider first.
    pub(super) fn first(site: &Site, parts: &Parts) -> Response {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        Redirect::to(&begin(site, path, false)).into_response()
    }

    fn cookie(&self, headers: &HeaderMap) -> Option<String> {
        self.origin.cookie(headers, Purpose::External)
    }
}

/// The address at which a sign-in begins that leads to this page of ours.
pub(super) fn begin(site: &Site, next: &str, anew: bool) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("next", next);
    if anew {
        query.append_pair("anew", "yes");
    }
    format!("{}?{}", site.path(BEGIN), query.finish())
}

pub(in crate::web::portal) fn router() -> Router<Site> {
    let end = post(end).get(instead).layer(DefaultBodyLimit::max(MAX_END_SIZE));
    Router::new()
        .route(BEGIN, get(go))
        .route(CALLBACK, get(come_back))
        .route(END, end)
        .route(SIGNED_OUT, get(ended))
}

async fn go(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Response> {
    let external = external(&site).map_err(IntoResponse::into_response)?;
    let wanted: Wanted = read(query).map_err(IntoResponse::into_response)?;
    let (next, anew) = (local(&wanted.next), !wanted.anew.is_empty());
    let failed = |error| NotSignedIn::fault(&site, &external.party, &next, error);
    if !anew && external.who(&headers).await.map_err(failed)?.is_some() {
        return Ok(Redirect::to(&site.path(&next)).into_response());
    }
    let cookie = site.origin.cookie(&headers, Purpose::SignIn);
    let mut rng: StdRng = rand::make_rng();
    let begun = external.party.begin(cookie, &next, anew, &mut rng).await.map_err(failed)?;
    let mut response = Redirect::to(begun.url.as_str()).into_response();
    let cookie = site.origin.set_cookie(Purpose::SignIn, &begun.cookie).map_err(failed)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(unkept(response))
}

async fn come_back(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Response> {
    let here @ External { party, .. } = external(&site).map_err(IntoResponse::into_response)?;
    let callback: Callback = read(query).map_err(IntoResponse::into_response)?;
    let attempt = site.origin.cookie(&headers, Purpose::SignIn);
    let before = site.origin.cookie(&headers, Purpose::External);
    let mut rng: StdRng = rand::make_rng();
    let Arrival { cookie, next } = match party.arrive(callback, attempt.as_deref(), &mut rng).await
    {
        Ok(arrival) => arrival,
        Err(refused) => {
            // Who goes back in the browser, or reloads, is signed in already.
            let there = here.who(&headers).await.is_ok_and(|it| it.is_some());
            return match refused.why.is_repetition() && there {
                true => Ok(Redirect::to(&site.path(&refused.next)).into_response()),
                false => Err(NotSignedIn::refused(&site, party, refused)),
            };
        }
    };
    if let Some(before) = before
        && let Err(error) = party.end_session(&before).await
    {
        error.log();
    }
    let mut response = Redirect::to(&site.path(&next)).into_response();
    let cookie = site.origin.set_cookie(Purpose::External, &cookie);
    let cookie = cookie.map_err(|error| NotSignedIn::fault(&site, party, &next, error))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(unkept(response))
}

/// Whoever is signed out already is so, too.
async fn end(State(site): State<Site>, request: Request) -> Result<Response, Failure> {
    from_here(&site, &request)?;
    let headers = request.headers().clone();
    let SignIn::External(external) = &site.sign_in else { return Ok(instead(State(site)).await) };
    let Some(cookie) = external.cookie(&headers) else { return Ok(instead(State(site)).await) };
    let body = Bytes::from_request(request, &site).await.map_err(|rejection| {
        Failure::new(rejection.status(), format!("The form can't be read: {rejection}"))
    })?;
    forms::check(Some(&form_token(&cookie)), Fields::parse(&body).text(FORM_TOKEN))?;
    let signed_out = external.party.end_session(&cookie).await?;
    let mut response = match signed_out.elsewhere {
        Some(url) => signing_out(&site, &external.party, url.as_str())?,
        None => Redirect::to(&site.path(&format!("{SIGNED_OUT}?only=here"))).into_response(),
    };
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, site.origin.forget_cookie(Purpose::External)?);
    headers.append(header::SET_COOKIE, site.origin.forget_cookie(Purpose::SignIn)?);
    headers.insert(CLEAR_SITE_DATA, FORGET_PAGES);
    Ok(unkept(response))
}

async fn instead(State(site): State<Site>) -> Response {
    Redirect::to(&site.path(SIGNED_OUT)).into_response()
}

async fn ended(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Response> {
    let external = external(&site).map_err(IntoResponse::into_response)?;
    if external.who(&headers).await.is_ok_and(|who| who.is_some()) {
        return Ok(Redirect::to(&site.path("/")).into_response());
    }
    let only_here = query.as_deref() == Some("only=here");
    let shown = signed_out_here(&site, &external.party, only_here);
    shown.map_err(|error| Failure::from(error).into_response())
}

/// The routes are there only if people sign in so.
fn external(site: &Site) -> Result<&External, Failure> {
    match &site.sign_in {
        SignIn::External(external) => Ok(external),
        SignIn::BuiltIn(_) => {
            Err(Failure::no_page(StatusCode::NOT_FOUND, "There is no page at this address."))
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(query: Option<String>) -> Result<T, Failure> {
    Ok(parameters(query.unwrap_or_default().as_bytes())?)
}

/// There are secrets in it.
fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page of ours, whatever is asked for.
fn local(next: &str) -> String {
    let here = url::Url::parse("https://here.invalid/").ok();
    let there = here.as_ref().filter(|_| next.starts_with('/')).and_then(|it| it.join(next).ok());
    let same = there.filter(|url| Some(url.origin()) == here.map(|it| it.origin()));
    let Some(url) = same else { return "/".to_owned() };
    let path = url.path();
    // Two slashes would begin another host's name.
    if path.starts_with("//") || [BEGIN, CALLBACK, END, SIGNED_OUT].contains(&path) {
        return "/".to_owned();
    }
    url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn there_is_no_way_to_another_site() {
        for page in ["/", "/submissions?mine=yes&q=a%20b", "/applications/heat//run"] {
            assert_eq!(local(page), page);
        }
        for odd in [
            "",
            "x",
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
            "javascript:alert(1)",
            " //evil.example",
            "/sign-in?next=/",
            "/sign-in/callback?code=1",
            "/sign-out",
            "/signed-out",
            "https:evil.example",
            "/%2e/%2e/..//evil.example",
        ] {
            assert_eq!(local(odd), "/", "{odd}");
        }
        assert_eq!(local("/a\r\nSet-Cookie: x=y"), "/aSet-Cookie:%20x=y");
    }
}
