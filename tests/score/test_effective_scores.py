from __future__ import annotations

import dataclasses
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.canonical import to_json
from pipeline.records import (
    AnswerIs,
    AppliesIf,
    CallScore,
    Criterion,
    CriterionResult,
    ManualTest,
    Review,
    Rubric,
    RuleTest,
    Scale,
    Section,
    Status,
)
from pipeline.score.effective import effective_score
from pipeline.score.evaluate import evaluate
from tests.factories import evidence, facts, finding, recording

NOON = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
SURVEY = ManualTest(question="How well?", answers=Scale(lowest=1, highest=5))


def question(criterion_id: str, *, only_if: tuple[str, str] | None = None, test: Any = None, **changes: Any) -> Any:
    conditions = () if only_if is None else (AnswerIs(criterion_id=only_if[0], answers=(only_if[1],)),)
    return Criterion(
        id=criterion_id,
        title=criterion_id.capitalize(),
        points=2,
        test=test or RuleTest(rules=(criterion_id,)),
        applies_if=AppliesIf(answers=conditions, queues=changes.pop("queues", ())),
        **changes,
    )


def scored(*criteria: Criterion, **kinds: str) -> CallScore:
    """A score of questions that ask for the rule of their own name; rules are said unless told otherwise."""
    sections = (Section(id="one", title="One", weight=1, criteria=criteria),)
    rubric = Rubric(id="r", version=1, title="R", sections=sections, fingerprint="rubric-1:0")
    found = [
        finding(c.id, kinds.get(c.id, "present"), evidence=(evidence(),) if c.id not in kinds else ()) for c in criteria
    ]
    return evaluate(facts(*found, recording=recording(queue="sales")), rubric, score_id="s-1")


def review(score: CallScore, criterion_id: str, status: str, **changes: Any) -> Review:
    asked = next(result.asked for result in score.results if result.criterion_id == criterion_id)
    given_status = Status(status)
    fields: dict[str, Any] = {
        "review_id": f"rv-{criterion_id}-{status}",
        "call_id": score.call_id,
        "score_id": score.score_id,
        "criterion_id": criterion_id,
        "asked": asked,
        "status": given_status,
        "share": {Status.PASS: 1.0, Status.PARTIAL: 0.5, Status.FAIL: 0.0}.get(given_status),
        "reviewer": "Mara",
        "reason": "Said at the end.",
        "made_at": NOON,
    }
    return Review(**{**fields, **changes})


def by_id(score: CallScore) -> dict[str, CriterionResult]:
    return {result.criterion_id: result for result in score.results}


GREETS, ASKS, THANKS = question("greets"), question("asks", only_if=("greets", "pass")), question("thanks")


def test_effective_score_without_reviews_is_the_score() -> None:
    score = scored(GREETS, ASKS, THANKS, greets="absent", thanks="cannot_assess")
    assert effective_score(score, ()) == score


def test_review_takes_the_place_of_the_answer_and_keeps_the_rest() -> None:
    score = scored(GREETS, THANKS, greets="absent")
    corrected = effective_score(score, [review(score, "greets", "partial", answer="in part")])
    machine, person = by_id(score)["greets"], by_id(corrected)["greets"]
    assert (person.status, person.points_earned, person.answer) == (Status.PARTIAL, 1, "in part")
    assert (person.reason, person.confidence) == ("Mara: Said at the end.", None)
    assert (
        dataclasses.replace(
            person,
            status=machine.status,
            reason=machine.reason,
            points_earned=0,
            answer=None,
            confidence=machine.confidence,
        )
        == machine
    )
    assert (corrected.score_id, corrected.share, score.share) == ("s-1", 0.75, 0.5)
    assert by_id(corrected)["thanks"] == by_id(score)["thanks"]


def test_review_answers_what_the_machine_could_not() -> None:
    score = scored(GREETS, question("rating", test=SURVEY))
    corrected = effective_score(score, [review(score, "rating", "partial", share=0.75, answer="4")])
    assert (by_id(corrected)["rating"].points_earned, by_id(corrected)["rating"].answer) == (1.5, "4")
    assert (score.assessed_share, corrected.assessed_share) == (0.5, 1)


@pytest.mark.parametrize("status", ["not_applicable", "cannot_assess"])
def test_review_may_say_that_there_is_no_answer(status: str) -> None:
    score = scored(GREETS, THANKS, greets="absent")
    assert effective_score(score, [review(score, "greets", status)]).share == 1


@pytest.mark.parametrize(
    "changes",
    [{"session_id": "cs-1"}, {"call_id": "c-other"}, {"asked": "question-1:other"}, {"criterion_id": "thanks"}],
)
def test_review_that_is_blind_or_of_something_else_corrects_nothing(changes: dict[str, Any]) -> None:
    score = scored(GREETS, THANKS, greets="absent")
    other = dataclasses.replace(review(score, "greets", "pass"), **changes)
    assert effective_score(score, [other]) == score


def test_review_of_another_score_of_the_call_counts_where_it_asked_the_same() -> None:
    score = scored(GREETS, greets="absent")
    assert effective_score(score, [review(score, "greets", "pass", score_id="s-old")]).share == 1


