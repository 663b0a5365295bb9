"""What a rubric itself asks of a transcript, as a step of a call."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.config import JudgeSettings, Settings
from pipeline.records import Criterion, FactKeys, LlmTest, PhraseTest, Rubric, Section, Status
from pipeline.rubric_facts.facts import RubricFacts, facts_for
from pipeline.rubric_facts.judgements import NOT_ASKED, put_together, questions_for
from pipeline.score.evaluate import evaluate
from tests.factories import facts, recording, transcript
from tests.judge.endpoint import MODEL, Answer, Endpoint, said

UNDER = FactKeys(transcript="t", findings="f", sentiment="s", measures="m")
HEARD = transcript(
    ("agent", "thank you for calling"),
    ("customer", "my card is lost"),
    ("agent", "I am sorry to hear that"),
    redacted=True,
)
POLITE = LlmTest(question="Does the agent say that they are sorry?")
SOLVED = LlmTest(question="Is the matter solved?")
EARLY = LlmTest(question="Does the agent greet first?")


def rubric(*tests: LlmTest | PhraseTest, **changes: Any) -> Rubric:
    criteria = tuple(Criterion(id=f"q-{n}", title=f"Q {n}", points=1, test=test) for n, test in enumerate(tests))
    section = Section(id="all", title="All", weight=1, criteria=criteria)
    made = Rubric(id="asked", version=1, title="Asked", sections=(section,), fingerprint="rubric-1:0")
    return dataclasses.replace(made, **changes)


class Kept:
    """Steps that are kept in memory."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] = {}

    def once(self, step: str, key: str, kind: type[Any], make: Callable[[], Any]) -> Any:
        if key not in self.stored:
            self.stored[key] = make()
        assert isinstance(self.stored[key], kind)
        return self.stored[key]


def found(asked: Rubric, settings: Settings, kept: Kept) -> RubricFacts:
    return facts_for(asked, HEARD, recording(), under=UNDER, settings=settings, once=kept.once)


def settings(endpoint: Endpoint | None = None, max_retries: int = 3) -> Settings:
    url = endpoint.url if endpoint else None
    return Settings(judge=JudgeSettings(url=url, model=MODEL, max_retries=max_retries, retry_delay_s=0))


def results(asked: Rubric, own: RubricFacts) -> tuple[list[Status], list[str]]:
    """The answers that come of it, and their reasons."""
    score = evaluate(facts(transcript=HEARD, judgements=own.judgements), asked, score_id="s")
    return [result.status for result in score.results], [result.reason for result in score.results]


def test_a_rubric_that_asks_for_nothing_of_its_own_leaves_the_keys_alone() -> None:
    kept = Kept()
    assert found(rubric(), settings(), kept) == RubricFacts(keys=UNDER)
    assert kept.stored == {}


def test_no_model_is_asked_where_none_is_set() -> None:
    kept = Kept()
    own = found(rubric(POLITE), settings(), kept)
    assert own == RubricFacts(keys=UNDER)
    (result,) = evaluate(facts(transcript=HEARD), rubric(POLITE), score_id="s").results
    assert result.status is Status.CANNOT_ASSESS


def test_answers_are_asked_for_once_and_answer_their_questions() -> None:
    with Endpoint(said("yes", (2, "I am sorry to hear that"))).running() as endpoint:
        kept, asked = Kept(), rubric(POLITE)
        first = found(asked, settings(endpoint), kept)
        again = found(asked, settings(endpoint), kept)
        assert len(endpoint.asked) == 1
    assert first == again
    assert first.keys.judgements == tuple(kept.stored)
    (result,) = evaluate(facts(transcript=HEARD, judgements=first.judgements), asked, score_id="s").results
    assert (result.status, result.evidence[0].quote) == (Status.PASS, "I am sorry to hear that")


def test_the_same_question_twice_is_asked_once() -> None:
    with Endpoint(said("yes", (2, "I am sorry to hear that"))).running() as endpoint:
        own = found(rubric(POLITE, POLITE), settings(endpoint), Kept())
        assert len(endpoint.asked) == len(own.judgements) == 1


