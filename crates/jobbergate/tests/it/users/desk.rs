//! Alice's desk at a site with a Slurm, whose agent runs.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::world::{Outcome, command};
use crate::support::{AgentOptions, Process, Site, script_of};

pub struct Desk {
    pub site: Site,
    pub home: TempDir,
    _agent: Process,
}

impl Desk {
    pub fn new() -> Self {
        let site = Site::open();
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("cache/token")).unwrap();
        let token = site.token_of("alice@example.com");
        fs::write(home.path().join("cache/token/access.token"), token).unwrap();
        let agent = site.agent(AgentOptions::default());
        Self { site, home, _agent: agent }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_at(&self.site.address, arguments)
    }

    /// With the server at another address.
    pub fn command_at(&self, address: &str, arguments: &[&str]) -> Command {
        let mut command = command(address, self.home.path(), arguments);
        command.env("DEFAULT_CLUSTER_NAME", "test-cluster");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.command(arguments).output().unwrap().into()
    }

    /// An application of this name whose jobs do these commands.
    pub fn application(&self, name: &str, variables: &str, commands: &str) {
        let directory = self.home.path().join(name);
        fs::create_dir_all(directory.join("templates")).unwrap();
        let config = format!(
            "application_config: {variables}\njobbergate_config:\n  default_template: \
             templates/job.sh.j2\n"
        );
        fs::write(directory.join("jobbergate.yaml"), config).unwrap();
        fs::write(directory.join("templates/job.sh.j2"), script_of(commands)).unwrap();
        let create = ["applications", "create", "-n", name, "--identifier", name, "-a", name];
        self.run(&create).well();
    }

    /// `jobbergate run` in the directory where alice may write.
    pub fn running(&self, arguments: &[&str]) -> Command {
        self.command(&self.words_of_run(arguments))
    }

    pub fn words_of_run<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let place = ["--execution-directory", self.site.work.path().to_str().unwrap()];
        [&["run"], arguments, &place[..]].concat()
    }

    /// Submits without watching; the submission's number.
    pub fn submitted(&self, arguments: &[&str]) -> i64 {
        let words = [&["--raw"], &self.words_of_run(arguments)[..], &["--no-watch"]].concat();
        self.run(&words).json()["job_submission_id"].as_i64().unwrap()
    }
}

/// A command that runs beside the test.
pub fn started(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub fn outcome(child: Child) -> Outcome {
    child.wait_with_output().unwrap().into()
}

/// A way to a server that can be cut.
pub struct Wire {
    pub address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_cut: bool,
    ends: Vec<TcpStream>,
    connections: usize,
}

impl Wire {
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let (server, shared) = (server.to_owned(), Arc::clone(&state));
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, mut state) = (near.unwrap(), shared.lock().unwrap());
                state.connections += 1;
                if state.is_cut {
                    continue;
                }
                let far = TcpStream::connect(&server).unwrap();
                state.ends.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                pass(near.try_clone().unwrap(), far.try_clone().unwrap());
                pass(far, near);
            }
        });
        Self { address, state }
    }

    /// Ends all connections, and each new one at once.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for end in state.ends.drain(..) {
            // It may have ended by itself.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    pub fn mend(&self) {
        self.state.lock().unwrap().is_cut = false;
    }

    /// How often somebody came, in vain or not.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// Waits until somebody came so often.
    pub fn until_used(&self, times: usize) {
        let end = Instant::now() + Duration::from_secs(45);
        while self.connections() < times {
            assert!(Instant::now() < end, "nobody came");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
