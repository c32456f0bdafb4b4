//! External identity providers, by the variables of an administrator: what the log says of them.

use std::fs;

use jobbergate_testkit::issuer::{Behaviour, Issuer};
use serde_json::{Value, json};

use crate::support::{Process, program};

/// A server in `directory`, whose file `.env` names these providers.
fn server(directory: &std::path::Path, issuers: &str) -> (Process, String) {
    fs::write(directory.join(".env"), format!("JOBBERGATE_OIDC_ISSUERS='{issuers}'\n")).unwrap();
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    serve.current_dir(directory).arg("--data-dir").arg(directory.join("data"));
    let process = Process::start(serve, &directory.join("log"));
    let url = process.said("listening")["url"].as_str().unwrap().to_owned();
    (process, url)
}

async fn status(url: &str, token: &str) -> u16 {
    let request = reqwest::Client::new().get(format!("{url}/jobbergate/job-scripts"));
    request.bearer_auth(token).send().await.unwrap().status().as_u16()
}

fn lines(process: &Process, message: &str) -> usize {
    process.log().lines().filter(|line| line.contains(message)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_what_a_provider_lacks_and_not_at_each_request() {
    let (issuer, directory) = (Issuer::start().await.unwrap(), tempfile::tempdir().unwrap());
    issuer.behave(Behaviour::Failing);
    let entry = json!([{"url": issuer.url(), "permissions_claim": "realm_access.roles",
                        "roles": "hpc-users=user", "audience": "jobbergate"}]);
    // As somebody would write it, over several lines.
    let (process, url) = server(directory.path(), &format!("{entry:#}"));
    let down = "the identity provider's keys could not be fetched; those that are known stay good, \
                and it is asked again when a token comes";
    let said = process.said(down);
    assert!(said["url"].as_str().unwrap().starts_with(issuer.url()), "{said}");
    assert!(said["error"].as_str().unwrap().contains("503"), "{said}");

    let claims = |roles: Value, aud: &str| json!({"sub": "s", "email": "alice@lab.co", "aud": aud, "realm_access": {"roles": roles}});
    let good = issuer.token(claims(json!(["hpc-users"]), "jobbergate")).unwrap();
    assert_eq!(status(&url, &good).await, 401);
    issuer.behave(Behaviour::Serving);
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    assert_eq!(status(&url, &good).await, 200);
    let said = process.said("tokens of this identity provider are trusted");
    assert_eq!(said["permissions"], "realm_access.roles", "{said}");

    for number in 0..5 {
        let roles = json!(["hpc-user", format!("other-{number}")]);
        let nobody = issuer.token(claims(roles, "jobbergate")).unwrap();
        assert_eq!(status(&url, &nobody).await, 403);
        let wiki = issuer.token(claims(json!([number]), "wiki")).unwrap();
        assert_eq!(status(&url, &wiki).await, 401);
        let header = json!({"alg": "RS256", "kid": format!("unknown-{number}")});
        let unknown = issuer.sign(&header, &json!({"sub": "s", "iss": issuer.url()})).unwrap();
        assert_eq!(status(&url, &unknown).await, 401);
        let mut stranger = claims(json!([number]), "jobbergate");
        stranger["iss"] = json!("https://elsewhere");
        assert_eq!(status(&url, &issuer.token(stranger).unwrap()).await, 401);
    }
    let said = process.said("a token permits nothing");
    assert_eq!(said["claim"], "realm_access.roles", "{said}");
    assert_eq!(said["found"], r#"["hpc-user","other-0"]"#, "{said}");
    let said = process.said("a token was refused");
    assert_eq!((&said["claim"], &said["found"]), (&json!("aud"), &json!("\"wiki\"")), "{said}");
    for message in [
        down,
        "a token permits nothing",
        "a token was refused",
        "a token names a key that the provider does not publish",
        "a token of an issuer that is not trusted was refused",
    ] {
        assert_eq!(lines(&process, message), 1, "{message}");
    }
    assert!(process.stop());
}

/// Names in a claim of the provider's own, which nothing says the meaning of.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_no_permissions_are_reported_once_a_minute() {
    let issuer = Issuer::start().await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let list = json!([{"url": issuer.url(), "permissions_claim": "realm_access.roles"}]);
    let mut serve = program();
    serve.args(["serve", "--listen", "localhost:0", "--log-format", "json", "--data-dir"]);
    serve.arg(data.path()).env("JOBBERGATE_OIDC_ISSUERS", list.to_string());
    let process = Process::start(serve, &data.path().join("log"));
    let url = process.said("listening")["url"].as_str().unwrap().to_owned();
    let token = |roles: Value| {
        let claims = json!({"sub": "s", "email": "alice@lab.co", "realm_access": {"roles": roles}});
        issuer.token(claims).unwrap()
    };
    let reader = token(json!(["x", "jobbergate:job-scripts:read"]));
    assert_eq!(status(&url, &reader).await, 200);
    assert_eq!(status(&url, "garbage").await, 401);
    assert_eq!(status(&url, "a.b.c").await, 401);
    for _ in 0..3 {
        assert_eq!(status(&url, &token(json!(["hpc-users"]))).await, 403);
    }
    let said = process.said("a token permits nothing");
    assert_eq!(said["found"], r#"["hpc-users"]"#, "{said}");
    assert_eq!(said["mapped"], false, "{said}");
    assert_eq!(lines(&process, "a token permits nothing"), 1);
    // What is no token at all is nobody's.
    assert_eq!(lines(&process, "a token of an issuer that is not trusted was refused"), 0);
    assert!(process.stop());
}
