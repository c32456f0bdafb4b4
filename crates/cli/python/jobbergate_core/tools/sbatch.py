"""Slurm's programs, and lines for them in scripts."""

import pathlib
import re
import shlex
import subprocess


def inject_sbatch_params(job_script_data_as_string, sbatch_params, header=None):
    """The script with a line for each, before its first line that is neither empty nor a comment."""
    script = job_script_data_as_string
    if not sbatch_params:
        return script
    lines = ["# " + header] if header else []
    lines += ["#SBATCH " + parameter for parameter in sbatch_params]
    block = "\n".join(lines) + "\n\n"
    first = re.search(r"^[^#\n]", script, re.MULTILINE)
    at = first.start() if first else len(script)
    return script[:at] + block + script[at:]


def _said(command, directory=None):
    """What a program prints; raises with what it complains of."""
    ended = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ended.returncode:
        complaint = (ended.stderr or ended.stdout).decode("utf-8", "replace").strip()
        words = " ".join(shlex.quote(word) for word in command)
        raise RuntimeError(f"{words} ended with code {ended.returncode}: {complaint}")
    return ended.stdout.decode("utf-8", "replace").strip()


class SubmissionHandler:
    def __init__(self, sbatch_path="/usr/bin/sbatch", submission_directory=None):
        self.sbatch_path = pathlib.Path(sbatch_path)
        self.submission_directory = pathlib.Path(submission_directory or pathlib.Path.cwd())

    def submit_job(self, job_script_path):
        """The number of the job."""
        path = pathlib.Path(job_script_path).absolute()
        said = _said([str(self.sbatch_path), "--parsable", str(path)], str(self.submission_directory))
        found = re.match(r"(\d+)(;.*)?$", said)
        if found is None:
            raise ValueError(f"sbatch gave no number of a job: {said}")
        return int(found.group(1))


class InfoHandler:
    def __init__(self, scontrol_path="/usr/bin/scontrol"):
        self.scontrol_path = pathlib.Path(scontrol_path)

    def get_job_info(self, slurm_job_id):
        """What scontrol says, by its names."""
        said = _said([str(self.scontrol_path), "show", "job", "--oneliner", str(slurm_job_id)])
        return dict(re.findall(r"(\S+?)=(\S*)", said))


class ScancelHandler:
    def __init__(self, scancel_path="/usr/bin/scancel"):
        self.scancel_path = pathlib.Path(scancel_path)

    def cancel_job(self, slurm_job_id):
        _said([str(self.scancel_path), str(slurm_job_id)])
