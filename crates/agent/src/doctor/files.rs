//! Files that an agent reads after it became another user.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use nix::unistd::geteuid;

use crate::{
    config::{AgentConfig, Mapper},
    run_as::Account,
};
use jobbergate_doctor::Problem;

/// A setting that names a file, and what the agent's user must be able to do with that.
struct Needed {
    setting: &'static str,
    path: PathBuf,
    /// As `test` has it.
    access: &'static str,
}

pub(super) async fn check(config: &AgentConfig) -> Result<String, Problem> {
    let Some(name) = config.separation.run_as.as_deref() else {
        return Ok("read as this user".to_owned());
    };
    let account = Account::by_name(name).ok().flatten();
    let Some(account) = account.filter(|_| geteuid().is_root()) else {
        return Ok("not looked at without a user".to_owned());
    };
    for Needed { setting, path, access } in needed(config) {
        let shown = path.display();
        let may = may(&account, &path, access).await;
        if !may.map_err(|e| Problem::new(format!("{shown}: {e}"), "run this once more"))? {
            let (verb, mode) = if access == "-x" { ("run", "x") } else { ("read", "r") };
            let what = format!("{name} may not {verb} {shown} (JOBBERGATE_AGENT_{setting})");
            let advice = format!(
                "let it: `chgrp {name} {shown} && chmod g+{mode} {shown}`, and `chmod o+x` for the \
                 directories above if they are closed"
            );
            return Err(Problem::new(what, advice));
        }
    }
    Ok(format!("{name} may read them"))
}

fn needed(config: &AgentConfig) -> Vec<Needed> {
    let users = &config.users;
    let of = |mapper| config.slurm_user_mapper == Some(mapper);
    let (ldap, command) = (of(Mapper::Ldap), of(Mapper::Command));
    let all = [
        (ldap || command || of(Mapper::File), "USER_MAP_FILE", &config.user_map_file, "-r"),
        (ldap, "LDAP_PASSWORD_FILE", &users.ldap.ldap_password_file, "-r"),
        (ldap, "LDAP_CA_FILE", &users.ldap.ldap_ca_file, "-r"),
        (command, "USER_MAP_COMMAND", &users.user_map_command, "-x"),
        (true, "INFLUX_CERT_PATH", &config.metrics.influx_cert_path, "-r"),
    ];
    let all = all.into_iter().filter(|(is_read, ..)| *is_read);
    all.filter_map(|(_, setting, path, access)| {
        Some(Needed { setting, path: path.clone()?, access })
    })
    .collect()
}

/// The kernel says so best, to that user.
async fn may(account: &Account, path: &Path, access: &str) -> std::io::Result<bool> {
    let mut command = account.command(Path::new("/bin/sh"), Path::new("/"), None)?;
    command.args(["-c", "test \"$1\" \"$2\"", "sh", access]).arg(path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(tokio::process::Command::from(command).kill_on_drop(true).status().await?.success())
}
