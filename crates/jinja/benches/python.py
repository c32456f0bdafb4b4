"""Measures Python's Jinja2 on the templates of the benchmark, which are named by arguments."""

import json
import sys
import time

from jinja2.sandbox import SandboxedEnvironment


def measure(call):
    start, best = time.perf_counter(), 1e9
    while time.perf_counter() - start < 1:
        begun = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - begun)
    return best


def measure_template(name):
    with open(f"{name}.j2", encoding="utf-8") as file:
        source = file.read()
    with open(f"{name}.json", encoding="utf-8") as file:
        context = json.load(file)
    environment = SandboxedEnvironment()
    template = environment.from_string(source)
    return {
        "parse": measure(lambda: environment.parse(source)),
        "render": measure(lambda: template.render(**context)),
        "text": template.render(**context),
    }


print(json.dumps({name: measure_template(name) for name in sys.argv[1:]}))
