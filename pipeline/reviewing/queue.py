"""The review queue put together: draw samples and keep them, see what waits, take a call off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from pipeline.config import FlagSettings
from pipeline.errors import ReviewError
from pipeline.records import (
    LEFT_TO_PEOPLE,
    Candidate,
    CriterionResult,
    QueueClosing,
    QueuedCall,
    QueueKind,
    QueueReason,
    Review,
    SampledCall,
    Status,
)
from pipeline.review.answers import latest_answers
from pipeline.review.periods import SamplingPeriod
from pipeline.review.queue import open_queue
from pipeline.review.sampling import SamplingRequest, choose
from pipeline.review.teaching import disagreement, weight
from pipeline.review.wording import checked_name, checked_reason, made_id
from pipeline.reviewing.evaluations import read_evaluation, refuse_agent
from pipeline.score.effective import effective_score
from pipeline.store.calls import get_recording
from pipeline.store.queue import list_queued
from pipeline.store.reviews import all_reviews
from pipeline.store.samples import (
    hold_samples,
    list_candidates,
    list_queue_closings,
    list_sampled,
    put_queue_closing,
    put_sampled,
    rubrics_of_current_scores,
    told_answers,
)
from pipeline.store.scores import StoredScore, corrected_scores
from pipeline.store.trust import latest_trust


def build_sample(
    connection: Connection,
    request: SamplingRequest,
    period: SamplingPeriod,
    *,
    by: str,
    now: datetime,
    narrowed: Mapping[str, str | None] | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> list[SampledCall]:
    """Draw calls for review and keep the choice; what was drawn for this policy and period before counts.

    Args:
        connection: A transaction that writes.
        request: What is asked; its reviewers' names are checked here.
        period: Of which days.
        by: Who asks.
        now: When.
        narrowed: ``rubric_id``, ``agent``, ``team`` or ``queue``: only such calls.
        thresholds: By question, the confidence below which answers are withheld.

    Returns:
        What is new.

    Raises:
        UnknownNameError: There is no such policy or stratum.
        ReviewError: Something that the policy needs is missing, or a name cannot be kept.
    """
    wanted = replace(request, period=period.name, reviewers=tuple(checked_name(name) for name in request.reviewers))
    hold_samples(connection)
    candidates = list_candidates(connection, since=period.since, before=period.before, **(narrowed or {}))
    if wanted.policy == "disagreement":
        candidates = _weighed(connection, candidates, thresholds or {})
    before = list_sampled(connection, policy=wanted.policy, period=wanted.period)
    made = [
        SampledCall(
            policy=wanted.policy,
            period=wanted.period,
            call_id=chosen.candidate.call_id,
            score_id=chosen.candidate.score_id,
            reason=chosen.reason,
            seed=wanted.seed,
            sampled_by=checked_name(by),
            sampled_at=now,
            reviewer=chosen.reviewer,
            agent_id=chosen.candidate.agent_id,
        )
        for chosen in choose(candidates, wanted, before)
    ]
    in_order = sorted(made, key=lambda each: each.call_id)  # two writers wait for each other only one way
    new = {sampled.call_id for sampled in in_order if put_sampled(connection, sampled)}
    return [sampled for sampled in made if sampled.call_id in new]


def learnt_thresholds(connection: Connection) -> dict[str, float]:
    """Return by question the confidence below which answers are withheld, where that was learnt."""
    rubrics = sorted(rubrics_of_current_scores(connection))
    learnt = (latest_trust(connection, rubric_id) for rubric_id in rubrics)
    return {each.asked: each.threshold for trust in learnt if trust for each in trust.calibrations}


def read_queue(
    connection: Connection,
    *,
    call_id: str | None = None,
    call_ids: Sequence[str] | None = None,
    reviewer: str | None = None,
    kinds: Sequence[QueueKind] = (),
    flags: FlagSettings | None = None,
) -> list[QueuedCall]:
    """Return the calls that wait for a person, the gravest first.

    Which questions are open is told by the score that counts: a correction may open one, or make it not applicable.

    Args:
        connection: Where to read.
        call_id: Only this call.
        call_ids: Only these calls: at most some hundred.
        reviewer: Only what is this person's or anybody's.
        kinds: Only these kinds of reason; empty leaves all.
        flags: Where given, a low or little assessed score waits only while it is one with people's answers put in.
    """
    only = call_ids if call_id is None else [call_id]
    reviews = all_reviews(connection, call_ids=only)
    of_call: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        of_call[review.call_id].append(review)
    corrected = {
        stored.score.call_id: _open_questions(stored, of_call[stored.score.call_id])
        for stored in corrected_scores(connection, call_ids=only)
    }
    queued = list_queued(connection, call_ids=only, corrected=corrected)
    if flags is not None:
        queued = [_as_it_counts(connection, call, flags) if of_call[call.call_id] else call for call in queued]
    return open_queue(
        queued,
        reviews,
        list_queue_closings(connection, call_ids=only),
        reviewer=None if reviewer is None else checked_name(reviewer),
        kinds=kinds,
    )


def take_off(connection: Connection, call_id: str, *, by: str, reason: str, now: datetime) -> QueueClosing:
    """Keep that a call is done though nobody answered: what puts it on the queue after this puts it there again.

    Raises:
        NotFoundError: No such call.
        ReviewError: It is not in the queue, is a call of theirs, or name or reason cannot be kept.
    """
    recording = get_recording(connection, call_id)
    whole_id = recording.call_id
    name, why = checked_name(by), checked_reason(reason)
    refuse_agent(recording.agent_id, name)
    if not read_queue(connection, call_id=whole_id):
        raise ReviewError(f"call {whole_id} is not in the review queue; `earmark queue list` shows what is")
    closing = QueueClosing(
        closing_id=made_id("qc-", call=whole_id, by=name, reason=why, at=now.isoformat()),
        call_id=whole_id,
        closed_by=name,
        reason=why,
        closed_at=now,
    )
    put_queue_closing(connection, closing)
    return closing


def _as_it_counts(connection: Connection, call: QueuedCall, flags: FlagSettings) -> QueuedCall:
    """Return a call without the flags of its figures that people's answers have lifted over the limit."""
    by_figure = {"low_score": flags.below_share, "little_assessed": flags.assessed_below_share}
    if not any(reason.subject in by_figure and reason.kind is QueueKind.FLAGGED for reason in call.reasons):
        return call
    counts = read_evaluation(connection, call.call_id).effective
    figures = {"low_score": counts.share, "little_assessed": counts.assessed_share}

    def lifted(reason: QueueReason) -> bool:
        figure = figures.get(reason.subject) if reason.kind is QueueKind.FLAGGED and not reason.reopened else None
        return figure is not None and figure >= by_figure[reason.subject]

    return replace(call, reasons=tuple(reason for reason in call.reasons if not lifted(reason)))


