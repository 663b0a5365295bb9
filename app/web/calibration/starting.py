"""Starting a session: which calls, who answers, who is the expert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.access.rights import MAY, Permission, scope_of
from app.web.access.visitor import Visitor
from app.web.call.reading import own_recording
from app.web.site import Site
from pipeline.errors import ReviewError
from pipeline.records import CalibrationSession, User
from pipeline.review.wording import same_name
from pipeline.reviewing import sessions as calibrating
from pipeline.store.calls import get_recording
from pipeline.store.overviews import values_in_use
from pipeline.store.people import list_users

MOST_DRAWN = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class StartForm:
    """What somebody has filled in so far."""

    calls: str = ""
    sample: int = 3
    rubric: str = ""
    seed: int = 1
    reviewers: tuple[str, ...] = ()
    expert: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StartPage:
    """The form, with what there is to choose from."""

    people: tuple[User, ...]
    rubrics: list[str]
    form: StartForm
    most_drawn: int = MOST_DRAWN
    told: str = ""


def start_page(site: Site, visitor: Visitor, form: StartForm, *, told: str = "") -> StartPage:
    """Return the form."""
    with site.store.read() as connection:
        people = _people(connection)
        rubrics = values_in_use(connection, "rubric_id", visitor.scope)
    return StartPage(people=people, rubrics=rubrics, form=form, told=told)


def start_from(connection: Connection, site: Site, visitor: Visitor, form: StartForm) -> CalibrationSession:
    """Start a session as the form says, and return it.

    Raises:
        NotFoundError: A call is not there or not the visitor's to see, or there are too few to draw.
        ReviewError: The session cannot be made so, or somebody in it may not see a call.
    """
    named = tuple(dict.fromkeys(form.calls.replace(",", " ").split()))
    if bool(named) == bool(form.sample):
        raise ReviewError("give the ids of calls, or how many to draw: one of them")
    if not form.reviewers or not form.expert:
        raise ReviewError("choose at least one reviewer, and the expert")
    everybody = {person.name: person for person in _people(connection)}
    chosen = [everybody[name] for name in (*form.reviewers, form.expert) if name in everybody]
    if len(chosen) != len(form.reviewers) + 1:
        raise ReviewError("somebody chosen can take no part in sessions any more; choose again")
    for call_id in named:
        own_recording(connection, visitor, call_id)
    session = calibrating.start(
        connection,
        call_ids=named,
        sample=form.sample,
        seed=form.seed,
        rubric_id=form.rubric or None,
        reviewers=form.reviewers,
        expert=form.expert,
        by=visitor.user.name,
        now=site.now(),
        scope=visitor.scope,
        not_of_agents=[person.agent_id for person in chosen if person.agent_id],
    )
    _require_all_may_see(connection, session, chosen)
    return session


def _people(connection: Connection) -> tuple[User, ...]:
    return tuple(
        user for user in list_users(connection) if user.active and Permission.CALIBRATION_TAKE in MAY[user.role]
    )


def _require_all_may_see(connection: Connection, session: CalibrationSession, people: Sequence[User]) -> None:
    for call in session.calls:
        recording = get_recording(connection, call.call_id)
        for person in people:
            if not scope_of(person).includes(agent_id=recording.agent_id, team=recording.team):
                raise ReviewError(f"{person.name} may not see call {call.call_id}; choose other calls or people")
            if recording.agent_id and (
                recording.agent_id == person.agent_id or same_name(recording.agent_id, person.name)
            ):
                raise ReviewError(f"{person.name} took call {call.call_id}: nobody answers about their own")
