"""Reviews, disputes, sessions and the queue on a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from app.cli import show
from pipeline.canonical import to_data
from pipeline.records import CallScore, CriterionResult, QueuedCall, QueueKind, Review, Status
from pipeline.review.answers import same_answer
from pipeline.reviewing.evaluations import Evaluation, corrections
from pipeline.store.disputes import DisputeRow

_WORDS = {
    Status.PASS: "pass",
    Status.PARTIAL: "partial",
    Status.FAIL: "fail",
    Status.NOT_APPLICABLE: "not applicable",
    Status.CANNOT_ASSESS: "cannot assess",
}


def in_words(status: Status | None, share: float | None = None, answer: str | None = None) -> str:
    """Return an answer in words, with its label or its share where it is neither all nor nothing."""
    if status is None:
        return "–"
    more = answer if answer is not None else _part(share) if status is Status.PARTIAL else None
    return _WORDS[status] if more is None else f"{_WORDS[status]} ({more})"


def _part(share: float | None) -> str:
    """Return a share that is neither nothing nor all, cut: 99.9 % rounded would read as all."""
    if share is None:
        return show.percent(share)
    whole = math.floor(100 * share + 1e-9)
    return f"{whole} %" if whole else "under 1 %"


def answered(result: CriterionResult) -> str:
    """Return a result's answer in words, with what the machine leaned to where it withheld that."""
    if result.leaning is not None:
        return f"withheld (leaned to {in_words(result.leaning, result.machine_share, result.leaning_answer)})"
    return in_words(result.status, result.share, result.answer)


def total(score: CallScore) -> str:
    """Return a score's total in words."""
    passed = {True: "passed", False: "not passed", None: "no score"}[score.passed]
    return f"{show.percent(score.share)} ({passed})"


def print_answered(evaluation: Evaluation, made: Sequence[Review], before: CallScore) -> None:
    """Print what a person answered, and what that did to the total."""
    old = {result.criterion_id: result for result in before.results}
    for result in evaluation.effective.results:
        if any(review.criterion_id == result.criterion_id for review in made):
            show.say(f"{evaluation.recording.call_id} {result.criterion_id}: {answered(result)}")
        elif not same_answer(result, old[result.criterion_id]):
            show.say(f"{evaluation.recording.call_id} {result.criterion_id}: {answered(result)}, as follows from it")
            if result.status is Status.CANNOT_ASSESS:
                waits = f"earmark reviews answer {evaluation.recording.call_id} {result.criterion_id} ANSWER"
                show.remark(f"{result.criterion_id} applies now and waits for an answer: {waits}")
    show.say(f"total: {total(before)} before, {total(evaluation.effective)} now")


def print_evaluation(evaluation: Evaluation) -> None:
    """Print the machine's answers beside those that count, and both totals."""
    machine, effective = evaluation.machine, evaluation.effective
    show.say(f"{evaluation.recording.call_id} · {machine.rubric_id} version {machine.rubric_version}")
    show.say(f"machine {total(machine)}, with reviews {total(effective)}")
    rows = []
    for told, counts, review in corrections(evaluation):
        untouched = review is None and same_answer(told, counts)
        who = f"{review.reviewer}, {show.moment(review.made_at)}" if review else "–"
        changed = "–" if untouched else answered(counts) + ("" if same_answer(told, counts) else " *")
        unreviewed = asked_before(evaluation, told) if untouched else follows(evaluation, counts)
        reason = review.reason if review else unreviewed
        rows.append((f"{told.criterion_id}\n{told.title}", answered(told), changed, who, reason))
    columns = [("Criterion", "left"), ("Machine", "left"), ("Reviewed", "left")]
    show.table([*columns, ("By", "left"), ("Why", "left")], rows)
    if any(not same_answer(told, counts) for told, counts, _ in corrections(evaluation)):
        show.say("* other than the machine's")
    for seen in evaluation.acknowledgements:
        show.say(f"acknowledged as it stands by {seen.acknowledged_by}, {show.moment(seen.made_at)}")


def follows(evaluation: Evaluation, result: CriterionResult) -> str:
    """Return from whose answers to which questions a result follows; its own reason where that is not known."""
    told = {machine.criterion_id: (counts, review) for machine, counts, review in corrections(evaluation)}
    waiting, seen = [one.criterion_id for one in result.depends_on], dict[str, None]()
    while waiting:
        criterion_id = waiting.pop(0)
        if criterion_id in told and criterion_id not in seen:
            seen[criterion_id] = None
            waiting += [one.criterion_id for one in told[criterion_id][0].depends_on]
    people = [(each, told[each][1]) for each in seen]
    named = [f"{criterion_id} ({review.reviewer})" for criterion_id, review in people if review]
    return f"follows from {', '.join(named)}" if named else result.reason


