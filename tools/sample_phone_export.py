"""Make what a telephone system and a survey tool would export of the sample calls.

`python -m tools.sample_phone_export` writes `phone.csv`, `agent-days.csv` and `surveys.csv` into samples/. Everything
is made up from a fixed seed: the sample calls with the lengths of their recordings, and around them calls that nobody
recorded, so that there is something to count. Some customers call again. Scores had no part in it: how these figures go
with scores is chance.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
ZONE = ZoneInfo("America/New_York")
SEED = 8
CALLS_A_DAY = 7
DAY_BEGINS_H, DAY_ENDS_H = 8, 18
UNKNOWN_MS = 45_000
LAG_S = 6
"""A recorder starts a few seconds after what the telephone system notes."""
CALLS_AGAIN_SHARE, HELD_SHARE, INBOUND_SHARE, TRANSFERRED_SHARE = 0.08, 0.25, 0.8, 0.08
SURVEYED_SHARE, ANSWERED_SHARE, HALF = 0.7, 0.3, 0.5

_QUEUES = {"north": ("bank_support", "collections"), "south": ("tech_support", "sales", "bank_support")}


@dataclass
class Call:
    """A line of phone.csv."""

    call_ref: str
    agent_id: str
    team: str
    queue: str
    customer_ref: str
    direction: str
    started_at: datetime
    talk_s: int
    hold_s: int
    wrap_up_s: int
    transferred: bool


def main() -> None:
    """Write the three files."""
    draw = random.Random(SEED)  # noqa: S311 - no secret
    calls = _sample_calls(draw)
    calls += _other_calls(calls, draw)
    calls.sort(key=lambda call: (call.started_at, call.agent_id))
    for number, call in enumerate(calls, start=1):
        call.call_ref = call.call_ref or f"T{number:05}"
    _write("phone.csv", [_line(call) for call in calls])
    _write("agent-days.csv", _days(calls, draw))
    _write("surveys.csv", _surveys(calls, draw))


def _sample_calls(draw: random.Random) -> list[Call]:
    """Return the sample calls as the telephone system saw them; the damaged one was a call all the same."""
    truth = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))["calls"]
    made = []
    for _, call in sorted(truth.items()):
        if call["expect"].get("started_at"):  # what is wrong with its time: month 13
            continue
        guid = re.search(r"_GUID_(.*?)_", call["file"])
        length_s, hold_s = (
            round((call["duration_ms"] or UNKNOWN_MS) / 1000),
            round(call["expect"].get("hold_music_s", 0)),
        )
        made.append(
            Call(
                call_ref=guid[1] if guid else "",
                agent_id=call["agent_id"],
                team=call["team"],
                queue=call["queue"],
                customer_ref=call["customer_ref"],
                direction=call["direction"],
                started_at=datetime.fromisoformat(call["started_at"]) - timedelta(seconds=draw.randint(0, LAG_S)),
                talk_s=length_s - hold_s,
                hold_s=hold_s,
                wrap_up_s=draw.randint(15, 90),
                transferred=bool(call["expect"].get("escalation")),
            )
        )
    return made


def _other_calls(samples: list[Call], draw: random.Random) -> list[Call]:
    """Return calls around the sample calls, on the same days, by the same agents; some customers call again."""
    made: list[Call] = []
    for call in samples:
        day = call.started_at.astimezone(ZONE).replace(hour=0, minute=0, second=0)
        for _ in range(CALLS_A_DAY):
            at = day + timedelta(seconds=draw.randint(DAY_BEGINS_H * 3600, DAY_ENDS_H * 3600))
            again = draw.random() < CALLS_AGAIN_SHARE
            customer = draw.choice(samples).customer_ref if again else f"C-{draw.randint(2000, 2400)}"
            made.append(_other_call(call, at, customer, draw))
    third = next(call for call in samples if call.customer_ref == "C-1019")  # "this is the third time I'm calling"
    earlier = [_other_call(third, third.started_at - timedelta(days=days), "C-1019", draw) for days in (2, 5)]
    return [*made, *earlier]


def _other_call(like: Call, at: datetime, customer_ref: str, draw: random.Random) -> Call:
    held = draw.random() < HELD_SHARE
    return Call(
        call_ref="",
        agent_id=like.agent_id,
        team=like.team,
        queue=draw.choice(_QUEUES[like.team]),
        customer_ref=customer_ref,
        direction="inbound" if draw.random() < INBOUND_SHARE else "outbound",
        started_at=at,
        talk_s=round(draw.lognormvariate(5.2, 0.6)),
        hold_s=draw.randint(10, 120) if held else 0,
        wrap_up_s=draw.randint(10, 120),
        transferred=draw.random() < TRANSFERRED_SHARE,
    )


def _line(call: Call) -> dict[str, object]:
    return {
        "call_ref": call.call_ref,
        "started_at": call.started_at.astimezone(ZONE).isoformat(),
        "agent_id": call.agent_id,
        "team": call.team,
        "queue": call.queue,
        "direction": call.direction,
        "customer_ref": call.customer_ref,
        "talk_s": call.talk_s,
        "hold_s": call.hold_s,
        "wrap_up_s": call.wrap_up_s,
        "transferred": "yes" if call.transferred else "no",
    }


def _days(calls: list[Call], draw: random.Random) -> list[dict[str, object]]:
    """Return how long each agent was logged in and waited for calls, each day that they had one."""
    busy: dict[tuple[str, str], int] = defaultdict(int)
    for call in calls:
        day = call.started_at.astimezone(ZONE).date().isoformat()
        busy[call.agent_id, day] += call.talk_s + call.hold_s + call.wrap_up_s
    made = []
    for (agent_id, day), busy_s in sorted(busy.items()):
        available_s = round(busy_s * draw.uniform(0.2, 0.9))
        breaks_s = draw.randint(600, 2400)
        logged_in_s = busy_s + available_s + breaks_s
        made.append({"agent_id": agent_id, "day": day, "logged_in_s": logged_in_s, "available_s": available_s})
    return made


def _surveys(calls: list[Call], draw: random.Random) -> list[dict[str, object]]:
    """Return the surveys that were sent after calls of customers, and the answers of those who gave one."""
    made: list[dict[str, object]] = []
    for call in calls:
        if call.direction != "inbound" or draw.random() > SURVEYED_SHARE:
            continue
        sent = call.started_at.astimezone(ZONE) + timedelta(seconds=call.talk_s + call.hold_s, minutes=10)
        answered = draw.random() < ANSWERED_SHARE
        made.append(
            {
                "survey_ref": f"S{len(made) + 1:04}",
                "call_ref": call.call_ref,
                "customer_ref": call.customer_ref,
                "sent_at": sent.isoformat(),
                "answered_at": (sent + timedelta(minutes=draw.randint(2, 2000))).isoformat() if answered else "",
                "csat": draw.choice((1, 2, 3, 4, 4, 5, 5, 5)) if answered else "",
                "nps": draw.choice((0, 4, 6, 7, 8, 8, 9, 9, 10, 10)) if answered else "",
                "effort": draw.randint(1, 6) if answered and draw.random() < HALF else "",
            }
        )
    return made


def _write(name: str, lines: list[dict[str, object]]) -> None:
    with (SAMPLES / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    print(f"wrote samples/{name}: {len(lines)} rows")


if __name__ == "__main__":
    main()
