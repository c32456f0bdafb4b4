"""From a workflow's questions to answers."""

import json
from types import SimpleNamespace

from jobbergate_cli import bridge
from jobbergate_cli.exceptions import Abort
from jobbergate_cli.subapps.applications.questions import BooleanList, Checkbox, Confirm, Integer, List


def answers_to(questions, supplied, fast):
    """Answers of a batch, and those of them that are defaults which nobody was asked for."""
    prompts, defaults, refusals = [], {}, []
    for question in questions:
        name, default = question.variablename, question.default
        if name in supplied:
            refusal = _refusal(question, supplied[name])
            if refusal is not None:
                refusals.append(f"{name}: {refusal}")
            continue
        if fast and default is not None:
            defaults[name] = default(dict(defaults)) if callable(default) else default
        else:
            prompts.extend(question.make_prompts())
    if refusals:
        raise Abort("\n".join(refusals), subject="Invalid answers")
    return prompt(prompts, {}), defaults


def _refusal(question, value):
    """What there is against an answer that was given beforehand: its kind, its bounds, its choices.

    What is only known when it is asked (functions, defaults) is not looked at.
    """
    options = getattr(question, "inquirer_kwargs", {})
    if value is None or options.get("ignore"):
        return None
    if isinstance(question, (Confirm, BooleanList)):
        return None if value in (True, False) else f"{_shown(value)} is neither true nor false"
    if isinstance(question, Integer):
        return _no_integer(question, value)
    if isinstance(question, (List, Checkbox)) and not callable(options.get("choices")):
        if isinstance(question, List):
            return _no_choice(options["choices"], [value])
        is_list = isinstance(value, list)
        return _no_choice(options["choices"], value) if is_list else f"{_shown(value)} is not a list"
    return None


def _no_integer(question, value):
    is_whole = isinstance(value, (int, str)) or isinstance(value, float) and value.is_integer()
    if isinstance(value, bool) or not is_whole:
        return f"{_shown(value)} is not an integer"
    return _problem(SimpleNamespace(validate=lambda answer: question._validate({}, answer)), value)


def _no_choice(choices, values):
    values_of = [choice[1] if isinstance(choice, tuple) and len(choice) == 2 else _value(choice) for choice in choices]
    # A number and its digits are the same on a command line.
    texts = {str(choice) for choice in values_of}
    strange = [value for value in values if value not in values_of and str(value) not in texts]
    if not strange:
        return None
    return f"{_shown(strange[0])} is none of its choices: {', '.join(map(str, values_of))}"


def _shown(value):
    return json.dumps(value, ensure_ascii=False, default=str)


class NoQuestions(Exception):
    """Something else stands where questions are to be."""


def questions_of(what, questions):
    """A list of them; those that belong to the answers of others are looked at, too."""
    if isinstance(questions, (str, bytes, dict)) or not hasattr(questions, "__iter__"):
        raise NoQuestions(f"{what} a list of questions; it is a {type(questions).__name__}")
    questions = list(questions)
    for place, question in enumerate(questions, 1):
        if not hasattr(question, "make_prompts"):
            raise NoQuestions(f"{what} a list of questions; item {place} is a {type(question).__name__}")
        for branch in ("whentrue", "whenfalse"):
            more = getattr(question, branch, None)
            if isinstance(more, (str, list, tuple)):
                questions_of(f"{branch} of {question.variablename} must be", more)
    return questions


def prompt(prompts, answers):
    prompts = list(prompts)
    for at, asked in enumerate(prompts):
        asked.answers = answers
        try:
            if asked.ignore:
                answers[asked.name] = asked.default
            else:
                answers[asked.name] = _ask(asked, [later.name for later in prompts[at:]])
        except Exception as error:
            if not hasattr(error, "jobbergate_question"):
                error.jobbergate_question = asked.name
            raise
    return answers


def _ask(asked, names):
    kinds = {"list": _one, "checkbox": _some, "confirm": _confirm}
    message = {"variable": str(asked.name), "label": str(asked.message), "open": list(map(str, names))}
    return kinds.get(asked.kind, _typed)(asked, message)


def _typed(asked, message):
    default = asked.default
    message["kind"] = "secret" if asked.kind == "password" else "text"
    message["default"] = str(default) if default else ""
    while True:
        text = bridge.call(ask=message)
        problem = _problem(asked, text)
        if problem is None:
            return text
        message.update(default=text, problem=problem)


def _problem(asked, answer):
    """What the question itself has against an answer."""
    try:
        asked.validate(answer)
    except Exception as error:
        # It may be another's class of the same name.
        if type(error).__name__ != "ValidationError":
            raise
        return getattr(error, "reason", None) or f"{answer} is no valid answer"
    return None


def _confirm(asked, message):
    default = asked.default
    message.update(kind="confirm", default=None if default is None else bool(default))
    answer = bridge.call(ask=message)
    return default if answer is None else answer


def _one(asked, message):
    choices = asked.choices
    if not choices:
        raise ValueError("there is nothing to choose from")
    default = asked.default
    at = choices.index(default) if default is not None and default in choices else 0
    message.update(kind="list", choices=list(map(str, choices)), cursor=at)
    return _value(choices[bridge.call(ask=message)])


def _some(asked, message):
    choices, default = asked.choices, asked.default or []
    chosen = [at for at, choice in enumerate(choices) if choice in default]
    message.update(kind="checkbox", choices=list(map(str, choices)), chosen=chosen)
    return [_value(choices[at]) for at in bridge.call(ask=message)]


def _value(choice):
    is_tagged = hasattr(choice, "tag") and hasattr(choice, "value")
    return choice.value if is_tagged else choice
