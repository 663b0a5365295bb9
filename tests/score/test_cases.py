"""Run the golden cases of the formulas (`tests/cases`) and those of the shipped rubrics (`rubrics/cases`)."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from pipeline.config import FlagSettings, Settings
from pipeline.detectors import Detectors, assemble_detectors
from pipeline.rubric_cases import heard_facts
from pipeline.score.cases.cases import RubricCase, load_cases
from pipeline.score.cases.forms import CallForm, CaseFileForm, CaseForm, ExpectForm, MoodForm
from pipeline.score.cases.runs import RubricResults, run_cases
from pipeline.score.rubrics import load_rubric, load_rubrics

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "cases"
SHIPPED = ROOT / "rubrics" / "cases"


@functools.cache
def detectors() -> Detectors:
    return assemble_detectors(Settings())


def results_of(cases: tuple[RubricCase, ...]) -> tuple[RubricResults, ...]:
    rules = {rule.id: rule for rule in detectors().rules}
    return run_cases(cases, rules, FlagSettings(), lambda case: heard_facts(case, detectors()))


@functools.cache
def cases_in(folder: Path) -> tuple[RubricCase, ...]:
    return load_cases(folder, load_rubrics(ROOT / "rubrics"), sorted(detectors().active_rule_ids()))


@functools.cache
def shipped() -> dict[str, RubricResults]:
    return {each.rubric.id: each for each in results_of(cases_in(SHIPPED))}


@pytest.mark.parametrize(
    "case", [*cases_in(GOLDEN), *cases_in(SHIPPED)], ids=lambda case: f"{case.rubric.id}: {case.form.case}"
)
def test_case_scores_as_agreed(case: RubricCase) -> None:
    (of_rubric,) = results_of((case,))
    assert [result.differences for result in of_rubric.results] == [()]


RUBRICS = sorted(rubric.id for rubric in load_rubrics(ROOT / "rubrics"))


@pytest.mark.parametrize("rubric_id", RUBRICS)
def test_every_question_of_a_shipped_rubric_can_pass_and_can_fail(rubric_id: str) -> None:
    assert (shipped()[rubric_id].never_passed, shipped()[rubric_id].never_failed) == ((), ())


@pytest.mark.parametrize("rubric_id", RUBRICS)
def test_shipped_rubric_has_a_dozen_cases_and_words_of_a_good_and_a_poor_call(rubric_id: str) -> None:
    results = shipped()[rubric_id].results
    assert len(results) >= 12
    passed = [result.score.passed for result in results if result.case.lines]
    assert True in passed
    assert rubric_id == "general" or False in passed


PAGE = (ROOT / "docs" / "writing-rubrics.md").read_text(encoding="utf-8")
FORMS = {"The file of cases": CaseFileForm, "A case": CaseForm, "call": CallForm, "expect": ExpectForm}


@pytest.mark.parametrize("heading", FORMS)
def test_page_lists_every_key_of_a_case_in_order_and_whether_it_is_needed(heading: str) -> None:
    below = PAGE.split(f"### {heading}\n")[1].split("\n#")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|", below, flags=re.MULTILINE))
    fields = FORMS[heading].model_fields
    assert listed == {key: "yes" if field.is_required() else "no" for key, field in fields.items()}
    assert list(listed) == list(fields)


def test_page_names_every_figure_of_a_mood() -> None:
    assert [key for key in MoodForm.model_fields if f"`{key}`" not in PAGE] == []


def test_the_pages_own_rubric_and_cases_come_out_as_it_says(tmp_path: Path) -> None:
    rubric, cases = re.findall(r"```yaml\n((?:id|rubric): .*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "retention.yaml").write_text(rubric)
    (tmp_path / "cases.yaml").write_text(cases)
    rubrics = [load_rubric(tmp_path / "retention.yaml")]
    found = load_cases(tmp_path / "cases.yaml", rubrics, sorted(detectors().active_rule_ids()))
    (results,) = results_of(found)
    assert [result.case.form.case for result in results.failed] == ["Asks for the reason in other words"]
    assert (results.never_failed, results.never_passed) == (("recording-notice", "offer-fits"), ("offer-fits",))


def test_a_call_full_of_nothing_earns_next_to_nothing() -> None:
    """Nobody gets points for the absence of evidence: what must not happen weighs little where it does not."""
    case = next(
        result for result in shipped()["inbound-support"].results if "All that courtesy" in result.case.form.case
    )
    assert case.score.raw_share is not None
    assert case.score.raw_share <= 0.05
