"""A cluster whose agent is still the Python one."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import lab
from report import Report, expect, expect_in

CLIENT = "jobbergate-agent 5.12.0"
# The least that it takes.
INTERVAL = 10
# How long anything may take: rounds that are a second late on a busy machine are left out.
ROUNDS = 12 * INTERVAL
SETTINGS = {
    "BASE_API_URL": lab.URL,
    "OIDC_DOMAIN": lab.REALM,
    "OIDC_USE_HTTPS": "false",
    "OIDC_CLIENT_ID": lab.PYTHON_CLUSTER,
    "OIDC_CLIENT_SECRET": lab.PYTHON_SECRET,
    "CACHE_DIR": str(lab.DIRECTORY / "cache"),
    "SBATCH_PATH": lab.SBATCH,
    "SCONTROL_PATH": str(lab.SCONTROL),
    "SINGLE_USER_SUBMITTER": lab.USER,
    "TASK_JOBS_INTERVAL_SECONDS": str(INTERVAL),
}
SCRIPT = """#!/bin/sh
#SBATCH -p compute
until [ -e go ]; do sleep 0.2; done
cat input.txt >result.txt
"""


@contextmanager
def agent():
    environment = lab.ENVIRONMENT | {f"JOBBERGATE_AGENT_{name}": value for name, value in SETTINGS.items()}
    command = [lab.PROGRAMS / "jg-run"]
    process = subprocess.Popen(command, env=environment, cwd=lab.DIRECTORY, stderr=sys.stderr)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def create_script():
    script = lab.post("/job-scripts", {"name": "until told"})["id"]
    for kind, name, text in [("ENTRYPOINT", "job.sh", SCRIPT), ("SUPPORT", "input.txt", "ü\n")]:
        file = lab.DIRECTORY / name
        file.write_text(text)
        lab.upload(f"/job-scripts/{script}/upload/{kind}", file)
    return script


def submit(script, directory, *arguments):
    body = {"name": directory.name, "job_script_id": script, "client_id": lab.PYTHON_CLUSTER}
    body |= {"execution_directory": str(directory), "sbatch_arguments": list(arguments)}
    return lab.post("/job-submissions", body)["id"]


def get(submission):
    return lab.get(f"/job-submissions/{submission}")


def until_state(submission, state):
    """Waits until the server knows that the job is in this state of Slurm's."""

    def is_known():
        return get(submission)["slurm_job_state"] == state

    lab.until(f"the job of submission {submission} is known to be {state}", is_known, ROUNDS)


def story():
    report = Report(CLIENT)
    there = lab.work("done")
    script = create_script()
    done = submit(script, there, "--time=10")
    running = submit(script, lab.work("cancelled"))
    misplaced = submit(script, lab.DIRECTORY / "nowhere")
    refused = submit(script, lab.work("refused"), "--partition=none")
    unwanted = submit(script, lab.work("unwanted"))
    lab.put(f"/job-submissions/cancel/{unwanted}")
    with agent() as process:
        with report.operation("health"):
            path = f"/clusters/status/{lab.PYTHON_CLUSTER}"
            seen = lab.until("the cluster's status", lambda: lab.is_there(path) and lab.get(path), ROUNDS)
            expect("status", (seen["interval"], seen["is_healthy"]), (INTERVAL, True))
        with report.operation("pending → sbatch"):
            submitted = lab.until_status(done, "SUBMITTED", ROUNDS)
            expect("user", lab.slurm_job(submitted["slurm_job_id"])[1], lab.USER)
            expect("owner of the script", lab.owner(there / "job.sh"), lab.USER)
            expect_in("script", "#SBATCH --time=10\n", (there / "job.sh").read_text())
        with report.operation("active → running"):
            until_state(done, "RUNNING")
        with report.operation("cancellation"):
            job = lab.until_status(running, "SUBMITTED", ROUNDS)["slurm_job_id"]
            lab.put(f"/job-submissions/cancel/{running}")
            lab.until_slurm(job, "CANCELLED", ROUNDS)
            until_state(running, "CANCELLED")
            expect("status", get(running)["status"], "CANCELLED")
        with report.operation("cancellation before sbatch"):
            seen = get(unwanted)
            expect("submission", (seen["status"], seen["slurm_job_id"]), ("CANCELLED", None))
        with report.operation("rejection (directory)"):
            rejected = lab.until_status(misplaced, "REJECTED", ROUNDS)
            expect_in("reason", "Execution directory is invalid -- ", rejected["report_message"])
        with report.operation("rejection (sbatch)"):
            rejected = lab.until_status(refused, "REJECTED", ROUNDS)
            expect_in("reason", "Failed to submit job to slurm -- ", rejected["report_message"])
        with report.operation("active → done"):
            (there / "go").touch()
            finished = lab.until_status(done, "DONE", ROUNDS)
            expect("state", finished["slurm_job_state"], "COMPLETED")
            expect("job", json.loads(finished["slurm_job_info"])["job_id"], finished["slurm_job_id"])
            expect("result", (there / "result.txt").read_text(), "ü\n")
        with report.operation("SIGINT"):
            process.send_signal(signal.SIGINT)
            expect("exit code", process.wait(timeout=30), 0)


story()
