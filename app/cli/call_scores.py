"""Several scores of one call: which one is asked for, and how it stands beside the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.cli import show
from pipeline.errors import UnknownNameError
from pipeline.records import CallScore, CriterionResult
from pipeline.reviewing.evaluations import Evaluation
from pipeline.score.effective import effective_score
from pipeline.store.scores import StoredScore

_SHOWN = 10


def scores_by(name: str, scores: Sequence[StoredScore]) -> tuple[StoredScore, ...]:
    """Return a call's scores by a rubric, as they stand.

    Args:
        name: Id of the rubric, or ``id@version``.
        scores: Of the call.

    Raises:
        UnknownNameError: The call has none by it; says by which it has.
    """
    wanted = name.replace("@v", "@")
    found = tuple(each for each in scores if wanted in (each.score.rubric_id, name_of(each.score)))
    if not found:
        raise UnknownNameError("rubric among the scores of this call", name, {name_of(each.score) for each in scores})
    return found


def evaluation_of(stored: StoredScore, evaluation: Evaluation) -> Evaluation:
    """Return another score of the call with what people answered to its questions."""
    counts = effective_score(stored.score, evaluation.reviews)
    return replace(evaluation, stored=stored, effective=counts, acknowledgements=())


def print_others(shown: Evaluation, scores: Sequence[StoredScore], *, beside: bool) -> None:
    """Print which other scores the call has and, where it is asked for, one of them beside the one that was shown.

    Beside it stands the score that counts, or beside that one the newest other.

    Args:
        shown: What was shown.
        scores: All of the call, the one that counts first, then the newest first.
        beside: Compare, answer by answer.
    """
    others = [each for each in scores if each.score.score_id != shown.machine.score_id]
    if not others:
        return
    if beside:
        _print_beside(shown, evaluation_of(others[0], shown))
    show.say("Other scores of this call:" if beside else "This call has other scores, too:")
    for each in others[:_SHOWN]:
        total = f"{name_of(each.score)} {show.percent(each.score.share)}, made {show.moment(each.made_at)}"
        show.say(f"  {total}{', the one that counts' if each.current else ''}")
    if len(others) > _SHOWN:
        show.say(f"  {len(others) - _SHOWN} more; --json has all of them.")
    show.say(f"To see one: earmark calls show {shown.recording.call_id} --rubric {name_of(others[0].score)}")


def name_of(score: CallScore) -> str:
    """Return the rubric of a score as ``id@version``."""
    return f"{score.rubric_id}@{score.rubric_version}"


def _print_beside(shown: Evaluation, other: Evaluation) -> None:
    columns = [("Criterion", "left"), *((_heading(each), "left") for each in (shown, other))]
    here, there = ({result.criterion_id: result for result in e.effective.results} for e in (shown, other))
    titles = {criterion_id: result.title for criterion_id, result in {**there, **here}.items()}
    rows = [
        (title, _told(here.get(criterion_id)), _told(there.get(criterion_id))) for criterion_id, title in titles.items()
    ]
    totals = [show.percent(each.effective.share) for each in (shown, other)]
    show.table(columns, [("Total", *totals), *rows], title="Beside another score, with what people answered")


def _heading(evaluation: Evaluation) -> str:
    return name_of(evaluation.machine) + (" (counts)" if evaluation.stored.current else "")


def _told(result: CriterionResult | None) -> str:
    if result is None:
        return "not asked"
    earned = "–" if result.points_earned is None else f"{result.points_earned:g}"
    return f"{result.status.value.replace('_', ' ')}, {earned} of {result.points_possible:g}"
