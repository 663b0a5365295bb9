"""The figures of a fairness report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.records.scorecard import Interval


class Verdict(StrEnum):
    """What can be said of a group's pass rate beside the highest one's."""

    HIGHEST = "highest"
    NO_SIGN = "no_sign"
    COULD_BE_CHANCE = "could_be_chance"
    UNLIKELY_CHANCE = "unlikely_chance"
    SMALL_UNLIKELY_CHANCE = "small_unlikely_chance"


IN_WORDS = {
    Verdict.HIGHEST: "highest pass rate",
    Verdict.NO_SIGN: "no sign of a difference",
    Verdict.COULD_BE_CHANCE: "ratio below 0.8, but could be chance",
    Verdict.UNLIKELY_CHANCE: "ratio below 0.8 and unlikely chance",
    Verdict.SMALL_UNLIKELY_CHANCE: "ratio 0.8 or more, yet unlikely chance",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupFigures:
    """One group of calls.

    Attributes:
        group: Value of the field.
        calls: With a total; ``without_total`` more have none and are in no rate of calls.
        agents: How many agents are known of them.
        fail_rate: Share of ``calls`` that did not pass, with its Wilson interval; ``pass_rate`` is the rest. Of groups
            of agents the interval is as wide as the differences between agents ask for.
        auto_fail_rate: Share of ``calls`` that an auto-fail ended, likewise.
        score: Mean score of ``calls``, with its bootstrap interval.
        cannot_assess: Mean over all its calls of the share of applicable questions that could not be assessed.
        confidence: Mean recognition confidence of its calls, with Student's interval; None where it is not known.
        ratio: Pass rate over the highest group's; None of the highest, of too few calls, and where nobody passed.
        chance: How likely a difference from the highest group this large is where there is none, made larger for the
            number of pairs of groups (Holm 1979); None where there is no ratio.
        verdict: None of too few calls.
        confidence_chance: How likely a recognition confidence as far from that of all other calls is, likewise; None of
            too few calls.
        heard_worse: Whether its calls were recognised worse than all others and that is unlikely chance.
    """

    group: str
    calls: int
    without_total: int
    agents: int
    passed: int
    auto_failed: int
    pass_rate: Interval | None
    fail_rate: Interval | None
    auto_fail_rate: Interval | None
    score: Interval | None
    cannot_assess: Interval | None
    confidence: Interval | None
    ratio: Interval | None = None
    chance: float | None = None
    verdict: Verdict | None = None
    confidence_chance: float | None = None
    heard_worse: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionFigures:
    """How one question went in one group beside all other calls.

    Attributes:
        fail_rate: Share of the answers pass, partial and fail that are fails; Wilson interval.
        others_fail_rate: The same of all other calls whose group is known and shown.
        chance: How likely such a difference is where there is none, made larger for the number of questions and groups
            (Benjamini and Hochberg 1995).
    """

    rubric_id: str
    criterion_id: str
    title: str
    group: str
    answered: int
    failed: int
    fail_rate: Interval
    others_fail_rate: Interval
    chance: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldFigures:
    """All groups by one field, or by several together.

    Attributes:
        fields: Names of the fields.
        groups: By pass rate, the highest first; those of enough calls first.
        whole_agents: Whether these are groups of agents, so that agents and not calls were counted in the tests.
        unknown: Calls of which a field is not known.
        hidden_groups: Groups of too few calls to be shown; ``hidden_calls`` are in them.
        questions: Those with more fails in a group than elsewhere that are unlikely chance, the least likely first.
        questions_tested: Question and group pairs that were compared.
    """

    fields: tuple[str, ...]
    groups: tuple[GroupFigures, ...]
    whole_agents: bool
    unknown: int
    hidden_groups: int
    hidden_calls: int
    questions: tuple[QuestionFigures, ...]
    questions_tested: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FairnessReport:
    """Rates by group over the current scores of a period.

    Attributes:
        rubrics: Ids of the rubrics that made the scores, with how many calls each scored.
        calls: Scored calls.
        not_scored: Calls of the period without a score.
        without_start: Calls of unknown start, which are in no period.
        min_calls: Groups of fewer calls have no verdict.
        shown_from: Groups of fewer calls are not shown.
    """

    generated_at: datetime
    first_day: date | None
    last_day: date | None
    timezone: str
    rubrics: dict[str, int]
    calls: int
    not_scored: int
    without_start: int
    min_calls: int
    shown_from: int
    fields: tuple[FieldFigures, ...]
