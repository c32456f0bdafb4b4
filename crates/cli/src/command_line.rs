//! The words of the command line.

use std::ffi::{OsStr, OsString};

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{
    commands::{
        applications::ApplicationsCommand,
        config::ConfigCommand,
        job_scripts::JobScriptsCommand,
        job_submissions::JobSubmissionsCommand,
        login::{LogIn, ShowToken},
        man::Man,
        run::Run,
    },
    old_names,
    output::{
        Appearance,
        resource::{
            APPLICATION, JOB_SCRIPT, JOB_SUBMISSION, PROFILE, Resource, SCRIPT_FILE, SETTING,
        },
    },
};

const HEADING: &str = "Options of all other commands, from applications to man";

/// Applications, job scripts and job submissions
#[derive(Debug, Parser)]
#[command(
    name = "jobbergate",
    bin_name = "jobbergate",
    disable_version_flag = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// How results are shown.
    #[command(flatten)]
    pub appearance: Appearance,
    /// Which settings count.
    #[command(flatten)]
    pub choice: Choice,
    /// Whether only the version is asked for.
    #[command(flatten)]
    pub version: Version,
    /// Completion by the shell.
    #[command(flatten)]
    pub completion: Completion,
    /// Of scripts from times when people had passwords here.
    #[arg(long, short, hide = true, value_name = "TEXT")]
    username: Option<String>,
    /// Likewise.
    #[arg(long, short, hide = true, value_name = "TEXT")]
    password: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A group of commands, or one by itself.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Commands to interact with applications
    #[command(arg_required_else_help = true)]
    Applications {
        /// Which.
        #[command(subcommand)]
        command: ApplicationsCommand,
    },
    /// Commands to interact with job scripts
    #[command(arg_required_else_help = true)]
    JobScripts {
        /// Which.
        #[command(subcommand)]
        command: JobScriptsCommand,
    },
    /// Commands to interact with job submissions
    #[command(arg_required_else_help = true)]
    JobSubmissions {
        /// Which.
        #[command(subcommand)]
        command: JobSubmissionsCommand,
    },
    /// Run an application: ask its questions, submit the job, show its states and its output
    Run(Box<Run>),
    /// Log in, and keep the tokens for the next commands
    Login(LogIn),
    /// Log out: forget the tokens
    Logout,
    /// Show the access token or the refresh token
    ShowToken(ShowToken),
    /// Settings, and profiles of them for several servers
    #[command(arg_required_else_help = true)]
    Config {
        /// What to do with them.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Show the manual page of a command, or write all of them into a directory
    Man(Man),
}

impl Command {
    /// What it shows.
    pub fn resources(&self) -> Vec<&'static Resource> {
        match self {
            Self::Applications { .. } => vec![&APPLICATION],
            Self::JobScripts { command: JobScriptsCommand::ShowFiles(_) } => vec![&SCRIPT_FILE],
            Self::JobScripts { .. } => vec![&JOB_SCRIPT, &JOB_SUBMISSION],
            Self::JobSubmissions { .. } | Self::Run(_) => vec![&JOB_SUBMISSION],
            Self::Config { command: ConfigCommand::Profiles } => vec![&PROFILE],
            Self::Config { .. } => vec![&SETTING],
            Self::Login(_) | Self::Logout | Self::ShowToken(_) | Self::Man(_) => Vec::new(),
        }
    }
}

/// Which settings count.
#[derive(Debug, Args)]
pub struct Choice {
    /// Use this profile of `jobbergate config`, instead of the one in use
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
}

/// Whether only the version is asked for.
#[derive(Debug, Args)]
pub struct Version {
    /// Print the version
    #[arg(long, overrides_with = "no_version")]
    version: bool,
    #[arg(long, hide = true, overrides_with = "version")]
    no_version: bool,
}

/// Completion by the shell.
#[derive(Debug, Args)]
pub struct Completion {
    /// Install completion for the current shell
    #[arg(long)]
    pub install_completion: bool,
    /// Show completion for the current shell, to copy it or customize the installation
    #[arg(long)]
    pub show_completion: bool,
}

