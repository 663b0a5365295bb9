from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import PartySentiment, Recovery, Role, SentimentReading, Transcript
from pipeline.sentiment.course import CLEAR_LEVEL, JUMP, party_course, running_levels
from tests.factories import transcript


def reading(turn_index: int, score: float, role: str = "customer") -> SentimentReading:
    label = "negative" if score < 0 else "positive" if score > 0 else "neutral"
    return SentimentReading(turn_index=turn_index, role=Role(role), label=label, score=score, probability=0.9)


def call(count: int, duration_ms: int | None = None) -> Transcript:
    """Turns of a second every ten seconds, agent and customer taking turns; the customer has the odd ones."""
    lines = [("customer" if i % 2 else "agent", "one two three four", i * 10_000) for i in range(2 * count)]
    return transcript(*lines, duration_ms=duration_ms or 20_000 * count)


def course(*scores: float) -> PartySentiment:
    readings = [reading(2 * i + 1, score) for i, score in enumerate(scores)]
    return party_course(Role.CUSTOMER, readings, call(len(scores)))


def test_quarters_are_means_by_midpoint() -> None:
    heard = transcript(
        ("customer", "in the first", 0),
        ("customer", "one two", 4700),  # midpoint 5000 of 20000: exactly the second quarter
        ("customer", "three four", 6000),
        ("customer", "five six", 9699),  # midpoint 9999: still the second
        ("customer", "seven eight", 19_400),
        duration_ms=20_000,
    )
    found = party_course(
        Role.CUSTOMER, [reading(i, score) for i, score in enumerate([-0.9, 0.8, 0.0, 0.8, 0.8])], heard
    )
    assert found.quarters == (-0.9, round(1.6 / 3, 4), None, 0.8)
    assert (found.change, found.overall) == (1.7, 0.3)


def test_what_ends_after_the_recording_is_in_the_last_quarter() -> None:
    heard = transcript(("customer", "awful awful", 30_000), duration_ms=20_000)
    assert party_course(Role.CUSTOMER, [reading(0, -0.9)], heard).quarters == (None, None, None, -0.9)


def test_another_partys_readings_count_for_nothing() -> None:
    found = party_course(Role.CUSTOMER, [reading(0, -0.9, "agent"), reading(2, -0.8, "agent")], call(2))
    assert found == PartySentiment(role=Role.CUSTOMER, quarters=(None, None, None, None))


@pytest.mark.parametrize(
    ("scores", "trend"),
    [
        ((-0.8, -0.4, 0.2, 0.8), 0.55),  # (0.5 - -0.6) / 2
        ((0.9, 0.9, -0.9, -0.9), -0.9),
        ((0.5, 0.5, 0.5, 0.5), 0.0),
        ((0.5, 0.5, 0.5), None),  # one in the second half is no mean
    ],
)
def test_trend_is_half_of_end_minus_start(scores: tuple[float, ...], trend: float | None) -> None:
    assert course(*scores).trend == trend


@pytest.mark.parametrize(
    ("scores", "turns", "length_ms", "start_ms"),
    [
        ((0.0, 0.5), 0, 0, None),
        ((-0.5, 0.0, -0.6, -0.7, 0.3), 2, 21_200, 50_000),
        ((-0.5, -0.5, 0.0, -0.6, -0.7), 2, 21_200, 10_000),  # of equals the first
        ((-0.5, -0.5, -0.5), 3, 41_200, 10_000),
    ],
)
def test_longest_negative_run_in_turns_and_time(
    scores: tuple[float, ...], turns: int, length_ms: int, start_ms: int | None
) -> None:
    found = course(*scores)
    assert found.longest_negative_turns == turns
    assert found.longest_negative_ms == length_ms
    assert found.longest_negative_start_ms == start_ms


