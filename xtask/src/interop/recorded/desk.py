"""Where a person sits: a directory with files to work on, a home, and one of the two programs."""

import os
import re
import shlex
import shutil
import stat
import subprocess

import lab
from recorded.outcome import Outcome, plain, print_of, told
from recorded.proxy import PATIENCE
from recorded.server import CLUSTERS, NOBODY, OURS

THEIRS = str(lab.PROGRAMS / "jobbergate")
PROGRAMS = {"Python's": THEIRS, "here": OURS}
# What each has of its own: logs, and the lock that one knows.
_OWN = re.compile(r"cache/(logs|token/\.lock|completions)|home/")
_NEW = re.compile(r"^(POST|PUT|DELETE) ")


class Desk:
    def __init__(self, name, program, recorder, seed, who):
        self.directory = lab.DIRECTORY / name
        self.here = self.directory / "here"
        self._program = PROGRAMS[program]
        self._recorder = recorder
        self._seed = seed
        shutil.copytree(lab.HERE / "recorded" / "desk", self.here)
        shutil.copytree(lab.WIND, self.here / "wind")
        (self.here / "Eingabe für 1.txt").write_text("ü\n")
        (self.directory / "home").mkdir()
        self.environment = lab.ENVIRONMENT | {
            "HOME": str(self.directory / "home"),
            "BASE_API_URL": f"http://{recorder.authority}",
            "OIDC_DOMAIN": f"{recorder.authority}/realms/jobbergate",
            "OIDC_USE_HTTPS": "false",
            "JOBBERGATE_CACHE_DIR": str(self.directory / "cache"),
            "DEFAULT_CLUSTER_NAME": CLUSTERS[0],
            # What is said is compared, not how it is wrapped.
            "COLUMNS": "4000",
        }
        self.becomes(who)

    def becomes(self, who):
        tokens = self.directory / "cache" / "token"
        shutil.rmtree(tokens, ignore_errors=True)
        if who != NOBODY:
            tokens.mkdir(parents=True)
            file = tokens / "access.token"
            file.write_text(self._seed.tokens[who])
            file.chmod(0o600)

    def does(self, step):
        """What comes of a step."""
        if step.who:
            self.becomes(step.who)
        before = self._files()
        self._recorder.taken()
        settings = {name: self._meant(value) for name, value in step.settings.items()}
        environment = {name: it for name, it in (self.environment | settings).items() if it is not None}
        words = [self._meant(word) for word in shlex.split(step.words)]
        process = subprocess.Popen(
            [self._program, *words],
            env=environment,
            cwd=self.here,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            out, err = step.beside(process) if step.beside else process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
        requests = self._recorder.taken()
        return self._outcome(process.returncode, told(requests), self._changes(before), out, err)

    def _meant(self, value):
        """A word with what is only known now."""
        if value is None:
            return None
        known = {"HERE": str(self.here), "SERVER": self._recorder.authority, "LONG": "x" * 300}
        return re.sub(r"\{(\w+)\}", lambda name: known[name.group(1)], value)

    def _outcome(self, code, requests, files, out, err):
        places = {
            str(self.directory): "DESK",
            self._recorder.authority: "SERVER",
            self._recorder.target: "SERVER",
        }
        lines = [plain(line, places) for line in requests]
        outcome = Outcome(code, lines, files, plain(out, places), plain(err, places))
        job = next((it.group(1) for line in lines if (it := re.search(r'"slurm_job_id":(\d+)', line))), None)
        if job:
            number = re.compile(rf"\b{job}\b")
            outcome.requests = [number.sub("JOB", line) for line in lines]
            outcome.out = number.sub("J" * len(job), outcome.out)
        return outcome

    def _files(self):
        files = {}
        for path in sorted(self.directory.rglob("*")):
            name = str(path.relative_to(self.directory))
            if path.is_file() and not _OWN.match(name):
                mode = stat.S_IMODE(os.stat(path).st_mode)
                content = path.read_bytes()
                kept = "a token" if name.endswith(".token") else print_of(content)
                files[name.removeprefix("here/")] = (f"mode {mode:03o}, {kept}", content)
        return files

    def _changes(self, before):
        after = self._files()
        gone = {name: "removed" for name in before if name not in after}
        return gone | {name: it[0] for name, it in after.items() if before.get(name) != it}
