"""What came of coaching, on a terminal."""

from __future__ import annotations

from typing import Any

from app.cli import show
from pipeline.canonical import to_data
from pipeline.coaching.effect import BeforeAfter, Others
from pipeline.coaching.looking_back import CoachedSince, LookingBack
from pipeline.coaching.statistics import Part
from pipeline.coaching.words import HOW_SURE, LUCK, points, told
from pipeline.config import Settings
from pipeline.records import Interval


def print_effect_of_session(found: LookingBack, settings: Settings) -> None:
    """Print how each question of one session went, and what that shows."""
    min_calls = settings.scorecards.min_calls
    for each in found.each:
        session = each.row.session
        about = f"{each.question.rubric_id}/{each.question.criterion_id}"
        show.say(f"{session.agent_id}, {show.moment(session.held_at)}: {each.title} ({about})")
        if each.found is None:
            show.say("No score asks this question any more, so there is nothing to compare.")
            continue
        columns = [("", "left"), ("Agents", "right"), ("Before", "left"), ("Since", "left"), ("Change", "left")]
        show.table([*columns, ("Coached less these", "left")], _rows(each.found))
        for sentence in told(each.found, min_calls=min_calls):
            show.say(sentence)
        show.say("")
    if not found.each:
        show.say("The session was about sent items only: there is no question to compare.")
        return
    show.say(f"Share passed in calls of the {settings.coaching.weeks_compared} weeks on either side. {HOW_SURE}")


def print_effect(found: LookingBack, settings: Settings) -> None:
    """Print all sessions with their changes, and what they show as a whole."""
    columns = [("Session", "left"), ("Held", "left"), ("Agent", "left"), ("Question", "left"), ("Before", "right")]
    columns += [("Since", "right"), ("Change", "left"), ("Less that of uncoached", "left")]
    show.table(columns, [_line(each) for each in found.each])
    min_calls = settings.scorecards.min_calls
    if found.better is None:
        show.say(f"No session has {min_calls} assessed calls on both sides yet, so nothing can be told.")
        return
    better, many = found.better, f"{found.told} {'pair' if found.told == 1 else 'pairs'} of agent and question"
    show.say(
        f"Of {many} with {min_calls} calls on both sides, {_share(better)} went better after the first session; "
        f"clearly better {found.clearly_better}, clearly worse {found.clearly_worse}."
    )
    show.say("By chance alone about half would go better, and more than half after a run of bad calls.")
    if found.beside_others is not None:
        show.say(f"Beside uncoached agents of the team, {_share(found.beside_others)} gained more than these.")
    if found.beside_alike is not None:
        missed = "uncoached agents who had missed it as often"
        show.say(f"Beside {missed}, {_share(found.beside_alike)} gained more than these.")
    else:
        show.say("Nobody stands beside them who had missed it as often and was not coached.")
    show.say(LUCK)
    show.say(f"Share passed in calls of the {settings.coaching.weeks_compared} weeks on either side. {HOW_SURE}")


def effect_data(found: LookingBack, *, min_calls: int) -> dict[str, Any]:
    """Return figures as JSON data, without notes and actions of sessions."""
    return {
        "each": [
            {
                "session_id": each.row.session.session_id,
                "agent_id": each.row.session.agent_id,
                "held_at": each.row.session.held_at.isoformat(),
                "rubric_id": each.question.rubric_id,
                "criterion_id": each.question.criterion_id,
                "title": each.title,
                "found": to_data(each.found) if each.found else None,
                "told": list(told(each.found, min_calls=min_calls)) if each.found else [],
            }
            for each in found.each
        ],
        "told": found.told,
        "better": to_data(found.better) if found.better else None,
        "clearly_better": found.clearly_better,
        "clearly_worse": found.clearly_worse,
        "beside_others": to_data(found.beside_others) if found.beside_others else None,
        "beside_alike": to_data(found.beside_alike) if found.beside_alike else None,
        "min_calls": min_calls,
    }


def _rows(found: BeforeAfter) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("coached", "1", _part(found.before), _part(found.after), _change(found.change), "")]
    for name, others in (("uncoached, same team", found.others), ("of these, missed it as often", found.alike)):
        if others is not None:
            rows.append((name, str(others.agents), *_of_others(others)))
    return rows


def _of_others(others: Others) -> tuple[str, str, str, str]:
    if not others.agents:
        return "–", "–", "–", "–"
    return (
        _weighted(others.share_before, others.before),
        _weighted(others.share_after, others.after),
        _change(others.change),
        _change(others.effect),
    )


def _line(each: CoachedSince) -> tuple[str, ...]:
    session, found = each.row.session, each.found
    first = (session.session_id, f"{session.held_at:%Y-%m-%d}", session.agent_id, each.title)
    if found is None:
        return (*first, "–", "–", "not asked any more", "–")
    beside = found.others.effect if found.others else None
    return (*first, _counts(found.before), _counts(found.after), _change(found.change), _change(beside))


def _part(part: Part) -> str:
    rate = part.rate
    return f"{_counts(part)} · {_share(rate)}" if rate else "no calls"


def _weighted(share: float | None, part: Part) -> str:
    """A share by weights that are the same before and since is not what the calls passed in all: no count of passes."""
    calls = f"{part.assessed} {'call' if part.assessed == 1 else 'calls'}"
    return calls if share is None else f"{show.percent(share)} · {calls}"


def _counts(part: Part) -> str:
    return f"{part.passed} of {part.assessed}"


def _change(change: Interval | None) -> str:
    return points(change) if change else "too few calls"


def _share(share: Interval) -> str:
    return f"{show.percent(share.estimate)} ({100 * share.low:.0f} to {100 * share.high:.0f})"
