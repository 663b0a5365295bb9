"""What an answer in words is worth: the forms in which people and language models answer."""

from __future__ import annotations

import math
import re

from pipeline.errors import AnswerError, did_you_mean
from pipeline.records import AnswerForm, Choice, Numeric, Option, Scale, Status, YesNo
from pipeline.score.answer import status_of
from pipeline.score.bands import band_of
from pipeline.score.wording import listed

_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")


def share_of_answer(form: AnswerForm, answer: str) -> tuple[Status, float | None]:
    """Return the status of an answer and its share of the points, 0..1.

    Yes or no: 1 for the good one, else 0. A scale: (chosen - lowest) / (highest - lowest) (Zendesk QA). A choice: what
    its option says; None, with `not_applicable`, where it says that the question does not apply. A number: by its band.

    Raises:
        AnswerError: It is no answer of this form; the message says what is allowed.
    """
    share = _share(form, spelled(form, answer))
    return (Status.NOT_APPLICABLE, None) if share is None else (status_of(share), share)


def spelled(form: AnswerForm, answer: str) -> str:
    """Return an answer in the words of its form: ``" Yes"`` is ``yes``, ``"+3"`` is ``3``.

    Raises:
        AnswerError: It is no answer of this form; the message says what is allowed.
    """
    given = " ".join(answer.split())
    if isinstance(form, Numeric):
        if not _NUMBER.fullmatch(given) or not math.isfinite(float(given)):
            raise _refused(form, given)
        return f"{float(given):.12g}"
    if isinstance(form, Scale):
        if not _WHOLE.fullmatch(given) or not form.lowest <= int(given) <= form.highest:
            raise _refused(form, given)
        return str(int(given))
    label = next((label for label in labels(form) if label.casefold() == given.casefold()), None)
    if label is None:
        raise _refused(form, given)
    return label


def labels(form: AnswerForm) -> tuple[str, ...]:
    """Return every answer that a form knows, in order; none for numbers, of which there are too many to list."""
    if isinstance(form, YesNo):
        return "yes", "no"
    if isinstance(form, Choice):
        return tuple(option.answer for option in form.options)
    return tuple(map(str, range(form.lowest, form.highest + 1))) if isinstance(form, Scale) else ()


def allowed(form: AnswerForm) -> str:
    """Return in words what can be answered: ``yes or no``, ``a whole number from 1 to 5``."""
    if isinstance(form, Scale):
        return f"a whole number from {form.lowest} to {form.highest}"
    if isinstance(form, Numeric):
        return f"a number in {form.unit}" if form.unit else "a number"
    return listed(labels(form), "or")


def _share(form: AnswerForm, answer: str) -> float | None:
    if isinstance(form, YesNo):
        return 1.0 if answer == form.good else 0.0
    if isinstance(form, Scale):
        return (int(answer) - form.lowest) / (form.highest - form.lowest)
    if isinstance(form, Numeric):
        return band_of(float(answer), form.bands).share
    chosen: Option = next(option for option in form.options if option.answer == answer)
    return chosen.share


def _refused(form: AnswerForm, given: str) -> AnswerError:
    return AnswerError(f"{given!r} is no answer here{did_you_mean(given, labels(form))}; it is {allowed(form)}")
