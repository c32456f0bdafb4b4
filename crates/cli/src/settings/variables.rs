//! Variables of the environment, of a profile and of a file.

use std::{
    collections::BTreeMap,
    env, fmt, fs,
    path::{Path, PathBuf},
};

use super::{
    known::{BASE_API_URL, OIDC_CLIENT_SECRET, OLD_BASE_API_URL, Setting, wrong},
    profiles::{self, ConfigFile},
};
use crate::{dot_env, failure::Result};

/// The administrator's file, which is read instead of the user's.
const FILE_OF_SITE: &str = "/etc/default/jobbergate3-cli";
/// The user's, in the working directory.
const FILE: &str = ".env";

/// What a secret goes to.
const CLIENT: [&str; 2] = ["OIDC_DOMAIN", "OIDC_CLIENT_ID"];

type Layer = BTreeMap<String, String>;

/// Which of the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Environment,
    Profile,
    File,
}

/// Variables by their names in capitals: what counts more stands first.
#[derive(Debug, Default)]
pub struct Variables {
    environment: Layer,
    profile: Layer,
    file: Layer,
    /// Where the last of them are from.
    path: PathBuf,
    /// Which profile that is.
    profile_name: Option<String>,
}

/// Where a setting is from.
#[derive(Debug, PartialEq, Eq)]
pub enum Origin {
    /// The environment.
    Environment,
    /// The profile in use.
    Profile(String),
    /// The file of variables.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("environment"),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Variables {
    /// Reads the environment and the file of variables.
    ///
    /// # Errors
    /// When the file can't be read or understood.
    pub fn read() -> Result<Self> {
        let own: Vec<_> = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let path = if Path::new(FILE_OF_SITE).is_file() {
            Path::new(FILE_OF_SITE)
        } else {
            Path::new(FILE)
        };
        let mut file = Layer::new();
        if path.is_file() {
            let wrong = |why: &dyn fmt::Display| wrong(&format!("{}: {why}", path.display()));
            let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
            let parsed = dot_env::parse(&text, |name| env::var(name).ok());
            for (name, value) in parsed.map_err(|error| wrong(&error))? {
                file.extend(value.map(|value| (name.to_ascii_uppercase(), value)));
            }
        }
        // Spelt in capitals, it counts more than spelt otherwise.
        let (capitals, others): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|(name, _)| *name == name.to_ascii_uppercase());
        let environment = others.into_iter().chain(capitals);
        let environment = environment.map(|(name, value)| (name.to_ascii_uppercase(), value));
        let environment = environment.collect();
        Ok(Self { environment, file, path: path.to_owned(), ..Self::default() })
    }

    /// These, as if they were the environment.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { environment: pairs.collect(), ..Self::default() }
    }

    /// The name of the profile that counts: the one that was `asked` for, else that of
    /// `JOBBERGATE_PROFILE`, else the one that the file of profiles says.
    pub fn profile_in_use(&self, asked: Option<&str>, file: &ConfigFile) -> String {
        let said = || self.get("JOBBERGATE_PROFILE").filter(|name| !name.is_empty());
        asked.or_else(said).unwrap_or_else(|| file.in_use()).to_owned()
    }

    /// With the settings of that profile.
    ///
    /// # Errors
    /// When there is none of this name, or the file of profiles makes no sense.
    pub fn with_profile(mut self, asked: Option<&str>) -> Result<Self> {
        let Some(file) = ConfigFile::read_if_any()? else { return Ok(self) };
        let name = self.profile_in_use(asked, &file);
        profiles::check_name(&name)?;
        self.profile = file.settings(&name)?;
        self.profile_name = Some(name);
        Ok(self)
    }

    /// The settings of the profile that do not count, because the environment has others.
    pub fn overridden(&self) -> Vec<&str> {
        let both = self.profile.iter().filter(|(name, text)| {
            matches!(self.found(name), Some((Level::Environment, other)) if other != *text)
        });
        both.map(|(name, _)| name.as_str()).collect()
    }

    /// The profile, unless it is the one that says this.
    pub fn profile_with_common(&self, name: &str) -> Option<&str> {
        let is_its_own = !self.environment.contains_key(name) && self.profile.contains_key(name);
        self.profile_name.as_deref().filter(|_| !is_its_own)
    }

    /// What counts of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.found(name).map(|(_, text)| text)
    }

    fn found(&self, name: &str) -> Option<(Level, &str)> {
        let layers = [
            (Level::Environment, &self.environment),
            (Level::Profile, &self.profile),
            (Level::File, &self.file),
        ];
        let said = layers.into_iter().filter_map(|(level, all)| Some((level, all.get(name)?)));
        said.map(|(level, text)| (level, text.as_str())).find(|(level, text)| {
            name != OIDC_CLIENT_SECRET || text.is_empty() || self.is_meant_for_client(*level)
        })
    }

    /// Whether a secret that is said there is for the client, and the provider, that would get it.
    /// What a profile names gets no other secret than the profile's; what a file of the working
    /// directory names, which may be anybody's, gets none but that file's.
    fn is_meant_for_client(&self, level: Level) -> bool {
        let is_foreign = |name: &&str| match self.found(name) {
            Some((Level::Profile, _)) => level != Level::Profile,
            Some((Level::File, _)) => level != Level::File && self.path != Path::new(FILE_OF_SITE),
            _ => false,
        };
        // In the clear, it would go to whoever listens.
        let opens = Some(&"OIDC_USE_HTTPS")
            .filter(|name| matches!(self.found(name), Some((Level::File, _))));
        let names_its_own = CLIENT.iter().any(|name| self.profile.contains_key(*name));
        let is_another = CLIENT.iter().chain(opens).any(is_foreign);
        !is_another && (level != Level::File || !names_its_own)
    }

    /// Whether a secret is said that would go to another client, or provider, than it is for.
    pub fn withholds_secret(&self) -> bool {
        let is_said = [&self.environment, &self.profile, &self.file]
            .iter()
            .any(|layer| layer.get(OIDC_CLIENT_SECRET).is_some_and(|secret| !secret.is_empty()));
        is_said && self.found(OIDC_CLIENT_SECRET).is_none()
    }

    /// What counts for a setting, and where it is from.
    pub fn effective(&self, setting: &Setting) -> (Option<&str>, Origin) {
        let name = match setting.name {
            BASE_API_URL if self.old_base_api_url().is_some() => OLD_BASE_API_URL,
            name => name,
        };
        let found = self.found(name);
        let origin = match found {
            Some((Level::Environment, _)) => Origin::Environment,
            Some((Level::Profile, _)) => {
                Origin::Profile(self.profile_name.clone().unwrap_or_default())
            }
            Some((Level::File, _)) => Origin::File(self.path.clone()),
            None => Origin::Default,
        };
        (found.map(|(_, text)| text).or(setting.default), origin)
    }

    /// The server by its old name, which overrides the new one unless it is empty; but what a
    /// profile says counts more than the file.
    pub fn old_base_api_url(&self) -> Option<&str> {
        let old = self.get(OLD_BASE_API_URL).filter(|url| !url.is_empty())?;
        let is_below = !self.environment.contains_key(OLD_BASE_API_URL);
        (!(is_below && self.profile.contains_key(BASE_API_URL))).then_some(old)
    }

    /// The same, or what counts when nothing is said.
    pub fn text(&self, name: &str, default: &str) -> String {
        self.get(name).unwrap_or(default).to_owned()
    }

    /// The same for what is true or false.
    ///
    /// # Errors
    /// When it is neither.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool> {
        let Some(value) = self.get(name) else { return Ok(default) };
        match value.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Ok(true),
            "0" | "false" | "f" | "no" | "n" | "off" => Ok(false),
            _ => Err(wrong(&format!("{name} is {value:?}; it must be true or false"))),
        }
    }

    /// Whether the names that commands had before count, too.
    ///
    /// # Errors
    /// When the setting is neither true nor false.
    pub fn is_compatible(&self) -> Result<bool> {
        self.flag("JOBBERGATE_COMPATIBILITY_MODE", false)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{SETTINGS, Settings},
        *,
    };

    fn layer(pairs: &[(&str, &str)]) -> Layer {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_environment_counts_more_than_the_profile_and_that_more_than_the_file() {
        let variables = Variables {
            environment: layer(&[("OIDC_DOMAIN", "environment"), ("JOBBERGATE_CACHE_DIR", "/c")]),
            profile: layer(&[("OIDC_DOMAIN", "profile"), ("BASE_API_URL", "http://profile")]),
            file: layer(&[
                ("ARMADA_API_BASE", "http://file"),
                ("BASE_API_URL", "http://file"),
                ("OIDC_CLIENT_ID", "file"),
                ("OIDC_CLIENT_SECRET", "of another provider"),
            ]),
            path: "/file".into(),
            profile_name: Some("work".to_owned()),
        };
        let settings = Settings::new(&variables).unwrap();
        assert_eq!(settings.base_api_url, "http://profile");
        assert_eq!((&*settings.oidc_domain, &*settings.oidc_client_id), ("environment", "file"));
        assert!(settings.oidc_client_secret.is_none());
        assert_eq!(settings.cache_dir, Path::new("/c/profiles/work"));
        assert_eq!(variables.overridden(), ["OIDC_DOMAIN"]);
        let origins = SETTINGS.iter().map(|setting| variables.effective(setting).1.to_string());
        let expected = "profile work, environment, /file, default, default, default, default, \
                        environment, default, default, default";
        assert_eq!(origins.collect::<Vec<_>>().join(", "), expected);
    }

    /// Which secret counts where the client, its provider and a secret are said in these layers:
    /// of the environment (`e`), of a profile (`p`) and of a file (`f`).
    fn secret(domain: &str, client: &str, secrets: &str, path: &str) -> Option<String> {
        let of = |layer: char| {
            let said = [
                ("OIDC_DOMAIN", domain),
                ("OIDC_CLIENT_ID", client),
                (OIDC_CLIENT_SECRET, secrets),
            ];
            let said = said.iter().filter(|(_, layers)| layers.contains(layer));
            said.map(|(name, _)| ((*name).to_owned(), layer.to_string())).collect()
        };
        let variables = Variables {
            environment: of('e'),
            profile: of('p'),
            file: of('f'),
            path: path.into(),
            profile_name: Some("work".to_owned()),
        };
        variables.get(OIDC_CLIENT_SECRET).map(str::to_owned)
    }

    #[test]
    fn a_secret_goes_only_to_whom_it_is_for() {
        for (named, secrets, in_directory, of_site) in [
            ("", "e", "e", "e"),
            ("", "p", "p", "p"),
            ("", "f", "f", "f"),
            ("e", "e", "e", "e"),
            ("e", "p", "p", "p"),
            ("e", "f", "f", "f"),
            ("p", "e", "", ""),
            ("p", "p", "p", "p"),
            ("p", "f", "", ""),
            ("f", "e", "", "e"),
            ("f", "p", "", "p"),
            ("f", "f", "f", "f"),
            // Of several, the one that is for the client.
            ("p", "ep", "p", "p"),
            ("f", "ef", "f", "e"),
            ("p", "epf", "p", "p"),
            ("ep", "ep", "e", "e"),
        ] {
            for (path, expected) in [(FILE, in_directory), (FILE_OF_SITE, of_site)] {
                let expected = Some(expected.to_owned()).filter(|layer| !layer.is_empty());
                for (domain, client) in [(named, named), (named, ""), ("", named)] {
                    let found = secret(domain, client, secrets, path);
                    assert_eq!(found, expected, "{domain:?} {client:?} {secrets:?} {path}");
                }
            }
        }
    }

    #[test]
    fn a_file_of_the_directory_does_not_have_a_secret_sent_in_the_clear() {
        let found = |path: &str| {
            let variables = Variables {
                environment: layer(&[("OIDC_DOMAIN", "x"), (OIDC_CLIENT_SECRET, "e")]),
                file: layer(&[("OIDC_USE_HTTPS", "false")]),
                path: path.into(),
                ..Variables::default()
            };
            variables.get(OIDC_CLIENT_SECRET).map(str::to_owned)
        };
        assert_eq!(found(FILE), None);
        assert_eq!(found(FILE_OF_SITE).as_deref(), Some("e"));
    }

    #[test]
    fn a_secret_of_the_environment_that_does_not_count_overrides_nothing() {
        let variables = Variables {
            environment: layer(&[(OIDC_CLIENT_SECRET, "e")]),
            profile: layer(&[("OIDC_DOMAIN", "p"), (OIDC_CLIENT_SECRET, "p")]),
            ..Variables::default()
        };
        assert_eq!(variables.overridden(), [""; 0]);
    }

    #[test]
    fn tokens_of_the_default_profile_are_where_they_were() {
        let directory = |profile: &str, of_profile: &[(&str, &str)]| {
            let variables = Variables {
                environment: layer(&[("BASE_API_URL", "x")]),
                file: layer(&[("JOBBERGATE_CACHE_DIR", "/c")]),
                profile: layer(of_profile),
                profile_name: Some(profile.to_owned()),
                ..Variables::default()
            };
            Settings::new(&variables).unwrap().cache_dir
        };
        assert_eq!(directory("default", &[]), Path::new("/c"));
        assert_eq!(directory("work", &[]), Path::new("/c/profiles/work"));
        assert_eq!(directory("work", &[("JOBBERGATE_CACHE_DIR", "/w")]), Path::new("/w"));
    }
}
