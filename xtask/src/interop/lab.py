"""The server and the Slurm that the clients work with, asked without any of the clients."""

import os
import pwd
import subprocess
import time
from pathlib import Path

import httpx

URL = os.environ["INTEROP_URL"]
REALM = os.environ["INTEROP_REALM"]
EMAIL = os.environ["INTEROP_EMAIL"]
PASSWORD = os.environ["INTEROP_PASSWORD"]
# A token of the same person that has expired.
EXPIRED_TOKEN = os.environ["INTEROP_EXPIRED_TOKEN"]
# The cluster of our agent.
CLUSTER = os.environ["INTEROP_CLUSTER"]
# One without an agent.
SILENT_CLUSTER = os.environ["INTEROP_SILENT_CLUSTER"]
# The cluster of the Python agent, and its secret.
PYTHON_CLUSTER = os.environ["INTEROP_PYTHON_CLUSTER"]
PYTHON_SECRET = os.environ["INTEROP_PYTHON_SECRET"]
# The ordinary user that jobs run as.
USER = os.environ["INTEROP_USER"]
DIRECTORY = Path(os.environ["INTEROP_DIRECTORY"])
PROGRAMS = Path(os.environ["INTEROP_PROGRAMS"])
# The Python of the person who has a browser.
BROWSER_PYTHON = os.environ["INTEROP_BROWSER_PYTHON"]
SBATCH = os.environ["INTEROP_SBATCH"]
SBATCH_AS_USER = os.environ["INTEROP_SBATCH_AS_USER"]
HERE = Path(__file__).parent
SCONTROL = HERE / "scontrol.py"
WIND = HERE / "wind"
# What a program of the system needs, and nothing of a client's settings.
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "SLURM_CONF")} | {
    "HOME": str(DIRECTORY),
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}

_authorization = {"Authorization": f"Bearer {os.environ['INTEROP_TOKEN']}"}
api = httpx.Client(base_url=f"{URL}/jobbergate", headers=_authorization, timeout=15)


def get(path, **query):
    return _json(api.get(path, params=query))


def post(path, body):
    return _json(api.post(path, json=body))


def put(path, body=None):
    return _json(api.put(path, json=body))


def upload(path, file):
    _json(api.put(path, files={"upload_file": (file.name, file.read_bytes())}))


def is_there(path):
    answer = api.get(path)
    if answer.status_code == 404:
        return False
    answer.raise_for_status()
    return True


def _json(answer):
    if answer.is_error:
        raise AssertionError(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}")
    return answer.json() if answer.content else None


def find(path, name, **query):
    """What has this name, if anything has."""
    items = get(path, search=name, **query)["items"]
    return next((it for it in items if it["name"] == name), None)


def file_of(script, name):
    answer = api.get(f"/job-scripts/{script}/upload/{name}")
    answer.raise_for_status()
    return answer.text


def until(what, condition, seconds=60):
    """Waits for what the condition gives, unless it is nothing."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.2)
    return value


def until_status(submission, status, seconds=60):
    """Waits for the status of a submission; another that it can't leave is the end of it."""

    def current():
        now = get(f"/job-submissions/{submission}")
        if now["status"] == status:
            return now
        if now["status"] in ("REJECTED", "ABORTED", "DONE"):
            raise AssertionError(f"submission {submission} is {now['status']}: {now['report_message']}")
        return None

    return until(f"submission {submission} is {status}", current, seconds)


def slurm_job(number):
    """State and user of a job, as Slurm's own program says."""
    squeue = ["squeue", "--noheader", "--states=all", "--format=%T %u", f"--jobs={number}"]
    said = subprocess.run(squeue, capture_output=True, check=True, timeout=30, text=True).stdout
    return tuple(said.split())


def until_slurm(job, state, seconds=60):
    """Waits until Slurm says so of a job."""
    until(f"job {job} is {state}", lambda: slurm_job(job)[0] == state, seconds)


def work(name):
    """A new directory that belongs to the user whose jobs run in it."""
    directory = DIRECTORY / name
    directory.mkdir()
    user = pwd.getpwnam(USER)
    os.chown(directory, user.pw_uid, user.pw_gid)
    return directory


def owner(path):
    return pwd.getpwuid(path.stat().st_uid).pw_name


def allow(link):
    """The person allows, in a browser, what the link is about."""
    subprocess.run([BROWSER_PYTHON, HERE / "chromium.py", link], check=True, timeout=120)
