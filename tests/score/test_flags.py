from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import FlagSettings
from pipeline.records import (
    AutoFailEffect,
    CallFacts,
    CallScore,
    CriterionResult,
    Expectation,
    Finding,
    Flag,
    NearestMiss,
    Role,
    Rubric,
    ScoreTerms,
    SectionTerms,
    SentimentReading,
    Severity,
    Span,
    Status,
    TurningPoint,
)
from pipeline.score.flags import CODES, raise_flags
from tests.factories import evidence, facts, finding, sentiment, transcript

ENGLISH = Rubric(id="r", version=1, title="R", sections=(), fingerprint="rubric-1:0")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "flags.md"


def result(criterion_id: str = "c", status: str = "pass", *rule_ids: str, **changes: Any) -> CriterionResult:
    given: dict[str, Any] = {
        "criterion_id": criterion_id,
        "section_id": "s",
        "title": criterion_id.capitalize(),
        "status": Status(status),
        "reason": "Because.",
        "points_possible": 1,
        "points_earned": {"pass": 1.0, "partial": 0.5, "fail": 0.0}.get(status),
        "weight": 1,
        "rule_ids": rule_ids,
    }
    return CriterionResult(**{**given, **changes})


def score(*results: CriterionResult, score_id: str = "s-1") -> CallScore:
    """A score of these answers; alone, without any, a full one, so that the score itself raises no flag."""
    return CallScore(
        score_id=score_id,
        call_id="c-0001",
        rubric_id="r",
        rubric_version=1,
        rubric_fingerprint="rubric-1:0",
        pass_share=0.8,
        results=results or (result("fine"),),
    )


def fine(*results: CriterionResult) -> CallScore:
    """A good score in which these answers weigh next to nothing."""
    return score(result("fine", points_possible=1000, points_earned=1000.0), *results)


def flags(facts: CallFacts, score: CallScore, **settings: Any) -> tuple[Flag, ...]:
    return raise_flags(facts, score, ENGLISH, FlagSettings(**settings))


def codes(facts: CallFacts, score: CallScore, **settings: Any) -> list[str]:
    return [flag.code for flag in flags(facts, score, **settings)]


def violated(rule_id: str, expected: str = "present", severity: str = "major", **changes: Any) -> Finding:
    kind = "absent" if expected == "present" else "present"
    return finding(rule_id, kind, expected=Expectation(expected), severity=Severity(severity), **changes)


def test_flags_of_a_good_call_are_none() -> None:
    call = facts(finding("greeting"), finding("debt-threat", "absent", expected=Expectation.ABSENT))
    assert flags(call, score(result("greets", "pass", "greeting"))) == ()


@pytest.mark.parametrize(
    ("status", "critical", "auto_fail", "expected"),
    [
        ("fail", True, False, ["critical_error"]),
        ("fail", False, True, ["auto_fail"]),
        ("fail", True, True, ["auto_fail"]),
        ("fail", False, False, []),
        ("partial", True, True, []),
        ("not_applicable", True, True, []),
        ("cannot_assess", False, True, []),
        ("cannot_assess", True, False, ["critical_unknown"]),
    ],
)
def test_flags_for_a_criterion(status: str, critical: bool, auto_fail: bool, expected: list[str]) -> None:
    assert codes(facts(), fine(result("c", status, critical=critical, auto_fail=auto_fail))) == expected


def test_flag_for_an_auto_fail_says_what_when_and_with_which_effect() -> None:
    said = (evidence(start_ms=42_900), evidence(start_ms=65_000))
    failed = result("no-threat", "fail", "debt-threat", auto_fail=True, title="Makes no threats", evidence=said)
    (flag,) = flags(facts(violated("debt-threat", "absent")), fine(failed))
    assert flag.reason == "Makes no threats: Because (at 0:42 and 1:05); this sets the score to 0."
    assert (flag.severity, flag.criterion_id, flag.rule_id) == (Severity.CRITICAL, "no-threat", "debt-threat")
    assert (flag.evidence, flag.call_id, flag.score_id, flag.state) == (said, "c-0001", "s-1", "open")


