"""`earmark rubrics agreement`, `backtest` and `calibrate`: how far a rubric may be trusted, by people's answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.acts import Act, current_user, editing
from app.cli import agreement_page, show, trust_page
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from pipeline.canonical import to_data
from pipeline.config import Settings
from pipeline.records import Rubric, Trust
from pipeline.score.diff.named import rubric_named

if TYPE_CHECKING:
    from pipeline.rescoring.stored_calls import Scorer
    from pipeline.store.database import Store

RubricArgument = Annotated[str, typer.Argument(help="Rubric id, id@version or file.", show_default=False)]
SeedOption = Annotated[int, typer.Option("--seed", help="Of the resampling: the same again gives the same.", min=0)]
AgainstOption = Annotated[
    Literal["reviews", "experts"],
    typer.Option("--against", help="All reviews that count, or only experts' blind answers."),
]


def _bound(flag: str, what: str) -> Any:
    return typer.Option(flag, help=f"Fail where {what}, on any question with 20 pairs.", show_default=False)


def agreement(
    rubric: RubricArgument,
    against: AgainstOption = "reviews",
    seed: SeedOption = 0,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell per question how far the machine's stored answers agree with people's, lately and of all time."""
    from pipeline.agreement.report import report_agreement  # noqa: PLC0415 - imports numpy
    from pipeline.rescoring.backtest import stored_pairs  # noqa: PLC0415

    settings = read_settings(workspace, config)
    chosen = rubric_named(rubric, settings.score.rubrics_dir)
    store = open_existing(settings)
    with store.read() as connection:
        pairs = stored_pairs(connection, chosen, blind_only=against == "experts")
    store.close()
    report = report_agreement(pairs, chosen, seed=seed)
    if as_json:
        show.print_json(to_data(report))
        return
    if not report.overall.reviewed:
        agreement_page.print_nothing_reviewed(experts=against == "experts")
        return
    agreement_page.print_agreement(report)
    agreement_page.print_over_time(report)


