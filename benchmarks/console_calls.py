"""Calls for the benchmark of the console: rows as a run writes them, without recordings.

A dozen conversations of 60 words are put through the true steps (rules, sentiment, measures). Each call is one of them
with a transcript, answers and outcomes of rules of its own; two thousand are made so, and then copied. Of a hundred
calls about eight are flagged, two have an unanswered question, and three were drawn; people have answered or taken off
a third of these.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, Text, delete, insert, select

from app.web.access.passwords import hash_password
from app.web.application import create_app
from benchmarks.rescore import Conversation, conversation, recording_of
from pipeline.canonical import canonical_json, to_data, to_json
from pipeline.config import Settings
from pipeline.detectors import assemble_detectors
from pipeline.records import (
    SHARES,
    CallScore,
    Criterion,
    CriterionResult,
    FactKeys,
    Flag,
    Rubric,
    Severity,
    Status,
    User,
    UserRole,
)
from pipeline.review.answers import make_review
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.rubrics import find_rubric
from pipeline.store import tables
from pipeline.store.console_tables import stale_overviews, stale_searches
from pipeline.store.database import Store, open_store
from pipeline.store.findings import index_findings
from pipeline.store.flags import rows_of_flags
from pipeline.store.people import put_user
from pipeline.store.scores import rows_of_score
from pipeline.store.tables import UtcDateTime

FILLED = "filled.json"
CONVERSATIONS = 12
VARIANTS = 60
WORDS = 60
AGENTS = 400
TEAMS = 20
BLOCK = 2000
AT_ONCE = 500
START = datetime(2025, 11, 24, 7, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DAYS = 360
RUBRIC = "general"
QUEUES = ("bank_support", "collections", "sales", "tech_support", "retention")

AGENT = "agent-007"
TEAM = "team-07"
CALL = "c-00000297"  # of this agent
RULE = "recording-notice"
PASSWORD = "benchmark of the console"  # noqa: S105 - of made calls only
PEOPLE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("admin", "admin", {}),
    ("ann", "reviewer", {}),
    ("nora", "reviewer", {"teams": ("team-03", "team-07")}),
    ("max", "manager", {}),
    ("olive", "compliance", {}),
    ("maria", "agent", {"agent_id": AGENT}),
)


@dataclass(frozen=True, kw_only=True)
class Filled:
    """How long it took to make what lists and search read."""

    calls: int
    searchable: int
    overviews_s: float
    search_s: float

    def told(self) -> str:
        """Return it in two sentences."""
        return (
            f"Its overviews were made from nothing in {self.overviews_s:.0f} s ({self.calls / self.overviews_s:,.0f} "
            f"calls a second); {self.searchable:,} calls were made ready for search in {self.search_s:.0f} s."
        )


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Rows of a score and its flags, whose ids are put in for each call."""

    score: dict[str, Any]
    results: list[dict[str, Any]]
    flags: list[dict[str, Any]]
    made: CallScore


@dataclass(frozen=True, kw_only=True)
class Material:
    """What calls are made of: conversations, their transcripts as text, their findings' rows, and scores."""

    talks: Sequence[Conversation]
    texts: Sequence[str]
    variants: Sequence[Variant]
    found: Sequence[Sequence[dict[str, Any]]]


def fill(workspace: Path, calls: int, searchable: int) -> Filled:
    """Make a workspace with so many calls, people, and everything derived; search knows the first calls only."""
    workspace.mkdir(parents=True, exist_ok=True)
    settings = Settings(workspace=workspace)
    store = open_store(settings.store_url)
    detectors = assemble_detectors(settings)
    talks = [conversation(detectors, seed, WORDS) for seed in range(CONVERSATIONS)]
    rubric = find_rubric(RUBRIC, settings.score.rubrics_dir)
    variants = [variant(rubric, talks[number % CONVERSATIONS], number) for number in range(VARIANTS)]
    put_people(store)
    texts = [canonical_json(to_data(talk.transcript)) for talk in talks]
    material = Material(talks=talks, texts=texts, variants=variants, found=put_conversations(store, talks))
    print(f"filling {workspace} with {calls:,} calls", file=sys.stderr)
    for first in range(0, min(calls, BLOCK), AT_ONCE):
        put(store, range(first, min(first + AT_ONCE, calls, BLOCK)), material)
    for copy in range(1, math.ceil(calls / BLOCK)):
        put_again(store, copy, calls)
    with store.begin() as connection:
        beyond = stale_searches.c.call_id >= f"c-{searchable:08d}"
        connection.execute(delete(stale_searches).where(beyond))
    return derive(store, settings, calls, searchable)