def test_flag_for_an_absence_says_where_it_looked_and_what_came_closest() -> None:
    miss = NearestMiss(evidence=evidence(), similarity=0.9, reason="said at 0:43, after the window")
    failed = result(
        "notice", "fail", critical=True, searched=Span(start_ms=0, end_ms=30_000), nearest_miss=miss, title="Notice"
    )
    (flag,) = flags(facts(), fine(failed))
    assert flag.reason == "Notice: Because (searched 0:00 to 0:30); closest: said at 0:43, after the window."


def test_flag_does_not_tell_a_time_twice() -> None:
    failed = result(
        "c", "fail", critical=True, reason="Said by the agent at 0:42.", evidence=(evidence(start_ms=42_000),)
    )
    assert flags(facts(), fine(failed))[0].reason == "C: Said by the agent at 0:42."


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (violated("x", "absent", "minor"), ["prohibited_phrase"]),
        (violated("x", "absent", "critical"), ["prohibited_phrase"]),
        (replace(violated("x", "absent", "critical"), evidence=(), calls=("c-1",)), ["prohibited_call"]),
        (violated("x", "present", "critical"), ["missing_disclosure"]),
        (violated("x", "present", "major"), ["missing_disclosure"]),
        (violated("x", "present", "minor"), []),
        (finding("x", "cannot_assess", severity=Severity.CRITICAL), []),
        (finding("x", "absent", expected=Expectation.ABSENT), []),
        (finding("escalation-request", "present", expected=Expectation.SIGNAL), ["escalation_request"]),
        (finding("escalation-request", "absent", expected=Expectation.SIGNAL), []),
        (finding("escalation-request", "cannot_assess", expected=Expectation.SIGNAL), []),
        (finding("other", "present", expected=Expectation.SIGNAL, severity=Severity.MAJOR), ["signal"]),
        (finding("other", "present", expected=Expectation.SIGNAL, severity=Severity.MINOR), []),
        (finding("repeat-contact", "present", expected=Expectation.SIGNAL, severity=Severity.MINOR), ["signal"]),
        (finding("repeat-contact", "absent", expected=Expectation.SIGNAL, severity=Severity.MINOR), []),
    ],
)
def test_flags_for_a_finding_that_no_criterion_names(found: Finding, expected: list[str]) -> None:
    raised = flags(facts(found), score())
    assert [flag.code for flag in raised] == expected
    for flag in raised:
        assert (flag.severity, flag.rule_id, flag.criterion_id) == (found.severity, found.rule_id, None)
        assert flag.evidence == found.evidence


@pytest.mark.parametrize(
    ("naming", "missing", "prohibited"),
    [
        ([result("a", "fail", "x")], ["missing_disclosure"], ["prohibited_phrase"]),
        ([result("a", "fail", "x", critical=True)], ["critical_error"], ["critical_error"]),
        ([result("a", "fail", "x", auto_fail=True)], ["auto_fail"], ["auto_fail"]),
        # one of several phrases was enough, or the question does not arise: the rubric has decided
        ([result("a", "pass", "x", "y")], [], ["prohibited_phrase"]),
        ([result("a", "not_applicable", "x", critical=True)], [], ["prohibited_phrase"]),
        ([result("a", "cannot_assess", "x")], ["missing_disclosure"], ["prohibited_phrase"]),
        ([result("a", "pass", "x"), result("b", "fail", "x")], ["missing_disclosure"], ["prohibited_phrase"]),
        ([result("a", "pass", "x"), result("b", "fail", "x", critical=True)], ["critical_error"], ["critical_error"]),
        (
            [result("a", "fail", "y", critical=True)],
            ["critical_error", "missing_disclosure"],
            ["critical_error", "prohibited_phrase"],
        ),
    ],
)
def test_flags_tell_one_reason_once(naming: list[CriterionResult], missing: list[str], prohibited: list[str]) -> None:
    assert codes(facts(violated("x", "present")), fine(*naming)) == missing
    assert codes(facts(violated("x", "absent")), fine(*naming)) == prohibited


