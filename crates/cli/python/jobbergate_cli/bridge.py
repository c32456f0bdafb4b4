"""The line to the program that runs this workflow: each line is JSON, and each is answered."""

import contextlib
import json
import os
import sys
import threading


class _Line:
    def __init__(self, reader, descriptor):
        self._reader = reader
        self._descriptor = descriptor
        self._owner = os.getpid()
        self._turn = threading.RLock()

    def call(self, **message):
        if os.getpid() != self._owner:
            raise RuntimeError("only the workflow's own process can ask questions and run commands")
        with self._turn:
            self._write(message)
            return self._read()

    def tell_end(self, **message):
        if os.getpid() == self._owner:
            self._write(message)

    def _write(self, message):
        # What was printed stands before what is asked.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError, OSError, ValueError):
                stream.flush()
        data = json.dumps(message, allow_nan=False).encode("ascii") + b"\n"
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            self._gone()

    def _read(self):
        try:
            line = self._reader.readline()
        except OSError:
            line = b""
        if not line:
            self._gone()
        return json.loads(line.decode("utf-8"))

    @staticmethod
    def _gone():
        # Nobody waits for this workflow any more.
        raise SystemExit(130)


_line = None


def open(reader, descriptor):
    global _line
    _line = _Line(reader, descriptor)


def call(**message):
    """The answer to a message; raises what it says that went wrong."""
    answer = _line.call(**message)
    failed = answer.get("failed")
    if failed is not None:
        from jobbergate_cli.exceptions import Abort

        raise Abort(failed["text"], subject=failed["title"] or None)
    if "exit" in answer:
        raise SystemExit(answer["exit"])
    return answer.get("answer")


def tell_end(**message):
    """Says how the workflow ended."""
    _line.tell_end(**message)
