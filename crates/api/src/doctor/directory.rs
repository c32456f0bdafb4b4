//! The data directory.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::{
    config::{
        ServeConfig,
        data::{DATABASE_FILE, SWITCHING},
    },
    disk,
};
use jobbergate_doctor::Problem;

const CHOOSE: &str = "choose another one with JOBBERGATE_DATA_DIR";

pub(super) async fn check(config: &ServeConfig) -> Result<String, Problem> {
    let needed = config.needs_data_directory();
    let needed = needed.map_err(|error| Problem::new(error, "correct that setting first"))?;
    if !needed {
        return Ok("not used, data is in PostgreSQL and S3".to_owned());
    }
    let path = config.data_path().map_err(|error| Problem::new(error, CHOOSE))?;
    let shown = path.display();
    if !path.exists() {
        let found = format!("{shown} is not there yet, `jobbergate serve` makes it");
        let wrong = || {
            Problem::new(
                format!("{shown} is not there"),
                "start `jobbergate serve`, which makes it, or correct JOBBERGATE_DATA_DIR",
            )
        };
        return if config.data_dir.is_none() { Ok(found) } else { Err(wrong()) };
    }
    let advice = format!("make it a directory that this user may write to, or {CHOOSE}");
    try_writing(&path).map_err(|error| {
        let full = error.kind() == std::io::ErrorKind::StorageFull;
        let advice = if full { "make room there".to_owned() } else { advice };
        Problem::new(format!("{shown}: {error}"), advice)
    })?;
    if path.join(SWITCHING).exists() {
        let advice =
            "do it again with `jobbergate admin restore --replace`: no server starts before";
        return Err(Problem::new(format!("{shown}: a backup was not restored to the end"), advice));
    }
    disk::require_room(&path).map_err(|error| {
        Problem::new(error, "make room there: changes that find none are refused with status 507")
    })?;
    require_closed(&path, 0o022, "700")?;
    require_closed(&path.join(DATABASE_FILE), 0o077, "600")?;
    Ok(shown.to_string())
}

fn try_writing(directory: &Path) -> std::io::Result<()> {
    let probe = directory.join(format!(".doctor-{}", std::process::id()));
    let written = fs::write(&probe, "probe");
    // On a full disk there may be an empty file.
    let removed = fs::remove_file(&probe);
    written.and(removed)
}

/// Keys that sign tokens are in there.
fn require_closed(path: &Path, open: u32, closed: &str) -> Result<(), Problem> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & open == 0 {
        return Ok(());
    }
    let shown = path.display();
    let what = format!("{shown} is open to other users (mode {mode:o})");
    Err(Problem::new(what, format!("run: chmod {closed} {shown}")))
}
