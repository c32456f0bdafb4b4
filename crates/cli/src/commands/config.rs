//! `jobbergate config`.

use std::{
    io::{self, BufRead},
    sync::Arc,
};

use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::{
    api::Api,
    auth,
    failure::{Failure, Result},
    output::{
        Appearance, Output, print,
        resource::{PROFILE, SETTING},
    },
    settings::{
        self, SETTINGS, Settings, Variables,
        profiles::{self, ConfigFile},
    },
};

/// What to do with settings.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum ConfigCommand {
    /// Show the settings that count, and where each is from
    List,
    /// Print the setting that counts
    Get {
        /// Its name, such as base_api_url
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Set a setting of the profile in use, or of --profile, which may be a new one
    Set {
        /// Its name, such as base_api_url
        #[arg(value_name = "NAME")]
        name: String,
        /// What it is from now on; `-` reads it from standard input, which is for secrets
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Remove a setting from the profile in use, or from --profile
    Unset {
        /// Its name, such as base_api_url
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Use a profile from now on; `default` is the one that is always there
    Use {
        /// Its name
        #[arg(value_name = "PROFILE")]
        name: String,
    },
    /// Show the profiles
    Profiles,
    /// Delete a profile and its tokens
    Delete {
        /// Its name
        #[arg(value_name = "PROFILE")]
        name: String,
    },
}

/// Does it.
///
/// # Errors
/// When it can't be done.
pub fn run(
    command: &ConfigCommand,
    variables: Variables,
    asked: Option<&str>,
    appearance: &Appearance,
) -> Result<()> {
    let output = Output::new(appearance)?;
    match command {
        ConfigCommand::List => list(&variables.with_profile(asked)?, &output),
        ConfigCommand::Get { name } => get(&variables.with_profile(asked)?, name, &output),
        ConfigCommand::Set { name, value } => set(&variables, asked, (name, value), &output),
        ConfigCommand::Unset { name } => unset(&variables, asked, name, &output),
        ConfigCommand::Use { name } => choose(name, &output),
        ConfigCommand::Profiles => show_profiles(&variables, asked, &output),
        ConfigCommand::Delete { name } => delete(variables, name, &output),
    }
}

fn list(variables: &Variables, output: &Output) -> Result<()> {
    let rows = SETTINGS.iter().map(|setting| {
        let (value, origin) = variables.effective(setting);
        let is_secret = setting.name == "OIDC_CLIENT_SECRET";
        let value = value.map(|value| if is_secret { "(set)" } else { value });
        row(json!({
            "name": setting.name.to_lowercase(), "value": value, "origin": origin.to_string(),
        }))
    });
    let rows: Vec<_> = rows.collect();
    let file = ConfigFile::read()?;
    output.list("Settings", &SETTING, &rows, &format!("Profiles: {}", file.path.display()))
}

fn row(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(row) => row,
        _ => Map::new(),
    }
}

fn variable(name: &str) -> Result<&'static str> {
    profiles::setting(name).map_err(Failure::Usage)
}

fn get(variables: &Variables, name: &str, output: &Output) -> Result<()> {
    let name = variable(name)?;
    let setting = SETTINGS.iter().find(|setting| setting.name == name);
    let found = setting.map(|setting| variables.effective(setting));
    let name = name.to_lowercase();
    match found {
        Some((Some(value), origin)) if output.is_one_document() => {
            let setting = json!({"name": name, "value": value, "origin": origin.to_string()});
            output.one("Setting", &SETTING, &row(setting))
        }
        Some((Some(value), _)) => print(&format!("{value}\n")),
        _ => {
            let text = format!("{name} is not set; `jobbergate config set {name} …` sets it");
            Err(Failure::new("", text))
        }
    }
}

fn set(
    variables: &Variables,
    asked: Option<&str>,
    (name, value): (&str, &str),
    output: &Output,
) -> Result<()> {
    let name = variable(name)?;
    let value = match value {
        "-" => line_of_input()?,
        value => value.to_owned(),
    };
    check(name, &value)?;
    let mut file = ConfigFile::read_to_change()?;
    let profile = variables.profile_in_use(asked, &file);
    profiles::check_name(&profile)?;
    file.set(&profile, name, &value);
    file.write()?;
    let name = name.to_lowercase();
    output.message("Setting changed", &format!("{name} was set in the profile {profile}."), None)
}

/// Whether a setting can be so, as far as it is seen by itself.
fn check(name: &str, value: &str) -> Result<()> {
    let settings = Settings::new(&Variables::of(&[(name, value)]))?;
    Api::new(&settings, false, Arc::default())?.auth.check()
}

fn line_of_input() -> Result<String> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::file("Configuration Error", "standard input", &error))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn unset(variables: &Variables, asked: Option<&str>, name: &str, output: &Output) -> Result<()> {
    let name = variable(name)?;
    let mut file = ConfigFile::read_to_change()?;
    let profile = variables.profile_in_use(asked, &file);
    let lower = name.to_lowercase();
    if !file.unset(&profile, name)? {
        return Err(Failure::new("", format!("{lower} is not set in the profile {profile}")));
    }
    file.write()?;
    let text = format!("{lower} was removed from the profile {profile}.");
    output.message("Setting changed", &text, None)
}

fn choose(profile: &str, output: &Output) -> Result<()> {
    let mut file = ConfigFile::read_to_change()?;
    file.choose(profile)?;
    file.write()?;
    output.message("Profile changed", &format!("The profile in use is {profile} now."), None)
}

fn show_profiles(variables: &Variables, asked: Option<&str>, output: &Output) -> Result<()> {
    let file = ConfigFile::read()?;
    let in_use = variables.profile_in_use(asked, &file);
    let mut rows = Vec::new();
    for name in file.names() {
        let url = file.settings(&name)?.remove("BASE_API_URL");
        rows.push(row(json!({"name": name, "in_use": name == in_use, "base_api_url": url})));
    }
    let caption = format!("Profiles: {}", file.path.display());
    output.list("Profiles", &PROFILE, &rows, &caption)
}

fn delete(variables: Variables, profile: &str, output: &Output) -> Result<()> {
    if profile == profiles::DEFAULT {
        let text = "The default profile is always there; `jobbergate config unset` removes its \
                    settings, and `jobbergate logout` its tokens";
        return Err(Failure::new("", text));
    }
    // Of a profile that makes no sense, nothing else is needed.
    let cache_dir = settings::cache_dir(&variables.with_profile(Some(profile))?)?;
    // First: tokens without a profile would be found by nobody.
    auth::forget(&cache_dir)?;
    let mut file = ConfigFile::read_to_change()?;
    file.delete(profile)?;
    file.write()?;
    let text = format!("The profile {profile} and its tokens were deleted.");
    output.message("Profile deleted", &text, None)
}
