"""What changed in the questions of a rubric: added, removed, renamed, moved, and counted or answered otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.records import AppliesIf, Criterion, Rubric, Section
from pipeline.score.diff.change import Change, order_changes, share_in_words, wording_changes
from pipeline.score.diff.tests import KINDS, described, test_changes
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.wording import listed


def criteria_changes(old: Rubric, new: Rubric) -> Iterator[Change]:
    """Yield what changed, in the order of the new rubric, then what went."""
    before, now = _by_id(old), _by_id(new)
    renamed = _renamed(before, now)
    for criterion_id, (section, criterion) in now.items():
        where = f"criterion {criterion_id}"
        old_id = renamed.get(criterion_id, criterion_id)
        if old_id not in before:
            points = f"{_points(criterion)} in {section.title}, answered by {KINDS[criterion.test.kind]}"
            yield Change(code="criterion-added", where=where, text=f"{criterion.title} was added: {points}.")
            continue
        was_in, was = before[old_id]
        if old_id != criterion_id:
            text = (
                f"{criterion.title}: {old_id} is called {criterion_id} now; scorecards follow a question by its name."
            )
            yield Change(code="criterion-renamed", where=where, text=text)
        if was_in.id != section.id:
            text = f"{criterion.title} moved from {was_in.title} to {section.title}."
            yield Change(
                code="criterion-moved", where=where, text=text, scores=_counts_otherwise(was_in, section, old, new)
            )
        yield from _of_criterion(where, was, criterion)
    for criterion_id, (section, criterion) in before.items():
        if criterion_id not in now and criterion_id not in renamed.values():
            points = f"{_points(criterion)} in {section.title}"
            text = f"{criterion.title} was removed: {points}."
            yield Change(code="criterion-removed", where=f"criterion {criterion_id}", text=text)
    yield from order_changes("criteria", "criterion", list(before), list(now))


def _of_criterion(where: str, old: Criterion, new: Criterion) -> Iterator[Change]:
    def change(code: str, text: str) -> Change:
        return Change(code=code, where=where, text=f"{new.title}: {text}.")

    if old.points != new.points:
        yield change("points", f"points from {old.points:g} to {new.points:g}")
    if old.critical != new.critical:
        yield change(
            "critical", "became critical: failing it fails the call" if new.critical else "is not critical any more"
        )
    if _auto_fail(old) != _auto_fail(new):
        yield change("auto-fail", f"{_auto_fail(new)}; before, {_auto_fail(old)}")
    if old.min_confidence != new.min_confidence:
        was, now = share_in_words(old.min_confidence), share_in_words(new.min_confidence)
        yield change("min-confidence", f"answers less sure than {now} go to a person; before, {was}")
    for told in _conditions(old.applies_if, new.applies_if):
        yield change("applies-if", told)
    if old.test != new.test:
        kept = question_fingerprint(old.test) == question_fingerprint(new.test)
        for told in test_changes(old.test, new.test) or (f"it asks {described(new.test)}",):
            yield change("question-worded" if kept else "question", told)
        if not kept:
            yield change("new-question", "people's answers to the old question do not count for the new one")
    yield from wording_changes(where, old, new)


def _conditions(old: AppliesIf, new: AppliesIf) -> Iterator[str]:
    for before, now in zip(_in_words(old), _in_words(new), strict=True):
        if before != now:
            yield f"applies {now}; before, {before}"


def _in_words(applies_if: AppliesIf) -> tuple[str, ...]:
    """Return each condition of a criterion in words, in a fixed order."""
    metadata = [f"{each.name} is {listed(sorted(each.values), 'or')}" for each in applies_if.metadata]
    answers = [f"{each.criterion_id} is answered {listed(each.answers, 'or')}" for each in applies_if.answers]
    rules = sorted(applies_if.rules_present)
    return (
        _named("queue", applies_if.queues),
        _named("direction", applies_if.directions),
        _named("team", applies_if.teams),
        f"after {listed(rules)} was heard" if rules else "whatever was heard",
        f"where {listed(sorted(metadata))}" if metadata else "whatever the metadata say",
        f"where {listed(answers)}" if answers else "whatever else was answered",
    )


def _named(what: str, names: Sequence[str]) -> str:
    return f"to {what} {listed(sorted(names), 'or')}" if names else f"to every {what}"


def _by_id(rubric: Rubric) -> dict[str, tuple[Section, Criterion]]:
    return {criterion.id: (section, criterion) for section in rubric.sections for criterion in section.criteria}


def _renamed(
    before: Mapping[str, tuple[Section, Criterion]], now: Mapping[str, tuple[Section, Criterion]]
) -> dict[str, str]:
    """Return old ids by new ids of criteria that ask the very same, where that is clear."""
    came = [(name, question_fingerprint(c.test)) for name, (_, c) in now.items() if name not in before]
    went = [(name, question_fingerprint(c.test)) for name, (_, c) in before.items() if name not in now]
    return {
        new_id: old_id
        for new_id, asks in came
        for old_id, asked in went
        if asks == asked and [q for _, q in came].count(asks) == 1 == [q for _, q in went].count(asks)
    }


def _counts_otherwise(was_in: Section, is_in: Section, old: Rubric, new: Rubric) -> bool:
    """Tell whether it matters to the total in which of two sections a question stands."""
    by_points = old.weighting == new.weighting and old.weighting.value == "points"
    alike = (was_in.weight, was_in.bonus, was_in.critical_below) == (is_in.weight, is_in.bonus, is_in.critical_below)
    return not (by_points and alike and was_in.critical_below is None)


def _auto_fail(criterion: Criterion) -> str:
    if not criterion.auto_fail:
        return "failing it is no auto-fail"
    effect = criterion.auto_fail_effect.value
    if effect == "cap":
        return f"failing it fails the call and caps the total at {share_in_words(criterion.auto_fail_cap)}"
    return f"failing it fails the call and sets the {'section' if effect == 'zero_section' else 'total'} to 0"


def _points(criterion: Criterion) -> str:
    return f"{criterion.points:g} point{'' if criterion.points == 1 else 's'}"
