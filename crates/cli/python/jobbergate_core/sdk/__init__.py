"""The server, asked by the program that runs the workflow, in the name of the person who runs it."""

from jobbergate_core.sdk.api import Apps

__all__ = ["Apps"]
