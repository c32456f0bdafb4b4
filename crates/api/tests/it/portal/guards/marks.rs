//! Each text that a person, an agent or Slurm can write has a mark, and `data/marks.txt` says on which page
//! it is shown. What is shown is text; a page that shows something else than it says fails the test.

mod planted;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
    time::Duration,
};

use regex::Regex;
use serde_json::{Value, json};

use self::planted::{CLUSTER, EMAIL, Planted, mark, output, plant};
use super::{
    headers::check,
    table::{Kind, ROWS},
};
use crate::{
    on_both,
    support::{Actor, Answer, document},
};

/// Which marks are on which page: the pages and their marks, as this test writes them.
const SHOWN: &str = "marks.txt";

/// Pages beside those of the table, and what they show in other ways.
const MORE: [&str; 16] = [
    "/applications?show=everything&archived=yes",
    "/applications/{template}/edit/questions?as=json",
    "/applications/{template}/edit/file?name={support}",
    "/submissions?whose=all&status=REJECTED",
    "/submissions/{rejected}",
    "/submissions/{waiting}",
    "/submissions/{waiting}/delete",
    "/scripts?whose=all",
    "/scripts/{script}/edit/file?name={script support}",
    "/admin/settings?show=given",
    "/admin/agents/{cluster}/delete",
    "/admin/people/{person}/delete",
    "/submissions/{runs}/output?stream=stderr",
    "/realms/jobbergate/account",
    "/realms/jobbergate/device",
    "/realms/jobbergate/protocol/openid-connect/logout",
];

/// What is in parts of requests that people and agents fill in with text, and where its mark is planted.
/// Who adds a field plants a mark in it.
const FIELDS: &str = "text_fields.txt";

fn data(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file)).unwrap()
}

/// Where pages are, by what the table and this file call them.
fn addresses(planted: &Planted) -> Vec<(String, String)> {
    let [runs, rejected, waits] = planted.submissions;
    let rows = ROWS.iter().filter(|row| row.kind == Kind::Page);
    let pages = rows.map(|row| {
        let id = match row.path.split('/').nth(1) {
            Some("applications") => planted.template.to_string(),
            Some("scripts") => planted.script.to_string(),
            Some("admin") => escaped(&planted.person),
            _ => runs.to_string(),
        };
        let (file, query) = match row.path.starts_with("/scripts") {
            true => (mark("script-file"), row.query),
            false => (mark("template-file"), row.query),
        };
        let query =
            if query.is_empty() { String::new() } else { format!("?name={}", escaped(&file)) };
        let path = row.path.replace("{id}", &id).replace("{*name}", &escaped(&file));
        (row.path.to_owned(), path.replace("{client_id}", &escaped(CLUSTER)) + query.as_str())
    });
    let more = MORE.iter().map(|page| {
        let mut address = (*page).to_owned();
        for (name, value) in [
            ("{template}", planted.template.to_string()),
            ("{script}", planted.script.to_string()),
            ("{runs}", runs.to_string()),
            ("{rejected}", rejected.to_string()),
            ("{waiting}", waits.to_string()),
            ("{cluster}", escaped(CLUSTER)),
            ("{person}", escaped(&planted.person)),
            ("{support}", escaped(&mark("template-support"))),
            ("{script support}", escaped(&mark("script-support"))),
        ] {
            address = address.replace(name, &value);
        }
        ((*page).to_owned(), address)
    });
    pages.chain(more).collect()
}

fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The marks that a page shows. A browser must not take any for more than text.
fn marks(what: &str, page: &Answer) -> BTreeSet<String> {
    let kind = page.header("content-type").unwrap_or_default();
    if kind.starts_with("text/html") || kind.starts_with("text/event-stream") {
        let broken = Regex::new("<script>mk-|mk-[a-z-]+'\">").unwrap();
        assert!(!broken.is_match(&page.text), "{what}: {}", page.text);
    }
    let found = Regex::new("mk-([a-z]+(?:-[a-z]+)*)").unwrap();
    found.captures_iter(&page.text).map(|found| found[1].to_owned()).collect()
}

fn written(pages: &BTreeMap<String, BTreeSet<String>>) -> String {
    pages.iter().fold(String::new(), |mut text, (page, marks)| {
        let marks: Vec<_> = marks.iter().map(String::as_str).collect();
        writeln!(text, "{page}: {}", marks.join(" ")).unwrap();
        text
    })
}

