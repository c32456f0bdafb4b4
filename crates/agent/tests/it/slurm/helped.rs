//! The helper of an agent that gave up root, asked by one that was taken over.

use std::{
    fs,
    io::{self, IoSlice, Read},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{
            fs::symlink,
            process::{CommandExt, ExitStatusExt},
        },
    },
    path::{Path, PathBuf},
    process::Command,
    thread::{self, JoinHandle},
    time::Duration,
};

use jobbergate_agent::{
    acting::{Action, Answer, Piece, Reply, Request, Run},
    fence::Fence,
    helper::{self, policy::Policy},
    setback::Setback,
};
use jobbergate_testkit::slurm::SlurmLab;
use nix::{
    errno::Errno,
    sys::socket::{
        AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, recv, sendmsg, socketpair,
    },
};
use serde_json::json;

use super::support::{accounts, workdir};

/// An agent's end of the connection to a helper.
struct Agent {
    socket: OwnedFd,
    helper: JoinHandle<io::Result<()>>,
}

impl Agent {
    fn with_helper(lab: &SlurmLab) -> Self {
        let kind = (AddressFamily::Unix, SockType::SeqPacket);
        let (socket, theirs) = socketpair(kind.0, kind.1, None, SockFlag::SOCK_CLOEXEC).unwrap();
        let policy = Policy {
            sbatch: lab.command("sbatch"),
            scancel: lab.command("scancel"),
            agent: "daemon".to_owned(),
            only: None,
            accounts: accounts(),
        };
        Self { socket, helper: thread::spawn(|| helper::serve(theirs, policy)) }
    }

    fn send(&self, message: &[u8], files: &[OwnedFd]) {
        let files: Vec<_> = files.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&files)];
        let rights = if files.is_empty() { &[][..] } else { &rights };
        let (socket, slices) = (self.socket.as_raw_fd(), [IoSlice::new(message)]);
        sendmsg::<()>(socket, &slices, rights, MsgFlags::empty(), None).unwrap();
    }

    fn ask(&self, user: &str, action: Action, files: &[OwnedFd]) -> Reply {
        let user = user.to_owned();
        let request = Request { number: 7, submissions: vec![7], user, action };
        self.send(&serde_json::to_vec(&request).unwrap(), files);
        self.answer()
    }

    /// Sends what the helper can't answer; both end at that.
    fn breaks_with(self, message: &[u8], files: &[OwnedFd]) -> String {
        self.send(message, files);
        let gone = recv(self.socket.as_raw_fd(), &mut [0], MsgFlags::empty());
        assert!(matches!(gone, Ok(0) | Err(Errno::ECONNRESET)), "nobody waits any more: {gone:?}");
        self.helper.join().unwrap().unwrap_err().to_string()
    }

    fn answer(&self) -> Reply {
        let mut buffer = vec![0; 1 << 17];
        let length = recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::empty()).unwrap();
        serde_json::from_slice::<Answer>(&buffer[..length]).unwrap().reply
    }

    fn refused(&self, user: &str, action: Action) -> String {
        match self.ask(user, action, &[]) {
            Reply::Refused(why) => why,
            other => panic!("not refused: {other:?}"),
        }
    }

    fn ends(self) {
        drop(self.socket);
        self.helper.join().unwrap().unwrap();
    }
}

fn run(program: PathBuf, arguments: &[&str]) -> Action {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Action::Run(Run {
        program,
        directory: "/".into(),
        arguments,
        not_after: Duration::MAX,
        fence: None,
    })
}

fn place(directory: &Path, name: &str, content: &str) -> (Action, [OwnedFd; 1]) {
    let own = directory.join(".jobbergate-7-00000000000000ff");
    let piece = Piece { name: name.into(), length: content.len() as u64 };
    let action = Action::Place { directory: directory.to_owned(), own, files: Some(vec![piece]) };
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, content).unwrap();
    (action, [file.reopen().unwrap().into()])
}

