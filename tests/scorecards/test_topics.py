"""Which misses repeat."""

from __future__ import annotations

from pipeline.config import CoachingSettings
from pipeline.records import AgentAnswer, Status
from pipeline.scorecards.topics import missed_questions

RULE = CoachingSettings()
PASS, PARTIAL, FAIL, NONE = Status.PASS, Status.PARTIAL, Status.FAIL, Status.NOT_APPLICABLE


def _answers(
    criterion_id: str, *statuses: Status, critical: bool = False, asked: str | None = None
) -> list[AgentAnswer]:
    return [
        AgentAnswer(
            agent_id="tom",
            call_id=f"c-{number}",
            score_id=f"s-{number}",
            started_at=None,
            rubric_id="general" if number else "newest",
            criterion_id=criterion_id,
            asked=f"asks {criterion_id}" if asked is None else asked,
            title=criterion_id.title(),
            critical=critical,
            status=status,
        )
        for number, status in enumerate(statuses)
    ]


def test_four_misses_of_the_last_five_are_a_topic_and_older_calls_do_not_count() -> None:
    [missed] = missed_questions(_answers("closing", FAIL, FAIL, PASS, FAIL, FAIL, PASS, PASS), RULE)
    assert (missed.repeats, missed.missed, missed.assessed) == (True, 4, 5)
    assert [miss.call_id for miss in missed.misses] == ["c-0", "c-1", "c-3", "c-4"]
    assert missed.rubric_id == "newest"
    [missed] = missed_questions(_answers("closing", FAIL, PASS, PARTIAL, FAIL, FAIL, FAIL), RULE)
    assert (missed.repeats, missed.missed) == (False, 3)


def test_calls_in_which_the_question_did_not_come_up_do_not_count() -> None:
    [missed] = missed_questions(_answers("closing", FAIL, NONE, FAIL, NONE, FAIL, FAIL), RULE)
    assert (missed.repeats, missed.missed, missed.assessed) == (True, 4, 4)


def test_three_misses_of_three_are_no_topic() -> None:
    assert not missed_questions(_answers("closing", FAIL, FAIL, FAIL), RULE)[0].repeats


def test_topics_come_first_critical_ones_before_frequent_ones() -> None:
    every = [
        *_answers("often", FAIL, FAIL, FAIL, FAIL, FAIL),
        *_answers("grave", FAIL, FAIL, FAIL, FAIL, critical=True),
        *_answers("once", FAIL, critical=True),
        *_answers("never", PASS),
    ]
    assert [missed.criterion_id for missed in missed_questions(every, RULE)] == ["grave", "often", "once"]


def test_equal_questions_of_two_rubrics_are_one_and_unknown_ones_are_not() -> None:
    both = [*_answers("closing", FAIL, FAIL, asked="same"), *_answers("goodbye", FAIL, FAIL, asked="same")]
    assert [missed.missed for missed in missed_questions(both, RULE)] == [4]
    unknown = [*_answers("closing", FAIL, FAIL, asked=""), *_answers("goodbye", FAIL, FAIL, asked="")]
    assert all(missed.missed == 1 for missed in missed_questions(unknown, RULE))
