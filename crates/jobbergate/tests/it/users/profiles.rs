//! `jobbergate config`: settings for several servers.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use super::{
    liar::Liar,
    world::{Outcome, World},
};

/// The command line of somebody whose settings are not in the environment.
fn run(world: &World, arguments: &[&str]) -> Outcome {
    let mut command = world.command(arguments);
    for name in ["BASE_API_URL", "OIDC_DOMAIN", "OIDC_USE_HTTPS", "DEFAULT_CLUSTER_NAME"] {
        command.env_remove(name);
    }
    command.output().unwrap().into()
}

/// With a profile `work` that names the server.
fn world() -> World {
    let world = World::open();
    let url = format!("http://{}", world.address);
    let domain = format!("{}/realms/jobbergate", world.address);
    for (name, value) in
        [("base_api_url", url.as_str()), ("OIDC_DOMAIN", &domain), ("oidc-use-https", "false")]
    {
        let set = run(&world, &["--profile", "work", "config", "set", name, value]);
        assert!(set.well().contains("in the profile work"));
    }
    world
}

const FILE: &str = ".config/jobbergate/config.toml";

#[test]
fn a_profile_names_a_server_and_has_tokens_of_its_own() {
    let world = world();
    let mode = fs::metadata(world.path(FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Alice's tokens are those of the default profile.
    let words = run(&world, &["--profile", "work", "applications", "list"]).failed(1);
    assert!(words.contains("jobbergate login"), "{words}");
    let token = fs::read(world.token_file("access.token")).unwrap();
    let place = world.cache().join("profiles/work/token");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("access.token"), &token).unwrap();
    run(&world, &["applications", "list", "--profile", "work"]).well();
    run(&world, &["config", "use", "work"]).well();
    run(&world, &["applications", "list"]).well();
    // For one command, or for one shell.
    let origin = |arguments: &[&str], variable: Option<&str>| {
        let mut command = world.command(&[arguments, &["config", "list", "-o", "csv"]].concat());
        command.env_remove("BASE_API_URL").envs(variable.map(|name| ("JOBBERGATE_PROFILE", name)));
        let list = Outcome::from(command.output().unwrap()).well();
        list.lines().nth(1).unwrap().rsplit(',').next().unwrap().to_owned()
    };
    assert_eq!(origin(&[], None), "profile work");
    assert_eq!(origin(&[], Some("default")), "default");
    assert_eq!(origin(&["--profile", "work"], Some("default")), "profile work");
    run(&world, &["logout"]).well();
    assert!(!place.join("access.token").exists() && world.token_file("access.token").exists());
    fs::write(place.join("access.token"), &token).unwrap();
    run(&world, &["config", "delete", "work"]).well();
    assert!(!place.join("access.token").exists() && world.token_file("access.token").exists());
    assert_eq!(
        run(&world, &["config", "profiles", "-o", "csv"]).well(),
        "name,in_use,base_api_url\ndefault,true,\n"
    );
}

#[test]
fn the_environment_counts_more_than_a_profile_and_that_is_said() {
    let world = world();
    let away = ["--profile", "away", "config", "set", "base_api_url", "http://127.0.0.1:1"];
    run(&world, &away).well();
    let place = world.cache().join("profiles/away/token");
    fs::create_dir_all(&place).unwrap();
    fs::copy(world.token_file("access.token"), place.join("access.token")).unwrap();
    let listed = world.run(&["--profile", "away", "applications", "list"]);
    assert!(
        listed.err.starts_with("note: BASE_API_URL is not as in the profile away"),
        "{listed:?}"
    );
    listed.well();
    let words = run(&world, &["--profile", "away", "applications", "list"]).failed(1);
    assert!(words.contains("ConnectError"), "{words}");
    let get = |name| world.run(&["config", "get", name]).well();
    assert_eq!(get("base_api_url"), format!("http://{}\n", world.address));
    assert_eq!(run(&world, &["config", "get", "OIDC_CLIENT_ID"]).well(), "default\n");
    assert!(run(&world, &["config", "get", "sbatch_path"]).failed(1).contains("config set"));
    // A file of variables counts less.
    world.write(".env", "BASE_API_URL=http://127.0.0.1:2\nSBATCH_PATH=/x\n");
    let list = run(&world, &["--profile", "work", "config", "list", "-o", "csv"]).well();
    assert!(list.contains(",profile work\n") && list.contains("sbatch_path,/x,.env\n"), "{list}");
}

#[test]
fn a_secret_is_read_from_standard_input_and_not_listed() {
    let world = world();
    let mut command = world.command(&["config", "set", "oidc_client_secret", "-"]);
    world.write("secret", "hush\n");
    let input = fs::File::open(world.path("secret")).unwrap();
    Outcome::from(command.stdin(input).output().unwrap()).well();
    assert!(world.read(FILE).contains("oidc_client_secret = \"hush\""));
    let list = world.run(&["config", "list"]).well();
    assert!(list.contains("(set)") && !list.contains("hush"), "{list}");
    assert_eq!(world.run(&["config", "get", "oidc_client_secret"]).well(), "hush\n");
    world.run(&["config", "unset", "oidc_client_secret"]).well();
    let words = world.run(&["config", "unset", "oidc_client_secret"]).failed(1);
    assert!(words.contains("is not set in the profile default"), "{words}");
}

#[test]
fn a_secret_goes_to_nobody_whom_a_strange_directory_names() {
    let world = World::of_strangers();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&asked);
    let thief = Liar::that_answers(move |request| {
        log.lock().unwrap().push(request.to_owned());
        (400, "{\"error\": \"invalid_client\"}".to_owned())
    });
    let set = |name, value: &str| run(&world, &["config", "set", name, value]).well();
    set("oidc_client_secret", "hush");
    world.write(
        ".env",
        &format!("OIDC_DOMAIN={}/realms/x\nOIDC_USE_HTTPS=false\n", thief.address()),
    );
    let show = ["show-token"];
    let words = run(&world, &show).failed(1);
    assert!(words.contains("set OIDC_CLIENT_SECRET where OIDC_DOMAIN and"), "{words}");
    let mut command = world.command(&show);
    for name in ["BASE_API_URL", "OIDC_DOMAIN", "OIDC_USE_HTTPS"] {
        command.env_remove(name);
    }
    Outcome::from(command.env("OIDC_CLIENT_SECRET", "hush").output().unwrap()).failed(1);
    assert!(!asked.lock().unwrap().iter().any(|request: &String| request.contains("hush")));
    // Of a provider that the same profile names, it is told.
    set("oidc_domain", &format!("{}/realms/x", thief.address()));
    set("oidc_use_https", "false");
    run(&world, &show).failed(1);
    assert!(asked.lock().unwrap().iter().any(|request| request.contains("hush")));
}

