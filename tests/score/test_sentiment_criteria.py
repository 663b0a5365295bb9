from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.records import (
    CallFacts,
    CallSentiment,
    PartySentiment,
    Recovery,
    Role,
    SentimentReading,
    Status,
    TurningPoint,
)
from pipeline.score.authored.kind_forms import SENTIMENT_RANGES
from pipeline.score.kinds.sentiment import NAMES
from pipeline.score.readings import FIGURES, quarter_of, reading_of, said
from tests.factories import MADE_BY, facts, sentiment, transcript
from tests.score.rubric_files import answer

BANDS = [{"below": -0.5, "share": 0}, {"at_least": -0.5, "below": 0, "share": 0.5}, {"at_least": 0, "share": 1}]
# midpoints 300, 15 300, 30 300 and 45 300 of 60 000 ms: one turn in each quarter, by one party each
SCORES = [("customer", 0.4, 0.7), ("agent", 0.1, 0.6), ("customer", -0.9, 0.9), ("customer", -0.5, 0.8)]


def call(quarters: tuple[float | None, ...] = (0.4, None, -0.9, -0.5), **figures: Any) -> CallFacts:
    lines: list[Any] = [(role, f"words {i}", i * 15_000) for i, (role, _, _) in enumerate(SCORES)]
    readings = tuple(
        SentimentReading(turn_index=i, role=Role(role), label="x", score=score, probability=probability)
        for i, (role, score, probability) in enumerate(SCORES)
    )
    party = PartySentiment(role=Role.CUSTOMER, quarters=quarters, **figures)  # type: ignore[arg-type]
    heard = CallSentiment(readings=readings, parties=(party,), made_by=MADE_BY)
    return facts(transcript=transcript(*lines), sentiment=heard)


def mood(reading: str = "overall", bands: Any = BANDS, role: str = "customer") -> dict[str, Any]:
    return {"kind": "sentiment", "role": role, "reading": reading, "bands": bands}


@pytest.mark.parametrize(
    ("value", "status", "points"),
    [(-1, "fail", 0), (-0.5, "partial", 1), (-0.01, "partial", 1), (0, "pass", 2), (1, "pass", 2)],
)
def test_sentiment_criterion_gives_points_by_band(tmp_path: Path, value: float, status: str, points: float) -> None:
    result = answer(tmp_path, facts(sentiment=sentiment(customer={"overall": value})), mood(), points=2)
    assert (result.status, result.points_earned) == (Status(status), points)


@pytest.mark.parametrize(
    ("reading", "says"),
    [
        (
            "overall",
            "Customer's sentiment over the call: -1.7 (from -5 to +5); at least -2.5 and below 0.0",
        ),
        (
            "change",
            "Customer's sentiment change from the first to the last quarter: -4.5 (from -5 to +5); below -2.5",
        ),
        (
            "last_quarter",
            "Customer's sentiment in the last quarter: -2.5 (from -5 to +5); at least -2.5 and below 0.0",
        ),
    ],
)
def test_sentiment_criterion_says_figure_and_band(tmp_path: Path, reading: str, says: str) -> None:
    assert answer(tmp_path, call(overall=-1 / 3, change=-0.9), mood(reading)).reason.startswith(says)


@pytest.mark.parametrize("reading", FIGURES)
@pytest.mark.parametrize("role", ["customer", "agent"])
def test_sentiment_criterion_cannot_be_assessed_where_too_little_was_said(
    tmp_path: Path, reading: str, role: str
) -> None:
    result = answer(tmp_path, facts(sentiment=sentiment(customer={})), mood(reading, ANY, role=role))
    assert (result.status, result.points_earned, result.confidence) == (Status.CANNOT_ASSESS, None, None)
    assert result.reason.endswith("is not known: too little was said to read it.")


@pytest.mark.parametrize(
    ("reading", "confidence"), [("overall", (0.7 + 0.9 + 0.8) / 3), ("change", (0.7 + 0.8) / 2), ("last_quarter", 0.8)]
)
def test_sentiment_criterion_is_as_sure_as_the_readings_it_rests_on(
    tmp_path: Path, reading: str, confidence: float
) -> None:
    assert answer(tmp_path, call(overall=-0.3, change=-0.9), mood(reading)).confidence == pytest.approx(confidence)


