"""Where nothing of a party was heard, questions about what that party said have no answer, neither good nor bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.records import CallFacts, Evidence, Expectation, Finding, Span, Status, Transcript
from tests.factories import evidence, facts, finding, measures, transcript
from tests.score.rubric_files import answer, measure, rule

PHRASE = {"kind": "phrase", "phrases": ["how may I help"]}
UNSAID = {"kind": "phrase", "phrases": ["calm down"], "expect": "absent"}
SYSTEM_QUOTE = evidence(role="system", quote="hello")
SILENT = "Nothing of the agent was heard in this recording."


def one_sided(
    *found: Finding, lines: tuple[tuple[str, str], ...] = (("customer", "hello is anybody there"),)
) -> CallFacts:
    return facts(*found, transcript=transcript(*lines), measures=measures(agent_talk_share=0.0, customer_talk_ms=2000))


def own(kind: str, **changes: Any) -> Finding:
    return finding("r/greets", kind, **changes)


@pytest.mark.parametrize(
    ("test", "found"),
    [
        (rule("a"), finding("a", "absent", searched=Span(start_ms=0, end_ms=60_000))),
        (rule("a"), finding("a", "absent", expected=Expectation.ABSENT)),
        (rule("a"), finding("a", "present", evidence=(), expected=Expectation.ABSENT)),  # of a rule that says `not`
        (PHRASE, own("absent")),
        (UNSAID, own("absent", expected=Expectation.ABSENT)),
        ({"kind": "sequence", "rules": ["a", "b"], "partial": True}, finding("a", "absent")),
    ],
)
def test_what_a_silent_party_said_cannot_be_assessed(tmp_path: Path, test: dict[str, Any], found: Finding) -> None:
    result = answer(tmp_path, one_sided(found, finding("b", "present", role="customer")), test)
    assert result.status is Status.CANNOT_ASSESS
    assert result.points_earned is None
    assert "othing of the agent was heard in this recording" in result.reason


@pytest.mark.parametrize("lines", [(("agent", "hi"), ("customer", "hi")), (("unknown", "hi"), ("customer", "hi"))])
def test_who_was_heard_or_may_have_been_is_judged_as_before(tmp_path: Path, lines: Any) -> None:
    assert answer(tmp_path, one_sided(finding("a", "absent"), lines=lines), rule("a")).status is Status.FAIL


def test_what_the_other_party_said_is_judged_as_before(tmp_path: Path) -> None:
    assert answer(tmp_path, one_sided(finding("a", "absent", role="customer")), rule("a")).status is Status.FAIL


@pytest.mark.parametrize("quotes", [(SYSTEM_QUOTE,), (evidence(),)])
def test_what_was_said_for_the_company_stays_said(tmp_path: Path, quotes: tuple[Evidence, ...]) -> None:
    assert answer(tmp_path, one_sided(finding("a", evidence=quotes)), rule("a")).status is Status.PASS


def test_a_reason_that_was_told_before_stays(tmp_path: Path) -> None:
    found = finding("a", "cannot_assess", reason="The rule is written for German.")
    assert answer(tmp_path, one_sided(found), rule("a")).reason == "The rule is written for German."


def test_a_condition_on_what_a_silent_party_said_is_open(tmp_path: Path) -> None:
    call = one_sided(finding("asked", "absent"), finding("b", role="customer"))
    result = answer(tmp_path, call, rule("b"), applies_if={"rules_present": ["asked"]})
    assert result.status is Status.CANNOT_ASSESS
    assert result.reason.endswith(SILENT)


@pytest.mark.parametrize(
    ("name", "lines", "known"),
    [
        ("agent_talk_share", (("customer", "hello"),), False),
        ("longest_dead_air_ms", (("customer", "hello"),), False),  # the other may have been speaking all the time
        ("longest_dead_air_ms", (("agent", "hello"),), False),
        ("customer_talk_ms", (("customer", "hello"),), True),
        ("customer_talk_ms", (("agent", "hello"),), False),
        ("duration_ms", (("customer", "hello"),), True),
        ("longest_dead_air_ms", (("agent", "hello"), ("customer", "hello")), True),
        ("longest_dead_air_ms", (("unknown", "hello"),), True),
        ("longest_dead_air_ms", (("system", "leave a message"),), False),
        ("longest_dead_air_ms", (("agent", "hello"), ("unknown", "hello")), True),
    ],
)
def test_a_measure_of_both_or_of_the_silent_party_is_not_known(
    tmp_path: Path, name: str, lines: Any, known: bool
) -> None:
    result = answer(
        tmp_path, one_sided(lines=lines), measure(name, [{"below": 1, "share": 0}, {"at_least": 1, "share": 1}])
    )
    assert (result.status is not Status.CANNOT_ASSESS) is known
    if not known:
        silent = {"customer": "agent", "agent": "customer", "system": "agent or customer"}[lines[0][0]]
        assert result.reason.endswith(f"is not known, because nothing of the {silent} was heard in this recording.")


def test_a_turn_without_words_is_nothing_heard(tmp_path: Path) -> None:
    call: Transcript = transcript(("agent", ""), ("customer", "hello"))
    assert answer(tmp_path, facts(finding("a", "absent"), transcript=call), rule("a")).reason == SILENT
