//! People and agents, and what they ask of the server.

use std::net::SocketAddr;

use reqwest::{Method, RequestBuilder, multipart};
use serde_json::{Value, json};

use super::Answer;

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Actor {
    address: SocketAddr,
    token: Option<String>,
    http: reqwest::Client,
}

impl Actor {
    pub(super) fn new(address: SocketAddr, token: Option<String>) -> Self {
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { address, token, http }
    }

    /// Somebody with a token, at whichever server.
    pub fn at(address: SocketAddr, token: &str) -> Self {
        Self::new(address, Some(token.to_owned()))
    }

    /// Whether the server is there.
    pub async fn answers(&self) -> bool {
        self.request(Method::GET, "/health").send().await.is_ok()
    }

    /// The token that the actor's requests carry.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A request for a path below `/jobbergate`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request =
            self.http.request(method, format!("http://{}/jobbergate{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::read(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Sends a file as the form field `upload_file`.
    pub async fn upload(&self, path: &str, filename: &str, content: impl Into<Vec<u8>>) -> Answer {
        let file = multipart::Part::bytes(content.into()).file_name(filename.to_owned());
        let form = multipart::Form::new().part("upload_file", file);
        self.send(self.request(Method::PUT, path).multipart(form)).await
    }

    /// Creates a template with these files; the first is the entrypoint. Returns its number.
    pub async fn has_template(&self, identifier: &str, files: &[(&str, &str)]) -> i64 {
        let body = json!({"name": identifier, "identifier": identifier});
        let id = self.post("/job-script-templates", body).await.created()["id"].as_i64().unwrap();
        for (index, (name, content)) in files.iter().enumerate() {
            let kind = if index == 0 { "ENTRYPOINT" } else { "SUPPORT" };
            let path = format!("/job-script-templates/{id}/upload/template/{kind}");
            self.upload(&path, name, *content).await.ok();
        }
        id
    }

    /// Uploads the workflow file of a template, with settings as JSON.
    pub async fn has_workflow(&self, template: i64, content: &str, settings: &str) -> Answer {
        let file = multipart::Part::bytes(content.as_bytes().to_vec()).file_name("jobbergate.py");
        let form = multipart::Form::new()
            .part("upload_file", file)
            .text("runtime_config", settings.to_owned());
        let path = format!("/job-script-templates/{template}/upload/workflow");
        self.send(self.request(Method::PUT, &path).multipart(form)).await
    }

    /// Creates a script with an entrypoint of this content. Returns its number.
    pub async fn has_script(&self, name: &str, content: &str) -> i64 {
        let id = self.post("/job-scripts", json!({"name": name})).await.created()["id"]
            .as_i64()
            .unwrap();
        let path = format!("/job-scripts/{id}/upload/ENTRYPOINT");
        self.upload(&path, "run.sh", content).await.ok();
        id
    }

    /// Creates a submission of a script to a cluster. Returns its number.
    pub async fn has_submission(&self, script: i64, cluster: &str) -> i64 {
        let body = json!({"name": "job", "job_script_id": script, "client_id": cluster});
        self.post("/job-submissions", body).await.created()["id"].as_i64().unwrap()
    }
}
