"""The pages about rubrics and scoring, held to the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from pipeline.records import Status
from pipeline.score.evaluate import KINDS
from pipeline.score.form import (
    MEASURES,
    AppliesIfForm,
    BandForm,
    CriterionForm,
    ManualForm,
    MeasureForm,
    RubricForm,
    RuleForm,
    SectionForm,
    SentimentForm,
)
from pipeline.score.rubrics import check_rule_references, load_rubric, load_rubrics
from tests.score.rubric_files import write

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "rubrics" / "README.md").read_text(encoding="utf-8")
FORMS: dict[str, type[BaseModel]] = {
    "The file": RubricForm,
    "A section": SectionForm,
    "A question (criterion)": CriterionForm,
    "kind: rule": RuleForm,
    "kind: measure": MeasureForm,
    "kind: sentiment": SentimentForm,
    "kind: manual": ManualForm,
    "Bands": BandForm,
    "applies_if": AppliesIfForm,
}


def table_under(heading: str) -> dict[str, tuple[str, ...]]:
    """The rows of the first table under a heading: first cell without backticks -> the other cells."""
    below = re.split(rf"^#+ {re.escape(heading)}$", PAGE, flags=re.MULTILINE)[1]
    table = re.search(r"(?:^\|.*\n)+", below, flags=re.MULTILINE)
    assert table, heading
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table[0].splitlines()[2:]]
    return {row[0].strip("`"): tuple(row[1:]) for row in rows}


@pytest.mark.parametrize("heading", FORMS)
def test_rubrics_page_lists_every_key_in_order_and_whether_it_is_needed(heading: str) -> None:
    fields = FORMS[heading].model_fields
    documented = {key: cells[0] for key, cells in table_under(heading).items()}
    expected = {key: "yes" if field.is_required() else "no" for key, field in fields.items()}
    assert documented == expected
    if heading != "Bands":
        assert list(documented) == list(expected)


def test_rubrics_page_has_a_heading_for_every_kind() -> None:
    assert set(re.findall(r"^### kind: (\w+)$", PAGE, flags=re.MULTILINE)) == set(KINDS)


def test_rubrics_page_lists_every_measure() -> None:
    below = PAGE.split("| number | what it is |")[1].split("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", below, flags=re.MULTILINE)) == MEASURES


def test_rubrics_page_names_every_answer() -> None:
    assert [status.value for status in Status if f"`{status.value}`" not in PAGE] == []


def test_rubrics_page_example_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    rubric = load_rubric(write(tmp_path, example))
    assert [criterion.id for criterion in rubric.criteria()] == ["recording-notice", "dead-air", "solved"]


def test_shipped_rubrics_load_with_guidance_and_coaching_for_every_question() -> None:
    rubrics = {rubric.id: rubric for rubric in load_rubrics(ROOT / "rubrics")}
    assert set(rubrics) >= {"general", "bank-support", "collections", "sales", "tech-support"}
    for rubric in rubrics.values():
        assert 8 <= len(rubric.criteria()) <= 14, rubric.id
        assert all(criterion.guidance and criterion.coaching for criterion in rubric.criteria()), rubric.id
    assert rubrics["general"].queues == ()
    assert rubrics["bank-support"].queues == ("bank_support",)


def test_shipped_rubrics_name_only_rules_that_there_are() -> None:
    from pipeline.compliance.packs import load_packs

    rules = {rule.id for rule in load_packs(ROOT / "rubrics" / "rules")}
    assert check_rule_references(load_rubrics(ROOT / "rubrics"), rules) == []


def test_scoring_page_names_what_decides_a_score() -> None:
    page = (ROOT / "docs" / "scoring.md").read_text(encoding="utf-8")
    for term in (
        "sum(earned * weight) / sum(possible * weight)",
        "60 / 100 = 60 %",
        "`auto_fail`",
        "`critical`",
        "rubric-1:",
    ):
        assert term in page
