"""What a person who writes templates does with `jobbergate`, from log-in to log-out."""

import json
import shutil
import subprocess

import lab
from command_line import CACHE, CLIENT, ENVIRONMENT, PROGRAM, in_terminal, log_in, names, raw, run, token
from report import Report, expect, expect_in
from terminal import DOWN, ENTER, PATIENCE


def logging_in(report):
    with report.operation("login (approved in a browser)"):
        log_in()
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


def logging_out(report):
    with report.operation("logout"):
        run("logout")
        expect("token files", list((CACHE / "token").glob("*.token")), [])


def story():
    report = Report(CLIENT)
    logging_in(report)
    applications(report)
    logging_out(report)


story()
