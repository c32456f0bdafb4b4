"""Values as JSON has them."""

import dataclasses
import datetime
import decimal
import enum
import math
import pathlib
import uuid

_LEAST, _GREATEST = -(2**63), 2**64 - 1


class NotPlain(ValueError):
    """A value that JSON can't hold."""


def plain(value, name, as_text=False):
    """The value that is called `name`; with `as_text`, what JSON can't hold as Python prints it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value, name, as_text)
    if isinstance(value, str):
        return _text(value, name)
    if isinstance(value, int):
        return _integer(value, name)
    if isinstance(value, float):
        return _number(value, name)
    if isinstance(value, dict):
        return {_key(key, name): plain(it, f"{name}.{key}", as_text) for key, it in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, range)):
        return [plain(it, f"{name}[{at}]", as_text) for at, it in enumerate(value)]
    return _other(value, name, as_text)


def _other(value, name, as_text):
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return str(value) if as_text else value.isoformat()
    if isinstance(value, (pathlib.PurePath, decimal.Decimal, uuid.UUID)):
        return _text(str(value), name)
    if isinstance(value, bytes):
        try:
            return str(value) if as_text else value.decode("utf-8")
        except UnicodeDecodeError:
            raise NotPlain(f"{name} is bytes that are no UTF-8 text") from None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(dataclasses.asdict(value), name, as_text)
    # Numbers and arrays of numpy, models of pydantic.
    for method in ("tolist", "model_dump"):
        if not isinstance(value, type) and callable(getattr(value, method, None)):
            return plain(getattr(value, method)(), name, as_text)
    if as_text:
        return _text(str(value), name)
    kind = type(value).__name__
    raise NotPlain(f"{name} is of the type {kind}, which JSON can't hold; make it a text, a number or a list")


def _text(value, name):
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise NotPlain(f"{name} is {value!r}, which is no UTF-8 text") from None
    return str.__str__(value)


def _integer(value, name):
    if not _LEAST <= value <= _GREATEST:
        raise NotPlain(f"{name} is {value}, too large an integer; make it a text")
    return int(value)


def _number(value, name):
    if not math.isfinite(value):
        raise NotPlain(f"{name} is {value}, which is no number in JSON")
    return float(value)


def _key(key, name):
    if isinstance(key, str):
        return _text(key, name)
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return _text(str(key), name)
