use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use jobbergate_testkit::smtp::Smtp;

/// What the server answers to these lines, each with its code.
fn talk(smtp: &Smtp, lines: &[&str]) -> Vec<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", smtp.port)).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut answer = move || answers.next().unwrap().unwrap().chars().take(3).collect();
    let mut all = vec![answer()];
    for line in lines {
        stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        all.push(answer());
    }
    all
}

const MESSAGE: &str = "Subject: =?utf-8?q?caf=C3=A9?=\r\n\r\nhello\r\n.";

#[test]
fn what_is_sent_can_be_read() {
    let smtp = Smtp::start().unwrap();
    let lines =
        ["HELO me", "MAIL FROM:<a@b.co>", "RCPT TO:<alice@b.co>", "RCPT TO:<nobody@b.co>", "DATA"];

    let answers = talk(&smtp, &[&lines[..], &[MESSAGE]].concat());

    assert_eq!(answers, ["220", "250", "250", "250", "550", "354", "250"]);
    let received = smtp.received().unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!((received[0].sender.as_str(), received[0].text.as_str()), ("a@b.co", "hello\n"));
    assert_eq!(received[0].recipients, ["alice@b.co"]);
    assert_eq!(received[0].header("subject"), Some("café"));
}

#[test]
fn a_busy_server_refuses_for_now() {
    let smtp = Smtp::start().unwrap();
    let lines = ["HELO me", "MAIL FROM:<a@b.co>", "RCPT TO:<alice@b.co>"];
    smtp.set_busy(true).unwrap();
    assert_eq!(talk(&smtp, &lines), ["220", "250", "250", "451"]);
    smtp.set_busy(false).unwrap();
    assert_eq!(talk(&smtp, &lines), ["220", "250", "250", "250"]);
}

#[test]
fn a_server_with_credentials_refuses_strangers() {
    let smtp = Smtp::with_credentials("user", "secret").unwrap();
    assert_eq!(talk(&smtp, &["HELO me", "MAIL FROM:<a@b.co>"]), ["220", "250", "530"]);
}