def test_negative_run_counts_turns_not_readings() -> None:
    parts = [
        SentimentReading(
            turn_index=1,
            role=Role.CUSTOMER,
            label="negative",
            score=-0.9,
            probability=0.9,
            turn_indexes=(1,),
            start_ms=start_ms,
            end_ms=start_ms + 500,
        )
        for start_ms in (10_000, 10_500)
    ]
    found = party_course(Role.CUSTOMER, parts, call(1))
    assert (found.longest_negative_turns, found.longest_negative_ms) == (1, 1000)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((0.0, 0.0, 0.0), []),
        ((-0.9, -0.9, -0.9), []),  # bad from the beginning: no turn
        ((0.0, -0.9, 0.0), [(3, "negative", 0.0, -0.45)]),
        ((0.0, -0.3, 0.0), []),  # no clear sign
        ((-0.9, 0.0, 0.0, 0.9), [(7, "positive", -0.225, 0.3375)]),
        ((0.0, -0.9, 0.0, -0.9, 0.0), [(3, "negative", 0.0, -0.45)]),  # falls again from below: no second turn
        ((-0.9, 0.95, 0.0), [(3, "positive", -0.9, 0.025)]),  # a jump, even to no clear sign
        ((-0.9, 0.95, 0.95), [(3, "positive", -0.9, 0.025)]),  # and the sign that follows it is no other turn
        ((0.8, -0.8, 0.8), [(3, "negative", 0.8, 0.0), (5, "positive", 0.0, 0.4)]),
        ((0.0, 0.0, 0.0, 0.9), []),  # thanks at the end of a plain call
        ((0.8, -0.8, -0.8, 0.9, 0.9), [(3, "negative", 0.8, 0.0), (7, "positive", -0.4, 0.25)]),
    ],
)
def test_turning_points(scores: tuple[float, ...], expected: list[tuple[int, str, float, float]]) -> None:
    points = course(*scores).turning_points
    assert points is not None
    assert [(p.turn_index, p.direction, p.level_before, p.level) for p in points] == expected


def test_turning_point_names_its_time_and_what_the_other_party_said_before_it() -> None:
    (point,) = course(0.0, -0.9, 0.0).turning_points or ()
    assert (point.start_ms, point.end_ms, point.before_turn_index) == (30_000, 31_200, 2)


def test_turning_point_holds_no_words() -> None:
    (point,) = course(0.0, -0.9, 0.0).turning_points or ()
    assert "one two" not in repr(point)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((0.0, 0.5, 0.9), Recovery.NEVER_NEGATIVE),
        ((-0.3, 0.0, 0.0), Recovery.NOT_RECOVERED),
        ((-0.3, 0.9, 0.0), Recovery.RECOVERED),
        ((-0.9, -0.9, 0.0, 0.9, 0.0, 0.0), Recovery.RECOVERED),  # neutral words afterwards take nothing back
        ((-0.9, -0.9, 0.95), Recovery.NOT_RECOVERED),  # one kind word at the end
        ((0.9, 0.9, -0.9, -0.9), Recovery.NOT_RECOVERED),
        ((-0.9, 0.9, 0.9, -0.9, -0.9), Recovery.NOT_RECOVERED),  # the end counts
        ((-0.9, 0.9), None),
        ((), None),
    ],
)
def test_recovery(scores: tuple[float, ...], expected: Recovery | None) -> None:
    assert course(*scores).recovery is expected


@pytest.mark.parametrize("scores", [(), (-0.9,), (-0.9, 0.9)])
def test_turning_points_are_unknown_where_too_little_was_read(scores: tuple[float, ...]) -> None:
    assert course(*scores).turning_points is None


def test_running_level_is_half_of_the_newest_and_half_of_what_was() -> None:
    assert running_levels([]) == ()
    assert running_levels([-0.8, 0.0, 0.8]) == pytest.approx((-0.8, -0.4, 0.2))


@given(st.lists(st.sampled_from([-0.9, -0.6, 0.0, 0.5, 0.95]), min_size=3, max_size=12))
def test_course_holds_together(scores: list[float]) -> None:
    found = course(*scores)
    assert found.turning_points is not None
    for point in found.turning_points:
        assert (point.direction == "positive") == (point.level > point.level_before)
        assert abs(point.level) >= CLEAR_LEVEL or abs(point.level - point.level_before) >= JUMP
    if found.recovery is Recovery.RECOVERED:
        assert found.turning_points[-1].direction == "positive"
    assert (found.longest_negative_turns or 0) <= sum(score < 0 for score in scores)
