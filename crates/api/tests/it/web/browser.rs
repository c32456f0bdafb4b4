//! A browser: it keeps cookies, and sends the forms of the pages that it was given.

use std::collections::BTreeMap;

use regex::Regex;
use reqwest::{Client, header, redirect::Policy};

use crate::{
    identity::story::PASSWORD,
    support::{Answer, TestApp},
};

const BOUNDARY: &str = "------------a-boundary-of-forms";

#[derive(Clone)]
pub struct Browser {
    http: Client,
    /// What comes before paths.
    server: String,
    cookies: BTreeMap<String, String>,
    /// Where the browser is, or whence the last answer came.
    pub at: String,
}

/// A form on a page.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        Self {
            http: Client::builder().redirect(Policy::none()).build().unwrap(),
            server: format!("http://{}", app.address),
            cookies: BTreeMap::new(),
            at: String::new(),
        }
    }

    /// One in which somebody with the password of all has logged in.
    pub async fn of(app: &TestApp, email: &str) -> Self {
        let mut browser = Self::new(app);
        browser.log_in(email, PASSWORD).await.expect(303);
        browser
    }

    pub async fn log_in(&mut self, email: &str, password: &str) -> Answer {
        let page = self.open("/realms/jobbergate/login").await.expect(200);
        self.submit(&page, "login", &[("email", email), ("password", password)]).await
    }

    /// What is at a path or an address.
    pub async fn open(&mut self, path: &str) -> Answer {
        let request = self.http.get(self.url(path)).header(header::ACCEPT, "text/html");
        self.send(path, request).await
    }

    /// What is at a path, as it comes, for a script of the page.
    pub async fn stream(&self, path: &str) -> reqwest::Response {
        self.asks(path, "*/*").await
    }

    /// The same as bytes.
    pub async fn fetch(&self, path: &str) -> reqwest::Response {
        self.asks(path, "application/octet-stream").await
    }

    /// The same as JSON.
    pub async fn fetch_json(&self, path: &str) -> serde_json::Value {
        self.asks(path, "application/json").await.json().await.unwrap()
    }

    async fn asks(&self, path: &str, accept: &str) -> reqwest::Response {
        let held: Vec<_> = self.cookies.iter().map(|(name, it)| format!("{name}={it}")).collect();
        let request = self.http.get(self.url(path)).header(header::ACCEPT, accept);
        let request = request.header("hx-request", "true").header(header::COOKIE, held.join("; "));
        request.send().await.unwrap()
    }

    /// Goes on to where an answer says.
    pub async fn follow(&mut self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{answer:?}");
        let to = answer.header("location").unwrap().to_owned();
        self.open(&to).await
    }

    /// Fills in the first form of a page whose action ends like this, and sends it.
    pub async fn submit(&mut self, page: &Answer, action: &str, filled: &[(&str, &str)]) -> Answer {
        let mut form = form(page, action);
        for (name, value) in filled {
            form.fields.retain(|(known, _)| known != name);
            form.fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.post(&form).await
    }

    /// The same with a form whose page asks first whether it is meant, and it is.
    pub async fn submit_surely(&mut self, page: &Answer, action: &str) -> Answer {
        let asked = self.submit(page, action, &[]).await.expect(200);
        assert_eq!(heading(&asked), "Are you sure?");
        self.submit(&asked, action, &[]).await
    }

    pub async fn post(&mut self, form: &Form) -> Answer {
        self.post_from(form, &[]).await
    }

    /// Sends a form with more headers.
    pub async fn post_from(&mut self, form: &Form, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.http.post(self.url(&form.action)).form(&form.fields);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(&form.action.clone(), request).await
    }

    /// Sends a form with files: the field, the name and the content of each.
    pub async fn upload(&mut self, form: &Form, files: &[(&str, &str, &[u8])]) -> Answer {
        // By hand: the client's own forms nest a stream for each field, which thousands of overflow.
        let mut body = Vec::new();
        let mut part = |disposition: String, content: &[u8]| {
            let head =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
            body.extend([head.as_bytes(), content, b"\r\n"].concat());
        };
        let quoted =
            |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        for (name, value) in &form.fields {
            part(format!("name=\"{}\"", quoted(name)), value.as_bytes());
        }
        for (field, name, content) in files {
            part(format!("name=\"{}\"; filename=\"{}\"", quoted(field), quoted(name)), content);
        }
        body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request =
            self.http.post(self.url(&form.action)).header("content-type", kind).body(body);
        self.send(&form.action.clone(), request).await
    }

    /// A cookie that the browser keeps.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    fn url(&self, path: &str) -> String {
        match path.starts_with('/') {
            true => format!("{}{path}", self.server),
            false => path.to_owned(),
        }
    }

    async fn send(&mut self, path: &str, request: reqwest::RequestBuilder) -> Answer {
        let held: Vec<_> = self.cookies.iter().map(|(name, it)| format!("{name}={it}")).collect();
        let request = request.header(header::COOKIE, held.join("; "));
        let request = request.header(header::USER_AGENT, "Firefox");
        let answer = Answer::read(request.send().await.unwrap()).await;
        self.at = path.to_owned();
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => drop(self.cookies.remove(name)),
                value => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        answer
    }
}

/// The first form of a page whose action ends like this, with the values of its inputs.
#[track_caller]
pub fn form(page: &Answer, action: &str) -> Form {
    forms(page, action).into_iter().next().unwrap_or_else(|| panic!("no {action} in {}", page.text))
}

pub fn forms(page: &Answer, action: &str) -> Vec<Form> {
    let form = Regex::new(r#"(?s)<form[^>]* action="([^"]*)"[^>]*>(.*?)</form>"#).unwrap();
    let input = Regex::new("<input[^>]*>").unwrap();
    let attribute = |name: &str, tag: &str| {
        let found = Regex::new(&format!(r#" {name}="([^"]*)""#)).unwrap().captures(tag)?;
        Some(plain(&found[1]))
    };
    let found = form.captures_iter(&page.text).filter(|found| found[1].ends_with(action));
    let read = |found: regex::Captures<'_>| {
        let inputs = input.find_iter(found.get(2).unwrap().as_str());
        let value = |tag: &str| attribute("value", tag).unwrap_or_default();
        let fields = inputs
            .filter_map(|tag| Some((attribute("name", tag.as_str())?, value(tag.as_str()))))
            .collect();
        Form { action: plain(&found[1]), fields }
    };
    found.map(read).collect()
}

/// Text without HTML's escapes.
pub fn plain(html: &str) -> String {
    [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
        .into_iter()
        .fold(html.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

/// Why a page says that something was not done.
#[track_caller]
pub fn problem(page: &Answer) -> String {
    let words = Regex::new(r#"<p (?:class="problem"|role="alert")[^>]*>([^<]*)</p>"#).unwrap();
    let found = words.captures(&page.text).unwrap_or_else(|| panic!("no problem in {}", page.text));
    plain(&found[1])
}

/// The heading of a page.
#[track_caller]
pub fn heading(page: &Answer) -> String {
    let found = Regex::new("<h1>([^<]*)</h1>").unwrap().captures(&page.text);
    plain(&found.unwrap_or_else(|| panic!("no heading in {}", page.text))[1])
}
