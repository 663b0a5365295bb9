"""How agents' time was used: occupancy, and calls per hour logged in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.records.kpis import Columns

_PARTS = ("talk_s", "hold_s", "wrap_up_s")
_HOUR_S = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Staffing:
    """What days of agents say; None where nothing is known."""

    days: int
    logged_in_s: float | None
    occupancy: float | None
    calls_per_hour: float | None


def agent_days(days: Columns, calls: pd.DataFrame) -> pd.DataFrame:
    """Return agents' days with ``busy_s``, the time spent on calls, and ``handled``, the calls of it.

    Both are the export's where it tells them, else those of the agent's calls of that day; unknown on days of which the
    telephone system told no call of anybody, and where a part of a call's handle time is unknown.

    Args:
        days: agent_id, day, team, logged_in_s, available_s, talk_s, hold_s, wrap_up_s, calls.
        calls: As `all_calls` gives them, with ``day`` in the site's zone.
    """
    frame = pd.DataFrame({name: pd.Series(list(values), dtype="object") for name, values in days.items()})
    for name in (*_PARTS, "logged_in_s", "available_s", "calls"):
        frame[name] = frame[name].astype("float64")
    handled = calls[calls["handled"]]
    of_day = handled.groupby(["agent_id", "day"])["handle_s"].agg(["size", "count", "sum"])
    found = of_day.reindex(pd.MultiIndex.from_frame(frame[["agent_id", "day"]])).set_axis(frame.index)
    told = frame["day"].isin(set(calls.loc[calls["from_phone"], "day"].dropna()))
    n_calls = found["size"].astype("float64").fillna(0.0).where(told)
    busy = found["sum"].astype("float64").where(found["size"] == found["count"]).mask(n_calls == 0, 0.0).where(told)
    frame["busy_s"] = frame[list(_PARTS)].sum(axis=1, min_count=len(_PARTS)).fillna(busy)
    frame["handled"] = frame["calls"].fillna(n_calls)
    return frame


def staffing(days: pd.DataFrame) -> Staffing:
    """Return occupancy and calls per hour over agents' days, each over the days on which what it needs is known.

    Occupancy = (talk + hold + wrap-up) / (that + available time), and calls per hour = calls handled / hours logged in,
    both as in Cleveland, "Call Center Management on Fast Forward" (ICMI).

    Args:
        days: As `agent_days` gives them.
    """
    columns = ("busy_s", "available_s", "logged_in_s", "handled")
    busy_s, available_s, logged_in_s, handled = (days[name].to_numpy(np.float64) for name in columns)
    known = ~(np.isnan(busy_s) | np.isnan(available_s))
    busy, available = float(busy_s[known].sum()), float(available_s[known].sum())
    worked = ~np.isnan(handled) & (logged_in_s > 0)
    hours = float(logged_in_s[worked].sum()) / _HOUR_S
    told = ~np.isnan(logged_in_s)
    return Staffing(
        days=int((told | ~np.isnan(available_s)).sum()),
        logged_in_s=float(logged_in_s[told].sum()) if told.any() else None,
        occupancy=busy / (busy + available) if busy + available > 0 else None,
        calls_per_hour=float(handled[worked].sum()) / hours if hours else None,
    )
