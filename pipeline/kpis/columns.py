"""What an export may hold: fields by kind of table, what each holds, and which column of the file has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.config import KpiSettings
from pipeline.errors import Problem, did_you_mean

Kind = Literal["calls", "agent-days", "surveys"]
KINDS: tuple[Kind, ...] = ("calls", "agent-days", "surveys")

DAY_S = 86_400
LONGEST_DAY_S = 25 * 3600  # the day on which clocks are put back


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field of an export.

    Attributes:
        holds: What stands in its cells.
        needed: Whether the export must have such a column; ``filled``: whether each of its cells must say something.
        low: Least number; ``high``: greatest one.
    """

    name: str
    holds: Literal["text", "time", "day", "seconds", "count", "flag", "rating", "direction"]
    needed: bool = False
    filled: bool = False
    low: int = 0
    high: int = DAY_S


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """One kind of table. ``keys`` are tried in turn: the first whose fields all say something names the row."""

    kind: Kind
    fields: tuple[Field, ...]
    keys: tuple[tuple[str, ...], ...]


def _text(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name=name, holds="text") for name in names)


def _seconds(*names: str, high: int = DAY_S) -> tuple[Field, ...]:
    return tuple(Field(name=name, holds="seconds", high=high) for name in names)


EXPORTS: Mapping[Kind, Export] = {
    "calls": Export(
        kind="calls",
        fields=(
            *_text("call_ref", "leg"),
            Field(name="agent_id", holds="text", needed=True),
            *_text("team", "queue", "topic", "customer_ref"),
            Field(name="direction", holds="direction"),
            Field(name="started_at", holds="time", needed=True, filled=True),
            Field(name="talk_s", holds="seconds", needed=True),
            *_seconds("hold_s", "wrap_up_s"),
            Field(name="transferred", holds="flag"),
        ),
        keys=(("call_ref", "leg"), ("call_ref",), ("agent_id", "started_at"), ("customer_ref", "started_at")),
    ),
    "agent-days": Export(
        kind="agent-days",
        fields=(
            Field(name="agent_id", holds="text", needed=True, filled=True),
            Field(name="day", holds="day", needed=True, filled=True),
            *_text("team"),
            *_seconds("logged_in_s", "available_s", "talk_s", "hold_s", "wrap_up_s", high=LONGEST_DAY_S),
            Field(name="calls", holds="count", high=10_000),
        ),
        keys=(("agent_id", "day"),),
    ),
    "surveys": Export(
        kind="surveys",
        fields=(
            *_text("survey_ref", "call_ref", "agent_id", "customer_ref"),
            Field(name="sent_at", holds="time"),
            Field(name="answered_at", holds="time"),
            Field(name="csat", holds="rating", low=1, high=5),
            Field(name="nps", holds="rating", low=0, high=10),
            Field(name="effort", holds="rating", low=1, high=7),
        ),
        keys=(
            ("survey_ref",),
            ("call_ref",),
            ("customer_ref", "sent_at"),
            ("customer_ref", "answered_at"),
            ("agent_id", "answered_at"),
        ),
    ),
}

_ONE_OF: Mapping[Kind, tuple[str, ...]] = {"surveys": ("csat", "nps", "effort")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """Where the fields stand.

    Attributes:
        by_field: Position of the column by field, from 0.
        missing: Fields that the export does not have and could.
        unused: Headings that are no field's.
    """

    by_field: Mapping[str, int]
    missing: tuple[str, ...]
    unused: tuple[str, ...]


def kinds_that_fit(header: Sequence[str], settings: KpiSettings) -> tuple[Kind, ...]:
    """Return what an export with these headings may be of."""
    return tuple(kind for kind in KINDS if not find_columns(header, kind, settings)[1])


def named_columns(kind: Kind, settings: KpiSettings) -> Mapping[str, str]:
    """Return the columns that settings name, by field."""
    by_kind = {
        "calls": settings.call_columns,
        "agent-days": settings.agent_day_columns,
        "surveys": settings.survey_columns,
    }
    return by_kind[kind]


def find_columns(
    header: Sequence[str], kind: Kind, settings: KpiSettings, *, line: int | None = 1
) -> tuple[Columns, list[Problem]]:
    """Return where the fields of an export stand, and what is wrong with its header.

    A column is found by the name that settings give it, else by the field's own; capitals, blanks, `-` and `_` make no
    difference. What has a name in settings and is not there is a problem, as is what an import cannot do without.

    Args:
        header: Headings, as they stand.
        kind: What the export is of.
        settings: Names of columns.
        line: Line of the header, for problems; None where there are no lines.
    """
    named = named_columns(kind, settings)
    places: dict[str, list[int]] = {}
    for place, heading in enumerate(header):
        places.setdefault(folded(heading), []).append(place)
    found: dict[str, int] = {}
    missing: list[str] = []
    problems: list[Problem] = []
    for field in EXPORTS[kind].fields:
        column = named.get(field.name, field.name)
        at = places.get(folded(column), [])
        if len(at) > 1:
            problems.append(_problem(line, field.name, f"the column {column!r} is there {len(at)} times; keep one"))
        elif at:
            found[field.name] = at[0]
        elif field.needed or field.name in named:
            setting = f"kpis.{_SETTING[kind]}.{field.name}"
            near = did_you_mean(column, header)
            problems.append(
                _problem(line, field.name, f"there is no column {column!r}{near}; name the right one in {setting}")
            )
        else:
            missing.append(field.name)
    one_of = _ONE_OF.get(kind, ())
    if one_of and not problems and not any(name in found for name in one_of):
        problems.append(_problem(line, "", f"there is none of the columns {', '.join(one_of)}; one is needed"))
    if not problems and not any(all(name in found for name in key) for key in EXPORTS[kind].keys):
        ways = "; or ".join(" and ".join(key) for key in EXPORTS[kind].keys)
        problems.append(_problem(line, "", f"nothing tells one row from another; needed: {ways}"))
    used = set(found.values())
    unused = tuple(heading for place, heading in enumerate(header) if place not in used and heading.strip())
    return Columns(by_field=found, missing=tuple(missing), unused=unused), problems


def folded(heading: str) -> str:
    """Return a heading in the form in which headings are compared."""
    return "_".join(heading.casefold().replace("-", " ").replace("_", " ").split())


_SETTING: Mapping[Kind, str] = {
    "calls": "call_columns",
    "agent-days": "agent_day_columns",
    "surveys": "survey_columns",
}


def _problem(line: int | None, field: str, message: str) -> Problem:
    return Problem(code="columns", where=field, line=line, message=message)
