"""How a workspace is getting on, on a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.text import Text

from app.cli.show import moment, out, table, text
from pipeline.store.backlog import Counted
from pipeline.store.throughput import Done
from pipeline.watching.attention import GB, Attention
from pipeline.watching.situation import Situation
from pipeline.watching.span import span

_HOUR_MS = 3_600_000
_LABEL = 12  # columns
_MOST_WORKERS = 8


def print_status(situation: Situation, attention: Sequence[Attention], *, at_work: bool) -> None:
    """Print a situation on one screen."""
    backlog = situation.backlog
    _line("Waiting", _waiting(situation))
    _line("Running", _running(situation, at_work=at_work))
    _line("Backlog", _remaining(situation))
    _line("Failed", _calls(situation.failed))
    _reasons(situation.reasons, situation.failed)
    _line("Held back", _files(situation))
    out.print()
    _print_lately(situation)
    _line("Last", f"taken in {moment(situation.last_taken_in_at)}, scored {moment(situation.last_scored_at)}")
    free = "–" if situation.free_bytes is None else f"{situation.free_bytes / GB:,.1f} GB"
    _line("Room", f"database {situation.database_bytes / GB:,.2f} GB, free on the workspace's disk {free}")
    out.print()
    for each in attention:
        out.print(Text.assemble((f"{'Attention':<{_LABEL}}", "bold red"), text(each.told)))
    if not attention:
        to_do = backlog.waiting or backlog.in_work
        _line("Attention", "nothing needs it" if to_do else "nothing needs it: no call is left to be done")


def status_data(situation: Situation, attention: Sequence[Attention], *, at_work: bool) -> dict[str, Any]:
    """Return a situation as JSON data."""
    return {
        "at": _iso(situation.at),
        "waiting": {
            "calls": situation.backlog.waiting,
            "fresh": situation.backlog.fresh,
            "backfill": situation.backlog.backfill,
            "fresh_since": _iso(situation.backlog.fresh_since),
            "backfill_since": _iso(situation.backlog.backfill_since),
            "queue_age_s": round(situation.queue_age_s),
        },
        "running": {
            "calls": situation.backlog.in_work,
            "workers": [asdict(each) for each in situation.backlog.running],
        },
        "run_at_work": at_work,
        "backlog": {
            "audio_s": round(situation.backlog.audio_ms / 1000),
            "remaining_s": None if situation.remaining_s is None else round(situation.remaining_s),
        },
        "failed": {"calls": situation.failed, "reasons": [asdict(each) for each in situation.reasons]},
        "held_back": {"files": situation.held_back, "codes": [asdict(each) for each in situation.codes]},
        "last_hour": _done_data(situation.hour),
        "last_24_hours": _done_data(situation.day),
        "last_taken_in_at": _iso(situation.last_taken_in_at),
        "last_scored_at": _iso(situation.last_scored_at),
        "database_bytes": situation.database_bytes,
        "free_bytes": situation.free_bytes,
        "attention": [asdict(each) for each in attention],
    }


def _print_lately(situation: Situation) -> None:
    both = (situation.hour, situation.day)
    rows = [
        ["taken in", *(f"{done.taken_in:,}" for done in both)],
        ["scored", *(f"{done.scored:,}" for done in both)],
        ["failed", *(f"{done.failed:,}" for done in both)],
        ["audio scored", *(f"{done.audio_ms / _HOUR_MS:,.1f} h" for done in both)],
        ["from taken in to score", *(_pair(done.waited_s) for done in both)],
        ["from end of call to score", *(_pair(done.after_end_s) for done in both)],
    ]
    table([("calls", "left"), ("last hour", "right"), ("last 24 hours", "right")], rows)
    out.print(text("Times: median, and what 95 of 100 calls stay below. Scored: for the first time.", "dim"))


def _waiting(situation: Situation) -> str:
    backlog = situation.backlog
    if not backlog.waiting:
        return "no calls"
    fresh = f"{backlog.fresh:,} fresh"
    if backlog.fresh_since is not None:
        fresh += f", the oldest for {span(situation.queue_age_s)}"
    return f"{_calls(backlog.waiting)}: {fresh}; {backlog.backfill:,} of backfill"


def _running(situation: Situation, *, at_work: bool) -> str:
    run = "a run is at work in this workspace" if at_work else ""
    running = situation.backlog.running
    if not running:
        return run or "no calls"
    named = ", ".join(f"{each.worker} {each.calls:,}" for each in running[:_MOST_WORKERS])
    more = f" and {len(running) - _MOST_WORKERS} more workers" if len(running) > _MOST_WORKERS else ""
    told = f"{_calls(situation.backlog.in_work)}: {named}{more}"
    return f"{told}; {run}" if run else told


def _remaining(situation: Situation) -> str:
    backlog = situation.backlog
    if not (backlog.waiting or backlog.in_work):
        return "none"
    audio = f"{backlog.audio_ms / _HOUR_MS:,.1f} h of audio"
    if situation.remaining_s is None:
        return f"{audio}; how long that takes is unknown: no call was scored in the last 24 hours"
    of = "the last hour" if situation.hour.first_scored_at else "the last 24 hours"
    told = f"{audio}, about {span(situation.remaining_s)} at the rate of {of}"
    done = situation.hour if situation.hour.first_scored_at else situation.day
    grows = done.taken_in > done.scored + done.failed
    return f"{told}; it grows: more came in than was finished" if grows else told


def _reasons(reasons: Sequence[Counted], failed: int) -> None:
    for each in reasons:
        out.print(text(f"{'':<{_LABEL}}{each.count:,} × {each.kind}"), soft_wrap=True)
    rest = failed - sum(each.count for each in reasons)
    if rest > 0:
        out.print(text(f"{'':<{_LABEL}}{rest:,} for other reasons: earmark calls list --status failed"))


def _files(situation: Situation) -> str:
    if not situation.held_back:
        return "no files"
    codes = ", ".join(f"{each.kind} {each.count:,}" for each in situation.codes)
    return f"{situation.held_back:,} {'file' if situation.held_back == 1 else 'files'}: {codes}"


def _calls(number: int) -> str:
    if not number:
        return "no calls"
    return f"{number:,} {'call' if number == 1 else 'calls'}"


def _line(label: str, told: str) -> None:
    out.print(Text.assemble((f"{label:<{_LABEL}}", "bold"), text(told)), soft_wrap=True)


def _pair(quantiles: tuple[float, float] | None) -> str:
    return "–" if quantiles is None else f"{span(quantiles[0])} / {span(quantiles[1])}"


def _done_data(done: Done) -> dict[str, Any]:
    return {
        "taken_in": done.taken_in,
        "scored": done.scored,
        "failed": done.failed,
        "audio_s": round(done.audio_ms / 1000),
        "waited_s": _quantiles(done.waited_s),
        "after_end_s": _quantiles(done.after_end_s),
    }


def _quantiles(pair: tuple[float, float] | None) -> dict[str, float] | None:
    return None if pair is None else {"median": round(pair[0], 1), "p95": round(pair[1], 1)}


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
