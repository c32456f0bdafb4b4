//! Browsers in which somebody is signed in.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ureq::{Agent, Body, http::Response};

/// A page is there by then, or something is wrong.
const DEADLINE: Duration = Duration::from_secs(30);

/// Asks for one thing after the other, over one connection.
#[derive(Debug)]
pub(super) struct Browser {
    http: Agent,
    server: String,
    cookie: String,
}

impl Browser {
    pub(super) fn new(server: &str, cookie: &str) -> Self {
        let config = Agent::config_builder().timeout_global(Some(DEADLINE));
        let config = config.http_status_as_error(false).max_redirects(0);
        let config = config.max_idle_connections_per_host(1);
        let (server, cookie) = (server.to_owned(), cookie.to_owned());
        Self { http: config.build().into(), server, cookie }
    }

    /// A page, as text.
    pub(super) fn open(&self, path: &str) -> Result<String> {
        let request = self.http.get(self.url(path)).header("Cookie", &self.cookie);
        let answer = request.header("Accept", "text/html").call();
        Ok(String::from_utf8(read(path, answer)?)?)
    }

    /// What comes back for a form.
    pub(super) fn send(&self, path: &str, fields: &[(String, String)]) -> Result<String> {
        let request = self.http.post(self.url(path)).header("Cookie", &self.cookie);
        let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let answer = request.header("HX-Request", "true").send_form(fields);
        Ok(String::from_utf8(read(path, answer)?)?)
    }

    /// How many bytes there are of something, as it is sent to browsers.
    pub(super) fn weigh(&self, path: &str) -> Result<usize> {
        let request = self.http.get(self.url(path)).header("Cookie", &self.cookie);
        let request = request.header("Accept", "text/html,*/*;q=0.8");
        let answer = request.header("Accept-Encoding", "gzip, deflate, br, zstd").call();
        Ok(read(path, answer)?.len())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }
}

fn read(path: &str, answer: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>> {
    let mut answer = answer.with_context(|| format!("can't ask the server for {path}"))?;
    let (status, body) = (answer.status(), answer.body_mut().read_to_vec()?);
    ensure!(status == 200, "{path} is answered {status}: {}", String::from_utf8_lossy(&body));
    Ok(body)
}

/// The fields of the form on a page that its script sends, as far as they are inputs with a value.
pub(super) fn inputs(page: &str) -> Vec<(String, String)> {
    let tags = page.split("<input ").skip(1).filter_map(|rest| rest.split('>').next());
    let field = |tag: &str| Some((attribute(tag, "name")?, attribute(tag, "value")?));
    tags.filter_map(field).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_inputs_with_a_value() {
        let page = r#"<p><input type="hidden" name="a" value="1"><input name="b"> <input name="c" value="">"#;
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(inputs(page), [field("a", "1"), field("c", "")]);
    }
}
