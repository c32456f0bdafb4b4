//! Whether what the server needs is there and works, one check after the other; nothing is
//! changed that stays.

mod clusters;
mod database;
mod directory;
mod events;
mod examinations;
mod issuer;
mod ldap;
mod listen;
mod open_files;
mod organizations;
mod public_url;
mod settings;
mod standby;
mod storage;

pub use examinations::{Examination, Examinations};
use jobbergate_doctor::{Finding, within};
pub use listen::health;

use crate::{clock::Clock, config::ServeConfig};

/// Makes all checks. A new one is a function in a file of its own and a line here.
pub async fn examine(config: &ServeConfig, clock: &Clock) -> Vec<Finding> {
    let mut findings = vec![
        within("settings", settings::check(config)).await,
        within("data directory", directory::check(config)).await,
        within("database", database::check(config)).await,
        within("standby", standby::check(config)).await,
        within("files", storage::check(config)).await,
    ];
    findings.extend(issuer::check_all(config, clock).await);
    findings.extend([
        within("people from LDAP", ldap::check(config, clock)).await,
        within("messages and e-mail", events::check(config)).await,
        within("organizations", organizations::check(config)).await,
        within("clusters", clusters::check(config, clock)).await,
        within("public address", public_url::check(config)).await,
        within("listening", listen::check(config)).await,
        within("open files", open_files::check(config)).await,
        within("figures", listen::check_figures(config)).await,
    ]);
    findings
}