def derive(store: Store, settings: Settings, calls: int, searchable: int) -> Filled:
    """Make overviews, the index of search, and whatever else is made beside requests."""
    with store.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    started = time.perf_counter()
    while refresh_overviews(store, settings.flags):
        pass
    overviews_s = time.perf_counter() - started
    print(f"overviews: {overviews_s:.1f} s", file=sys.stderr)
    from app.web.jobs.search import index_calls  # noqa: PLC0415

    site = create_app(settings, store).state.site
    started = time.perf_counter()
    while index_calls(site):
        pass
    search_s = time.perf_counter() - started
    print(f"search: {search_s:.1f} s", file=sys.stderr)
    store.close()
    filled = Filled(calls=calls, searchable=min(calls, searchable), overviews_s=overviews_s, search_s=search_s)
    (settings.workspace / FILLED).write_text(to_json(filled), encoding="utf-8")
    return filled


def put_people(store: Store) -> None:
    """Make an account of every role."""
    hashed = hash_password(PASSWORD)
    with store.begin() as connection:
        for name, role, more in PEOPLE:
            user = User(
                user_id=f"u-{name}", name=name, display_name=name.title(), role=UserRole(role), created_at=START, **more
            )
            put_user(connection, user, folded_name=name, password_hash=hashed)


def put_conversations(store: Store, talks: Sequence[Conversation]) -> list[list[dict[str, Any]]]:
    """Keep the facts of the conversations, and return the rows of the findings of each."""
    found = []
    with store.begin() as connection:
        for number, talk in enumerate(talks):
            call_id = f"c-talk-{number}"
            connection.execute(insert(tables.recordings), [recorded(call_id, talk, number)])
            facts = {name: getattr(talk, name) for name in ("transcript", "findings", "sentiment", "measures")}
            keys: dict[str, Any] = {name: f"{name}-{number}" for name in facts}
            under = FactKeys(**keys)
            rows = [step(f"{name}-{number}", call_id, name, to_json(record)) for name, record in facts.items()]
            rows.append(step(f"facts-{number}", call_id, "facts", to_json(under)))
            connection.execute(insert(tables.steps), rows)
            index_findings(connection, call_id, f"facts-{number}")
            chosen = select(tables.findings).where(tables.findings.c.call_id == call_id)
            found.append([dict(row) for row in connection.execute(chosen).mappings()])
    return found


