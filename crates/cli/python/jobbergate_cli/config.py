"""The settings of the program."""


class Settings:
    """By their names in capitals."""

    def __getattr__(self, name):
        raise AttributeError("there is no setting {}".format(name))


settings = Settings()


def fill(values):
    vars(settings).update(values)
