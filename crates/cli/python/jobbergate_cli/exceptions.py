"""How a workflow gives up, and what checks for it."""

import contextlib
import functools


class Buzz(Exception):
    """An error with a message, and shorthands that raise it."""

    def __init__(self, message, *args, base_message=None, **kwargs):
        super().__init__(message, *args)
        self.message = message
        self.base_message = base_message

    def __str__(self):
        return str(self.message)

    @classmethod
    def _built(cls, message, raise_args, raise_kwargs):
        return cls(message, *(raise_args or ()), **(raise_kwargs or {}))

    @classmethod
    def require_condition(cls, expr, message, raise_args=None, raise_kwargs=None, **_):
        if not expr:
            raise cls._built(message, raise_args, raise_kwargs)

    @classmethod
    def enforce_defined(cls, value, message="Value was not defined (None)", raise_args=None, raise_kwargs=None, **_):
        if value is None:
            raise cls._built(message, raise_args, raise_kwargs)
        return value

    @classmethod
    def ensure_type(
        cls, value, type_, message="Value was not of type {type_}", raise_args=None, raise_kwargs=None, **_
    ):
        if not isinstance(value, type_):
            raise cls._built(message.format(type_=type_), raise_args, raise_kwargs)
        return value

    @classmethod
    @contextlib.contextmanager
    def handle_errors(
        cls,
        base_message,
        re_raise=True,
        raise_args=None,
        raise_kwargs=None,
        handle_exc_class=Exception,
        ignore_exc_class=None,
        do_finally=None,
        do_except=None,
        do_else=None,
        **_,
    ):
        try:
            yield
        except Exception as error:
            if ignore_exc_class is not None and isinstance(error, ignore_exc_class):
                raise
            if not isinstance(error, handle_exc_class):
                raise
            full = f"{base_message} -- {type(error).__name__}: {error}"
            if do_except is not None:
                do_except(DoExceptParams(error, base_message, error.__traceback__))
            if re_raise:
                raise cls._built(full, raise_args, raise_kwargs) from error
        else:
            if do_else is not None:
                do_else()
        finally:
            if do_finally is not None:
                do_finally()

    @classmethod
    @contextlib.contextmanager
    def check_expressions(cls, base_message, raise_args=None, raise_kwargs=None, **_):
        problems = []
        count = [0]

        def check(expr, message=None):
            count[0] += 1
            if not expr:
                default = f"{_ordinal(count[0])} expression failed"
                problems.append(f"  {count[0]}: {default if message is None else message}")

        yield check
        if problems:
            text = "\n".join(["Checked expressions failed: " + base_message] + problems)
            raise cls._built(text, raise_args, raise_kwargs)


class DoExceptParams:
    """What `do_except` is told."""

    def __init__(self, err, base_message, trace):
        self.err = err
        self.base_message = base_message
        self.final_message = f"{base_message} -- {type(err).__name__}: {err}"
        self.trace = trace


def _ordinal(number):
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


class JobbergateCliError(Buzz):
    """Something went wrong."""


class Abort(Buzz):
    """Ends the command with a message."""

    def __init__(
        self,
        message,
        *args,
        subject=None,
        support=False,
        log_message=None,
        sentry_context=None,
        original_error=None,
        warn_only=False,
        **kwargs,
    ):
        super().__init__(message, *args, **kwargs)
        self.subject = subject
        self.support = support
        self.log_message = log_message
        self.sentry_context = sentry_context
        self.original_error = original_error
        self.warn_only = warn_only


def handle_abort(func):
    """Does nothing more: an `Abort` ends the workflow by itself."""

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)

    return wrapper
