"""What scorecard reports are made from, brought up to date first."""

from __future__ import annotations

from pipeline.reviewing.measures import fill_measures
from pipeline.reviewing.reviewed_rows import with_reviewed_shares
from pipeline.store.database import Store
from pipeline.store.scorecard_rows import EVERY_ROW, ScorecardRows, WantedRows, scorecard_rows


def report_rows(store: Store, wanted: WantedRows = EVERY_ROW) -> ScorecardRows:
    """Return rows with measures and people's answers as they are at this moment, with a console or without.

    Args:
        store: Where the calls are; measures that are missing are made and kept.
        wanted: Of which calls.
    """
    fill_measures(store)
    with store.read() as connection:
        return with_reviewed_shares(connection, scorecard_rows(connection, wanted))
