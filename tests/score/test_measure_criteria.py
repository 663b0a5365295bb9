from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.records import CallFacts, Gap, Overtalk, RaisedVoice, Role, Span, Status
from pipeline.score.authored.kind_forms import MEASURES
from tests.factories import facts, measures, transcript, turn
from tests.score.rubric_files import answer, measure

BANDS = [
    {"below": 10_000, "share": 1},
    {"at_least": 10_000, "below": 20_000, "share": 0.5},
    {"at_least": 20_000, "share": 0},
]


@pytest.mark.parametrize(
    ("value", "status", "points", "says"),
    [
        (0, "pass", 3, "Longest dead air: 0 s; below 10 s earns 100 % of the points."),
        (9_999, "pass", 3, "Longest dead air: 9.9 s; below 10 s earns 100 % of the points."),
        (10_000, "partial", 1.5, "Longest dead air: 10 s; from 10 s to below 20 s earns 50 % of the points."),
        (20_000, "fail", 0, "Longest dead air: 20 s; from 20 s on earns 0 % of the points."),
    ],
)
def test_measure_criterion_gives_points_by_band(
    tmp_path: Path, value: int, status: str, points: float, says: str
) -> None:
    call = facts(measures=measures(longest_dead_air_ms=value))
    result = answer(tmp_path, call, measure("longest_dead_air_ms", BANDS), points=3)
    assert (result.status, result.points_earned, result.reason) == (Status(status), points, says)


def one_band(name: str) -> dict[str, Any]:
    edge = 0 if name.endswith("_share") else -1_000_000
    return measure(name, [{"below": edge, "share": 0}, {"at_least": edge, "share": 1}])


@pytest.mark.parametrize("name", [name for name in MEASURES if getattr(measures(), name) is None])
def test_measure_criterion_cannot_be_assessed_without_its_measure(tmp_path: Path, name: str) -> None:
    result = answer(tmp_path, facts(), one_band(name))
    assert (result.status, result.points_earned, result.confidence) == (Status.CANNOT_ASSESS, None, None)
    assert "is not known" in result.reason


@pytest.mark.parametrize(
    ("lines", "because"),
    [
        ((("unknown", "hello"), ("unknown", "hi")), "because agent and customer cannot be told apart."),
        ((), "because no speech was heard."),
        ((("agent", "hello"), ("customer", "hi")), "The agent talk share is not known."),
    ],
)
def test_measure_criterion_says_why_a_measure_is_unknown(tmp_path: Path, lines: Any, because: str) -> None:
    result = answer(tmp_path, facts(transcript=transcript(*lines)), one_band("agent_talk_share"))
    assert result.reason.endswith(because)


@pytest.mark.parametrize("name", MEASURES)
def test_measure_criterion_works_for_every_measure(tmp_path: Path, name: str) -> None:
    call = facts(measures=measures(**{name: 0.5 if name.endswith("_share") else 5}))
    assert answer(tmp_path, call, one_band(name)).status is Status.PASS


def shaped() -> CallFacts:
    gaps = (
        Gap(kind="dead_air", start_ms=1_000, end_ms=5_000),
        Gap(kind="dead_air", start_ms=63_000, end_ms=75_500),
        Gap(kind="hold", start_ms=20_000, end_ms=60_000),
    )
    overtalks = (
        Overtalk(interrupter=Role.CUSTOMER, start_ms=6_000, end_ms=9_000),
        Overtalk(interrupter=Role.AGENT, start_ms=10_000, end_ms=12_000),
    )
    loud = tuple(
        RaisedVoice(role=role, start_ms=start_ms, end_ms=start_ms + 3_000, above_usual_db=8.0)
        for role, start_ms in ((Role.AGENT, 12_000), (Role.CUSTOMER, 40_000))
    )
    numbers = {"longest_dead_air_ms": 12_500, "dead_air_count": 2, "longest_hold_ms": 40_000, "hold_count": 1}
    spoken = {"agent_interruptions": 1, "customer_interruptions": 1, "overtalk_ms": 5_000}
    by_party = {"agent_overtalk_ms": 2_000, "customer_overtalk_ms": 3_000, "customer_raised_voice_ms": 3_000}
    shape = {"gaps": gaps, "overtalks": overtalks, "raised_voices": loud}
    return facts(measures=measures(**shape, **numbers, **spoken, **by_party))


@pytest.mark.parametrize(
    ("name", "span", "says"),
    [
        ("longest_dead_air_ms", (63_000, 75_500), "12.5 s, the longest at 1:03;"),
        ("dead_air_count", (63_000, 75_500), "2, the longest at 1:03;"),
        ("longest_hold_ms", (20_000, 60_000), "40 s, the longest at 0:20;"),
        ("hold_count", (20_000, 60_000), "1, the longest at 0:20;"),
        ("agent_interruptions", (10_000, 12_000), "1, the longest at 0:10;"),
        ("customer_interruptions", (6_000, 9_000), "1, the longest at 0:06;"),
        ("overtalk_ms", (6_000, 9_000), "5 s, the longest at 0:06;"),
        ("agent_overtalk_ms", (10_000, 12_000), "2 s, the longest at 0:10;"),
        ("customer_raised_voice_ms", (40_000, 43_000), "3 s, the longest at 0:40;"),
        ("duration_ms", None, "60 s;"),
    ],
)
def test_measure_criterion_points_to_the_stretch_that_stands_out(
    tmp_path: Path, name: str, span: tuple[int, int] | None, says: str
) -> None:
    result = answer(tmp_path, shaped(), one_band(name))
    assert result.searched == (Span(start_ms=span[0], end_ms=span[1]) if span else None)
    assert says in result.reason


@pytest.mark.parametrize(
    ("name", "confidence"), [("agent_talk_share", 0.75), ("customer_words_per_minute", 0.6), ("dead_air_count", None)]
)
def test_measure_criterion_is_as_sure_as_it_is_who_speaks(tmp_path: Path, name: str, confidence: float | None) -> None:
    turns = (
        turn("agent", "one", role_confidence=0.9),
        turn("customer", "two", index=1, role_confidence=0.6),
        turn("agent", "three", index=2, role_confidence=0.6),
        turn("agent", "four", index=3, role_confidence=None),
    )
    call = facts(
        transcript=transcript(turns=turns), measures=measures(agent_talk_share=0.5, customer_words_per_minute=120)
    )
    found = answer(tmp_path, call, one_band(name)).confidence
    assert found == (None if confidence is None else pytest.approx(confidence))
