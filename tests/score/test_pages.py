"""The pages about rubrics and scoring, held to the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from pipeline.records import Status
from pipeline.score.authored.answer_forms import ChoiceForm, NumericForm, OptionForm, ScaleForm, YesNoForm
from pipeline.score.authored.band_forms import BandForm
from pipeline.score.authored.form import (
    AppliesIfForm,
    AutoFailForm,
    CriterionForm,
    EffectiveForm,
    RubricForm,
    SectionForm,
)
from pipeline.score.authored.kind_forms import (
    MEASURES,
    CombinationForm,
    LlmForm,
    ManualForm,
    MeasureForm,
    PhraseForm,
    RuleForm,
    SentimentForm,
    SequenceForm,
    TestForm,
)
from pipeline.score.rubrics import check_rule_references, check_rules_apply, load_rubric, load_rubrics
from tests.score.rubric_files import write

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "rubrics" / "README.md").read_text(encoding="utf-8")
FORMS: dict[str, type[BaseModel]] = {
    "The file": RubricForm,
    "effective": EffectiveForm,
    "A section": SectionForm,
    "A question (criterion)": CriterionForm,
    "auto_fail": AutoFailForm,
    "kind: rule": RuleForm,
    "kind: phrase": PhraseForm,
    "kind: measure": MeasureForm,
    "kind: sentiment": SentimentForm,
    "kind: sequence": SequenceForm,
    "kind: combination": CombinationForm,
    "kind: manual": ManualForm,
    "kind: llm": LlmForm,
    "answers: yes_no": YesNoForm,
    "answers: scale": ScaleForm,
    "answers: choice": ChoiceForm,
    "answers: numeric": NumericForm,
    "Bands": BandForm,
    "applies_if": AppliesIfForm,
}


def table_under(heading: str, number: int = 0) -> dict[str, tuple[str, ...]]:
    """The rows of a table under a heading: first cell without backticks -> the other cells."""
    below = re.split(rf"^#+ {re.escape(heading)}$", PAGE, flags=re.MULTILINE)[1]
    tables = re.findall(r"(?:^\|.*\n)+", below, flags=re.MULTILINE)
    assert len(tables) > number, heading
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in tables[number].splitlines()[2:]]
    return {row[0].strip("`"): tuple(row[1:]) for row in rows}


@pytest.mark.parametrize("heading", FORMS)
def test_rubrics_page_lists_every_key_in_order_and_whether_it_is_needed(heading: str) -> None:
    fields = {field.alias or name: field for name, field in FORMS[heading].model_fields.items()}
    documented = {key: cells[0] for key, cells in table_under(heading).items()}
    expected = {key: "yes" if field.is_required() else "no" for key, field in fields.items()}
    assert documented == expected
    if heading != "Bands":
        assert list(documented) == list(expected)


def test_rubrics_page_lists_the_keys_of_an_option() -> None:
    expected = {key: "yes" if field.is_required() else "no" for key, field in OptionForm.model_fields.items()}
    assert {key: cells[0] for key, cells in table_under("answers: choice", 1).items()} == expected


def test_rubrics_page_has_a_heading_for_every_kind() -> None:
    kinds = {get_args(form.model_fields["kind"].annotation)[0] for form in get_args(get_args(TestForm)[0])}
    assert set(re.findall(r"^### kind: (\w+)$", PAGE, flags=re.MULTILINE)) == kinds


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
        assert 12 <= len(rubric.criteria()) <= 25, rubric.id
        assert all(criterion.guidance and criterion.coaching for criterion in rubric.criteria()), rubric.id
    assert rubrics["general"].queues == ()
    assert rubrics["bank-support"].queues == ("bank_support",)


def test_shipped_rubrics_name_only_rules_that_there_are() -> None:
    from pipeline.compliance.packs import load_packs

    rules = {rule.id: rule.applies_if for rule in load_packs(ROOT / "rubrics" / "rules")}
    assert check_rule_references(load_rubrics(ROOT / "rubrics"), rules) == []
    assert check_rules_apply(load_rubrics(ROOT / "rubrics"), rules) == []


def test_rules_of_ones_own_on_the_writing_page_are_a_pack(tmp_path: Path) -> None:
    from pipeline.compliance.packs import load_pack

    page = (ROOT / "docs" / "writing-rubrics.md").read_text(encoding="utf-8")
    (pack,) = [each for each in re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL) if each.startswith("pack:")]
    rules = {rule.id: rule for rule in load_pack(write(tmp_path, pack))}
    assert list(rules) == ["hold-asked-too-often", "rate-named", "guest-named-at-the-end"]
    assert [saying.at_least for saying in rules["hold-asked-too-often"].sayings()] == [3]


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
