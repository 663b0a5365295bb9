"""The parts that a run works with, built and checked once from settings."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import Settings
from pipeline.detectors import Detectors, assemble_detectors
from pipeline.errors import AuthoredFileError
from pipeline.records import Recording, Rubric
from pipeline.score.rubrics import check_rule_references, choose_rubric, find_rubric, load_rubrics
from pipeline.transcribe.engine import Engine, create_engine


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Engine, detectors and rubrics. ``only_rubric`` scores every call; None lets each call's queue choose."""

    settings: Settings
    engine: Engine
    detectors: Detectors
    rubrics: tuple[Rubric, ...]
    only_rubric: Rubric | None = None

    def rubric_for(self, recording: Recording) -> Rubric:
        """Return the rubric that scores a call."""
        return self.only_rubric or choose_rubric(self.rubrics, recording, self.settings.score)


def assemble(settings: Settings) -> Parts:
    """Build the parts that settings name, so that what is wrong with them is said before any call is touched.

    Weights are loaded when first used.

    Raises:
        AuthoredFileError: A rule pack or rubric has problems, or a rubric asks for a rule that is not looked for.
        UnknownNameError: Settings name an engine or rubric that there is not.
        ModelError: The model that settings name is not there.
    """
    detectors = assemble_detectors(settings)
    engine = create_engine(settings.transcribe, settings.models_dir)
    engine.made_by()  # says at once that the model is missing
    chosen = settings.score
    only = find_rubric(chosen.rubric, chosen.rubrics_dir) if chosen.rubric else None
    rubrics = (only,) if only else load_rubrics(chosen.rubrics_dir)
    if not only:
        find_rubric(chosen.default_rubric, chosen.rubrics_dir)
    require_known_rules(rubrics, detectors, where=chosen.rubric or str(chosen.rubrics_dir))
    return Parts(settings=settings, engine=engine, detectors=detectors, rubrics=rubrics, only_rubric=only)


def require_known_rules(rubrics: tuple[Rubric, ...], detectors: Detectors, *, where: str) -> None:
    """Refuse rubrics that ask for rules which nobody looks for: they would be answered "not applicable" for ever.

    Raises:
        AuthoredFileError: With every such place.
    """
    problems = check_rule_references(rubrics, detectors.active_rule_ids())
    if problems:
        raise AuthoredFileError(where, problems)
