//! A home whose file system does not answer.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use jobbergate_testkit::{skipped, slurm::SlurmLab};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tempfile::TempDir;

use super::{
    scene::Scene,
    support::{account, eventually, workdir},
};

const LONG: &str = "#!/bin/sh\n#SBATCH -p compute -o /dev/null\nsleep 300\n";

/// A file system of its own, which can be frozen: whoever writes to it waits until it is let go.
struct Home {
    _place: TempDir,
    mount: PathBuf,
    /// Lets it go when the test is killed.
    rescue: Option<Child>,
}

impl Home {
    fn of(user: &str) -> Option<Self> {
        let place = workdir("root");
        let (image, mount) = (place.path().join("image"), place.path().join("home"));
        fs::File::create(&image).ok()?.set_len(16 << 20).ok()?;
        fs::create_dir(&mount).ok()?;
        let made = run("mkfs.ext4", &[Path::new("-q"), &image])
            && run("mount", &[Path::new("-o"), Path::new("loop"), &image, &mount]);
        if !made {
            return None;
        }
        let account = account(user);
        chown(&mount, Some(account.uid.as_raw()), Some(account.gid.as_raw())).ok()?;
        Some(Self { _place: place, mount, rescue: None })
    }

    fn freeze(&mut self) -> bool {
        let rescue = format!("sleep 100; fsfreeze -u {}", self.mount.display());
        let mut command = Command::new("sh");
        command.args(["-c", &rescue]).process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        self.rescue = command.spawn().ok();
        run("fsfreeze", &[Path::new("-f"), &self.mount])
    }

    fn let_go(&self) -> bool {
        run("fsfreeze", &[Path::new("-u"), &self.mount])
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(mut rescue) = self.rescue.take() {
            self.let_go();
            let group = Pid::from_raw(i32::try_from(rescue.id()).unwrap_or_default());
            let _ = killpg(group, Signal::SIGKILL);
            let _ = rescue.wait();
        }
        // Lazily: the agent may still be in it.
        run("umount", &[Path::new("-l"), &self.mount]);
    }
}

fn run(program: &str, arguments: &[&Path]) -> bool {
    Command::new(program).args(arguments).status().is_ok_and(|status| status.success())
}

#[tokio::test]
async fn one_dead_home_keeps_nobody_else_waiting() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let Some(mut home) = Home::of("bob") else {
        return skipped("no file system can be made and mounted here");
    };
    if !home.freeze() {
        return skipped("no file system can be frozen here");
    }
    let agent = scene.agent();
    for id in 1..=10 {
        scene.server.add(id, home.mount.to_str().unwrap(), &[]);
        scene.server.with(id, |submission| submission.owner = "bob@lab.org");
    }
    for id in 11..=14 {
        scene.submit(id, &[]);
    }
    let cancel = |id: i64| {
        let jobs = scene.server.with(id, |submission| submission.jobs.clone());
        assert_eq!(jobs.len(), 1);
        scene.lab.run("scancel", &[&jobs[0].to_string()]).unwrap();
    };
    for id in 11..=14 {
        scene.becomes(id, "SUBMITTED").await;
        // Others need the nodes while it is waited for the dead home.
        cancel(id);
    }
    for id in 1..=10 {
        assert_eq!(scene.server.status(id), "CREATED", "it waits");
        eventually(120, "the reason, a minute after it hangs", || async {
            let reason = scene.server.waits_for(id).unwrap_or_default();
            reason.contains("directory cannot be used") || reason.contains("take long")
        })
        .await;
    }
    assert!(home.let_go());
    for id in 1..=10 {
        scene.becomes(id, "SUBMITTED").await;
    }
    (1..=10).for_each(cancel);
    agent.stop().await;
}
