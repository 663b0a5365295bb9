"""`docs/reviews.md` tells of every command, policy and setting; `docs/audit.md` of every act."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.cli import calibration, disputes, flags, queue, reviews
from app.cli.audit import ACTIONS
from pipeline.config import ReviewSettings, SamplingSettings
from pipeline.records import DisputeState, QueueKind
from pipeline.review.answers import UNIVERSAL_ANSWERS
from pipeline.review.sampling import POLICIES, STRATA

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reviews.md").read_text()
FLAGS_PAGE = (ROOT / "docs" / "flags.md").read_text()
AUDIT_PAGE = (ROOT / "docs" / "audit.md").read_text()
GROUPS = {"reviews": reviews, "disputes": disputes, "calibration": calibration, "queue": queue}


@pytest.mark.parametrize("noun", GROUPS)
def test_page_tells_of_every_command(noun: str) -> None:
    for command in GROUPS[noun].app.registered_commands:
        assert f"{noun} {command.name}" in PAGE, command.name


def test_flags_page_tells_how_to_close_one() -> None:
    for command in flags.app.registered_commands:
        assert f"earmark flags {command.name}" in FLAGS_PAGE, command.name


def test_page_tells_of_every_answer_policy_and_reason() -> None:
    told = (*UNIVERSAL_ANSWERS, *POLICIES, *(kind.value for kind in QueueKind))
    assert [word for word in told if f"`{word}`" not in PAGE] == []
    assert [word for word in STRATA if word not in PAGE] == []
    assert [state.value for state in DisputeState if state.value[:6] not in PAGE] == []


def test_page_gives_the_settings_as_they_are() -> None:
    for name, value in ReviewSettings():
        assert f"`review.{name}` ({value:g})" in PAGE, name
    policies = SamplingSettings.model_fields["policy"].annotation
    assert set(policies.__args__) == set(POLICIES)  # type: ignore[union-attr]


def test_audit_page_tells_of_every_act_that_is_logged() -> None:
    acts = {
        action
        for file in (ROOT / "app").rglob("*.py")
        for action in re.findall(r'(?:Act\(\s*action=|\bact\(visitor, |\baction = )"([\w-]+)"', file.read_text())
    }
    acts.add("hear")  # beside "hear-unredacted"
    assert {"view", "export", "review", "flag"} <= acts
    assert acts | {"calibration"} == set(ACTIONS)  # that one is made beside its Act
    assert [action for action in sorted(acts) if f"`{action}`" not in AUDIT_PAGE] == []
