//! Whether what an agent needs is there and works, one check after the other; nothing is changed
//! that stays. An agent may be running meanwhile.

mod files;
mod host;
mod owner;
mod server;
mod slurm;

use jobbergate_doctor::{Finding, Problem, within};

use crate::config::AgentConfig;

/// Makes all checks; `email` is of an owner of submissions, whose user and directory are looked
/// at. A new check is a function and a line here.
pub async fn examine(config: &AgentConfig, email: Option<&str>) -> Vec<Finding> {
    let slurm = config.slurm();
    vec![
        within("settings", settings(config)).await,
        within("server", server::check(config)).await,
        within("clock", server::check_clock(config)).await,
        within("token", server::check_token(config)).await,
        within("permissions", server::check_permissions(config)).await,
        within("Slurm's commands", slurm::check_commands(&slurm)).await,
        within("Slurm's controller", slurm::check_controller(&slurm)).await,
        within("accounting", slurm::check_accounting(&slurm)).await,
        within("journal", host::check_journal(config)).await,
        within("agent's user", host::check_user(config)).await,
        within("files of settings", files::check(config)).await,
        within("figures", host::check_figures(config)).await,
        within("user mapping", owner::check_mapping(config)).await,
        within("owner's user", owner::check(config, email)).await,
        within("work directory", owner::check_directory(config, email)).await,
    ]
}

async fn settings(config: &AgentConfig) -> Result<String, Problem> {
    let advice = "correct it in the environment or the file `.env`";
    let wrong = |error| Problem::new(error, advice);
    config.client().map_err(wrong)?;
    let map = config.user_map().map_err(wrong)?;
    config.sbatch_limit.bounds().map_err(wrong)?;
    config.metrics.source().map_err(wrong)?;
    let doubts = config.doubts(&map);
    Ok(if doubts.is_empty() { "they go together".to_owned() } else { doubts.join("; ") })
}
