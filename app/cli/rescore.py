"""`earmark rescore`: score history again from stored facts, beside the scores that there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from app.acts import Act, log_acts
from app.cli import show
from app.cli.counting import counting
from app.cli.known_names import require_known
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    QueueOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from app.cli.periods import FromOption, ToOption, period
from flows.rescore import Outcome, run_rescore
from pipeline.audit.log import Detail
from pipeline.records import Rubric
from pipeline.rescoring.job import Current, Left, assemble_job
from pipeline.rescoring.rescore import Rescored
from pipeline.score.diff.named import rubric_named
from pipeline.store.trust import latest_trust
from pipeline.store.wanted_calls import CallsToScore, WantedCalls, calls_to_score

SHOWN_CALLS = 5
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
            help="Whether the new score counts for scorecards, lists and flags; of a rubric with queues, only for "
            "calls of these, or of --queue.",
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
        require_known(connection, settings, queue=queue, team=team, agent=agent)
        calls = calls_to_score(connection, wanted)
        trust = latest_trust(connection, chosen.id)
    job = assemble_job(settings, chosen, trust=trust, current=current, any_queue=queue is not None)
    details: dict[str, Detail] = {"version": chosen.version, "fingerprint": chosen.fingerprint}
    asked: dict[str, Detail] = {"from": _day(first), "to": _day(last), "queue": queue, "team": team, "agent": agent}
    details |= {"current": current.value, "calls": len(calls.call_ids), **asked}
    log_acts(store, settings, [Act(action="rescore", subject=("rubric", chosen.id), details=details)])
    with counting(len(calls.call_ids), "Scoring again") as report:
        outcome = run_rescore(calls.call_ids, job, store, report)
    store.close()
    if as_json:
        show.print_json(_data(chosen, calls, outcome))
    else:
        _print(chosen, calls, outcome, current, asked)
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
        "left_as_they_were": {why.value: done.left.get(why, 0) for why in Left},
        "asked_otherwise": [{"call_id": call, "criterion_id": criterion} for call, criterion in done.asked_otherwise],
        "without_facts": calls.without_facts,
        "without_time": calls.without_time,
        "language_not_covered": done.not_covered,
        "not_looked_for": {"calls": done.incomplete, "rules": dict(sorted(done.not_looked_for.items()))},
        "unreadable": [{"call_id": each.call_id, "reason": each.reason} for each in done.unreadable],
        "errors": [str(error) for error in outcome.errors],
    }


def _print(
    rubric: Rubric, calls: CallsToScore, outcome: Outcome, current: Current, asked: Mapping[str, Detail]
) -> None:
    done = outcome.rescored
    if calls.call_ids:
        show.say(f"New scores by {rubric.id} version {rubric.version}: {_calls(done.scored)}. The old scores are kept.")
        if done.known:
            show.say(f"Already scored by it, not scored again: {_calls(done.known)}.")
        for line in _about_current(rubric, done, current):
            show.say(line)
    else:
        like = ", ".join(f"{name} {value}" for name, value in asked.items() if value is not None)
        show.say(f"No stored call is like that ({like}): nothing to score." if like else "No call is stored yet.")
    if calls.without_facts:
        show.say(f"{_calls(calls.without_facts)} not scored yet: run them first (earmark run PATH).")
    if calls.without_time:
        show.say(f"{_calls(calls.without_time)} left out: nobody knows on which day they began.")
    if done.not_covered:
        show.say(f"{_calls(done.not_covered)} in a language that the rubric does not cover: their new score is empty.")
    if done.not_looked_for:
        show.say(f"In {_calls(done.incomplete)} nobody had looked for rules that the rubric asks for:")
        for rule_id, count in sorted(done.not_looked_for.items()):
            show.say(f"  {rule_id}: {_calls(count)}")
        show.say(f'  Questions about them are answered "cannot assess" there; {RUN_AGAIN} to have them answered.')
    for each in done.unreadable:
        show.remark(f"cannot score {each.call_id}: {each.reason}")
    for error in dict.fromkeys(str(error) for error in outcome.errors):
        show.remark(f"earmark: {error}")


def _about_current(rubric: Rubric, done: Rescored, current: Current) -> Iterator[str]:
    """Yield which of a call's scores counts now, why, and what to do where that is not wanted."""
    if current is Current.OLD:
        yield "The score that counted before still counts, for every call (--keep-current)."
        return
    if done.made_current:
        because = "" if current is Current.NEW else ", because this rubric is in force for them"
        yield f"The score by this rubric counts from now on for {_calls(done.made_current)}{because}."
    else:
        yield "Nothing changed in which score counts."
    others = done.scored + done.known - done.made_current - sum(done.left.values())
    if others and current is Current.CHOSEN:
        yield (
            f"{_calls(others)} keep the score that counted before: either it is by this rubric already, or another"
            " rubric is in force for them. --make-current makes this one count for the calls that it is for."
        )
    if others and current is Current.NEW:
        yield f"For {_calls(others)} it counted already, or a run has just stored a newer one."
    if done.left.get(Left.OTHER_QUEUE):
        queues = ", ".join(rubric.queues)
        yield (
            f"{_calls(done.left[Left.OTHER_QUEUE])} keep the score that counted before: this rubric is for other queues"
            f" ({queues}). To make it count there too, name the queue: --queue QUEUE."
        )
    if done.left.get(Left.OTHER_LANGUAGE):
        yield (
            f"{_calls(done.left[Left.OTHER_LANGUAGE])} keep the score that counted before: this rubric does not cover"
            " their language."
        )
    if done.asked_otherwise:
        yield from _about_answers(done.asked_otherwise)


def _about_answers(questions: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield that people's answers do not count any more, and how to answer again."""
    asked = Counter(criterion_id for _, criterion_id in questions)
    calls = list(dict.fromkeys(call_id for call_id, _ in questions))
    more = f" and {len(calls) - SHOWN_CALLS} more (--json lists all)" if len(calls) > SHOWN_CALLS else ""
    told = ", ".join(f"{criterion_id} {count}" for criterion_id, count in sorted(asked.items()))
    yield (
        f"Answers of people that no longer count, because the question asks something else now: {len(questions):,}"
        f" (by question: {told})."
    )
    yield f"  Calls: {', '.join(calls[:SHOWN_CALLS])}{more}."
    yield "  To answer again: earmark reviews answer CALL QUESTION ANSWER --reason WHY --by NAME"


def _calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"
