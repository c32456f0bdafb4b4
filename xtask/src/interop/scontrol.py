#!/usr/bin/env python3
"""Answers `scontrol show job NUMBER --json`, which Slurm knows from 23.02 on, with what `squeue` of older ones says."""

import json
import subprocess
import sys

_show, _job, number, _json = sys.argv[1:]
squeue = subprocess.run(["squeue", "--json"], capture_output=True, check=True, timeout=30)
jobs = json.loads(squeue.stdout)["jobs"]
print(json.dumps({"jobs": [job for job in jobs if job["job_id"] == int(number)]}))
