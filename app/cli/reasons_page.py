"""Contact reasons on a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from app.cli import show
from pipeline.config import ReasonSettings
from pipeline.contact_reasons.figures import WEEKS_COMPARED, Change, Part, ReasonFigures
from pipeline.contact_reasons.find import Found
from pipeline.contact_reasons.stored import Example, StoredReasons
from pipeline.records import Interval
from pipeline.store.contact_reasons import CallOfReason

SHOWN_COLUMNS = 8
MANY_OTHERS = 0.3


def print_found(found: Found, settings: ReasonSettings) -> None:
    """Print what became of the calls, and what to do next."""
    read, told = found.read, found.told
    if not read.calls:
        show.say("No call has a score yet; start with: earmark run PATH")
        return
    show.say(
        f"{read.calls} scored calls, {read.read} of them read now; {found.changed} have another reason than before."
    )
    if read.unreadable:
        show.say(f"{read.unreadable} calls cannot be read any more: run them again.")
    show.say(
        f"Told by rules: {told.get('rule', 0)}. By groups: {told.get('group', 0)}. Near no group: "
        f"{told.get('no group near', 0)}. Said nothing that tells a reason: {told.get('nothing said', 0)}."
    )
    if found.anew and not found.groups:
        show.say(f"No groups were found: a group is {settings.group_calls} calls or more (reasons.group_calls).")
    elif found.anew:
        show.say(f"{len(found.groups)} groups, {len(found.new_groups)} of them new.")
    others = told.get("no group near", 0)
    if not found.anew and others > MANY_OTHERS * (others + told.get("group", 0)):
        show.say("Many calls are near no group: `earmark reasons find --anew` looks for groups again.")
    show.say("Next: earmark reasons show")


def print_reasons(
    made: StoredReasons,
    *,
    by: Literal["week", "queue", "team"] | None,
    examples: Mapping[str, Example],
    min_calls: int,
) -> None:
    """Print shares, changes and, where asked for, a column per week, queue or team."""
    report = made.report
    if not report.calls:
        show.say("No call has a reason yet. Start with: earmark reasons find")
        return
    show.say(f"{report.calls} calls{_weeks(made)}.")
    headings = [("Id", "left"), ("Reason", "left"), ("Calls", "right"), ("Share", "right")]
    show.table(
        [*headings, ("Before", "right"), ("Now", "right"), ("Change", "right"), ("", "left")],
        [
            (
                each.reason_id,
                made.reasons[each.reason_id].title,
                str(each.calls),
                _interval(each.share),
                _share(each.earlier),
                _share(each.recent),
                _points(each.difference),
                each.change.value,
            )
            for each in report.reasons
        ],
    )
    _print_remarks(made, min_calls)
    if by is not None:
        _print_parts(made, by)
    for each in report.reasons:
        if each.reason_id in examples:
            example = examples[each.reason_id]
            show.say(f"{each.reason_id}, call {example.call_id[:12]}: “{example.text}”")


def print_calls(found: Sequence[CallOfReason], *, of_other: bool) -> None:
    """Print the calls of a reason, or of those near no group: without groups nothing is told of nearness."""
    if not found:
        show.say("No call has this reason now.")
        return
    show.table(
        [("Call", "left"), ("Begun (UTC)", "left"), ("Queue", "left"), ("Team", "left"), ("Nearness", "right")],
        [
            (
                each.call_id[:12],
                show.instant(each.started_at),
                show.known(each.queue),
                show.known(each.team),
                ("–" if of_other else "by rule") if each.similarity is None else f"{each.similarity:.2f}",
            )
            for each in found
        ],
    )


def tell_progress(done: int, of: int) -> None:
    """Tell on stderr how many calls are read."""
    show.remark(f"read {done} of {of} calls")


def _print_remarks(made: StoredReasons, min_calls: int) -> None:
    spans = next(iter(made.report.reasons))
    if all(each.change is Change.UNKNOWN for each in made.report.reasons):
        show.say(
            f"Change is told of {WEEKS_COMPARED} weeks against the {WEEKS_COMPARED} before, each with {min_calls} "
            "calls or more: there are not so many yet."
        )
    else:
        show.say(
            f"Before: {spans.earlier.label}, {spans.earlier.of} calls. Now: {spans.recent.label}, {spans.recent.of}."
        )
        show.say(
            "Share with its 95 % interval (Wilson). Change in points of 100 with an interval for all reasons at once"
        )
        show.say("(Newcombe); only where it leaves out 0 a reason is called rising or falling.")
    if made.untold:
        show.say(f"{made.untold} calls say nothing that tells a reason and are in no figure.")
    if made.report.without_start:
        show.say(f"{made.report.without_start} calls of unknown start are in no week.")


def _print_parts(made: StoredReasons, by: Literal["week", "queue", "team"]) -> None:
    columns = _columns(made, by)
    show.table(
        [("Reason", "left"), *((label or "unknown", "right") for label in columns)],
        [
            (made.reasons[each.reason_id].title, *(_part(_parts_of(each, by).get(label)) for label in columns))
            for each in made.report.reasons
        ],
        title=f"Calls and share of the {by}'s calls" + _left_out(made, by, len(columns)),
    )


def _columns(made: StoredReasons, by: Literal["week", "queue", "team"]) -> list[str]:
    if by == "week":
        return [part.label for part in made.report.reasons[0].weeks][-SHOWN_COLUMNS:]
    of = {part.label: part.of for each in made.report.reasons for part in each.parts}
    return sorted(of, key=lambda label: (-of[label], label))[:SHOWN_COLUMNS]


def _left_out(made: StoredReasons, by: Literal["week", "queue", "team"], shown: int) -> str:
    if by == "week":
        known = len(made.report.weeks)
    else:
        known = len({part.label for each in made.report.reasons for part in each.parts})
    return f"; {known - shown} more with --json" if known > shown else ""


def _parts_of(figures: ReasonFigures, by: Literal["week", "queue", "team"]) -> dict[str, Part]:
    return {part.label: part for part in (figures.weeks if by == "week" else figures.parts)}


def _part(part: Part | None) -> str:
    if part is None or not part.calls:
        return "–"
    return f"{part.calls} · {show.percent(part.share.estimate if part.share else None)}"


def _weeks(made: StoredReasons) -> str:
    weeks = made.report.weeks
    return f", weeks from {weeks[0]} to {weeks[-1]}" if weeks else ""


def _share(part: Part) -> str:
    return show.percent(part.share.estimate if part.share else None)


def _interval(share: Interval | None) -> str:
    if share is None:
        return "–"
    return f"{100 * share.estimate:.1f} % ({100 * share.low:.1f}–{100 * share.high:.1f})"


def _points(difference: Interval | None) -> str:
    if difference is None:
        return "–"
    return f"{100 * difference.estimate:+.1f} ({100 * difference.low:+.1f} to {100 * difference.high:+.1f})"
