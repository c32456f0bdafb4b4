"""Prompts with the names that `inquirer` gives them; the program that runs the workflow shows them."""

import os
import pathlib

from jobbergate_cli.inquirer_like import errors

__all__ = ["Checkbox", "Confirm", "Editor", "List", "Password", "Path", "Text", "prompt"]


class TaggedValue:
    """A choice that is shown by another text than its value."""

    def __init__(self, tag, value):
        self.tag = tag
        self.value = value
        self.tuple = (tag, value)

    def __str__(self):
        return str(self.tag)

    def __eq__(self, other):
        if isinstance(other, TaggedValue):
            return self.value == other.value
        if isinstance(other, tuple):
            return self.tuple == other
        return self.value == other

    def __ne__(self, other):
        return not self == other

    __hash__ = None


class Question:
    kind = "base question"

    def __init__(self, name, message="", choices=None, default=None, ignore=False, validate=True, **more):
        for unknown in set(more) - {"show_default", "hints", "other"}:
            raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {unknown!r}")
        self.name = name
        self._message = message
        self._choices = choices or []
        self._default = default
        self._ignore = ignore
        self._validate = validate
        self.answers = {}

    @property
    def ignore(self):
        return bool(self._solved(self._ignore))

    @property
    def message(self):
        return self._solved(self._message)

    @property
    def default(self):
        return self.answers.get(self.name) or self._solved(self._default)

    @property
    def choices_generator(self):
        for choice in self._solved(self._choices):
            yield TaggedValue(*choice) if isinstance(choice, tuple) and len(choice) == 2 else choice

    @property
    def choices(self):
        return list(self.choices_generator)

    def validate(self, current):
        if callable(self._validate):
            if not self._validate(self.answers, current):
                raise errors.ValidationError(current)
        elif not self._validate:
            raise errors.ValidationError(current)

    def _solved(self, value):
        if callable(value):
            return value(self.answers)
        if isinstance(value, str):
            return value.format(**self.answers)
        return value


class Text(Question):
    kind = "text"

    def __init__(self, name, message="", default=None, autocomplete=None, **more):
        text = str(default) if default and not callable(default) else default
        super().__init__(name, message=message, default=text, **more)
        self.autocomplete = autocomplete


class Password(Text):
    kind = "password"

    def __init__(self, name, echo="*", **more):
        super().__init__(name, **more)
        self.echo = echo


class Editor(Text):
    kind = "text"


class Confirm(Question):
    kind = "confirm"

    def __init__(self, name, default=False, **more):
        super().__init__(name, default=default, **more)


class List(Question):
    kind = "list"

    def __init__(
        self, name, message="", choices=None, default=None, ignore=False, validate=True, carousel=False, **more
    ):
        super().__init__(name, message, choices, default, ignore, validate, **more)
        self.carousel = carousel


class Checkbox(Question):
    kind = "checkbox"

    def __init__(
        self,
        name,
        message="",
        choices=None,
        locked=None,
        default=None,
        ignore=False,
        validate=True,
        carousel=False,
        **more,
    ):
        super().__init__(name, message, choices, default, ignore, validate, **more)
        self.locked = locked
        self.carousel = carousel


class Path(Text):
    """The path of a file or directory."""

    kind = "path"
    ANY, FILE, DIRECTORY = "any", "file", "directory"

    def __init__(self, name, default=None, path_type=ANY, exists=None, **more):
        super().__init__(name, default=default, **more)
        if path_type not in (self.ANY, self.FILE, self.DIRECTORY):
            raise ValueError(f"path_type must be any, file or directory, not {path_type!r}")
        self.path_type = path_type
        self.exists = exists
        if default is not None and not callable(default):
            try:
                self.validate(default)
            except errors.ValidationError as error:
                raise ValueError(f"the default of {name} is no answer: {error.reason}") from None

    def validate(self, current):
        super().validate(current)
        problem = self._problem(os.fspath(current))
        if problem:
            raise errors.ValidationError(current, reason=problem)

    def _problem(self, text):
        path = pathlib.Path(text)
        try:
            is_there = os.path.lexists(text) and path.exists()
            is_file, is_directory = path.is_file(), path.is_dir()
        except (OSError, ValueError) as error:
            return f"{text!r} is no path: {error}"
        if self.path_type == self.FILE and (not text or text.endswith("/")):
            return f"{text!r} is not the path of a file"
        if self.path_type == self.DIRECTORY and not text:
            return "a path is needed"
        if self.path_type == self.FILE and is_there and not is_file:
            return f"{text} is not a file"
        if self.path_type == self.DIRECTORY and is_there and not is_directory:
            return f"{text} is not a directory"
        if self.exists and not is_there:
            return f"{text} does not exist"
        if self.exists is False and is_there:
            return f"{text} exists already"
        return None


def prompt(questions, render=None, answers=None, theme=None, raise_keyboard_interrupt=False):
    """Answers to questions, asked one after the other."""
    from jobbergate_cli.asking import prompt

    return prompt(questions, {} if answers is None else answers)
