"""`earmark rescore`: score history again from stored facts, beside the scores that there are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from app.cli import show
from app.cli.acts import Act, log_acts
from app.cli.counting import counting
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from app.cli.periods import FromOption, QueueOption, ToOption, period
from flows.rescore import Outcome, run_rescore
from pipeline.audit.log import Detail
from pipeline.records import Rubric
from pipeline.rescoring.job import Current, assemble_job
from pipeline.score.diff.named import rubric_named
from pipeline.store.trust import latest_trust
from pipeline.store.wanted_calls import CallsToScore, WantedCalls, calls_to_score

RUN_AGAIN = "run their recordings again (earmark run PATH)"


def rescore(
    rubric: Annotated[str, typer.Option("--rubric", "-r", help="Rubric id, id@version or file.", show_default=False)],
    first: FromOption = None,
    last: ToOption = None,
    queue: QueueOption = None,
    team: TeamOption = None,
    agent: AgentOption = None,
    make_current: Annotated[
        bool | None,
        typer.Option(
            "--make-current/--keep-current",
            help="Whether the new score counts for scorecards, lists and flags.",
            show_default="where the rubric is the one in force for the call",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score calls again from what is stored of them, beside their old scores. Nothing is transcribed.

    Stopped or killed, the same command goes on where it was. Exit code 1 where calls could not be scored.
    """
    settings = read_settings(workspace, config)
    since, before = period(first, last, settings)
    chosen = rubric_named(rubric, settings.score.rubrics_dir)
    current = Current.CHOSEN if make_current is None else Current.NEW if make_current else Current.OLD
    store = open_existing(settings)
    wanted = WantedCalls(since=since, before=before, queue=queue, team=team, agent=agent)
    with store.read() as connection:
        calls = calls_to_score(connection, wanted)
        trust = latest_trust(connection, chosen.id)
    job = assemble_job(settings, chosen, trust=trust, current=current)
    details: dict[str, Detail] = {"version": chosen.version, "fingerprint": chosen.fingerprint}
    details |= {"current": current.value, "queue": queue, "team": team, "agent": agent}
    details |= {"from": _day(first), "to": _day(last), "calls": len(calls.call_ids)}
    log_acts(store, settings, [Act(action="rescore", subject=("rubric", chosen.id), details=details)])
    with counting(len(calls.call_ids), "Scoring again") as report:
        outcome = run_rescore(calls.call_ids, job, store, report)
    store.close()
    if as_json:
        show.print_json(_data(chosen, calls, outcome))
    else:
        _print(chosen, calls, outcome, current)
    if outcome.errors or outcome.rescored.unreadable:
        raise typer.Exit(1)


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def _data(rubric: Rubric, calls: CallsToScore, outcome: Outcome) -> dict[str, Any]:
    done = outcome.rescored
    return {
        "rubric_id": rubric.id,
        "rubric_version": rubric.version,
        "rubric_fingerprint": rubric.fingerprint,
        "calls": len(calls.call_ids),
        "scored": done.scored,
        "already_scored": done.known,
        "made_current": done.made_current,
        "without_facts": calls.without_facts,
        "without_time": calls.without_time,
        "language_not_covered": done.not_covered,
        "not_looked_for": {"calls": done.incomplete, "rules": dict(sorted(done.not_looked_for.items()))},
        "unreadable": [{"call_id": each.call_id, "reason": each.reason} for each in done.unreadable],
        "errors": [str(error) for error in outcome.errors],
    }


def _print(rubric: Rubric, calls: CallsToScore, outcome: Outcome, current: Current) -> None:
    done = outcome.rescored
    name = f"{rubric.id} version {rubric.version}"
    show.say(f"Scored by {name}: {_calls(done.scored)}, beside their old scores.")
    if done.known:
        show.say(f"Scored by it before, left as they are: {_calls(done.known)}.")
    show.say(_about_current(done.made_current, done.scored + done.known, current))
    if calls.without_facts:
        show.say(f"{_calls(calls.without_facts)} without stored facts: run them first (earmark run PATH).")
    if calls.without_time:
        show.say(f"{_calls(calls.without_time)} of unknown start: in no period, left out.")
    if done.not_covered:
        show.say(f"{_calls(done.not_covered)} in a language that the rubric does not cover: no score.")
    if done.not_looked_for:
        show.say(f"On {_calls(done.incomplete)} nobody had looked for rules that the rubric asks for:")
        for rule_id, count in sorted(done.not_looked_for.items()):
            show.say(f"  {rule_id}: {_calls(count)}")
        show.say(f'  What hangs on them is answered "cannot assess" there; {RUN_AGAIN} to have it answered.')
    for each in done.unreadable:
        show.remark(f"cannot score {each.call_id}: {each.reason}")
    for error in dict.fromkeys(str(error) for error in outcome.errors):
        show.remark(f"earmark: {error}")


def _about_current(made: int, of: int, current: Current) -> str:
    """Return which of a call's scores counts now, and how to change that."""
    if current is Current.OLD:
        return "Which score counts for each call stays as it was (--keep-current)."
    if current is Current.NEW:
        return f"The score by this rubric counts now for all of them (--make-current); changed for {_calls(made)}."
    if made == 0 and of:
        return (
            "Which score counts stays as it was: where this rubric is the one in force for a call, its score counts "
            "already; where another is, that one's does (--make-current changes it)."
        )
    return (
        f"The new score counts now for {_calls(made)}, for which this rubric is the one in force; for all others which "
        "score counts stays as it was (--make-current and --keep-current decide otherwise)."
    )


def _calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"
