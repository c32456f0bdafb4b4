"""An exception as the workflow's author wants to see it."""

import os
import sysconfig
import traceback

_LIBRARIES = tuple(
    os.path.join(path, "")
    for name, path in sysconfig.get_paths().items()
    if name in ("stdlib", "platstdlib", "purelib", "platlib")
)


def told(error, file):
    """The traceback without the lines of the program and of libraries."""
    report = traceback.TracebackException.from_exception(error)
    lines = "".join(_shortened(report, file)).rstrip("\n")
    question = getattr(error, "jobbergate_question", None)
    return lines if question is None else f"In the question {question}:\n{lines}"


def _shortened(report, file):
    for one in _chain(report):
        own = [frame for frame in one.stack if _is_own(frame, file)]
        one.stack = traceback.StackSummary.from_list(own)
    lines = list(report.format())
    heading = "Traceback (most recent call last):\n"
    if not any(one.stack for one in _chain(report)):
        lines = [line for line in lines if line != heading]
    return lines


def _chain(report):
    """The exception and those that led to it."""
    chain = []
    while report is not None:
        chain.append(report)
        if report.__cause__ is not None:
            report = report.__cause__
        else:
            report = None if report.__suppress_context__ else report.__context__
    return chain


def _is_own(frame, file):
    if frame.filename == file:
        return True
    is_shipped = frame.filename.startswith("<jobbergate>") or frame.filename == "<string>"
    return not is_shipped and not frame.filename.startswith(("<frozen",) + _LIBRARIES) and os.sep in frame.filename
