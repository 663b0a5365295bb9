"""What changed from one rubric to another, as authored, in the words of those who write them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.records import Rubric, RubricStatus, Section
from pipeline.records.language import language_name
from pipeline.score.diff.change import Change, order_changes, share_in_words, wording_changes
from pipeline.score.diff.criteria import criteria_changes
from pipeline.score.wording import listed, percent


def diff_rubrics(old: Rubric, new: Rubric) -> tuple[Change, ...]:
    """Return what changed, in the order of the new rubric: the whole first, then sections and their criteria.

    Sections and criteria are followed by their ids. One that came under a new id with the very question of one that
    went is told as renamed: scorecards follow a criterion by its id.
    """
    return (*_of_rubric(old, new), *_of_sections(old, new), *criteria_changes(old, new))


def _of_rubric(old: Rubric, new: Rubric) -> Iterator[Change]:
    def change(code: str, text: str, *, scores: bool = True) -> Change:
        return Change(code=code, where="rubric", text=text, scores=scores)

    if old.id != new.id:
        yield change("other-rubric", f"These are two rubrics, {old.id} and {new.id}: scores are never compared.")
    elif old.version != new.version:
        yield change("version", f"Version {old.version} became version {new.version}.", scores=False)
    elif old.fingerprint != new.fingerprint:
        yield change(
            "version-not-raised",
            f"Both say version {new.version} but score differently; raise the version of the new one.",
            scores=False,
        )
    if old.pass_share != new.pass_share:
        yield change("pass-mark", f"The pass mark went from {percent(old.pass_share)} to {percent(new.pass_share)}.")
    if old.weighting != new.weighting:
        yield change("weighting", f"Sections make up the total by {new.weighting.value}, not by {old.weighting.value}.")
    if old.max_share != new.max_share:
        yield change(
            "cap", f"The total is at most {share_in_words(new.max_share)}; it was {share_in_words(old.max_share)}."
        )
    for name, code, scores in (("languages", "languages", True), ("queues", "queues", False)):
        before, now = getattr(old, name), getattr(new, name)
        spoken = language_name if name == "languages" else str
        if set(before) != set(now):
            was, is_now = (listed([spoken(each) for each in some]) if some else "none named" for some in (before, now))
            yield change(code, f"{name.capitalize()}: {was} before, {is_now} now.", scores=scores)
    if old.status != new.status:
        uses = {RubricStatus.ACTIVE: "scores calls", RubricStatus.DRAFT: "scores none unasked"}
        text = (
            f"It was {old.status.value} and is {new.status.value}: it {uses.get(new.status, 'scores none any more')}."
        )
        yield change("status", text, scores=False)
    if (old.effective_from, old.effective_to) != (new.effective_from, new.effective_to):
        yield change("effective-days", f"In force {_days(new)}; it was in force {_days(old)}.", scores=False)
    yield from wording_changes("rubric", old, new)


def _of_sections(old: Rubric, new: Rubric) -> Iterator[Change]:
    before = {section.id: section for section in old.sections}
    now = {section.id: section for section in new.sections}
    for section in new.sections:
        where = f"section {section.id}"
        was = before.get(section.id)
        if was is None:
            told = f"{len(section.criteria)} criteria, weight {section.weight:g}"
            yield Change(code="section-added", where=where, text=f"Section {section.title} was added: {told}.")
        else:
            yield from _of_section(where, was, section)
    for section in old.sections:
        if section.id not in now:
            text = f"Section {section.title} was removed."
            yield Change(code="section-removed", where=f"section {section.id}", text=text)
    yield from order_changes("sections", "section", list(before), list(now))


def _of_section(where: str, old: Section, new: Section) -> Iterator[Change]:
    title = new.title
    if old.weight != new.weight:
        text = f"{title}: weight from {old.weight:g} to {new.weight:g}."
        yield Change(code="section-weight", where=where, text=text)
    if old.bonus != new.bonus:
        told = "is a bonus now: its points are earned on top" if new.bonus else "is no bonus any more"
        yield Change(code="section-bonus", where=where, text=f"{title} {told}.")
    if old.critical_below != new.critical_below:
        mark = new.critical_below
        told = "no longer sets the total to 0" if mark is None else f"under {percent(mark)} sets the total to 0"
        yield Change(code="section-critical", where=where, text=f"{title} {told}.")
    yield from wording_changes(where, old, new)


def _days(rubric: Rubric) -> str:
    first, last = rubric.effective_from, rubric.effective_to
    if first is None and last is None:
        return "at all times"
    since = "" if first is None else f"from {first.isoformat()}"
    return " ".join(part for part in (since, "" if last is None else f"to {last.isoformat()}") if part)
