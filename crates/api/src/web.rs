//! What people see in a browser. Those pages that need nobody to be logged in, and the account, are
//! the built-in identity provider's: they need no JavaScript, and call the provider as any other
//! caller would. Those with which people work are in `portal`.

mod account;
mod assets;
mod authorization;
mod browser;
mod cookies;
mod destination;
mod device;
mod elsewhere;
mod errors;
mod forgotten;
mod forms;
mod headers;
mod log_in;
mod log_in_form;
mod log_out;
mod origin;
mod page;
mod password;
mod permission_groups;
mod portal;
mod root;
pub(crate) mod shown;
mod sign_in_link;
mod words;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use ipnet::IpNet;
use origin::Origin;
use url::Url;

use crate::{
    app::App,
    clock::Clock,
    identity::{DEVICE_PAGE, PASSWORD_PAGE, Provider, REALM_PATH, SET_UP_PAGE, SIGN_IN_PAGE},
    password_mail::PasswordMail,
};
use portal::Portal;

/// The largest form that is read, in bytes.
const MAX_FORM_SIZE: usize = 64 * 1024;

/// What pages have at hand.
#[derive(Debug, Clone)]
struct Web {
    provider: Arc<Provider>,
    mail: Arc<PasswordMail>,
    proxies: Arc<[IpNet]>,
    clock: Clock,
    /// The path of the realm, as browsers have it: a proxy may have put something in front.
    realm: Arc<str>,
    origin: Origin,
}

impl Web {
    /// The path of the page with which people begin.
    fn first_page(&self) -> String {
        format!("{}/", self.realm.strip_suffix(REALM_PATH).unwrap_or_default())
    }
}

/// The pages, in front of what else the server answers.
pub fn in_front_of(rest: Router, provider: Arc<Provider>, app: Arc<App>) -> Router {
    let (mail, proxies) = (Arc::clone(&app.password_mail), Arc::clone(&app.trusted_proxies));
    let clock = app.clock.clone();
    let address = Url::parse(&provider.issuer());
    let realm = address.as_ref().map_or(REALM_PATH, Url::path).into();
    let origin = Origin::of(&provider.issuer());
    let web = Web { provider, mail, proxies, clock, realm, origin };
    let elsewhere = middleware::from_fn_with_state(web.clone(), elsewhere::answer);
    let portal = Portal::new(app, Some(web.clone()));
    let all = router(web).merge(rest);
    let all = match portal {
        Some(portal) => portal.in_front_of(all),
        None => all,
    };
    all.layer(elsewhere)
}

/// The pages of a server without the built-in provider; one that says what they need, if people
/// can't sign in.
pub fn without_provider(rest: Router, app: &Arc<App>) -> Router {
    match Portal::new(Arc::clone(app), None) {
        Some(portal) => portal.in_front_of(rest),
        None => root::with_root_page(rest, &app.base_url),
    }
}

fn router(web: Web) -> Router {
    let below = |path: &str| format!("{REALM_PATH}{path}");
    let password = get(password::show).post(password::choose);
    Router::new()
        .route(&below(assets::STYLE), get(assets::style))
        .route(&below(SET_UP_PAGE), password.clone())
        .route(&below(PASSWORD_PAGE), password)
        .route(&below("/login"), get(log_in::show).post(log_in::log_in))
        .route(
            &below(destination::AUTHORIZATION),
            get(authorization::ask).post(authorization::ask_by_form),
        )
        .route(&below("/consent"), get(account::instead).post(authorization::consent))
        .route(&below(DEVICE_PAGE), get(device::show).post(device::decide))
        .route(&below(log_out::PATH), get(log_out::ask).post(log_out::ask_by_form))
        .route(&below("/logout"), get(log_out::done).post(log_out::confirmed))
        .route(&below(SIGN_IN_PAGE), get(sign_in_link::open).head(sign_in_link::look))
        .route(&below("/account"), get(account::show))
        .route(&below(forgotten::PATH), get(forgotten::show).post(forgotten::ask))
        .route(&below("/account/name"), get(account::instead).post(account::change_name))
        .route(&below("/account/password"), get(account::instead).post(account::change_password))
        .route(&below("/account/sessions/end"), get(account::instead).post(account::end_session))
        .route(&below("/account/programs/end"), get(account::instead).post(account::end_admission))
        .route(&below("/account/tokens"), get(account::instead).post(account::create_token))
        .route(&below("/account/tokens/revoke"), get(account::instead).post(account::revoke_token))
        .layer(DefaultBodyLimit::max(MAX_FORM_SIZE))
        .layer(middleware::from_fn_with_state(web.clone(), headers::after))
        .with_state(web)
}
