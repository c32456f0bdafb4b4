"""What a person does with `jobbergate` in a terminal."""

import json
import re
import shutil
import subprocess

import lab
from report import Report, expect, expect_in
from terminal import BACKSPACE, DOWN, ENTER, PATIENCE, Terminal

CLIENT = "jobbergate-cli 5.12.0"
PROGRAM = str(lab.PROGRAMS / "jobbergate")
CACHE = lab.DIRECTORY / "cache"
SETTINGS = {
    "BASE_API_URL": lab.URL,
    "OIDC_DOMAIN": lab.REALM,
    "OIDC_USE_HTTPS": "false",
    "JOBBERGATE_CACHE_DIR": str(CACHE),
    "DEFAULT_CLUSTER_NAME": lab.CLUSTER,
}
# A file's name as people choose them.
INPUT = "Eingabe für 1.txt"
ENVIRONMENT = lab.ENVIRONMENT | SETTINGS | {"COLUMNS": "200"}


def run(*words, code=0, directory=lab.DIRECTORY, **settings):
    """What a command prints, redirected."""
    ended = subprocess.run(
        [PROGRAM, *map(str, words)],
        env=ENVIRONMENT | settings,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if ended.returncode != code:
        command = " ".join(map(str, words))
        raise AssertionError(f"`{command}` exits with {ended.returncode}: {ended.stdout}{ended.stderr}")
    return ended.stdout


def raw(*words, **more):
    """What a command prints as JSON, after whatever tables and panels it shows besides."""
    printed = run("--raw", *words, **more)
    return json.loads(printed[re.search(r"^[\[{]", printed, re.MULTILINE).start() :])


def in_terminal(*words):
    return Terminal([PROGRAM, *map(str, words)], lab.DIRECTORY, ENVIRONMENT)


def token(kind):
    return (CACHE / "token" / f"{kind}.token").read_text()


def logging_in(report):
    with report.operation("login (approved in a browser)"):
        terminal = in_terminal("login")
        link = terminal.read_until(r"http://\S+user_code=[A-Z-]+").group()
        lab.allow(link)
        terminal.read_until("Logged in!")
        terminal.read_until(lab.EMAIL)
        terminal.end()
    with report.operation("show-token"):
        expect("plain", run("show-token", "--plain").strip(), token("access"))
        expect("refresh", run("show-token", "--plain", "--refresh").strip(), token("refresh"))
        expect_in("header", f"Bearer {token('access')}", run("show-token", "--header", "--plain"))
        claims = json.loads(run("show-token", "--decode"))
        expect("e-mail", claims["email"], lab.EMAIL)
    with report.operation("token refresh"):
        before = token("refresh")
        (CACHE / "token" / "access.token").write_text(lab.EXPIRED_TOKEN)
        run("applications", "list")
        if lab.EXPIRED_TOKEN == token("access") or before == token("refresh"):
            raise AssertionError("the tokens are the old ones")
        lab.api.get("/job-scripts", headers={"Authorization": f"Bearer {token('access')}"}).raise_for_status()
    with report.operation("token refresh by three commands at once"):
        (CACHE / "token" / "access.token").write_text(lab.EXPIRED_TOKEN)
        command = [PROGRAM, "job-scripts", "list"]
        options = dict(env=ENVIRONMENT, cwd=lab.DIRECTORY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        together = [subprocess.Popen(command, **options) for _ in range(3)]
        for process in together:
            printed, _ = process.communicate(timeout=PATIENCE)
            expect(f"exit code after {printed}", process.returncode, 0)
        run("job-scripts", "list")


def applications(report):
    with report.operation("applications create"):
        words = ["--name", "Wind tunnel", "--identifier", "wind", "--application-path", lab.WIND]
        created = raw("applications", "create", *words)
        expect("uploaded", created["application_uploaded"], True)
        stored = lab.get("/job-script-templates/wind")
        expect("parameters", stored["template_vars"], {"partition": "compute", "seconds": 1})
        files = {file["filename"]: file["file_type"] for file in stored["template_files"]}
        expect("files", files, {"wind.sh.j2": "ENTRYPOINT", "mesh.txt.j2": "SUPPORT"})
        workflow = lab.api.get("/job-script-templates/wind/upload/workflow").text
        expect("workflow", workflow, (lab.WIND / "jobbergate.py").read_text())
    with report.operation("applications create (identifier taken)"):
        said = run("applications", "create", *words, code=1)
        expect_in("panel", "REQUEST FAILED - Conflict", said)
    with report.operation("applications create (template refused)", "says why; the application stays, as ever"):
        broken = lab.DIRECTORY / "broken"
        shutil.copytree(lab.WIND, broken)
        (broken / "templates" / "wind.sh.j2").write_text("{% if %}\n")
        said = run("applications", "create", "--name", "Broken", "--application-path", broken, code=1)
        expect_in("panel", "File upload failed", said)
        expect_in("reason", "wind.sh.j2", said)
        expect("template", lab.find("/job-script-templates", "Broken", include_null_identifier=True)["name"], "Broken")
    with report.operation("applications update"):
        words = ["--application-desc", "Wings", "--application-path", lab.WIND]
        raw("applications", "update", "wind", *words)
        expect("description", lab.get("/job-script-templates/wind")["description"], "Wings")
    with report.operation("applications get-one"):
        seen = raw("applications", "get-one", "--identifier", "wind")
        expect("name", seen["name"], "Wind tunnel")
        expect("files", len(seen["template_files"]), 2)
        expect_in("table", "Wind tunnel", run("applications", "get-one", seen["application_id"]))
    with report.operation("applications clone"):
        for number in (2, 3):
            name = ["--application-name", f"Wind {number}", "--application-identifier", f"wind-{number}"]
            raw("applications", "clone", "wind", *name)
        expect("files", len(lab.get("/job-script-templates/wind-3")["template_files"]), 2)
    with report.operation("applications list"):
        names(["applications", "list", "--user", "--search", "wind"], ["Wind 3", "Wind 2", "Wind tunnel"])
        by_name = ["applications", "list", "--search", "wind", "--sort-field", "name", "--sort-order"]
        names([*by_name, "ASCENDING"], ["Wind 2", "Wind 3", "Wind tunnel"])
        names([*by_name, "DESCENDING", "--size", 2, "--page", 2], ["Wind 2"])
        names(["applications", "list", "--search", "tunnel"], ["Wind tunnel"])
    with report.operation("applications list (pages in a terminal)"):
        terminal = in_terminal("applications", "list", "--search", "wind", "--size", 2)
        terminal.read_until("Page: 1 of 2 - Items: 2 of 3")
        terminal.answer("Next page", ENTER)
        terminal.read_until("Page: 2 of 2 - Items: 1 of 3")
        terminal.answer("Exit", DOWN + ENTER)
        terminal.end()
    with report.operation("applications download-files"):
        there = lab.DIRECTORY / "downloaded"
        there.mkdir()
        run("applications", "download-files", "wind", directory=there)
        for name in ("jobbergate.py", "templates/wind.sh.j2", "templates/mesh.txt.j2"):
            expect(name, (there / name).read_text(), (lab.WIND / name).read_text())
        expect_in("jobbergate.yaml", "default_template: templates/wind.sh.j2", (there / "jobbergate.yaml").read_text())
    with report.operation("applications delete"):
        run("applications", "delete", "wind-2")
        expect("wind-2", lab.is_there("/job-script-templates/wind-2"), False)
    with report.operation("applications get-one (unknown)"):
        said = run("applications", "get-one", "wind-2", code=1)
        expect_in("panel", "REQUEST FAILED - Not Found", said)


def names(command, wanted):
    """Compares the names that a list shows."""
    page = [] if "--page" in command else ["--page", 1]
    expect(" ".join(map(str, command)), [item["name"] for item in raw(*command, *page)], wanted)


def job_scripts(report):
    with report.operation("job-scripts create --fast"):
        words = ["--fast", "--no-submit", "--no-download", "--name", "quick wing"]
        words += ["--sbatch-params=--time=3"]
        quick = raw("job-scripts", "create", "wind", *words)["job_script_id"]
        script = lab.file_of(quick, "wind.sh")
        expect_in("script", "#SBATCH -J wing\n#SBATCH -p compute\n#SBATCH -n 1\n", script)
        expect_in("script", "#SBATCH --time=3\n", script)
        expect("mesh", lab.file_of(quick, "mesh.txt"), "cells 9000\nfields p\n")
    with report.operation("job-scripts create --param-file"):
        parameters = lab.DIRECTORY / "parameters.json"
        parameters.write_text(json.dumps({"case": "tail", "ranks": 2, "cells": 1000, "seconds": 120}))
        words = ["--fast", "--param-file", parameters, "--no-submit", "--no-download", "--name", "long wing"]
        long = raw("job-scripts", "create", "--application-identifier", "wind", *words)["job_script_id"]
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
            server = lab.file_of(quick, name).replace("# Sbatch params injected at rendering time\n#SBATCH --time=3\n\n", "")
            expect(f"{name}, rendered here and by the server", local, server.rstrip("\n"))
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
        template = lab.get("/job-script-templates/wind")["id"]
        names(["job-scripts", "list", "--from-application-id", template], made[2:])
    with report.operation("job-scripts delete"):
        run("job-scripts", "delete", clone)
        expect("the clone", lab.is_there(f"/job-scripts/{clone}"), False)
    return quick, long


def answer_questions():
    """Creates a script as a person who reads the questions; gives its number."""
    terminal = in_terminal("job-scripts", "create", "wind", "--name", "asked wing")
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
        run("job-scripts", "create", "wind", *words)
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
        expect("job", seen["slurm_job_info"]["JobId"], str(seen["slurm_job_id"]))
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


def logging_out(report):
    with report.operation("logout"):
        run("logout")
        expect("token files", list((CACHE / "token").glob("*.token")), [])


def story():
    report = Report(CLIENT)
    logging_in(report)
    applications(report)
    job_submissions(report, *job_scripts(report))
    logging_out(report)


story()