def test_latest_review_counts() -> None:
    score = scored(GREETS, greets="absent")
    early, late = (
        review(score, "greets", status, made_at=NOON + timedelta(hours=hours))
        for status, hours in (("pass", 0), ("not_applicable", 1))
    )
    for reviews in ([early, late], [late, early]):
        assert by_id(effective_score(score, reviews))["greets"].status is Status.NOT_APPLICABLE


def test_correction_excludes_what_hangs_on_the_answer() -> None:
    score = scored(GREETS, ASKS, asks="absent")
    corrected = by_id(effective_score(score, [review(score, "greets", "fail")]))["asks"]
    assert (corrected.status, corrected.points_earned) == (Status.NOT_APPLICABLE, None)
    assert corrected.reason == "This applies only where 'Greets' is answered pass, and it was answered fail."


def test_correction_excludes_even_what_a_person_had_answered() -> None:
    score = scored(GREETS, ASKS)
    reviews = [review(score, "asks", "pass"), review(score, "greets", "fail")]
    assert by_id(effective_score(score, reviews))["asks"].status is Status.NOT_APPLICABLE


def test_correction_brings_back_what_was_excluded_for_a_person_to_answer() -> None:
    score = scored(GREETS, ASKS, greets="absent")
    assert by_id(score)["asks"].status is Status.NOT_APPLICABLE
    corrected = by_id(effective_score(score, [review(score, "greets", "pass")]))["asks"]
    assert corrected.status is Status.CANNOT_ASSESS
    assert corrected.reason == "Greets was corrected, so this applies; a person answers it."
    answered = effective_score(score, [review(score, "greets", "pass"), review(score, "asks", "fail")])
    assert by_id(answered)["asks"].points_earned == 0


def test_correction_brings_nothing_back_that_its_queue_excludes() -> None:
    elsewhere = question("asks", only_if=("greets", "pass"), queues=("billing",))
    score = scored(GREETS, elsewhere, greets="absent")
    for status in ("pass", "cannot_assess", "not_applicable"):
        corrected = effective_score(score, [review(score, "greets", status)])
        assert by_id(corrected)["asks"] == by_id(score)["asks"]


def test_correction_to_unknown_leaves_unknown_what_hangs_on_it() -> None:
    score = scored(GREETS, ASKS)
    unknown = by_id(effective_score(score, [review(score, "greets", "cannot_assess")]))["asks"]
    assert unknown.status is Status.CANNOT_ASSESS
    assert unknown.reason == "This applies only where 'Greets' is answered pass, and that is not known."


def test_confirmation_changes_nothing_that_hangs_on_it() -> None:
    score = scored(GREETS, ASKS, greets="absent")
    confirmed = effective_score(score, [review(score, "greets", "fail")])
    assert by_id(confirmed)["asks"] == by_id(score)["asks"]


def test_correction_runs_along_a_chain_wherever_its_links_stand() -> None:
    last = question("thanks", only_if=("asks", "pass"))
    for order in ((last, ASKS, GREETS), (GREETS, ASKS, last)):
        score = scored(*order)
        corrected = by_id(effective_score(score, [review(score, "greets", "fail")]))
        assert [corrected[name].status.value for name in ("asks", "thanks")] == ["not_applicable"] * 2


@pytest.mark.parametrize(
    ("answer", "status", "share", "expected"),
    [
        ("5", "pass", 1.0, "cannot_assess"),
        ("4", "partial", 0.75, "not_applicable"),
        (None, "pass", 1.0, "cannot_assess"),
    ],
)
def test_condition_on_an_answer_in_words_is_looked_at_again(
    answer: str | None, status: str, share: float, expected: str
) -> None:
    rating, why = question("rating", test=SURVEY), question("why", only_if=("rating", "5"))
    score = scored(rating, why)
    assert by_id(score)["why"].status is Status.CANNOT_ASSESS
    corrected = by_id(effective_score(score, [review(score, "rating", status, answer=answer, share=share)]))["why"]
    assert corrected.status is Status(expected)
    told = {"5": "Rating was corrected", "4": "it was answered 4", None: "without saying which"}[answer]
    assert told in corrected.reason


SCORE = scored(GREETS, ASKS, question("thanks", only_if=("asks", "fail")), question("rating", test=SURVEY))
reviews_of_score = st.lists(
    st.builds(
        lambda criterion_id, status, hour, number, session: review(
            SCORE,
            criterion_id,
            status,
            made_at=NOON + timedelta(hours=hour),
            review_id=f"rv-{number}",
            session_id=session,
        ),
        st.sampled_from(["greets", "asks", "thanks", "rating"]),
        st.sampled_from(list(Status)),
        st.integers(0, 2),
        st.integers(0, 10_000),
        st.sampled_from([None, None, "cs-1"]),
    ),
    max_size=6,
    unique_by=lambda made: made.review_id,
)


@given(reviews=reviews_of_score, seed=st.integers(0, 99))
@settings(deadline=None)
def test_effective_score_does_not_care_for_the_order_of_reviews(reviews: list[Review], seed: int) -> None:
    shuffled = random.Random(seed).sample(reviews, len(reviews))
    one, other = effective_score(SCORE, reviews), effective_score(SCORE, shuffled)
    assert to_json(one) == to_json(other)
    assert [result.criterion_id for result in one.results] == [result.criterion_id for result in SCORE.results]
    for result in one.results:
        answered = result.status in {Status.PASS, Status.PARTIAL, Status.FAIL}
        assert (result.points_earned is not None) == answered
