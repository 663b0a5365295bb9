"""What a changed rubric would do: what changed in it, and which stored calls and agents would come out otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.acts import Act
from app.web.access.visitor import Visitor
from app.web.authored import on_disk
from app.web.page_numbers import read_whole
from app.web.rubrics.checks import Kind, PastedCheck, check_pasted
from app.web.site import Site
from app.web.tasks import Tell
from pipeline.audit.log import Detail
from pipeline.errors import Problem
from pipeline.records import Rubric, Scope
from pipeline.score.diff.change import Change
from pipeline.score.diff.impact import Impact

MOST_CALLS = 2000
MOST_CHANGED = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeOrder:
    """What is to be checked and tried.

    Attributes:
        against: ``id@version`` of the rubric to compare with; None for the newest of the same id.
        calls: On so many of the newest calls; 0 for none.
    """

    kind: Kind
    text: str
    against: str | None
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePreview:
    """What came of it.

    Attributes:
        old: What the text was compared with; None where there is nothing of its id.
        impact: None where no calls were tried; of changed calls at most `MOST_CHANGED`, the worst first.
        changed: How many calls change.
        asked: On so many calls it was tried at most.
        incomplete: Calls on which nobody had looked for rules that the text asks for.
        unreadable: Calls whose facts cannot be read.
    """

    kind: Kind
    problems: tuple[Problem, ...]
    new: Rubric | None = None
    old: Rubric | None = None
    changes: tuple[Change, ...] = ()
    impact: Impact | None = None
    changed: int = 0
    asked: int = 0
    incomplete: int = 0
    unreadable: int = 0


def preview_change(site: Site, visitor: Visitor, order: ChangeOrder, tell: Tell) -> ChangePreview:
    """Check a text, compare it with what there is, and try it on stored calls of the visitor's; nothing is stored."""
    from pipeline.score.diff.diff import diff_rubrics  # noqa: PLC0415

    tell("The text is being checked.")
    checked: PastedCheck = check_pasted(site, order.kind, order.text)
    if checked.rubric is None:
        return ChangePreview(kind=order.kind, problems=checked.problems)
    old = _compared_with(site, checked.rubric, order.against)
    if old is None:
        return ChangePreview(kind=order.kind, problems=(), new=checked.rubric)
    found = ChangePreview(
        kind=order.kind, problems=(), new=checked.rubric, old=old, changes=diff_rubrics(old, checked.rubric)
    )
    return _tried(site, visitor, found, order.calls, tell) if order.calls else found


def _compared_with(site: Site, rubric: Rubric, against: str | None) -> Rubric | None:
    disk = on_disk(site, wait_s=30).value
    if disk is None:
        return None
    if against is not None:
        rubric_id, _, version = against.rpartition("@")
        number = read_whole(version)
        return None if number is None else disk.rubric(rubric_id, number)
    return next((each for each in disk.rubrics if each.id == rubric.id), None)


def _tried(site: Site, visitor: Visitor, found: ChangePreview, most: int, tell: Tell) -> ChangePreview:
    from pipeline.rescoring.job import scorer_of  # noqa: PLC0415
    from pipeline.rescoring.preview import preview  # noqa: PLC0415
    from pipeline.store.trust import latest_trust  # noqa: PLC0415
    from pipeline.store.wanted_calls import newest_scored  # noqa: PLC0415

    old, new, disk = found.old, found.new, on_disk(site).value
    assert old is not None
    assert new is not None
    assert disk is not None
    tell("The calls are being chosen.")
    done = 0

    def report(more: int) -> None:
        nonlocal done
        done += more
        tell(f"{done:,} of {len(ids):,} calls are compared.")

    with site.store.read() as connection:
        queues = _queues(site, visitor.scope, old, new)
        ids = newest_scored(connection, visitor.scope, queues=queues, most=min(most, MOST_CALLS))
        was, now = (
            scorer_of(site.settings, each, disk.rules, trust=latest_trust(connection, each.id)) for each in (old, new)
        )
        made = preview(connection, ids, (was, now), None if queues is not None else disk.rubrics, report)
    details: dict[str, Detail] = {
        "preview": True,
        "old": f"{old.id}@{old.version}",
        "new": f"{new.id}@{new.version}",
        "calls": made.impact.calls,
    }
    site.log(visitor, Act(action="view", subject=("rubric", new.id), details=details))
    return replace(
        found,
        impact=replace(made.impact, changed=made.impact.changed[:MOST_CHANGED]),
        changed=len(made.impact.changed),
        asked=len(ids),
        incomplete=made.incomplete,
        unreadable=len(made.unreadable),
    )


def _queues(site: Site, scope: Scope, old: Rubric, new: Rubric) -> tuple[str, ...] | None:
    """Return the queues, as calls name them, that one of both rubrics is for; None where one is for any other queue."""
    from pipeline.store.subjects import subjects_in_scope  # noqa: PLC0415

    if not old.queues or not new.queues:
        return None
    named = {queue.casefold() for queue in (*old.queues, *new.queues)}
    with site.store.read() as connection:
        return tuple(queue for queue in subjects_in_scope(connection, "queue", scope) if queue.casefold() in named)
