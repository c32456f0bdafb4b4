//! What a helper does, and for whom.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jobbergate_types::output::LARGEST_LIMIT;

use crate::{
    acting::{Action, Piece, Run},
    files,
    output::read::ReadPart,
    private_copy,
    run_as::Account,
    slurm::refusal_of_options,
    user_map::accounts::Accounts,
};

/// How much all files of a submission may hold, in bytes.
const MOST_CONTENT: u64 = 1 << 30;

/// The rules, as root has set them when the agent was started.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Policy {
    /// The only sbatch
    #[arg(long)]
    pub sbatch: PathBuf,
    /// The only scancel
    #[arg(long)]
    pub scancel: PathBuf,
    /// The user of the agent, whom nobody's jobs run as
    #[arg(long)]
    pub agent: String,
    /// The only user, who may be one of the system's, but for root
    #[arg(long)]
    pub only: Option<String>,
    /// Which users nothing is done as
    #[command(flatten)]
    pub accounts: Accounts,
}

impl Policy {
    /// These rules as arguments of the command line.
    pub fn arguments(&self) -> Vec<std::ffi::OsString> {
        let mut arguments: Vec<std::ffi::OsString> = Vec::new();
        let only = self.only.as_ref().map(|only| ("--only", only.into()));
        let allowed = self.accounts.allowed.iter().map(|name| ("--allowed", name.into()));
        let groups = self.accounts.groups.to_possible_value();
        let groups = groups.map(|groups| ("--groups", groups.get_name().into()));
        let always = [
            ("--minimum-uid", self.accounts.minimum_uid.to_string().into()),
            ("--sbatch", self.sbatch.clone().into_os_string()),
            ("--scancel", self.scancel.clone().into_os_string()),
            ("--agent", self.agent.clone().into()),
        ];
        for (name, value) in always.into_iter().chain(only).chain(allowed).chain(groups) {
            let mut argument: std::ffi::OsString = format!("{name}=").into();
            argument.push(value);
            arguments.push(argument);
        }
        arguments
    }

    /// Whose an action is; or why it is not done.
    pub fn allow(&self, user: &str, action: &Action) -> Result<Account, String> {
        let allowed = match action {
            Action::Run(run) => self.check_run(run),
            Action::Place { directory, own, files } => {
                check_place(directory, own, files.as_deref())
            }
            Action::Remove { directory } => check_copy(directory),
            Action::Read(wanted) => check_read(wanted),
            Action::Signal { .. } => Ok(()),
        };
        allowed.and_then(|()| self.account(user))
    }

    fn account(&self, user: &str) -> Result<Account, String> {
        if self.only.as_deref().is_some_and(|only| only != user) {
            return Err(format!("{user:?} is not the user that all jobs run as"));
        }
        let found = Account::by_name(user).map_err(|e| format!("looking up {user:?}: {e}"))?;
        let account = found.ok_or_else(|| format!("there is no user {user:?}"))?;
        let is_only = self.only.as_deref() == Some(account.name.as_str());
        if account.uid.is_root() {
            return Err(format!("{user:?} is root, as whom nothing is done"));
        }
        if let Some(why) = self.accounts.objection(&account, is_only) {
            return Err(format!("it would be {user:?}, {why}"));
        }
        if account.name != user {
            return Err(format!("{user:?} is another name of {:?}", account.name));
        }
        if account.name == self.agent {
            return Err(format!("{user:?} is the agent's own user"));
        }
        Ok(self.accounts.with_groups(account))
    }

    fn check_run(&self, run: &Run) -> Result<(), String> {
        check_path(&run.directory)?;
        if run.arguments.iter().any(|argument| argument.contains('\0')) {
            return Err("an argument contains a NUL".to_owned());
        }
        match &run.program {
            sbatch if *sbatch == self.sbatch => match refusal_of_options(&run.arguments) {
                Some(why) => Err(format!("arguments of sbatch: {why}")),
                None => Ok(()),
            },
            scancel if *scancel == self.scancel => check_scancel(&run.arguments),
            other => Err(format!("{} is no program that is run here", other.display())),
        }
    }
}

