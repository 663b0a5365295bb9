"""`earmark rubrics diff`: what changed from one rubric to another, and what that does to the calls that are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.acts import Act, log_acts
from app.cli import impact_page, show
from app.cli.counting import counting
from app.cli.known_names import require_known
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    QueueOption,
    TeamOption,
    WorkspaceOption,
    has_database,
    open_existing,
    read_settings,
)
from app.cli.periods import FromOption, ToOption, period
from pipeline.audit.log import Detail
from pipeline.canonical import to_data
from pipeline.config import Settings
from pipeline.records import Rubric
from pipeline.score.diff.change import Change
from pipeline.score.diff.diff import diff_rubrics
from pipeline.score.diff.named import rubric_named
from pipeline.score.rubrics import load_rubrics

if TYPE_CHECKING:
    from pipeline.rescoring.preview import Preview
    from pipeline.store.wanted_calls import WantedCalls

RubricName = Annotated[str, typer.Argument(help="Rubric file, id or id@version.", show_default=False)]


def diff(
    old: RubricName,
    new: RubricName,
    calls: Annotated[
        bool | None,
        typer.Option(
            "--calls/--no-calls",
            help="Also on the stored calls of the queues concerned.",
            show_default="where there are any",
        ),
    ] = None,
    first: FromOption = None,
    last: ToOption = None,
    queue: QueueOption = None,
    team: TeamOption = None,
    agent: AgentOption = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="So many calls in the table.")] = 20,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 where a call would pass instead of fail, or fail instead.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what changed between two rubrics, and which calls and agents would come out otherwise. Nothing is stored."""
    settings = read_settings(workspace, config)
    since, before = period(first, last, settings)
    rubrics_dir = settings.score.rubrics_dir
    was, now = rubric_named(old, rubrics_dir), rubric_named(new, rubrics_dir)
    changes = diff_rubrics(was, now)
    asks_for_calls = calls if calls is not None else has_database(settings)
    if exit_code and not asks_for_calls:
        raise typer.BadParameter("--exit-code is about stored calls; there are none to look at")
    found = None
    if asks_for_calls:
        from pipeline.store.wanted_calls import WantedCalls  # noqa: PLC0415 - a second of imports

        wanted = WantedCalls(since=since, before=before, queue=queue, team=team, agent=agent)
        found = _previewed(was, now, settings, wanted)
    if as_json:
        show.print_json(_data(was, now, changes, found))
    else:
        print_changes(was, now, changes)
        if found is not None:
            impact_page.print_preview(found, was, now, limit=limit)
    if exit_code and found is not None and (found.impact.now_fail or found.impact.now_pass):
        raise typer.Exit(1)


def _previewed(old: Rubric, new: Rubric, settings: Settings, wanted: WantedCalls) -> Preview:
    from pipeline.compliance.packs import load_rules  # noqa: PLC0415
    from pipeline.rescoring.job import scorer_of  # noqa: PLC0415
    from pipeline.rescoring.preview import preview  # noqa: PLC0415
    from pipeline.store.trust import latest_trust  # noqa: PLC0415
    from pipeline.store.wanted_calls import calls_to_score  # noqa: PLC0415

    rules = load_rules(settings.compliance.rules_dir)
    chosen_by_queue = wanted.queue is None and settings.score.rubric is None
    rubrics = load_rubrics(settings.score.rubrics_dir) if chosen_by_queue else None
    store = open_existing(settings)
    with store.read() as connection:
        require_known(connection, settings, queue=wanted.queue, team=wanted.team, agent=wanted.agent)
        scorers = [
            scorer_of(settings, rubric, rules, trust=latest_trust(connection, rubric.id)) for rubric in (old, new)
        ]
        ids = calls_to_score(connection, wanted).call_ids
        with counting(len(ids), "Comparing") as report:
            found = preview(connection, ids, (scorers[0], scorers[1]), rubrics, report)
    details: dict[str, Detail] = {
        "old": f"{old.id}@{old.version}",
        "new": f"{new.id}@{new.version}",
        "calls": found.impact.calls,
    }
    log_acts(store, settings, [Act(action="view", subject=("rubric", new.id), details=details)])
    store.close()
    return found


def print_changes(old: Rubric, new: Rubric, changes: tuple[Change, ...]) -> None:
    """Print what changed as authored: what scores can move by first, the rest after it."""
    show.say(f"{old.id} version {old.version} -> {new.id} version {new.version}")
    if not changes:
        show.say("Nothing changed.")
    scoring = [change for change in changes if change.scores]
    others = [change for change in changes if not change.scores]
    if changes and not scoring:
        show.say("No score can change by it.")
    for heading, some in (("What scores by:", scoring), ("What changes no score of a call:", others)):
        if some:
            show.say("")
            show.say(heading)
            for change in some:
                show.say(f"  {change.text}")


def _data(old: Rubric, new: Rubric, changes: tuple[Change, ...], found: Preview | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: {"id": each.id, "version": each.version, "fingerprint": each.fingerprint}
        for name, each in (("old", old), ("new", new))
    }
    told["changes"] = [to_data(change) for change in changes]
    told["calls"] = None if found is None else impact_page.data_of(found)
    return told
