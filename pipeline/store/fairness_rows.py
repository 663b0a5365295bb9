"""What fairness reports are made from: the current scores with metadata, answers and recognition confidence."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from pipeline.records import Status
from pipeline.records.fairness import ScoredCall, ScoredCalls
from pipeline.store.tables import criterion_results, current_scores, recordings, scores, steps

AT_ONCE = 200
_COLUMNS = ("team", "queue", "direction")


def fairness_rows(
    connection: Connection,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    rubric_id: str | None = None,
) -> ScoredCalls:
    """Return the current scores of a period's calls.

    Args:
        connection: Where to read.
        since: The first instant that counts; None for no bound.
        before: The first instant that does not count any more.
        rubric_id: Only scores by this rubric; None for all.
    """
    chosen = _period(since, before)
    of_rubric = [] if rubric_id is None else [scores.c.rubric_id == rubric_id]
    call = recordings.c
    statement = (
        select(call.agent_id, call.metadata, *(call[name] for name in _COLUMNS))
        .add_columns(scores.c.score_id, scores.c.facts_key, scores.c.rubric_id)
        .add_columns(scores.c.share, scores.c.passed, scores.c.auto_failed)
        .join(current_scores, current_scores.c.call_id == call.call_id)
        .join(scores, scores.c.score_id == current_scores.c.score_id)
        .where(*chosen, *of_rubric)
        .order_by(call.call_id)
    )
    rows = list(connection.execute(statement).mappings())
    heard = _confidences(connection, [row["facts_key"] for row in rows])
    answers, titles = _answers(connection, {row["score_id"]: row["rubric_id"] for row in rows})
    counted = select(func.count()).select_from(recordings)
    scored = select(current_scores.c.call_id)
    unknown_start = counted.where(call.started_at.is_(None)) if chosen else None
    return ScoredCalls(
        calls=tuple(_call(row, heard.get(row["facts_key"]), answers[row["score_id"]]) for row in rows),
        titles=titles,
        not_scored=connection.scalar(counted.where(*chosen, call.call_id.not_in(scored))) or 0,
        without_start=0 if unknown_start is None else connection.scalar(unknown_start) or 0,
    )


def scored_calls(connection: Connection, rubric_id: str | None = None) -> list[str]:
    """Return the ids of all calls that have a score, or whose current score is by one rubric, in order."""
    statement = select(current_scores.c.call_id).order_by(current_scores.c.call_id)
    if rubric_id is not None:
        statement = statement.join(scores, scores.c.score_id == current_scores.c.score_id)
        statement = statement.where(scores.c.rubric_id == rubric_id)
    return list(connection.scalars(statement))


def _period(since: datetime | None, before: datetime | None) -> list[ColumnElement[bool]]:
    started = recordings.c.started_at
    bounds = [started >= since] if since is not None else []
    return [*bounds, started < before] if before is not None else bounds


def _call(row: Mapping[Any, Any], confidence: float | None, answers: Sequence[tuple[str, Status]]) -> ScoredCall:
    told = {**json.loads(row["metadata"]), **{name: row[name] for name in _COLUMNS}}
    return ScoredCall(
        fields={name: str(value) for name, value in told.items() if value},
        agent_id=row["agent_id"],
        rubric_id=row["rubric_id"],
        share=row["share"],
        passed=row["passed"],
        auto_failed=bool(row["auto_failed"]),
        confidence=confidence,
        answers=tuple(answers),
    )


def _answers(
    connection: Connection, rubric_of: Mapping[str, str]
) -> tuple[dict[str, list[tuple[str, Status]]], dict[tuple[str, str], str]]:
    """Return the answers by score, and the titles of questions."""
    result = criterion_results.c
    statement = (
        select(result.score_id, result.criterion_id, result.title, result.status)
        .join(current_scores, current_scores.c.score_id == result.score_id)
        .order_by(result.score_id, result.position)
    )
    answers: dict[str, list[tuple[str, Status]]] = defaultdict(list)
    titles: dict[tuple[str, str], str] = {}
    for row in connection.execute(statement):
        if row.score_id in rubric_of:
            answers[row.score_id].append((row.criterion_id, Status(row.status)))
            titles[rubric_of[row.score_id], row.criterion_id] = row.title
    return answers, titles


def _confidences(connection: Connection, facts_keys: Sequence[str]) -> dict[str, float]:
    """Return the mean confidence of the words of each transcript, by the key of the facts that rest on it.

    Transcripts are large and only this one number of each is asked for, so they are not made into records.
    """
    transcripts = {
        key: str(facts["transcript"]) for key, facts in _payloads(connection, facts_keys) if "transcript" in facts
    }
    means = {
        key: math.fsum(known) / len(known)
        for key, heard in _payloads(connection, sorted(set(transcripts.values())))
        if (known := _words(heard))
    }
    return {key: means[transcript] for key, transcript in transcripts.items() if transcript in means}


def _words(transcript: Mapping[str, Any]) -> list[float]:
    words = (word for turn in transcript.get("turns", ()) for word in turn.get("words", ()))
    return [float(word["confidence"]) for word in words if word.get("confidence") is not None]


def _payloads(connection: Connection, keys: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for start in range(0, len(keys), AT_ONCE):
        some = steps.c.key.in_(keys[start : start + AT_ONCE])
        for key, payload in connection.execute(select(steps.c.key, steps.c.payload).where(some)):
            yield key, json.loads(payload)
