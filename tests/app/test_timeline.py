"""The course of a call as it stands on a terminal, row by row."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from app.cli import show
from app.cli.lanes import cell_of, kinds_of_cells
from app.cli.marks import marks_of
from app.cli.timeline import LABEL_WIDTH, NARROWEST, course_lines, print_course
from pipeline.records import (
    CallSentiment,
    Expectation,
    Flag,
    Gap,
    Overtalk,
    PartySentiment,
    Recovery,
    Role,
    SentimentReading,
    Severity,
    TurningPoint,
)
from pipeline.store.call_record import CallRecord
from tests.factories import MADE_BY, evidence, finding, measures, recording, transcript

# a minute: the agent 0-12 s, the customer 15-27 s, dead air to 45 s, the customer 45-57 s
TALK = transcript(
    ("agent", "hello " * 40, 0), ("customer", "awful " * 40, 15_000), ("customer", "lovely " * 40, 45_000)
)
TURNED = TurningPoint(turn_index=2, start_ms=45_000, end_ms=57_000, direction="positive", level_before=-0.9, level=0.25)
FLAG = Flag(
    flag_id="fl-1",
    call_id="c-0001",
    score_id="s-1",
    code="prohibited_phrase",
    severity=Severity.CRITICAL,
    reason="Because.",
    rule_id="threat",
    evidence=(evidence(start_ms=6000),),
)


def heard(role: str = "customer", **figures: Any) -> CallSentiment:
    readings = tuple(
        SentimentReading(
            turn_index=index,
            role=Role(role),
            label="x",
            score=score,
            probability=0.9,
            turn_indexes=(index,),
            start_ms=start_ms,
            end_ms=start_ms + 12_000,
        )
        for index, score, start_ms in ((1, -0.9, 15_000), (2, 0.9, 45_000))
    )
    given: dict[str, Any] = {"quarters": (-0.9, None, None, 0.9), "overall": 0.0, "turning_points": (TURNED,)}
    party = PartySentiment(role=Role(role), **{**given, **figures})
    return CallSentiment(readings=readings, parties=(party,), made_by=MADE_BY)


def call(**changes: Any) -> CallRecord:
    given: dict[str, Any] = {
        "recording": recording(),
        "failure": None,
        "transcript": TALK,
        "findings": (),
        "sentiment": heard(),
        "measures": measures(gaps=(Gap(kind="dead_air", start_ms=27_000, end_ms=45_000),)),
        "scores": (),
        "flags": (),
    }
    return CallRecord(**{**given, **changes})


def drawn(width: int = LABEL_WIDTH + 60, **changes: Any) -> list[str]:
    shown = call(**changes)
    assert shown.transcript is not None
    return [line.plain for line in course_lines(shown, shown.transcript, width)]


def cells(line: str) -> str:
    return line[LABEL_WIDTH:]


def test_timeline_shows_who_speaks_when_a_cell_for_each_second() -> None:
    assert cells(drawn()[0]) == "▀" * 12 + "   " + "▄" * 12 + "·" * 18 + "▄" * 12 + "   "


def test_timeline_shows_sentiment_above_and_below_the_line_from_its_first_reading_on() -> None:
    above, below = (cells(line) for line in drawn()[1:3])
    assert below == " " * 15 + "█" * 30 + " " * 15
    assert above == " " * 45 + "▁" * 15  # -0.9 and +0.9 together: level again


def test_timeline_shows_quarters_on_the_scale_for_people() -> None:
    assert drawn()[3].split() == ["quarters", "-4.5", "–", "–", "+4.5"]


def test_timeline_has_times_in_minutes_and_seconds_under_their_cells() -> None:
    ruler, labels = (cells(line) for line in drawn()[5:7])
    assert [at for at, char in enumerate(ruler) if char == "┬"] == [0, 10, 20, 30, 40, 50]
    assert labels[10:14] == "0:10"
    assert labels[50:54] == "0:50"


@pytest.mark.parametrize(("duration_ms", "times"), [(9_000, "0:02"), (600_000, "2:00"), (5_400_000, "20:00")])
def test_timeline_counts_time_in_steps_that_fit(duration_ms: int, times: str) -> None:
    of_length = transcript(("agent", "hello"), duration_ms=duration_ms)
    labels = next(line for line in drawn(transcript=of_length, sentiment=None, measures=None) if "0:00" in line)
    assert labels.split()[:2] == ["0:00", times]


@pytest.mark.parametrize("width", [40, 80, 100, 160, 300])
def test_timeline_keeps_to_the_width(width: int) -> None:
    lines = drawn(width, flags=(FLAG,))
    rows = [line for line in lines if line[:LABEL_WIDTH].strip() and ":" not in line[:LABEL_WIDTH]]
    assert len(rows) == 5
    assert len({len(row) for row in rows}) == 1
    assert len(rows[0]) <= width


def test_timeline_on_a_tiny_terminal_stays_a_timeline() -> None:
    assert len(cells(drawn(5)[0])) == NARROWEST


def test_overtalk_shows_where_it_fills_a_good_part_of_a_cell() -> None:
    talk = measures(overtalks=(Overtalk(interrupter=Role.CUSTOMER, start_ms=11_700, end_ms=13_000),))
    assert kinds_of_cells(TALK, talk, 60)[10:14] == ["agent", "overtalk", "overtalk", ""]
    assert "both at once" in " ".join(drawn(measures=talk))
    assert "both at once" not in " ".join(drawn())


def test_hold_and_speakers_that_are_not_known_have_their_own_signs() -> None:
    unknown = transcript(("unknown", "hello " * 40, 0))
    held = measures(gaps=(Gap(kind="hold", start_ms=20_000, end_ms=50_000),))
    who = cells(drawn(transcript=unknown, measures=held, sentiment=heard("unknown"))[0])
    assert who == "▒" * 12 + " " * 8 + "=" * 30 + " " * 10


def test_marks_stand_at_their_time_and_are_told_below_in_order() -> None:
    said = finding("greeting", evidence=(evidence(start_ms=2000),))
    lines = drawn(flags=(FLAG,), findings=(said,))
    assert cells(lines[4]) == "  +   !" + " " * 38 + "▲" + " " * 14
    told = [line.split("  ")[-1] for line in lines[-3:]]
    assert told[0] == "+ Greeting: “hello”"
    assert told[1] == "! critical prohibited_phrase: “hello”"
    assert told[2].startswith("▲ customer turns positive (-4.5 to +1.2): “lovely lovely")


def test_finding_that_a_flag_is_about_is_marked_once() -> None:
    broken = finding("threat", expected=Expectation.ABSENT, evidence=(evidence(start_ms=6000),))
    signs = [mark.sign for mark in marks_of(call(flags=(FLAG,), findings=(broken,)), TALK, None)]
    assert signs == ["!"]


@pytest.mark.parametrize(
    ("expected", "sign"), [(Expectation.PRESENT, "+"), (Expectation.ABSENT, "x"), (Expectation.SIGNAL, "*")]
)
def test_finding_has_the_sign_of_what_its_rule_wants(expected: Expectation, sign: str) -> None:
    assert [m.sign for m in marks_of(call(findings=(finding(expected=expected),)), TALK, None)] == [sign]


def test_finding_by_meaning_says_that_it_is_only_probable() -> None:
    meant = finding("churn", expected=Expectation.SIGNAL, evidence=(evidence(meaning_similarity=0.7),))
    assert [mark.what for mark in marks_of(call(findings=(meant,)), TALK, None)] == ["Churn (probably): “hello”"]


def test_marks_of_one_moment_stand_under_each_other() -> None:
    found = tuple(finding(f"rule-{i}", evidence=(evidence(start_ms=2000),)) for i in range(5))
    lines = drawn(findings=found, sentiment=heard(turning_points=()))
    assert [cells(line).rstrip() for line in lines[4:8]][:3] == ["  +"] * 3
    assert sum(line.endswith("“hello”") for line in lines) == 5  # those that found no room are told all the same


def test_what_was_not_said_has_no_mark() -> None:
    assert marks_of(call(findings=(finding(kind="absent"),), flags=()), TALK, None) == ()


def test_summary_is_on_the_scale_for_people() -> None:
    figures: dict[str, Any] = {
        "change": 0.9,
        "trend": -0.25,
        "longest_negative_turns": 2,
        "longest_negative_ms": 83_000,
    }
    text = " ".join(line.strip() for line in drawn(200, sentiment=heard(recovery=Recovery.RECOVERED, **figures)))
    assert "customer from -5 to +5: 0.0 overall; +4.5 from the first to the last quarter; trend -1.3" in text
    assert "longest negative stretch 2 turns, 1:23; recovered before the end" in text


def test_timeline_without_sentiment_and_measures_shows_who_speaks() -> None:
    lines = drawn(sentiment=None, measures=None)
    assert cells(lines[0]).count("▄") == 24
    assert not any(line.startswith(("customer", "quarters", "marks")) for line in lines)


@pytest.mark.parametrize("empty", [None, transcript(), transcript(("agent", "x"), duration_ms=0)])
def test_call_without_words_or_time_has_no_timeline(empty: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(width=80, file=io.StringIO())
    monkeypatch.setattr(show, "out", console)
    print_course(call(transcript=empty))
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]


def test_timeline_is_printed_without_escapes_where_there_is_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(width=80, file=io.StringIO(), no_color=True)
    monkeypatch.setattr(show, "out", console)
    print_course(call(flags=(FLAG,)))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert printed.startswith("Course of the call\nwho ")
    assert "\x1b" not in printed
    assert max(map(len, printed.splitlines())) == 80


def test_colour_changes_with_the_speaker_not_with_each_cell() -> None:
    console = Console(width=80, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(next(course_lines(call(), TALK, 80)))
    assert console.file.getvalue().count("\x1b[3") == 4  # type: ignore[attr-defined]


def test_words_of_a_call_cannot_steer_the_terminal() -> None:
    evil = evidence(quote="\x1b[2Jgone", start_ms=0)
    assert "\x1b" not in "".join(drawn(findings=(finding(evidence=(evil,)),)))


@pytest.mark.parametrize(("at_ms", "cell"), [(0, 0), (999, 0), (1000, 1), (59_999, 59), (60_000, 59), (99_000, 59)])
def test_cell_of_a_time(at_ms: int, cell: int) -> None:
    assert cell_of(at_ms, 60_000, 60) == cell
