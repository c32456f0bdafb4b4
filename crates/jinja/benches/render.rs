//! Parsing and rendering of a 4 KB job script, with Python's Jinja2 measured beside.
//!
//! `cargo bench -p jobbergate-jinja` needs a `python3` that can import jinja2; `PYTHON` may name
//! another one.

use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

use jobbergate_jinja::{Environment, Limits};
use serde_json::{Map, Value as Json};

const TEMPLATE: &str = include_str!("job_script.j2");
const CONTEXT: &str = include_str!("job_script.json");
const DRIVER: &str = include_str!("python.py");

fn main() -> Result<(), Box<dyn Error>> {
    let context: Map<String, Json> = serde_json::from_str(CONTEXT)?;
    let environment = Environment::new(Limits::default());
    let text = environment.parse(TEMPLATE)?.render(&context)?;
    // A new environment has parsed nothing yet.
    let parse = measure(|| Environment::new(Limits::default()).parse(TEMPLATE).map(drop))?;
    let template = environment.parse(TEMPLATE)?;
    let render = measure(|| template.render(&context).map(drop))?;
    println!("template {} bytes, text {} bytes", TEMPLATE.len(), text.len());
    println!("this crate       parse {parse:>10.2?}   render {render:>10.2?}");
    compare(&text, parse, render)
}

/// The best time of one call over half a second.
fn measure<E>(mut call: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    let start = Instant::now();
    let mut best = Duration::MAX;
    while start.elapsed() < Duration::from_millis(500) {
        let begun = Instant::now();
        for _ in 0..10 {
            call()?;
        }
        best = best.min(begun.elapsed() / 10);
    }
    Ok(best)
}

/// Measures Python's Jinja2 on the same template and prints how many times longer it takes.
fn compare(text: &str, parse: Duration, render: Duration) -> Result<(), Box<dyn Error>> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/benches");
    let output = Command::new(python).args(["-c", DRIVER]).current_dir(directory).output()?;
    if !output.status.success() {
        println!("Python's Jinja2 could not be measured; is it installed?");
        return Ok(());
    }
    let measured: Json = serde_json::from_slice(&output.stdout)?;
    let seconds = |name: &str| Duration::from_secs_f64(measured[name].as_f64().unwrap_or(0.0));
    let (their_parse, their_render) = (seconds("parse"), seconds("render"));
    println!("Python's Jinja2  parse {their_parse:>10.2?}   render {their_render:>10.2?}");
    let times = |theirs: Duration, ours: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
    println!(
        "faster by        parse {:>9.1}x   render {:>9.1}x",
        times(their_parse, parse),
        times(their_render, render)
    );
    println!("the same text: {}", measured["text"] == text);
    Ok(())
}