def backtest(
    rubric: RubricArgument,
    against: AgainstOption = "reviews",
    min_accuracy: Annotated[float | None, _bound("--min-accuracy", "fewer answers than this share agree")] = None,
    min_kappa: Annotated[float | None, _bound("--min-kappa", "Cohen's kappa is below this")] = None,
    min_ac1: Annotated[float | None, _bound("--min-ac1", "Gwet's AC1 is below this")] = None,
    min_alpha: Annotated[float | None, _bound("--min-alpha", "Krippendorff's alpha is below this")] = None,
    max_drop: Annotated[float | None, _bound("--max-drop", "accuracy is lower than before by more than this")] = None,
    unchanged_only: Annotated[
        bool, typer.Option("--unchanged-only", help="Leave out questions whose test has changed since the review.")
    ] = False,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Evaluate a rubric on all reviewed calls and compare with people's answers. Exit code 1 where a bound is missed.

    Also where bounds are asked and nothing could be compared. Nothing is stored.
    """
    from pipeline.agreement.report import Bounds, missed, not_judged, report_agreement  # noqa: PLC0415 - imports numpy
    from pipeline.rescoring.backtest import backtest as run_backtest  # noqa: PLC0415

    bounds = Bounds(
        min_accuracy=min_accuracy, min_kappa=min_kappa, min_ac1=min_ac1, min_alpha=min_alpha, max_drop=max_drop
    )
    for bound, name, least in (
        (min_accuracy, "--min-accuracy", 0),
        (min_kappa, "--min-kappa", -1),
        (min_ac1, "--min-ac1", -1),
        (min_alpha, "--min-alpha", -1),
        (max_drop, "--max-drop", 0),
    ):
        _require_range(bound, name, least=least)
    settings = read_settings(workspace, config)
    chosen = rubric_named(rubric, settings.score.rubrics_dir)
    store = open_existing(settings)
    scorer = _scorer(chosen, settings, _trust(store, chosen))
    with store.read() as connection:
        found = run_backtest(connection, scorer, blind_only=against == "experts", changed_too=not unchanged_only)
    store.close()
    report = report_agreement(found.pairs, chosen, seed=seed, before=found.before)
    misses = missed(report, bounds)
    if as_json:
        told = {"calls": found.calls, "not_looked_for": dict(found.not_looked_for), "missed": list(misses)}
        unreadable = [to_data(call) for call in found.unreadable]
        show.print_json({**to_data(report), **told, "unreadable": unreadable, "bounds": to_data(bounds)})
    else:
        if report.overall.reviewed:
            agreement_page.print_agreement(report)
        else:
            agreement_page.print_nothing_reviewed(experts=against == "experts")
        if scorer.trust is not None:
            show.remark("What is withheld was learnt, some of it from these very reviews: of new calls, expect what")
            show.remark(f"`earmark rubrics calibrate {chosen.id} --dry-run` tells by cross-validation.")
        agreement_page.print_backtest(report, found, misses, asked=bounds.any, few=len(not_judged(report, bounds)))
    if misses:
        raise typer.Exit(1)


def calibrate(
    rubric: RubricArgument,
    target_error: Annotated[
        float, typer.Option("--target-error", help="Share of wrong answers that is put up with.", min=0.001, max=0.5)
    ] = 0.1,
    assurance: Annotated[
        float, typer.Option("--assurance", help="How sure it is to be that there are no more.", min=0.5, max=0.99)
    ] = 0.8,
    against: AgainstOption = "reviews",
    seed: SeedOption = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be learnt; store nothing.")] = False,
    off: Annotated[bool, typer.Option("--off", help="Switch off what was learnt before.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn from reviews how sure answers are, and from where on they may be given without a person.

    What was learnt counts for calls that are scored from then on, and for `earmark rescore`. Each change is noted in
    the audit log.
    """
    if off and dry_run:
        raise typer.BadParameter("--off stores something and --dry-run does not; give one of them")
    settings = read_settings(workspace, config)
    chosen = rubric_named(rubric, settings.score.rubrics_dir)
    store = open_existing(settings)
    if off:
        version, is_new = _store_trust(store, settings, chosen, None, {})
        store.close()
        if as_json:
            show.print_json({"rubric_id": chosen.id, "version": version, "new": is_new, "trust": None})
        elif is_new:
            show.say(f"{chosen.id}: what was learnt is switched off (version {version})")
        else:
            show.say(f"{chosen.id}: nothing is in use that could be switched off")
        return
    from pipeline.agreement.trust import learn, trust_of  # noqa: PLC0415 - imports numpy
    from pipeline.rescoring.backtest import backtest as run_backtest  # noqa: PLC0415

    with store.read() as connection:
        found = run_backtest(
            connection, _scorer(chosen, settings, None), blind_only=against == "experts", changed_too=False
        )
    lessons = learn(found.pairs, chosen, target_error=target_error, assurance=assurance, seed=seed)
    trust = trust_of(lessons, chosen.id, target_error)
    stored = None
    if trust.calibrations and not dry_run:
        details = {"target_error": target_error, "assurance": assurance, "against": against, "seed": seed}
        stored = _store_trust(store, settings, chosen, trust, {**details, "questions": len(trust.calibrations)})
    store.close()
    if as_json:
        told = {"version": stored[0] if stored else None, "new": bool(stored and stored[1])}
        show.print_json({**told, "trust": to_data(trust), "lessons": [to_data(each) for each in lessons]})
        return
    if not lessons:
        agreement_page.print_nothing_reviewed(experts=against == "experts")
    trust_page.print_lessons(lessons, target_error=target_error, assurance=assurance)
    trust_page.print_outcome(chosen, trust, stored)


def _store_trust(
    store: Store, settings: Settings, rubric: Rubric, trust: Trust | None, details: dict[str, Any]
) -> tuple[int, bool]:
    from pipeline.store.trust import put_trust  # noqa: PLC0415

    with editing(store, settings) as (connection, acts):
        version, is_new = put_trust(connection, rubric.id, trust, made_by=current_user(), now=datetime.now(UTC))
        if is_new:
            told = {"version": version, "fingerprint": trust.fingerprint if trust else None, **details}
            action = "calibration" if trust else "calibration off"
            acts.append(Act(action=action, subject=("rubric", rubric.id), details=told))
    return version, is_new


def _trust(store: Store, rubric: Rubric) -> Trust | None:
    from pipeline.store.trust import latest_trust  # noqa: PLC0415

    with store.read() as connection:
        return latest_trust(connection, rubric.id)


def _scorer(rubric: Rubric, settings: Settings, trust: Trust | None) -> Scorer:
    from pipeline.compliance.packs import load_rules  # noqa: PLC0415
    from pipeline.rescoring.job import scorer_of  # noqa: PLC0415

    return scorer_of(settings, rubric, load_rules(settings.compliance.rules_dir), trust=trust)


def _require_range(value: float | None, name: str, *, least: float) -> None:
    if value is not None and not least <= value <= 1:
        raise typer.BadParameter(f"must be from {least} to 1, such as 0.9", param_hint=name)