#[test]
fn what_is_not_for_the_helper_is_refused_and_it_goes_on() {
    let lab = SlurmLab::start().unwrap();
    let (agent, home) = (Agent::with_helper(&lab), workdir("alice"));
    let (sbatch, scancel) = (lab.command("sbatch"), lab.command("scancel"));
    for (user, action, why) in [
        ("root", run(sbatch.clone(), &["--version"]), "not allowed"),
        ("root", run(sbatch.clone(), &["--parsable"]), "is root"),
        ("daemon", run(sbatch.clone(), &["--parsable"]), "system's user"),
        ("nobody", run(sbatch.clone(), &["--parsable"]), "system's user"),
        ("no-such-user", run(sbatch.clone(), &["--parsable"]), "no user"),
        ("alice", run("/bin/sh".into(), &["-c", "id"]), "no program"),
        ("alice", run(sbatch.clone(), &["--uid=root"]), "--uid=root"),
        ("alice", run(sbatch, &["--gid", "0"]), "--gid"),
        ("alice", run(scancel, &["-Q", "--user=bob"]), "no number"),
        ("alice", place(home.path(), "../x", "x").0, "not allowed"),
        ("alice", Action::Remove { directory: home.path().to_owned() }, "no directory of a"),
    ] {
        let said = agent.refused(user, action.clone());
        assert!(said.contains(why), "{user}, {action:?}: {said}");
    }
    let (action, content) = place(home.path(), "job.sh", "fine");
    assert_eq!(agent.ask("alice", action, &content), Reply::Done(Ok(())));
    assert_eq!(fs::read_to_string(home.path().join("job.sh")).unwrap(), "fine");
    agent.ends();
}

#[test]
fn what_nobody_understands_ends_both_so_that_nobody_waits_for_an_answer() {
    let lab = SlurmLab::start().unwrap();
    let valid = Request {
        number: 1,
        submissions: vec![],
        user: "alice".to_owned(),
        action: Action::Remove { directory: "/x".into() },
    };
    let mut odd = serde_json::to_value(&valid).unwrap();
    odd["shell"] = json!("id");
    let text = serde_json::to_vec(&valid).unwrap();
    for garbled in [&b"x"[..], b"\xff\x00", b"{}", b"[]", &text[..20], odd.to_string().as_bytes()] {
        let why = Agent::with_helper(&lab).breaks_with(garbled, &[]);
        assert!(why.contains("not understood"), "{why}");
    }
    let long = Agent::with_helper(&lab).breaks_with(&vec![b' '; (128 << 10) + 1], &[]);
    assert!(long.contains("too long"), "{long}");
    let file = || OwnedFd::from(tempfile::tempfile().unwrap());
    let files = [file(), file(), file(), file(), file(), file()];
    let many = Agent::with_helper(&lab).breaks_with(b"{}", &files);
    assert!(many.contains("too long"), "{many}");
}

#[test]
fn a_reason_is_told_however_long_what_it_is_about() {
    let lab = SlurmLab::start().unwrap();
    let agent = Agent::with_helper(&lab);
    let directory = format!("x{}", "\u{1}".repeat(20_000)).into();
    let why = agent.refused("alice", Action::Remove { directory });
    assert!(why.starts_with("x\u{1}") && why.len() < 10_000, "{}", why.len());
    agent.ends();
}

