"""What a person does with `jobbergate` to have jobs run."""

import json

import lab
from command_line import CLIENT, in_terminal, log_in, names, raw, run
from report import Report, expect, expect_in
from terminal import BACKSPACE, DOWN, ENTER

# A file's name as people choose them.
INPUT = "Eingabe für 1.txt"
INJECTED = "# Sbatch params injected at rendering time\n#SBATCH --time=3\n\n"


def job_scripts(report):
    with report.operation("job-scripts create --fast"):
        words = ["--fast", "--no-submit", "--no-download", "--name", "quick wing"]
        words += ["--sbatch-params=--time=3"]
        quick = raw("job-scripts", "create", "jet", *words)["job_script_id"]
        script = lab.file_of(quick, "wind.sh")
        expect_in("script", "#SBATCH -J wing\n#SBATCH -p compute\n#SBATCH -n 1\n", script)
        expect_in("script", "#SBATCH --time=3\n", script)
        expect("mesh", lab.file_of(quick, "mesh.txt"), "cells 9000\nfields p\n")
    with report.operation("job-scripts create --param-file"):
        parameters = lab.DIRECTORY / "parameters.json"
        parameters.write_text(json.dumps({"case": "tail", "ranks": 2, "cells": 1000, "seconds": 120}))
        words = ["--fast", "--param-file", parameters, "--no-submit", "--no-download", "--name", "long wing"]
        long = raw("job-scripts", "create", "--application-identifier", "jet", *words)["job_script_id"]
        expect_in("script", "#SBATCH -J tail\n#SBATCH -p compute\n#SBATCH -n 2\n", lab.file_of(long, "wind.sh"))
        expect("mesh", lab.file_of(long, "mesh.txt"), "cells 1000\nfields p\n")
    with report.operation("job-scripts create (questions in a terminal)"):
        asked = answer_questions()
        script = lab.file_of(asked, "wind.sh")
        expect_in("script", "#SBATCH -n 2\n", script)
        expect_in("script", "wing by v2 from c7", script)
        expect("mesh", lab.file_of(asked, "mesh.txt"), "cells 9000\nfields p u\n")
    with report.operation("job-scripts create-stand-alone"):
        written, input_file = lab.DIRECTORY / "own.sh", lab.DIRECTORY / INPUT
        written.write_text("#!/bin/sh\n#SBATCH -p compute\ncat Eingabe* >result.txt\n")
        input_file.write_text("ü\n")
        words = ["--name", "own wing", "--supporting-file", input_file]
        own = raw("job-scripts", "create-stand-alone", written, *words)["job_script_id"]
        expect("script", lab.file_of(own, "own.sh"), written.read_text())
        expect("input", lab.file_of(own, INPUT), "ü\n")
    with report.operation("job-scripts create-locally"):
        there = lab.DIRECTORY / "locally"
        there.mkdir()
        run("job-scripts", "create-locally", lab.WIND, "--fast", "--output-path", there)
        for name in ("wind.sh", "mesh.txt"):
            local = (there / name).read_text().rstrip("\n")
            server = lab.file_of(quick, name).replace(INJECTED, "").rstrip("\n")
            expect(f"{name}, rendered here and by the server", local, server)
    with report.operation("job-scripts get-one"):
        expect("name", raw("job-scripts", "get-one", quick)["name"], "quick wing")
    with report.operation("job-scripts update"):
        raw("job-scripts", "update", quick, "--description", "one try")
        expect("description", lab.get(f"/job-scripts/{quick}")["description"], "one try")
    with report.operation("job-scripts show-files"):
        shown = run("job-scripts", "show-files", own, "--plain")
        expect_in("shown", "cat Eingabe* >result.txt", shown)
        expect_in("shown", f"# {INPUT}\nü\n", shown)
    with report.operation("job-scripts download-files"):
        there = lab.DIRECTORY / "script-files"
        there.mkdir()
        run("job-scripts", "download-files", own, directory=there)
        expect("script", (there / "own.sh").read_text(), (lab.DIRECTORY / "own.sh").read_text())
        expect("input", (there / INPUT).read_text(), "ü\n")
    with report.operation("job-scripts clone"):
        clone = raw("job-scripts", "clone", own, "--name", "other wing")["job_script_id"]
        expect("input", lab.file_of(clone, INPUT), "ü\n")
    with report.operation("job-scripts list"):
        made = ["other wing", "own wing", "asked wing", "long wing", "quick wing"]
        names(["job-scripts", "list", "--search", "wing"], made)
        by_name = ["--search", "wing", "--sort-field", "name", "--sort-order", "ASCENDING", "--size", 2]
        names(["job-scripts", "list", *by_name, "--page", 2], ["other wing", "own wing"])
        template = lab.get("/job-script-templates/jet")["id"]
        names(["job-scripts", "list", "--from-application-id", template], made[2:])
    with report.operation("job-scripts delete"):
        run("job-scripts", "delete", clone)
        expect("the clone", lab.is_there(f"/job-scripts/{clone}"), False)
    return quick, long


