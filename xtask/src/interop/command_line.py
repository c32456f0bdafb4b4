"""The program `jobbergate`, as a person with a terminal and a browser runs it."""

import json
import re
import subprocess

import lab
from report import expect
from terminal import PATIENCE, Terminal

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


def log_in():
    terminal = in_terminal("login")
    lab.allow(terminal.read_until(r"http://\S+user_code=[A-Z-]+").group())
    terminal.read_until("Logged in!")
    terminal.read_until(lab.EMAIL)
    terminal.end()


def names(command, wanted):
    """Compares the names that a list shows."""
    page = [] if "--page" in command else ["--page", 1]
    expect(" ".join(map(str, command)), [item["name"] for item in raw(*command, *page)], wanted)
