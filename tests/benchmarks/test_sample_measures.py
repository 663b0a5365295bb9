"""The truth that measures are compared with, held to what the scripts say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.measures import ROOT, Compared, report, too_far_off, true_transcript
from pipeline.config import ConversationSettings
from pipeline.conversation.measure import measure
from pipeline.records import Measures
from tests.factories import measures

TRUTH: dict[str, Any] = json.loads((ROOT / "samples" / "truth.json").read_text())["calls"]
SPEECH: dict[str, Any] = json.loads((ROOT / "benchmarks" / "speech_times.json").read_text())["calls"]
WORDS: dict[str, Any] = json.loads((ROOT / "benchmarks" / "word_times.json").read_text())["calls"]


def true(name: str) -> Measures:
    return measure(true_transcript(name, TRUTH[name], SPEECH[name]), None, ConversationSettings())


def test_speech_times_cover_every_spoken_turn_and_stay_inside_it() -> None:
    assert set(SPEECH) == {name for name, call in TRUTH.items() if any(t["kind"] == "speech" for t in call["turns"])}
    for name, turns in SPEECH.items():
        spoken = {str(turn["index"]): turn for turn in TRUTH[name]["turns"] if turn["kind"] == "speech"}
        assert set(turns) == set(spoken), name
        for index, spans in turns.items():
            times = [ms for span in spans for ms in span]
            assert times == sorted(times)
            assert spoken[index]["start_ms"] <= times[0] < times[-1] <= spoken[index]["end_ms"]


def test_speech_times_agree_with_the_synthesisers_word_times() -> None:
    """Two ways to the same truth: sound in the clean utterance, and the lengths that the synthesiser planned."""
    off = []
    for name, turns in WORDS.items():
        for index, words in turns.items():
            spans = SPEECH[name][index]
            if words[0][1] is not None and words[-1][2] is not None:
                off += [abs(spans[0][0] - words[0][1]), abs(spans[-1][1] - words[-1][2])]
    assert len(off) > 80
    assert sorted(off)[len(off) // 2] <= 40


def test_true_dead_air_hold_and_overtalk_are_the_scripts() -> None:
    silence, hold, talked_over = true("14-dead-air"), true("13-on-hold"), true("11-interruptions")
    assert (silence.dead_air_count, hold.dead_air_count) == (1, 0)
    assert TRUTH["14-dead-air"]["expect"]["dead_air_s"] <= silence.dead_air_ms / 1000 < 19
    assert hold.hold_ms / 1000 == pytest.approx(TRUTH["13-on-hold"]["expect"]["hold_music_s"], abs=1.5)
    assert talked_over.agent_interruptions == TRUTH["11-interruptions"]["expect"]["overtalk_count"]
    others = [true(name) for name in SPEECH if name not in {"11-interruptions", "13-on-hold", "14-dead-air"}]
    assert [call for call in others if call.overtalk_ms or call.dead_air_ms or call.hold_ms] == []


def compared(measured: dict[str, Any], true: dict[str, Any]) -> Compared:
    return Compared(call="one", measured=measures(**measured), true=measures(**true))


@pytest.mark.parametrize(
    ("measured", "true", "error"),
    [(10_400, 10_000, 0.04), (9_000, 10_000, -0.1), (0, 0, 0.0), (3_100, 0, 1.0), (None, 0, None), (0, None, None)],
)
def test_error_is_a_part_of_the_truth(measured: int | None, true: int | None, error: float | None) -> None:
    found = compared({"overtalk_ms": measured}, {"overtalk_ms": true}).error("overtalk_ms")
    assert found == (None if error is None else pytest.approx(error))


def test_more_than_five_percent_is_too_far_off_and_unknown_is_not() -> None:
    close = {"dead_air_ms": 10_490, "agent_talk_share": 0.5}
    assert too_far_off([compared(close, {"dead_air_ms": 10_000, "agent_talk_share": 0.51})]) == []
    far = compared({"dead_air_ms": 3_100}, {"dead_air_ms": 0, "overtalk_ms": 2000})
    assert too_far_off([far]) == ["one: dead air is +100.0% off"]


def test_report_shows_both_figures_and_sums() -> None:
    table = report([compared({"dead_air_ms": 11_000, "agent_talk_share": 0.5}, {"dead_air_ms": 10_000})])
    assert "| one | 11.0 / 10.0 (+10.0%) | unknown | unknown |" in table
    assert "| all, error of the sum | +10.0% | – |" in table
