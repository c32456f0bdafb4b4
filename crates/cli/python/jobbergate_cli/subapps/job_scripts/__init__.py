"""Job scripts."""


def recreate(**arguments):
    """Repeats the running `create` or `create-locally` with other arguments."""
    from jobbergate_cli.running import repeat
    from jobbergate_cli.subapps.job_scripts import app

    return repeat({"create": app.create, "create-locally": app.create_locally}, arguments)
