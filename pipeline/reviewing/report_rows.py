"""What scorecard reports are made from, brought up to date first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.reviewing.measures import fill_measures
from pipeline.reviewing.reviewed_rows import with_reviewed_shares
from pipeline.score.flags.codes import CODES
from pipeline.store.database import Store
from pipeline.store.scorecard_rows import EVERY_ROW, ScorecardRows, WantedRows, scorecard_rows


def report_rows(store: Store, wanted: WantedRows = EVERY_ROW, *, words: bool = True) -> ScorecardRows:
    """Return rows with measures and people's answers as they are at this moment, with a console or without.

    Args:
        store: Where the calls are; measures that are missing are made and kept.
        wanted: Of which calls.
        words: Whether flags quote calls; without, they say what their codes mean.
    """
    fill_measures(store)
    with store.read() as connection:
        rows = with_reviewed_shares(connection, scorecard_rows(connection, wanted))
    return rows if words else replace(rows, flags=[_without_words(flag) for flag in rows.flags])


def _without_words(flag: dict[str, Any]) -> dict[str, Any]:
    return {**flag, "reason": CODES.get(flag["code"], flag["code"]), "evidence": ()}