impl Version {
    /// Whether it is.
    pub fn says(&self) -> bool {
        self.version
    }
}

/// Understands words.
///
/// # Errors
/// When they make no sense, or ask for help.
pub fn parse(words: Vec<OsString>, is_compatible: bool) -> Result<Cli, clap::Error> {
    let mut command = parser();
    if is_compatible {
        command = command.after_help(old_names::HELP);
    }
    Cli::from_arg_matches(&command.try_get_matches_from(words)?)
}

/// The help.
pub fn help() -> String {
    parser().render_help().to_string()
}

/// The commands of users, for the help of a program that has others, too.
pub fn groups() -> Vec<clap::Command> {
    Cli::command().get_subcommands().cloned().collect()
}

/// The options that all commands of users share, as help, for a program that has other commands, too.
pub fn options() -> String {
    let ours = Cli::command();
    let shared = ours.get_arguments().filter(|option| option.is_global_set());
    let shared = shared.map(|option| option.clone().help_heading(HEADING));
    let shown = clap::Command::new("").disable_help_flag(true).args(shared);
    shown.help_template("{all-args}").render_help().to_string()
}

/// The parser.
pub fn parser() -> clap::Command {
    click_like(Cli::command())
}

/// As click has it: the last of an option counts, and the word after an option is its value,
/// whatever it begins with.
fn click_like(command: clap::Command) -> clap::Command {
    let takes_any_word = |arg: clap::Arg| {
        let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
        let is_option = arg.get_long().is_some();
        if takes_value && is_option { arg.allow_hyphen_values(true) } else { arg }
    };
    command.args_override_self(true).mut_args(takes_any_word).mut_subcommands(click_like)
}

/// Options that may stand before a command, and whether a word follows that belongs to them.
const BEFORE: [(&str, bool); 19] = [
    ("--install-completion", false),
    ("--show-completion", false),
    ("--raw", false),
    ("--no-raw", false),
    ("--full", false),
    ("--no-full", false),
    ("--verbose", false),
    ("--no-verbose", false),
    ("--version", false),
    ("--no-version", false),
    ("--output", true),
    ("-o", true),
    ("--columns", true),
    ("--no-pager", false),
    ("--profile", true),
    ("--username", true),
    ("-u", true),
    ("--password", true),
    ("-p", true),
];

/// What stands before a command.
struct Before {
    /// Where the command is.
    command: Option<usize>,
    /// Whether there are options of this command line, and no others.
    has_options: bool,
}

fn before(words: &[OsString]) -> Before {
    let (mut at, mut has_options) = (1, false);
    while let Some(word) = words.get(at).map(|word| word.to_string_lossy()) {
        let name = word.split('=').next().unwrap_or_default();
        // The value may stand in the same word: `-oyaml`.
        let is_it = |option: &str| {
            option == name || (option.len() == 2 && word.len() > 2 && word.starts_with(option))
        };
        match BEFORE.iter().find(|(option, _)| is_it(option)) {
            Some((option, takes_word)) => {
                has_options = true;
                at += if *takes_word && word.as_ref() == *option { 2 } else { 1 };
            }
            None if word.starts_with('-') => return Before { command: None, has_options },
            None => return Before { command: Some(at), has_options },
        }
    }
    Before { command: None, has_options }
}

/// Where the command is among words, the program's own name first.
pub fn command_at(words: &[OsString]) -> Option<usize> {
    before(words).command
}

