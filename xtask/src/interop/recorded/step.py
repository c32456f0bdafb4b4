"""What is typed, and what of it is to differ."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    words: str
    # Why they differ, if they do on purpose, and in which aspects.
    why: str = ""
    differs: tuple = ()
    # Who sits down now; whoever sat there before by default.
    who: str | None = None
    # Variables of the environment; none takes one away.
    settings: dict = field(default_factory=dict)
    # What else is done while it runs.
    beside: Callable | None = None

    @property
    def line(self):
        """As a person would type it."""
        settings = "".join(f"{name}={value or ''} " for name, value in self.settings.items())
        return f"{settings}jobbergate {self.words}".strip().replace("{HERE}", "$PWD")

    @property
    def is_help(self):
        return self.words.endswith("--help")


def step(words, why="", *differs, **more):
    return Step(words, why, differs, **more)