/// The cluster's agent answers for jobs' output as long as the test goes on.
fn answers_for_output(agent: &Actor) -> tokio::task::JoinHandle<()> {
    let (agent, path) = (agent.clone(), "/job-submissions/agent/output-requests");
    tokio::spawn(async move {
        loop {
            let taken = agent.post(&format!("{path}?most=64"), json!(null)).await.ok();
            for request in taken.as_array().unwrap() {
                let path = format!("{path}/{}", request["id"].as_str().unwrap());
                agent.put(&path, output(request)).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
}

/// Sees all pages.
async fn seen(planted: &mut Planted) -> BTreeMap<String, BTreeSet<String>> {
    let answering = answers_for_output(&planted.agent);
    let mut pages = BTreeMap::new();
    for (page, address) in addresses(planted) {
        let answer = planted.browser.open(&address).await;
        assert!(answer.status.as_u16() < 500, "{page} {address}: {}", answer.text);
        if !page.starts_with("/realms") {
            check(&page, &answer);
        }
        let marks = marks(&page, &answer);
        pages.insert(format!("{} {page}", answer.status.as_u16()), marks);
    }
    answering.abort();
    pages
}

on_both! {
    async fn each_page_shows_as_text_what_it_is_known_to_show(app: TestApp) {
        let mut planted = plant(&app).await;
        let pages = seen(&mut planted).await;
        let (is, known) = (written(&pages), data(SHOWN));
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let new: Vec<_> = lines(&is).difference(&lines(&known)).cloned().collect();
        assert!(is == known, "tests/data/marks.txt is to have these lines:\n{}\n\nall:\n{is}", new.join("\n"));
        assert!(is.contains("email") && EMAIL.contains("mk-email"));
    }
}

#[test]
fn every_text_in_requests_has_a_mark() {
    let document = document();
    let mut texts = BTreeSet::new();
    for operations in document["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            let content = operation["requestBody"]["content"].as_object();
            for body in content.into_iter().flat_map(|content| content.values()) {
                collect(&document, &body["schema"], "", &mut texts, 0);
            }
        }
    }
    let fields = data(FIELDS);
    let known: BTreeSet<_> = fields.lines().filter_map(|line| line.split_once(':')).collect();
    let names: BTreeSet<_> = known.iter().map(|(field, _)| (*field).to_owned()).collect();
    let unknown: Vec<_> = texts.difference(&names).collect();
    assert!(
        unknown.is_empty(),
        "plant marks in these, and say so in tests/data/text_fields.txt: {unknown:#?}"
    );
    let gone: Vec<_> = names.difference(&texts).collect();
    assert!(gone.is_empty(), "{gone:?}");
    for (field, planted) in known {
        for name in planted.split_whitespace().take_while(|name| !name.starts_with('(')) {
            let source = include_str!("marks/planted.rs");
            assert!(
                source.contains(&format!("\"{name}\"")) || source.contains(&format!("mk-{name}")),
                "{field}: {name}"
            );
        }
    }
}

/// The names of all texts below a schema.
fn collect(
    document: &Value,
    schema: &Value,
    name: &str,
    texts: &mut BTreeSet<String>,
    depth: usize,
) {
    if depth > 12 {
        return;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let found = document.pointer(reference.trim_start_matches('#')).unwrap();
        return collect(document, found, name, texts, depth + 1);
    }
    let is_text = match &schema["type"] {
        Value::Array(kinds) => kinds.contains(&json!("string")),
        kind => kind == "string",
    };
    let is_free =
        schema["enum"].is_null() && schema["const"].is_null() && schema["format"].is_null();
    if is_text && is_free {
        texts.insert(name.to_owned());
    }
    for (property, below) in schema["properties"].as_object().into_iter().flatten() {
        collect(document, below, property, texts, depth + 1);
    }
    for below in ["items", "additionalProperties"] {
        collect(document, &schema[below], name, texts, depth + 1);
    }
    for below in ["anyOf", "oneOf", "allOf", "prefixItems"] {
        for below in schema[below].as_array().into_iter().flatten() {
            collect(document, below, name, texts, depth + 1);
        }
    }
}
