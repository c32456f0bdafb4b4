//! Alice's browser, in which she lets a program in.

use std::{collections::BTreeMap, io::Write, process::Stdio};

use reqwest::{Client, RequestBuilder, Response, header, redirect::Policy};

use super::world::World;

const PASSWORD: &str = "correct horse battery staple";

pub struct Visitor {
    http: Client,
    server: String,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// Alice, who has an account.
    pub fn alice(world: &World) -> Self {
        let mut create = world.admin_command();
        create.args(["user", "create", "alice@example.com", "--password-stdin"]);
        let mut child = create.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { http, server: format!("http://{}", world.address), cookies: BTreeMap::new() }
    }

    /// Opens a link and logs in; the page that the link leads to then.
    async fn log_in(&mut self, link: &str) -> String {
        let page = self.get(link).await;
        let (token, next) = (hidden(&page, "form_token"), hidden(&page, "next"));
        let form = [
            ("form_token", token.as_str()),
            ("next", &next),
            ("email", "alice@example.com"),
            ("password", PASSWORD),
        ];
        self.post("/realms/jobbergate/login", &form).await;
        self.get(link).await
    }

    /// Opens the link that a program shows, logs in and decides.
    pub async fn decide(&mut self, link: &str, decision: &str) {
        let page = self.log_in(link).await;
        let (token, code) = (hidden(&page, "form_token"), hidden(&page, "user_code"));
        let form = [("form_token", token.as_str()), ("user_code", &code), ("decision", decision)];
        self.post("/realms/jobbergate/device", &form).await;
    }

    /// Opens the link of a program that waits for this browser on the same machine, logs in and
    /// decides; what the program has the browser show.
    pub async fn decide_and_come_back(&mut self, link: &str, decision: &str) -> String {
        let page = self.log_in(link).await;
        let (token, request) = (hidden(&page, "form_token"), hidden(&page, "request"));
        let form = [("form_token", token.as_str()), ("request", &request), ("decision", decision)];
        let back = self.post("/realms/jobbergate/consent", &form).await;
        self.get(&back).await
    }

    async fn get(&mut self, link: &str) -> String {
        let mut answer = self.send(self.http.get(link)).await;
        while let Some(location) = answer.headers().get(header::LOCATION) {
            let location = location.to_str().unwrap().to_owned();
            let url = if location.starts_with('/') {
                format!("{}{location}", self.server)
            } else {
                location
            };
            answer = self.send(self.http.get(url)).await;
        }
        answer.text().await.unwrap()
    }

    /// Where it leads.
    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> String {
        let request = self.http.post(format!("{}{path}", self.server)).form(form);
        let answer = self.send(request).await;
        let status = answer.status().as_u16();
        let location = answer.headers().get(header::LOCATION).cloned();
        assert_eq!(status, 303, "{path}: {}", answer.text().await.unwrap());
        location.unwrap().to_str().unwrap().to_owned()
    }

    async fn send(&mut self, request: RequestBuilder) -> Response {
        let held: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(header::COOKIE, held.join("; ")).send().await.unwrap();
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

fn hidden(page: &str, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&")
}