@pytest.mark.parametrize("fault", [Answer(status=503), Answer(hang_up=True)])
def test_a_passing_fault_keeps_what_was_answered_and_asks_the_rest_again(fault: Answer) -> None:
    kept, asked = Kept(), rubric(POLITE, SOLVED, EARLY)
    good = said("yes", (2, "I am sorry to hear that"))
    with Endpoint(good, fault).running() as endpoint:
        failed = found(asked, settings(endpoint, max_retries=0), kept)
        assert len(endpoint.asked) <= 2  # nothing more is asked of a server that fails
    assert len(kept.stored) == 1
    statuses, reasons = results(asked, failed)
    assert statuses == [Status.PASS, Status.CANNOT_ASSESS, Status.CANNOT_ASSESS]
    assert reasons[1] == reasons[2] != NOT_ASKED
    with Endpoint(good).running() as endpoint:
        again = found(asked, settings(endpoint), kept)
    assert len(kept.stored) == 3
    assert results(asked, again)[0] == [Status.PASS] * 3
    assert failed.keys != again.keys


def test_another_question_leaves_the_answers_there_are() -> None:
    kept = Kept()
    with Endpoint(said("yes", (2, "I am sorry to hear that"))).running() as endpoint:
        found(rubric(POLITE), settings(endpoint), kept)
        found(rubric(POLITE, SOLVED), settings(endpoint), kept)
        assert len({str(body["messages"]) for body in endpoint.asked}) == 2
    assert len(kept.stored) == 2


def test_the_reason_of_a_failure_is_told_and_is_another_fact() -> None:
    def failing(answer: Answer) -> RubricFacts:
        with Endpoint(answer).running() as endpoint:
            return found(rubric(POLITE), settings(endpoint, max_retries=0), Kept())

    refused, busy = failing(Answer(status=401)), failing(Answer(status=503))
    assert refused.judgements[0].reason != busy.judgements[0].reason
    assert refused.keys != busy.keys == failing(Answer(status=503)).keys


def test_stored_answers_are_those_of_this_very_transcript() -> None:
    kept = Kept()
    with Endpoint(said("yes", (2, "I am sorry to hear that"))).running() as endpoint:
        chosen = settings(endpoint)
        own = found(rubric(POLITE), chosen, kept)
    same = questions_for(rubric(POLITE), transcript=UNDER.transcript, settings=chosen)
    other = questions_for(rubric(POLITE), transcript="another", settings=chosen)
    assert put_together(same, kept.stored).judgements == own.judgements
    assert put_together(same, kept.stored).keys == own.keys.judgements
    assert [judgement.reason for judgement in put_together(other, kept.stored).judgements] == [NOT_ASKED]
    assert put_together(questions_for(rubric(POLITE), transcript="t", settings=settings()), kept.stored).keys is None


def test_a_lasting_fault_is_kept_as_no_answer() -> None:
    kept = Kept()
    with Endpoint(said("yes", (2, "these words were never said"))).running() as endpoint:
        own = found(rubric(POLITE), settings(endpoint), kept)
    assert own.judgements[0].answer is None
    assert own.keys.judgements == tuple(kept.stored)


def test_nobody_is_asked_in_a_language_that_the_rubric_does_not_cover() -> None:
    with Endpoint(said("yes")).running() as endpoint:
        found(rubric(POLITE, languages=("es",)), settings(endpoint), Kept())
        assert endpoint.asked == []


def test_own_phrases_and_questions_stand_side_by_side() -> None:
    with Endpoint(said("no", (1, "my card is lost"))).running() as endpoint:
        own = found(rubric(PhraseTest(phrases=("thank you for calling",)), SOLVED), settings(endpoint), Kept())
    assert [finding.rule_id for finding in own.findings] == ["asked/q-0"]
    assert None not in (own.keys.own_findings, own.keys.judgements)
