"""Where what two command lines did is not the same."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    aspect: str
    theirs: str
    ours: str


def differences(step, theirs, ours):
    """What differs in these two outcomes, aspect by aspect."""
    found = []

    def compare(aspect, one, other, shown):
        if one != other:
            found.append(Difference(aspect, shown(one, other), shown(other, one)))

    compare("exit code", theirs.code, ours.code, lambda it, _: str(it))
    compare("requests", theirs.requests, ours.requests, _only)
    compare("files", theirs.files, ours.files, lambda it, other: _only(_lines(it), _lines(other)))
    if not step.is_help:
        compare("output", theirs.output, ours.output, _first)
    if not _says(ours.complaint, theirs.complaint):
        found.append(Difference("failure", theirs.complaint, ours.complaint))
    return found


def unexpected(step, found):
    """What is not as the step says; nothing if all is."""
    seen = tuple(it.aspect for it in found)
    if seen == step.differs:
        return ""
    said = "\n".join(f"    {it.aspect}: {it.theirs!r}\n      here: {it.ours!r}" for it in found)
    return f"{step.line}\n  differs in {seen}, not {step.differs}\n{said}"


def _says(ours, theirs):
    """Whether it is said all the same, whatever is advised then."""
    said = theirs.rsplit(" -- ", 1)[0]
    return ours.startswith(said) if said else not ours


def _lines(files):
    return [f"{name}: {state}" for name, state in files.items()]


def _only(lines, others):
    """What the others lack; the order, when they have all of it."""
    lacking = [line for line in lines if line not in others]
    if lacking or set(others) - set(lines):
        return "\n".join(lacking)
    return "\n".join(lines)


def _first(lines, others):
    """The first line with something in it that is another one."""
    for number, line in enumerate(lines):
        if line.strip() and (number >= len(others) or others[number] != line):
            return line.strip()
    return ""
