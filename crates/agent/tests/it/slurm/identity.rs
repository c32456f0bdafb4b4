//! Whose job it is.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
};

use jobbergate_agent::{
    directory_locks::DirectoryLocks,
    files::{self, Content, Files},
    run_as::Account,
    setback::Setback,
};
use jobbergate_testkit::slurm::SlurmLab;
use nix::unistd::Gid;

use super::support::{Job, accepted, account, agent, eventually, workdir};

const WHO: &str =
    "#!/bin/bash\n#SBATCH -o out.txt -p compute\nid -un; id -gn; id -Gn; umask; env\necho end\n";

#[tokio::test]
async fn a_job_is_its_owners_and_sees_nothing_of_the_agent() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state, &[]).await;
    accepted(Job::new("alice", &home, WHO).sbatch(&agent).await);
    let out = home.path().join("out.txt");
    let read = || fs::read_to_string(&out).unwrap_or_default();
    eventually(20, "the job ran", || async { read().ends_with("end\n") }).await;
    let text = read();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["alice", "alice"]);
    assert!(!lines[2].contains("root"), "{text}");
    assert_eq!(lines[3], "0022");
    assert!(lines.contains(&"HOME=/home/alice") && lines.contains(&"USER=alice"), "{text}");
    for alien in ["CARGO", "RUST", "NEXTEST", "JOBBERGATE", "the-agents-secret"] {
        assert!(!text.contains(alien), "{alien} in {text}");
    }
}

#[tokio::test]
async fn a_job_may_choose_its_environment_itself() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("bob"));
    let agent = agent(&lab, &state, &[]).await;
    let script =
        "#!/bin/bash\n#SBATCH -o out.txt -p compute --export=HOME,CHOSEN=yes\nenv\necho end\n";
    accepted(Job::new("bob", &home, script).sbatch(&agent).await);
    let out = home.path().join("out.txt");
    let read = || fs::read_to_string(&out).unwrap_or_default();
    eventually(20, "the job ran", || async { read().ends_with("end\n") }).await;
    assert!(read().contains("CHOSEN=yes") && read().contains("HOME=/home/bob"), "{}", read());
}

#[tokio::test]
async fn files_are_written_by_their_owner() {
    let _lab = SlurmLab::start().unwrap();
    let home = workdir("alice");
    let alice = account("alice");
    let content = |name: &str| Content { name: files::inside(name).unwrap(), bytes: b"x".to_vec() };
    let both = Files { script: content("job.sh"), support: vec![content("data/in.txt")] };
    let turn = DirectoryLocks::default().turn(home.path(), "alice").await.unwrap();
    let own = home.path().join(".own");
    files::place(&alice, home.path(), Some(both), &own, turn).await.unwrap();
    for name in ["job.sh", "data", "data/in.txt", ".own", ".own/job.sh"] {
        let metadata = fs::metadata(home.path().join(name)).unwrap();
        let owner = (metadata.uid(), metadata.gid());
        assert_eq!(owner, (alice.uid.as_raw(), alice.gid.as_raw()), "{name}");
    }
    assert_eq!(fs::metadata(home.path().join(".own")).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 3);
}

/// Alice, in one more group, which the system need not know.
fn in_a_group(gid: u32) -> Account {
    let mut alice = account("alice");
    alice.groups.push(Gid::from_raw(gid));
    alice
}

#[tokio::test]
async fn the_users_groups_count_where_files_are_written_and_where_programs_run() {
    let _lab = SlurmLab::start().unwrap();
    let shared = workdir("root");
    chown(shared.path(), Some(0), Some(54321)).unwrap();
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o2770)).unwrap();
    let place = async |account: &Account, own: &str| {
        let script = Content { name: files::inside("job.sh").unwrap(), bytes: b"x".to_vec() };
        let turn = DirectoryLocks::default().turn(shared.path(), "alice").await.unwrap();
        let files = Files { script, support: vec![] };
        files::place(account, shared.path(), Some(files), &shared.path().join(own), turn).await
    };
    assert!(matches!(place(&account("alice"), ".1").await, Err(Setback::Refusal(_))));
    let member = in_a_group(54321);
    place(&member, ".2").await.unwrap();
    assert_eq!(fs::metadata(shared.path().join("job.sh")).unwrap().gid(), 54321);
    let mut id = member.command("/usr/bin/id".as_ref(), shared.path(), None).unwrap();
    let said = id.arg("-G").output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let mut groups: Vec<u32> = said.split_whitespace().map(|gid| gid.parse().unwrap()).collect();
    let mut expected: Vec<u32> = member.groups.iter().map(|gid| gid.as_raw()).collect();
    groups.sort_unstable();
    expected.sort_unstable();
    assert_eq!(groups, expected, "its own, and none of the agent's");
}

#[tokio::test]
async fn who_may_enter_a_directory_but_not_list_it_can_submit_there() {
    let _lab = SlurmLab::start().unwrap();
    let home = workdir("alice");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o300)).unwrap();
    let script = Content { name: files::inside("job.sh").unwrap(), bytes: b"x".to_vec() };
    let turn = DirectoryLocks::default().turn(home.path(), "alice").await.unwrap();
    let (own, files) = (home.path().join(".own"), Files { script, support: vec![] });
    files::place(&account("alice"), home.path(), Some(files), &own, turn).await.unwrap();
    assert!(home.path().join("job.sh").is_file());
}

#[tokio::test]
async fn nobody_writes_where_only_root_or_another_may() {
    let _lab = SlurmLab::start().unwrap();
    let (home, others) = (workdir("alice"), workdir("bob"));
    let alice = account("alice");
    // A link that points out of the directory does not help.
    std::os::unix::fs::symlink("/etc", home.path().join("data")).unwrap();
    let content = |name: &str| Content { name: files::inside(name).unwrap(), bytes: b"x".to_vec() };
    let evil = Files { script: content("job.sh"), support: vec![content("data/evil")] };
    for (directory, files, words) in
        [(&home, Some(evil), "symbolic link"), (&others, None, "permissions")]
    {
        let own = directory.path().join(".own");
        let turn = DirectoryLocks::default().turn(directory.path(), "alice").await.unwrap();
        let placed = files::place(&alice, directory.path(), files, &own, turn).await;
        let Err(Setback::Refusal(why)) = placed else { panic!("not refused") };
        assert!(why.contains(words), "{why}");
    }
    assert!(!std::path::Path::new("/etc/evil").exists());
    assert_eq!(fs::read_dir(others.path()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}
