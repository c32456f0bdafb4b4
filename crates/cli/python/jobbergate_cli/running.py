"""Commands, run by the program for the workflow."""

import json
import logging
import pathlib
from types import SimpleNamespace

from jobbergate_cli import bridge
from jobbergate_cli.context import get_active_context
from jobbergate_cli.exceptions import Abort
from jobbergate_cli.plain import plain

_current = SimpleNamespace(command=None, selection={}, is_repeated=False, is_repeating=False)


def begin(command, selection, is_repeated):
    _current.command = command
    _current.selection = selection
    _current.is_repeated = is_repeated


class Response:
    """What a command gave, with the names of its table."""

    def __init__(self, fields):
        vars(self).update(fields)

    def __repr__(self):
        return "{}({})".format(type(self).__name__, ", ".join("{}={!r}".format(*it) for it in vars(self).items()))

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None

    def model_dump(self, **_):
        return dict(vars(self))

    dict = model_dump


class ApplicationResponse(Response):
    pass


class JobScriptResponse(Response):
    pass


class JobSubmissionResponse(Response):
    pass


class JobScriptFile(Response):
    pass


def command(name, words, options, result):
    """A command as a function; `options` says what each of its keywords is on the command line."""

    def function(ctx=None, **arguments):
        unknown = sorted(set(arguments) - set(options))
        if unknown:
            raise TypeError(f"{name}() got an unexpected keyword argument {unknown[0]!r}")
        return result(_run(words, options, arguments))

    function.__name__ = function.__qualname__ = name
    function.keywords = frozenset(options)
    return function


def repeat(functions, arguments):
    """The running command once more, for the same application."""
    function = functions.get(_current.command)
    if function is None:
        raise Abort("There is no running command to repeat", subject="Recreation failed")
    if _current.is_repeated:
        raise Abort("A command that was repeated can't be repeated again", subject="Recreation failed")
    for name in sorted(set(arguments) - function.keywords):
        logging.getLogger(__name__).warning("recreate: %s knows no %s", _current.command, name)
    known = {name: value for name, value in arguments.items() if name in function.keywords}
    _current.is_repeating = True
    try:
        return function(**{**known, **_current.selection})
    finally:
        _current.is_repeating = False


def _run(words, options, arguments):
    context = get_active_context()
    line = ["--raw"] if context.raw_output else []
    line += ["--full"] if context.full_output else []
    line += words
    for name, value in arguments.items():
        line += _words(options[name], value)
    return bridge.call(command={"words": line, "is_repeated": _current.is_repeating})


def _words(option, value):
    """An argument as words; a flag is a pair of what stands for true and for false."""
    if value is None:
        return []
    if isinstance(option, tuple):
        word = option[0] if value else option[1]
        return [word] if word else []
    if isinstance(value, (list, tuple)):
        return [word for it in value for word in _words(option, it)]
    if isinstance(value, dict):
        value = json.dumps(plain(value, option))
    text = str(getattr(value, "value", value))
    return [f"{option}={text}"] if option else [text]


def nothing(_):
    return None


def paths(answer):
    return [pathlib.Path(path) for path in answer["paths"]]


def one(kind):
    return lambda answer: kind(answer["shown"][-1])
