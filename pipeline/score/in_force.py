"""Which version of a rubric scores calls of a day unasked, and what is wrong between the files of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipeline.errors import Problem
from pipeline.records import Rubric, RubricStatus
from pipeline.records.language import language_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Days between two versions of a rubric on which none of it is in force.

    Attributes:
        before: The version that ends before the gap.
        after: The one that begins after it.
        first: First day of the gap.
        last: Last day of it.
    """

    before: Rubric
    after: Rubric
    first: date
    last: date

    def __str__(self) -> str:
        """Return what a person is told, with what to do."""
        days = f"from {self.first} to {self.last}" if self.first < self.last else f"on {self.first}"
        return (
            f"{self.before.id}: no version is in force {days}: version {self.before.version} ends on"
            f" {self.before.effective_to}, version {self.after.version} begins on {self.after.effective_from}; let"
            " their `effective` days meet if calls of these days are to be scored by it"
        )


def gaps(rubrics: Sequence[Rubric]) -> tuple[Gap, ...]:
    """Return the days between active versions of each rubric on which none is in force, by id and day.

    Days before the first version and after the last are none: a rubric may begin, and end.
    """
    active = [rubric for rubric in rubrics if rubric.status is RubricStatus.ACTIVE]
    found: list[Gap] = []
    so_far: Rubric | None = None  # of those that have begun, the one that ends last
    for rubric in sorted(active, key=lambda each: (each.id, each.effective_from or date.min, each.version)):
        if so_far is None or so_far.id != rubric.id:
            so_far = rubric
            continue
        end, begin = so_far.effective_to, rubric.effective_from
        if end is not None and begin is not None and (begin - end).days > 1:
            one = timedelta(days=1)
            found.append(Gap(before=so_far, after=rubric, first=end + one, last=begin - one))
        if end is not None and (rubric.effective_to is None or rubric.effective_to > end):
            so_far = rubric
    return tuple(found)


def latest_versions(rubrics: Sequence[Rubric]) -> tuple[Rubric, ...]:
    """Return the version of each rubric that its id means: the latest active one, and where none is, the latest."""
    meant: dict[str, Rubric] = {}
    for rubric in sorted(rubrics, key=lambda each: (each.id, each.status is RubricStatus.ACTIVE, each.version)):
        meant[rubric.id] = rubric
    return tuple(meant.values())


def in_force(rubrics: Sequence[Rubric], day: date | None) -> tuple[Rubric, ...]:
    """Return the version of each rubric that scores calls of a day, by id: the latest that is active and effective.

    Args:
        rubrics: All versions.
        day: None where the day of the call is not known: then days are not looked at.
    """
    chosen: dict[str, Rubric] = {}
    for rubric in sorted(rubrics, key=lambda each: (each.id, each.version)):
        if rubric.status is RubricStatus.ACTIVE and (day is None or _is_effective(rubric, day)):
            chosen[rubric.id] = rubric
    return tuple(chosen.values())


def clashes(rubrics: Sequence[Rubric]) -> list[Problem]:
    """Find files that say they are the same version, versions that never score, and queues that two rubrics claim."""
    file_order = {(rubric.id, rubric.version): number for number, rubric in reversed(list(enumerate(rubrics)))}
    turns = [
        (day, sorted(in_force(rubrics, day), key=lambda rubric: file_order[rubric.id, rubric.version]))
        for day in _days_of_change(rubrics)
    ]
    never = _never(rubrics, [rubric for _, scoring in turns for rubric in scoring])
    return [*_doubled(rubrics), *never, *_claimed_twice(turns)]


def _is_effective(rubric: Rubric, day: date) -> bool:
    begun = rubric.effective_from is None or rubric.effective_from <= day
    return begun and (rubric.effective_to is None or day <= rubric.effective_to)


def _days_of_change(rubrics: Sequence[Rubric]) -> list[date]:
    """Return the first day of every stretch in which the same versions are in force."""
    begin = {rubric.effective_from for rubric in rubrics if rubric.effective_from is not None}
    end = {rubric.effective_to for rubric in rubrics if rubric.effective_to not in (None, date.max)}
    return sorted({date.min, *begin, *(day + timedelta(days=1) for day in end if day is not None)})


def _doubled(rubrics: Sequence[Rubric]) -> Iterator[Problem]:
    first: dict[tuple[str, int], Rubric] = {}
    for rubric in rubrics:
        other = first.setdefault((rubric.id, rubric.version), rubric)
        if other is not rubric:
            message = f"{rubric.id!r} version {rubric.version} stands in {_name(other)} too; raise one version"
            yield Problem(code="duplicate-rubric", where="version", message=message, file=rubric.file)


def _never(rubrics: Sequence[Rubric], scoring: Sequence[Rubric]) -> Iterator[Problem]:
    """Find versions with days of their own on all of which a later version scores."""
    used = {(rubric.id, rubric.version) for rubric in scoring}
    for rubric in rubrics:
        has_days = rubric.effective_from is not None or rubric.effective_to is not None
        if has_days and rubric.status is RubricStatus.ACTIVE and (rubric.id, rubric.version) not in used:
            message = (
                f"version {rubric.version} of {rubric.id!r} never scores a call: a later version is effective on all"
                " its days; write status: retired, or other days"
            )
            yield Problem(code="never-effective", where="effective", message=message, file=rubric.file)


def _claimed_twice(turns: Sequence[tuple[date, Sequence[Rubric]]]) -> Iterator[Problem]:
    told: set[tuple[str, str, str]] = set()
    for day, scoring in turns:
        claimed: dict[tuple[str, str], Rubric] = {}
        for rubric in scoring:
            for queue in rubric.queues:
                owners = {claimed.setdefault((queue.casefold(), lang), rubric).id: lang for lang in rubric.languages}
                owners.pop(rubric.id, None)
                for other, language in owners.items():
                    if (other, rubric.id, queue.casefold()) in told:
                        continue
                    told.add((other, rubric.id, queue.casefold()))
                    since = "" if day == date.min else f" from {day} on"
                    message = f"queue {queue!r} belongs to rubric {other!r} already{since}; a queue has one rubric a"
                    message += f" language, and both cover {language_name(language)}"
                    yield Problem(code="queue-claimed-twice", where="queues", message=message, file=rubric.file)


def _name(rubric: Rubric) -> str:
    return "another file" if rubric.file is None else Path(rubric.file).name
