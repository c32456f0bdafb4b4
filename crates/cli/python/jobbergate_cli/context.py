"""How the commands that a workflow runs show what they do."""

import contextlib
import contextvars


class JobbergateContext:
    def __init__(self, raw_output=False, full_output=False, **_):
        self.raw_output = raw_output
        self.full_output = full_output


_active = contextvars.ContextVar("active_context")


@contextlib.contextmanager
def active_context(context):
    token = _active.set(context)
    try:
        yield context
    finally:
        _active.reset(token)


def get_active_context():
    try:
        return _active.get()
    except LookupError:
        raise RuntimeError("there is no active context; use `with active_context(JobbergateContext()):`") from None


def start(raw, full):
    _active.set(JobbergateContext(raw_output=raw, full_output=full))
