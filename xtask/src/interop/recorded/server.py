"""A server of the sessions' own: both command lines find it in the same state."""

import os
import shutil
import subprocess
import time
from http.client import HTTPConnection, HTTPException
from socket import socket

import lab

OURS = os.environ["INTEROP_OURS"]
ROLES = ("expert", "maintainer")
CLUSTERS = ("c1", "c2")
# Who is at the keyboard.
ALICE, CAROL, READER, NOBODY = "alice", "carol", "reader", "nobody"
_READS = ["--permission", "jobbergate:job-scripts:read", "--permission", "jobbergate:job-templates:read"]
_START = 30
_STOP = 30


class Seed:
    """The state in which all sessions begin, and the tokens that are good there."""

    def __init__(self):
        self.directory = lab.DIRECTORY / "seed"
        self.directory.mkdir()
        roles = [word for role in ROLES for word in ("--role", role)]
        self._admin("user", "create", lab.EMAIL, "--password-stdin", *roles, typed=lab.PASSWORD)
        for cluster in CLUSTERS:
            self._admin("client", "create", cluster, "--json")
        self.tokens = {
            ALICE: self._token("alice@example.com"),
            CAROL: self._token("carol@example.com"),
            READER: self._token("reader@example.com", *_READS),
        }

    def _token(self, email, *more):
        # Tokens of people say by which program they came.
        return self._admin("token", "--email", email, "--client-id", CLUSTERS[0], *more).strip()

    def _admin(self, *words, typed=None):
        command = [OURS, "admin", *words, "--data-dir", self.directory]
        done = subprocess.run(command, env=lab.ENVIRONMENT, input=typed, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise AssertionError(f"{words}: {done.stderr}")
        return done.stdout


class Server:
    """Begins with a copy of the seed."""

    def __init__(self, seed, name):
        self._data = lab.DIRECTORY / f"data-{name}"
        shutil.copytree(seed.directory, self._data)
        self.authority = f"127.0.0.1:{_free_port()}"
        tied = ["setpriv", "--pdeathsig", "KILL", OURS]
        command = [*tied, "serve", "--listen", self.authority, "--data-dir", self._data]
        with open(lab.DIRECTORY / f"server-{name}.log", "w") as log:
            self._process = subprocess.Popen(command, env=lab.ENVIRONMENT, stdout=log, stderr=log)
        deadline = time.monotonic() + _START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server for {name} does not answer")
            time.sleep(0.02)

    def _answers(self):
        connection = HTTPConnection(self.authority, timeout=1)
        try:
            connection.request("GET", "/jobbergate/health")
            return connection.getresponse().status == 204
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def stop(self):
        self._process.terminate()
        self._process.wait(_STOP)
        shutil.rmtree(self._data)


def _free_port():
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
