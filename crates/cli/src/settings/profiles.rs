//! The file with profiles: settings for several servers, of which one is in use.
//!
//! ```toml
//! profile = "work"
//!
//! [profiles.work]
//! base_api_url = "https://jobbergate.example.com"
//! ```

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    io,
    path::PathBuf,
};

use toml_edit::{DocumentMut, Item, Table, Value, value};

use super::{
    known::{SETTINGS, wrong},
    lock,
};
use crate::{
    failure::{Failure, Result},
    files,
    suggestion::closest,
};

/// The profile whose tokens are where they were before there were profiles.
pub const DEFAULT: &str = "default";
const TITLE: &str = "Configuration Error";
const IN_USE: &str = "profile";
const PROFILES: &str = "profiles";

/// The file, with what people wrote into it beside settings.
#[derive(Debug)]
pub struct ConfigFile {
    /// Where it is, or would be.
    pub path: PathBuf,
    document: DocumentMut,
    /// Held by who changes it.
    _lock: Option<File>,
}

impl ConfigFile {
    /// Reads it; one that is not there is empty.
    ///
    /// # Errors
    /// When it can't be read, makes no sense, or has no place to be.
    pub fn read() -> Result<Self> {
        Self::read_at(place()?)
    }

    /// Reads it to change it: others who want to wait until this is dropped.
    ///
    /// # Errors
    /// The same, and when others take too long or nothing can be written there.
    pub fn read_to_change() -> Result<Self> {
        let path = place()?;
        let lock = lock::of(&path)?;
        Ok(Self { _lock: lock, ..Self::read_at(path)? })
    }

    fn read_at(path: PathBuf) -> Result<Self> {
        let failed = |error: &io::Error| Failure::file(TITLE, path.display(), error);
        let text = match fs::read_to_string(&path) {
            Err(error) if missing(&error) => String::new(),
            read => read.map_err(|error| failed(&error))?,
        };
        let document = parse(&text).map_err(|why| wrong(&format!("{}: {why}", path.display())))?;
        let file = Self { path, document, _lock: None };
        file.check()?;
        Ok(file)
    }

    /// The same; nothing where there is no place for it.
    ///
    /// # Errors
    /// When it can't be read, or makes no sense.
    pub fn read_if_any() -> Result<Option<Self>> {
        path().map(|_| Self::read()).transpose()
    }

    /// Whether it has what such a file may have, and nothing else.
    fn check(&self) -> Result<()> {
        let wrong = |what: String| wrong(&format!("{}: {what}", self.path.display()));
        for (key, item) in self.document.iter() {
            let is_good = match key {
                IN_USE => item.is_str(),
                PROFILES => item.is_table_like(),
                _ => false,
            };
            if !is_good {
                let text = format!(
                    "{key:?} must not be there, or is no more than a name; there may be {IN_USE} \
                     = \"NAME\" and tables [{PROFILES}.NAME]"
                );
                return Err(wrong(text));
            }
        }
        for name in self.names() {
            let Some(settings) = self.table(&name) else {
                return Err(wrong(format!("{PROFILES}.{name} must be a table")));
            };
            for (key, item) in settings.iter() {
                setting(key).map_err(|why| wrong(format!("{PROFILES}.{name}: {why}")))?;
                if text(item).is_none() {
                    let what = "must be a text, a whole number, true or false";
                    return Err(wrong(format!("{PROFILES}.{name}.{key} {what}")));
                }
            }
        }
        Ok(())
    }

    /// The profile that is in use when nothing else is said.
    pub fn in_use(&self) -> &str {
        self.document.get(IN_USE).and_then(Item::as_str).unwrap_or(DEFAULT)
    }

