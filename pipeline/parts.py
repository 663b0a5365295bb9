"""The parts that a run works with, built and checked once from settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.config import Settings
from pipeline.detectors import Detectors, assemble_detectors
from pipeline.errors import AuthoredFileError
from pipeline.privacy import name_model
from pipeline.records import Recording, Rubric
from pipeline.rubric_facts.phrases import phrase_problems
from pipeline.score.rubrics import (
    check_rule_references,
    check_rules_apply,
    find_rubric,
    load_rubrics,
    rubric_of_call,
)
from pipeline.transcribe.engine import Engine, create_engine
from pipeline.transcribe.vocabulary import NO_VOCABULARY, Vocabulary, load_vocabulary


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What every call is worked on with. ``only_rubric`` scores every call; None lets each call's queue choose."""

    settings: Settings
    engine: Engine
    detectors: Detectors
    rubrics: tuple[Rubric, ...]
    only_rubric: Rubric | None = None
    vocabulary: Vocabulary = NO_VOCABULARY

    def preparations(self) -> tuple[Callable[[], None], ...]:
        """Return what loads now that which the first call would load, in the order in which calls need it.

        Each may raise what its first use would raise.
        """
        names = (name_model.prepare,) if "person_name" in self.settings.privacy.kinds else ()
        return self.engine.prepare, *names, *self.detectors.preparations()

    def rubric_for(self, recording: Recording, language: str) -> Rubric:
        """Return the rubric that scores a call of its day in this language; it may be one that covers another."""
        if self.only_rubric is not None:
            return self.only_rubric
        return rubric_of_call(self.rubrics, recording, self.settings, language=language)


def assemble(settings: Settings) -> Parts:
    """Build the parts that settings name, so that what is wrong with them is said before any call is touched.

    Weights are loaded when first used.

    Raises:
        AuthoredFileError: A rule pack, rubric or vocabulary has problems, or a rubric asks for an unknown rule.
        UnknownNameError: Settings name an engine or rubric that there is not.
        ModelError: The model that settings name is not there.
    """
    detectors = assemble_detectors(settings)
    engine = create_engine(settings.transcribe, settings.models_dir)
    engine.made_by()  # says at once that the model is missing
    chosen = settings.score
    only = find_rubric(chosen.rubric, chosen.rubrics_dir) if chosen.rubric else None
    rubrics = (only,) if only else load_rubrics(chosen.rubrics_dir)
    if not only and chosen.default_rubric not in {rubric.id for rubric in rubrics}:
        find_rubric(chosen.default_rubric, chosen.rubrics_dir)  # a file, or it says what there is
    require_known_rules(rubrics, detectors, where=chosen.rubric or str(chosen.rubrics_dir))
    return Parts(
        settings=settings,
        engine=engine,
        detectors=detectors,
        rubrics=rubrics,
        only_rubric=only,
        vocabulary=load_vocabulary(settings.transcribe.vocabulary),
    )


def require_known_rules(rubrics: tuple[Rubric, ...], detectors: Detectors, *, where: str) -> None:
    """Refuse rubrics whose rules nobody looks for, or not in their calls, or whose phrases nobody can look for.

    Raises:
        AuthoredFileError: With every such place.
    """
    problems = [
        *check_rule_references(rubrics, detectors.active_rule_ids(), looked_in=detectors.settings.compliance.rules_dir),
        *check_rules_apply(rubrics, {rule.id: rule.applies_if for rule in detectors.rules}),
        *phrase_problems(rubrics),
    ]
    if problems:
        raise AuthoredFileError(where, problems)
