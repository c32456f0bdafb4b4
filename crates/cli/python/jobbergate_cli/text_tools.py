"""Texts for people."""

import textwrap

from jobbergate_cli import bridge


def dedent(text):
    return textwrap.dedent(text).strip()


def indent(text, prefix="    ", **kwargs):
    return textwrap.indent(text, prefix=prefix, **kwargs)


def dedent_all(*texts, join_str="\n"):
    return join_str.join(dedent(text) for text in texts)


def unwrap(text):
    return dedent(text).replace("\n", " ")


def conjoin(*items, join_str="\n"):
    return join_str.join(str(item) for item in items)


def copy_to_clipboard(text):
    """Whether the text was copied; there is no clipboard here."""
    return False
