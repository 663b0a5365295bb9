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
    ``NEW``: the new one where its rubric is for such a call, whether or not it would be chosen.
    """

    CHOSEN = "chosen"
    NEW = "new"
    OLD = "old"


class Left(StrEnum):
    """Why a call keeps the score that counts though the new one was asked to: the rubric is not for such calls."""

    OTHER_QUEUE = "other_queue"
    OTHER_LANGUAGE = "other_language"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to score again by, and which score counts afterwards.

    Attributes:
        rubrics: Those that there are now, of which one would be chosen for a call.
        only_rubric: The one that is set for every call; None where each call's queue chooses.
        any_queue: The new score may count for calls of queues that the rubric does not name: a queue was asked for.
    """

    scorer: Scorer
    rubrics: tuple[Rubric, ...] = ()
    only_rubric: Rubric | None = None
    current: Current = Current.CHOSEN
    any_queue: bool = False

    def left(self, recording: Recording, language: str) -> Left | None:
        """Return why the new score of a call does not count though that was asked for; None where it does."""
        rubric = self.scorer.rubric
        if self.current is not Current.NEW:
            return None
        for_all = self.any_queue or not rubric.queues or (self.only_rubric and self.only_rubric.id == rubric.id)
        if not for_all and (recording.queue or "").casefold() not in {queue.casefold() for queue in rubric.queues}:
            return Left.OTHER_QUEUE
        return None if rubric.covers(language) else Left.OTHER_LANGUAGE

    def counts(self, recording: Recording, language: str) -> bool:
        """Tell whether the new score of a call becomes its current one."""
        if self.current is not Current.CHOSEN:
            return self.current is Current.NEW and self.left(recording, language) is None
        settings, rubric = self.scorer.settings, self.scorer.rubric
        chosen = self.only_rubric
        if chosen is None:
            try:
                chosen = rubric_of_call(self.rubrics, recording, settings, language=language)
            except (NotInForceError, UnknownNameError):  # a run would say so of such a call
                return False
        return (chosen.id, chosen.version, chosen.fingerprint) == (rubric.id, rubric.version, rubric.fingerprint)


def assemble_job(
    settings: Settings,
    rubric: Rubric,
    *,
    trust: Trust | None = None,
    current: Current = Current.CHOSEN,
    any_queue: bool = False,
) -> Job:
    """Return what scores calls again by a rubric.

    Args:
        settings: Which rules and rubrics there are now.
        rubric: What to score by; it need not be one of them.
        trust: What reviewed answers tell about it.
        current: Which score counts afterwards.
        any_queue: The new score may count for calls of queues that the rubric does not name.

    Raises:
        AuthoredFileError: A rule pack or rubric has problems, or the rubric asks for a rule that there is not.
        UnknownNameError: Settings name a rubric that there is not.
    """
    rules = load_rules(settings.compliance.rules_dir)
    only = find_rubric(settings.score.rubric, settings.score.rubrics_dir) if settings.score.rubric else None
    rubrics = (only,) if only else load_rubrics(settings.score.rubrics_dir)
    scorer = scorer_of(settings, rubric, rules, trust=trust)
    return Job(scorer=scorer, rubrics=rubrics, only_rubric=only, current=current, any_queue=any_queue)


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
