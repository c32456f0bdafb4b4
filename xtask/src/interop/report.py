"""What came of each operation of a client: a line of JSON on standard output."""

import json
import sys
import time
import traceback
from contextlib import contextmanager


class Report:
    def __init__(self, client):
        self.client = client

    @contextmanager
    def operation(self, name, note=""):
        """One row of the table; what fails in it does not keep the next from being tried."""
        began = time.monotonic()
        problem = None
        try:
            yield
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            print(f"{self.client}: {name}", file=sys.stderr)
            traceback.print_exc()
        seconds = round(time.monotonic() - began, 1)
        row = {"client": self.client, "operation": name, "note": note, "problem": problem, "seconds": seconds}
        print(json.dumps(row), flush=True)


def expect(what, seen, wanted):
    if seen != wanted:
        raise AssertionError(f"{what}: {seen!r} instead of {wanted!r}")


def expect_in(what, wanted, seen):
    if wanted not in seen:
        raise AssertionError(f"{what}: no {wanted!r} in {seen!r}")
