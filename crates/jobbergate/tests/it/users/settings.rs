//! Settings, help and old names.

use super::world::World;

#[test]
fn settings_come_from_the_environment_before_the_file() {
    let world = World::open();
    world.write(".env", "BASE_API_URL=http://127.0.0.1:1\njobbergate_requests_timeout=5\n");
    // The environment's counts more.
    world.run(&["applications", "list"]).well();
    let mut command = world.command(&["applications", "list"]);
    let output = command.env_remove("BASE_API_URL").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("ConnectError"), "{output:?}");
    let old_name = [("ARMADA_API_BASE", "http://127.0.0.1:1")];
    assert!(
        world.run_with(&["applications", "list"], &old_name).failed(1).contains("ConnectError")
    );
    world.write(".env", "JOBBERGATE_REQUESTS_TIMEOUT=soon\n");
    let words = world.run(&["applications", "list"]).failed(1);
    assert!(words.starts_with("Configuration Error\nJOBBERGATE_REQUESTS_TIMEOUT"), "{words}");
    world.run(&["applications", "list", "--help"]).well();
}

#[test]
fn a_setting_that_makes_no_sense_is_named() {
    let world = World::open();
    for (name, value, title) in [
        ("BASE_API_URL", "localhost:8000", "Configuration Error\n"),
        ("OIDC_USE_HTTPS", "perhaps", "Configuration Error\n"),
        ("OIDC_DOMAIN", "a b:c", "Configuration Error\n"),
        // As the Python command line spells it.
        ("OIDC_DOMAIN", "", "Configuration error\n"),
        ("OIDC_CLIENT_ID", "", "Configuration error\n"),
    ] {
        let words = world.run_with(&["applications", "list"], &[(name, value)]).failed(1);
        assert!(words.starts_with(title), "{words}");
        assert!(words.contains(name), "{words}");
    }
}

#[test]
fn help_and_version_need_no_server() {
    let world = World::of_strangers();
    assert_eq!(world.run(&["--version"]).well(), concat!(env!("CARGO_PKG_VERSION"), "\n"));
    for line in [&[][..], &["applications"], &["--raw", "job-scripts"], &["job-submissions"]] {
        let help = world.run(line);
        assert_eq!((help.code, help.err.as_str()), (Some(2), ""), "{line:?}");
        assert!(help.out.contains("Usage: jobbergate"), "{line:?}: {}", help.out);
    }
    let help = world.run(&["--help"]).well();
    for name in ["applications", "job-scripts", "job-submissions", "login", "serve", "agent"] {
        assert!(help.contains(&format!("\n  {name} ")), "{help}");
    }
    let words = world.run(&["aplications", "list"]).failed(2);
    assert!(words.contains("'applications'"), "{words}");
    assert!(world.run(&["applications", "lst"]).failed(2).contains("'list'"));
    assert!(!world.cache().exists());
}

#[test]
fn old_names_count_in_compatibility_mode_only() {
    let world = World::open();
    let compatible = [("JOBBERGATE_COMPATIBILITY_MODE", "1")];
    let list = world.run_with(&["--raw", "list-applications", "--all"], &compatible);
    assert!(list.err.contains("deprecated") && list.err.contains("applications list"), "{list:?}");
    assert_eq!(list.well(), "\n[]\n\n");
    let words =
        world.run_with(&["-u", "a", "-p", "b", "get-job-script", "7"], &compatible).failed(1);
    assert!(words.contains("Couldn't retrieve job script (7)"), "{words}");
    assert!(world.run_with(&["--raw", "--help"], &compatible).well().contains("create-job-script"));
    world.run(&["list-applications"]).failed(2);
}