def answer_questions():
    """Creates a script as a person who reads the questions; gives its number."""
    terminal = in_terminal("job-scripts", "create", "jet", "--name", "asked wing")
    for question, keys in [
        ("Name of the case", ENTER),
        ("MPI ranks", BACKSPACE + "9" + ENTER),
        ("9 is out of range", BACKSPACE + "2" + ENTER),
        ("Restart", "y"),
        ("Checkpoint of wing", "c7" + ENTER),
        ("Cells", ENTER),
        ("Fields", DOWN + " " + ENTER),
        ("Would you like to submit this job immediately", "n" + ENTER),
        ("Would you like to download the job script files", "n" + ENTER),
    ]:
        terminal.answer(question, keys)
    terminal.end()
    return lab.find("/job-scripts", "asked wing")["id"]


def job_submissions(report, quick, long):
    with report.operation("job-submissions create"):
        there = lab.work("remote")
        words = ["--name", "remote wing", "--execution-directory", there, "-s", "--time=2", "-s", "--comment=wings"]
        remote = raw("job-submissions", "create", quick, *words)["job_submission_id"]
        done = lab.until_status(remote, "DONE")
        expect("arguments", done["sbatch_arguments"], ["--time=2", "--comment=wings"])
        expect("job", lab.slurm_job(done["slurm_job_id"]), ("COMPLETED", lab.USER))
        expect("result", (there / "result.txt").read_text(), "cells 9000\nfields p\nwing by v2\n")
    with report.operation("job-submissions create --download"):
        there = lab.work("download")
        words = ["--name", "downloaded wing", "--execution-directory", there, "--download"]
        downloaded = raw("job-submissions", "create", long, *words)["job_submission_id"]
        expect("mesh", (there / "mesh.txt").read_text(), "cells 1000\nfields p\n")
    with report.operation("job-submissions cancel"):
        running = lab.until_status(downloaded, "SUBMITTED")
        raw("job-submissions", "cancel", downloaded)
        expect("status", lab.get(f"/job-submissions/{downloaded}")["status"], "CANCELLED")
        lab.until_slurm(running["slurm_job_id"], "CANCELLED")
    with report.operation("job-scripts create --fast (submits at once)"):
        there = lab.work("fast")
        words = ["--fast", "--no-download", "--execution-directory", there, "--submit", "--name", "at once wing"]
        run("job-scripts", "create", "jet", *words)
        fast = lab.find("/job-submissions", "at once wing")["id"]
        lab.until_status(fast, "DONE")
        expect("result", (there / "result.txt").read_text(), "cells 9000\nfields p\nwing by v2\n")
    with report.operation("job-submissions create (on-site)"):
        there = lab.work("site")
        words = ["--name", "on site wing", "--execution-directory", there, "-s", "--time=2"]
        site = raw("job-submissions", "create", quick, *words, SBATCH_PATH=lab.SBATCH_AS_USER)
        stored = lab.get(f"/job-submissions/{site['job_submission_id']}")
        expect("job", stored["slurm_job_id"], site["slurm_job_id"])
        expect("user", lab.slurm_job(site["slurm_job_id"])[1], lab.USER)
        lab.until_status(stored["id"], "DONE")
        expect("result", (there / "result.txt").read_text(), "cells 9000\nfields p\nwing by v2\n")
    with report.operation("job-submissions create (on-site, refused by Slurm)"):
        words = ["--name", "refused wing", "--execution-directory", there, "-s", "--partition=none"]
        said = run("job-submissions", "create", quick, *words, code=1, SBATCH_PATH=lab.SBATCH_AS_USER)
        expect_in("panel", "Slurm Submission Error", said)
        expect("submission", lab.find("/job-submissions", "refused wing"), None)
    with report.operation("job-submissions get-one"):
        seen = raw("job-submissions", "get-one", remote)
        expect("status", (seen["status"], seen["slurm_job_state"]), ("DONE", "COMPLETED"))
        expect("job", seen["slurm_job_info"]["job_id"], seen["slurm_job_id"])
    with report.operation("job-submissions clone"):
        clone = raw("job-submissions", "clone", remote)["job_submission_id"]
        lab.until_status(clone, "DONE")
        expect("origin", lab.get(f"/job-submissions/{clone}")["cloned_from_id"], remote)
    with report.operation("job-submissions list"):
        made = ["remote wing", "on site wing", "at once wing", "downloaded wing", "remote wing"]
        names(["job-submissions", "list", "--search", "wing"], made)
        by_name = ["--search", "wing", "--sort-field", "name", "--sort-order", "ASCENDING", "--size", 2]
        names(["job-submissions", "list", *by_name, "--page", 2], ["on site wing", "remote wing"])
        names(["job-submissions", "list", "--from-job-script-id", long], ["downloaded wing"])
    with report.operation("job-submissions delete"):
        run("job-submissions", "delete", clone)
        expect("the clone", lab.is_there(f"/job-submissions/{clone}"), False)


def story():
    log_in()
    words = ["--name", "Jet", "--identifier", "jet", "--application-path", lab.WIND]
    run("applications", "create", *words)
    report = Report(CLIENT)
    quick, long = job_scripts(report)
    job_submissions(report, quick, long)


story()
