"""Coaching on a terminal: topics, plans, sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cli import show
from pipeline.canonical import to_data
from pipeline.clock import clock
from pipeline.coaching.plan import Moment, PlannedTopic, readable
from pipeline.coaching.sheet import Sheet, heard_from
from pipeline.config import CoachingSettings
from pipeline.records import Span
from pipeline.scorecards.topics import MissedQuestion
from pipeline.store.coaching import ItemRow, LastSession, SessionRow
from pipeline.store.coaching_answers import AgentInScope


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicLine:
    """An agent with what repeats in their calls, what was sent, and when somebody last talked with them."""

    agent: AgentInScope
    topics: tuple[MissedQuestion, ...]
    open_items: int
    last: LastSession | None


def topic_lines(
    agents: Mapping[str, AgentInScope],
    missed: Mapping[str, Sequence[MissedQuestion]],
    items: Mapping[str, int],
    last: Mapping[str, LastSession],
) -> list[TopicLine]:
    """Return the agents with something to talk about, whoever needs it most first."""
    lines = [
        TopicLine(
            agent=agent,
            topics=tuple(each for each in missed.get(name, ()) if each.repeats),
            open_items=items.get(name, 0),
            last=last.get(name),
        )
        for name, agent in agents.items()
    ]
    return sorted((line for line in lines if line.topics or line.open_items), key=_weight)


def print_topics(lines: Sequence[TopicLine], settings: CoachingSettings) -> None:
    """Print agents with their topics, one line each."""
    columns = [("Agent", "left"), ("Team", "left"), ("Topic", "left"), ("About", "left"), ("Missed", "right")]
    columns += [("Newest (UTC)", "left"), ("Call", "left"), ("Sent items", "right"), ("Last session (UTC)", "left")]
    rows: list[Sequence[Any]] = []
    for line in lines:
        shown = line.topics[: settings.max_topics]
        for place, topic in enumerate(shown or (None,)):
            first = place == 0
            newest = topic.misses[0] if topic else None
            rows.append(
                (
                    line.agent.agent_id if first else "",
                    show.known(line.agent.team) if first else "",
                    (f"{topic.title} (critical)" if topic.critical else topic.title) if topic else "nothing repeats",
                    f"{topic.rubric_id}/{topic.criterion_id}" if topic else "",
                    f"{topic.missed} of {topic.assessed}" if topic else "",
                    show.instant(newest.started_at) if newest else "",
                    newest.call_id if newest else "",
                    str(line.open_items or "–") if first else "",
                    (show.instant(line.last.held_at) if line.last else "–") if first else "",
                )
            )
    show.table(columns, rows)
    more = sum(max(0, len(line.topics) - settings.max_topics) for line in lines)
    if more:
        show.say(f"{more} more repeat: at most {settings.max_topics} at a time; --json has them all.")
    show.say(
        f"A topic: missed in {settings.misses} of the last {settings.last_calls} calls that it came up in. "
        "Next: earmark coaching plan AGENT"
    )


def topics_data(line: TopicLine) -> dict[str, Any]:
    """Return a line as JSON data, with all topics."""
    return {
        "agent_id": line.agent.agent_id,
        "team": line.agent.team,
        "topics": [
            {
                "rubric_id": topic.rubric_id,
                "criterion_id": topic.criterion_id,
                "title": topic.title,
                "critical": topic.critical,
                "missed": topic.missed,
                "assessed": topic.assessed,
                "newest": {
                    "call_id": topic.misses[0].call_id,
                    "started_at": topic.misses[0].started_at.isoformat() if topic.misses[0].started_at else None,
                },
                "call_ids": [miss.call_id for miss in topic.misses],
            }
            for topic in line.topics
        ],
        "open_items": line.open_items,
        "last_session_at": line.last.held_at.isoformat() if line.last else None,
    }


def print_plan(sheet: Sheet, items: Sequence[ItemRow]) -> None:
    """Print what to talk about with an agent, with commands that write what is to be heard."""
    plan = sheet.plan
    show.say(f"{plan.agent_id}{f', team {sheet.team}' if sheet.team else ''}")
    if sheet.last is not None:
        show.say(f"Last session {show.moment(sheet.last.held_at)}, with {sheet.last.held_by}: {sheet.last.action}")
    if not plan.topics:
        rule = f"{plan.misses} of the last {plan.last_calls} calls that it came up in"
        show.say(f"Nothing repeats: a topic is a question missed in {rule}. A single miss is none.")
    for number, topic in enumerate(plan.topics, start=1):
        _print_topic(number, topic)
    if plan.more:
        named = "; ".join(f"{each.missed.title} ({_of(each.missed)})" for each in plan.more)
        show.say(f"\nRepeats too, for another time: {named}")
    if items:
        show.say("")
        print_items(items, title="Sent to coaching")
    if plan.topics:
        about = " ".join(f"--about {each.missed.rubric_id}/{each.missed.criterion_id}" for each in plan.topics)
        show.remark(f"after the talk: earmark coaching hold {plan.agent_id} {about} --action '…'")


def plan_data(sheet: Sheet, items: Sequence[ItemRow]) -> dict[str, Any]:
    """Return a plan as JSON data; an anonymous example has no call."""
    data: dict[str, Any] = to_data(sheet.plan)
    for topic in (*data["topics"], *data["more"]):
        if topic["example"] is not None and topic["example"]["agent_id"] is None:
            del topic["example"]["call_id"]
    return {
        **data,
        "team": sheet.team,
        "last_session": to_data(sheet.last) if sheet.last else None,
        "items": [to_data(row.item) for row in items],
    }


def print_items(rows: Sequence[ItemRow], *, title: str = "") -> None:
    """Print moments that were sent and not talked about yet."""
    columns = [("Item", "left"), ("Agent", "left"), ("Call", "left"), ("At", "right"), ("Question", "left")]
    show.table(
        [*columns, ("Note", "left"), ("Sent by", "left")],
        [
            (
                row.item.item_id,
                row.item.agent_id,
                row.item.call_id,
                show.minutes(row.item.start_ms),
                show.known(row.item.criterion_id),
                row.item.note,
                f"{row.item.sent_by}, {row.item.sent_at:%Y-%m-%d}",
            )
            for row in rows
        ],
        title=title,
    )


def print_sessions(rows: Sequence[SessionRow]) -> None:
    """Print sessions, the latest first."""
    columns = [("Session", "left"), ("Held (UTC)", "left"), ("Agent", "left"), ("About", "left"), ("Agreed", "left")]
    show.table(
        [*columns, ("With", "left"), ("Read", "left")],
        [
            (
                row.session.session_id,
                show.instant(row.session.held_at),
                row.session.agent_id,
                ", ".join(f"{each.rubric_id}/{each.criterion_id}" for each in row.session.questions) or "sent items",
                row.session.action,
                row.session.held_by,
                f"{row.acknowledgement.acknowledged_at:%Y-%m-%d}" if row.acknowledgement else "not yet",
            )
            for row in rows
        ],
    )


def _print_topic(number: int, topic: PlannedTopic) -> None:
    missed = topic.missed
    show.say("")
    critical = " (critical)" if missed.critical else ""
    show.say(f"{number}. {missed.title}{critical}: missed in {_of(missed)} calls that it came up in")
    show.say(f"   about {missed.rubric_id}/{missed.criterion_id}")
    if topic.advice:
        show.say(f"   Practise: {topic.advice}")
    for moment in topic.moments:
        _print_moment(moment)
    if topic.example is not None:
        by = topic.example.agent_id or "somebody else"
        show.say(f"   How {by} does it: “{topic.example.said}”")
        if topic.example.agent_id is not None:
            show.say(f"      hear it: {_audio(topic.example.call_id, topic.example.span)}")


def _print_moment(moment: Moment) -> None:
    show.say(f"   {show.moment(moment.started_at)}  {moment.call_id}  {moment.reason}")
    if moment.words is not None:
        words, what = moment.words, "closest: " if moment.closest else ""
        show.say(f"      {what}{clock(words.start_ms)} {words.role.value}: “{readable(words.quote)}”")
        span = Span(start_ms=words.start_ms, end_ms=words.end_ms)
        show.say(f"      hear it: {_audio(moment.call_id, span)}")
    elif moment.searched is not None:
        show.say(f"      hear it: {_audio(moment.call_id, moment.searched)}")


def _audio(call_id: str, span: Span) -> str:
    first, last = heard_from(span)
    return f"earmark calls audio {call_id} --from {first} --to {last} --out clip.wav"


def _of(missed: MissedQuestion) -> str:
    return f"{missed.missed} of the last {missed.assessed}"


def _weight(line: TopicLine) -> tuple[int, int, int, str]:
    critical = sum(topic.critical for topic in line.topics)
    return -critical, -len(line.topics), -line.open_items, line.agent.agent_id
