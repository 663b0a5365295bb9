"""A call of a calibration session as somebody answers it: nothing of the machine's answers, nor of anybody else's."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.access.visitor import Visitor
from app.web.calibration.sight import takes_part
from app.web.call.questions import AnswerChoice, choice_of
from app.web.call.reading import own_recording
from app.web.call.words import TurnView, turns_of
from pipeline.errors import NotFoundError
from pipeline.records import CallScore, Criterion, Review, Status
from pipeline.review.sessions import member, visible
from pipeline.reviewing.evaluations import QuestionsAtHand
from pipeline.store.calibration_sessions import SessionRow
from pipeline.store.call_record import read_call
from pipeline.store.reviews import all_reviews
from pipeline.store.scores import get_score


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindQuestion:
    """A question with one's own answer so far.

    Attributes:
        chosen: Which option one chose; empty where none, or where one gave a number or a share.
        share: The number or share that one gave.
        problem: Why what was just sent could not be kept.
    """

    id: str
    title: str
    section_title: str
    guidance: str
    question: str
    choice: AnswerChoice
    chosen: str
    share: str
    reason: str
    answered: bool
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindCall:
    """A call to answer about.

    Attributes:
        number: Its place in the session, from 1.
    """

    session_id: str
    call_id: str
    number: int
    calls: int
    duration_ms: int
    turns: tuple[TurnView, ...]
    questions: tuple[BlindQuestion, ...]

    @property
    def left(self) -> int:
        """How many questions have no answer yet."""
        return sum(not question.answered for question in self.questions)


def blind_call(
    connection: Connection, visitor: Visitor, row: SessionRow, call_id: str, questions: QuestionsAtHand
) -> BlindCall:
    """Return a call of an open session with one's own answers.

    Raises:
        NotFoundError: The call or the visitor is not of the session, or the call is not the visitor's to see.
    """
    session = row.session
    chosen = next((call for call in session.calls if call.call_id == call_id), None)
    if chosen is None or not takes_part(visitor, session):
        raise NotFoundError("there is no such call in this session, or it is not yours to answer about")
    name = member(session, visitor.user.name)
    recording = own_recording(connection, visitor, call_id)
    score = get_score(connection, chosen.score_id)
    assert score is not None  # sessions name scores that are there
    made = all_reviews(connection, session_id=session.session_id, call_id=call_id, kind="blind")
    own = {review.criterion_id: review for review in visible(session, None, made, by=name)}
    transcript = read_call(connection, call_id).transcript
    return BlindCall(
        session_id=session.session_id,
        call_id=call_id,
        number=1 + [call.call_id for call in session.calls].index(call_id),
        calls=len(session.calls),
        duration_ms=recording.duration_ms,
        turns=turns_of(transcript, None, (), None, {}),  # nothing marked: that would tell what the machine found
        questions=_questions(score, own, questions),
    )


def _questions(score: CallScore, own: dict[str, Review], questions: QuestionsAtHand) -> tuple[BlindQuestion, ...]:
    sections = {section.section_id: section.title for section in score.terms.sections}
    made = []
    for result in score.results:
        criterion = questions.get(result.asked)
        choice = choice_of(criterion)
        review = own.get(result.criterion_id)
        chosen, share = _given(review, choice)
        made.append(
            BlindQuestion(
                id=result.criterion_id,
                title=result.title,
                section_title=sections.get(result.section_id) or result.section_id,
                guidance=criterion.guidance if criterion else "",
                question=_asked(criterion),
                choice=choice,
                chosen=chosen,
                share=share,
                reason=review.reason if review else "",
                answered=review is not None,
            )
        )
    return tuple(made)


def _asked(criterion: Criterion | None) -> str:
    return getattr(criterion.test, "question", "") if criterion else ""


def _given(review: Review | None, choice: AnswerChoice) -> tuple[str, str]:
    """Return one's own answer as the form holds it: an option, or a number or share in words."""
    if review is None:
        return "", ""
    values = [option.value for option in choice.options]
    word = review.status.value.replace("_", "-")
    if review.answer is not None:
        return (review.answer, "") if review.answer in values else ("", review.answer)
    if review.status is Status.PARTIAL and (review.share != 0.5 or word not in values):
        return "", f"{100 * (review.share or 0):g}%"
    return (word, "") if word in values else ("", f"{100 * (review.share or 0):g}%")
