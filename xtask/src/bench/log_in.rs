//! Logging in on the page, as a browser without JavaScript does.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ureq::Agent;

/// What the cookie of a session is called, by HTTP.
const SESSION: &str = "jobbergate-session=";

/// A log-in page, filled in.
#[derive(Debug)]
pub(super) struct LogIn {
    http: Agent,
    url: String,
    cookie: String,
    fields: [(&'static str, String); 4],
}

impl LogIn {
    /// Opens the page.
    pub(super) fn open(server: &str, email: &str, password: &str) -> Result<Self> {
        let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(60)));
        let config =
            config.http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
        let http: Agent = config.build().into();
        let url = format!("{server}/realms/jobbergate/login");
        let mut page = http.get(&url).call()?;
        let cookie = page.headers().get("set-cookie").context("the page sets no cookie")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default().to_owned();
        let html = page.body_mut().read_to_string()?;
        let value = |name: &str| {
            let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\""))?;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let fields = [
            ("form_token", value("form_token").context("the form has no token")?),
            ("next", value("next").context("the form leads nowhere")?),
            ("email", email.to_owned()),
            ("password", password.to_owned()),
        ];
        Ok(Self { http, url, cookie, fields })
    }

    /// Sends the form, which must be welcome; gives the cookie of the session.
    pub(super) fn send(self) -> Result<String> {
        let Self { http, url, cookie, fields } = self;
        let mut answer = http.post(&url).header("Cookie", cookie).send_form(fields)?;
        let status = answer.status().as_u16();
        ensure!(
            status == 303,
            "a log-in is answered {status}: {}",
            answer.body_mut().read_to_string()?
        );
        let cookies = answer.headers().get_all("set-cookie").iter();
        let mut cookies = cookies.filter_map(|it| it.to_str().ok()?.split(';').next());
        let session = cookies.find(|it| it.starts_with(SESSION));
        Ok(session.context("the log-in sets no cookie")?.to_owned())
    }
}
