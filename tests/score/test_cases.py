"""Run the golden scoring cases in `tests/cases/`. Their format is explained in `tests/cases/README.md`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from pipeline.compliance.packs import load_packs
from pipeline.config import FlagSettings
from pipeline.records import CallFacts, CallScore, Expectation, FindingKind, Role, Rubric, Status
from pipeline.score.evaluate import evaluate
from pipeline.score.flags import raise_flags
from pipeline.score.rubrics import load_rubrics
from tests.factories import evidence, facts, finding, measures, recording, sentiment, transcript

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases"


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Expected(Form):
    share: float | None = Field(default=-1, description="Score 0..1 to three decimals; `null` for no score.")
    raw_share: float | None = Field(default=-1, description="Score before auto-fail.")
    critical_share: float | None = Field(default=-1, description="Score over the critical criteria alone.")
    passed: bool | None = Field(default=None, description="Whether the call passes.")
    failed: list[str] | None = Field(default=None, description="All criteria that fail, and no other.")
    partial: list[str] | None = Field(default=None, description="All criteria that earn a part, and no other.")
    not_applicable: list[str] | None = Field(default=None, description="All that do not apply, and no other.")
    cannot_assess: list[str] | None = Field(default=None, description="All that nobody can tell, and no other.")
    flags: list[str] | None = Field(default=None, description="All flags in order, and no other.")


class Case(Form):
    case: str = Field(description="What it shows, in a sentence.")
    rubric: str = Field(description="Id of a rubric in `rubrics/`.")
    call: dict[str, Any] = Field(default={}, description="Metadata: queue, direction, team; `null` where unknown.")
    roles: Literal["known", "unknown"] = Field(default="known", description="Whether it is known who speaks.")
    findings: dict[str, FindingKind] = Field(
        default={}, description="Rule: present (said), absent (not said) or cannot_assess."
    )
    other_rules: Literal["kept", "do_not_apply"] = Field(
        default="kept", description="Outcome of the rubric's other rules; signals are not heard unless named."
    )
    measures: dict[str, float | None] = Field(default={}, description="Numbers about the call's shape.")
    customer: dict[str, Any] = Field(default={}, description="Sentiment: overall, change, quarters.")
    expect: Expected = Field(description="What must come out.")


def cases() -> list[Case]:
    found: list[Case] = []
    for path in sorted(CASES.glob("*.yaml")):
        found += [Case.model_validate(data) for data in YAML(typ="safe", pure=True).load(path)]
    return found


@functools.cache
def rubrics() -> dict[str, Rubric]:
    return {rubric.id: rubric for rubric in load_rubrics(ROOT / "rubrics")}


def call_of(case: Case) -> CallFacts:
    """The facts of a case; expectation, severity and title of a rule are those of the shipped pack."""
    rules = {rule.id: rule for rule in load_packs(ROOT / "rubrics" / "rules")}
    unknown = set(case.findings) - set(rules)
    assert not unknown, f"the case names unknown rules: {', '.join(sorted(unknown))}"
    rubric = rubrics()[case.rubric]
    named = {rule_id for criterion in rubric.criteria() for rule_id in getattr(criterion.test, "rules", ())}
    named |= {rule_id for criterion in rubric.criteria() for rule_id in criterion.applies_if.rules_present}
    kinds = dict(case.findings)
    if case.other_rules == "kept":
        for rule_id in named - set(kinds):
            said = rules[rule_id].expect is Expectation.PRESENT
            kinds[rule_id] = FindingKind.PRESENT if said else FindingKind.ABSENT
    found = [
        finding(
            rule_id,
            kind.value,
            expected=rules[rule_id].expect,
            severity=rules[rule_id].severity,
            title=rules[rule_id].title,
            evidence=(evidence(),) if kind is FindingKind.PRESENT else (),
        )
        for rule_id, kind in sorted(kinds.items())
    ]
    known = case.roles == "known"
    spoken = (("agent", "hello"), ("customer", "hi")) if known else (("unknown", "hello"), ("unknown", "hi"))
    usual: dict[str, Any] = {"agent_talk_share": 0.5, "agent_interruptions": 0, "agent_questions": 5} if known else {}
    mood = {"quarters": (0.0, 0.0, 0.0, 0.0), "change": 0.0, "overall": 0.0, **case.customer}
    return facts(
        *found,
        recording=recording(**case.call),
        transcript=transcript(*spoken),
        measures=measures(**{**usual, **case.measures}),
        sentiment=sentiment(**({Role.CUSTOMER.value: mood} if known else {})),
    )


def with_status(score: CallScore, status: Status) -> list[str]:
    return [result.criterion_id for result in score.results if result.status is status]


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.rubric}: {case.case}")
def test_case_scores_as_agreed(case: Case) -> None:
    call = call_of(case)
    score = evaluate(call, rubrics()[case.rubric], score_id="s")
    shares = {"share": score.share, "raw_share": score.raw_share, "critical_share": score.critical_share}
    found = {
        **{name: None if value is None else round(value, 3) for name, value in shares.items()},
        "passed": score.passed,
        "failed": with_status(score, Status.FAIL),
        "partial": with_status(score, Status.PARTIAL),
        "not_applicable": with_status(score, Status.NOT_APPLICABLE),
        "cannot_assess": with_status(score, Status.CANNOT_ASSESS),
        "flags": [flag.code for flag in raise_flags(call, score, rubrics()[case.rubric], FlagSettings())],
    }
    expected = case.expect.model_dump(exclude_unset=True)
    assert {name: found[name] for name in expected} == expected


def test_cases_cover_every_shipped_rubric() -> None:
    assert {case.rubric for case in cases()} == set(rubrics())
    assert len({case.case for case in cases()}) == len(cases()) >= 12


def test_cases_always_expect_something() -> None:
    assert [case.case for case in cases() if not case.expect.model_fields_set] == []


def test_cases_page_explains_every_key() -> None:
    page = (CASES / "README.md").read_text(encoding="utf-8")
    keys = [*Case.model_fields, *Expected.model_fields]
    assert [key for key in keys if f"`{key}`" not in page] == []