/// The command that words name, without what it is given.
pub fn command_of(words: &[OsString]) -> String {
    let named = command_at(words).and_then(|at| words.get(at..)).unwrap_or_default();
    let is_name = |word: &&OsString| !word.to_string_lossy().starts_with('-');
    let named: Vec<_> = named.iter().take(2).take_while(is_name).collect();
    named.into_iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Whether words, the program's own name first, are for this command line, in a program that can
/// do other things, too: the first that is no option is one of its commands, or there are only
/// options of its own.
pub fn is_for_users(words: &[OsString]) -> bool {
    let Before { command, has_options } = before(words);
    match command.and_then(|at| words.get(at)) {
        Some(word) => is_command(word),
        None => has_options,
    }
}

fn is_command(word: &OsStr) -> bool {
    let Some(word) = word.to_str() else { return false };
    Command::has_subcommand(word) || old_names::is_one(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_command_line_is_consistent() {
        parser().debug_assert();
    }

    #[test]
    fn commands_of_users_are_told_from_those_of_administrators() {
        for line in [
            "jobbergate applications list",
            "jobbergate --raw --no-full job-scripts list",
            "jobbergate -u alice --password=x login",
            "jobbergate --version",
            "jobbergate --raw --help",
            "jobbergate -o yaml --columns=id,name --no-pager --profile work applications list",
            "jobbergate -oyaml config list",
            "jobbergate man applications list",
            "jobbergate list-applications",
        ] {
            assert!(is_for_users(&words(line)), "{line}");
        }
        for group in groups() {
            assert!(is_command(group.get_name().as_ref()), "{group}");
        }
        for line in [
            "jobbergate",
            "jobbergate serve",
            "jobbergate --help",
            "jobbergate aplications",
            "jobbergate --log-level debug serve",
            "jobbergate agent --version",
            "jobbergate --raw serve",
        ] {
            assert!(!is_for_users(&words(line)), "{line}");
        }
    }

    #[test]
    fn what_click_understands_is_understood() {
        for line in [
            "jobbergate --raw applications list --all --search x --sort-order ASCENDING -p 2 -s 100",
            "jobbergate applications list --raw",
            "jobbergate applications get-one wind",
            "jobbergate applications get-one -i 3",
            "jobbergate applications create -n x -a dir --identifier y --application-desc z",
            "jobbergate job-submissions create 1 -n x -s --time=30 -s --exclusive --no-download",
            "jobbergate job-submissions create -i 1 -n x --name y --execution-directory /scratch",
            "jobbergate job-scripts create wind -n run --sbatch-params --mem=4G --no-submit -f",
            "jobbergate job-scripts create -i 1 --param-file p.json --param-dict {} --download",
            "jobbergate job-scripts create-stand-alone x.sh --name x -s a -s b",
            "jobbergate job-scripts create-locally --name x --output-path out",
            "jobbergate job-scripts show-files 1 --plain",
            "jobbergate job-scripts update 1 --name -x --is-archived",
            "jobbergate run wind -p ranks=4 --param b=x=y -n x --cluster c -s --time=3 --no-watch -y",
            "jobbergate run -i 3 --fast --execution-directory /scratch --watch --cluster-name c",
            "jobbergate job-submissions watch 1 2 3",
            "jobbergate job-submissions wait 1 2 --timeout 10m --for running",
            "jobbergate job-submissions logs 1 -f --tail 10 --stream stderr",
            "jobbergate job-submissions why 1",
            "jobbergate applications list -o csv --columns a,b --filter name=x --filter a!=b",
            "jobbergate job-scripts get-one 1 -oyaml --no-pager --profile work",
            "jobbergate login --browser",
            "jobbergate --profile work config set base_api_url http://x",
            "jobbergate -u a -p b show-token --plain --prefix --no-refresh --header --decode",
        ] {
            let parsed = parse(words(line), false);
            assert!(parsed.is_ok(), "{line}: {}", parsed.err().unwrap());
        }
        for line in [
            "jobbergate applications list --sort-order ascending",
            "jobbergate applications list -p 0",
            "jobbergate applications list -s 101",
            "jobbergate applications create -n x",
            "jobbergate job-scripts get-one x",
            "jobbergate job-submissions create 1",
            "jobbergate clusters list",
            "jobbergate run wind -p ranks",
            "jobbergate job-submissions wait",
            "jobbergate job-submissions wait 1 --timeout soon",
            "jobbergate job-submissions logs 1 --stream both",
            "jobbergate applications list --output xml",
            "jobbergate applications list --filter name",
            "jobbergate login --browser --device",
        ] {
            assert_eq!(parse(words(line), false).err().map(|error| error.exit_code()), Some(2));
        }
    }
}