def test_flag_for_a_finding_names_the_criterion_that_asks_about_it() -> None:
    (flag,) = flags(facts(violated("x", "absent")), fine(result("a", "fail", "x")))
    assert (flag.criterion_id, flag.rule_id) == ("a", "x")


@pytest.mark.parametrize(("passed", "expected"), [(5, ["low_score"]), (6, []), (10, [])])
def test_flag_for_a_low_score_begins_below_the_setting(passed: int, expected: list[str]) -> None:
    results = [result(f"c{i}", "pass" if i < passed else "fail") for i in range(10)]
    assert codes(facts(), score(*results), below_share=0.6) == expected


def test_flag_for_a_low_score_is_not_raised_beside_an_auto_fail() -> None:
    assert codes(facts(), score(result("c", "fail", auto_fail=True))) == ["auto_fail"]
    assert "low_score" in codes(facts(), score(result("c", "fail", critical=True)))


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((result("a"), result("b", "cannot_assess")), []),
        ((result("a"), result("b", "cannot_assess"), result("c", "cannot_assess")), ["little_assessed"]),
        ((result("a"), result("b", "not_applicable"), result("c", "not_applicable")), []),
        ((result("a", "cannot_assess"),), ["little_assessed"]),
        ((result("a", "not_applicable"),), ["little_assessed"]),
    ],
)
def test_flag_for_little_assessed_counts_what_applies(
    results: tuple[CriterionResult, ...], expected: list[str]
) -> None:
    assert codes(facts(), score(*results), assessed_below_share=0.5) == expected


def quarters(last: float | None = None, change: float | None = None) -> CallFacts:
    return facts(sentiment=sentiment(customer={"quarters": (None, None, None, last), "change": change}))


@pytest.mark.parametrize(
    ("last", "change", "expected"),
    [
        (-0.31, None, ["customer_upset_at_end"]),
        (-0.3, None, []),
        (None, -0.5, ["sentiment_drop"]),
        (None, -0.49, []),
        (None, 0.9, []),
        (None, None, []),
        (-0.9, -1.2, ["customer_upset_at_end", "sentiment_drop"]),
    ],
)
def test_flags_for_the_customers_mood(last: float | None, change: float | None, expected: list[str]) -> None:
    assert codes(quarters(last, change), score(), negative_end=-0.3, sentiment_drop=0.5) == expected


def test_flag_for_a_drop_needs_a_drop_even_where_none_is_allowed() -> None:
    assert codes(quarters(change=0.0), score(), sentiment_drop=0) == []
    assert codes(quarters(change=-0.01), score(), sentiment_drop=0) == ["sentiment_drop"]


def test_flag_for_a_drop_tells_and_quotes_where_it_turned() -> None:
    point = TurningPoint(
        turn_index=1, start_ms=83_000, end_ms=83_600, direction="negative", level_before=0.1, level=-0.6
    )
    turned = SentimentReading(
        turn_index=1, role=Role.CUSTOMER, label="x", score=-0.9, probability=0.9, start_ms=83_000, end_ms=83_600
    )
    party = replace(quarters(change=-1.0).sentiment.parties[0], turning_points=(point,))
    call = facts(
        transcript=transcript(("agent", "hello there"), ("customer", "awful words said", 83_000), duration_ms=400_000),
        sentiment=replace(sentiment(), readings=(turned,), parties=(party,)),
    )
    (flag,) = flags(call, score())
    assert flag.reason.endswith("on a call is heard; it turned at 1:23.")
    assert [quote.quote for quote in flag.evidence] == ["awful words"]


