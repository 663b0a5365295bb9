"""Which calls a draw could take (its sampling frame): those that nobody had reviewed before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from datetime import datetime
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.scorecards.trend import week_label


def heard_before(
    calls: pd.DataFrame,
    heard_at: Mapping[str, datetime],
    draws: Mapping[tuple[str, str], Set[datetime]],
    policies: Set[str],
) -> NDArray[np.bool_]:
    """Return which calls people had reviewed before a draw could take them.

    A draw could take a call that began before it and was not reviewed until later, where the call is of the draw's
    period. Of a call that no draw could take chance says nothing.

    Args:
        calls: With ``call_id``, ``started_at``, ``day`` (a midnight of the site's zone), ``reviewed_share``, ``drawn``.
        heard_at: When people first reviewed a call, by its id. Without it, that was before every draw.
        draws: When was drawn, by policy and period: ``all``, ``2026-10``, ``2026-W41`` or ``2026-10-05``.
        policies: The draws that count.
    """
    by_period: defaultdict[str, set[datetime]] = defaultdict(set)
    for (policy, period), instants in draws.items():
        if policy in policies:
            by_period[period] |= instants
    before = (calls["reviewed_share"].notna() & ~calls["drawn"]).to_numpy(dtype=np.bool_, copy=True)
    chosen = calls.loc[before, ["call_id", "started_at", "day"]]
    found = []
    for call_id, begun, day in zip(*(chosen[name] for name in chosen), strict=True):
        heard = heard_at.get(call_id)
        drawn_at = (at for period in _periods(day) for at in by_period.get(period, ()))
        found.append(heard is None or not any((pd.isna(begun) or begun <= at) and at < heard for at in drawn_at))
    before[before] = found
    return before


@lru_cache(maxsize=1000)  # days are few and calls are many
def _periods(day: pd.Timestamp) -> tuple[str, ...]:
    """Return the names of the periods that a day is in, as `pipeline.review.periods` gives them."""
    return ("all",) if pd.isna(day) else ("all", f"{day:%Y-%m}", week_label(day.date()), f"{day:%Y-%m-%d}")
