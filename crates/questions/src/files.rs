//! Which templates become the files of a script, by an application's settings (`jobbergate_config`).

use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value, json};

const OUTPUT_NAMES: &str = "supporting_files_output_name";
/// What is read of them; null unless set.
const KNOWN: [&str; 4] = ["template_files", "default_template", OUTPUT_NAMES, "supporting_files"];

/// Settings, the known ones always among them and first.
#[must_use]
pub fn settings(given: Map<String, Value>) -> Map<String, Value> {
    let mut given = given;
    let mut value = |name: &&str| given.shift_remove(*name).unwrap_or_default();
    let known = KNOWN.map(|name| (name.to_owned(), value(&name)));
    let mut settings = Map::from_iter(known);
    if let Some(names) = settings.get_mut(OUTPUT_NAMES) {
        *names = lists(names.take());
    }
    settings.extend(given);
    settings
}

/// A mapping to lists: a text is a list of one, as the Python command line sends it.
fn lists(mapping: Value) -> Value {
    let Value::Object(names) = mapping else { return mapping };
    let list = |said| if let Value::String(_) = said { json!([said]) } else { said };
    names.into_iter().map(|(template, said)| (template, list(said))).collect()
}

/// Adds what follows from an application's files, where the settings say nothing else.
pub fn add(settings: &mut Map<String, Value>, entrypoints: &[Value], supporting: Vec<Value>) {
    let has_default = default_template(settings).is_ok_and(|name| name.is_some());
    if let ([only], false) = (entrypoints, has_default) {
        settings.insert("default_template".to_owned(), only.clone());
    }
    let says_none = settings.get("supporting_files").is_none_or(Value::is_null);
    if says_none && !supporting.is_empty() {
        settings.insert("supporting_files".to_owned(), supporting.into());
    }
}

/// The template that becomes the script itself.
///
/// # Errors
/// When it is no text.
pub fn default_template(settings: &Map<String, Value>) -> Result<Option<&str>, String> {
    match settings.get("default_template") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name).filter(|name| !name.is_empty()).map(|n| &**n)),
        Some(_) => Err("default_template must be the path of a template".to_owned()),
    }
}

/// Templates that become files beside the script; `None` if nothing is said.
///
/// # Errors
/// When it is no list of texts.
pub fn supporting_files(settings: &Map<String, Value>) -> Result<Option<Vec<&str>>, String> {
    let wrong = || "supporting_files must be a list of paths of templates".to_owned();
    match settings.get("supporting_files") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(names)) => {
            let names: Option<Vec<_>> = names.iter().map(Value::as_str).collect();
            names.map(Some).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}

/// How supporting files are called that are called otherwise than their templates.
///
/// # Errors
/// When it is no mapping of texts to texts, or to lists of one text each.
pub fn output_names(settings: &Map<String, Value>) -> Result<Vec<(&str, &str)>, String> {
    let setting = OUTPUT_NAMES;
    let wrong = || format!("{setting} must be a mapping of templates to the names of files");
    let names = match settings.get(setting) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(names)) => names,
        Some(_) => return Err(wrong()),
    };
    let mut pairs = Vec::new();
    for (template, said) in names {
        let name = match said {
            Value::Array(names) if names.len() == 1 => names.first().and_then(Value::as_str),
            other => other.as_str(),
        };
        let name =
            name.ok_or_else(|| format!("{setting} must give {template} the name of one file"))?;
        pairs.push((template.as_str(), name));
    }
    Ok(pairs)
}

/// For each template that is rendered, what the result is called.
///
/// # Errors
/// What makes no sense.
pub fn output_name_mapping(
    settings: &Map<String, Value>,
    legacy_name: Option<&str>,
) -> Result<Map<String, Value>, String> {
    let mut mapping = Map::new();
    let default = default_template(settings)?.ok_or(
        "there is no default_template, and not exactly one entrypoint to take in its place",
    )?;
    let name =
        legacy_name.map_or_else(|| without_suffix(key(default)).to_owned(), |n| format!("{n}.job"));
    mapping.insert(key(default).to_owned(), normal(&name).into());
    for file in supporting_files(settings)?.unwrap_or_default() {
        mapping.insert(key(file).to_owned(), normal(without_suffix(key(file))).into());
    }
    for (template, name) in output_names(settings)? {
        mapping.insert(key(template).to_owned(), normal(name).into());
    }
    Ok(mapping)
}

/// A template's path as the server knows it.
fn key(path: &str) -> &str {
    path.strip_prefix("templates/").unwrap_or(path)
}

/// What a template becomes if nobody says otherwise.
pub fn without_suffix(name: &str) -> &str {
    let without = [".j2", ".jinja2"].iter().find_map(|suffix| name.strip_suffix(suffix));
    without.unwrap_or(name)
}

/// Without what changes nothing: `./a//b` is `a/b`.
fn normal(name: &str) -> String {
    let parts = Path::new(name).components().filter(|part| *part != Component::CurDir);
    parts.collect::<PathBuf>().to_string_lossy().into_owned()
}
