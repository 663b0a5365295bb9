"""Lists of calls and of agents, as the commands print them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path

from rich.text import Text

from app.cli import show
from pipeline.records import SubjectSummary
from pipeline.store.calls import CallRow


def print_calls(calls: Sequence[CallRow], *, title: str = "", reviewed: Set[str] = frozenset()) -> None:
    """Print calls with score and flags, failed ones with their reason; those that people have answered are marked."""
    columns = [("Call", "left"), ("Started (UTC)", "left"), ("Agent or file", "left"), ("Queue", "left")]
    columns += [("Length", "right"), ("Score", "right"), ("Result", "left"), ("Flags", "left")]
    rows = [
        (
            call.call_id,
            show.instant(call.started_at),
            call.agent_id or show.one_line(Path(call.media_uri).name),
            show.known(call.queue),
            show.minutes(call.duration_ms),
            show.percent(call.score_share) + (" *" if call.call_id in reviewed else ""),
            _result(call),
            "; ".join(reasons(call)) if call.status == "failed" else ", ".join(call.flags),
        )
        for call in calls
    ]
    show.table(columns, rows, title=title)
    if any(call.call_id in reviewed for call in calls):
        show.remark("* with people's answers in place of the machine's (earmark reviews show CALL)")


def reasons(call: CallRow) -> list[str]:
    """Return why a call failed, in words, how often it was tried and when last."""
    told = [defect.reason for defect in call.defects if defect.fatal] + ([call.failure] if call.failure else [])
    if call.tries and call.tries > 1:
        told.append(f"tried {call.tries} times, last {show.moment(call.failed_at)}")
    return told


def _result(call: CallRow) -> Text:
    if call.status != "scored":
        return Text(call.status, style="red" if call.status == "failed" else "dim")
    if call.passed is None:
        return Text("no score", style="dim")
    return Text("passed", style="green") if call.passed else Text("not passed", style="yellow")


def print_subjects(summaries: Sequence[SubjectSummary], *, title: str, min_calls: int) -> None:
    """Print agents, teams or queues with their figures; few calls are said to be few, and nobody is ranked.

    Where there is more than one period each line says of which it is.
    """
    if not summaries:
        return
    by_period = any(summary.period.label != "all" for summary in summaries)
    columns = [(title.removesuffix("s"), "left"), *([("Period", "left")] if by_period else [])]
    columns += [("Calls", "right"), ("Mean score", "right")]
    columns += [("95 % interval", "left"), ("Passed", "right"), ("Auto-fails", "right"), ("Flagged", "right")]
    columns += [("", "left")]
    rows: list[tuple[str | Text, ...]] = []
    for summary in summaries:
        mean = summary.mean_share
        interval = f"{show.percent(mean.low)} to {show.percent(mean.high)}" if mean else "–"
        few = "" if summary.calls_scored >= min_calls else f"fewer than {min_calls} calls: too few to judge"
        rows.append(
            (
                summary.subject,
                *([summary.period.label] if by_period else []),
                str(summary.calls_scored),
                show.percent(mean.estimate if mean else None),
                interval,
                show.percent(summary.pass_rate.estimate if summary.pass_rate else None),
                str(summary.auto_fails),
                str(summary.flagged),
                Text(few, style="dim"),
            )
        )
    show.table(columns, rows, title=title)
