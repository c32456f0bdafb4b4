"""Runs a workflow file, method by method."""

import linecache
import os
import sys

from jobbergate_cli import bridge, config, context, running, trouble
from jobbergate_cli.asking import NoQuestions, answers_to, questions_of
from jobbergate_cli.exceptions import Abort
from jobbergate_cli.plain import NotPlain, plain
from jobbergate_core.sdk import Apps

INVALID = "Invalid application module"
RUNTIME = "Runtime error on application execution"


class _Failed(Exception):
    """What is told of it."""

    def __init__(self, title, text):
        super().__init__(title, text)
        self.title = title
        self.text = text


def main():
    """Does what the program says, and tells it how that ended."""
    start = bridge.call(started=None)
    sys.argv = start["words"]
    config.fill(start["settings"])
    context.start(start["raw"], start["full"])
    running.begin(start["command"], start["selection"], start["is_repeated"])
    try:
        end = {"done": dict(_sections(start), directory=os.getcwd())}
    except _Failed as failed:
        end = {"failed": {"title": failed.title, "text": failed.text}}
    except Abort as abort:
        end = {"failed": {"title": str(abort.subject or ""), "text": str(abort)}}
    except SystemExit as exit:
        end = {"exit": _code(exit.code)}
    except KeyboardInterrupt:
        end = {"interrupted": None}
    bridge.tell_end(end=end)


def _code(code):
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    print(code, file=sys.stderr)
    return 1


def _sections(start):
    sections = {name: start[name] for name in ("application_config", "jobbergate_config")}
    with _failing(INVALID, start["file"], with_class=False):
        application = _load(start["source"], start["file"])(jobbergate_yaml=sections, sdk=Apps())
        data = application.jobbergate_config
    data.update(start["supplied"])
    _run(application, data, start)
    try:
        return {
            name: {str(key): plain(value, str(key), start["is_local"]) for key, value in section.items()}
            for name, section in (
                ("application_config", application.application_config),
                ("jobbergate_config", application.jobbergate_config),
            )
        }
    except NotPlain as error:
        raise _Failed("REQUEST FAILED", f"The parameter {error}") from None


def _load(source, file):
    # For the lines of tracebacks; without a time, it is never read again.
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    names = {}
    exec(compile(source, file, "exec", dont_inherit=True), names)
    if "JobbergateApplication" not in names:
        raise _Failed(INVALID, f"{file} has no class JobbergateApplication")
    return names["JobbergateApplication"]


def _run(application, data, start):
    supplied, method = start["supplied"], "mainflow"
    while method:
        with _failing(RUNTIME, start["file"], method):
            returned = getattr(application, method)(data=data)
            try:
                questions = questions_of(f"{method} must return", returned or ())
            except NoQuestions as error:
                raise _Failed(INVALID, f"{start['file']}: {error}") from None
            answers, defaults = answers_to(questions, supplied, start["is_fast"])
            data.update(answers)
            data.update(defaults)
            if start["is_fast"] and defaults:
                shown = {str(name): plain(value, str(name), as_text=True) for name, value in defaults.items()}
                bridge.call(aside={"title": "Default values used", "values": shown})
            method = data.pop("nextworkflow", None)


class _failing:
    """Says what the workflow's own exceptions are."""

    def __init__(self, title, file, method=None, with_class=True):
        self._title = title
        self._file = file
        self._method = method
        self._with_class = with_class

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None or not isinstance(error, Exception) or isinstance(error, (Abort, _Failed)):
            return
        text = trouble.told(error, self._file)
        if self._method and isinstance(error, NotImplementedError):
            text = f"{self._file}: the method {self._method} is not implemented\n\n{text}"
            raise _Failed(INVALID, text)
        title = f"{self._title} - {type(error).__name__}" if self._with_class else self._title
        raise _Failed(title, text)
