"""The counterfactual on stored calls: which are drawn, what is known of each, and what all of them say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from pipeline.counterfactual.movements import Movement
from pipeline.counterfactual.one_call import LANGUAGE, CallAsHeard, counterfactual
from pipeline.counterfactual.report import CounterfactualReport, add_up
from pipeline.detectors import Detectors
from pipeline.records import FactKeys, Rubric
from pipeline.store.call_record import CallRecord, read_call
from pipeline.store.database import Store
from pipeline.store.fairness_rows import scored_calls
from pipeline.store.history import read_history
from pipeline.store.steps import get_step
from pipeline.store.stored_facts import stored_answers

NO_RUBRIC = "the rubric of the score is not in the rubrics folder"
NOT_ENGLISH = "not in English"
NOTHING_TO_SWAP = "no name, pronoun or form of address in it"


def counterfactual_of_calls(
    store: Store,
    rubrics: Sequence[Rubric],
    detectors: Detectors,
    *,
    sample: int,
    seed: int = 0,
    only_rubric: Rubric | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> CounterfactualReport:
    """Return what swapped words do to the scores of stored calls. Nothing is stored.

    Args:
        store: Where the calls are.
        rubrics: Those in the rubrics folder: each call is scored by the one of its current score.
        detectors: Rules and sentiment engine.
        sample: At most so many calls, drawn at random.
        seed: What they and the names are drawn with: equal calls and seed give an equal report.
        only_rubric: Score every drawn call by this one; those whose current score is by it are drawn.
        tell: Is told how many calls of how many are done.
    """
    with store.read() as connection:
        known = scored_calls(connection, only_rubric.id if only_rubric else None)
    drawn = sorted(random.Random(seed).sample(known, min(sample, len(known))))  # noqa: S311 - no secret
    left_out: Counter[str] = Counter()
    movements: list[Movement] = []
    for done, call_id in enumerate(drawn):
        tell(done, len(drawn))
        with store.read() as connection:
            record = read_call(connection, call_id)
            rubric = only_rubric or _rubric_of(record, rubrics)
            heard = _as_heard(connection, record, detectors)
        if heard is None:
            left_out[NOT_ENGLISH] += 1
        elif rubric is None:
            left_out[NO_RUBRIC] += 1
        elif found := counterfactual(heard, rubric, detectors, seed=seed):
            movements += found
        else:
            left_out[NOTHING_TO_SWAP] += 1
    tell(len(drawn), len(drawn))
    return add_up(movements, seed=seed, sampled=len(drawn), left_out=left_out)


def _rubric_of(record: CallRecord, rubrics: Sequence[Rubric]) -> Rubric | None:
    """Return the rubric of a call's current score: that very one, else its latest version."""
    score = record.scores[0].score
    of_id = [rubric for rubric in rubrics if rubric.id == score.rubric_id]
    same = [rubric for rubric in of_id if rubric.fingerprint == score.rubric_fingerprint]
    return max(same or of_id, key=lambda rubric: rubric.version, default=None)


def _as_heard(connection: Connection, record: CallRecord, detectors: Detectors) -> CallAsHeard | None:
    """Return what is known of a call, or None where it is in another language."""
    transcript, recording, rules = record.transcript, record.recording, detectors.about_calls
    if transcript is None or transcript.language != LANGUAGE:
        return None
    under = get_step(connection, record.scores[0].facts_key, FactKeys)
    answers = stored_answers(connection, (under.judgements or ()) if under else ())
    return CallAsHeard(
        recording=recording,
        transcript=transcript,
        measures=record.measures,
        judgements=tuple(judgement for answer in answers.values() for judgement in answer.judgements),
        judged=rules.judge(recording, read_history(connection, recording, rules.needs_of(recording))),
    )
