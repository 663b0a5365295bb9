"""What comes of a case: each kind of expectation can pass and can fail, and windows are held against line times."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.compliance.case_calls import history_of, recording_of, transcript_of
from pipeline.compliance.case_runs import CaseResult, Prepared, RuleResults, run_cases
from pipeline.compliance.cases import Case, load_cases
from pipeline.compliance.history import AfterConversationCheck, CallCheck, DoNotCallCheck, FrequencyCheck
from pipeline.compliance.rule import Rule
from pipeline.records import HistoryNeeds, Transcript
from tests.compliance.rule_files import READER, SETTINGS, rule

NOTICE = rule("notice", "this call is recorded", window={"within_first_s": 30})
SALES = rule("notice", "this call is recorded", applies_if={"queues": ("sales", "orders"), "directions": ("outbound",)})
THREAT = rule("notice", "we will garnish your wages", wordings=("we will garnish your wages",), expect="absent")


def masked(transcript: Transcript) -> Prepared:
    return Prepared(transcript=replace(transcript, redacted=True))


def cases(folder: Path, text: str) -> tuple[Case, ...]:
    path = folder / "cases.yaml"
    path.write_text(f"rules:\n  notice:\n{text}")
    return load_cases(path, ["notice"])


def results(folder: Path, text: str, *rules: Rule) -> RuleResults:
    (found,) = run_cases(cases(folder, text), rules or (NOTICE,), SETTINGS, READER, masked)
    return found


def result(folder: Path, key: str, case: str, *rules: Rule) -> CaseResult:
    return results(folder, f"    {key}:\n      - {case}\n", *rules).results[0]


@pytest.mark.parametrize(
    ("case", "came", "passes"),
    [
        ('"agent: this call is recorded"', "said", {"found"}),
        ('"agent: hello"', "absent", {"not_found", "not_yet_found"}),
        ('"0:28 agent: hello this call is recorded"', "said", {"found"}),
        (
            '"0:29 agent: this call is recorded"',
            "absent, with a near miss",
            {"not_found", "near_misses", "not_yet_found"},
        ),
        ('"unknown: this call is recorded"', "cannot assess", {"cannot_assess"}),
        ('{lines: "agent: hello", call: {confidence: 0.1}}', "cannot assess", {"cannot_assess"}),
        ('{lines: "agent: hallo", call: {language: de}}', "cannot assess", {"cannot_assess"}),
    ],
)
def test_case_passes_where_it_stands_under_what_came(tmp_path: Path, case: str, came: str, passes: set[str]) -> None:
    keys = ("found", "probably", "not_found", "near_misses", "cannot_assess", "does_not_apply", "not_yet_found")
    each = {key: result(tmp_path, key, case) for key in keys}
    assert {outcome.came for outcome in each.values()} == {came}
    assert {key for key, outcome in each.items() if outcome.passed} == passes


def test_case_of_a_prohibited_thing_by_meaning_is_probably(tmp_path: Path) -> None:
    found = result(tmp_path, "probably", "agent: your wages are going to be garnished by us", THREAT)
    assert (found.passed, found.came) == (True, "probably said")


def test_case_reason_must_say_what_because_asks_for(tmp_path: Path) -> None:
    late = '{lines: "0:40 agent: this call is recorded", because: AFTER the window}'
    assert result(tmp_path, "near_misses", late).passed
    denied = result(tmp_path, "near_misses", late.replace("AFTER the window", "denied"))
    assert not denied.passed
    assert "after the window" in denied.reason


def test_case_says_nothing_of_its_call_and_the_rule_applies(tmp_path: Path) -> None:
    (case,) = cases(tmp_path, "    found: [agent: this call is recorded]\n")
    call = recording_of(case, SALES, 1000)
    assert (call.queue, call.direction, call.team) == ("sales", "outbound", None)
    other = '{lines: "agent: hello", call: {queue: support}}'
    assert result(tmp_path, "does_not_apply", other, SALES).passed


def test_case_lines_follow_each_other_unless_they_have_times(tmp_path: Path) -> None:
    text = """\
    found:
      - ["agent: one two", "customer: three", "0:10 agent: four"]
      - {lines: "agent: one", call: {duration_s: 60}}