#[test]
fn what_goes_with_a_request_must_be_what_it_needs() {
    let lab = SlurmLab::start().unwrap();
    let (agent, home) = (Agent::with_helper(&lab), workdir("alice"));
    let (action, _) = place(home.path(), "job.sh", "x");
    let missing = agent.ask("alice", action.clone(), &[]);
    assert!(matches!(missing, Reply::Done(Err(_))), "{missing:?}");
    let short = agent.ask("alice", action, &[tempfile::tempfile().unwrap().into()]);
    assert!(matches!(short, Reply::Done(Err(_))), "{short:?}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    let without = agent.ask("alice", run(lab.command("sbatch"), &["--parsable"]), &[]);
    assert!(matches!(without, Reply::NotStarted(_)), "{without:?}");
    let null = || OwnedFd::from(fs::File::open("/dev/null").unwrap());
    let long_ago = Duration::from_millis(1);
    for (not_after, fence) in [(long_ago, None), (Duration::MAX, Some(Fence(long_ago)))] {
        let (program, directory) = (lab.command("sbatch"), "/".into());
        let late = Action::Run(Run { program, directory, arguments: vec![], not_after, fence });
        let late = agent.ask("alice", late, &[null(), null(), null()]);
        assert!(matches!(&late, Reply::NotNow(why) if why.contains("too late")), "{late:?}");
    }
    agent.ends();
}

#[test]
fn a_user_is_not_led_to_what_is_anothers() {
    let lab = SlurmLab::start().unwrap();
    let (agent, home, others) = (Agent::with_helper(&lab), workdir("alice"), workdir("bob"));
    symlink("/etc", home.path().join("etc")).unwrap();
    symlink(others.path(), home.path().join("bob")).unwrap();
    for name in ["etc/evil", "bob/evil"] {
        let (action, content) = place(home.path(), name, "evil");
        let reply = agent.ask("alice", action, &content);
        assert!(matches!(reply, Reply::Done(Err(Setback::Refusal(_)))), "{reply:?}");
    }
    let (action, content) = place(others.path(), "evil", "evil");
    assert!(matches!(agent.ask("alice", action, &content), Reply::Done(Err(_))));
    assert!(!Path::new("/etc/evil").exists() && fs::read_dir(others.path()).unwrap().count() == 0);
    let copy = others.path().join(".jobbergate-7-00000000000000ff");
    fs::create_dir(&copy).unwrap();
    let remove = Action::Remove { directory: copy.clone() };
    assert!(matches!(agent.ask("alice", remove, &[]), Reply::Done(Err(_))) && copy.exists());
    agent.ends();
}

fn signal(process: u32, forcibly: bool) -> Action {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let started: u64 =
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().parse().unwrap();
    let process = json!({"number": process, "started": started});
    serde_json::from_value(json!({"signal": {"process": process, "forcibly": forcibly}})).unwrap()
}

#[test]
fn only_what_runs_as_a_user_is_ended_for_the_user() {
    let lab = SlurmLab::start().unwrap();
    let agent = Agent::with_helper(&lab);
    let mut roots = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
    let action = signal(roots.id(), true);
    agent.ask("alice", action, &[]);
    thread::sleep(Duration::from_millis(200));
    assert!(roots.try_wait().unwrap().is_none(), "root's program goes on");
    roots.kill().unwrap();
    roots.wait().unwrap();
    agent.ends();
}

#[test]
fn a_users_program_is_ended_with_all_of_its_group() {
    let lab = SlurmLab::start().unwrap();
    let agent = Agent::with_helper(&lab);
    let alice = nix::unistd::User::from_name("alice").unwrap().unwrap();
    for (forcibly, number) in [(false, 15), (true, 9)] {
        let mut sleep = Command::new("sleep");
        let sleep = sleep.arg("60").process_group(0).uid(alice.uid.as_raw());
        let mut program = sleep.spawn().unwrap();
        let action = signal(program.id(), forcibly);
        assert_eq!(agent.ask("alice", action, &[]), Reply::Done(Ok(())));
        assert_eq!(program.wait().unwrap().signal(), Some(number));
    }
    agent.ends();
}

#[test]
fn a_program_runs_as_its_user_with_what_it_was_given() {
    let lab = SlurmLab::start().unwrap();
    let (agent, home) = (Agent::with_helper(&lab), workdir("alice"));
    let mut said = tempfile::tempfile().unwrap();
    let null = || OwnedFd::from(fs::File::open("/dev/null").unwrap());
    let stdio = [null(), null(), said.try_clone().unwrap().into()];
    let arguments =
        vec!["--parsable".to_owned(), "--partition=nosuch".to_owned(), "x.sh".to_owned()];
    let directory = home.path().to_owned();
    let run = Run {
        program: lab.command("sbatch"),
        directory,
        arguments,
        not_after: Duration::MAX,
        fence: None,
    };
    let started = agent.ask("alice", Action::Run(run), &stdio);
    assert!(matches!(started, Reply::Started(Some(_))), "{started:?}");
    let Reply::Ended(status) = agent.answer() else { panic!("it did not end") };
    let mut text = String::new();
    io::Seek::rewind(&mut said).unwrap();
    said.read_to_string(&mut text).unwrap();
    assert!(status != 0 && text.contains("x.sh"), "{status}: {text}");
    agent.ends();
}
