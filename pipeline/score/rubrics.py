"""The rubrics of a folder: read and check them, find one by name, choose the one that scores a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from pipeline.config import ScoreSettings, Settings
from pipeline.errors import AuthoredFileError, NotInForceError, Problem, UnknownNameError
from pipeline.records import Recording, Rubric
from pipeline.records.language import UNDETERMINED
from pipeline.score.authored.references import check_rule_references, check_rules_apply, check_rules_of_unsound_file
from pipeline.score.authored.rubric_file import SUFFIXES, load_rubric
from pipeline.score.in_force import Gap, clashes, gaps, in_force, latest_versions

__all__ = [
    "SUFFIXES",
    "check_rule_references",
    "check_rules_apply",
    "check_rules_of_unsound_file",
    "choose_rubric",
    "find_rubric",
    "gaps",
    "load_rubric",
    "load_rubrics",
    "rubric_of_call",
]


def load_rubrics(rubrics_dir: Path) -> tuple[Rubric, ...]:
    """Read and check every rubric that lies directly in a folder, sorted by id and version.

    Raises:
        AuthoredFileError: With the problems of all files at once; also for a missing folder, one without rubrics, an id
            that stands twice with the same version, a version that never scores, and a queue that two rubrics claim.
    """
    paths = sorted(path for path in _files_in(rubrics_dir) if path.suffix in SUFFIXES)
    problems: list[Problem] = []
    loaded: list[Rubric] = []
    for path in paths:
        try:
            loaded.append(load_rubric(path))
        except AuthoredFileError as error:
            problems += [problem.in_file(str(path)) for problem in error.problems]
    if not paths:
        problems.append(Problem(code="no-rubrics", message="no rubric (*.yaml, *.yml) lies in this folder"))
    problems += clashes(loaded)
    if problems:
        raise AuthoredFileError(str(rubrics_dir), problems)
    return tuple(sorted(loaded, key=lambda rubric: (rubric.id, rubric.version)))


def find_rubric(name: str, rubrics_dir: Path) -> Rubric:
    """Return the rubric of an id, of ``id@version`` or in a file; drafts and retired ones too: they are asked for.

    An id means its latest active version, and its latest one where none is active.

    Raises:
        UnknownNameError: No such id, or not in this version, with the nearest one.
        AuthoredFileError: The file, or one in the folder, has problems.
    """
    return load_rubric(Path(name)) if _is_path(name) else _named(name, load_rubrics(rubrics_dir))


def choose_rubric(
    rubrics: Sequence[Rubric],
    recording: Recording,
    settings: ScoreSettings,
    *,
    language: str = UNDETERMINED,
    day: date | None = None,
) -> Rubric:
    """Return the rubric that scores a call: the one set for all calls, else its queue's, else the default.

    Of several versions the latest is taken that is active and effective on the call's day, and of several rubrics of a
    queue the one that covers the call's language; where none does, the first, which then says so. Queue names are
    compared without regard to case. The one set for all calls is taken whatever its status and days.

    Args:
        rubrics: All that there are.
        recording: The call.
        settings: Which rubric scores all calls, or those of queues that no rubric names.
        language: Of the call.
        day: Of the call, in the site's zone; None where it is not known: then the latest active versions are meant.

    Raises:
        UnknownNameError: A setting names a rubric that there is not.
        NotInForceError: No version of the default rubric scores calls of that day.
        AuthoredFileError: `settings.rubric` names a file that has problems.
    """
    if settings.rubric is not None:
        return load_rubric(Path(settings.rubric)) if _is_path(settings.rubric) else _named(settings.rubric, rubrics)
    scoring = in_force(rubrics, day)
    if recording.queue is not None:
        queue = recording.queue.casefold()
        of_queue = [rubric for rubric in scoring if queue in {each.casefold() for each in rubric.queues}]
        if of_queue:
            return next((rubric for rubric in of_queue if rubric.covers(language)), of_queue[0])
    default = next((rubric for rubric in scoring if rubric.id == settings.default_rubric), None)
    return default or _not_in_force(_by_id(settings.default_rubric, rubrics), day, gaps(rubrics))


def rubric_of_call(rubrics: Sequence[Rubric], recording: Recording, settings: Settings, *, language: str) -> Rubric:
    """Return the rubric that scores a call of its day in this language; it may be one that covers another.

    Errors as in `choose_rubric`.
    """
    return choose_rubric(rubrics, recording, settings.score, language=language, day=_day_of(recording, settings))


def _day_of(recording: Recording, settings: Settings) -> date | None:
    """Return the day on which a call began, in the site's zone; None where that is not known."""
    zone = ZoneInfo(settings.intake.site_timezone or settings.scorecards.timezone)
    return None if recording.started_at is None else recording.started_at.astimezone(zone).date()


def _not_in_force(rubric: Rubric, day: date | None, between: Sequence[Gap]) -> NoReturn:
    for gap in between:
        if day is not None and gap.before.id == rubric.id and gap.first <= day <= gap.last:
            raise NotInForceError(f"a call of {day} falls between two versions of its rubric: {gap}")
    when = "" if day is None else f" that scores calls of {day}"
    raise NotInForceError(
        f"rubric {rubric.id!r} has no active version{when}, and the call's queue has no other; set its `status` and"
        " `effective` days, or another score.default_rubric"
    )


def _files_in(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        problem = Problem(code="unreadable", message=error.strerror or "the folder cannot be read")
        raise AuthoredFileError(str(folder), [problem]) from None


def _is_path(id_or_path: str) -> bool:
    return Path(id_or_path).suffix in SUFFIXES or "/" in id_or_path or "\\" in id_or_path


def _named(name: str, rubrics: Sequence[Rubric]) -> Rubric:
    """Return the rubric of an id or of ``id@version``."""
    rubric_id, at, version = name.rpartition("@")
    if not at:
        return _by_id(name, rubrics)
    known = {f"{rubric.id}@{rubric.version}": rubric for rubric in rubrics}
    wanted = f"{rubric_id}@{version.removeprefix('v')}"
    if wanted not in known:
        raise UnknownNameError("rubric", name, known)
    return known[wanted]


def _by_id(rubric_id: str, rubrics: Sequence[Rubric]) -> Rubric:
    known = {rubric.id: rubric for rubric in latest_versions(rubrics)}
    if rubric_id not in known:
        raise UnknownNameError("rubric", rubric_id, known)
    return known[rubric_id]