def spoken(*roles: str, confidence: float | None = 0.9) -> CallFacts:
    heard = transcript(*((role, "hello there") for role in roles))
    turns = tuple(
        replace(turn, words=tuple(replace(word, confidence=confidence) for word in turn.words)) for turn in heard.turns
    )
    return facts(transcript=replace(heard, turns=turns))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (spoken("agent", "customer", confidence=0.54), ["low_confidence"]),
        (spoken("agent", "customer", confidence=0.55), []),
        (spoken("agent", "customer", confidence=None), []),
        (spoken("unknown", "unknown"), ["roles_unknown"]),
        (spoken("agent", "unknown"), ["roles_unknown"]),
        (spoken("agent", "customer", "unknown"), []),
        (spoken("agent", "system"), []),
        (spoken(), []),
    ],
)
def test_flags_for_what_the_machine_is_not_sure_of(call: CallFacts, expected: list[str]) -> None:
    assert codes(call, score(), low_confidence=0.55) == expected


def test_flag_for_unknown_critical_criteria_is_one_and_gives_way_to_unknown_roles() -> None:
    unknown = (result("a", "cannot_assess", critical=True), result("b", "cannot_assess", critical=True))
    (flag,) = flags(facts(), fine(*unknown))
    assert flag.reason == "2 critical criteria could not be assessed: A and B."
    assert codes(spoken("unknown"), fine(*unknown)) == ["roles_unknown"]


def everything_wrong() -> tuple[CallFacts, CallScore]:
    call = facts(
        violated("b-threat", "absent", "critical"),
        violated("a-threat", "absent", "critical"),
        violated("notice", "present", "major"),
        finding("escalation-request", "present", expected=Expectation.SIGNAL),
        sentiment=sentiment(customer={"quarters": (0.5, None, None, -0.6), "change": -1.1}),
        transcript=spoken("unknown", confidence=0.2).transcript,
    )
    return call, score(
        result("z", "fail", critical=True), result("y", "fail", critical=True), result("x", "cannot_assess")
    )


def test_flags_are_ordered_by_severity_then_code_then_what_they_are_about() -> None:
    raised = flags(*everything_wrong())
    assert [(flag.severity.value, flag.code, flag.criterion_id or flag.rule_id) for flag in raised] == [
        ("critical", "critical_error", "y"),
        ("critical", "critical_error", "z"),
        ("critical", "prohibited_phrase", "a-threat"),
        ("critical", "prohibited_phrase", "b-threat"),
        ("major", "customer_upset_at_end", None),
        ("major", "escalation_request", "escalation-request"),
        ("major", "low_score", None),
        ("major", "missing_disclosure", "notice"),
        ("major", "roles_unknown", None),
        ("minor", "low_confidence", None),
        ("minor", "sentiment_drop", None),
    ]


@given(st.permutations(everything_wrong()[0].findings))
@settings(deadline=None)
def test_flags_are_the_same_whatever_the_order_of_findings(findings: list[Finding]) -> None:
    call, given_score = everything_wrong()
    assert flags(replace(call, findings=tuple(findings)), given_score) == flags(call, given_score)


def test_flag_ids_are_stable_and_each_its_own() -> None:
    call, given_score = everything_wrong()
    ids = [flag.flag_id for flag in flags(call, given_score)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("fl-[0-9a-f]{16}", flag_id) for flag_id in ids)
    other = [flag.flag_id for flag in flags(call, replace(given_score, score_id="s-2"))]
    assert not set(ids) & set(other)
    # the flag of one criterion keeps its id when others come and go
    (alone,) = flags(facts(), fine(result("z", "fail", critical=True)))
    assert alone.flag_id in ids
    assert alone.flag_id == "fl-508c741a784c64a8"


