"""What audits count is what the current score rests on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from pipeline.records import CallFindings, Expectation, FactKeys, Finding, Severity, Span
from pipeline.store.findings import (
    AskedCalls,
    CallCounts,
    count_calls,
    count_outcomes,
    count_versions,
    known_rules,
    known_subjects,
    list_outcomes,
    without_words,
)
from pipeline.store.scores import put_score, set_current
from pipeline.store.steps import put_step
from pipeline.store.tables import findings, rule_versions
from tests.factories import evidence, finding
from tests.store.builders import NOW, score, taken_in

STARTED = datetime(2026, 10, 5, 13, 30, tzinfo=UTC)


def judged(connection: Connection, call_id: str, *found: Finding, score_id: str = "s") -> None:
    """Store findings of a call that was taken in, and a score that rests on them."""
    key = f"facts-{score_id}-{call_id}"
    keys = FactKeys(transcript="t", findings=f"findings-of-{key}", sentiment="s", measures="m")
    record = CallFindings(findings=found)
    put_step(connection, keys.findings, call_id=call_id, step="findings", record=record, now=NOW)
    put_step(connection, key, call_id=call_id, step="facts", record=keys, now=NOW)
    put_score(connection, score(call_id, f"{score_id}-{call_id}"), key, (), customer_sentiment=None, now=NOW)


def stored(connection: Connection, call_id: str = "c-0001") -> list[tuple[object, ...]]:
    """What is counted of a call, in order of rule ids."""
    columns = (findings.c.kind, findings.c.probable, findings.c.start_ms, findings.c.end_ms, findings.c.reason)
    rows = connection.execute(
        select(rule_versions.c.rule_id, rule_versions.c.severity, *columns)
        .join(findings, findings.c.version_key == rule_versions.c.version_key)
        .where(findings.c.call_id == call_id)
        .order_by(rule_versions.c.rule_id)
    )
    return [tuple(row) for row in rows]


def counted(
    connection: Connection, asked: AskedCalls | None = None, rule_id: str | None = None
) -> set[tuple[object, ...]]:
    """Counts by team and agent, without what all of them share."""
    counts = count_outcomes(connection, asked or AskedCalls(), by=("team", "agent_id"), rule_id=rule_id)
    return {(count.team, count.agent_id, count.rule_id, count.present, count.absent) for count in counts}


def test_put_score_indexes_what_the_score_rests_on(connection: Connection) -> None:
    taken_in(connection)
    meant = evidence(start_ms=900, end_ms=1500, meaning_similarity=0.7)
    judged(
        connection,
        "c-0001",
        finding("greeting", evidence=(meant, evidence(start_ms=4000))),
        finding("dead-air", evidence=(), stretches=(Span(start_ms=7, end_ms=9),), expected=Expectation.SIGNAL),
        finding("notice", "absent", severity=Severity.CRITICAL),
        finding("promise", "cannot_assess", reason="Said at 0:12, but it is not known who speaks there."),
    )
    assert stored(connection) == [
        ("dead-air", "major", "present", False, 7, 9, None),
        ("greeting", "major", "present", True, 900, 1500, None),
        ("notice", "critical", "absent", False, None, None, None),
        ("promise", "major", "cannot_assess", False, None, None, "Said at …, but it is not known who speaks there."),
    ]


def test_put_score_of_facts_that_are_not_stored_counts_nothing(connection: Connection) -> None:
    taken_in(connection)
    put_score(connection, score(), "facts-of-nothing", (), customer_sentiment=None, now=NOW)
    assert stored(connection) == []


def test_another_current_score_brings_its_own_findings(connection: Connection) -> None:
    taken_in(connection)
    judged(connection, "c-0001", finding("notice", "absent"), finding("promise"), score_id="s-1")
    judged(connection, "c-0001", finding("notice"), score_id="s-2")
    assert [row[:3] for row in stored(connection)] == [("notice", "major", "present")]
    set_current(connection, "c-0001", "s-1-c-0001")
    assert [row[0::2][:2] for row in stored(connection)] == [("notice", "absent"), ("promise", "present")]


def test_rule_versions_are_kept_once_and_told_apart_by_what_they_are(connection: Connection) -> None:
    for number, changes in enumerate(({}, {}, {"rule_fingerprint": "rule-1:1"}, {"title": "Other"})):
        taken_in(connection, f"c-{number}")
        judged(connection, f"c-{number}", finding("notice", **changes))
    assert len(connection.execute(select(rule_versions)).all()) == 3


def test_count_outcomes_counts_by_team_agent_and_outcome(connection: Connection) -> None:
    for number, (agent, team) in enumerate([("a", "x"), ("a", "x"), ("b", "x"), ("c", None), (None, None)]):
        taken_in(connection, f"c-{number}", agent_id=agent, team=team)
        judged(connection, f"c-{number}", finding("notice", "absent" if number == 1 else "present"), finding("promise"))
    assert counted(connection, rule_id="notice") == {
        ("x", "a", "notice", 1, 1),
        ("x", "b", "notice", 1, 0),
        (None, "c", "notice", 1, 0),
        (None, None, "notice", 1, 0),
    }
    assert counted(connection, AskedCalls(agent="a"), "promise") == {("x", "a", "promise", 2, 0)}
    assert counted(connection, AskedCalls(team="y")) == set()
    (count,) = count_outcomes(connection, AskedCalls(), rule_id="notice")
    assert (count.team, count.agent_id, count.present, count.absent) == (None, None, 4, 1)


def test_count_outcomes_takes_calls_from_the_first_instant_to_before_the_last(connection: Connection) -> None:
    for number, at in enumerate([STARTED - timedelta(seconds=1), STARTED, STARTED + timedelta(hours=1), None]):
        taken_in(connection, f"c-{number}", started_at=at)
        judged(connection, f"c-{number}", finding("notice"))
    hour = AskedCalls(since=STARTED, before=STARTED + timedelta(hours=1))
    (version,) = count_versions(connection, hour, ["notice"])
    assert (version.calls, version.first_at, version.last_at) == (1, STARTED, STARTED)
    assert {row[-2] for row in counted(connection, hour)} == {1}
    assert {row[-2] for row in counted(connection, AskedCalls(since=STARTED))} == {2}
    assert {row[-2] for row in counted(connection)} == {4}
    assert count_calls(connection, hour) == CallCounts(calls=1, judged=1, not_scored=0, without_start=1)
    assert count_calls(connection, AskedCalls()).without_start == 0


def test_count_calls_tells_what_is_in_no_count(connection: Connection) -> None:
    assert count_calls(connection, AskedCalls()) == CallCounts(calls=0, judged=0, not_scored=0, without_start=0)
    for call_id in ("c-judged", "c-scored", "c-new"):
        taken_in(connection, call_id)
    judged(connection, "c-judged", finding())
    put_score(connection, score("c-scored", "s-x"), "facts-of-nothing", (), customer_sentiment=None, now=NOW)
    assert count_calls(connection, AskedCalls()) == CallCounts(calls=3, judged=1, not_scored=1, without_start=0)
    assert count_calls(connection, AskedCalls(agent="nobody")).calls == 0


def test_list_outcomes_names_violations_and_what_is_unknown(connection: Connection) -> None:
    prohibited, signal = {"expected": Expectation.ABSENT}, {"expected": Expectation.SIGNAL}
    taken_in(connection, "c-2", started_at=None)
    taken_in(connection, "c-1")
    judged(connection, "c-2", finding("notice", "absent"))
    judged(
        connection,
        "c-1",
        finding("greeting"),
        finding("notice", "cannot_assess", reason="No words."),
        finding("promise", "present", **prohibited),
        finding("threat", "absent", **prohibited),
        finding("complaint", "present", **signal),
        finding("churn", "absent", **signal),
    )
    listed = list_outcomes(connection, AskedCalls())
    assert [(o.call_id, o.rule_id, o.kind, o.reason) for o in listed] == [
        ("c-1", "notice", "cannot_assess", "No words."),
        ("c-1", "promise", "present", None),
        ("c-2", "notice", "absent", None),
    ]
    assert [o.call_id for o in list_outcomes(connection, AskedCalls(), rule_id="notice", limit=1)] == ["c-1"]


def test_list_outcomes_tells_what_proves_them(connection: Connection) -> None:
    taken_in(connection)
    prohibited = {"expected": Expectation.ABSENT}
    judged(
        connection,
        "c-0001",
        finding("promise", evidence=(evidence(), evidence(start_ms=4000)), **prohibited),
        finding("dead-air", evidence=(), stretches=(Span(start_ms=7, end_ms=9),), **prohibited),
        finding("too-many", evidence=(), calls=("c-1", "c-2", "c-3"), **prohibited),
        finding("hours", evidence=(), **prohibited),
        finding("notice", "absent"),
    )
    listed = list_outcomes(connection, AskedCalls())
    assert {o.rule_id: (o.quotes, o.stretches, o.earlier_calls) for o in listed} == {
        "promise": (2, 0, 0),
        "dead-air": (0, 1, 0),
        "too-many": (0, 0, 3),
        "hours": (0, 0, 0),
        "notice": (0, 0, 0),
    }


def test_known_names_are_those_of_calls(connection: Connection) -> None:
    taken_in(connection, agent_id="b", team=None)
    taken_in(connection, "c-2", agent_id="a", team="north")
    judged(connection, "c-2", finding("notice"), finding("greeting"))
    assert known_rules(connection) == ["greeting", "notice"]
    assert known_subjects(connection, "agent") == ["a", "b"]
    assert known_subjects(connection, "team") == ["north"]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("A transcript cannot tell; a person has to.", "A transcript cannot tell; a person has to."),
        (
            "Said by the agent at 1:05, by meaning: 0.71 like 'it can't fail'.",
            "Said by the agent at …, by meaning: … like ….",
        ),
        ('Like "it can\'t fail" at 0:01.', "Like … at …."),
        ("The customer's words “my card 1234” are unclear.", "The customer's words … are unclear."),
        ("Don't know who can't hear.", "Don't know who can't hear."),
    ],
)
def test_without_words_leaves_what_can_be_grouped(reason: str, told: str) -> None:
    assert without_words(reason) == told
