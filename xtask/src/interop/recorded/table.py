"""What was found, as a page of the documentation."""

LONGEST = 420
HEAD = """\
# Where both command lines differ

This page is written by `cargo xtask interop --record`, and `cargo xtask interop` fails where it does not say what is found.

{number} commands were typed at two desks alike, one with `jobbergate-cli` 5.12.0 from PyPI and one with this program, before servers in the same state
and without a terminal: all commands and options of Python's, and what people do wrong with them. What was sent (method, path, query, body), the exit code, the
files that were written (with their modes) and what was printed were compared. {same} did the same in all of it; the others differ on purpose, as follows.

Not compared: what a help and a mistake of usage say (each in its own words, both with the same exit code); the lines that tables and panels are drawn with;
the stream on which a failure is told (Python's is standard output, [here](cli.md#what-is-otherwise) standard error); the advice at the end of a failure, and what
is said after it; logs. `{{SERVER}}` is the server's address, `{{LONG}}` a text of 300 characters. Files that go in no certain order, and questions that are asked again, count as one.
"""


def page(found):
    """`found` has triples of a scene's name, a step and its differences."""
    same = [entry for entry in found if not entry[2]]
    parts = [HEAD.format(number=len(found), same=len(same))]
    reasons = {}
    for _, step, differences in found:
        if differences:
            reasons.setdefault(step.why, []).append((step, differences))
    for why, entries in reasons.items():
        parts.append(f"## {why}\n\n| command | differs in | Python's | here |\n|---|---|---|---|\n" + "".join(_rows(entries)))
    parts.append("## The same in all of it\n")
    for scene in dict.fromkeys(scene for scene, _, _ in same):
        lines = "\n".join(step.line for name, step, _ in same if name == scene)
        parts.append(f"{scene.capitalize()}:\n\n```\n{lines}\n```\n")
    return "\n".join(parts)


def _rows(entries):
    for step, differences in entries:
        command = _code(step.line)
        for it in differences:
            yield f"| {command} | {it.aspect} | {_cell(it.theirs)} | {_cell(it.ours)} |\n"
            command = ""


def _cell(text):
    return "<br>".join(map(_code, text.split("\n"))) if text else "–"


def _code(line):
    if len(line) > LONGEST:
        line = line[:LONGEST] + "…"
    return "`" + line.replace("|", "\\|").replace("`", "'") + "`"
