"""Workflow files of the kinds that people have, run by both command lines with the same keys."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import lab
from command_line import CACHE, CLIENT, ENVIRONMENT, PROGRAM
from recorded.proxy import Recorder
from report import Report, expect, expect_in
from terminal import PATIENCE, Terminal

OURS = os.environ["INTEROP_OURS"]
CASES = Path(os.environ["INTEROP_WORKFLOWS"])
# Whether what Python's sends is kept, for the tests of ours.
RECORDS = "--record" in sys.argv
# Shows all parameters, in their order, wherever they are.
TEMPLATE = (
    "#!/bin/sh\n{% set names = data.keys() | list %}{% for name in names %}{{ name }}: {{ data[name] }}\n{% endfor %}"
)
TEMPLATES = {"run.sh.j2": TEMPLATE, "other.sh.j2": TEMPLATE, "mesh.txt.j2": "mesh {{ data.seconds }}\n"}


RENDERING = "/jobbergate/job-scripts/render-from-template"


class Case:
    def __init__(self, directory, url):
        told = json.loads((directory / "case.json").read_text())
        self.name = directory.name
        self.directory = directory
        self.words, self.keys, self.code = told["words"], told["keys"], told["exit"]
        self.shows, self.files = told["shows"], told["files"]
        self.is_on_server = not told.get("only_locally", False)
        self.environment = ENVIRONMENT | {"BASE_API_URL": url} | told["environment"]

    def upload(self):
        application = lab.DIRECTORY / self.name
        shutil.copytree(self.directory, application)
        (application / "templates").mkdir()
        for name, text in TEMPLATES.items():
            (application / "templates" / name).write_text(text)
        if self.is_on_server:
            words = ["--name", self.name, "--identifier", self.name, "--application-path", application]
            command = [OURS, "applications", "create", *words]
            subprocess.run(command, env=self.environment, check=True, capture_output=True, timeout=PATIENCE)
            template = lab.get(f"/job-script-templates/{self.name}")["id"]
            # Several templates of an application are entrypoints until something else is said.
            expect("template", template > 0, True)
        return application

    def work(self, name):
        """A directory in which a person works."""
        there = lab.DIRECTORY / f"{self.name}-{name}"
        there.mkdir()
        for file, content in self.files.items():
            (there / file).parent.mkdir(parents=True, exist_ok=True)
            (there / file).write_text(content)
        return there

    def run(self, program, there, *words):
        """What the terminal showed."""
        terminal = Terminal([program, *map(str, words), *self.words], there, self.environment)
        for question, keys in self.keys:
            terminal.answer(question, keys)
        return terminal.end(self.code)


def outcome(case, program, kind, application, recorder):
    """What it sends, and the files that it writes."""
    recorder.taken()
    there = case.work(kind)
    if case.is_on_server:
        case.run(program, there, "job-scripts", "create", case.name, "--no-submit", "--no-download", "--name", "run")
    sent = [json.loads(it.body) for it in recorder.taken() if it.path.startswith(RENDERING)]
    (there / "in").mkdir(exist_ok=True)
    shown = case.run(program, there, "job-scripts", "create-locally", application, "--name", "run")
    files = {str(path.relative_to(there)): path.read_text() for path in there.rglob("*") if path.is_file()}
    return sent, files, shown


def same(case, application, recorder):
    sent, files, _ = outcome(case, PROGRAM, "python", application, recorder)
    our_sent, our_files, shown = outcome(case, OURS, "ours", application, recorder)
    # As texts: the order counts.
    expect("sent", json.dumps(our_sent, indent=1), json.dumps(sent, indent=1))
    expect("files", our_files, files)
    for text in case.shows:
        expect_in("shown", text, shown)
    if RECORDS and sent:
        (case.directory / "sent.json").write_text(json.dumps(sent[-1], indent=2) + "\n")
    elif sent:
        expect("recorded", sent[-1], json.loads((case.directory / "sent.json").read_text()))


def story():
    (CACHE / "token").mkdir(parents=True)
    (CACHE / "token" / "access.token").write_text(os.environ["INTEROP_TOKEN"])
    recorder = Recorder(lab.URL.removeprefix("http://"))
    report = Report(CLIENT)
    for directory in sorted(CASES.iterdir()):
        with report.operation(f"workflow {directory.name}"):
            case = Case(directory, f"http://{recorder.authority}")
            same(case, case.upload(), recorder)


story()