    /// The names of all profiles, the default one among them.
    pub fn names(&self) -> Vec<String> {
        let there = self.document.get(PROFILES).and_then(Item::as_table_like);
        let there = there.into_iter().flat_map(|all| all.iter()).map(|(name, _)| name.to_owned());
        let mut names: Vec<_> = std::iter::once(DEFAULT.to_owned()).chain(there).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The settings of a profile, by the names of their variables.
    ///
    /// # Errors
    /// When there is no such profile, and which there are.
    pub fn settings(&self, name: &str) -> Result<BTreeMap<String, String>> {
        self.must_have(name)?;
        let entries = self.table(name).into_iter().flat_map(|table| table.iter());
        Ok(entries
            .filter_map(|(key, item)| Some((setting(key).ok()?.to_owned(), text(item)?)))
            .collect())
    }

    fn must_have(&self, name: &str) -> Result<()> {
        let names = self.names();
        if names.iter().any(|there| there == name) {
            return Ok(());
        }
        let hint = closest(name, names.iter().map(String::as_str));
        let hint = hint.map(|hint| format!(" Did you mean {hint}?")).unwrap_or_default();
        let text = format!(
            "There is no profile {name:?} in {}.{hint} There are: {}. `jobbergate --profile {name} \
             config set base_api_url …` makes one",
            self.path.display(),
            names.join(", ")
        );
        Err(wrong(&text))
    }

    fn table(&self, name: &str) -> Option<&dyn toml_edit::TableLike> {
        match self.document.get(PROFILES).and_then(|all| all.get(name)) {
            Some(item) => item.as_table_like(),
            None => {
                static EMPTY: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::new);
                Some(&*EMPTY)
            }
        }
    }

    /// Sets a setting of a profile, which may be a new one.
    pub fn set(&mut self, name: &str, variable: &str, text: &str) {
        let all = self.document.entry(PROFILES).or_insert_with(|| {
            let mut all = Table::new();
            all.set_implicit(true);
            Item::Table(all)
        });
        if all.get(name).is_none()
            && let Some(all) = all.as_table_like_mut()
        {
            all.insert(name, Item::Table(Table::new()));
        }
        if let Some(settings) = all.get_mut(name).and_then(Item::as_table_like_mut) {
            settings.insert(&variable.to_lowercase(), value(text));
        }
    }

    /// Forgets a setting of a profile; whether there was one.
    ///
    /// # Errors
    /// When there is no such profile.
    pub fn unset(&mut self, name: &str, variable: &str) -> Result<bool> {
        self.must_have(name)?;
        let all = self.document.get_mut(PROFILES);
        let settings = all.and_then(|all| all.get_mut(name)).and_then(Item::as_table_like_mut);
        let Some(settings) = settings else { return Ok(false) };
        let key =
            settings.iter().map(|(key, _)| key.to_owned()).find(|key| is_called(key, variable));
        Ok(key.is_some_and(|key| settings.remove(&key).is_some()))
    }

    /// From now on this profile is in use.
    ///
    /// # Errors
    /// When there is no such profile.
    pub fn choose(&mut self, name: &str) -> Result<()> {
        self.must_have(name)?;
        self.document.insert(IN_USE, value(name));
        Ok(())
    }

    /// Forgets a profile.
    ///
    /// # Errors
    /// When there is no such profile.
    pub fn delete(&mut self, name: &str) -> Result<()> {
        self.must_have(name)?;
        if let Some(all) = self.document.get_mut(PROFILES).and_then(Item::as_table_like_mut) {
            all.remove(name);
        }
        if self.in_use() == name {
            self.document.remove(IN_USE);
        }
        Ok(())
    }

    /// Writes it, for its owner's eyes: there may be a secret in it.
    ///
    /// # Errors
    /// When that fails; then it is as it was.
    pub fn write(&self) -> Result<()> {
        let text = self.document.to_string();
        let written = files::write_private(&self.path, text.as_bytes());
        written.map_err(|error| Failure::file(TITLE, self.path.display(), &error))
    }
}

/// The file; where it makes no sense, the line of that and why. What is in the line is not told: it
/// may be a secret.
fn parse(text: &str) -> std::result::Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("line {line}, column {column}: {}", error.message().replace('\n', ", "))
    })
}

/// The variable that a name in the file, or one that is typed, stands for.
///
/// # Errors
/// Which there are, if there is no such one.
pub fn setting(name: &str) -> std::result::Result<&'static str, String> {
    let names = || SETTINGS.iter().map(|setting| setting.name);
    names().find(|variable| is_called(name, variable)).ok_or_else(|| {
        let lower: Vec<_> = names().map(str::to_lowercase).collect();
        let hint = closest(name, lower.iter().map(String::as_str));
        let hint = hint.map(|hint| format!(" Did you mean {hint}?")).unwrap_or_default();
        format!("There is no setting {name:?}.{hint} There are: {}", lower.join(", "))
    })
}

fn is_called(key: &str, variable: &str) -> bool {
    key.eq_ignore_ascii_case(variable) || key.replace('-', "_").eq_ignore_ascii_case(variable)
}

