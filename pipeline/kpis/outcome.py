"""What an import met: what of it belongs to recordings or known calls, and what does not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.config import KpiSettings
from pipeline.kpis.calls import all_calls
from pipeline.kpis.checks import Checked
from pipeline.kpis.columns import EXPORTS, Kind
from pipeline.kpis.surveys import surveys_of_calls
from pipeline.records.kpis import KpiRows

_COUNTED = ("count", "rating")


@dataclass(frozen=True, kw_only=True, slots=True)
class Met:
    """How rows of an import met what was known.

    Attributes:
        by: How many rows, by what they were joined.
        alone: Rows that met nothing: no recording, for surveys no known call.
        unknown_agents: Agents whom no recording names, by name.
    """

    by: Mapping[str, int]
    alone: int
    unknown_agents: tuple[str, ...]


def what_it_met(checked: Checked, known: KpiRows, settings: KpiSettings, *, recorded_agents: Collection[str]) -> Met:
    """Return how an export's rows meet what is known.

    Args:
        checked: The export.
        known: Recordings of about the export's times; for surveys the telephone system's calls, too.
        settings: How near starts must be.
        recorded_agents: Agents of all recordings, whenever they were made.
    """
    columns = {field.name: checked.rows[field.name].tolist() for field in EXPORTS[checked.kind].fields}
    by: pd.Series[int] = pd.Series(dtype="int64")
    if checked.kind == "calls":
        calls = all_calls(columns, known.recordings, within_s=settings.match_within_s)
        by = calls.loc[calls["from_phone"], "joined_by"].dropna().value_counts()
    elif checked.kind == "surveys":
        calls = all_calls(known.phone, known.recordings, within_s=settings.match_within_s)
        asked = surveys_of_calls(columns, calls, settings)
        met = asked[asked["call"].notna()]
        by = met["call_ref"].notna().map({True: "call", False: "customer"}).value_counts()
    agents = set(checked.rows["agent_id"].dropna())
    return Met(
        by={str(name): int(by[name]) for name in sorted(by.index)},
        alone=len(checked.rows) - int(by.sum()),
        unknown_agents=tuple(sorted(agents.difference(recorded_agents))),
    )


def likely_doubles(checked: Checked, known: Iterable[tuple[str, str | None, datetime]]) -> int:
    """Return how many calls of an export are known already, by agent and start, under another key than they have now.

    So it is after a column of ids was named in the settings, or another one: each such call would count twice.

    Args:
        checked: An export of calls.
        known: Key, agent and start of the calls that are known.
    """
    now = set(checked.rows["key"])
    others = {(agent, start) for key, agent, start in known if key not in now and agent is not None}
    return sum(
        (agent, start) in others
        for agent, start in zip(checked.rows["agent_id"], checked.rows["started_at"], strict=True)
    )


def rows_to_keep(checked: Checked) -> Iterator[dict[str, Any]]:
    """Give an export's rows as the store keeps them; unknown values are None."""
    names: dict[Kind, str] = {"calls": "phone_key", "surveys": "survey_key"}
    columns: dict[str, list[Any]] = {}
    for field in EXPORTS[checked.kind].fields:
        values = checked.rows[field.name]
        if field.holds == "time" and values.notna().any():
            known = [None if value is pd.NaT else value.to_pydatetime() for value in values]
        elif field.holds in _COUNTED:
            known = [None if pd.isna(value) else int(value) for value in values]
        else:
            known = values.astype("object").where(values.notna(), None).tolist()
        columns[field.name] = known
    if checked.kind in names:
        columns[names[checked.kind]] = checked.rows["key"].tolist()
    for cells in zip(*columns.values(), strict=True):
        yield dict(zip(columns, cells, strict=True))