"""
    spread, long = (transcript_of(case) for case in cases(tmp_path, text))
    assert [(turn.start_ms, turn.end_ms, turn.channel) for turn in spread.turns] == [
        (0, 600, 0),
        (1100, 1400, 1),
        (10_000, 10_300, 0),
    ]
    assert (spread.duration_ms, long.duration_ms) == (10_300, 60_000)


def test_case_counts_tell_known_gaps_and_what_is_missing(tmp_path: Path) -> None:
    found = results(
        tmp_path, "    found: [agent: this call is recorded, agent: hello]\n    not_yet_found: [agent: we tape you]\n"
    )
    assert ([r.case.lines[0].words for r in found.failed], found.known_gaps) == (["hello"], 1)
    assert found.missing == ("not_found", "near_misses")


def test_case_of_a_known_gap_that_is_found_fails(tmp_path: Path) -> None:
    assert not result(tmp_path, "not_yet_found", "agent: this call is recorded").passed


def test_case_of_a_draft_is_run_and_no_cases_are_asked_of_it(tmp_path: Path) -> None:
    draft = rule("notice", "this call is recorded", status="draft")
    found = results(tmp_path, "    found: [agent: this call is recorded]\n", draft)
    assert (found.failed, found.missing) == ((), ())


@pytest.mark.parametrize(
    ("changes", "missing"), [({"decidable": "neither"}, ()), ({"entity": "card_number"}, ("found", "not_found"))]
)
def test_case_kinds_are_asked_only_of_what_words_can_show(
    tmp_path: Path, changes: dict[str, str], missing: tuple[str, ...]
) -> None:
    other = rule("masked", **changes)
    text = "    found: [agent: this call is recorded]\n"
    _, found = run_cases(cases(tmp_path, text), (NOTICE, other), SETTINGS, READER, masked)
    assert found.missing == missing


OFTEN = FrequencyCheck(more_than=2, within_days=7, per=("customer_ref", "debt_ref"))
SOON = AfterConversationCheck(within_days=7, per=("customer_ref",), min_words=5)
UNWANTED = DoNotCallCheck(rule="notice", after_days=0)
CALL = "{{call: {{started_at: 2026-10-12T09:00-04:00, metadata: {{debt_ref: D-1, customer_timezone: UTC}}, {}}}}}"


def about_calls(check: CallCheck) -> Rule:
    return rule(calls=check, condition=None, decidable="metadata", expect="absent")


@pytest.mark.parametrize(
    ("check", "call", "came"),
    [
        (OFTEN, "earlier: []", "absent"),
        (OFTEN, "earlier: [{started_at: [2026-10-11T09:00Z, 2026-10-10T09:00Z]}]", "said"),
        (OFTEN, "earlier: [{started_at: [2026-10-11T09:00Z, 2026-10-10T09:00Z], direction: inbound}]", "absent"),
        (OFTEN, "earlier: [{started_at: [2026-10-11T09:00Z, 2026-10-10T09:00Z], metadata: {}}]", "cannot assess"),
        (OFTEN, "earlier: [], customer_ref: unknown", "cannot assess"),
        (SOON, "earlier: [{started_at: 2026-10-11T09:00Z, conversation: yes}]", "said"),
        (SOON, "earlier: [{started_at: 2026-10-11T09:00Z, conversation: no}]", "absent"),
        (SOON, "earlier: [{started_at: 2026-10-11T09:00Z}]", "cannot assess"),
        (UNWANTED, "earlier: [{started_at: 2020-10-11T09:00Z, present: [notice]}]", "said"),
        (UNWANTED, "earlier: [{started_at: 2020-10-11T09:00Z}]", "absent"),
        (UNWANTED, "earlier: [{present: [notice]}]", "cannot assess"),
    ],
)
def test_case_of_a_rule_about_calls_is_judged_by_its_earlier_calls(
    tmp_path: Path, check: CallCheck, call: str, came: str
) -> None:
    assert result(tmp_path, "found", CALL.format(call), about_calls(check)).came == came


@pytest.mark.parametrize(
    ("calls", "request_"),
    [
        ("{started_at: [2026-10-02T09:00Z, 2026-10-01T09:00Z], present: [notice]}", ("earlier-2", None)),
        ("{started_at: 2026-10-01T09:00Z, cannot_assess: [notice]}, {present: [notice]}", (None, "earlier-2")),
        ("{started_at: 2026-10-01T09:00Z, cannot_assess: [notice]}, {}", (None, "earlier-1")),
    ],
)
def test_case_tells_where_a_rule_was_heard_as_the_database_does(
    tmp_path: Path, calls: str, request_: tuple[str | None, str | None]
) -> None:
    (case,) = cases(tmp_path, f"    found:\n      - {CALL.format(f'earlier: [{calls}]')}\n")
    told = history_of(case, HistoryNeeds(rules=("notice",))).requests["notice"]
    assert (told.first, told.unsure) == request_


def test_case_kinds_that_are_asked_of_a_rule_about_calls(tmp_path: Path) -> None:
    found = results(tmp_path, "    found: []\n", about_calls(OFTEN))
    assert found.missing == ("found", "not_found", "cannot_assess")
