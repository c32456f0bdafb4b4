//! Whom an owner of submissions is mapped to, and where their jobs would run.

use chrono::Utc;

use crate::{
    config::AgentConfig, directory_locks::DirectoryLocks, files, run_as::Account, setback::Setback,
    user_map::Mapping,
};
use jobbergate_doctor::Problem;

const UNASKED: &str = "say --email ADDRESS to have an owner looked at";

/// The account of the owner, if one was named, or of everybody.
async fn account(config: &AgentConfig, email: Option<&str>) -> Result<Option<Account>, Problem> {
    let map =
        config.user_map().map_err(|error| Problem::new(error, "correct the settings first"))?;
    let email = match (email, map.mapping()) {
        (Some(email), _) => email,
        (None, Mapping::Single(_)) => "everybody",
        (None, _) => return Ok(None),
    };
    map.account(email, Utc::now()).await.map(Some).map_err(|setback| {
        let advice = "add the user to the cluster, or correct JOBBERGATE_AGENT_SLURM_USER_MAPPER and \
                      what it needs";
        Problem::new(setback, advice)
    })
}

/// Whether there is an answer to be had at all.
pub(super) async fn check_mapping(config: &AgentConfig) -> Result<String, Problem> {
    let Ok(map) = config.user_map() else {
        return Ok("not looked at before the settings go together".to_owned());
    };
    if let Some(objection) = map.everybodys_objection().await {
        return Err(Problem::new(objection, "set one of the two"));
    }
    match map.mapping() {
        Mapping::Asked { lookup, .. } => lookup.examine().await.map_err(|error| {
            let advice = "check JOBBERGATE_AGENT_LDAP_* or JOBBERGATE_AGENT_USER_MAP_COMMAND";
            Problem::new(error, advice)
        }),
        _ => Ok(map.to_string()),
    }
}

pub(super) async fn check(config: &AgentConfig, email: Option<&str>) -> Result<String, Problem> {
    let Some(Account { name, uid, gid, groups, .. }) = account(config, email).await? else {
        return Ok(UNASKED.to_owned());
    };
    let email = email.unwrap_or("everybody");
    Ok(format!("{email} is {name} (user {uid}, group {gid}, {} groups)", groups.len()))
}

pub(super) async fn check_directory(
    config: &AgentConfig,
    email: Option<&str>,
) -> Result<String, Problem> {
    let Ok(Some(account)) = account(config, email).await else {
        return Ok("not looked at without a user".to_owned());
    };
    let directory = config.default_directory(&account);
    let locks = DirectoryLocks::default();
    let turn = locks.turn(&directory, &account.name).await;
    let turn = turn.map_err(|error| Problem::new(error, "run this once more"))?;
    let probe = directory.join(format!(".jobbergate-doctor-{}", std::process::id()));
    let placed = files::place(&account, &directory, None, &probe, turn).await;
    let shown = directory.display();
    placed.map_err(|setback| match setback {
        Setback::Refusal(why)
        | Setback::Limit(why)
        | Setback::Blocked(_, why)
        | Setback::Trouble(why)
        | Setback::Missing(why) => {
            let advice = format!(
                "make it a directory that {} may write to, or choose another one with \
                 JOBBERGATE_AGENT_DEFAULT_SLURM_WORK_DIR",
                account.name
            );
            Problem::new(why, advice)
        }
    })?;
    Ok(format!("{} may write to {shown}", account.name))
}