ANY = [{"below": 0, "share": 0}, {"at_least": 0, "share": 1}]
ALL_PASS = [{"below": -1, "share": 0}, {"at_least": -1, "share": 1}]


@pytest.mark.parametrize(
    ("reading", "bands", "figures", "quoted"),
    [
        ("overall", BANDS, {"overall": -0.3}, ["words 2", "words 3"]),  # points lost: the lowest
        ("overall", ALL_PASS, {"overall": -0.3}, ["words 0", "words 3"]),  # none lost: the highest
        ("last_quarter", BANDS, {}, ["words 3"]),
        ("change", BANDS, {"change": -0.9}, ["words 0", "words 3"]),
        ("change", BANDS, {"change": 0.9}, ["words 0", "words 3"]),
    ],
)
def test_sentiment_criterion_quotes_the_turns_that_weigh_most(
    tmp_path: Path, reading: str, bands: Any, figures: dict[str, Any], quoted: list[str]
) -> None:
    heard = call(**figures)
    result = answer(tmp_path, heard, mood(reading, bands))
    assert [evidence.quote for evidence in result.evidence] == quoted
    for evidence in result.evidence:
        turn = heard.transcript.turns[evidence.turn_index]
        assert evidence.quote == turn.text[evidence.char_start : evidence.char_end]
        assert (evidence.start_ms, evidence.end_ms, evidence.role) == (turn.start_ms, turn.end_ms, turn.role)


@pytest.mark.parametrize(("change", "quoted"), [(0.9, ["low early", "high late"]), (-0.9, ["high early", "low late"])])
def test_sentiment_criterion_shows_a_change_by_its_two_ends(tmp_path: Path, change: float, quoted: list[str]) -> None:
    said = {"low early": -0.5, "high early": 0.5, "in between": 0.9, "low late": -0.6, "high late": 0.6}
    starts_ms = (0, 5_000, 30_000, 50_000, 55_000)
    lines = [("customer", text, start_ms) for text, start_ms in zip(said, starts_ms, strict=True)]
    readings = tuple(
        SentimentReading(turn_index=i, role=Role.CUSTOMER, label="x", score=score, probability=0.8)
        for i, score in enumerate(said.values())
    )
    heard = CallSentiment(readings=readings, parties=sentiment(customer={"change": change}).parties, made_by=MADE_BY)
    result = answer(tmp_path, facts(transcript=transcript(*lines), sentiment=heard), mood("change"))
    assert [evidence.quote for evidence in result.evidence] == quoted


def test_quarter_is_that_of_the_turns_midpoint() -> None:
    heard = call()
    assert [quarter_of(heard, reading) for reading in heard.sentiment.readings] == [0, 1, 2, 3]
    # a turn whose midpoint is the end of the recording is in the last quarter, not in a fifth
    late = facts(transcript=transcript(("customer", "one two", 59_700), duration_ms=60_000), sentiment=heard.sentiment)
    assert quarter_of(late, heard.sentiment.readings[0]) == 3
    assert quarter_of(late, heard.sentiment.readings[2]) is None  # no such turn
    empty = facts(transcript=transcript(("customer", "one"), duration_ms=0), sentiment=heard.sentiment)
    assert quarter_of(empty, heard.sentiment.readings[0]) is None


def test_reading_of_a_party_is_one_of_its_three_figures() -> None:
    heard = call(overall=-0.3, change=-0.9)
    assert [reading_of(heard, Role.CUSTOMER, name) for name in ("overall", "change", "last_quarter")] == [
        -0.3,
        -0.9,
        -0.5,
    ]
    assert reading_of(heard, Role.AGENT, "overall") is None


def test_every_figure_has_a_name_and_a_range() -> None:
    assert list(FIGURES) == list(NAMES) == list(SENTIMENT_RANGES)


SHORT = [{"below": 3, "share": 1}, {"at_least": 3, "share": 0}]
QUICK = [{"below": 20_000, "share": 1}, {"at_least": 20_000, "share": 0}]


