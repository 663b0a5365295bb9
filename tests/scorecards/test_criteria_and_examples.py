from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.records import CallToHear, Severity
from pipeline.scorecards.build import build_scorecards
from tests.factories import evidence
from tests.scorecards.made_rows import Rows, answer, call, flag, settings


def test_criterion_counts_each_answer_apart() -> None:
    statuses = ["pass", "pass", "pass", "partial", "fail", "not_applicable", "cannot_assess", "cannot_assess"]
    rows = Rows(
        calls=[call(n) for n in range(len(statuses))], answers=[answer(n, status) for n, status in enumerate(statuses)]
    )

    (card,) = build_scorecards(rows, settings(), by="agent")

    (greeting,) = card.criteria
    assert (greeting.passed, greeting.partial, greeting.failed) == (3, 1, 1)
    assert (greeting.not_applicable, greeting.cannot_assess, greeting.assessed) == (1, 2, 5)
    assert greeting.points_share == pytest.approx(35 / 50)
    assert greeting.pass_rate is not None
    assert greeting.pass_rate.estimate == pytest.approx(0.6)


def test_criterion_never_assessed_has_no_rate() -> None:
    rows = Rows(calls=[call(1)], answers=[answer(1, "cannot_assess")])

    (card,) = build_scorecards(rows, settings(), by="agent")

    assert card.criteria[0].pass_rate is None
    assert card.criteria[0].points_share is None


def test_criteria_stand_in_the_rubrics_order() -> None:
    answers = [
        answer(1, "pass", criterion_id=criterion_id, title=criterion_id.title(), position=position, critical=critical)
        for criterion_id, position, critical in [("wrap", 2, False), ("greeting", 0, False), ("identity", 1, True)]
    ]

    (card,) = build_scorecards(Rows(calls=[call(1)], answers=answers), settings(), by="agent")

    assert [(c.criterion_id, c.title, c.critical) for c in card.criteria] == [
        ("greeting", "Greeting", False),
        ("identity", "Identity", True),
        ("wrap", "Wrap", False),
    ]


def test_criteria_of_a_call_that_has_no_score_are_counted_too() -> None:
    rows = Rows(calls=[call(1), call(2, None)], answers=[answer(1, "pass"), answer(2, "cannot_assess")])

    (card,) = build_scorecards(rows, settings(), by="agent")

    assert (card.criteria[0].passed, card.criteria[0].cannot_assess) == (1, 1)


def _history(statuses: str, **changes: object) -> Rows:
    words = {"p": "pass", "f": "fail", "n": "not_applicable", "h": "partial"}
    return Rows(
        calls=[call(n, started_at=datetime(2026, 10, 1 + n, tzinfo=UTC)) for n in range(len(statuses))],
        answers=[answer(n, words[status], **changes) for n, status in enumerate(statuses)],
    )


@pytest.mark.parametrize(
    ("statuses", "missed"),
    [
        ("ffff", 4),
        ("fff", None),
        ("pfffpf", 4),
        ("ffffpp", None),  # it was so, and is no longer
        ("fhfff", 4),
        ("fhfhf", None),
        ("fnnfnnffnn", 4),  # calls in which it did not apply do not push older ones out
        ("ffffff", 5),
    ],
)
def test_topic_is_a_miss_that_repeats_itself(statuses: str, missed: int | None) -> None:
    (card,) = build_scorecards(_history(statuses), settings(), by="agent")

    assert [topic.missed for topic in card.topics] == ([] if missed is None else [missed])


def test_topic_takes_calls_without_a_time_for_the_oldest() -> None:
    rows = _history("fffffp")
    rows.calls[5]["started_at"] = None  # the passed one

    (card,) = build_scorecards(rows, settings(), by="agent")

    assert [topic.missed for topic in card.topics] == [5]


