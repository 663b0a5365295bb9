"""What is done on the queue: calls given to people, taken off, drawn. Each step in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app.acts import Act
from app.web.access.rights import MAY, Permission, scope_of
from app.web.access.visitor import Visitor
from app.web.errors import BadRequestError
from pipeline.config import Settings
from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import User
from pipeline.review.periods import period_of
from pipeline.review.sampling import POLICIES, SamplingRequest
from pipeline.review.wording import folded, made_id
from pipeline.reviewing.queue import build_sample, learnt_thresholds, take_off
from pipeline.store.assignments import Assignment, put_assignment
from pipeline.store.overviews import CallOverview, get_overview
from pipeline.store.people import get_user

MOST_AT_ONCE = 200

DONE: Mapping[str, str] = {
    "given": "Calls given: {n}.",
    "freed": "Calls that anybody may take now: {n}.",
    "taken-off": "Calls taken off the queue: {n}.",
    "drawn": "Calls drawn for review: {n}.",
    "none": "Nothing waits for you here any more.",
    "saved": "The view is saved.",
    "deleted": "The view is deleted.",
}
"""What a page says after something was done."""


class SampleForm(BaseModel):
    """What somebody filled in to draw a sample; blank is what the settings say."""

    model_config = ConfigDict(frozen=True)

    policy: str = Field(default="", max_length=40)
    count: str = Field(default="", max_length=20)
    share: str = Field(default="", max_length=20)
    period: str = Field(default="", max_length=20)
    team: str = Field(default="", max_length=200)
    queue: str = Field(default="", max_length=200)
    reviewers: str = Field(default="", max_length=2000)


def chosen_calls(connection: Connection, visitor: Visitor, call_ids: Sequence[str]) -> list[CallOverview]:
    """Return the calls that somebody chose.

    Raises:
        BadRequestError: None, or too many.
        NotFoundError: One of them is not there, or not the visitor's to see.
    """
    wanted = list(dict.fromkeys(call_ids))
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise BadRequestError(f"choose 1 to {MOST_AT_ONCE} calls in the list first")
    found = [get_overview(connection, call_id, visitor.scope) for call_id in wanted]
    calls = [call for call in found if call is not None]
    if len(calls) < len(wanted):
        raise NotFoundError("one of these calls is not there")
    return calls


def give(
    connection: Connection, visitor: Visitor, calls: Sequence[CallOverview], to: str, *, now: datetime
) -> list[Act]:
    """Give calls to somebody by their name, or to nobody where that is blank.

    Raises:
        ReviewError: Nobody of this name may review one of the calls, or the visitor took one of them.
    """
    _refuse_own(visitor, calls)
    person = _reviewer(connection, to) if to.strip() else None
    acts = []
    for call in calls:
        if person is not None and not _may_hear(person, call):
            raise ReviewError(f"{person.display_name} may not review one of these calls; give it to somebody else")
        name = None if person is None else person.name
        if name == call.assigned_to:
            continue
        assignment_id = made_id("as-", call=call.call_id, to=name, by=visitor.user.name, at=now.isoformat())
        put_assignment(
            connection,
            Assignment(
                assignment_id=assignment_id,
                call_id=call.call_id,
                assigned_to=name,
                assigned_by=visitor.user.name,
                assigned_at=now,
            ),
        )
        acts.append(Act(action="assignment", subject=("call", call.call_id), details={"to": name}))
    return acts


def close(
    connection: Connection, visitor: Visitor, calls: Sequence[CallOverview], reason: str, *, now: datetime
) -> list[Act]:
    """Take calls off the queue without an answer.

    Raises:
        ReviewError: One of them does not wait, is the visitor's own, or the reason cannot be kept.
    """
    _refuse_own(visitor, calls)
    acts = []
    for call in calls:
        made = take_off(connection, call.call_id, by=visitor.user.name, reason=reason, now=now)
        details = {"closing": made.closing_id, "by": made.closed_by}
        acts.append(Act(action="queue", subject=("call", made.call_id), details=details))
    return acts


def draw(
    connection: Connection, visitor: Visitor, form: SampleForm, settings: Settings, *, now: datetime
) -> tuple[list[str], Act]:
    """Draw calls for review, and return their ids.

    Raises:
        BadRequestError: A field cannot be read.
        ReviewError: The policy misses something, or the calls are not the visitor's to draw from.
    """
    usual, bounds = settings.sampling, visitor.scope.teams
    team = form.team or (bounds[0] if bounds and len(bounds) == 1 else None)
    if bounds is not None and team not in bounds:
        raise ReviewError(f"choose one of your teams: {', '.join(bounds)}")
    policy = next((each for each in POLICIES if each == form.policy), usual.policy)
    if form.policy not in ("", *POLICIES):
        raise BadRequestError(f"policy: choose one of {', '.join(POLICIES)}")
    period = period_of(form.period or usual.period, timezone=settings.scorecards.timezone, now=now)
    reviewers = tuple(each.strip() for each in form.reviewers.replace("\n", ",").split(",") if each.strip())
    request = SamplingRequest(
        policy=policy,
        period=period.name,
        seed=usual.seed,
        count=int(_number("number of calls", form.count, usual.count, 1, 10_000)),
        share=_number("percent of calls", form.share, 100 * usual.share, 0.01, 100) / 100,
        by=usual.by,
        reviewers=reviewers or usual.reviewers,
    )
    narrowed = {"rubric_id": None, "agent": None, "team": team, "queue": form.queue or None}
    made = build_sample(
        connection,
        request,
        period,
        by=visitor.user.name,
        now=now,
        narrowed=narrowed,
        thresholds=learnt_thresholds(connection),
    )
    drawn = {"policy": policy, "period": period.name, "seed": request.seed, "calls": len(made), **narrowed}
    return [sampled.call_id for sampled in made], Act(action="sample", subject=("queue", ""), details=drawn)


def _reviewer(connection: Connection, name: str) -> User:
    person = get_user(connection, folded(name))
    if person is None or not person.active or Permission.CALLS_REVIEW not in MAY[person.role]:
        raise ReviewError("nobody of this name may review calls; choose somebody of the list")
    return person


def _may_hear(person: User, call: CallOverview) -> bool:
    return scope_of(person).includes(agent_id=call.agent_id, team=call.team) and not _took(person, call)


def _took(person: User, call: CallOverview) -> bool:
    return call.agent_id is not None and folded(call.agent_id) in (folded(person.name), folded(person.agent_id or ""))


def _refuse_own(visitor: Visitor, calls: Sequence[CallOverview]) -> None:
    if any(_took(visitor.user, call) for call in calls):
        raise ReviewError("you took one of these calls: somebody else decides who hears it")


def _number(title: str, given: str, usual: float, low: float, high: float) -> float:
    if not given.strip():
        return usual
    try:
        value = float(given.replace(",", ".").removesuffix("%"))
    except ValueError:
        value = high + 1
    if not low <= value <= high:
        raise BadRequestError(f"{title}: from {low:g} to {high:g}")
    return value
