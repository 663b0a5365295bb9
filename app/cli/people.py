"""Who says something and why, as options; and the days that a list is of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from app.acts import current_user
from pipeline.errors import ReviewError
from pipeline.review.wording import checked_name, checked_reason


def _asked(check: Callable[[str], str]) -> Callable[[str | None], str | None]:
    def checked(given: str | None) -> str | None:
        try:
            return None if given is None else check(given)
        except ReviewError as error:
            raise typer.BadParameter(str(error)) from None

    return checked


def _names(given: str) -> str:
    return ",".join(checked_name(name) for name in given.split(","))


ByOption = Annotated[
    str | None,
    typer.Option("--by", help="Who does this.", show_default="your user name", callback=_asked(checked_name)),
]
ReasonOption = Annotated[
    str,
    typer.Option("--reason", help="Why, in a sentence.", show_default=False, callback=_asked(checked_reason)),
]
ReviewerOption = Annotated[
    str | None, typer.Option("--reviewer", help="Only this reviewer's.", callback=_asked(checked_name))
]
ReviewersOption = Annotated[
    str | None,
    typer.Option("--reviewers", help="Names with commas between.", show_default=False, callback=_asked(_names)),
]
CallArgument = Annotated[
    str, typer.Argument(metavar="CALL", help="Id of the call; its first characters do.", show_default=False)
]
CriterionArgument = Annotated[
    str, typer.Argument(metavar="CRITERION", help="Id of the question in its rubric.", show_default=False)
]
AnswerArgument = Annotated[
    str,
    typer.Argument(
        metavar="ANSWER",
        help="pass, partial, fail, not-applicable, cannot-assess, a share such as 50%, or a label of the question.",
        show_default=False,
    ),
]


def whoever(by: str | None) -> str:
    """Return who acts: who was named, else the operating system's user."""
    return by or current_user()


def listed(names: str | None) -> tuple[str, ...]:
    """Return names that stand with commas between."""
    return tuple(name.strip() for name in names.split(",") if name.strip()) if names else ()