def test_topics_name_the_missed_calls_and_are_at_most_two_the_critical_one_first() -> None:
    rows = _history("ffff")
    for n, (criterion_id, critical) in enumerate([("a", False), ("b", False), ("c", True)], start=1):
        rows.answers += [answer(i, "fail", criterion_id=criterion_id, critical=critical, position=n) for i in range(4)]

    (card,) = build_scorecards(rows, settings(), by="agent")

    assert [topic.criterion_id for topic in card.topics] == ["c", "greeting"]
    assert card.topics[0].call_ids == ("c-0000", "c-0001", "c-0002", "c-0003")
    (team,) = build_scorecards(rows, settings(), by="team")
    assert team.topics == ()


def test_calls_to_hear_come_worst_first_with_their_reasons_and_quotes() -> None:
    quote = evidence(quote="i guarantee it")
    rows = Rows(
        calls=[call(1, 0.5), call(2, 0.3), call(3, 0.9), call(4, 0.1), call(5, None)],
        flags=[
            flag(1, "major"),
            flag(2, "major"),
            flag(3, "minor", reason="The customer left angry."),
            flag(
                3, "critical", reason="A guarantee was given.", code="rule", criterion_id="guarantee", evidence=(quote,)
            ),
            flag(5, "major"),
        ],
    )

    (card,) = build_scorecards(rows, settings(), by="agent")

    assert [named.call_id for named in card.calls_to_hear] == ["c-0003", "c-0002", "c-0001", "c-0005"]
    worst = card.calls_to_hear[0]
    assert worst.severity is Severity.CRITICAL
    assert worst.reasons == ("A guarantee was given.", "The customer left angry.")
    assert worst.flags[0].evidence == (quote,)
    assert card.calls_to_hear[-1].share is None


@pytest.mark.parametrize(("limit", "named"), [(0, 0), (2, 2), (9, 3)])
def test_calls_to_hear_are_limited(limit: int, named: int) -> None:
    rows = Rows(calls=[call(n) for n in range(3)], flags=[flag(n) for n in range(3)])

    (card,) = build_scorecards(rows, settings(calls_to_hear=limit), by="agent")

    assert len(card.calls_to_hear) == named
    assert card.flagged == 3


def test_good_calls_passed_and_were_not_flagged() -> None:
    rows = Rows(
        calls=[call(1, 0.9), call(2, 1.0), call(3, 1.0), call(4, 0.7), call(5, None)],
        answers=[answer(1, "pass"), answer(1, "fail", criterion_id="wrap"), answer(2, "pass")],
        flags=[flag(3)],
    )

    (card,) = build_scorecards(rows, settings(), by="agent")

    assert [(good.call_id, good.note) for good in card.best_calls] == [
        ("c-0002", "met every criterion that could be assessed"),
        ("c-0001", "met 1 of 2 criteria that could be assessed"),
    ]
    assert all(isinstance(good, CallToHear) and good.severity is None for good in card.best_calls)


@pytest.mark.parametrize(
    ("statuses", "direction"),
    [
        ("ffffffffff" + "pppppppppp", 1),
        ("pppppppppp" + "ffffffffff", -1),
        ("pfpfpfpfpf" + "pfpfpfpfpf", 0),
        ("ffffnnnnnffffffnn" + "pppppnppppp", 1),  # what could not be asked counts in neither half
    ],
)
def test_criterion_tells_how_the_later_half_differs_from_the_earlier(statuses: str, direction: int) -> None:
    (card,) = build_scorecards(_history(statuses), settings(), by="agent")

    change = card.criteria[0].change
    assert change is not None
    assert (change.low > 0) - (change.high < 0) == direction
    if direction == 0:
        assert change.estimate == 0


def test_criterion_of_few_calls_tells_no_change() -> None:
    (card,) = build_scorecards(_history("fffff" + "pppp"), settings(), by="agent")
    assert card.criteria[0].change is None
    (card,) = build_scorecards(_history("fffff" + "ppppp"), settings(), by="agent")
    assert card.criteria[0].change is not None
