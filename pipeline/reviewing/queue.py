"""The review queue put together: draw samples and keep them, see what waits, take a call off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from pipeline.errors import ReviewError
from pipeline.records import Candidate, QueueClosing, QueuedCall, QueueKind, SampledCall
from pipeline.review.periods import SamplingPeriod
from pipeline.review.queue import open_queue
from pipeline.review.sampling import SamplingRequest, choose
from pipeline.review.teaching import disagreement, weight
from pipeline.review.wording import checked_name, checked_reason, made_id
from pipeline.reviewing.evaluations import QuestionsAtHand, only_people_answer
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
    return [sampled for sampled in made if put_sampled(connection, sampled)]


def learnt_thresholds(connection: Connection) -> dict[str, float]:
    """Return by question the confidence below which answers are withheld, where that was learnt."""
    rubrics = sorted(rubrics_of_current_scores(connection))
    learnt = (latest_trust(connection, rubric_id) for rubric_id in rubrics)
    return {each.asked: each.threshold for trust in learnt if trust for each in trust.calibrations}


def read_queue(
    connection: Connection,
    questions: QuestionsAtHand,
    *,
    reviewer: str | None = None,
    kinds: Sequence[QueueKind] = (),
) -> list[QueuedCall]:
    """Return the calls that wait for a person, the gravest first.

    Args:
        connection: Where to read.
        questions: Of the rubrics at hand: what only people can answer puts no call on the queue by itself.
        reviewer: Only what is this person's or anybody's.
        kinds: Only these kinds of reason; empty leaves all.
    """
    return open_queue(
        list_queued(connection),
        all_reviews(connection),
        list_queue_closings(connection),
        reviewer=None if reviewer is None else checked_name(reviewer),
        kinds=kinds,
        asked_of_people=only_people_answer(questions),
    )


def take_off(
    connection: Connection, call_id: str, questions: QuestionsAtHand, *, by: str, reason: str, now: datetime
) -> QueueClosing:
    """Keep that a call is done though nobody answered: what puts it on the queue after this puts it there again.

    Raises:
        NotFoundError: No such call.
        ReviewError: It is not in the queue, or name or reason cannot be kept.
    """
    whole_id = get_recording(connection, call_id).call_id
    name, why = checked_name(by), checked_reason(reason)
    if whole_id not in {call.call_id for call in read_queue(connection, questions)}:
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


def _weighed(
    connection: Connection, candidates: Sequence[Candidate], thresholds: Mapping[str, float]
) -> list[Candidate]:
    differing = disagreement(all_reviews(connection, kind="all"))
    told = told_answers(connection)
    return [replace(call, weight=weight(told[call.score_id], differing, thresholds)) for call in candidates]
