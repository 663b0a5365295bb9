"""`earmark judge`: ask the language model about one transcript, to see what it makes of a rubric's questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from pipeline.canonical import to_data
from pipeline.config import Settings
from pipeline.errors import ConfigError, UnknownNameError
from pipeline.records import Judgement, LlmTest, Rubric
from pipeline.score.diff.named import rubric_named
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.questions import model_questions
from pipeline.transcribe.files import transcript_from_json

app = typer.Typer(help="Ask a language model that you run about a call (docs/judge.md).", no_args_is_help=True)


@app.callback()
def _group() -> None:
    pass


@app.command("try")
def try_(
    transcript: Annotated[
        Path, typer.Argument(help="Transcript in the form of `earmark transcribe --json`.", show_default=False)
    ],
    rubric: Annotated[str, typer.Option("--rubric", "-r", help="Rubric id, id@version or file.", show_default=False)],
    criterion: Annotated[
        str | None, typer.Option("--criterion", help="Only this criterion.", show_default="every one of kind llm")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a rubric's questions of kind `llm` about a transcript, masked first. Nothing is stored.

    Exit code 1 where a question has no answer because the server failed.
    """
    settings = read_settings(workspace, config)
    if settings.judge.url is None:
        raise ConfigError("no language model is set up: set judge.url and judge.model (docs/judge.md)")
    asked = _chosen(rubric_named(rubric, settings.score.rubrics_dir), criterion)
    judged, failed = _ask(transcript, [test for _, test in asked], settings)
    rows = [(name, test, judged[question_fingerprint(test)]) for name, test in asked]
    if as_json:
        show.print_json([_data(name, test, judgement, failed) for name, test, judgement in rows])
    else:
        columns = [("Criterion", "left"), ("Answer", "left"), ("Sure", "right"), ("Why, and what it cites", "left")]
        show.table(columns, [(name, _answer(j), show.percent(j.confidence), _why(j)) for name, _, j in rows])
    if failed:
        raise typer.Exit(1)


def _chosen(rubric: Rubric, criterion: str | None) -> list[tuple[str, LlmTest]]:
    asked = [(criterion.id, test) for criterion, test in model_questions(rubric)]
    if criterion is not None:
        known = list(dict.fromkeys(name for name, _ in asked))
        if criterion not in known:
            raise UnknownNameError("criterion of kind llm", criterion, known)
        asked = [(name, test) for name, test in asked if name == criterion]
    if not asked:
        raise ConfigError(f"rubric {rubric.id}: asks a language model nothing; write a criterion of kind llm")
    return asked


def _ask(transcript: Path, tests: list[LlmTest], settings: Settings) -> tuple[dict[str, Judgement], set[str]]:
    """Return the judgements by question, and the questions on which the server failed."""
    from pipeline.judge.judge import judge_call  # noqa: PLC0415 - `--help` does not wait for them
    from pipeline.privacy.redact import redact  # noqa: PLC0415

    masked = redact(transcript_from_json(transcript), settings.privacy)
    judged = judge_call(masked, {question_fingerprint(test): test for test in tests}, settings.judge)
    return {judgement.question: judgement for judgement in judged.all()}, {j.question for j in judged.passing}


def _data(name: str, test: LlmTest, judgement: Judgement, failed: set[str]) -> dict[str, Any]:
    data: dict[str, Any] = to_data(judgement)
    return {"criterion_id": name, "asked": test.question, **data, "server_failed": judgement.question in failed}


def _answer(judgement: Judgement) -> str:
    if judgement.answer is not None:
        return judgement.answer
    return "none" if judgement.applicable else "not applicable"


def _why(judgement: Judgement) -> str:
    quotes = [
        f"{show.minutes(quote.start_ms)} [{quote.turn_index}] {quote.role.value}: “{quote.quote}”"
        for quote in judgement.evidence
    ]
    return "\n".join([judgement.reason, *quotes])
