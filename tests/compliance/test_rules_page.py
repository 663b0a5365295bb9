"""docs/rules.md is held to the code: every key, slot and problem code stands on it, and its example loads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.compliance import authored_rules
from pipeline.compliance.packs import load_pack
from pipeline.compliance.pattern import SLOTS
from pipeline.config import PACKAGE_ROOT

PAGE = (PACKAGE_ROOT / "docs" / "rules.md").read_text()
PARTS = ("Condition", "Window", "AppliesIf", "Near")  # the rest stands in the table of conditions, all in one cell
MODELS = (authored_rules.Pack, authored_rules.AuthoredRule)
MODELS = (*MODELS, *(getattr(authored_rules, f"Authored{part}") for part in PARTS))
KEYS = sorted({field.alias or name for model in MODELS for name, field in model.model_fields.items()})
RAISES = re.compile(r'(?:PatternError|\.problem)\(\s*"([a-z-]+)"|code="([a-z-]+)"|_marked\("([a-z-]+)"')
SOURCES = (
    "pipeline/compliance/packs.py",
    "pipeline/compliance/pack_problems.py",
    "pipeline/compliance/pattern.py",
    "pipeline/authored.py",
)
CODES = {
    code for name in SOURCES for match in RAISES.findall((PACKAGE_ROOT / name).read_text()) for code in match if code
}
FROM_PYDANTIC = {"value-error", "extra-forbidden", "missing", "enum", "literal-error", "string-pattern-mismatch"}


def rows() -> set[str]:
    """Return what stands in code marks in the first column of the page's tables."""
    cells = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("key", KEYS)
def test_rules_page_explains_every_key(key: str) -> None:
    assert key in rows()


def test_rules_page_explains_every_code_and_no_other() -> None:
    assert {"duplicate-key", "pattern-gap", "rule-cycle", "no-folder"} < CODES  # the expression above still finds them
    listed = {name for name in rows() if name not in KEYS and re.fullmatch(r"[a-z]+(-[a-z]+)*", name)}
    assert listed == CODES | FROM_PYDANTIC


@pytest.mark.parametrize("slot", SLOTS)
def test_rules_page_explains_every_slot(slot: str) -> None:
    assert f"{{{slot}}}" in rows()


def test_rules_page_example_is_a_rule_pack(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "example.yaml"
    path.write_text(example)
    assert [rule.id for rule in load_pack(path)] == ["recording-notice"]