/// Jobs by their numbers, nothing else.
fn check_scancel(arguments: &[String]) -> Result<(), String> {
    let is_number = |argument: &&String| argument.bytes().all(|byte| byte.is_ascii_digit());
    match arguments {
        [quiet, jobs @ ..] if quiet == "-Q" && !jobs.is_empty() => {
            match jobs.iter().find(|job| job.is_empty() || !is_number(job)) {
                Some(other) => Err(format!("{other:?} is no number of a job")),
                None => Ok(()),
            }
        }
        _ => Err("scancel is given numbers of jobs only".to_owned()),
    }
}

fn check_place(directory: &Path, own: &Path, files: Option<&[Piece]>) -> Result<(), String> {
    check_path(directory)?;
    check_copy(own)?;
    if own.parent() != Some(directory) {
        return Err(format!("{} is not beside the script", own.display()));
    }
    let Some(pieces) = files else { return Ok(()) };
    let mut room = MOST_CONTENT;
    for piece in pieces {
        files::inside(&piece.name.to_string_lossy())?;
        room = room.checked_sub(piece.length).ok_or("these are too large files")?;
    }
    Ok(())
}

/// Only what was made for a submission is removed.
fn check_copy(directory: &Path) -> Result<(), String> {
    check_path(directory)?;
    match private_copy::submission_of(directory) {
        Some(_) => Ok(()),
        None => Err(format!("{} is no directory of a submission's own", directory.display())),
    }
}

/// Nothing is allocated for whoever wants everything at once.
fn check_read(wanted: &ReadPart) -> Result<(), String> {
    check_path(&wanted.path)?;
    match i64::try_from(wanted.limit) {
        Ok(0..=LARGEST_LIMIT) => Ok(()),
        _ => Err(format!("{} bytes are too many to read at once", wanted.limit)),
    }
}

