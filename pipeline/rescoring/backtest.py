"""A rubric's answers beside people's: those that are stored, and those that it gives today on the same calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from pipeline.agreement.pairs import AnswerPair, Key, pairs_of
from pipeline.agreement.report import manual_ids
from pipeline.records import CriterionResult, Rubric
from pipeline.rescoring.stored_calls import Scorer, evaluate_stored
from pipeline.score.fingerprints import question_fingerprint
from pipeline.store.answer_pairs import reviewed_results, reviews_that_count
from pipeline.store.stored_facts import Unreadable


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """What a rubric answers today on reviewed calls, beside people's answers.

    Attributes:
        pairs: By question and call.
        before: What was stored when people reviewed it, beside the same answers.
        calls: So many reviewed calls were evaluated.
        not_looked_for: For each rule that the rubric asks for and that was not looked for at the time, on how many
            calls. Answers that hang on it cannot be assessed there.
        unreadable: Calls whose facts cannot be read.
    """

    pairs: tuple[AnswerPair, ...]
    before: tuple[AnswerPair, ...]
    calls: int
    not_looked_for: Mapping[str, int] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()


def stored_pairs(connection: Connection, rubric: Rubric, *, blind_only: bool = False) -> tuple[AnswerPair, ...]:
    """Return what the machine had answered, beside people's answers, in whatever version of the rubric.

    Args:
        connection: Where to read.
        rubric: Its id says whose scores, its criteria which of them only people answer.
        blind_only: Only answers of experts, given without sight of the machine's.
    """
    reviews = reviews_that_count(connection, rubric.id, blind_only=blind_only)
    results = reviewed_results(connection, rubric.id, blind_only=blind_only)
    return pairs_of(results, reviews, manual=manual_ids(rubric))


def backtest(connection: Connection, scorer: Scorer, *, blind_only: bool = False, changed_too: bool = True) -> Backtest:
    """Evaluate a rubric on the stored facts of all reviewed calls; nothing is stored.

    Args:
        connection: Where to read.
        scorer: The rubric, and what it is evaluated with.
        blind_only: Only answers of experts, given without sight of the machine's.
        changed_too: Compare a question whose test has changed since with people's answers to the criterion as it was.
    """
    rubric = scorer.rubric
    reviews = reviews_that_count(connection, rubric.id, blind_only=blind_only)
    fingerprints = {criterion.id: question_fingerprint(criterion.test) for criterion in rubric.criteria()}
    results: dict[Key, CriterionResult] = {}
    not_looked_for: Counter[str] = Counter()
    unreadable: list[Unreadable] = []
    calls = sorted({review.call_id for review in reviews})
    for outcome in evaluate_stored(connection, calls, scorer):
        if isinstance(outcome, Unreadable):
            unreadable.append(outcome)
            continue
        not_looked_for.update(outcome.keys.not_looked_for or ())
        for result in outcome.score.results:
            results[outcome.score.call_id, result.criterion_id, fingerprints[result.criterion_id]] = result
    return Backtest(
        pairs=pairs_of(results, reviews, manual=manual_ids(rubric), earlier=reviews if changed_too else ()),
        before=stored_pairs(connection, rubric, blind_only=blind_only),
        calls=len({key[0] for key in results}),
        not_looked_for=dict(not_looked_for),
        unreadable=tuple(unreadable),
    )