def asked_before(evaluation: Evaluation, result: CriterionResult) -> str:
    """Return what people answered when the rubric asked this otherwise: it counts no more."""
    earlier = [r for r in evaluation.reviews if r.criterion_id == result.criterion_id and r.asked != result.asked]
    if not earlier or evaluation.review_of(result) is not None:
        return ""
    last = max(earlier, key=lambda review: (review.made_at, review.review_id))
    return f"answered as it was asked before: {in_words(last.status, last.share, last.answer)} ({last.reviewer})"


def evaluation_data(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as JSON data."""
    return {
        "call_id": evaluation.recording.call_id,
        "score_id": evaluation.machine.score_id,
        "rubric_id": evaluation.machine.rubric_id,
        "rubric_version": evaluation.machine.rubric_version,
        "machine": totals_data(evaluation.machine),
        "effective": totals_data(evaluation.effective),
        "answers": [
            {
                "criterion_id": told.criterion_id,
                "title": told.title,
                "machine": answer_data(told),
                "effective": answer_data(counts),
                "review": to_data(review) if review else None,
            }
            for told, counts, review in corrections(evaluation)
        ],
        "acknowledgements": [to_data(each) for each in evaluation.acknowledgements],
    }


def totals_data(score: CallScore) -> dict[str, Any]:
    """Return a score's totals as JSON data."""
    names = ("share", "raw_share", "critical_share", "passed", "assessed_share")
    return {name: getattr(score, name) for name in names} | {"auto_failed_by": list(score.auto_failed_by)}


def answer_data(result: CriterionResult) -> dict[str, Any]:
    """Return an answer as JSON data, without its evidence."""
    names = ("points_earned", "points_possible", "answer", "confidence", "leaning_share", "leaning_answer", "reason")
    leaning = result.leaning.value if result.leaning else None
    return {"status": result.status.value, "leaning": leaning} | {name: getattr(result, name) for name in names}


def print_reviews(reviews: Iterable[Review]) -> None:
    """Print reviews, one a line."""
    columns = [("When (UTC)", "left"), ("Call", "left"), ("Criterion", "left"), ("Machine", "left")]
    columns += [("Answer", "left"), ("Reviewer", "left"), ("Why", "left")]
    rows = [
        (
            show.instant(review.made_at),
            review.call_id,
            review.criterion_id,
            in_words(review.machine_status),
            in_words(review.status, review.share, review.answer),
            review.reviewer,
            review.reason,
        )
        for review in reviews
    ]
    show.table(columns, rows)


def dispute_data(row: DisputeRow) -> dict[str, Any]:
    """Return a dispute as JSON data."""
    ruling = to_data(row.ruling) if row.ruling else None
    return {**to_data(row.dispute), "state": row.state.value, "agent_id": row.agent_id, "ruling": ruling}


def print_disputes(rows: Iterable[DisputeRow]) -> None:
    """Print disputes, one a line."""
    columns = [("Dispute", "left"), ("State", "left"), ("Opened (UTC)", "left"), ("By", "left"), ("Call", "left")]
    columns += [("Criterion", "left"), ("Why", "left"), ("Ruling", "left")]
    lines = [
        (
            row.dispute.dispute_id,
            row.state.value,
            show.instant(row.dispute.opened_at),
            row.dispute.opened_by,
            row.dispute.call_id,
            row.dispute.criterion_id,
            row.dispute.reason,
            f"{row.ruling.ruled_by}: {row.ruling.reason}" if row.ruling else "",
        )
        for row in rows
    ]
    show.table(columns, lines)


def print_queue(calls: Sequence[QueuedCall]) -> None:
    """Print what waits, without whose calls they are: who hears a call should not know whose it is."""
    columns = [("Call", "left"), ("Started (UTC)", "left"), ("Why", "left"), ("For", "left")]
    rows: list[tuple[str, ...]] = [
        (
            call.call_id,
            show.instant(call.started_at),
            why(call)[0] + (f" (and {len(call.reasons) - 1} more)" if len(call.reasons) > 1 else ""),
            ", ".join(sorted({reason.reviewer for reason in call.reasons if reason.reviewer})) or "anybody",
        )
        for call in calls
    ]
    if not any(reason.reviewer for call in calls for reason in call.reasons):
        columns, rows = columns[:-1], [row[:-1] for row in rows]  # nothing is assigned
    show.table(columns, rows)


def why(call: QueuedCall) -> list[str]:
    """Return why a call waits, one line a reason, the weightiest first."""
    told = {QueueKind.FLAGGED: "", QueueKind.UNANSWERED: "not answered: ", QueueKind.SAMPLED: "sampled, "}
    return [
        told[reason.kind]
        + (f"{reason.severity.value} " if reason.severity else "")
        + f"{reason.subject}: {reason.reason}"
        for reason in call.reasons
    ]
