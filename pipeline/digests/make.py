"""A digest from the store, with what the settings ask for in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pipeline.config import Settings
from pipeline.digests.badges import badges
from pipeline.digests.bonus import BonusLine, bonus_lines
from pipeline.digests.budget import Target, against_budget, read_targets
from pipeline.digests.build import build_digest
from pipeline.digests.digest import BudgetLine, Digest
from pipeline.digests.leaderboard import leaderboards
from pipeline.digests.links import Places
from pipeline.digests.periods import DigestPeriod
from pipeline.digests.read import read_digest_source
from pipeline.digests.wordless import without_words
from pipeline.records import EVERYTHING, DisputeState
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.reviewing.report_rows import report_rows
from pipeline.reviewing.reviewed_rows import with_reviewed_shares
from pipeline.scorecards.report import build_report
from pipeline.store.calls import CallStatus, list_calls
from pipeline.store.database import Store
from pipeline.store.disputes import disputes_in_scope
from pipeline.store.scorecard_rows import WantedRows, scorecard_rows


def make_digest(store: Store, team: str | None, period: DigestPeriod, settings: Settings, *, now: datetime) -> Digest:
    """Return the digest of a team's calls of a period; with words of calls only where `reports.quotes` allows them.

    Args:
        store: Where the calls are; overviews that are out of date are made anew first, since coaching reads them.
        team: None for all calls.
        period: Of which period; targets are beside those of months.
        settings: Which parts it has.
        now: When.

    Raises:
        AuthoredFileError: The table of targets cannot be read.
    """
    targets = targets_of(period, settings)
    while refresh_overviews(store, settings.flags):
        pass
    with store.read() as connection:
        source = read_digest_source(connection, team, period, settings)
        digest = build_digest(source, team, period, settings.scorecards, now=now, quotes=settings.reports.quotes)
        budget = _budget(connection, team, digest, targets, settings)
    return dataclasses.replace(
        digest,
        budget=budget,
        leaderboards=leaderboards(digest.agents) if settings.reports.leaderboard else (),
        badges=badges(digest.agents) if settings.reports.badges else (),
    )


def targets_of(period: DigestPeriod, settings: Settings) -> tuple[Target, ...]:
    """Return the targets that a digest of a period is made with: only digests of months have any.

    Raises:
        AuthoredFileError: The table of targets cannot be read.
    """
    return read_targets(settings.reports.budget) if settings.reports.budget and period.kind == "month" else ()


def places_of(settings: Settings) -> Places:
    """Return where figures lead: into the console where it has a public address, else to commands."""
    workspace = settings.workspace
    named = None if workspace == type(settings).model_fields["workspace"].default else str(workspace)
    return Places(public_url=settings.console.public_url, workspace=named)


def scorecards_pdf(
    store: Store, team: str | None, period: DigestPeriod, settings: Settings, *, now: datetime
) -> tuple[bytes, frozenset[str]]:
    """Return the team's scorecards of a period as PDF; of all calls only the list of teams and agents.

    Words of calls stand in it only where `reports.quotes` allows them; the ids of these calls are returned beside it.
    """
    from pipeline.scorecards.render.pdf import pdf_of  # noqa: PLC0415 - brings typst

    rows = report_rows(store, _wanted(team, period, settings, answers=True))
    report = build_report(
        rows,
        settings.scorecards.model_copy(update={"period": "all"}),
        generated_at=now,
        title=f"{'Team ' + team if team else 'All calls'}, {period.words}",
        team=team,
        first_day=period.first,
        last_day=period.last,
        cards=("team",),
        coaching=settings.coaching,
        console_url=settings.console.public_url,
    )
    cards = report.scorecards if team is not None else ()
    if not settings.reports.quotes:
        return pdf_of(dataclasses.replace(report, scorecards=tuple(map(without_words, cards)))), frozenset()
    heard = frozenset(call.call_id for card in cards for call in card.calls_to_hear)
    return pdf_of(dataclasses.replace(report, scorecards=cards)), heard


def make_bonus_lines(
    store: Store, month: DigestPeriod, settings: Settings, *, team: str | None, now: datetime
) -> tuple[BonusLine, ...]:
    """Return each agent's month for payroll.

    Args:
        store: Where the calls are.
        month: Which.
        settings: Zone and minimum sample.
        team: Only of calls of this team; None for all.
        now: When.
    """
    with store.read() as connection:
        rows = scorecard_rows(connection, _wanted(team, month, settings, answers=False))
        rows = with_reviewed_shares(connection, rows)
        disputes = disputes_in_scope(connection, EVERYTHING, states=(DisputeState.OPEN,))
        pending = _pending(connection, month, settings)
    return bonus_lines(
        dataclasses.replace(rows, measures={}, sampled={}),
        month,
        settings.scorecards,
        disputed_calls={row.dispute.call_id for row in disputes},
        pending_calls=pending,
        ended=month.ended(now, ZoneInfo(settings.scorecards.timezone)),
    )


def _budget(
    connection: Connection, team: str | None, digest: Digest, targets: Sequence[Target], settings: Settings
) -> tuple[BudgetLine, ...]:
    """Return the targets that are about a team or its agents; in the digest of all calls, all of them."""
    agents = {agent.agent_id for agent in digest.agents}
    about = [
        target
        for target in targets
        if team is None
        or (target.subject_kind == "team" and target.subject == team)
        or (target.subject_kind == "agent" and target.subject in agents)
    ]
    if not any(target.month == digest.period.label for target in about):
        return ()
    rows = scorecard_rows(connection, _wanted(None, digest.period, settings, answers=False))
    pending = _pending(connection, digest.period, settings)
    return against_budget(about, rows, digest.period, settings.scorecards, ended=digest.ended, pending=pending)


def _pending(connection: Connection, period: DigestPeriod, settings: Settings) -> set[str]:
    """Return the ids of the calls of a period that wait for their score."""
    since, before = period.bounds(ZoneInfo(settings.scorecards.timezone))
    return {call.call_id for call in list_calls(connection, status=CallStatus.PENDING, since=since, before=before)}


def _wanted(team: str | None, period: DigestPeriod, settings: Settings, *, answers: bool) -> WantedRows:
    first_at, before = period.bounds(ZoneInfo(settings.scorecards.timezone))
    return WantedRows(team=team, first_at=first_at, before=before, answers=answers)
