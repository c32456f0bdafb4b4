//! Compares the upload checks with recorded answers of the reference implementations.
//!
//! `cargo run --release -p jobbergate-api --example file_checks -- python|yaml FILE.json`

use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jobbergate_api::file_checks::check;
use serde::Deserialize;

/// One recorded answer.
#[derive(Deserialize)]
struct Case {
    /// The file, base64.
    b64: String,
    /// Whether the reference accepts it.
    ok: bool,
    /// Why the reference refuses it.
    err: Option<String>,
}

/// Whether our check and the reference agree; prints both answers where they don't.
fn agrees(filename: &str, case: &Case) -> anyhow::Result<bool> {
    let content = STANDARD.decode(&case.b64)?;
    let ours = check(filename, &content);
    if ours.is_ok() == case.ok {
        return Ok(true);
    }
    let start: String = String::from_utf8_lossy(&content).chars().take(200).collect();
    let ours = ours.map_or_else(|problem| problem.to_string(), |()| "ok".to_owned());
    let theirs = case.err.as_deref().unwrap_or("ok");
    println!("{start:?}\n  ours:      {ours}\n  reference: {theirs}");
    Ok(false)
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filename = match arguments.first().map(String::as_str) {
        Some("python") => "case.py",
        Some("yaml") => "case.yaml",
        _ => anyhow::bail!("usage: file_checks python|yaml FILE.json"),
    };
    let Some(path) = arguments.get(1) else {
        anyhow::bail!("usage: file_checks python|yaml FILE.json");
    };
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let mut agreed = 0;
    for case in &cases {
        agreed += usize::from(agrees(filename, case)?);
    }
    println!("agree {agreed} of {}", cases.len());
    let enough = agreed * 100 >= cases.len() * 99;
    Ok(if enough { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
