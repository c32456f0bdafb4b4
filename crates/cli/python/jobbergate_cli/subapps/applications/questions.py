"""What a workflow can ask."""

from functools import partial
from itertools import chain
from typing import Any, Callable, Dict, Type, TypeVar  # noqa: F401

import jobbergate_cli.inquirer_like as inquirer
from jobbergate_cli.exceptions import Abort


class QuestionBase:
    def __init__(self, variablename, message, ignore=False, default=None, inquirer_type=inquirer.Text):
        self.variablename = variablename
        self.default = default
        self.inquirer_type = inquirer_type
        self.inquirer_kwargs = dict(message=message, ignore=ignore, default=default)

    def make_prompts(self, **override_kwargs):
        """The prompts that this question consists of."""
        return [self.inquirer_type(self.variablename, **{**self.inquirer_kwargs, **override_kwargs})]


class Text(QuestionBase):
    pass


class Integer(QuestionBase):
    def __init__(self, variablename, message, minval=None, maxval=None, **kwargs):
        super().__init__(variablename, message, **kwargs)
        self.minval = minval
        self.maxval = maxval
        self.inquirer_kwargs.update(validate=self._validate)

    def _validate(self, _, value):
        try:
            number = int(value)
        except ValueError:
            raise inquirer.errors.ValidationError("", reason=f"{value} is not an integer") from None
        least = "-∞" if self.minval is None else self.minval
        most = "∞" if self.maxval is None else self.maxval
        is_low = self.minval is not None and number < self.minval
        if is_low or (self.maxval is not None and number > self.maxval):
            reason = f"{value} is out of range [{least}, {most}]"
            raise inquirer.errors.ValidationError("", reason=reason)
        return True


class _Choosing(QuestionBase):
    def __init__(self, variablename, message, choices, inquirer_type, **kwargs):
        super().__init__(variablename, message, inquirer_type=inquirer_type, **kwargs)
        self.inquirer_kwargs.update(choices=choices)


class List(_Choosing):
    def __init__(self, variablename, message, choices, **kwargs):
        super().__init__(variablename, message, choices, inquirer.List, **kwargs)


class Checkbox(_Choosing):
    def __init__(self, variablename, message, choices, **kwargs):
        super().__init__(variablename, message, choices, inquirer.Checkbox, **kwargs)


class Confirm(QuestionBase):
    def __init__(self, variablename, message, **kwargs):
        super().__init__(variablename, message, inquirer_type=inquirer.Confirm, **kwargs)


class BooleanList(QuestionBase):
    """Yes or no, and further questions after each."""

    def __init__(self, variablename, message, whentrue=None, whenfalse=None, **kwargs):
        super().__init__(variablename, message, inquirer_type=inquirer.Confirm, **kwargs)
        self.whentrue = [] if whentrue is None else whentrue
        self.whenfalse = [] if whenfalse is None else whenfalse

    def _is_other(self, branch, answers):
        answer = answers.get(self.variablename)
        if answer is None:
            raise Abort(
                f"Questions were asked out of order: {self.variablename} was not answered before those that depend on it",
                subject="Invalid application module",
            )
        return bool(answer) is not branch

    def make_prompts(self, **override_kwargs):
        prompts = super().make_prompts(**override_kwargs)
        for branch, children in ((True, self.whentrue), (False, self.whenfalse)):
            ignore = partial(self._is_other, branch)
            prompts.extend(chain.from_iterable(child.make_prompts(ignore=ignore) for child in children))
        return prompts


class _Path(QuestionBase):
    def __init__(self, variablename, message, path_type, exists, **kwargs):
        super().__init__(variablename, message, inquirer_type=inquirer.Path, **kwargs)
        self.inquirer_kwargs.update(path_type=path_type, exists=exists)


class Directory(_Path):
    def __init__(self, variablename, message, exists=None, **kwargs):
        super().__init__(variablename, message, inquirer.Path.DIRECTORY, exists, **kwargs)


class File(_Path):
    def __init__(self, variablename, message, exists=None, **kwargs):
        super().__init__(variablename, message, inquirer.Path.FILE, exists, **kwargs)


class Const(QuestionBase):
    """An answer that nobody is asked for."""

    def __init__(self, variablename, **kwargs):
        super().__init__(variablename, "", **kwargs)

    def make_prompts(self, **override_kwargs):
        if "ignore" in override_kwargs:
            raise TypeError(f"a Const can't be a question of a BooleanList: {self.variablename}")
        return super().make_prompts(ignore=True, **override_kwargs)