def put(store: Store, numbers: range, material: Material) -> None:
    """Store some calls with their facts, scores, outcomes of rules, and what people did about them."""
    rows: dict[Table, list[dict[str, Any]]] = {table: [] for table in _TABLES}
    for number in numbers:
        call_id, talk = f"c-{number:08d}", number % CONVERSATIONS
        draw = random.Random(number)  # noqa: S311 - not for secrets
        which = material.variants[(number * 7 + draw.randrange(VARIANTS // CONVERSATIONS) * CONVERSATIONS) % VARIANTS]
        score_id, facts = f"s-{call_id}", f"facts-of-{call_id}"
        row = recorded(call_id, material.talks[talk], number)
        rows[tables.recordings].append(row)
        under = FactKeys(
            transcript=f"transcript-of-{call_id}",
            findings=f"findings-{talk}",
            sentiment=f"sentiment-{talk}",
            measures=f"measures-{talk}",
        )
        own = material.texts[talk].replace('"call_id":"c"', f'"call_id":"{call_id}"', 1)
        rows[tables.steps].append(step(under.transcript, call_id, "transcript", own))
        rows[tables.steps].append(step(facts, call_id, "facts", to_json(under)))
        mood = round(draw.uniform(-1, 1), 3)
        made_at = row["started_at"] + timedelta(hours=3)
        told = {"call_id": call_id, "score_id": score_id, "facts_key": facts, "made_at": made_at}
        rows[tables.scores].append({**which.score, **told, "customer_sentiment": mood})
        rows[tables.criterion_results].extend({**result, "score_id": score_id} for result in which.results)
        rows[tables.current_scores].append({"call_id": call_id, "score_id": score_id})
        rows[tables.flags].extend(
            {**flag, "flag_id": f"fl-{call_id}-{at}", "call_id": call_id, "score_id": score_id, "raised_at": made_at}
            for at, flag in enumerate(which.flags)
        )
        rows[tables.findings].extend(outcomes(material.found[talk], call_id, draw))
        by_people(rows, which, call_id, score_id, draw)
        rows[stale_overviews].append({"call_id": call_id})
        rows[stale_searches].append({"call_id": call_id})
    with store.begin() as connection:
        for table, some in rows.items():
            if some:
                connection.execute(insert(table), some)


_TABLES = (
    tables.recordings,
    tables.steps,
    tables.scores,
    tables.criterion_results,
    tables.current_scores,
    tables.flags,
    tables.findings,
    tables.reviews,
    tables.sampled_calls,
    tables.queue_closings,
    stale_overviews,
    stale_searches,
)


def put_again(store: Store, copy: int, calls: int) -> None:
    """Store the first calls once more under ids of their own, some minutes later: the database copies its rows.

    Every id of a call holds the call's, so that one replacement makes all of them.
    """
    with store.begin() as connection:
        for table in _TABLES:
            call_id = "substr(score_id, 3)" if table is tables.criterion_results else "call_id"
            new_id = f"printf('c-%08d', CAST(substr({call_id}, 3) AS INTEGER) + {copy * BLOCK})"
            columns = ", ".join(column.name for column in table.columns)
            values = ", ".join(_copied(column, call_id, new_id, copy) for column in table.columns)
            own, prefix = ("score_id", "s-") if table is tables.criterion_results else ("call_id", "")
            last = min(BLOCK, calls - copy * BLOCK) - 1
            some = f"{own} BETWEEN '{prefix}c-00000000' AND '{prefix}c-{last:08d}'"
            again = f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM {table.name} WHERE {some}"  # noqa: S608
            connection.exec_driver_sql(again)


def _copied(column: Column[Any], call_id: str, new_id: str, copy: int) -> str:
    if isinstance(column.type, UtcDateTime):
        return f"strftime('%Y-%m-%d %H:%M:%f', {column.name}, '+{copy * 211} seconds') || '000'"
    return f"replace({column.name}, {call_id}, {new_id})" if isinstance(column.type, Text) else column.name


def recorded(call_id: str, talk: Conversation, number: int) -> dict[str, Any]:
    """Return the row of a call of one of many agents, at some time of the year before."""
    call = recording_of(call_id, talk.transcript.duration_ms, number)
    told = to_data(call)
    agent = number * 31 % AGENTS
    return {
        **{column.name: told[column.name] for column in tables.recordings.c if column.name in told},
        "agent_id": f"agent-{agent:03d}",
        "team": f"team-{agent % TEAMS:02d}",
        "queue": QUEUES[number % len(QUEUES)],
        "started_at": START + timedelta(seconds=DAYS * 86_400 * number // BLOCK),
        "metadata": "{}",
        "defects": "[]",
        "added_at": NOW,
    }


def step(key: str, call_id: str, name: str, payload: str) -> dict[str, Any]:
    """Return the row of a finished step."""
    return {"key": key, "call_id": call_id, "step": name, "payload": payload, "made_at": NOW}


def outcomes(found: Sequence[dict[str, Any]], call_id: str, draw: random.Random) -> Iterable[dict[str, Any]]:
    """Yield what a call's rules came to: as the conversation's, but for one in ten."""
    for row in found:
        other = draw.random()
        kind = row["kind"] if other > 0.1 else ("present", "absent", "cannot_assess")[int(other * 30)]
        yield {**row, "call_id": call_id, "kind": kind}


def by_people(
    rows: dict[Table, list[dict[str, Any]]], which: Variant, call_id: str, score_id: str, draw: random.Random
) -> None:
    """Add what people did about a call: drawn for somebody or anybody, answered, taken off."""
    made = which.made
    if draw.random() < 0.03:
        rows[tables.sampled_calls].append(
            {
                **{"policy": "random", "period": "2026", "call_id": call_id, "score_id": score_id, "reason": "drawn"},
                **{"seed": 1, "reviewer": draw.choice(("ann", None)), "agent_id": None},
                **{"sampled_by": "max", "sampled_at": NOW - timedelta(days=30)},
            }
        )
    waits = bool(which.flags) or any(result.status is Status.CANNOT_ASSESS for result in made.results)
    if waits and draw.random() < 0.2:
        result = next((each for each in made.results if each.status is Status.FAIL), made.results[0])
        answer = make_review(made, result, status=Status.PASS, share=1.0, reviewer="ann", reason="heard it", now=NOW)
        row = {name: getattr(answer, name) for name in answer.__slots__}
        told = {"review_id": f"r-{call_id}", "call_id": call_id, "score_id": score_id, "status": answer.status.value}
        machine_status = answer.machine_status.value if answer.machine_status else None
        rows[tables.reviews].append({**row, **told, "machine_status": machine_status})
    elif waits and draw.random() < 0.15:
        closing = {"closing_id": f"qc-{call_id}", "call_id": call_id, "closed_by": "ann", "reason": "a test call"}
        rows[tables.queue_closings].append({**closing, "closed_at": NOW})


def variant(rubric: Rubric, talk: Conversation, number: int) -> Variant:
    """Return a score of a conversation by the rubric, with its flags: of twelve variants one or two are poor."""
    draw = random.Random(number)  # noqa: S311 - not for secrets
    poor = number % 12 == 5
    results = tuple(
        answer(criterion, section.id, section.weight, talk, draw, poor=poor, unknown=number == 17)
        for section in rubric.sections
        for criterion in section.criteria
    )
    made = CallScore(
        score_id="s",
        call_id="c",
        rubric_id=rubric.id,
        rubric_version=rubric.version,
        rubric_fingerprint="benchmark",
        pass_share=rubric.pass_share,
        results=results,
    )
    flags = []
    told: dict[str, Any] = {"call_id": "c", "score_id": "s"}
    if made.share is not None and made.share < 0.6:
        flags.append(Flag(flag_id="a", code="low_score", severity=Severity.MAJOR, reason="under 60 %", **told))
    if poor and number % 24 == 5:
        failed = next((each.criterion_id for each in results if each.status is Status.FAIL), None)
        grave = {**told, "criterion_id": failed}
        flags.append(Flag(flag_id="b", code="critical_error", severity=Severity.CRITICAL, reason="failed", **grave))
    score_row, result_rows = rows_of_score(made, "", customer_sentiment=None, now=NOW)
    return Variant(score=score_row, results=result_rows, flags=rows_of_flags(flags, now=NOW), made=made)


def answer(
    criterion: Criterion,
    section_id: str,
    weight: float,
    talk: Conversation,
    draw: random.Random,
    *,
    poor: bool,
    unknown: bool,
) -> CriterionResult:
    """Return an answer to a question, with the evidence of some finding of the conversation."""
    status = Status.PASS if draw.random() > (0.65 if poor else 0.12) else Status.FAIL
    if unknown and draw.random() < 0.2:
        status = Status.CANNOT_ASSESS
    share = SHARES.get(status)
    shown = [finding.evidence[:1] for finding in talk.findings.findings if finding.evidence]
    return CriterionResult(
        criterion_id=criterion.id,
        section_id=section_id,
        title=criterion.title,
        status=status,
        reason="Said in the benchmark." if status is Status.PASS else "Not said in the benchmark.",
        points_possible=criterion.points,
        points_earned=None if share is None else criterion.points * share,
        weight=weight,
        critical=criterion.critical,
        confidence=round(draw.uniform(0.6, 1), 3),
        asked=question_fingerprint(criterion.test),
        kind=criterion.test.kind,
        evidence=draw.choice(shown) if shown and status is Status.PASS else (),
    )