@pytest.mark.parametrize(
    ("reading", "bands", "figures", "says"),
    [
        (
            "first_quarter",
            BANDS,
            {},
            "Customer's sentiment in the first quarter: +2.0 (from -5 to +5); at least 0.0 earns",
        ),
        ("trend", BANDS, {"trend": -0.6}, "Customer's sentiment trend: -3.0 (from -5 to +5); below -2.5 earns 0 %"),
        (
            "longest_negative_turns",
            SHORT,
            {"longest_negative_turns": 3},
            "Customer's longest run of negative turns: 3; at least 3 earns 0 %",
        ),
        (
            "longest_negative_ms",
            QUICK,
            {"longest_negative_ms": 12_500},
            "Customer's longest negative stretch: 12.5 s; below 20 s earns 100 %",
        ),
    ],
)
def test_sentiment_criterion_asks_for_the_course(
    tmp_path: Path, reading: str, bands: Any, figures: Any, says: str
) -> None:
    assert answer(tmp_path, call(**figures), mood(reading, bands)).reason.startswith(says)


@pytest.mark.parametrize(
    ("recovery", "status"),
    [
        (Recovery.RECOVERED, "pass"),
        (Recovery.NOT_RECOVERED, "fail"),
        (Recovery.NEVER_NEGATIVE, "not_applicable"),
        (None, "cannot_assess"),
    ],
)
def test_recovery_does_not_apply_where_nothing_was_negative(
    tmp_path: Path, recovery: Recovery | None, status: str
) -> None:
    bands = [{"below": 1, "share": 0}, {"at_least": 1, "share": 1}]
    assert answer(tmp_path, call(recovery=recovery), mood("recovery", bands)).status == Status(status)


def test_recovery_is_shown_by_the_lowest_words_and_those_that_turned_it(tmp_path: Path) -> None:
    point = TurningPoint(
        turn_index=0, start_ms=0, end_ms=600, direction="positive", level_before=-0.5, level=0.3, before_turn_index=None
    )
    heard = call(recovery=Recovery.RECOVERED, turning_points=(point,))
    first = SentimentReading(
        turn_index=0, role=Role.CUSTOMER, label="x", score=0.4, probability=0.7, start_ms=0, end_ms=600
    )
    mended = CallSentiment(
        readings=(first, *heard.sentiment.readings[1:]), parties=heard.sentiment.parties, made_by=MADE_BY
    )
    result = answer(tmp_path, facts(transcript=heard.transcript, sentiment=mended), mood("recovery", ANY))
    assert [quote.quote for quote in result.evidence] == ["words 0", "words 2"]


def test_streak_is_shown_by_words_inside_it_and_its_absence_by_none(tmp_path: Path) -> None:
    streak: dict[str, Any] = {
        "longest_negative_turns": 2,
        "longest_negative_ms": 15_600,
        "longest_negative_start_ms": 30_000,
    }
    result = answer(tmp_path, call(**streak), mood("longest_negative_turns", SHORT))
    assert [quote.quote for quote in result.evidence] == ["words 2", "words 3"]
    none = answer(tmp_path, call(longest_negative_turns=0), mood("longest_negative_turns", SHORT))
    assert (none.status, none.evidence) == (Status.PASS, ())


def test_words_of_a_reading_are_exact_slices_of_each_of_its_turns() -> None:
    heard = transcript(("customer", "alpha beta gamma delta"), ("customer", "epsilon zeta", 1200))
    reading = SentimentReading(
        turn_index=0,
        role=Role.CUSTOMER,
        label="x",
        score=-0.5,
        probability=0.5,
        turn_indexes=(0, 1),
        start_ms=600,
        end_ms=1500,
    )
    quotes = said(heard, reading)
    assert [(q.turn_index, q.quote, q.start_ms, q.end_ms) for q in quotes] == [
        (0, "gamma delta", 600, 1200),
        (1, "epsilon", 1200, 1500),
    ]
    assert all(heard.turns[q.turn_index].text[q.char_start : q.char_end] == q.quote for q in quotes)