def _open_questions(stored: StoredScore, reviews: Sequence[Review]) -> tuple[QueueReason, ...]:
    """Return the questions that are unanswered once people's answers are put in, each since when it is."""
    machine = {result.criterion_id: result for result in stored.score.results}
    answered = {criterion_id: review.made_at for (criterion_id, _), review in latest_answers(reviews).items()}

    def since(result: CriterionResult) -> datetime:
        if machine[result.criterion_id].status is Status.CANNOT_ASSESS:
            return stored.made_at
        return max((answered[each] for each in _hangs_on(result, machine) if each in answered), default=stored.made_at)

    return tuple(
        QueueReason(
            kind=QueueKind.UNANSWERED,
            subject=result.criterion_id,
            reason=result.reason,
            since=since(result),
            criterion_id=result.criterion_id,
            asked=result.asked or None,
            critical=result.critical or result.auto_fail,
        )
        for result in effective_score(stored.score, reviews).results
        if result.status is Status.CANNOT_ASSESS and result.kind != LEFT_TO_PEOPLE
    )


def _hangs_on(result: CriterionResult, results: Mapping[str, CriterionResult]) -> Iterable[str]:
    """Yield the questions on which it hangs whether one applies, near and far."""
    for condition in result.depends_on:
        yield condition.criterion_id
        if condition.criterion_id in results:
            yield from _hangs_on(results[condition.criterion_id], results)


def _weighed(
    connection: Connection, candidates: Sequence[Candidate], thresholds: Mapping[str, float]
) -> list[Candidate]:
    differing = disagreement(all_reviews(connection, kind="all"))
    told = told_answers(connection)
    return [replace(call, weight=weight(told[call.score_id], differing, thresholds)) for call in candidates]