def test_flag_reasons_hold_no_words_of_the_call() -> None:
    call = facts(
        violated("threat", "absent", evidence=(evidence(quote="marker phrase"),)),
        transcript=transcript(("customer", "marker phrase")),
        sentiment=sentiment(customer={"quarters": (None, None, None, -0.9)}),
    )
    raised = flags(call, score(result("c", "fail", critical=True, evidence=(evidence(quote="marker phrase"),))))
    assert {flag.code for flag in raised} >= {"prohibited_phrase", "critical_error", "customer_upset_at_end"}
    assert "marker" not in " ".join(flag.reason for flag in raised)


@pytest.mark.parametrize(
    ("changes", "effect"),
    [
        ({}, "this sets the score to 0"),
        ({"auto_fail_effect": AutoFailEffect.ZERO_SECTION}, "this sets the section Opening to 0"),
        ({"auto_fail_effect": AutoFailEffect.CAP, "auto_fail_cap": 0.5}, "this caps the score at 50 %"),
    ],
)
def test_flag_for_an_auto_fail_names_its_effect_and_is_not_doubled(changes: dict[str, Any], effect: str) -> None:
    terms = ScoreTerms(sections=(SectionTerms(section_id="s", title="Opening"),))
    failed = replace(score(result("c", "fail", auto_fail=True, **changes)), terms=terms)
    (flag,) = flags(facts(), failed)
    assert flag.code == "auto_fail"
    assert flag.reason.endswith(f"; {effect}.")


def test_flag_for_a_section_below_its_mark_takes_the_place_of_a_low_score() -> None:
    sections = (SectionTerms(section_id="s", title="Opening", critical_below=0.5), SectionTerms(section_id="t"))
    low = replace(score(result("a", "pass", points_possible=3, points_earned=1.0)), terms=ScoreTerms(sections=sections))
    (flag,) = flags(facts(), low)
    assert (flag.code, flag.severity) == ("critical_section", Severity.CRITICAL)
    assert flag.reason == "Opening earned 33.3 %; below 50 % this sets the score to 0."
    assert flags(facts(), replace(low, results=(result("a", "pass"),))) == ()


def test_flags_page_lists_every_code_and_no_other() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert documented == list(CODES)


def test_flags_page_names_every_setting() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert [name for name in FlagSettings.model_fields if f"`flags.{name}`" not in page] == []


def test_flags_of_a_call_in_another_language_say_that_and_nothing_that_follows_from_it() -> None:
    call = facts(
        finding("greeting", "cannot_assess"),
        violated("datenschutz"),
        transcript=transcript(("unknown", "guten tag"), ("unknown", "hallo"), language="de"),
        sentiment=sentiment(customer={"quarters": (0.5, 0.0, 0.0, -0.9), "change": -1.4, "overall": -0.9}),
    )
    unscored = score(result("greets", "cannot_assess", "greeting", critical=True))
    in_english = codes(replace(call, transcript=replace(call.transcript, language="en")), unscored)
    assert {"customer_upset_at_end", "sentiment_drop", "roles_unknown", "little_assessed"} <= set(in_english)
    (own_language, missing) = flags(call, unscored)
    assert (own_language.code, own_language.severity) == ("language_not_covered", Severity.MAJOR)
    assert own_language.reason == "The call is in German; rubric r covers English."
    assert missing.rule_id == "datenschutz"  # a rule for German calls was broken, whatever the rubric


@pytest.mark.parametrize("language", ["en", "EN-us", "English", "und"])
def test_flags_take_any_way_to_write_a_covered_language_and_a_call_without_words(language: str) -> None:
    assert codes(facts(transcript=transcript(("agent", "hi"), ("customer", "hi"), language=language)), fine()) == []


def test_flag_for_a_language_names_all_that_the_rubric_covers() -> None:
    call = facts(transcript=transcript(("agent", "hej"), language="xx"))
    (flag,) = raise_flags(call, score(), replace(ENGLISH, languages=("en", "es", "de")), FlagSettings())
    assert flag.reason == "The call is in xx; rubric r covers English, Spanish and German."
