//! Access to the server: from the cache, by a refresh token, by the client's secret, by logging in.

mod browser;
mod cache;
mod callback;
mod desktop;
mod device;
mod pkce;
mod provider;
mod token;

use std::{
    io::{self, IsTerminal},
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::sync::Mutex;

pub use cache::Kind;
use cache::TokenCache;
pub use provider::{Device, causes, is_unanswered};
use provider::{Provider, Tokens};
pub use token::{Identity, Token};

use crate::{
    failure::{Failure, Result},
    log::Log,
    output,
    settings::Settings,
};

const TITLE: &str = "Authentication error";
/// How long before its end a token is refreshed, in seconds.
const SOON: u64 = 30;

/// Where tokens come from.
#[derive(Debug)]
pub struct Auth {
    provider: Result<Provider>,
    cache: TokenCache,
    in_use: Mutex<Option<InUse>>,
    withholds_secret: bool,
}

/// The token of this process.
#[derive(Debug)]
struct InUse {
    token: Token,
    /// Whether it did so when it was got.
    ends_soon: bool,
}

impl Auth {
    /// As the settings have it.
    pub fn new(settings: &Settings, http: reqwest::Client, log: Arc<Log>) -> Self {
        Self {
            provider: Provider::new(settings, http, log),
            cache: TokenCache::new(&settings.cache_dir),
            in_use: Mutex::new(None),
            withholds_secret: settings.withholds_secret,
        }
    }

    fn provider(&self) -> Result<&Provider> {
        self.provider.as_ref().map_err(|failure| match failure {
            Failure::Refused { title, text } => Failure::new(title, text),
            _ => Failure::new(TITLE, "there is no identity provider"),
        })
    }

    /// A token that has not ended, for the server.
    ///
    /// # Errors
    /// When there is no way to one.
    pub async fn access(&self) -> Result<Token> {
        let mut in_use = self.in_use.lock().await;
        // One that could not be refreshed in time is used up: not each request waits for another.
        let lasts = |it: &&InUse| is_good(&it.token) && (it.ends_soon || !ends_soon(&it.token));
        if let Some(it) = in_use.as_ref().filter(lasts) {
            return Ok(it.token.clone());
        }
        self.provider()?;
        let token = match self.kept(Kind::Access)?.filter(is_good) {
            Some(token) if ends_soon(&token) => self.renewed_in_time(token).await,
            Some(token) => token,
            None => self.renewed().await?,
        };
        *in_use = Some(InUse { token: token.clone(), ends_soon: ends_soon(&token) });
        Ok(token)
    }

    /// A token of this kind that has not ended.
    ///
    /// # Errors
    /// When there is none.
    pub async fn token(&self, kind: Kind) -> Result<Token> {
        let access = self.access().await?;
        match kind {
            Kind::Access => Ok(access),
            Kind::Refresh => {
                let kept = self.kept(Kind::Refresh)?;
                let good = kept.filter(|token| token.is_expired(now()) != Some(true));
                good.ok_or_else(|| {
                    let text = "There is no refresh token that is still good -- Please log in again \
                                with `jobbergate login`";
                    Failure::new(TITLE, text)
                })
            }
        }
    }

    /// Who the caller is.
    ///
    /// # Errors
    /// When there is no access, or its token makes no sense.
    pub async fn identity(&self) -> Result<Identity> {
        self.access().await?.identity().map_err(|problem| Failure::new(TITLE, problem))
    }

    /// Whether there is an identity provider, as far as the settings go.
    ///
    /// # Errors
    /// When not.
    pub fn check(&self) -> Result<()> {
        self.provider().map(drop)
    }

    /// Lets a person log in on any device, whoever is logged in now; their e-mail address.
    ///
    /// # Errors
    /// When that does not come about.
    pub async fn log_in(
        &self,
        show: impl FnOnce(&Device, bool) -> Result<()>,
    ) -> Result<(Token, String)> {
        // Nobody is to log in for what can't be kept.
        self.cache.check_room()?;
        let tokens = device::log_in(self.provider()?, show).await?;
        self.welcome(&tokens).await
    }

    /// The same with the browser of this machine.
    ///
    /// # Errors
    /// When that does not come about.
    pub async fn log_in_here(
        &self,
        show: impl FnOnce(&str, bool) -> Result<()>,
    ) -> Result<(Token, String)> {
        self.cache.check_room()?;
        let tokens = browser::log_in(self.provider()?, show).await?;
        self.welcome(&tokens).await
    }

    /// Keeps the tokens of who just logged in.
    async fn welcome(&self, tokens: &Tokens) -> Result<(Token, String)> {
        let access = checked(tokens)?;
        let identity = access.identity().map_err(|problem| Failure::new(TITLE, problem))?;
        let Some(email) = identity.email else {
            let text = "The identity provider's token names no e-mail address, by which the server \
                        knows people -- Please ask an administrator to have it in the tokens";
            return Err(Failure::new(TITLE, text));
        };
        let _lock = self.cache.lock().await?;
        self.keep(tokens)?;
        Ok((access, email))
    }

    /// Forgets the tokens.
    ///
    /// # Errors
    /// When they can't be removed.
    pub fn log_out(&self) -> Result<()> {
        self.cache.clear()
    }

    fn kept(&self, kind: Kind) -> Result<Option<Token>> {
        Ok(self.cache.read(kind)?.map(|text| Token::new(&text)))
    }

    fn keep(&self, tokens: &Tokens) -> Result<()> {
        // Were it killed in between, the refresh token would still be good.
        if let Some(refresh) = &tokens.refresh_token {
            self.cache.write(Kind::Refresh, refresh)?;
        }
        self.cache.write(Kind::Access, &tokens.access_token)
    }

    /// Gets another token, unless another command line just did.
    async fn renewed(&self) -> Result<Token> {
        let (token, refusal) = {
            let _lock = self.cache.lock().await?;
            if let Some(token) = self.kept(Kind::Access)?.filter(is_good) {
                return Ok(token);
            }
            // Before a refresh token is used up for what can't be kept.
            self.cache.check_room()?;
            self.without_a_person().await?
        };
        match token {
            Some(token) => Ok(token),
            None => self.by_a_person(refusal).await,
        }
    }

    /// Another token for one that ends soon, if there is a refresh token for it; else that one, which
    /// is good for now.
    async fn renewed_in_time(&self, token: Token) -> Token {
        if !matches!(self.kept(Kind::Refresh), Ok(Some(_))) {
            return token;
        }
        let Ok(_lock) = self.cache.lock().await else { return token };
        // Another command line may have been quicker.
        match self.kept(Kind::Access) {
            Ok(Some(kept)) if is_good(&kept) && !ends_soon(&kept) => return kept,
            _ => {}
        }
        match self.without_a_person().await {
            Ok((Some(renewed), _)) => renewed,
            _ => token,
        }
    }

    /// By the refresh token or the client's secret; or why not.
    async fn without_a_person(&self) -> Result<(Option<Token>, Option<String>)> {
        let provider = self.provider()?;
        let mut refusal = None;
        let refresh = self.kept(Kind::Refresh)?;
        if let Some(refresh) = refresh.filter(|token| token.is_expired(now()) != Some(true)) {
            match provider.refresh(refresh.text.reveal()).await? {
                Ok(tokens) => return self.kept_and_checked(&tokens),
                Err(refused) => refusal = Some(refused.to_string()),
            }
            // A command line that knows no lock may have been quicker.
            if let Some(token) = self.kept(Kind::Access)?.filter(is_good) {
                return Ok((Some(token), None));
            }
        }
        if provider.has_client_secret() {
            match provider.client_credentials().await? {
                Ok(tokens) => return self.kept_and_checked(&tokens),
                Err(refused) => refusal = Some(refused.to_string()),
            }
        }
        Ok((None, refusal))
    }

    fn kept_and_checked(&self, tokens: &Tokens) -> Result<(Option<Token>, Option<String>)> {
        let token = checked(tokens)?;
        self.keep(tokens)?;
        Ok((Some(token), None))
    }

    async fn by_a_person(&self, refusal: Option<String>) -> Result<Token> {
        if !io::stderr().is_terminal() {
            let why = refusal.map(|refusal| format!(" ({refusal})")).unwrap_or_default();
            let place = match self.withholds_secret {
                true => " where OIDC_DOMAIN and OIDC_CLIENT_ID are set: it goes to nobody else",
                false => "",
            };
            let text = format!(
                "There is no token that is still good{why}, and nobody at a terminal to log in -- \
                 Please run `jobbergate login`, or set OIDC_CLIENT_SECRET{place}"
            );
            return Err(Failure::new(TITLE, text));
        }
        let show = |device: &Device, is_open| {
            let (text, link) = waiting(device, is_open);
            output::tell_link("Waiting for login", &text, link);
            Ok(())
        };
        self.log_in(show).await.map(|(token, _)| token)
    }
}

/// The access token that is kept, which may have ended; nobody is asked for another.
///
/// # Errors
/// When it can't be read.
pub fn kept(settings: &Settings) -> Result<Option<Token>> {
    Ok(TokenCache::new(&settings.cache_dir).read(Kind::Access)?.map(|text| Token::new(&text)))
}

/// Removes the tokens that are kept in this directory.
///
/// # Errors
/// When they are there and can't be removed.
pub fn forget(cache_dir: &Path) -> Result<()> {
    TokenCache::new(cache_dir).clear()
}

/// What a person is told who is to log in.
pub fn waiting(device: &Device, is_open: bool) -> (String, &str) {
    let how = if is_open { "The link was opened in your browser; if not, open" } else { "Open" };
    let text = format!("{how} it to log in, within {} minutes:", device.expires_in / 60);
    (text, &device.verification_uri_complete)
}

/// The access token, if it is one that its end can be known of.
fn checked(tokens: &Tokens) -> Result<Token> {
    let token = Token::new(&tokens.access_token);
    match token.is_expired(now()) {
        Some(false) => Ok(token),
        Some(true) => Err(Failure::new(
            TITLE,
            "The identity provider gave a token that has ended already -- Please check this \
             machine's clock",
        )),
        None => Err(Failure::new(
            TITLE,
            "The identity provider's access token is not a JWT that says when it ends (`exp`)",
        )),
    }
}

fn is_good(token: &Token) -> bool {
    token.is_expired(now()) == Some(false)
}

/// Whether it may have ended before the command has. One that lasts for a few seconds only is no
/// reason to get another all the time.
fn ends_soon(token: &Token) -> bool {
    let soon = token.lifetime().map_or(SOON, |lifetime| SOON.min(lifetime / 4));
    token.is_expired(now() + soon) == Some(true)
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|now| now.as_secs()).unwrap_or_default()
}
