"""The report counts outcomes, tells shares with their intervals, and says what is in no count."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection

from pipeline.audit.page import report_page
from pipeline.audit.report import AuditReport, By, RuleLine, asked_calls, build_audit_report
from pipeline.audit.report_csv import to_csv
from pipeline.config import ScorecardSettings
from pipeline.records import Expectation, Finding, Severity
from pipeline.scorecards.statistics import wilson
from tests.factories import evidence, finding
from tests.store.builders import taken_in
from tests.store.test_findings import judged

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SETTINGS = ScorecardSettings(timezone="America/New_York", min_calls=5)
ABSENT, SIGNAL = {"expected": Expectation.ABSENT}, {"expected": Expectation.SIGNAL}


def report(connection: Connection, by: By = "rule", **asked: object) -> AuditReport:
    """A report as of now."""
    return build_audit_report(connection, SETTINGS, by=by, generated_at=NOW, **asked)  # type: ignore[arg-type]


def call(connection: Connection, number: int, *found: Finding, **changes: object) -> None:
    """A judged call on a day of October, at noon."""
    at = datetime(2026, 10, 1 + number % 28, 16, tzinfo=UTC)
    taken_in(connection, f"c-{number:04d}", **{"started_at": at, **changes})
    judged(connection, f"c-{number:04d}", *found)


def of(made: AuditReport, rule_id: str) -> RuleLine:
    """The only line of a rule."""
    (line,) = [line for line in made.lines if line.rule_id == rule_id]
    return line


def test_report_tells_each_rule_by_what_it_expects(connection: Connection) -> None:
    for number in range(10):
        said = "present" if number < 8 else "absent"
        call(
            connection,
            number,
            finding("notice", said),
            finding("promise", said, **ABSENT),
            finding("complaint", said, **SIGNAL),
            *([finding("hold", "cannot_assess", reason="No words.")] if number < 3 else []),
        )
    made = report(connection)
    notice, promise, complaint = (of(made, rule) for rule in ("notice", "promise", "complaint"))
    assert (notice.assessed, notice.present, notice.absent, notice.as_expected) == (10, 8, 2, 8)
    assert (notice.adherence, notice.rate) == (wilson(8, 10), None)
    assert (promise.as_expected, promise.adherence) == (2, wilson(2, 10))
    assert (complaint.adherence, complaint.rate) == (None, wilson(8, 10))
    hold = of(made, "hold")
    assert (hold.assessed, hold.cannot_assess, hold.adherence) == (0, 3, None)
    assert (made.calls, made.judged, made.not_scored, made.without_start) == (10, 10, 0, 0)


@pytest.mark.parametrize(("calls", "told"), [(4, False), (5, True)])
def test_report_tells_no_share_of_too_few_calls(connection: Connection, calls: int, told: bool) -> None:
    for number in range(9):  # what cannot be assessed makes no sample
        kind = "present" if number < calls else "cannot_assess"
        call(connection, number, finding("notice", kind))
    line = of(report(connection), "notice")
    assert (line.assessed, line.adherence is not None) == (calls, told)


def test_report_counts_what_was_only_probably_said_and_says_so(connection: Connection) -> None:
    call(connection, 1, finding("notice", evidence=(evidence(meaning_similarity=0.7),)))
    call(connection, 2, finding("notice"))
    line = of(report(connection), "notice")
    assert (line.present, line.probable) == (2, 1)


def test_report_by_team_and_agent_keeps_the_unknown_ones(connection: Connection) -> None:
    for number, (agent, team) in enumerate([("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"), (None, None)]):
        call(connection, number, finding("notice", "absent" if number else "present"), agent_id=agent, team=team)
    by_team = [(line.team, line.agent_id, line.assessed) for line in report(connection, "team").lines]
    assert by_team == [("x", None, 3), ("y", None, 1), (None, None, 1)]
    by_agent = [(line.team, line.agent_id, line.assessed, line.present) for line in report(connection, "agent").lines]
    assert by_agent == [("x", "a", 2, 1), ("x", "b", 1, 0), ("y", "a", 1, 0), (None, None, 1, 0)]
    assert [line.assessed for line in report(connection, agent="a").lines] == [3]
    assert [line.assessed for line in report(connection, team="y").lines] == [1]


def test_report_takes_whole_days_of_the_sites_zone(connection: Connection) -> None:
    instants = ["2026-10-05T03:59:59", "2026-10-05T04:00:00", "2026-10-06T03:59:59", "2026-10-06T04:00:00"]
    for number, at in enumerate(instants):  # days begin at 4:00 UTC in New York then
        call(connection, number, finding("notice"), started_at=datetime.fromisoformat(f"{at}+00:00"))
    call(connection, 9, finding("notice"), started_at=None)
    day = date(2026, 10, 5)
    made = report(connection, first_day=day, last_day=day)
    assert (of(made, "notice").present, made.calls, made.without_start) == (2, 2, 1)
    assert report(connection, first_day=day).calls == 3
    assert report(connection, last_day=day).calls == 3
    assert report(connection).calls == 5
    change = asked_calls(SETTINGS, first_day=date(2026, 11, 1), last_day=date(2026, 11, 1))  # a day of 25 hours
    assert change.since
    assert change.before
    assert (change.before.astimezone(UTC) - change.since.astimezone(UTC)).total_seconds() == 25 * 3600


def test_report_says_why_rules_could_not_be_assessed_without_words(connection: Connection) -> None:
    for number in range(3):
        reason = f"Said at 0:1{number} like 'my name is Bond', but it is not known who speaks there."
        call(connection, number, finding("notice", "cannot_assess", reason=reason), finding("hold", "cannot_assess"))
    told = [(line.rule_id, line.reason, line.calls) for line in report(connection).not_assessed]
    assert told == [
        ("hold", "cannot_assess in the test", 3),
        ("notice", "Said at … like …, but it is not known who speaks there.", 3),
    ]


def test_report_tells_rules_that_changed_within_its_days(connection: Connection) -> None:
    for number in range(4):
        version = {"rule_fingerprint": f"rule-1:{number // 2}", "title": f"Notice {number // 2}"}
        call(connection, number, finding("notice", **version), finding("promise"))
    made = report(connection)
    assert [(v.rule_id, v.fingerprint, v.calls) for v in made.versions] == [
        ("notice", "rule-1:0", 2),
        ("notice", "rule-1:1", 2),
    ]
    assert made.versions[0].last_at == datetime(2026, 10, 2, 16, tzinfo=UTC)
    assert (of(made, "notice").versions, of(made, "notice").title) == (2, "Notice 1")
    assert of(made, "promise").versions == 1
    assert report(connection, first_day=date(2026, 10, 3)).versions == ()


def test_report_names_a_rule_as_its_newest_version_does(connection: Connection) -> None:
    """Neither by the alphabet, nor by a version of which nobody knows when it judged."""
    of_time_unknown, older, newer = (
        {"title": title, "severity": severity, "rule_fingerprint": f"rule-1:{version}"}
        for title, severity, version in (
            ("Z of unknown time", Severity.MINOR, 0),
            ("Older", Severity.MAJOR, 1),
            ("Newer", Severity.CRITICAL, 1),  # a title is in no fingerprint
        )
    )
    call(connection, 9, finding("notice", **of_time_unknown), started_at=None)
    call(connection, 2, finding("notice", **older))
    call(connection, 3, finding("notice", **newer))
    made = report(connection)
    assert (of(made, "notice").title, of(made, "notice").severity) == ("Newer", "critical")
    assert [version.fingerprint for version in made.versions] == ["rule-1:0", "rule-1:1"]


def test_report_keeps_a_rule_apart_that_came_to_expect_something_else(connection: Connection) -> None:
    call(connection, 1, finding("notice", "present"))
    call(connection, 2, finding("notice", "present", rule_fingerprint="rule-1:1", **ABSENT))
    assert {(line.expected, line.as_expected) for line in report(connection).lines} == {("present", 1), ("absent", 0)}


def test_report_puts_grave_rules_first_and_signals_last(connection: Connection) -> None:
    call(
        connection,
        1,
        finding("d", severity=Severity.MINOR),
        finding("c", severity=Severity.CRITICAL),
        finding("a", severity=Severity.CRITICAL, **SIGNAL),
        finding("b", severity=Severity.MAJOR),
    )
    assert [line.rule_id for line in report(connection).lines] == ["c", "b", "d", "a"]
    assert [line.rule_id for line in report(connection, rule_id="b").lines] == ["b"]


def test_report_of_nothing_is_empty(connection: Connection) -> None:
    made = report(connection, first_day=date(2026, 10, 1), last_day=date(2026, 10, 31))
    assert (made.calls, made.lines, made.not_assessed, made.versions) == (0, (), (), ())
    assert len(to_csv(made).splitlines()) == 1
    assert "0 calls judged" in report_page(made)


def test_report_csv_has_shares_where_there_are_some_and_no_formulas(connection: Connection) -> None:
    for number in range(6):
        call(connection, number, finding("notice", title="=1+1"), *([finding("rare")] if number < 2 else []))
    rare, notice = sorted(csv.DictReader(io.StringIO(to_csv(report(connection)))), key=lambda row: row["rule_id"])[::-1]
    assert (notice["title"], notice["adherence"], notice["adherence_low"]) == ("'=1+1", "1.0", "0.609666")
    assert (rare["assessed"], rare["adherence"], rare["adherence_low"]) == ("2", "", "")


def test_report_page_says_what_the_report_says(connection: Connection) -> None:
    for number in range(6):
        version = {"rule_fingerprint": f"rule-1:{number // 3}"}
        call(connection, number, finding("notice", title="<b>Notice</b>", **version), finding("c", **SIGNAL))
    call(connection, 7, finding("rare", "cannot_assess", reason="No words."))
    text = report_page(report(connection, "agent"))
    assert "&lt;b&gt;Notice&lt;/b&gt;" in text
    assert "<script" not in text
    for said in ("maria.lopez", "61% to 100%", "2 versions", "No words.", "none assessed", "America/New_York"):
        assert said in text, said
