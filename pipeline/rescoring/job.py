"""What history is scored again by, put together and checked before any call is touched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.compliance.packs import load_rules
from pipeline.compliance.rule import Rule, RuleStatus
from pipeline.config import Settings
from pipeline.errors import AuthoredFileError, NotInForceError, UnknownNameError
from pipeline.records import Recording, Rubric, Trust
from pipeline.rescoring.stored_calls import Scorer
from pipeline.rubric_facts.phrases import phrase_problems
from pipeline.score.rubrics import check_rule_references, find_rubric, load_rubrics, rubric_of_call


class Current(StrEnum):
    """Which score is a call's current one afterwards.

    ``CHOSEN``: the new one where its rubric is the one that would be chosen for the call today, else the old one.
    """

    CHOSEN = "chosen"
    NEW = "new"
    OLD = "old"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to score again by, and which score counts afterwards.

    Attributes:
        rubrics: Those that there are now, of which one would be chosen for a call.
        only_rubric: The one that is set for every call; None where each call's queue chooses.
    """

    scorer: Scorer
    rubrics: tuple[Rubric, ...] = ()
    only_rubric: Rubric | None = None
    current: Current = Current.CHOSEN

    def counts(self, recording: Recording, language: str) -> bool:
        """Tell whether the new score of a call becomes its current one."""
        if self.current is not Current.CHOSEN:
            return self.current is Current.NEW
        settings, rubric = self.scorer.settings, self.scorer.rubric
        chosen = self.only_rubric
        if chosen is None:
            try:
                chosen = rubric_of_call(self.rubrics, recording, settings, language=language)
            except (NotInForceError, UnknownNameError):  # a run would say so of such a call
                return False
        return (chosen.id, chosen.version, chosen.fingerprint) == (rubric.id, rubric.version, rubric.fingerprint)


def assemble_job(
    settings: Settings, rubric: Rubric, *, trust: Trust | None = None, current: Current = Current.CHOSEN
) -> Job:
    """Return what scores calls again by a rubric.

    Args:
        settings: Which rules and rubrics there are now.
        rubric: What to score by; it need not be one of them.
        trust: What reviewed answers tell about it.
        current: Which score counts afterwards.

    Raises:
        AuthoredFileError: A rule pack or rubric has problems, or the rubric asks for a rule that there is not.
        UnknownNameError: Settings name a rubric that there is not.
    """
    rules = load_rules(settings.compliance.rules_dir)
    only = find_rubric(settings.score.rubric, settings.score.rubrics_dir) if settings.score.rubric else None
    rubrics = (only,) if only else load_rubrics(settings.score.rubrics_dir)
    scorer = scorer_of(settings, rubric, rules, trust=trust)
    return Job(scorer=scorer, rubrics=rubrics, only_rubric=only, current=current)


def scorer_of(settings: Settings, rubric: Rubric, rules: tuple[Rule, ...], *, trust: Trust | None = None) -> Scorer:
    """Return what scores by one rubric.

    Raises:
        AuthoredFileError: The rubric asks for a rule that there is not, or its phrases are not sound.
    """
    active = {rule.id for rule in rules if rule.status is RuleStatus.ACTIVE}
    problems = [*check_rule_references([rubric], active), *phrase_problems([rubric])]
    if problems:
        raise AuthoredFileError(rubric.file or rubric.id, problems)
    return Scorer(rubric=rubric, settings=settings, rules=rules, trust=trust)
