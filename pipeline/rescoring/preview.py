"""What a change of rubric would do to the calls that are stored; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pipeline.errors import UnknownNameError
from pipeline.records import Recording, Rubric
from pipeline.rescoring.job import day_of
from pipeline.rescoring.stored_calls import READ_AT_ONCE, Planned, Scorer, evaluate_each, plan
from pipeline.score.diff.impact import CallImpact, Impact, compare, sum_up
from pipeline.score.rubrics import choose_rubric
from pipeline.store.stored_facts import Unreadable
from pipeline.store.wanted_calls import in_batches

Report = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What a change does, and what stays unknown.

    Attributes:
        incomplete: Calls on which nobody had looked for rules that the new rubric asks for.
        unreadable: Calls whose facts cannot be read.
    """

    impact: Impact
    incomplete: int
    unreadable: tuple[Unreadable, ...]


def preview(
    connection: Connection,
    call_ids: Sequence[str],
    scorers: tuple[Scorer, Scorer],
    rubrics: Sequence[Rubric] | None,
    report: Report,
) -> Preview:
    """Return what would become of calls under another rubric: both score them anew, from the same facts.

    Args:
        connection: Where to read; nothing is written.
        call_ids: Of these, calls that the rubrics concern are compared.
        scorers: What scores as before, and what scores as it would be.
        rubrics: Those that there are now: a call is concerned whose queue one of both names, or for which one of them
            would be chosen now. None takes all calls.
        report: Told how many more calls were looked at.
    """
    old, new = scorers
    calls: list[CallImpact] = []
    unreadable: list[Unreadable] = []
    incomplete = 0
    for some in in_batches(call_ids, READ_AT_ONCE):
        concerned = [
            call
            for call in plan(connection, some, scorers)
            if isinstance(call, Unreadable) or rubrics is None or _concerns(call, old, new, rubrics)
        ]
        for outcome in evaluate_each(connection, concerned, scorers):
            if isinstance(outcome, Unreadable):
                unreadable.append(outcome)
                continue
            before, now = outcome
            calls.append(compare(now.facts.recording, before.score, now.score))
            incomplete += bool(now.keys.not_looked_for)
        report(len(some))
    return Preview(impact=sum_up(calls, old.rubric, new.rubric), incomplete=incomplete, unreadable=tuple(unreadable))


def _concerns(call: Sequence[Planned], old: Scorer, new: Scorer, rubrics: Sequence[Rubric]) -> bool:
    recording = call[0].recording
    queues = {queue.casefold() for queue in (*old.rubric.queues, *new.rubric.queues)}
    if recording.queue is not None and recording.queue.casefold() in queues:
        return True
    return _chosen_id(recording, new, rubrics) in {old.rubric.id, new.rubric.id}


def _chosen_id(recording: Recording, scorer: Scorer, rubrics: Sequence[Rubric]) -> str | None:
    settings = scorer.settings
    day = day_of(recording, ZoneInfo(settings.scorecards.timezone))
    try:
        return choose_rubric(rubrics, recording, settings.score, day=day).id
    except UnknownNameError:
        return None
