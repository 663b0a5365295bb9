"""Blind answers as a form sends them: all questions of a call at once, kept where they are whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from app.acts import Act, review_act
from app.web.access.visitor import Visitor
from app.web.calibration.blind import BlindCall, BlindQuestion
from app.web.site import Site
from pipeline.errors import ReviewError
from pipeline.reviewing import sessions as calibrating
from pipeline.reviewing.evaluations import QuestionsAtHand


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What became of a form: the call with what could not be kept as it was sent, and how many answers were."""

    call: BlindCall
    kept: int

    @property
    def problems(self) -> int:
        """How many questions have a problem."""
        return sum(bool(question.problem) for question in self.call.questions)


def keep_answers(
    connection: Connection,
    acts: list[Act],
    site: Site,
    visitor: Visitor,
    *,
    call: BlindCall,
    sent: Mapping[str, str],
    questions: QuestionsAtHand,
) -> Kept:
    """Keep the answers that are new or changed, each by itself.

    Args:
        connection: A transaction that writes.
        acts: Where to note them for the audit log.
        site: Tells the time.
        visitor: Who answers.
        call: The call with what they answered before.
        sent: The form: ``answer-ID``, ``share-ID`` and ``reason-ID`` of each question.
        questions: Of the rubrics at hand.
    """
    told, kept = [], 0
    for question in call.questions:
        given = replace(
            question,
            chosen=sent.get(f"answer-{question.id}", "")[:200],
            share=sent.get(f"share-{question.id}", "").strip()[:20],
            reason=sent.get(f"reason-{question.id}", "").strip(),
        )
        answer = given.share or given.chosen
        if not answer or _same(given, question):
            told.append(given if answer or not given.reason else replace(given, problem="choose an answer, too"))
            continue
        try:
            made = calibrating.answer_blind(
                connection,
                call.session_id,
                call.call_id,
                question.id,
                answer,
                by=visitor.user.name,
                reason=given.reason,
                questions=questions,
                now=site.now(),
            )
        except ReviewError as error:
            told.append(replace(given, problem=str(error)))
            continue
        acts.append(review_act(made))
        told.append(replace(given, answered=True))
        kept += 1
    return Kept(call=replace(call, questions=tuple(told)), kept=kept)


def _same(given: BlindQuestion, before: BlindQuestion) -> bool:
    words = ("chosen", "share", "reason")
    return before.answered and all(getattr(given, name) == getattr(before, name) for name in words)
