//! Parsing and rendering of job scripts of 4 KB, with Python's Jinja2 measured beside.
//!
//! `cargo bench -p jobbergate-jinja` needs a `python3` that can import jinja2; `PYTHON` may name
//! another one.

use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

use jobbergate_jinja::{Environment, Limits};
use serde_json::{Map, Value as Json};
use tikv_jemallocator::Jemalloc;

/// What the server runs with; Python has an allocator of its own, too.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// The name of a template, its source and its variables.
type Script = (&'static str, &'static str, &'static str);

const SCRIPTS: [Script; 4] = [
    ("job_script", include_str!("job_script.j2"), include_str!("job_script.json")),
    ("sweep", include_str!("sweep.j2"), include_str!("sweep.json")),
    ("filters", include_str!("filters.j2"), include_str!("filters.json")),
    ("text", include_str!("text.j2"), include_str!("text.json")),
];
const DRIVER: &str = include_str!("python.py");

fn main() -> Result<(), Box<dyn Error>> {
    let theirs = measure_python();
    for script in SCRIPTS {
        compare(script, &theirs)?;
    }
    if theirs.is_null() {
        println!("Python's Jinja2 could not be measured; is it installed?");
    }
    Ok(())
}

/// Measures a script, and prints how many times longer Python takes.
fn compare((name, source, context): Script, theirs: &Json) -> Result<(), Box<dyn Error>> {
    let context: Map<String, Json> = serde_json::from_str(context)?;
    // A new environment has parsed nothing yet.
    let parse = measure(|| Environment::new(Limits::default()).parse(source).map(drop))?;
    let template = Environment::new(Limits::default()).parse(source)?;
    let render = measure(|| template.render(&context).map(drop))?;
    let text = template.render(&context)?;
    println!("{name}: template {} bytes, text {} bytes", source.len(), text.len());
    println!("  this crate       parse {parse:>10.2?}   render {render:>10.2?}");
    let Some(theirs) = theirs.get(name) else { return Ok(()) };
    let seconds = |name: &str| Duration::from_secs_f64(theirs[name].as_f64().unwrap_or(0.0));
    let (their_parse, their_render) = (seconds("parse"), seconds("render"));
    println!("  Python's Jinja2  parse {their_parse:>10.2?}   render {their_render:>10.2?}");
    let times = |theirs: Duration, ours: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
    let (parse, render) = (times(their_parse, parse), times(their_render, render));
    println!("  faster by        parse {parse:>9.1}x   render {render:>9.1}x");
    println!("  the same text: {}", theirs["text"] == text);
    Ok(())
}

/// The best time of one call over a second, as for Python.
fn measure<E>(mut call: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    let start = Instant::now();
    let mut best = Duration::MAX;
    while start.elapsed() < Duration::from_secs(1) {
        let begun = Instant::now();
        for _ in 0..10 {
            call()?;
        }
        best = best.min(begun.elapsed() / 10);
    }
    Ok(best)
}

/// Measures Python's Jinja2 on the same scripts; null if that is not possible.
fn measure_python() -> Json {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/benches");
    let names = SCRIPTS.map(|(name, ..)| name);
    let run = Command::new(python).args(["-c", DRIVER]).args(names).current_dir(directory).output();
    run.ok().and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or_default()
}
