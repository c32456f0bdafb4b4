"""The settings of the program."""

import pathlib


class Settings:
    """By their names in capitals."""

    def __getattr__(self, name):
        raise AttributeError(f"there is no setting {name}")


settings = Settings()


def fill(values):
    paths = ("JOBBERGATE_CACHE_DIR", "SBATCH_PATH")
    for name, value in values.items():
        setattr(settings, name, pathlib.Path(value) if name in paths and value else value)