fn check_path(path: &Path) -> Result<(), String> {
    let has_nul = path.as_os_str().as_encoded_bytes().contains(&0);
    if path.is_absolute() && !has_nul {
        return Ok(());
    }
    Err(format!("{} is no absolute path", path.display()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{acting::Piece, user_map::accounts::SupplementaryGroups};

    fn accounts() -> Accounts {
        Accounts { minimum_uid: 1000, allowed: Vec::new(), groups: SupplementaryGroups::All }
    }

    fn policy() -> Policy {
        let path = |name: &str| PathBuf::from(format!("/usr/bin/{name}"));
        let agent = "jobbergate-agent".to_owned();
        Policy {
            sbatch: path("sbatch"),
            scancel: path("scancel"),
            agent,
            only: None,
            accounts: accounts(),
        }
    }

    fn run(program: &str, arguments: &[&str]) -> Action {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let (program, directory) = (program.into(), "/home".into());
        Action::Run(Run { program, directory, arguments, not_after: Duration::ZERO, fence: None })
    }

    fn refused(user: &str, action: &Action) -> String {
        policy().allow(user, action).unwrap_err()
    }

    #[test]
    fn root_and_the_systems_own_users_are_refused() {
        let sbatch = run("/usr/bin/sbatch", &["--parsable"]);
        assert!(refused("root", &sbatch).contains("is root"));
        for user in ["daemon", "nobody", "mail"] {
            assert!(refused(user, &sbatch).contains("system's user"), "{user}");
        }
        for user in ["", "no-such-user", "0", "+0", "../root", "a:b", "--uid=0", "a\0b"] {
            assert!(refused(user, &sbatch).contains("no user"), "{user}");
        }
        let only = Policy { only: Some("daemon".to_owned()), ..policy() };
        assert_eq!(only.allow("daemon", &sbatch).unwrap().name, "daemon");
        assert!(only.allow("mail", &sbatch).unwrap_err().contains("not the user"));
        let root = Policy { only: Some("root".to_owned()), ..policy() };
        assert!(root.allow("root", &sbatch).unwrap_err().contains("is root"));
        let own = Policy { agent: "daemon".to_owned(), ..only };
        assert!(own.allow("daemon", &sbatch).unwrap_err().contains("agent's own"));
    }

    #[test]
    fn no_other_program_runs_and_none_by_another_path() {
        for program in ["/bin/sh", "sbatch", "/usr/bin/../bin/sbatch", "/usr/bin/squeue", ""] {
            let why = refused("mail", &run(program, &[]));
            assert!(why.contains("no program"), "{program}: {why}");
        }
    }

    #[test]
    fn what_would_change_the_user_is_no_argument() {
        for arguments in [
            &["--parsable", "--uid=0"][..],
            &["--uid", "0"],
            &["--gid=0"],
            &["--gi", "0"],
            &["--wrap=id"],
            &["-Mother"],
            &["--comment=x", "--ui=0", "/home/x/job.sh"],
        ] {
            let why = refused("mail", &run("/usr/bin/sbatch", arguments));
            assert!(why.contains("arguments of sbatch"), "{arguments:?}: {why}");
        }
        for arguments in
            [&[][..], &["-Q"], &["7"], &["-Q", "-u"], &["-Q", "7", "--user=x"], &["-Q", ""]]
        {
            let why = refused("mail", &run("/usr/bin/scancel", arguments));
            assert!(why.contains("number"), "{arguments:?}: {why}");
        }
        let fine = refused("mail", &run("/usr/bin/scancel", &["-Q", "7", "8"]));
        assert!(fine.contains("system's user"), "{fine}");
        let fine = ["--parsable", "--comment=a b", "-N", "1", "/home/x/.jobbergate-1/uid.sh"];
        assert!(refused("mail", &run("/usr/bin/sbatch", &fine)).contains("system's user"));
    }

    #[test]
    fn files_go_where_a_submission_has_them_and_nowhere_else() {
        let (directory, own) = ("/home/x", "/home/x/.jobbergate-7-00000000000000ff");
        let place = |directory: &str, own: &str, name: &str, length| Action::Place {
            directory: directory.into(),
            own: own.into(),
            files: Some(vec![Piece { name: name.into(), length }]),
        };
        assert!(refused("mail", &place(directory, own, "job.sh", 5)).contains("system's user"));
        for (action, why) in [
            (place(directory, own, "../job.sh", 5), "not allowed"),
            (place(directory, own, "/etc/passwd", 5), "not allowed"),
            (place(directory, own, "job.sh", u64::MAX), "too large"),
            (place("home/x", own, "job.sh", 5), "absolute"),
            (place("/home", own, "job.sh", 5), "beside"),
            (place(directory, "/home/x/.ssh", "job.sh", 5), "no directory of a submission"),
            (Action::Remove { directory: "/home/x".into() }, "no directory of a submission"),
            (Action::Remove { directory: "/home/x/.jobbergate-7-".into() }, "no directory"),
            (Action::Remove { directory: format!("{own}/..").into() }, "no directory"),
        ] {
            assert!(refused("mail", &action).contains(why), "{action:?}");
        }
    }

    #[test]
    fn so_much_is_read_at_once_and_by_whole_paths() {
        let read = |path: &str, limit| {
            Action::Read(ReadPart { path: path.into(), from: None, limit, file: None })
        };
        assert!(refused("mail", &read("/home/x/out", 1 << 20)).contains("system's user"));
        assert!(refused("root", &read("/home/x/out", 1)).contains("is root"));
        for (action, why) in [
            (read("/home/x/out", (1 << 20) + 1), "too many"),
            (read("/home/x/out", usize::MAX), "too many"),
            (read("out", 1), "absolute"),
            (read("/home/x\0/out", 1), "absolute"),
        ] {
            assert!(refused("mail", &action).contains(why), "{action:?}");
        }
    }

    #[test]
    fn who_may_be_whom_is_the_rule_of_the_agent() {
        let sbatch = run("/usr/bin/sbatch", &["--parsable"]);
        let allowed =
            Accounts { allowed: vec!["mail".to_owned(), "root".to_owned()], ..accounts() };
        let policy = Policy { accounts: allowed, ..policy() };
        assert_eq!(policy.allow("mail", &sbatch).unwrap().name, "mail");
        assert!(policy.allow("root", &sbatch).unwrap_err().contains("is root"));
        let none = Accounts { groups: SupplementaryGroups::None, ..policy.accounts.clone() };
        let alone = Policy { accounts: none, ..policy }.allow("mail", &sbatch).unwrap();
        assert_eq!(alone.groups, [alone.gid]);
    }

    #[test]
    fn rules_arrive_as_they_were_set() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            policy: Policy,
        }
        let allowed = vec!["a".to_owned(), "b".to_owned()];
        let accounts = Accounts { minimum_uid: 500, allowed, groups: SupplementaryGroups::None };
        let given = Policy { accounts, only: Some("b".to_owned()), ..policy() };
        let line = std::iter::once("x".into()).chain(given.arguments());
        assert_eq!(<Line as clap::Parser>::parse_from(line).policy, given);
    }
}
