"""Overviews made from the truth: the score that counts, why a call waits. A row can always be made again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from pipeline.config import FlagSettings
from pipeline.records import QueuedCall, Review
from pipeline.review.queue import place_of
from pipeline.review.wording import folded
from pipeline.reviewing.queue import read_queue
from pipeline.score.effective import effective_score
from pipeline.store.call_measures import measure_calls
from pipeline.store.database import Store
from pipeline.store.overview_facts import read_bare_overviews
from pipeline.store.overviews import CallOverview, OverviewReason, put_overviews
from pipeline.store.reviews import all_reviews
from pipeline.store.scores import current_scores_of
from pipeline.store.stale import is_stale, take_stale
from pipeline.store.wanted_calls import IDS_AT_ONCE


def refresh_overviews(store: Store, flags: FlagSettings, *, most: int = IDS_AT_ONCE, first: Sequence[str] = ()) -> bool:
    """Bring overviews of calls that have changed up to date; several processes may do so at once.

    Args:
        store: Where they are.
        flags: Below which figures a call is flagged.
        most: At most so many, and never more than some hundred: nobody else can write to SQLite meanwhile.
        first: Ids of calls that are brought up to date alone, where one of them has changed.

    Returns:
        Whether as many were done as may be at once, so that there may be more to do.
    """
    with store.read() as connection:
        if not is_stale(connection):
            return False
    some = min(most, IDS_AT_ONCE)
    with store.begin() as connection:
        taken = take_stale(connection, most=some, first=first)
        put_overviews(connection, taken, make_overviews(connection, taken, flags))
        measure_calls(connection, taken)
    return len(taken) >= some


def make_overviews(connection: Connection, call_ids: Sequence[str], flags: FlagSettings) -> list[CallOverview]:
    """Return the overviews of calls, at most some hundred, by id; what is no call has none."""
    if not call_ids:
        return []
    reviews: dict[str, list[Review]] = defaultdict(list)
    for review in all_reviews(connection, call_ids=call_ids):
        reviews[review.call_id].append(review)
    counts = {
        stored.score.call_id: effective_score(stored.score, reviews[stored.score.call_id])
        for stored in (current_scores_of(connection, sorted(reviews)) if reviews else ())
    }
    waiting = {call.call_id: call for call in read_queue(connection, call_ids=call_ids, flags=flags)}
    made = []
    for bare in read_bare_overviews(connection, call_ids):
        overview = bare
        if (score := counts.get(bare.call_id)) is not None:
            overview = replace(bare, share=score.share, passed=score.passed, reviewed=True)
        if (call := waiting.get(bare.call_id)) is not None:
            overview = _waiting(overview, call)
        made.append(overview)
    return made


def _waiting(overview: CallOverview, call: QueuedCall) -> CallOverview:
    for_whom = {None if reason.reviewer is None else folded(reason.reviewer) for reason in call.reasons}
    return replace(
        overview,
        waits=True,
        place=place_of(call),
        waits_since=min(reason.since for reason in call.reasons),
        reasons=tuple(
            OverviewReason(
                kind=reason.kind,
                subject=reason.subject,
                criterion_id=reason.criterion_id,
                severity=reason.severity,
                critical=reason.critical,
                reviewer=reason.reviewer,
                reopened=reason.reopened,
            )
            for reason in call.reasons
        ),
        reviewers=() if None in for_whom else tuple(sorted(name for name in for_whom if name)),
    )
