"""What the benchmark makes of answers, without asking any system."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.asr import invented, speakers, times
from benchmarks.asr.earmark import words_of
from benchmarks.asr.material import Call, read_rttm, sample_calls, timed_turn
from benchmarks.asr.measures import Heard, Said, Segment
from benchmarks.asr.report import HEADER, percent, table, with_section
from benchmarks.asr.systems import OURS, timed
from benchmarks.asr.words import ask_in_turns, errors_by_channel, report
from benchmarks.asr.worker import Answer

CALL = Call(
    name="one",
    file=Path("one.wav"),
    duration_s=10.0,
    said=("hello there", "hi"),
    segments=(Segment(role="agent", start_ms=0, end_ms=1000), Segment(role="customer", start_ms=1000, end_ms=2000)),
    words=(
        (Said(text="hello", start_ms=0, end_ms=400), Said(text="there", start_ms=450, end_ms=900)),
        (Said(text="hi"),),
    ),
)
RIGHT = (
    Heard(text="Hello", start_ms=30, end_ms=420, channel=0, role="agent"),
    Heard(text="there.", start_ms=700, end_ms=900, channel=0, role="agent"),
    Heard(text="Hi.", start_ms=1100, end_ms=1300, channel=1, role="customer"),
)


def cells(page: str, name: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_table_is_markdown() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n|---|---|\n| 1 | 2 |"


def test_percent_of_nothing_is_a_dash() -> None:
    assert (percent(0.1234), percent(None)) == ("12.3 %", "–")


def test_section_replaces_only_its_own() -> None:
    page = with_section(with_section(with_section("", "Words", "before"), "Times", "kept"), "Words", "new \\1")

    assert page.startswith(HEADER.splitlines()[0])
    assert "before" not in page
    assert page.index("## Words\n\nnew \\1") < page.index("## Times\n\nkept")
    assert with_section(page, "Words", "new \\1") == page


def test_turns_begin_with_another_system_for_each_file() -> None:
    asked: list[tuple[str, str]] = []

    def listener(name: str):
        return lambda file: asked.append((name, file.name)) or Answer()

    answers = ask_in_turns({name: listener(name) for name in "ab"}, [Path("1"), Path("2")])

    assert asked == [("a", "1"), ("b", "1"), ("b", "2"), ("a", "2")]
    assert [len(of_call) for of_call in answers["a"]] == [1, 1]


def test_report_shows_word_error_speed_and_memory() -> None:
    ours, peer = (
        Answer(words=RIGHT, took_s=1.0, cpu_s=1.0, peak_mb=400),
        Answer(words=RIGHT[:1], took_s=5.0, cpu_s=3.0, peak_mb=900),
    )

    page = report([CALL], {OURS: [[ours]], "peer": [[peer]]})

    assert cells(page, OURS) == [OURS, "0.0 %", "0.0 %", "0.0 %", "0 / 0 / 0", "0.100", "1.00", "0.100", "1.00", "400"]
    assert cells(page, "peer") == [
        "peer",
        "66.7 %",
        "50.0 %",
        "100.0 %",
        "0 / 2 / 0",
        "0.500",
        "5.00",
        "0.300",
        "3.00",
        "900",
    ]


def test_report_gives_no_speed_to_a_system_that_failed() -> None:
    page = report([CALL], {OURS: [[Answer(took_s=1.0)]], "peer": [[Answer(took_s=0.1, problem="ValueError: no")]]})

    assert cells(page, "peer")[5:9] == ["–"] * 4
    assert "**peer failed** on 1 files; ValueError: no" in page


def test_report_takes_the_median_of_repetitions() -> None:
    page = report([CALL], {OURS: [[Answer(took_s=took_s) for took_s in (1.0, 9.0, 2.0)]]})

    assert cells(page, OURS)[5] == "0.200"


def test_errors_where_both_share_a_channel_are_of_all_words() -> None:
    mono = Call(name="m", file=Path("m.wav"), duration_s=1, said=("hello there hi",))

    assert errors_by_channel([mono], [Answer(words=RIGHT)])[0].rate == 0


def test_errors_of_a_peer_on_mono_stored_twice_are_of_one_channel() -> None:
    twice = Call(name="m", file=Path("m.wav"), duration_s=1, said=("hello",), twice=True)
    peer = Answer(words=(Heard(text="hello", channel=0), Heard(text="hello", channel=1)))
    ours = Answer(words=tuple(Heard(text="hello", channel=c, role="agent") for c in (0, 1)))

    assert errors_by_channel([twice], [peer])[0].inserted == 0
    assert errors_by_channel([twice], [ours])[0].inserted == 1


def test_invented_words_are_those_of_the_quiet_channel() -> None:
    quiet = [
        invented.Quiet(name="hum", kind="hum", file=Path("a"), duration_s=30),
        invented.Quiet(name="beside", kind="beside speech", file=Path("b"), duration_s=30, channel=1),
    ]
    answers = {"peer": [[Answer(words=(Heard(text="you"),))], [Answer(words=RIGHT)]]}

    page = invented.report(quiet, answers)

    assert invented.count_invented(quiet, [(Heard(text="you"),), RIGHT]) == [1, 1]
    assert cells(page, "peer") == ["peer", "1", "1", "2", "2.00"]
    assert "- peer: hum (1), beside (1)" in page


def test_invented_words_of_a_system_that_failed_are_not_none() -> None:
    quiet = [invented.Quiet(name="hum", kind="hum", file=Path("a"), duration_s=30)]

    page = invented.report(quiet, {"peer": [[Answer(problem="hum.wav: ValueError: no")]]})

    assert cells(page, "peer") == ["peer", "failed", "–", "–"]


def test_speakers_row_counts_words_and_calls() -> None:
    row = dict(zip(speakers.HEAD, speakers.row("stereo", [CALL], [Answer(words=RIGHT)])[1:], strict=True))

    assert row["right role"] == "100.0 %"
    assert row["roles right / unknown / wrong"] == "1 / 0 / 0"
    assert row["heard on both channels"] == "0.0 %"
    assert row["heard per word said"] == "1.00"


@pytest.mark.parametrize(("times_heard", "found"), [(0, 0), (1, 1), (2, 0)])
def test_mono_stored_twice_is_found_where_words_come_once(times_heard: int, found: int) -> None:
    assert speakers.found_twice([CALL], [Answer(words=RIGHT * times_heard)]) == found


def test_times_report_shares_and_medians() -> None:
    page = times.report([CALL], {"peer": [[Answer(words=RIGHT)]]})

    assert cells(page, "peer") == ["peer", "100.0 %", "50.0 %", "100.0 %", "50.0 %", "+140", "+10", "250", "20"]


def test_words_of_a_transcript_carry_channel_and_role_in_order_of_time() -> None:
    word = {"text": "hi", "start_ms": 500, "end_ms": 700}
    early = {"text": "so", "start_ms": 100, "end_ms": 200, "confidence": 0.5}
    data = {
        "turns": [
            {"channel": 1, "role": "customer", "words": [word]},
            {"channel": 0, "role": "agent", "words": [early]},
        ]
    }

    assert [(w.text, w.channel, w.role) for w in words_of(data)] == [("so", 0, "agent"), ("hi", 1, "customer")]


def test_pieces_without_a_space_belong_to_the_word_before() -> None:
    words = timed([(" a", 0.0, 0.2), (".m.", 0.2, 0.5), (" now", 0.6, 0.8)], 1)

    assert [(w.text, w.start_ms, w.end_ms, w.channel) for w in words] == [("a.m.", 0, 500, 1), ("now", 600, 800, 1)]


def test_rttm_gives_segments_and_leaves_other_lines() -> None:
    text = "SPKR-INFO x 1 <NA> <NA> <NA> unknown agent <NA>\nSPEAKER x 1 3.720 2.670 <NA> <NA> agent <NA> <NA>\n"

    assert read_rttm(text) == (Segment(role="agent", start_ms=3720, end_ms=6390),)


def test_turns_without_word_times_know_their_first_start_and_last_end() -> None:
    turn = {"start_ms": 100, "end_ms": 900, "words": "one two three"}

    assert [(w.start_ms, w.end_ms) for w in timed_turn(turn, None)] == [(100, None), (None, None), (None, 900)]
    assert timed_turn(turn, [["one", 110, 200]]) == [Said(text="one", start_ms=110, end_ms=200)]


def test_samples_are_the_calls_that_decode_and_their_times_lie_in_their_turns() -> None:
    calls = {call.name: call for call in sample_calls()}

    assert len(calls) == 21
    assert [call.name for call in calls.values() if call.twice] == ["18-hardship-plan"]
    for call in calls.values():
        assert call.file.is_file()
        known = [word for channel in call.words for word in channel if word.start_ms is not None and word.end_ms]
        assert all(0 <= word.start_ms < word.end_ms <= call.duration_s * 1000 for word in known)
        assert " ".join(word.text for channel in call.words for word in channel) == " ".join(call.said)
