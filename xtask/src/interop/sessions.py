"""All commands of both command lines, typed at two desks alike and recorded."""

import os
import sys
from pathlib import Path

from command_line import CLIENT
from recorded.comparison import differences, unexpected
from recorded.coverage import untried
from recorded.desk import PROGRAMS, Desk
from recorded.proxy import Recorder
from recorded.scenes import COMMANDS, SCENES
from recorded.server import ALICE, Seed, Server
from recorded.table import page
from report import Report, expect

PAGE = Path(os.environ["INTEROP_DIFFERENCES"])
# Whether the page is written instead of compared.
RECORDS = "--record" in sys.argv


def outcomes(scene, program, seed):
    """What comes of a scene's steps."""
    name = f"{scene.replace(' ', '-')}-{list(PROGRAMS).index(program)}"
    server = Server(seed, name)
    recorder = Recorder(server.authority)
    try:
        desk = Desk(name, program, recorder, seed, ALICE)
        return [desk.does(step) for step in SCENES[scene]]
    finally:
        recorder.close()
        server.stop()


def play(scene, seed):
    """A scene at both desks: for each step what differs, and what the first printed."""
    both = [outcomes(scene, program, seed) for program in PROGRAMS]
    steps = SCENES[scene]
    found = [(scene, step, differences(step, *pair)) for step, *pair in zip(steps, *both)]
    printed = {step.words: outcome.out for step, outcome in zip(steps, both[0])}
    return found, printed


def story():
    report = Report(CLIENT)
    seed = Seed()
    found, printed = [], {}
    for scene, steps in SCENES.items():
        with report.operation(f"sessions: {scene} ({len(steps)} commands)"):
            seen, out = play(scene, seed)
            found += seen
            printed |= out
            wrong = [text for _, step, differing in seen if (text := unexpected(step, differing))]
            expect("differences", "\n".join(wrong), "")
    with report.operation("sessions: all commands and options"):
        helps = {command: printed[f"{command} --help".strip()] for command in COMMANDS}
        every = [step for steps in SCENES.values() for step in steps]
        expect("what is not tried", untried(helps, every), [])
    with report.operation(f"sessions: {PAGE.name}"):
        if RECORDS:
            PAGE.write_text(page(found))
        expect(f"{PAGE.name} (cargo xtask interop --record writes it)", PAGE.read_text(), page(found))


story()
