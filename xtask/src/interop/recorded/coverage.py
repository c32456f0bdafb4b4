"""Whether all commands and options that the Python command line shows are tried."""

import re
import shlex

# About the shell that calls, which is none here.
_OF_SHELLS = {"--install-completion", "--show-completion"}
_ROW = re.compile(r"^│ +(\*? *)(\S.*)")


def commands_of(shown):
    """The commands that a help names."""
    return [row.split()[0] for title, row in _rows(shown) if title not in ("Options", "Arguments")]


def options_of(shown):
    """The options that a help names, each with all its names."""
    for title, row in _rows(shown):
        if title != "Options":
            continue
        names = []
        for word in re.split(r"\s+", row):
            if not word.startswith("-"):
                break
            names.append(word.rstrip(","))
        if names and not _OF_SHELLS.intersection(names):
            yield names


def _rows(shown):
    title = ""
    for line in shown.split("\n"):
        if line.startswith("╭"):
            title = line.strip("╭─╮ ")
        elif row := _ROW.match(line):
            yield title, row.group(2)


def untried(helps, steps):
    """Commands and options of the helps, by command, that no step uses."""
    lines = [shlex.split(step.words) for step in steps]
    missing = []
    for path, shown in helps.items():
        uses = [words for words in lines if _contains(words, path.split())]
        missing += [f"{path} {name}".strip() for name in commands_of(shown) if f"{path} {name}".strip() not in helps]
        for names in options_of(shown):
            if not any(word.split("=")[0] in names for words in uses for word in words):
                missing.append(f"{path} {'/'.join(names)}".strip())
    return missing


def _contains(words, path):
    return any(words[at : at + len(path)] == path for at in range(len(words) - len(path) + 1))
