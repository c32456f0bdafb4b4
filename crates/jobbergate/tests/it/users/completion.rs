//! What a shell is told, and manuals.

use std::time::{Duration, Instant};

use super::world::World;

/// What a shell offers behind these words, of which the last is being typed.
fn offered(world: &World, words: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = world.command(&[&["--", "jobbergate"], words].concat());
    // The machine of a test may be busy.
    command
        .env("JOBBERGATE_COMPLETION_TIMEOUT", "5000")
        .env("JOBBERGATE_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    let output = command.env("_CLAP_IFS", "\n").envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn commands_identifiers_ids_and_clusters_are_completed() {
    let world = World::open().with_script();
    world.run(&["job-submissions", "create", "1", "-n", "x"]).well();
    for (words, expected) in [
        (&["appl"][..], &["applications"][..]),
        (&["serv"], &["serve"]),
        (&["applications", "get-one", "w"], &["wind"]),
        (&["applications", "update", "--id", "1"], &["1"]),
        (&["applications", "clone", "--identifier", "wi"], &["wind"]),
        (&["job-scripts", "create", "wi"], &["wind"]),
        (&["job-scripts", "get-one", "1"], &["1"]),
        (&["job-scripts", "list", "--from-application-id", "1"], &["1"]),
        (&["job-submissions", "create", "1"], &["1"]),
        (&["job-submissions", "cancel", "1"], &["1"]),
        (&["job-submissions", "watch", "1"], &["1"]),
        (&["job-submissions", "wait", "1", "1"], &["1"]),
        (&["job-submissions", "logs", "1"], &["1"]),
        (&["job-submissions", "why", "1"], &["1"]),
        (&["run", "wi"], &["wind"]),
        (&["run", "--application-identifier", "wi"], &["wind"]),
        (&["run", "-i", "1"], &["1"]),
        (&["applications", "list", "--output", "y"], &["yaml"]),
        (&["config", "get", "sbatch"], &["sbatch_path"]),
        (&["config", "use", "d"], &["default"]),
        // Names of what is not there yet.
        (&["applications", "create", "--identifier", "w"], &[]),
        (&["applications", "get-one", "x"], &[]),
    ] {
        assert_eq!(offered(&world, words, &[]), expected, "{words:?}");
    }
    // For a short time it is what it was.
    world.run(&["applications", "update", "wind", "--update-identifier", "storm"]).well();
    assert_eq!(offered(&world, &["applications", "get-one", "w"], &[]), ["wind"]);
}

#[test]
fn a_server_that_is_away_is_not_waited_for_and_nobody_is_asked_to_log_in() {
    let world = World::open();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    for url in ["http://127.0.0.1:1", "http://192.0.2.1", &silent] {
        let begin = Instant::now();
        let words = ["applications", "get-one", "w"];
        let variables = [("BASE_API_URL", url), ("JOBBERGATE_COMPLETION_TIMEOUT", "")];
        assert!(offered(&world, &words, &variables).is_empty());
        // A hanging one would take far longer: this is no measurement.
        assert!(begin.elapsed() < Duration::from_secs(5), "{url}");
    }
    let strangers = World::of_strangers();
    assert!(offered(&strangers, &["applications", "get-one", "w"], &[]).is_empty());
    assert!(!strangers.cache().exists());
}

#[test]
fn nobody_is_offered_what_another_person_may_see() {
    let world = World::open().with_wind();
    let words = ["applications", "get-one", "w"];
    assert_eq!(offered(&world, &words, &[]), ["wind"]);
    let stranger = ["--email", "b@example.com", "--permission", "jobbergate:job-scripts:read"];
    world.become_owner_of(&world.token(&stranger));
    assert!(offered(&world, &words, &[]).is_empty());
}

#[test]
fn a_shell_is_told_how_to_ask() {
    let world = World::of_strangers();
    for (shell, file, expected) in [
        ("bash", ".bash_completions/jobbergate.sh", "source <(JOBBERGATE_COMPLETE=bash"),
        ("zsh", ".zfunc/_jobbergate", "#compdef jobbergate"),
        ("fish", ".config/fish/completions/jobbergate.fish", "JOBBERGATE_COMPLETE=fish"),
    ] {
        let shell = [("SHELL", format!("/bin/{shell}"))];
        let shell: Vec<_> = shell.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let shown = world.run_with(&["--show-completion"], &shell).well();
        assert!(shown.contains("JOBBERGATE_COMPLETE"), "{shown}");
        world.run_with(&["--install-completion"], &shell).well();
        assert!(world.read(file).contains(expected), "{}", world.read(file));
    }
    assert!(world.read(".bashrc").contains(".bash_completions/jobbergate.sh"));
}

#[test]
fn bash_completes_a_line() {
    let world = World::open().with_wind();
    let mut shell = std::process::Command::new("/bin/bash");
    let of_world = world.command(&["--show-completion"]);
    let program = std::path::Path::new(of_world.get_program()).parent().unwrap();
    let script = "source <(SHELL=bash jobbergate --show-completion)\n\
                  COMP_WORDS=(jobbergate applications get-one w) COMP_CWORD=3 COMP_TYPE=9\n\
                  _clap_complete_jobbergate jobbergate w get-one\necho \"${COMPREPLY[@]}\"";
    shell.args(["--norc", "-c", script]).env_clear().current_dir(world.home.path());
    shell.envs(of_world.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("JOBBERGATE_COMPLETION_TIMEOUT", "5000");
    shell.env("PATH", format!("{}:/usr/bin:/bin", program.display()));
    let output = shell.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "wind\n", "{output:?}");
}

#[test]
fn every_command_has_a_page_in_the_manual() {
    let world = World::of_strangers();
    let page = world.run(&["man", "job-scripts", "create"]).well();
    assert!(page.contains("job-scripts create") && page.contains("--param-file"), "{page}");
    assert!(!page.contains(".TH") && !page.contains("\\-"), "no language of manuals: {page}");
    let without = world.run_with(&["man", "job-scripts", "create"], &[("PATH", "/nowhere")]).well();
    assert!(without.contains("--param-file") && !without.contains(".TH"), "{without}");
    let said = world.run(&["man", "--dir", "pages"]).well();
    assert!(said.contains("pages were written to pages"), "{said}");
    for name in
        ["jobbergate", "jobbergate-applications-list", "jobbergate-serve", "jobbergate-agent"]
    {
        assert!(world.read(&format!("pages/{name}.1")).starts_with(".ie"), "{name}");
    }
    let source = world.read("pages/jobbergate-job-scripts-create.1");
    assert!(source.contains(".TH jobbergate-job-scripts-create 1"), "{source}");
    let mut pages = std::fs::read_dir(world.path("pages")).unwrap();
    let is_hidden = |name: std::ffi::OsString| name.to_string_lossy().contains("helper");
    assert!(!pages.any(|page| is_hidden(page.unwrap().file_name())));
    let words = world.run(&["man", "applications", "lst"]).failed(2);
    assert!(words.contains("did you mean list?"), "{words}");
}
