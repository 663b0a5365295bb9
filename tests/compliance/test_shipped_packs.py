"""The shipped packs find what their own cases say; docs/packs.md names every rule; critical rules name the law."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.cli.rule_cases import preparing
from pipeline.authored import Document
from pipeline.compliance.authored_rules import Pack
from pipeline.compliance.case_runs import RuleResults, run_cases
from pipeline.compliance.cases import AuthoredCall, AuthoredEarlier, AuthoredRuleCases, Expected, load_cases
from pipeline.compliance.rule import Decidable, Saying
from pipeline.config import PACKAGE_ROOT, Settings
from pipeline.records import Severity
from tests.compliance.rule_files import READER, SETTINGS, shipped

RULES_DIR = PACKAGE_ROOT / "rubrics" / "rules"
PAGE = (PACKAGE_ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
RULE_IDS = sorted(shipped())
OF_A_CALL = {*AuthoredCall.model_fields, *AuthoredEarlier.model_fields}


@functools.cache
def results() -> Mapping[str, RuleResults]:
    rules = tuple(shipped().values())
    cases = load_cases(RULES_DIR / "cases", list(shipped()))
    run = run_cases(cases, rules, SETTINGS, READER, preparing(rules, Settings()))
    return {each.rule.id: each for each in run}


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_shipped_packs_cases_come_out_as_written(rule_id: str) -> None:
    told = [
        f"{r.case.file}:{r.case.line}: wanted {r.case.expected}, came {r.came}: {r.reason}"
        for r in results()[rule_id].failed
    ]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_shipped_packs_have_enough_cases_of_every_kind(rule_id: str) -> None:
    found = results()[rule_id]
    assert found.missing == ()
    counted = Counter(result.case.expected for result in found.results)
    assert counted[Expected.FOUND] + counted[Expected.PROBABLY] >= 6
    assert counted[Expected.NOT_FOUND] >= 6
    by_words = any(isinstance(leaf, Saying) and not leaf.entity for leaf in found.rule.leaves())
    assert counted[Expected.NEAR_MISSES] >= (3 if by_words else 0)


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_shipped_packs_cases_are_in_other_words_than_the_meanings(rule_id: str) -> None:
    own = {sentence.strip(".?").lower() for saying in shipped()[rule_id].sayings() for sentence in saying.meaning}
    said = {line.words.strip(".?!").lower() for result in results()[rule_id].results for line in result.case.lines}
    assert not own & said


def test_shipped_packs_page_names_every_pack_and_rule() -> None:
    headings = set(re.findall(r"^## `([a-z-]+)`", PAGE, re.MULTILINE))
    packs = {Document(path).validate(Pack).pack for path in RULES_DIR.glob("*.yaml")}
    assert headings == packs
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE))
    keys = {*AuthoredRuleCases.model_fields, *OF_A_CALL}
    assert rows - keys == set(shipped())


@pytest.mark.parametrize("key", [*AuthoredRuleCases.model_fields, *sorted(OF_A_CALL), "because"])
def test_shipped_packs_page_explains_every_key_of_a_case(key: str) -> None:
    assert f"`{key}`" in PAGE


EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("example", "cases"), list(zip(EXAMPLES, (5, 1), strict=True)))
def test_shipped_packs_page_example_comes_out_as_it_says(tmp_path: Path, example: str, cases: int) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(example)
    rules = tuple(shipped().values())
    run = run_cases(load_cases(path, list(shipped())), rules, SETTINGS, READER, preparing(rules, Settings()))
    assert [(r.case.line, r.came, r.reason) for each in run for r in each.failed] == []
    assert sum(len(each.results) for each in run) == cases


def test_shipped_packs_name_the_law_behind_every_critical_rule() -> None:
    critical = [rule for rule in shipped().values() if rule.severity is Severity.CRITICAL]
    assert [rule.id for rule in critical if not rule.reference] == []
    assert [rule.id for rule in shipped().values() if not rule.owner and rule.decidable is not Decidable.NEITHER] == []
