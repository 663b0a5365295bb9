"""`earmark queue`: which calls a person should review next, and samples for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from app.acts import Act, editing, log_acts
from app.cli import review_page, show
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from app.cli.people import ByOption, CallArgument, ReasonOption, ReviewerOption, ReviewersOption, listed, whoever
from pipeline.audit.log import Detail
from pipeline.canonical import to_data
from pipeline.config import Settings
from pipeline.records import QueuedCall, QueueKind
from pipeline.review.periods import period_of
from pipeline.review.sampling import SamplingRequest
from pipeline.reviewing.queue import build_sample, learnt_thresholds, read_queue, take_off

app = typer.Typer(help="Draw samples, and see which calls to review next.", no_args_is_help=True)

WhyOption = Annotated[
    list[QueueKind] | None, typer.Option("--why", help="Only calls that wait for this; may be given again.")
]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")]


@app.command("build")
def build(
    policy: Annotated[
        Literal["per-agent", "per-reviewer", "random", "stratified", "disagreement"] | None,
        typer.Option("--policy", help="How calls are chosen.", show_default="sampling.policy"),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option("--count", "-n", min=1, help="For each agent or reviewer, or in all.", show_default="5"),
    ] = None,
    share: Annotated[
        float | None, typer.Option("--share", help="Part of all calls, for random.", show_default="0.05")
    ] = None,
    by_stratum: Annotated[
        str | None,
        typer.Option("--strata", help="queue, team, agent, band, with commas between.", show_default="queue,band"),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(
            "--period", help="week, month, all, or one such as 2026-10, 2026-W42.", show_default="sampling.period"
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="Another seed draws others; what was drawn stays.", show_default="1"),
    ] = None,
    reviewers: ReviewersOption = None,
    rubric: Annotated[str | None, typer.Option("--rubric", "-r", help="Only calls that this one scored.")] = None,
    agent: AgentOption = None,
    team: TeamOption = None,
    queue: Annotated[str | None, typer.Option("--queue", help="Only this queue.")] = None,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw calls for review. The same again draws nothing new, but for calls that have come since."""
    settings = read_settings(workspace, config)
    chosen, now = settings.sampling, datetime.now(UTC)
    days = period_of(period or chosen.period, timezone=settings.scorecards.timezone, now=now)
    request = SamplingRequest(
        policy=policy or chosen.policy,
        period=days.name,
        seed=chosen.seed if seed is None else seed,
        count=count or chosen.count,
        share=chosen.share if share is None else share,
        by=listed(by_stratum) or chosen.by,
        reviewers=listed(reviewers) or chosen.reviewers,
    )
    narrowed = {"rubric_id": rubric, "agent": agent, "team": team, "queue": queue}
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        made = build_sample(
            connection,
            request,
            days,
            by=whoever(by),
            now=now,
            narrowed=narrowed,
            thresholds=learnt_thresholds(connection),
        )
        drawn: dict[str, Detail] = {"policy": request.policy, "period": days.name, "seed": request.seed}
        acts.append(Act(action="sample", subject=("queue", ""), details={**drawn, "calls": len(made), **narrowed}))
    store.close()
    if as_json:
        show.print_json([to_data(sampled) for sampled in made])
        return
    show.say(f"{request.policy} of {days.name}, seed {request.seed}: {len(made)} calls drawn")
    for name, number in sorted(Counter(sampled.reviewer or "anybody" for sampled in made).items()):
        show.say(f"  for {name}: {number}")
    if not made:
        show.remark("what the policy asks for was drawn already, or there is no such call that nobody has reviewed")


@app.command("list")
def list_(
    reviewer: ReviewerOption = None,
    why: WhyOption = None,
    limit: LimitOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the calls that wait for a person: flags first, then what nobody has answered, then samples."""
    settings = read_settings(workspace, config)
    found = _waiting(settings, reviewer, why or ())
    shown = found[:limit]
    if as_json:
        show.print_json([to_data(call) for call in shown])
    elif shown:
        review_page.print_queue(shown)
        if len(shown) < len(found):
            show.remark(f"and {len(found) - len(shown)} more")
    else:
        show.remark("nothing waits")


@app.command("next")
def next_(
    reviewer: ReviewerOption = None,
    why: WhyOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell which call to review now. Whose call it is stays out of it."""
    found = _waiting(read_settings(workspace, config), reviewer, why or ())
    if as_json:
        data = to_data(found[0]) if found else None
        show.print_json(data and {name: value for name, value in data.items() if name not in ("agent_id", "team")})
    elif found:
        show.say(found[0].call_id)
        for line in review_page.why(found[0]):
            show.say(f"  {line}")
    else:
        show.remark("nothing waits")


@app.command("done")
def done(
    call_id: CallArgument,
    reason: ReasonOption,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a call off without answering. Not needed after a review: what was answered is done."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with editing(store, settings) as (connection, acts):
        made = take_off(connection, call_id, by=whoever(by), reason=reason, now=datetime.now(UTC))
        details = {"closing": made.closing_id, "by": made.closed_by}
        acts.append(Act(action="queue", subject=("call", made.call_id), details=details))
    store.close()
    if as_json:
        show.print_json(to_data(made))
    else:
        show.say(f"{made.call_id}: off the queue")


def _waiting(settings: Settings, reviewer: str | None, kinds: Sequence[QueueKind]) -> list[QueuedCall]:
    store = open_existing(settings)
    with store.read() as connection:
        found = read_queue(connection, reviewer=reviewer, kinds=tuple(kinds), flags=settings.flags)
    told = {"reviewer": reviewer, "why": [kind.value for kind in kinds], "calls": len(found)}
    log_acts(store, settings, [Act(action="view", subject=("queue", ""), details=told)])
    store.close()
    return found
