//! The program under systemd: its units, and what it tells.

use std::{
    fs,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use jobbergate_testkit::skipped;

use crate::support::{Process, program};

const UNITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/systemd");

/// The units with their exposure in tenths, as `docs/operations.md` says; less is better.
const EXPOSURES: [(&str, &str, u32); 3] = [
    ("jobbergate-agent.service", "jobbergate-agent.service", 29),
    ("jobbergate-agent@.service", "jobbergate-agent@alice.service", 19),
    ("jobbergate-serve.service", "jobbergate-serve.service", 11),
];

fn analyze(arguments: &[&str], unit: &Path) -> (bool, String) {
    let analyze = Command::new("systemd-analyze").args(arguments).arg(unit).output().unwrap();
    let said = [analyze.stdout, analyze.stderr].concat();
    (analyze.status.success(), String::from_utf8(said).unwrap())
}

fn has_systemd() -> bool {
    let found = Command::new("systemd-analyze").arg("--version").stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// A unit that starts the program that was built.
fn built(directory: &Path, file: &str, name: &str) -> PathBuf {
    let text = fs::read_to_string(Path::new(UNITS).join(file)).unwrap();
    let text = text.replace("/usr/bin/jobbergate", env!("CARGO_BIN_EXE_jobbergate"));
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_units_make_sense_to_systemd_and_are_hardened() {
    if !has_systemd() {
        return skipped("there is no systemd-analyze");
    }
    let directory = tempfile::tempdir().unwrap();
    for (file, name, most) in EXPOSURES {
        let unit = built(directory.path(), file, name);
        let (good, said) = analyze(&["verify"], &unit);
        assert!(good && said.trim().is_empty(), "{name}: {said}");
        let threshold = format!("--threshold={most}");
        let (good, said) = analyze(&["security", "--offline=true", &threshold], &unit);
        assert!(good, "{name}: {said}");
    }
}

#[test]
fn systemd_is_told_when_the_server_has_started_that_it_goes_on_and_that_it_stops() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let hear = |wanted: &str| {
        let mut buffer = [0; 256];
        loop {
            let length = manager.recv(&mut buffer).unwrap_or_else(|e| panic!("{wanted}: {e}"));
            let said = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if said.lines().any(|line| line == wanted) {
                return;
            }
        }
    };
    let mut server = program();
    server.args(["serve", "--listen=127.0.0.1:0", "--log-format=json", "--data-dir"]);
    server.arg(data.path().join("data")).env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    let server = Process::start(server, &data.path().join("log"));
    hear("READY=1");
    hear("WATCHDOG=1");
    hear("WATCHDOG=1");
    assert!(server.stop());
    hear("STOPPING=1");
}
