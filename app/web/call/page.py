"""The page of one call, put together: what the templates show, decided here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from app.web.access.visitor import Visitor
from app.web.call.criteria import Clip, CriterionView, SectionView, clip_of, sections_of
from app.web.call.lanes import Lanes, lanes_of
from app.web.call.questions import questions_of
from app.web.call.reading import CallRights, SeenCall, name_of, rights_of, see_call
from app.web.call.words import TurnView, turns_of
from app.web.site import Site
from pipeline.errors import SourceError
from pipeline.media.place import RemotePath, place_of
from pipeline.records import NO_SOUND, Acknowledgement, CallScore, Flag, FlagChange, FlagState, Recording, Span
from pipeline.records.coaching import CoachingItem
from pipeline.records.comments import Comment
from pipeline.review.wording import same_name


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherScore:
    """Another score of the call."""

    name: str
    share: float | None
    passed: bool | None
    current: bool
    shown: bool
    made_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreView:
    """A total.

    Attributes:
        share: As it counts, with people's answers; ``machine_share`` without.
        failed_by: Titles of what fails the call whatever the points say.
        raw_share: Before that; None where nothing does.
        waiting: Questions that nobody has answered.
    """

    score_id: str
    rubric: str
    current: bool
    made_at: datetime
    share: float | None
    passed: bool | None
    pass_share: float
    machine_share: float | None
    changed: bool
    reviewers: tuple[str, ...]
    failed_by: tuple[str, ...]
    raw_share: float | None
    critical_share: float | None
    assessed_share: float | None
    waiting: int
    acknowledgements: tuple[Acknowledgement, ...]
    acknowledged_by_visitor: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagView:
    """A flag, with where to hear why."""

    flag: Flag
    clip: Clip | None
    changes: tuple[FlagChange, ...]

    @property
    def is_open(self) -> bool:
        """Whether a person should still look into it."""
        return self.flag.state is FlagState.OPEN


@dataclass(frozen=True, kw_only=True, slots=True)
class CallPage:
    """All that the page of a call shows.

    Attributes:
        state: Why there is no score; None where there is one.
        sound: Why it cannot be heard; None where it can.
        editable: Whether answers may be given here: to the score that counts, by who may.
        comments: On the call and on moments of it; those on questions stand with these.
        sent: What the visitor sent to coaching and may still take back.
    """

    recording: Recording
    rights: CallRights
    state: str | None
    failure: str | None
    score: ScoreView | None
    others: tuple[OtherScore, ...]
    flags: tuple[FlagView, ...]
    sound: str | None
    lanes: Lanes | None
    turns: tuple[TurnView, ...]
    sections: tuple[SectionView, ...]
    comments: tuple[Comment, ...]
    editable: bool
    overall: tuple[tuple[str, float], ...]
    sent: tuple[CoachingItem, ...] = ()

    @property
    def criteria(self) -> tuple[CriterionView, ...]:
        """Every question, in order."""
        return tuple(criterion for section in self.sections for criterion in section.criteria)

    @property
    def word_kinds(self) -> frozenset[str]:
        """What the words that are marked prove."""
        return frozenset(piece.kind for turn in self.turns for piece in turn.pieces if piece.kind)


def call_page(
    connection: Connection, site: Site, visitor: Visitor, call_id: str, *, rubric: str | None = None
) -> CallPage:
    """Return the page of a call that the visitor may see.

    Raises:
        NotFoundError: There is no such call, or it has no such score.
    """
    return page_of(site, visitor, see_call(connection, visitor, call_id, rubric=rubric))


def page_of(site: Site, visitor: Visitor, seen: SeenCall) -> CallPage:
    """Return the page of what was read of a call."""
    call, evaluation = seen.call, seen.evaluation
    recording = call.recording
    rights = rights_of(visitor, recording)
    machine = evaluation.machine if evaluation else None
    asked = machine.results if machine else ()
    rules = {
        rule: result.criterion_id for result in reversed(asked) for rule in result.rule_ids
    }  # the first asks for it
    review = site.settings.review
    sections = sections_of(
        seen,
        questions_of(site),
        rights,
        window_days=review.dispute_window_days,
        dispute_limit=review.dispute_limit,
        now=site.now(),
    )
    shown_id = machine.score_id if machine else None
    parties = call.sentiment.parties if call.sentiment else ()
    return CallPage(
        recording=recording,
        rights=rights,
        state=_state(seen),
        failure=call.failure,
        score=_score(seen, visitor, sections),
        others=tuple(
            OtherScore(
                name=name_of(stored),
                share=stored.score.share,
                passed=stored.score.passed,
                current=stored.current,
                shown=stored.score.score_id == shown_id,
                made_at=stored.made_at,
            )
            for stored in call.scores
        ),
        flags=tuple(_flag(flag, seen, sections) for flag in call.flags),
        sound=_sound(seen),
        lanes=lanes_of(call, margin_ms=site.settings.privacy.mute_margin_ms, questions_of_rules=rules),
        turns=turns_of(call.transcript, machine, call.findings, call.sentiment, rules),
        sections=sections,
        comments=tuple(comment for comment in seen.comments if comment.criterion_id is None),
        editable=rights.review and evaluation is not None and evaluation.stored.current,
        overall=tuple((party.role.value, party.overall) for party in parties if party.overall is not None),
        sent=seen.sent,
    )


def _score(seen: SeenCall, visitor: Visitor, sections: tuple[SectionView, ...]) -> ScoreView | None:
    evaluation = seen.evaluation
    if evaluation is None:
        return None
    machine, counts = evaluation.machine, evaluation.effective
    reviewers = [c.review.by for section in sections for c in section.criteria if c.review]
    failed_by = _failed_by(counts)
    return ScoreView(
        score_id=machine.score_id,
        rubric=name_of(evaluation.stored),
        current=evaluation.stored.current,
        made_at=evaluation.stored.made_at,
        share=counts.share,
        passed=counts.passed,
        pass_share=counts.pass_share,
        machine_share=machine.share,
        changed=(machine.share, machine.passed) != (counts.share, counts.passed),
        reviewers=tuple(dict.fromkeys(reviewers)),
        failed_by=failed_by,
        raw_share=counts.raw_share if failed_by and counts.raw_share != counts.share else None,
        critical_share=counts.critical_share,
        assessed_share=counts.assessed_share,
        waiting=sum(c.answer.status == "cannot_assess" for section in sections for c in section.criteria),
        acknowledgements=evaluation.acknowledgements,
        acknowledged_by_visitor=any(
            same_name(each.acknowledged_by, visitor.user.name) for each in evaluation.acknowledgements
        ),
    )


def _failed_by(score: CallScore) -> tuple[str, ...]:
    titles = {result.criterion_id: result.title for result in score.results}
    sections = {section.section_id: section.title for section in score.terms.sections}
    return (
        *(titles[each] for each in score.auto_failed_by),
        *(sections.get(each) or each for each in score.sections_below_mark),
    )


def _flag(flag: Flag, seen: SeenCall, sections: tuple[SectionView, ...]) -> FlagView:
    """Return a flag with where to hear why: its own words, else what is to be heard for its question."""
    first = min(flag.evidence, key=lambda quote: quote.start_ms) if flag.evidence else None
    clip = clip_of(Span(start_ms=first.start_ms, end_ms=first.end_ms)) if first else None
    if clip is None and flag.criterion_id is not None:
        about = (c for section in sections for c in section.criteria if c.id == flag.criterion_id)
        clip = next((c.first_clip for c in about), None)
    return FlagView(flag=flag, clip=clip, changes=seen.flag_changes.get(flag.flag_id, ()))


def _state(seen: SeenCall) -> str | None:
    if seen.evaluation is not None:
        return None
    call = seen.call
    fatal = [defect.reason for defect in call.recording.defects if defect.fatal]
    if call.failure or fatal:
        return "This call could not be scored: " + "; ".join([*fatal, *([call.failure] if call.failure else [])])
    return "This call waits to be scored. It is heard and scored with the next run."


def _sound(seen: SeenCall) -> str | None:
    """Return why a call cannot be heard, as far as that can be told at a glance."""
    transcript = seen.call.transcript
    if transcript is None or not transcript.redacted:
        return "It can be heard once it was searched for personal data: until then nothing says what to silence."
    if seen.call.recording.media_uri == NO_SOUND:
        return "Its sound was deleted, as the rules for keeping recordings have it. All else is still here."
    try:
        place = place_of(seen.call.recording.media_uri)
        there = isinstance(place, RemotePath) or place.is_file()  # to ask a server would hold up the page
    except (OSError, ValueError, SourceError):
        there = False
    if there:
        return None
    return "The recording is not where it was taken in from any more, so it cannot be heard. All else is still here."