fn text(item: &Item) -> Option<String> {
    match item.as_value()? {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Boolean(flag) => Some(flag.value().to_string()),
        _ => None,
    }
}

/// Whether a name may be one of a profile: it is one of a directory, too.
///
/// # Errors
/// Why not.
pub fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if (1..=64).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('.') {
        return Ok(());
    }
    let text = format!("The profile {name:?} must be called by 1 to 64 letters, digits or -_.");
    Err(wrong(&text))
}

fn place() -> Result<PathBuf> {
    path().ok_or_else(|| wrong("there is no home directory; name a directory in XDG_CONFIG_HOME"))
}

fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Where the file is, by the rules of freedesktop.org.
fn path() -> Option<PathBuf> {
    let said = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let usual = || {
        let home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
        home.map(|home| home.join(".config"))
    };
    said.or_else(usual).map(|directory| directory.join("jobbergate/config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<ConfigFile> {
        let file =
            ConfigFile { path: "config.toml".into(), document: text.parse().unwrap(), _lock: None };
        file.check().map(|()| file)
    }

    #[test]
    fn a_profile_has_settings_in_several_spellings() {
        let file = file(
            "profile = 'work' # at work\n[profiles.work]\nBASE_API_URL = 'http://x'\n\
             oidc-use-https = false\njobbergate_requests_timeout = 5\n",
        );
        let file = file.unwrap();
        assert_eq!((file.in_use(), file.names()), ("work", vec!["default".into(), "work".into()]));
        let settings = file.settings("work").unwrap();
        let expected = [
            ("BASE_API_URL", "http://x"),
            ("JOBBERGATE_REQUESTS_TIMEOUT", "5"),
            ("OIDC_USE_HTTPS", "false"),
        ];
        assert!(settings.iter().map(|(name, text)| (&**name, &**text)).eq(expected));
        assert!(file.settings("default").unwrap().is_empty());
        let Err(Failure::Refused { text, .. }) = file.settings("wrok") else { panic!() };
        assert!(text.contains("Did you mean work? There are: default, work."), "{text}");
    }

    #[test]
    fn a_change_leaves_what_people_wrote_beside_it() {
        let mut file = file("# mine\n[profiles.work] # here\nsbatch_path = '/x' # too\n").unwrap();
        file.set("work", "BASE_API_URL", "http://x");
        file.set("home", "BASE_API_URL", "http://y");
        assert!(file.unset("work", "SBATCH_PATH").unwrap());
        assert!(!file.unset("work", "SBATCH_PATH").unwrap());
        file.choose("home").unwrap();
        let text = file.document.to_string();
        assert!(text.contains("# mine") && text.contains("[profiles.work] # here"), "{text}");
        file.delete("home").unwrap();
        assert_eq!((file.in_use(), file.names().len()), ("default", 2));
        assert!(file.choose("home").is_err() && file.delete("home").is_err());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (text, expected) in [
            ("profil = 'x'", "\"profil\""),
            ("profile = 1", "\"profile\""),
            ("[profiles]\nx = 1", "profiles.x must be a table"),
            ("[profiles.x]\nbase_url = 'y'", "Did you mean base_api_url?"),
            ("[profiles.x]\nbase_api_url = [1]", "profiles.x.base_api_url must be"),
        ] {
            let Err(Failure::Refused { text, .. }) = file(text) else { panic!("{text}") };
            assert!(text.starts_with("config.toml: ") && text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_slip_in_the_line_of_a_secret_does_not_show_it() {
        for slip in [
            "oidc_client_secret = s3cret",
            "oidc_client_secret = \"s3cret",
            "oidc_client_secret = 's3cret' s3cret",
            "oidc_client_secret 's3cret'",
            "oidc_client_secret = '''s3cret",
            "oidc_client_secret = \"s3cret\\q\"",
            "s3cret",
            "a = 1\na = 's3cret'",
        ] {
            let words = parse(&format!("[profiles.x]\n{slip}\n")).unwrap_err();
            assert!(words.starts_with("line ") && !words.contains("s3cret"), "{slip}: {words}");
        }
        let words = parse("[profiles.x]\noidc_client_secret = s3cret\n").unwrap_err();
        assert!(words.starts_with("line 2, column 22: "), "{words}");
    }

    #[test]
    fn a_name_of_a_profile_leads_nowhere() {
        for name in ["", "..", ".x", "a/b", "a b", "ä"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name("work-2.x").is_ok());
    }
}
