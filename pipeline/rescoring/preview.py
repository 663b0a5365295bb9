"""What a change of rubric would do to the calls that are stored; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pipeline.errors import NotInForceError, UnknownNameError
from pipeline.records import Recording, Rubric
from pipeline.records.language import UNDETERMINED
from pipeline.rescoring.stored_calls import READ_AT_ONCE, Scorer, evaluate_each, plan
from pipeline.score.diff.impact import CallImpact, Impact, compare, sum_up
from pipeline.score.rubrics import rubric_of_call
from pipeline.store.stored_facts import Unreadable, languages
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
        concerned = plan(connection, some, scorers)
        if rubrics is not None:
            spoken = languages(connection, [call[0].named for call in concerned if not isinstance(call, Unreadable)])
            concerned = [
                call
                for call in concerned
                if isinstance(call, Unreadable) or _concerns(call[0].recording, spoken, (old, new), rubrics)
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


def _concerns(
    recording: Recording, spoken: Mapping[str, str], scorers: tuple[Scorer, Scorer], rubrics: Sequence[Rubric]
) -> bool:
    """Tell whether a call is of a queue that one of both rubrics names, or would be scored by one of them now."""
    both = [scorer.rubric for scorer in scorers]
    queues = {queue.casefold() for rubric in both for queue in rubric.queues}
    if recording.queue is not None and recording.queue.casefold() in queues:
        return True
    language = spoken.get(recording.call_id, UNDETERMINED)
    try:
        chosen = rubric_of_call(rubrics, recording, scorers[1].settings, language=language)
    except (NotInForceError, UnknownNameError):  # a run would say so of such a call
        return False
    return chosen.id in {rubric.id for rubric in both}
