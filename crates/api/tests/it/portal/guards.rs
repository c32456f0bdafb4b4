//! Who may see and do what on all pages of the portal, and what keeps other sites out: one table, which
//! has a row for each route.

mod access;
mod forgery;
mod headers;
mod injection;
mod marks;
mod table;

use jobbergate_api::permission::Permission;
use serde_json::{Value, json};

use self::table::{Kind, Row};
use super::external::{begin, come_back};
use crate::{
    support::{Actor, Answer, IssuerApp, users_permissions},
    web::browser::{Browser, Form, form},
};

/// What alice owns.
struct Things {
    alice: Actor,
    template: i64,
    script: i64,
    submission: i64,
}

impl Things {
    async fn of(app: &IssuerApp, organization: Option<&str>) -> Self {
        let alice = app.bearer(&token(app, "alice", organization, &users_permissions()));
        let files = [("job.sh.j2", "#!/bin/bash\necho {{ x }}\n"), ("data.txt", "1 2 3\n")];
        let template = alice.has_template("heat", &files).await;
        let questions = json!({"questions": []}).to_string();
        alice.has_workflow(template, "jobbergate_config = {}\n", &questions).await.ok();
        let script = alice.has_script("run", "#!/bin/bash\necho 1\n").await;
        let submission = alice.has_submission(script, "cluster").await;
        Self { alice, template, script, submission }
    }

    /// A row's address.
    fn address(&self, row: &Row) -> String {
        let id = match row.path.split('/').nth(1) {
            Some("applications") => self.template,
            Some("scripts") => self.script,
            _ => self.submission,
        };
        let path = row.path.replace("{id}", &id.to_string()).replace("{*name}", "job.sh.j2");
        let path = path.replace("{client_id}", "none").replace("{name}", "none");
        let path = path.replace("{action}", "delete");
        format!("{path}{}", row.query)
    }

    /// All that is kept of them, to see whether anything changed.
    async fn snapshot(&self) -> Value {
        let mut all = Vec::new();
        for path in [
            format!("/job-script-templates/{}", self.template),
            format!("/job-script-templates/{}/upload/template/job.sh.j2", self.template),
            "/job-script-templates?include_null_identifier=true".to_owned(),
            format!("/job-scripts/{}", self.script),
            format!("/job-scripts/{}/upload/run.sh", self.script),
            "/job-scripts".to_owned(),
            format!("/job-submissions/{}", self.submission),
            "/job-submissions".to_owned(),
        ] {
            let answer = self.alice.get(&path).await;
            all.push(json!([path, answer.status.as_u16(), answer.text]));
        }
        Value::Array(all)
    }
}

/// The same and those of an administrator.
fn all_permissions() -> Vec<&'static str> {
    let mut all = users_permissions();
    all.extend([Permission::Admin.as_str(), Permission::Maintainer.as_str()]);
    all
}

/// The claims of somebody at the provider.
fn claims(name: &str, organization: Option<&str>, permissions: &[&str]) -> Value {
    let mut claims = json!({"sub": name, "email": format!("{name}@example.com"), "jti": name,
                            "permissions": permissions});
    if let Some(organization) = organization {
        claims["organization"] = json!({organization: {}});
    }
    claims
}

fn token(app: &IssuerApp, name: &str, organization: Option<&str>, permissions: &[&str]) -> String {
    let mut claims = claims(name, organization, permissions);
    claims["exp"] = (app.clock.now() + chrono::TimeDelta::days(2)).timestamp().into();
    app.issuer.token(claims).unwrap()
}

/// The browser of somebody who is signed in with these permissions.
async fn signed_in(
    app: &IssuerApp,
    name: &str,
    organization: Option<&str>,
    permissions: &[&str],
) -> Browser {
    let mut browser = Browser::new(app);
    let asked = begin(&mut browser, "/").await;
    let access = claims(name, organization, permissions);
    let issued = app.issued_with(&asked.query["nonce"], name, access, json!({"sub": name}));
    super::external::issue(app, issued);
    come_back(&mut browser, &asked).await.expect(303);
    browser
}

/// What forms of this browser must carry.
async fn form_token(browser: &mut Browser) -> String {
    let page = browser.open("/").await;
    form(&page, "/sign-out").fields[0].1.clone()
}

/// Opens a page, or sends its form with this token.
async fn try_row(browser: &mut Browser, row: &Row, address: &str, token: Option<&str>) -> Answer {
    match row.kind {
        Kind::Page => browser.open(address).await,
        Kind::Form => browser.post(&filled(row, address, token)).await,
        Kind::Upload => {
            let files = [("files", "new.txt", &b"new"[..])];
            browser.upload(&filled(row, address, token), &files).await
        }
    }
}

fn filled(row: &Row, address: &str, token: Option<&str>) -> Form {
    let mut fields: Vec<_> = row.fields.iter().map(|(name, it)| pair(name, it)).collect();
    fields.extend(token.map(|token| pair("form_token", token)));
    Form { action: address.to_owned(), fields }
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
