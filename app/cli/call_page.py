"""One call on a terminal: answers with their evidence first, then the transcript."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from app.cli import show
from app.cli.timeline import print_course
from pipeline.records import CallScore, CallSentiment, CriterionResult, Flag, FlagState, Status, Transcript
from pipeline.review.answers import same_answer
from pipeline.reviewing.evaluations import Evaluation, corrections
from pipeline.score.wording import signed
from pipeline.store.call_record import CallRecord
from pipeline.store.known_files import RejectedFile

_ANSWER = {
    Status.PASS: ("yes", "green"),
    Status.PARTIAL: ("partly", "yellow"),
    Status.FAIL: ("no", "red"),
    Status.NOT_APPLICABLE: ("not applicable", "dim"),
    Status.CANNOT_ASSESS: ("cannot tell", "magenta"),
}


def print_call(call: CallRecord, evaluation: Evaluation | None) -> None:
    """Print everything known about a call, its score with people's answers in place of the machine's."""
    recording = call.recording
    about = [
        recording.call_id,
        show.known(recording.agent_id),
        show.known(recording.queue),
        show.moment(recording.started_at),
    ]
    show.out.print(show.text(" · ".join([*about, show.minutes(recording.duration_ms)]), "bold"))
    for defect in recording.defects:
        show.out.print(show.text(f"note: {defect.reason}", "yellow"))
    if call.failure:
        show.out.print(show.text(f"failed: {call.failure}", "red"))
    if evaluation:
        machine, counted = evaluation.machine, evaluation.effective
        both = list(zip(machine.results, counted.results, strict=True))
        # who agrees gives no reason of their own: the machine's, with its quotes, says more
        shown = tuple(told if same_answer(told, counts) else counts for told, counts in both)
        print_score(replace(counted, results=shown), call.flags)
        if shown != machine.results:
            counting = (review for _, _, review in corrections(evaluation) if review)
            who = ", ".join(dict.fromkeys(review.reviewer for review in counting))
            told = f"reviewed by {who}; the machine alone {show.percent(machine.share)}"
            show.say(f"{told} (earmark reviews show {recording.call_id})")
    print_course(call)
    if call.transcript:
        print_transcript(call.transcript, call.sentiment)


def print_rejected(files: Iterable[RejectedFile]) -> None:
    """Print files that were held back, with everything that is wrong with them."""
    for file in files:
        show.out.print(show.text(f"{file.file_id} · {Path(file.media_uri).name} · held back, no call", "bold"))
        show.say(f"file: {file.media_uri}")
        for defect in file.defects:
            word, style = ("failed", "red") if defect.fatal else ("note", "yellow")
            show.out.print(show.text(f"{word}: {defect.reason}", style))


def print_score(score: CallScore, flags: tuple[Flag, ...]) -> None:
    """Print a score: total, flags, and every answer with its reason and evidence."""
    passed = {True: "passed", False: "not passed", None: "no score"}[score.passed]
    head = f"{show.percent(score.share)} ({passed}) under {score.rubric_id} version {score.rubric_version}"
    if score.auto_failed_by:
        head += f"; {show.percent(score.raw_share)} before auto-fail by {', '.join(score.auto_failed_by)}"
    show.out.print(show.text(head, "bold"))
    for flag in flags:
        show.out.print(
            show.text("flag: " if flag.state is FlagState.OPEN else f"flag ({flag.state.value}): ")
            + show.styled(f"{flag.severity.value} {flag.code}", flag.severity.value)
            + show.text(f" – {flag.reason}")
        )
    rows = [(*_answer(result), _why(result)) for result in score.results]
    show.table([("Criterion", "left"), ("Answer", "left"), ("Points", "right"), ("Why", "left")], rows)


def _answer(result: CriterionResult) -> tuple[str, Text, str]:
    word, style = _ANSWER[result.status]
    earned = "–" if result.points_earned is None else f"{result.points_earned:g}"
    return result.title, Text(word, style=style), f"{earned} of {result.points_possible:g}"


def _why(result: CriterionResult) -> str:
    quotes = [f"{show.minutes(hit.start_ms)} “{hit.quote}”" for hit in result.evidence[:2]]
    if not quotes and result.nearest_miss:
        nearest = result.nearest_miss
        quotes = [f"nearest: {show.minutes(nearest.evidence.start_ms)} “{nearest.evidence.quote}”"]
    return "\n".join([result.reason, *quotes])


def print_transcript(transcript: Transcript, sentiment: CallSentiment | None = None) -> None:
    """Print who said what and when, and how it sounds from -5 to +5 where it was read."""
    heard = _heard(sentiment) if sentiment else {}
    rows = [(show.minutes(t.start_ms), t.role.value, heard.get(t.index, ""), t.text) for t in transcript.turns]
    columns = [("Time", "right"), ("Who", "left"), ("-5…+5", "right"), ("Words", "left")]
    show.table(columns, rows, title="Transcript")


def _heard(sentiment: CallSentiment) -> dict[int, str]:
    """Return how each turn sounds; of a turn that was read in parts, the lowest and the highest where they differ."""
    scores: dict[int, list[float]] = {}
    for reading in sentiment.readings:
        for index in reading.turn_indexes or (reading.turn_index,):
            scores.setdefault(index, []).append(reading.score)
    return {index: " ".join(dict.fromkeys((signed(min(of)), signed(max(of))))) for index, of in scores.items()}
