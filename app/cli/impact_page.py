"""How the effect of a changed rubric on stored calls looks on a terminal, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.cli import show
from pipeline.canonical import to_data
from pipeline.records import Rubric
from pipeline.score.diff.impact import BINS, CallImpact, CriterionImpact, Impact
from pipeline.score.wording import percent

if TYPE_CHECKING:
    from pipeline.rescoring.preview import Preview

_SHOWN_CHANGES = 3


def print_preview(found: Preview, old: Rubric, new: Rubric, *, limit: int) -> None:
    """Print what would become of stored calls."""
    impact = found.impact
    show.say("")
    if not impact.calls:
        show.say("No stored call is of the queues concerned; --queue names another one.")
    else:
        _print_totals(impact)
        _print_criteria(impact)
        _print_agents(impact, new)
        _print_calls(impact, limit)
    if found.incomplete:
        show.say(
            f"On {found.incomplete} call(s) nobody had looked for rules that the new rubric asks for; what hangs on "
            'them is "cannot assess" here. Run their recordings again to know (earmark run PATH).'
        )
    for each in found.unreadable:
        show.remark(f"cannot compare {each.call_id}: {each.reason}")


def data_of(found: Preview) -> dict[str, Any]:
    """Return the same as JSON data, every changed call in it."""
    impact = found.impact
    return {
        "compared": impact.calls,
        "without_total": impact.without_total,
        "now_fail": impact.now_fail,
        "now_pass": impact.now_pass,
        "old_mean": impact.old_mean,
        "new_mean": impact.new_mean,
        "old_totals": list(impact.old_totals),
        "new_totals": list(impact.new_totals),
        "criteria": [
            {
                "criterion_id": each.criterion_id,
                "title": each.title,
                "calls": each.calls,
                "changed": each.changed,
                "changes": [
                    {"old": was, "new": now, "calls": count} for (was, now), count in each.changes.items() if was != now
                ],
            }
            for each in impact.criteria
        ],
        "agents": [to_data(each) for each in impact.agents],
        "changed": [
            to_data(call)
            | {"flips": call.flips, "answers": [to_data(answer) for answer in call.answers if answer.old != answer.new]}
            for call in impact.changed
        ],
        "incomplete": found.incomplete,
        "unreadable": [to_data(each) for each in found.unreadable],
    }


def _print_totals(impact: Impact) -> None:
    flips = impact.now_fail + impact.now_pass
    show.say(
        f"On {impact.calls:,} stored call(s), scored by both: {flips:,} flip ({impact.now_fail:,} that passed would "
        f"fail, {impact.now_pass:,} that failed would pass)."
    )
    if impact.old_mean is not None and impact.new_mean is not None:
        moved = 100 * (impact.new_mean - impact.old_mean)
        was, now = _percent(impact.old_mean), _percent(impact.new_mean)
        show.say(f"Mean total: {was} before, {now} now ({moved:+.1f} points).")
    if impact.without_total:
        show.say(f"{impact.without_total:,} have no total under one of them; they are in no mean.")
    rows = [
        (f"{100 * part // BINS} to {100 * (part + 1) // BINS} %", str(was), str(now))
        for part, (was, now) in enumerate(zip(impact.old_totals, impact.new_totals, strict=True))
        if was or now
    ]
    show.table([("Total", "left"), ("Calls before", "right"), ("Calls now", "right")], rows)


def _print_criteria(impact: Impact) -> None:
    rows = [
        (each.criterion_id, each.title, str(each.changed), show.percent(each.changed / each.calls), _changes(each))
        for each in impact.criteria
        if each.changed
    ]
    if rows:
        columns = [("Question", "left"), ("Title", "left"), ("Changed", "right"), ("Of calls", "right")]
        show.table([*columns, ("How", "left")], rows)


def _changes(criterion: CriterionImpact) -> str:
    told = [
        f"{was or 'not asked'} -> {now or 'not asked'}: {count}"
        for (was, now), count in criterion.changes.items()
        if was != now
    ]
    more = [f"{len(told) - _SHOWN_CHANGES} more"] if len(told) > _SHOWN_CHANGES else []
    return "; ".join([*told[:_SHOWN_CHANGES], *more]).replace("_", " ")


def _print_agents(impact: Impact, new: Rubric) -> None:
    moved = [each for each in impact.agents if each.crosses or each.flips or each.old_mean != each.new_mean]
    if not moved:
        return
    columns = [("Agent", "left"), ("Calls", "right"), ("Mean before", "right"), ("Mean now", "right")]
    columns += [("Change", "right"), ("Calls that flip", "right"), ("", "left")]
    crosses = {"down": "falls below the pass mark", "up": "rises to the pass mark", None: ""}
    rows = [
        (
            each.agent_id,
            str(each.calls),
            _percent(each.old_mean),
            _percent(each.new_mean),
            f"{100 * (each.new_mean - each.old_mean):+.1f}",
            str(each.flips),
            crosses[each.crosses],
        )
        for each in moved
    ]
    show.table(columns, rows, title=f"Agents (pass mark {show.percent(new.pass_share)})")


def _print_calls(impact: Impact, limit: int) -> None:
    if not impact.changed:
        show.say("No call changes.")
        return
    columns = [("Call", "left"), ("Started (UTC)", "left"), ("Agent", "left"), ("Before", "right"), ("Now", "right")]
    rows = [
        (
            call.call_id,
            show.instant(call.started_at),
            show.known(call.agent_id),
            f"{_percent(call.old_share)} {_result(call.old_passed)}",
            f"{_percent(call.new_share)} {_result(call.new_passed)}",
            _answers(call),
        )
        for call in impact.changed[:limit]
    ]
    if rows:
        show.table([*columns, ("Answers that change", "left")], rows, title="Calls that change, the worst first")
    if len(impact.changed) > limit:
        show.say(f"… and {len(impact.changed) - limit:,} more calls that change: --limit, or all with --json.")


def _answers(call: CallImpact) -> str:
    changed = [answer.criterion_id for answer in call.answers if answer.old != answer.new]
    more = [f"{len(changed) - _SHOWN_CHANGES} more"] if len(changed) > _SHOWN_CHANGES else []
    return ", ".join([*changed[:_SHOWN_CHANGES], *more])


def _result(passed: bool | None) -> str:
    return "no score" if passed is None else "passed" if passed else "failed"


def _percent(share: float | None) -> str:
    """Return a share cut to a tenth: what lies just below a pass mark must not read as the mark."""
    return "–" if share is None else percent(share)
