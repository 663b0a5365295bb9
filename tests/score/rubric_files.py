"""Rubric files for tests: say only what the test is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.records import CallFacts, CombinationTest, CriterionResult, Rubric, RuleTest
from pipeline.score.evaluate import evaluate
from pipeline.score.rubrics import load_rubric

FULL_BELOW_10 = [{"below": 10, "share": 1}, {"at_least": 10, "below": 20, "share": 0.5}, {"at_least": 20, "share": 0}]


def rule(*rules: str, **changes: Any) -> dict[str, Any]:
    return {"kind": "rule", "rules": list(rules or ("greeting",)), **changes}


def measure(name: str = "dead_air_count", bands: Any = FULL_BELOW_10) -> dict[str, Any]:
    return {"kind": "measure", "measure": name, "bands": bands}


def criterion(criterion_id: str = "greets", test: Any = None, **changes: Any) -> dict[str, Any]:
    return {"id": criterion_id, "title": "Greets", "points": 1, "test": test or rule(), **changes}


def section(*criteria: Any, section_id: str = "opening", **changes: Any) -> dict[str, Any]:
    return {"id": section_id, "title": "Opening", "weight": 1, "criteria": list(criteria or (criterion(),)), **changes}


def rubric_data(*sections: Any, **changes: Any) -> dict[str, Any]:
    return {"id": "r", "version": 1, "title": "R", "sections": list(sections or (section(),)), **changes}


def write(folder: Path, data: Any, name: str = "r.yaml") -> Path:
    """Write data as a rubric file; JSON is YAML too."""
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data, indent=1), encoding="utf-8")
    return path


def rubric(folder: Path, *sections: Any, **changes: Any) -> Rubric:
    return load_rubric(write(folder, rubric_data(*sections, **changes)))


def answer(folder: Path, facts: CallFacts, test: Any, **changes: Any) -> CriterionResult:
    """Answer one criterion the whole way: from a file, through `evaluate`."""
    given = rubric(folder, section(criterion(test=test, **changes)))
    return evaluate(facts, given, score_id="s").results[0]


def built_combination(require: str) -> CombinationTest:
    """A combination whose tests nobody looks at."""
    return CombinationTest(tests=(RuleTest(rules=("a",)), RuleTest(rules=("b",))), require=require)
