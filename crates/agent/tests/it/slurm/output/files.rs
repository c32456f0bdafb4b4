//! Which files are read, and which are not.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::Path,
    time::Instant,
};

use jobbergate_testkit::slurm::SlurmLab;
use serde_json::json;

use super::{done, output, scene, submitted};
use crate::slurm::support::account;

#[tokio::test]
async fn both_streams_are_read_where_slurm_puts_them() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    let both = "echo out; echo err >&2";
    done(&scene, 1, both, &[]).await;
    assert_eq!(output(&scene, 1, json!({})).await.shown(), "out\nerr\n");
    assert_eq!(output(&scene, 1, json!({"stream": "stderr"})).await.shown(), "out\nerr\n");
    done(&scene, 2, both, &["--output='o  1.txt'", "--error=e=1.txt"]).await;
    assert_eq!(output(&scene, 2, json!({})).await.shown(), "out\n");
    assert_eq!(output(&scene, 2, json!({"stream": "stderr"})).await.shown(), "err\n");
    done(&scene, 3, both, &["--output=/dev/null", "--error=e3.txt"]).await;
    let (kind, words) = output(&scene, 3, json!({})).await.refused();
    assert!(kind == "unsuitable" && words.contains("nothing is kept"), "{kind} {words}");
    assert_eq!(output(&scene, 3, json!({"stream": "stderr"})).await.shown(), "err\n");
    agent.stop().await;
}

#[tokio::test]
async fn nothing_is_read_that_the_user_may_not_read() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    let home = scene.home.path();
    let secret = home.join("bobs");
    fs::write(&secret, "bob's").unwrap();
    let bob = account("bob");
    chown(&secret, Some(bob.uid.as_raw()), Some(bob.gid.as_raw())).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let state = scene.state.path().join("secret");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o600)).unwrap();
    for (id, target) in [(1, Path::new("/etc/shadow")), (2, &secret), (3, &state)] {
        done(&scene, id, "echo out", &["--output=out.txt"]).await;
        let out = home.join("out.txt");
        fs::remove_file(&out).unwrap();
        symlink(target, &out).unwrap();
        let (kind, words) = output(&scene, id, json!({})).await.refused();
        assert_eq!(kind, "forbidden", "{}: {words}", target.display());
        assert!(words.contains("alice may not read"), "{words}");
        fs::remove_file(&out).unwrap();
    }
    for target in ["/proc/self/environ", "/proc/self/status", "/proc/1/environ", "/proc/self/maps"]
    {
        let out = home.join("out.txt");
        symlink(target, &out).unwrap();
        let (kind, words) = output(&scene, 3, json!({})).await.refused();
        assert!(["unsuitable", "forbidden"].contains(&kind.as_str()), "{target}: {kind} {words}");
        fs::remove_file(&out).unwrap();
    }
    assert_eq!(output(&scene, 3, json!({"ended": true})).await.refused().0, "not_there");
    agent.stop().await;
}

#[tokio::test]
async fn what_is_no_regular_file_is_refused_at_once() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    let out = scene.home.path().join("out.txt");
    done(&scene, 1, "echo out", &["--output=out.txt"]).await;
    fs::remove_file(&out).unwrap();
    nix::unistd::mkfifo(&out, nix::sys::stat::Mode::from_bits_truncate(0o666)).unwrap();
    let begin = Instant::now();
    assert!(output(&scene, 1, json!({"wait": 30})).await.refused().1.contains("a pipe"));
    fs::remove_file(&out).unwrap();
    fs::create_dir(&out).unwrap();
    assert!(output(&scene, 1, json!({"wait": 30})).await.refused().1.contains("a directory"));
    fs::remove_dir(&out).unwrap();
    symlink("/dev/zero", &out).unwrap();
    assert!(output(&scene, 1, json!({"wait": 30})).await.refused().1.contains("a device"));
    fs::remove_file(&out).unwrap();
    symlink("out.txt", &out).unwrap();
    assert!(output(&scene, 1, json!({"wait": 0})).await.refused().1.contains("leads in a circle"));
    assert!(begin.elapsed().as_secs() < 20);
    agent.stop().await;
}

#[tokio::test]
async fn of_a_large_file_any_part_is_read_and_what_is_cut_is_said() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    let script = "yes 0123456789abcde | head -c 104857600; sleep 120";
    submitted(&scene, 1, script, &["--output=out.txt"]).await;
    let out = scene.home.path().join("out.txt");
    let full = || async { fs::metadata(&out).is_ok_and(|m| m.len() == 104_857_600) };
    crate::slurm::support::eventually(60, "100 MiB", full).await;
    let tail = output(&scene, 1, json!({"from": -16})).await;
    assert_eq!(tail.part["size"], 104_857_600);
    assert_eq!(tail.part["from"], 104_857_584);
    assert_eq!(tail.text, "0123456789abcde\n");
    let middle = output(&scene, 1, json!({"from": 16_000_000, "limit": 1_048_576})).await;
    assert_eq!((middle.text.len(), &middle.text[..4]), (1_048_576, "0123"));
    let usual = output(&scene, 1, json!({})).await;
    assert_eq!(usual.text.len(), 65_536);
    let file = tail.part["file"].clone();
    fs::write(&out, "anew\n").unwrap();
    let cut = output(&scene, 1, json!({"from": 104_857_600, "file": file, "wait": 30})).await;
    assert_eq!((&cut.part["replaced"], &cut.part["from"]), (&json!(true), &json!(0)));
    assert_eq!(cut.text, "anew\n");
    let number = scene.server.with(1, |submission| submission.jobs[0]).to_string();
    scene.lab.run("scancel", &[&number]).unwrap();
    agent.stop().await;
}
