"""Flags of what is told of a whole call: its score, the customer's sentiment, recognition, and who speaks."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.clock import clock
from pipeline.config import FlagSettings
from pipeline.records import CallFacts, CallScore, Evidence, Flag, Role, Severity, Status
from pipeline.score.flags.codes import make_flag
from pipeline.score.readings import reading_of, said_at, telling_turns, turning_points
from pipeline.score.wording import SHOWN_SCALE, cut, listed, percent, signed


def score_flags(facts: CallFacts, score: CallScore, settings: FlagSettings) -> Iterator[Flag]:
    """Yield flags of a low score that nothing else explains, and of what could not be assessed."""
    share = score.share
    explained = score.auto_failed_by or score.sections_below_mark  # flagged, and why it is low is said there
    if share is not None and share < settings.below_share and not explained:
        reason = f"The score is {percent(share)}; below {percent(settings.below_share)} a call is heard."
        yield make_flag(score, "low_score", Severity.MAJOR, reason)
    if share is None:
        reason = "The call has no score: no criterion of the rubric could be assessed."
        yield make_flag(score, "little_assessed", Severity.MINOR, reason)
    elif score.assessed_share is not None and score.assessed_share < settings.assessed_below_share:
        reason = (
            f"Only {percent(score.assessed_share)} of the points that apply could be assessed; "
            f"below {percent(settings.assessed_below_share)} a person completes the score."
        )
        yield make_flag(score, "little_assessed", Severity.MINOR, reason)
    unknown = [r for r in score.results if r.critical and r.status is Status.CANNOT_ASSESS]
    if unknown and not _roles_unknown(facts):
        questions = "criterion" if len(unknown) == 1 else "criteria"
        titles = listed([result.title for result in unknown])
        reason = f"{len(unknown)} critical {questions} could not be assessed: {titles}."
        evidence = tuple(quote for result in unknown for quote in result.evidence)
        yield make_flag(score, "critical_unknown", Severity.MAJOR, reason, evidence=evidence)


def sentiment_flags(facts: CallFacts, score: CallScore, settings: FlagSettings) -> Iterator[Flag]:
    """Yield flags of a customer who sounds bad at the end, or much worse than at the start."""
    last = reading_of(facts, Role.CUSTOMER, "last_quarter")
    if last is not None and last < settings.negative_end:
        reason = (
            f"The customer's sentiment in the last quarter is {signed(last)} (from -5 to +5); "
            f"below {signed(settings.negative_end)} a call is heard."
        )
        evidence = telling_turns(facts, Role.CUSTOMER, "last_quarter", highest=False)
        yield make_flag(score, "customer_upset_at_end", Severity.MAJOR, reason, evidence=evidence)
    change = reading_of(facts, Role.CUSTOMER, "change")
    if change is not None and change < 0 and -change >= settings.sentiment_drop:
        reason = (
            f"The customer's sentiment fell by {cut(-change * SHOWN_SCALE, 1):.1f} from the first quarter to the last "
            f"(from -5 to +5); from {settings.sentiment_drop * SHOWN_SCALE:.1f} on a call is heard."
        )
        evidence = telling_turns(facts, Role.CUSTOMER, "change", highest=False)
        turned = turning_points(facts, Role.CUSTOMER, "negative")
        if turned:
            reason = f"{reason.rstrip('.')}; it turned at {listed([clock(point.start_ms) for point in turned])}."
            evidence = _in_order(evidence, *(said_at(facts, point) for point in turned))
        yield make_flag(score, "sentiment_drop", Severity.MINOR, reason, evidence=evidence)


def _in_order(*quotes: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    every = {quote for group in quotes for quote in group}
    return tuple(sorted(every, key=lambda quote: (quote.start_ms, quote.turn_index)))


def confidence_flags(facts: CallFacts, score: CallScore, settings: FlagSettings) -> Iterator[Flag]:
    """Yield a flag where the words were recognised badly."""
    confidence = facts.transcript.confidence
    if confidence is not None and confidence < settings.low_confidence:
        reason = (
            f"The words were recognised with a mean confidence of {percent(confidence)}; "
            f"below {percent(settings.low_confidence)} answers about what was said are doubtful."
        )
        yield make_flag(score, "low_confidence", Severity.MINOR, reason)


def role_flags(facts: CallFacts, score: CallScore) -> Iterator[Flag]:
    """Yield a flag where agent and customer cannot be told apart."""
    if _roles_unknown(facts):
        reason = "Agent and customer cannot be told apart, so what one of them must or must not say cannot be assessed."
        yield make_flag(score, "roles_unknown", Severity.MAJOR, reason)


def _roles_unknown(facts: CallFacts) -> bool:
    """Tell whether a party is missing among the known speakers while somebody unknown speaks."""
    roles = {turn.role for turn in facts.transcript.turns}
    return Role.UNKNOWN in roles and not {Role.AGENT, Role.CUSTOMER} <= roles
