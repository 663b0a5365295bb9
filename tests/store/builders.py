"""Scores, flags and intake outcomes for store tests; `any_record` makes hypothesis invent records of a type."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Connection

from pipeline.records import CallScore, CriterionResult, Defect, Flag, Recording, Severity, Status
from pipeline.store.intake import put_intake
from pipeline.store.scores import put_score
from tests.factories import recording

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What intake hands over."""

    media_uri: str
    recording: Recording | None
    size_bytes: int = 960_044
    modified_ns: int = 1_790_000_000_000_000_001
    file_id: str = "f-0001"
    defects: tuple[Defect, ...] = ()
    sound: str | None = None
    sound_is_known: bool = False


def taken_in(connection: Connection, call_id: str = "c-0001", **changes: Any) -> Recording:
    """A recording that the store knows, with a file of its own."""
    call = recording(**{"call_id": call_id, "media_uri": f"calls/{call_id}.wav", **changes})
    put_intake(connection, Outcome(media_uri=call.media_uri, recording=call), now=NOW)
    return call


def rejected(connection: Connection, file_id: str = "f-0001", media_uri: str = "calls/broken.wav") -> Defect:
    """A file that intake rejected; returns why."""
    defect = Defect(code="unreadable", reason="the file is not audio", fatal=True)
    put_intake(connection, Outcome(media_uri=media_uri, recording=None, file_id=file_id, defects=(defect,)), now=NOW)
    return defect


def result(criterion_id: str = "greeting", status: str = "pass", **changes: Any) -> CriterionResult:
    """The answer to a criterion that is worth ten points."""
    given: dict[str, Any] = {
        "criterion_id": criterion_id,
        "section_id": "opening",
        "title": criterion_id.capitalize(),
        "status": Status(status),
        "reason": f"{status} in the test",
        "points_possible": 10.0,
        "points_earned": {"pass": 10.0, "partial": 5.0, "fail": 0.0}.get(status),
        "weight": 1.0,
    }
    return CriterionResult(**{**given, **changes})


def score(call_id: str = "c-0001", score_id: str = "s-0001", *results: CriterionResult, **changes: Any) -> CallScore:
    """A score under the general rubric; one passed criterion unless told otherwise."""
    given: dict[str, Any] = {
        "score_id": score_id,
        "call_id": call_id,
        "rubric_id": "general",
        "rubric_version": 3,
        "rubric_fingerprint": "rubric-1:abc",
        "pass_share": 0.8,
        "results": results or (result(),),
    }
    return CallScore(**{**given, **changes})


def flag(flag_id: str = "fl-1", *, of: CallScore | None = None, **changes: Any) -> Flag:
    """An open flag of a score."""
    call_score = of or score()
    given: dict[str, Any] = {
        "flag_id": flag_id,
        "call_id": call_score.call_id,
        "score_id": call_score.score_id,
        "code": "low_score",
        "severity": Severity.MAJOR,
        "reason": "the score is under 60 %",
    }
    return Flag(**{**given, **changes})


def scored(connection: Connection, call_score: CallScore, *flags: Flag, now: datetime = NOW, **changes: Any) -> bool:
    """Store a score with its flags; tells whether it was new."""
    given: dict[str, Any] = {"customer_sentiment": None, **changes}
    return put_score(connection, call_score, f"facts-of-{call_score.call_id}", flags, now=now, **given)


# PostgreSQL's text takes every character but NUL; times far out have no place in it nor on a telephone.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-11))])
_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: _TEXT,
    bool: st.booleans(),
    int: st.integers(min_value=0, max_value=2**31 - 1),
    float: st.floats(min_value=-100, max_value=100, width=16),
    datetime: st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1), timezones=_ZONES),  # noqa: DTZ001
    types.NoneType: st.none(),
}


def any_record(kind: Any) -> st.SearchStrategy[Any]:
    """Any record of a type, with everything that the type allows below it."""
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if kind in _SCALARS:
        return _SCALARS[kind]
    if origin in (types.UnionType, typing.Union):
        return st.one_of([any_record(part) for part in arguments])
    if origin is tuple:
        any_length = arguments[-1] is Ellipsis
        parts = [any_record(part) for part in arguments if part is not Ellipsis]
        return st.lists(parts[0], max_size=2).map(tuple) if any_length else st.tuples(*parts)
    if origin is Mapping:
        return st.dictionaries(any_record(arguments[0]), any_record(arguments[1]), max_size=2)
    if issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: any_record(hints[field.name]) for field in dataclasses.fields(kind)})
