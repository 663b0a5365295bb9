"""`earmark fairness`: whether groups of calls are judged alike, and whether names and pronouns move scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.acts import Act, log_acts
from app.cli import fairness_page, show
from app.cli.known_names import require_known
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from app.cli.periods import FromOption, ToOption, period, require_order
from pipeline.canonical import to_data
from pipeline.errors import ReportError

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.counterfactual.report import CounterfactualReport
    from pipeline.records.fairness import ScoredCalls
    from pipeline.store.database import Store

app = typer.Typer(help="Compare groups of calls, and swap names and pronouns.", no_args_is_help=True)

USUAL = ("team", "queue", "direction")
TOGETHER = "+"
SAMPLE = 50

ScoredByOption = Annotated[
    str | None, typer.Option("--rubric", "-r", help="Only scores by this rubric (id).", show_default=False)
]
SampleOption = Annotated[int, typer.Option("--sample", min=1, help="Swap words in at most so many calls.")]
SeedOption = Annotated[int, typer.Option("--seed", help="What calls and names are drawn with.")]


@app.command("report")
def report(
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="Field to group by, or several as a+b. Repeatable.", show_default=", ".join(USUAL)),
    ] = None,
    rubric: ScoredByOption = None,
    first: FromOption = None,
    last: ToOption = None,
    counterfactual: Annotated[
        bool, typer.Option("--counterfactual", help="Swap names and pronouns in a sample of calls, too.")
    ] = False,
    sample: SampleOption = SAMPLE,
    seed: SeedOption = 0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write a new .csv or .json file instead.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare fails, abstentions, scores and recognition of groups of calls. The audit log keeps that it was asked for.

    A group's pass rate is held against the highest group's: four fifths of it (29 CFR 1607.4(D)), and whether the
    difference may be chance.
    """
    from pipeline.fairness.report import build_fairness_report  # noqa: PLC0415 - imports pandas
    from pipeline.store.fairness_rows import fairness_rows  # noqa: PLC0415

    require_order(first, last)
    _require_new(out, (".csv", ".json"))
    settings = read_settings(workspace, config)
    first_day, last_day = first.date() if first else None, last.date() if last else None
    store = open_existing(settings)
    since, before = period(first, last, settings)
    with store.read() as connection:
        require_known(connection, settings, rubric=rubric)
        rows = fairness_rows(connection, since=since, before=before, rubric_id=rubric)
    fields = [name.split(TOGETHER) for name in by] if by else _usual(rows)
    made = build_fairness_report(
        rows,
        fields,
        settings.fairness,
        generated_at=datetime.now(UTC),
        first_day=first_day,
        last_day=last_day,
        timezone=settings.scorecards.timezone,
    )
    swapped = _swapped(store, settings, rubric, sample=sample, seed=seed) if counterfactual else None
    asked = {
        "by": [TOGETHER.join(names) for names in fields],
        "rubric": rubric,
        "name": out.name if out else None,
        "first_day": first_day.isoformat() if first_day else None,
        "last_day": last_day.isoformat() if last_day else None,
    }
    acts = [Act(action="export", subject=("fairness report", ""), details=asked)]
    log_acts(store, settings, [*acts, *([_act(swapped, rubric)] if swapped else [])])
    store.close()
    document = {**to_data(made), "counterfactual": to_data(swapped) if swapped else None}
    if out is not None:
        from app.cli.fairness_csv import to_csv  # noqa: PLC0415 - imports pandas
        from pipeline.canonical import canonical_json  # noqa: PLC0415
        from pipeline.scorecards.render.files import write_files  # noqa: PLC0415

        write_files({out: to_csv(made) if out.suffix.lower() == ".csv" else canonical_json(document) + "\n"})
        show.say(str(out))
    elif as_json:
        show.print_json(document)
    else:
        fairness_page.print_report(made, rubric=rubric)
        if swapped:
            fairness_page.print_counterfactual(swapped, rubric=rubric)


@app.command("counterfactual")
def counterfactual(
    sample: SampleOption = SAMPLE,
    rubric: Annotated[
        str | None,
        typer.Option(
            "--rubric", "-r", help="Rubric id, id@version or file, for calls scored by it.", show_default="each call's"
        ),
    ] = None,
    seed: SeedOption = 0,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="Exit code 1 where any score or answer moves.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Swap names, pronouns and forms of address in stored calls, and tell which scores and answers move: none must."""
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    made = _swapped(store, settings, rubric, sample=sample, seed=seed)
    log_acts(store, settings, [_act(made, rubric)])
    store.close()
    if as_json:
        show.print_json(to_data(made))
    else:
        fairness_page.print_counterfactual(made, rubric=rubric)
    if fail_on_change and made.moved:
        raise typer.Exit(1)


def _swapped(store: Store, settings: Settings, rubric: str | None, *, sample: int, seed: int) -> CounterfactualReport:
    from pipeline.counterfactual.stored import counterfactual_of_calls  # noqa: PLC0415 - imports detectors
    from pipeline.detectors import assemble_detectors  # noqa: PLC0415
    from pipeline.score.diff.named import rubric_named  # noqa: PLC0415
    from pipeline.score.rubrics import load_rubrics  # noqa: PLC0415

    folder = settings.score.rubrics_dir
    only = rubric_named(rubric, folder) if rubric else None
    return counterfactual_of_calls(
        store,
        (only,) if only else load_rubrics(folder),
        assemble_detectors(settings),
        sample=sample,
        seed=seed,
        only_rubric=only,
        tell=fairness_page.tell_progress,
    )


def _act(made: CounterfactualReport, rubric: str | None) -> Act:
    shown = sorted({movement.call_id for movement in made.worst})
    details = {"sampled": made.sampled, "seed": made.seed, "rubric": rubric, "calls": shown}
    return Act(action="export", subject=("fairness counterfactual", ""), details=details)


def _usual(rows: ScoredCalls) -> Sequence[Sequence[str]]:
    return [[name] for name in USUAL if any(name in call.fields for call in rows.calls)]


def _require_new(out: Path | None, suffixes: Sequence[str]) -> None:
    if out is not None and out.suffix.lower() not in suffixes:
        raise typer.BadParameter(f"{out.name}: must end in {' or '.join(suffixes)}", param_hint="--out")
    if out is not None and out.exists():
        raise ReportError(f"{out}: is there already; choose another name, or remove it first")
