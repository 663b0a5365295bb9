"""The facts that calls were scored on, many at once: what scoring again reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import pydantic_core
from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from pipeline.errors import EarmarkError, StoreError, UnexpectedError
from pipeline.records import CallFindings, CallJudgements, CallSentiment, FactKeys, Measures, Recording, Transcript
from pipeline.store.calls import recording_of
from pipeline.store.payload import read_payload
from pipeline.store.stored_transcript import read_transcript
from pipeline.store.tables import current_scores, recordings, scores, steps
from pipeline.store.wanted_calls import in_batches

Record = TypeVar("Record")

_HEAD = 2000
"""So many characters of a stored transcript hold its language, but for very few."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedFacts:
    """Under which keys a call's facts are stored, with the findings among them.

    Attributes:
        current_score_id: The call's current score; None where none is set.
        facts_key: The key that the score names, which is the current one or else the newest.
    """

    recording: Recording
    current_score_id: str | None
    facts_key: str
    keys: FactKeys
    findings: CallFindings


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A call whose facts cannot be read; ``reason`` is fit for a user and holds no words of the call."""

    call_id: str
    reason: str


def unreadable(call_id: str, error: Exception) -> Unreadable:
    """Return a call with what failed on it. Of errors that nobody foresaw only kind and place are told."""
    told = error if isinstance(error, EarmarkError) else UnexpectedError(error)
    return Unreadable(call_id=call_id, reason=str(told))


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardFacts:
    """What a call's facts are made of beside its findings; of the transcript, words are made where asked for."""

    transcript: Transcript
    sentiment: CallSentiment
    measures: Measures


def named_facts(connection: Connection, call_ids: Sequence[str]) -> list[NamedFacts | Unreadable]:
    """Return what calls were scored on, in the order of the ids; calls without a score are left out."""
    rows = {row.call_id: row for row in _chosen_scores(connection, call_ids)}
    under = payloads(connection, [row.facts_key for row in rows.values()])
    keys: dict[str, FactKeys] = {}
    broken: dict[str, Unreadable] = {}
    for call_id, row in rows.items():
        try:
            keys[call_id] = _read(FactKeys, row.facts_key, under)
        except Exception as error:  # noqa: BLE001 - one call never stops the others
            broken[call_id] = unreadable(call_id, error)
    found = payloads(connection, [each.findings for each in keys.values()])

    def named(call_id: str) -> NamedFacts | Unreadable:
        if call_id in broken:
            return broken[call_id]
        row = rows[call_id]
        try:
            return NamedFacts(
                recording=recording_of(row),
                current_score_id=row.current_score_id,
                facts_key=row.facts_key,
                keys=keys[call_id],
                findings=_read(CallFindings, keys[call_id].findings, found),
            )
        except Exception as error:  # noqa: BLE001 - likewise
            return unreadable(call_id, error)

    return [named(call_id) for call_id in call_ids if call_id in rows]


def read_heard(connection: Connection, named: Sequence[NamedFacts]) -> Iterator[HeardFacts | Unreadable]:
    """Yield transcript, sentiment and measures of calls, in their order."""
    wanted = [key for each in named for key in (each.keys.transcript, each.keys.sentiment, each.keys.measures)]
    stored = payloads(connection, wanted)
    for each in named:
        try:
            yield HeardFacts(
                transcript=read_transcript(_text(each.keys.transcript, stored), f"step {each.keys.transcript}"),
                sentiment=_read(CallSentiment, each.keys.sentiment, stored),
                measures=_read(Measures, each.keys.measures, stored),
            )
        except Exception as error:  # noqa: BLE001 - likewise
            yield unreadable(each.recording.call_id, error)


def languages(connection: Connection, named: Sequence[NamedFacts]) -> dict[str, str]:
    """Return by call the language of its transcript, without those that cannot be read.

    It stands before the words: a whole transcript is read only where much was dropped, which stands before it.
    """
    keys = [each.keys.transcript for each in named]
    heads = payloads(connection, keys, characters=_HEAD)
    spoken = {key: _language(head, whole=False) for key, head in heads.items()}
    rest = payloads(connection, [key for key, language in spoken.items() if language is None])
    spoken.update((key, _language(text, whole=True)) for key, text in rest.items())
    found = {each.recording.call_id: spoken.get(each.keys.transcript) for each in named}
    return {call_id: language for call_id, language in found.items() if language is not None}


def _language(text: str, *, whole: bool) -> str | None:
    try:
        data = pydantic_core.from_json(text, allow_partial=not whole)
    except ValueError:
        return None
    language = data.get("language") if isinstance(data, dict) else None
    return language if isinstance(language, str) else None


def stored_answers(connection: Connection, keys: Iterable[str]) -> dict[str, CallJudgements]:
    """Return what a language model answered, by key; what is not stored, or cannot be read, is left out."""
    answers: dict[str, CallJudgements] = {}
    for key, text in payloads(connection, keys).items():
        with suppress(StoreError):
            answers[key] = read_payload(CallJudgements, text, f"step {key}")
    return answers


def payloads(connection: Connection, keys: Iterable[str], *, characters: int | None = None) -> dict[str, str]:
    """Return what is stored under some keys, as text; keys without anything are left out.

    Args:
        connection: Where to read.
        keys: Of steps.
        characters: Only so many, from the beginning; None for all.
    """
    text: ColumnElement[str] = steps.c.payload if characters is None else func.substr(steps.c.payload, 1, characters)
    found: dict[str, str] = {}
    for some in in_batches(list(dict.fromkeys(keys))):
        found.update(
            (key, payload)
            for key, payload in connection.execute(select(steps.c.key, text).where(steps.c.key.in_(some)))
        )
    return found


def known_scores(connection: Connection, score_ids: Collection[str]) -> set[str]:
    """Return those of some ids that are stored scores."""
    known: set[str] = set()
    for some in in_batches(list(score_ids)):
        known.update(connection.scalars(select(scores.c.score_id).where(scores.c.score_id.in_(some))))
    return known


def _chosen_scores(connection: Connection, call_ids: Sequence[str]) -> Iterator[Any]:
    """Yield a row per scored call: its recording, its current score, and the facts of that or of the newest one."""
    for some in in_batches(call_ids):
        is_current = case((scores.c.score_id == current_scores.c.score_id, 0), else_=1)
        place = func.row_number().over(
            partition_by=scores.c.call_id, order_by=(is_current, scores.c.made_at.desc(), scores.c.score_id)
        )
        of_call = current_scores.c.call_id == scores.c.call_id
        placed = (
            select(scores.c.call_id, scores.c.facts_key, current_scores.c.score_id.label("current"), place.label("n"))
            .outerjoin(current_scores, of_call)
            .where(scores.c.call_id.in_(some))
            .subquery()
        )
        of_recording = and_(placed.c.call_id == recordings.c.call_id, placed.c.n == 1)
        chosen = select(recordings, placed.c.facts_key, placed.c.current.label("current_score_id"))
        yield from connection.execute(chosen.join(placed, of_recording))


def _read(kind: type[Record], key: str, stored: Mapping[str, str]) -> Record:
    return read_payload(kind, _text(key, stored), f"step {key}")


def _text(key: str, stored: Mapping[str, str]) -> str:
    text = stored.get(key)
    if text is None:
        raise StoreError(f"what it was scored on is not stored any more (step {key}); run the call again")
    return text
