//! What the server fetches for its users, and which way.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use crate::support::{Process, program};

/// A listener that answers every connection with a file of this content, and tells of each.
fn answering(content: &'static str) -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = tell.send(());
            let _ = stream.read(&mut [0; 4096]);
            let length = content.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all((head + content).as_bytes());
        }
    });
    (address, told)
}

/// Sends a request with a JSON body; the answer as it is.
fn ask(server: &str, token: &str, first_line: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    let length = body.len();
    let request = format!(
        "{first_line} HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n\
         {body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_proxy_of_the_environment_is_no_way_around_the_check_of_addresses() {
    let (file, _) = answering("from the file's server");
    let (proxy, used) = answering("from the proxy");
    let data = tempfile::tempdir().unwrap();
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"]);
    serve.arg(data.path()).env("UPLOAD_BY_URL_ALLOWED_HOSTS", "127.0.0.1");
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        serve.env(variable, format!("http://{proxy}"));
    }
    let server = Process::start(serve, &data.path().join("log"));
    let address = server.said("listening")["address"].as_str().unwrap().to_owned();
    let mut token = program();
    token.args(["admin", "token", "--email", "alice@example.com", "--data-dir"]).arg(data.path());
    let token = String::from_utf8(token.output().unwrap().stdout).unwrap();
    let ask = |first_line: &str, body: &str| ask(&address, token.trim(), first_line, body);

    let created = ask("POST /jobbergate/job-scripts", r#"{"name": "s"}"#);
    assert!(created.starts_with("HTTP/1.1 201"), "{created}");
    let by_url = "/jobbergate/job-scripts/1/upload-by-url/SUPPORT?file_url=http://";
    let fetched = ask(&format!("PUT {by_url}{file}/a.txt"), "");
    assert!(fetched.starts_with("HTTP/1.1 200"), "{fetched}");
    let found = ask("GET /jobbergate/job-scripts/1/upload/a.txt", "");
    assert!(found.ends_with("\r\n\r\nfrom the file's server"), "{found}");
    let refused = ask(&format!("PUT {by_url}127.0.0.2/a.txt"), "");
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    assert!(used.try_recv().is_err());
}

#[test]
fn a_host_that_makes_no_sense_keeps_the_server_from_starting() {
    let directory = tempfile::tempdir().unwrap();
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(directory.path());
    serve.env("UPLOAD_BY_URL_ALLOWED_HOSTS", "files.example.com,10.0.0.0/33");
    let output = serve.output().unwrap();
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("UPLOAD_BY_URL_ALLOWED_HOSTS is wrong: \"10.0.0.0/33\""), "{words}");
}
