"""Helpers of workflows."""

import fnmatch
import getpass
import pathlib
import subprocess


def get_running_jobs(user_only=True):
    """The jobs in Slurm's queue, as `id name`."""
    command = ["squeue", "--format=%.8A %j", "--noheader"]
    try:
        if user_only:
            command.append(f"--user={getpass.getuser()}")
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
        lines = said.stdout.decode("utf-8").splitlines()
    except Exception as error:
        print(f"The running jobs could not be listed: {error}")
        return []
    return [line.strip().replace('"', "") for line in lines]


def get_file_list(path=None, search_term="*.*"):
    """The names of the files in a directory that fit, the newest first."""
    directory = pathlib.Path.cwd() if path is None else pathlib.Path(path)
    fitting = [
        file
        for file in directory.iterdir()
        if file.is_file() and fnmatch.fnmatchcase(file.name.lower(), search_term.lower())
    ]
    return [file.name for file in sorted(fitting, key=lambda file: file.stat().st_mtime, reverse=True)]
