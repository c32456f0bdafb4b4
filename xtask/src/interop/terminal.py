"""A person at a terminal."""

import re

import pexpect

from report import expect

ASKS_FOR_CURSOR = re.escape("\x1b[6n")
CURSOR = "\x1b[1;1R"
ENTER, BACKSPACE, DOWN = "\r", "\x7f", "\x1b[B"
PATIENCE = 60


class Terminal:
    """A command in a pseudo-terminal that says, as any terminal, where its cursor is."""

    def __init__(self, command, directory, environment):
        program, *words = command
        self._process = pexpect.spawn(
            program,
            words,
            cwd=directory,
            env=environment | {"TERM": "xterm"},
            encoding="utf-8",
            dimensions=(40, 200),
            timeout=PATIENCE,
        )

    def read_until(self, pattern):
        while self._process.expect([ASKS_FOR_CURSOR, pattern]) == 0:
            self._process.send(CURSOR)
        return self._process.match

    def answer(self, question, keys):
        self.read_until(re.escape(question))
        self._process.send(keys)

    def end(self, code=0):
        """What is shown until it ends."""
        self.read_until(pexpect.EOF)
        self._process.close()
        expect(f"exit code after {self._process.before!r}", self._process.exitstatus, code)
        return self._process.before
