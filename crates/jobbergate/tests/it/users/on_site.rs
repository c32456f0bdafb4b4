//! Submitting with the site's own `sbatch`.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;

use super::world::{Outcome, World};

/// A program in the place of `sbatch`.
fn sbatch(world: &World, commands: &str) -> String {
    world.write("sbatch", &format!("#!/bin/sh\n{commands}\n"));
    let path = world.path("sbatch");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn submit(world: &World, sbatch: &str) -> Outcome {
    let create = ["--raw", "job-submissions", "create", "1", "-n", "onsite", "-s", "--time=5"];
    let line = [&create[..], &["--execution-directory", "run"]].concat();
    world.run_with(&line, &[("SBATCH_PATH", sbatch)])
}

#[test]
fn a_job_is_submitted_here_and_the_server_told_its_number() {
    let world = World::open().with_script();
    let path = sbatch(&world, "echo \"$@\" > args; pwd > where; echo '42;east'");
    let submission = submit(&world, &path).json();
    assert_eq!(
        (&submission["slurm_job_id"], &submission["status"]),
        (&json!(42), &json!("SUBMITTED"))
    );
    assert_eq!(submission["sbatch_arguments"], json!(["--time=5"]));
    let directory = fs::canonicalize(world.path("run")).unwrap();
    let script = directory.join("wind.sh");
    assert_eq!(world.read("run/args"), format!("--parsable {}\n", script.display()));
    assert_eq!(world.read("run/where"), format!("{}\n", directory.display()));
    let expected = "#SBATCH -n 4\n\n# Injected at submission time by Jobbergate CLI\n\
                    #SBATCH --time=5\n\nsrun solver";
    assert!(world.read("run/wind.sh").ends_with(expected));
    assert!(world.path("run/mesh.txt").exists());
}

#[test]
fn what_slurm_refuses_is_not_told_to_the_server() {
    let world = World::open().with_script();
    let complaint = "sbatch: error: Memory specification can not be satisfied";
    let path = sbatch(&world, &format!("echo '{complaint}' >&2; exit 1"));
    let words = submit(&world, &path).failed(1);
    let expected = format!(
        "Slurm Submission Error\nSlurm rejected the job submission.\nReason: Failed to run command \
         with code 1: {complaint}\nSuggestion: Lower requested memory or choose a queue/node type \
         with higher memory limits.\n"
    );
    assert_eq!(words, expected);
    let odd = sbatch(&world, "echo hello");
    assert!(submit(&world, &odd).failed(1).contains("no number of a job"));
    for wrong in ["sbatch", "/nowhere/sbatch"] {
        assert!(submit(&world, wrong).failed(1).contains("SBATCH_PATH"), "{wrong}");
    }
    assert_eq!(world.run(&["--raw", "job-submissions", "list"]).json(), json!([]));
}

#[test]
fn a_job_that_the_server_does_not_hear_of_is_named() {
    let world = World::open().with_script();
    // By the time that Slurm has the job, the token is another's, who may not submit.
    let stranger =
        world.token(&["--email", "b@example.com", "--permission", "jobbergate:job-scripts:read"]);
    world.become_owner_of(&stranger);
    let path = sbatch(&world, "echo 43");
    let words = submit(&world, &path).failed(1);
    assert!(words.starts_with("REQUEST FAILED - Forbidden"), "{words}");
    assert!(words.contains("Slurm has the job 43") && words.contains("scancel 43"), "{words}");
}
