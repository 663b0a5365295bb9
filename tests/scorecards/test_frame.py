"""Which calls a draw could take."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipeline.records import CorrectedMean, SubjectSummary
from pipeline.review.periods import period_of
from pipeline.scorecards.build import summarise
from pipeline.scorecards.selection import select
from tests.scorecards.made_rows import NOW, Rows, call, flag, settings


def _at(day: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def _heard_before(heard_at: datetime | None, draws: dict[tuple[str, str], frozenset[datetime]], **changes: Any) -> bool:
    """Return what is told of a call of Monday 5 October, 09:30 in New York, that people reviewed."""
    rows = Rows(calls=[call(1, reviewed_share=0.8, **changes)], draws=draws)
    rows.heard_at = {"c-0001": heard_at} if heard_at else {}
    return bool(select(rows, settings(timezone="America/New_York"), by="team").calls["heard_before"].iloc[0])


@pytest.mark.parametrize("period", ["all", "2026-10", "2026-W41", "2026-10-05"])
def test_calls_that_people_reviewed_before_the_draw_of_their_days_could_not_be_drawn(period: str) -> None:
    draws = {("random", period): frozenset((_at(12),))}

    assert _heard_before(_at(11), draws)
    assert not _heard_before(_at(13), draws)
    assert period_of(period, timezone="America/New_York", now=NOW).name == period  # so the review queue calls it


@pytest.mark.parametrize(
    "draws",
    [
        {},
        {("random", "2026-W42"): frozenset((_at(12),))},  # of other days
        {("random", "2026-10"): frozenset((_at(4),))},  # before the call
        {("per-agent", "2026-10"): frozenset((_at(12),))},  # no random sample of a team
        {("stratified", "2026-10"): frozenset((_at(12),))},
    ],
)
def test_calls_that_no_random_draw_passed_over_could_not_be_drawn(
    draws: dict[tuple[str, str], frozenset[datetime]],
) -> None:
    assert _heard_before(_at(13), draws)


def test_the_first_draw_after_the_call_counts_where_there_are_several() -> None:
    assert not _heard_before(_at(13), {("random", "2026-10"): frozenset((_at(4), _at(12), _at(20)))})


def test_calls_of_unknown_time_are_only_in_draws_of_everything() -> None:
    assert not _heard_before(_at(13), {("random", "all"): frozenset((_at(12),))}, started_at=None)
    assert _heard_before(_at(13), {("random", "2026-10"): frozenset((_at(12),))}, started_at=None)


def test_without_a_time_of_review_that_was_before_every_draw() -> None:
    assert _heard_before(None, {("random", "all"): frozenset((_at(12),))})


def test_calls_that_were_drawn_could_be_drawn() -> None:
    rows = Rows(calls=[call(1, reviewed_share=0.8)], sampled={"c-0001": frozenset(("random",))})
    assert not select(rows, settings(), by="team").calls["heard_before"].any()


def test_calls_that_nobody_reviewed_could_be_drawn() -> None:
    assert not select(Rows(calls=[call(1)]), settings(), by="team").calls["heard_before"].any()


def _team(rows: Rows) -> tuple[SubjectSummary, CorrectedMean]:
    (summary,) = summarise(rows, settings(min_random_reviews=4), by="team")
    assert summary.corrected is not None
    return summary, summary.corrected


@pytest.mark.parametrize("second_rubric", [False, True])
def test_flags_that_people_closed_still_tell_strata_and_count_no_more(second_rubric: bool) -> None:
    rows = Rows(calls=[call(n, 0.5) for n in range(20)])
    for n in (0, 1, 10, 11):  # drawn and reviewed: the first two were flagged, and people find them better
        rows.calls[n]["reviewed_share"] = 0.9 if n < 10 else 0.5
        rows.sampled[f"c-{n:04d}"] = frozenset(("random",))
    rows.flags = [flag(n) for n in range(2, 4)]
    rows.closed_flags = frozenset(f"s-{n:04d}" for n in (0, 1))
    if second_rubric:
        other = {"rubric_id": "b", "rubric_fingerprint": "b"}
        rows.calls += [{**row, "score_id": f"{row['score_id']}-b", **other} for row in rows.calls]

    summary, corrected = _team(rows)

    assert summary.flagged == 2
    assert corrected.bias is not None
    assert corrected.bias.estimate == pytest.approx(0.4 * 4 / 20)  # four of twenty were flagged


def test_calls_heard_before_the_draw_stand_for_themselves() -> None:
    rows = Rows(calls=[call(n, 0.5) for n in range(20)])
    for n in range(14):  # ten that a lead chose, and four of the other ten
        rows.calls[n]["reviewed_share"] = 0.9 if n < 10 else 0.5
        rows.heard_at[f"c-{n:04d}"] = _at(6 if n < 10 else 13)
    rows.sampled = {f"c-{n:04d}": frozenset(("random",)) for n in range(10, 14)}
    rows.draws = {("random", "2026-10"): frozenset((_at(12),))}

    before = _team(rows)[1].bias
    rows.heard_at |= {f"c-{n:04d}": _at(14) for n in range(10)}  # chance passed them over: what it took stands for them
    after = _team(rows)[1].bias

    assert before is not None
    assert after is not None
    assert (before.estimate, after.estimate) == pytest.approx((0.2, 0.0))


def test_days_of_draws_are_those_of_the_sites_zone() -> None:
    late = datetime(2026, 10, 6, 2, tzinfo=UTC)  # still the 5th in New York
    assert late.astimezone(ZoneInfo("America/New_York")).day == 5
    assert not _heard_before(_at(13), {("random", "2026-10-05"): frozenset((_at(12),))}, started_at=late)
