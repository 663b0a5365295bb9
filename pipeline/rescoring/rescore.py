"""Score history again from stored facts, beside the scores that there are. Nothing is transcribed.

A chunk of calls is one transaction: a rescore that was killed goes on where it stopped, since scores that are stored
are not made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from pipeline.records import Role
from pipeline.records.language import UNDETERMINED
from pipeline.rescoring.job import Current, Job, Left
from pipeline.rescoring.stored_calls import (
    READ_AT_ONCE,
    Evaluated,
    Planned,
    Scorer,
    evaluate_each,
    evaluate_stored,
    plan,
)
from pipeline.score.flags import raise_flags
from pipeline.store.database import Store
from pipeline.store.dropped_answers import dropped_answers
from pipeline.store.score_batches import Choice, NewRows, make_current, put_scores
from pipeline.store.stored_facts import Unreadable, known_scores, languages, unreadable
from pipeline.store.wanted_calls import in_batches

__all__ = ["Current", "Job", "Rescored", "Scorer", "evaluate_stored", "rescore"]

Now = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rescored:
    """What became of some calls.

    Attributes:
        scored: Calls with a new score.
        known: Calls whose score by this rubric was stored already.
        made_current: Calls whose score by this rubric became the current one.
        left: Calls that kept the score that counts though the new one was asked to, by why.
        asked_otherwise: Questions (call id, criterion id) that people had answered and that ask something else in the
            score that counts now: these answers do not count any more.
        not_looked_for: For each rule that was not looked for at the time, on how many calls.
        incomplete: Calls on which there was such a rule.
        not_covered: Calls in a language that the rubric does not cover.
        unreadable: Calls whose facts cannot be read.
    """

    scored: int = 0
    known: int = 0
    made_current: int = 0
    left: Mapping[Left, int] = field(default_factory=dict)
    asked_otherwise: tuple[tuple[str, str], ...] = ()
    not_looked_for: Mapping[str, int] = field(default_factory=dict)
    incomplete: int = 0
    not_covered: int = 0
    unreadable: tuple[Unreadable, ...] = ()

    def __add__(self, other: Rescored) -> Rescored:
        """Return what became of both."""
        return Rescored(
            scored=self.scored + other.scored,
            known=self.known + other.known,
            made_current=self.made_current + other.made_current,
            left=dict(Counter(self.left) + Counter(other.left)),
            asked_otherwise=self.asked_otherwise + other.asked_otherwise,
            not_looked_for=dict(Counter(self.not_looked_for) + Counter(other.not_looked_for)),
            incomplete=self.incomplete + other.incomplete,
            not_covered=self.not_covered + other.not_covered,
            unreadable=self.unreadable + other.unreadable,
        )


def rescore(call_ids: Sequence[str], job: Job, store: Store, *, now: Now) -> Rescored:
    """Score calls again and store the scores beside the old ones, all of them or none.

    Args:
        call_ids: A chunk of calls, some hundreds: their rows are held in memory until they are written together.
        job: What to score by.
        store: Where the facts are and the scores go.
        now: Tells when a score is stored.

    Raises:
        StoreError: The database cannot be read or written; nothing of the chunk is stored then.
    """
    made = _Made()
    with store.read() as connection:
        for some in in_batches(call_ids, READ_AT_ONCE):
            _make(connection, some, job, made, now)
    changed, new = 0, set[str]()
    asked_otherwise: tuple[tuple[str, str], ...] = ()
    if made.rows.scores or made.chosen:
        with store.begin() as connection:
            new = put_scores(connection, made.rows)
            changed = make_current(connection, made.chosen)
            asked_otherwise = dropped_answers(connection, made.chosen)
    return Rescored(
        scored=len(new),
        known=made.known + len(made.rows.scores) - len(new),  # another process may have been faster
        made_current=changed,
        left=dict(made.left),
        asked_otherwise=asked_otherwise,
        not_looked_for=dict(made.not_looked_for),
        incomplete=made.incomplete,
        not_covered=made.not_covered,
        unreadable=tuple(made.unreadable),
    )


@dataclass(kw_only=True, slots=True)
class _Made:
    """What is to be written of a chunk, and what is told of it."""

    rows: NewRows = field(default_factory=NewRows)
    chosen: list[Choice] = field(default_factory=list)
    left: Counter[Left] = field(default_factory=Counter)
    not_looked_for: Counter[str] = field(default_factory=Counter)
    unreadable: list[Unreadable] = field(default_factory=list)
    known: int = 0
    incomplete: int = 0
    not_covered: int = 0


def _make(connection: Connection, call_ids: Sequence[str], job: Job, made: _Made, now: Now) -> None:
    """Score some calls, but for those whose score is stored: of these only the language is read."""
    calls = plan(connection, call_ids, [job.scorer])
    stored = known_scores(connection, [call[0].score_id for call in calls if isinstance(call, tuple)])
    known = [call[0] for call in calls if isinstance(call, tuple) and call[0].score_id in stored]
    spoken = languages(connection, [call.named for call in known])
    for call in known:
        made.known += 1
        _tell(made, job, call, spoken.get(call.recording.call_id, UNDETERMINED))
    rest = [call for call in calls if isinstance(call, Unreadable) or call[0].score_id not in stored]
    for planned, outcome in zip(rest, evaluate_each(connection, rest, [job.scorer]), strict=True):
        if isinstance(outcome, Unreadable):
            made.unreadable.append(outcome)
            continue
        assert not isinstance(planned, Unreadable)
        try:
            _add(outcome[0], job, made, now())
        except Exception as error:  # noqa: BLE001 - one call never stops the others
            made.unreadable.append(unreadable(planned[0].recording.call_id, error))
            continue
        _tell(made, job, planned[0], outcome[0].facts.transcript.language)


def _add(scored: Evaluated, job: Job, made: _Made, now: datetime) -> None:
    facts, score = scored.facts, scored.score
    customer = facts.sentiment.of(Role.CUSTOMER)
    made.rows.add(
        score,
        raise_flags(facts, score, job.scorer.rubric, job.scorer.settings.flags),
        scored.new_steps,
        facts_key=scored.facts_key,
        customer_sentiment=customer.overall if customer else None,
        now=now,
    )


def _tell(made: _Made, job: Job, call: Planned, language: str) -> None:
    made.not_looked_for.update(call.keys.not_looked_for or ())
    made.incomplete += bool(call.keys.not_looked_for)
    made.not_covered += not job.scorer.rubric.covers(language)
    if call.named.current_score_id == call.score_id:
        return
    why_left = job.left(call.recording, language)
    if why_left is not None:
        made.left[why_left] += 1
    elif job.counts(call.recording, language):
        was = call.named.current_score_id
        made.chosen.append(Choice(call_id=call.recording.call_id, score_id=call.score_id, instead_of=was))
