"""`earmark calls`: what is in the workspace, and everything known about one call."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

import typer

from app.acts import Act, log_acts
from app.cli import call_page, listing, show
from app.cli.call_audio import audio
from app.cli.call_deletion import delete
from app.cli.call_page import print_call, print_rejected
from app.cli.call_scores import evaluation_of, print_others, scores_by
from app.cli.known_names import require_known
from app.cli.options import (
    AgentOption,
    ConfigOption,
    JsonOption,
    TeamOption,
    WorkspaceOption,
    open_existing,
    read_settings,
)
from app.cli.periods import FromOption, ToOption, period
from app.cli.retry import retry
from app.cli.search_index import index
from pipeline.audit.log import Detail
from pipeline.canonical import to_data
from pipeline.privacy.unredacted import read_unredacted
from pipeline.records import CallScore
from pipeline.reviewing.evaluations import Evaluation, read_evaluation
from pipeline.store.call_record import CallRecord, read_call
from pipeline.store.calls import CallRow, list_calls
from pipeline.store.flags import flags_of_score
from pipeline.store.known_files import RejectedFile, rejected_files
from pipeline.store.reviews import all_reviews
from pipeline.transcribe.files import transcript_to_json

FILE_ID = "f-"

app = typer.Typer(help="List calls; show one with transcript, findings and score; hear it.", no_args_is_help=True)
app.command("audio")(audio)
app.command("delete")(delete)
app.command("index")(index)
app.command("retry")(retry)


@app.command("list")
def list_(
    status: Annotated[
        Literal["scored", "failed", "pending"] | None, typer.Option("--status", help="Only calls in this state.")
    ] = None,
    agent: AgentOption = None,
    team: TeamOption = None,
    queue: Annotated[str | None, typer.Option("--queue", help="Only this queue.")] = None,
    first: FromOption = None,
    last: ToOption = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List calls with score and flags; `--status failed` lists what could not be used, and why."""
    settings = read_settings(workspace, config)
    since, before = period(first, last, settings)
    store = open_existing(settings)
    with store.read() as connection:
        require_known(connection, settings, queue=queue, team=team, agent=agent)
        found = list_calls(
            connection, status=status, agent=agent, team=team, queue=queue, since=since, before=before, limit=limit
        )
        with_answers = {review.call_id for review in all_reviews(connection)}
        scored = [call.call_id for call in found if call.call_id in with_answers and call.status == "scored"]
        counting = {call_id: read_evaluation(connection, call_id).effective for call_id in scored}
    store.close()
    if as_json:
        show.print_json([_row(call, counting.get(call.call_id)) for call in found])
    elif found:
        shown = [
            replace(call, score_share=counting[call.call_id].share, passed=counting[call.call_id].passed)
            if call.call_id in counting
            else call
            for call in found
        ]
        listing.print_calls(shown, reviewed=frozenset(counting))
    else:
        show.remark("no such calls")


def _row(call: CallRow, counts: CallScore | None) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "status": call.status,
        "agent_id": call.agent_id,
        "team": call.team,
        "queue": call.queue,
        "started_at": call.started_at.isoformat() if call.started_at else None,
        "duration_ms": call.duration_ms,
        "score_share": call.score_share,
        "passed": call.passed,
        "effective_share": counts.share if counts else call.score_share,
        "effective_passed": counts.passed if counts else call.passed,
        "reviewed": counts is not None,
        "rubric_id": call.rubric_id,
        "flags": list(call.flags),
        "defects": [to_data(defect) for defect in call.defects],
        "failure": call.failure,
        "failed_at": call.failed_at.isoformat() if call.failed_at else None,
        "tries": call.tries,
        "media_uri": call.media_uri,
    }


@app.command("show")
def show_call(
    call_id: Annotated[
        str,
        typer.Argument(help="Id of the call, or of a file held back; its first characters do.", show_default=False),
    ],
    rubric: Annotated[
        str | None,
        typer.Option(
            "--rubric",
            "-r",
            help="The score by this rubric (id or id@version), beside the one that counts.",
            show_default="the score that counts",
        ),
    ] = None,
    unredacted: Annotated[
        bool, typer.Option("--unredacted", help="Show its transcript with personal data, where it was kept.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one call: recording, transcript, findings, sentiment, measures, score with evidence, flags.

    The audit log remembers who looked. A file that was held back (f-…) has none of these: its defects are shown.
    """
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        held_back = rejected_files(connection, call_id) if call_id.startswith(FILE_ID) else ()
        call = None if held_back else read_call(connection, call_id)
        evaluation = read_evaluation(connection, call.recording.call_id) if call and call.scores else None
        every_score = call.scores if call else ()
        if call and rubric is not None:
            fitting = scores_by(rubric, every_score)
            call = replace(call, scores=fitting, flags=flags_of_score(connection, fitting[0].score.score_id))
            evaluation = evaluation_of(fitting[0], evaluation) if evaluation else None
    whole = read_unredacted(settings.unredacted_dir, call.recording.call_id) if call and unredacted else None
    if call:
        seen: dict[str, Detail] = {"unredacted": True} if whole else {}
        seen |= {"rubric": rubric} if rubric else {}
        log_acts(store, settings, [Act(action="view", subject=("call", call.recording.call_id), details=seen)])
    store.close()
    if whole:
        if as_json:
            show.print_json(transcript_to_json(whole))
        else:
            call_page.print_transcript(whole)
    elif as_json:
        show.print_json(_document(call, evaluation) if call else _without_call(held_back))
    elif call:
        print_call(call, evaluation)
        if evaluation:
            print_others(evaluation, every_score, beside=rubric is not None)
    else:
        print_rejected(held_back)


def _without_call(held_back: tuple[RejectedFile, ...]) -> dict[str, Any]:
    """Return a document with the keys of a call's, so that a script need not ask first which it is."""
    nothing = dict.fromkeys(("recording", "failure", "transcript", "sentiment", "measures"))
    empty: dict[str, list[Any]] = {"findings": [], "scores": [], "flags": [], "reviews": []}
    return {**nothing, **empty, "effective": None, "held_back": [to_data(file) for file in held_back]}


def _document(call: CallRecord, evaluation: Evaluation | None) -> dict[str, Any]:
    return {
        "held_back": [],
        "recording": to_data(call.recording),
        "failure": call.failure,
        "transcript": transcript_to_json(call.transcript) if call.transcript else None,
        "findings": [to_data(finding) | {"violated": finding.violated} for finding in call.findings],
        "sentiment": to_data(call.sentiment) if call.sentiment else None,
        "measures": to_data(call.measures) if call.measures else None,
        "scores": [
            score_document(stored.score) | {"made_at": stored.made_at.isoformat(), "current": stored.current}
            for stored in call.scores
        ],
        "flags": [to_data(flag) for flag in call.flags],
        "reviews": [to_data(review) for review in (evaluation.reviews if evaluation else ())],
        "effective": score_document(evaluation.effective) if evaluation else None,
    }


def score_document(score: Any) -> dict[str, Any]:
    """Return a score as JSON data with its derived totals."""
    totals = {
        name: getattr(score, name)
        for name in ("share", "raw_share", "critical_share", "passed", "auto_failed_by", "assessed_share")
    }
    return {**to_data(score), **totals}
