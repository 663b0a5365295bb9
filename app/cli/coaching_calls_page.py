"""The calls behind before and after, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.cli import show
from pipeline.coaching.compared import Compared
from pipeline.records import AgentAnswer
from pipeline.store.coaching_answers import QuestionNow


def print_calls(behind: Mapping[QuestionNow, Compared]) -> None:
    """Print the calls that count for each question: the coached agent's, then those of each who stands beside."""
    columns = [("Agent", "left"), ("Who", "left"), ("Began (UTC)", "left"), ("Side", "left"), ("Answer", "left")]
    for question, compared in behind.items():
        show.say("")
        show.table(
            [*columns, ("Call", "left")],
            [
                (
                    answer.agent_id,
                    who,
                    show.instant(answer.started_at),
                    "since" if compared.is_since(answer) else "before",
                    answer.status.value,
                    answer.call_id,
                )
                for who, answer in _counting(compared)
            ],
            title=f"Calls behind the figures: {question.title}",
        )
    if behind:
        show.remark("earmark calls show CALL has a call, earmark calls audio CALL its sound")


def calls_data(behind: Mapping[QuestionNow, Compared]) -> list[dict[str, Any]]:
    """Return the same calls as JSON data."""
    return [
        {
            "title": question.title,
            "agent_id": answer.agent_id,
            "who": who,
            "call_id": answer.call_id,
            "rubric_id": answer.rubric_id,
            "criterion_id": answer.criterion_id,
            "started_at": answer.started_at.isoformat() if answer.started_at else None,
            "side": "since" if compared.is_since(answer) else "before",
            "status": answer.status.value,
        }
        for question, compared in behind.items()
        for who, answer in _counting(compared)
    ]


def _counting(compared: Compared) -> Iterator[tuple[str, AgentAnswer]]:
    for answer in compared.own:
        yield "coached", answer
    for each in compared.counting():
        for answer in (compared.others or {})[each.agent_id]:
            yield "uncoached, missed it as often" if each.alike else "uncoached", answer