#[test]
fn a_profile_with_a_wrong_setting_can_be_deleted() {
    let world = world();
    world.write(FILE, "[profiles.bad]\noidc_use_https = 'perhaps'\nbase_api_url = 'x'\n");
    let place = world.cache().join("profiles/bad/token");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("access.token"), "x").unwrap();
    run(&world, &["config", "delete", "bad"]).well();
    assert!(!place.join("access.token").exists() && !world.read(FILE).contains("bad"));
}

#[test]
fn the_interpreter_of_workflows_may_be_a_profiles() {
    let world = world();
    run(&world, &["config", "set", "jobbergate_python", "/nowhere/python3"]).well();
    let get = run(&world, &["config", "get", "JOBBERGATE_PYTHON"]).well();
    assert_eq!(get, "/nowhere/python3\n");
}

#[test]
fn profiles_that_are_changed_at_once_are_all_kept() {
    let world = world();
    for round in 0..3 {
        let started: Vec<_> = (0..8)
            .map(|number| {
                let profile = format!("p{round}-{number}");
                let line = ["--profile", &profile, "config", "set", "default_cluster_name", "c"];
                let mut command = world.command(&line);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in started {
            Outcome::from(child.wait_with_output().unwrap()).well();
        }
    }
    let profiles = run(&world, &["config", "profiles", "-o", "csv"]).well();
    // Below the names of columns: default, work, and all of these.
    assert_eq!(profiles.lines().count(), 1 + 2 + 24, "{profiles}");
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let world = world();
    let before = world.read(FILE);
    for (line, code, expected) in [
        (&["config", "set", "base_url", "http://x"][..], 2, "Did you mean base_api_url?"),
        (&["config", "set", "base_api_url", "x"], 1, "BASE_API_URL"),
        (&["config", "set", "oidc_use_https", "perhaps"], 1, "OIDC_USE_HTTPS"),
        (&["config", "set", "oidc_domain", ""], 1, "OIDC_DOMAIN"),
        (&["config", "set", "jobbergate_requests_timeout", "0"], 1, "from 1 to 86400"),
        (&["config", "use", "wrok"], 1, "Did you mean work?"),
        (&["config", "delete", "default"], 1, "always there"),
        (&["--profile", "../x", "config", "set", "sbatch_path", "/x"], 1, "letters, digits"),
        (&["--profile", "wrok", "applications", "list"], 1, "There are: default, work"),
        (&["--profile", "wrok", "config", "unset", "sbatch_path"], 1, "Did you mean work?"),
    ] {
        let words = run(&world, line).failed(code);
        assert!(words.contains(expected), "{line:?}: {words}");
    }
    assert_eq!(world.read(FILE), before);
    world.write(FILE, "[profiles.work]\noidc_client_secret = hush\n");
    let words = run(&world, &["applications", "list"]).failed(1);
    assert!(words.contains("line 2") && !words.contains("hush"), "{words}");
    world.write(FILE, "[profiles.work]\nbase_api_url = \n");
    let words = run(&world, &["applications", "list"]).failed(1);
    assert!(words.starts_with("Configuration Error\n") && words.contains("line 2"), "{words}");
    run(&world, &["applications", "list", "--help"]).well();
}
