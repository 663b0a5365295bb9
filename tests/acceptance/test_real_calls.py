"""Six real telephone calls: agent and customer on the right channels, by the human transcript."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import REAL_CALLS, Workspace, overlap, show_all, words_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

STEMS = sorted(path.stem for path in (REAL_CALLS / "stereo").glob("*.wav")) or ["absent"]


@pytest.fixture(scope="module")
def shows(real: Workspace) -> dict[str, dict[str, Any]]:
    real.run.ok()
    return {Path(name).stem: show for name, show in show_all(real, real.calls()).items()}


def test_six_calls_are_scored(real: Workspace, shows: dict[str, dict[str, Any]]) -> None:
    real.run.ok()
    assert len(shows) == 6
    for show in shows.values():
        assert show["scores"][0]["share"] is not None


@pytest.mark.parametrize("stem", STEMS)
def test_agent_and_customer_are_not_swapped(shows: dict[str, dict[str, Any]], stem: str) -> None:
    segments = json.loads((REAL_CALLS / "ref" / f"{stem}.json").read_text())["segments"]
    turns = shows[stem]["transcript"]["turns"]
    for role, channel, other in (("agent", 0, "customer"), ("customer", 1, "agent")):
        assert {turn["channel"] for turn in turns if turn["role"] == role} == {channel}
        said = words_of(" ".join(part["text"] for part in segments if part["speaker"] == role))
        own = words_of(" ".join(turn["text"] for turn in turns if turn["role"] == role))
        others = words_of(" ".join(turn["text"] for turn in turns if turn["role"] == other))
        assert overlap(said, own) > 0.6, (role, said, own)
        assert overlap(said, own) > overlap(said, others)
