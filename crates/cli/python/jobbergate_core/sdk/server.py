"""Requests, which the program sends."""

import base64
import datetime
import json
import os

from jobbergate_cli import bridge
from jobbergate_cli.plain import plain
from jobbergate_core.sdk.errors import JobbergateResponseError


class Model:
    """What the server says of something, by the API's names."""

    def __init__(self, fields):
        vars(self).update({name: _read(name, value) for name, value in fields.items()})

    def __repr__(self):
        return "{}({})".format(type(self).__name__, ", ".join("{}={!r}".format(*it) for it in vars(self).items()))

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None

    def model_dump(self, **_):
        return {name: _written(value) for name, value in vars(self).items()}

    dict = model_dump


def _written(value):
    if isinstance(value, Model):
        return value.model_dump()
    return [_written(it) for it in value] if isinstance(value, list) else value


# What people name themselves.
_FREE = ("template_vars", "runtime_config", "sbatch_arguments", "slurm_job_info")


def _read(name, value):
    if name in _FREE:
        return value
    if isinstance(value, dict):
        return Model(value)
    if isinstance(value, list):
        return [_read(name, it) for it in value]
    if isinstance(value, str) and name.endswith(("_at", "last_reported")):
        try:
            return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return value
    return value


def given(fields):
    return {name: getattr(value, "value", value) for name, value in fields.items() if value is not None}


class Server:
    def json(self, method, path, expected, query=None, body=None):
        content = self.send(method, path, expected, query=query, body=body)
        return Model(json.loads(content.decode("utf-8")))

    def content(self, path):
        return self.send("GET", path, 200)

    def send(self, method, path, expected, query=None, body=None, file=None, runtime_config=None):
        """The content of an answer with this status."""
        request = {
            "method": method,
            "path": [str(part) for part in path],
            "expected": expected,
            "query": [[name, _text(value)] for name, value in (query or {}).items()],
            "body": plain(body, "body"),
            "file": None if file is None else os.path.abspath(os.fspath(file)),
            "runtime_config": plain(runtime_config, "runtime_config"),
        }
        answer = bridge.call(request=request)
        if answer.get("problem"):
            raise JobbergateResponseError(answer["problem"], answer.get("status"))
        return base64.b64decode(answer["content"])


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
