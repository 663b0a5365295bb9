"""`earmark sentiment`: read utterances from standard input, rebuild the heads that read, show what they are worth."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from pipeline.canonical import to_data
from pipeline.errors import ModelError
from pipeline.records import Role
from pipeline.sentiment.card import ModelCard, load_card
from pipeline.sentiment.engine import LabelProbabilities, create_sentiment_engine
from pipeline.sentiment.head import head_key, head_path
from pipeline.sentiment.read import DECIMALS, SIGNS
from pipeline.sentiment.sentences import SENTENCES, read_sentences, sentences_sha256

CHUNK_BYTES = 1 << 16
SHOWN_SCALE = 5

app = typer.Typer(help="Read how utterances sound; rebuild and describe what reads them.", no_args_is_help=True)


class Party(StrEnum):
    """Who may be said to speak."""

    customer = "customer"
    agent = "agent"


SentencesOption = Annotated[
    Path, typer.Option("--sentences", help="Labelled sentences (JSON lines).", show_default="the project's own")
]


@app.command("predict")
def predict(
    role: Annotated[
        Party, typer.Option("--role", help="Who speaks: an agent's routine about trouble is neutral.")
    ] = Party.customer,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read one utterance a line from standard input; answer each with one line: label, score -1..+1, confidence.

    Without --json the score is shown as -5..+5. A line without a word has no label: unknown is not neutral.
    """
    settings = read_settings(workspace, config)
    engine = create_sentiment_engine(settings.sentiment, settings.models_dir)
    spoken_by = Role(role.value)
    for lines in batches_of_lines(lambda: os.read(sys.stdin.fileno(), CHUNK_BYTES)):
        worth = [line for line in lines if any(character.isalnum() for character in line)]
        readings = iter(engine.read(worth, [spoken_by] * len(worth)))
        for line in lines:
            reading = next(readings) if any(character.isalnum() for character in line) else None
            sys.stdout.write((_json(reading) if as_json else _row(reading, line)) + "\n")
        sys.stdout.flush()


@app.command("train")
def train(
    sentences: SentencesOption = SENTENCES,
    evaluate: Annotated[
        list[Path] | None, typer.Option("--evaluate", help="Labelled turns to test on (JSON lines); may be repeated.")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rebuild the heads of the default engine from labelled sentences, measure them, and print their model card."""
    from pipeline.sentiment.train import rebuild  # noqa: PLC0415 - numpy and more, which no other command here needs

    settings = read_settings(workspace, config)
    _print(rebuild(settings.models_dir, sentences, evaluate or ()), as_json=as_json)


@app.command("card")
def card(
    sentences: SentencesOption = SENTENCES,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the model card of the heads in use. Exit code 1 where `earmark sentiment train` has not written one."""
    settings = read_settings(workspace, config)
    kept = load_card(head_path(settings.models_dir, head_key(sentences_sha256(read_sentences(sentences)))))
    if kept is None:
        raise ModelError("no model card of these heads yet; earmark sentiment train rebuilds them and writes one")
    _print(kept, as_json=as_json)


def batches_of_lines(read: Callable[[], bytes]) -> Iterator[list[str]]:
    """Yield lines as they come: as many at once as there are, and none waits for the next.

    Args:
        read: Returns the next bytes, nothing at the end. What is no UTF-8 in them becomes U+FFFD. Only a line feed ends
            a line, so that there is an answer for each; a carriage return before it is not part of the line.
    """
    rest = b""
    while chunk := read():
        *whole, rest = (rest + chunk).split(b"\n")
        if whole:
            yield [_decoded(line) for line in whole]
    if rest:
        yield [_decoded(rest)]


def _decoded(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", errors="replace")


def _json(reading: LabelProbabilities | None) -> str:
    label, score, confidence = _figures(reading)
    return json.dumps({"label": label, "score": score, "confidence": confidence})


def _row(reading: LabelProbabilities | None, line: str) -> str:
    label, score, confidence = _figures(reading)
    shown = "   –     –" if score is None else f"{SHOWN_SCALE * score:+4.1f}  {confidence:.2f}"
    return f"{label or '–':<8}  {shown}  {show.plain(line)}"


def _figures(reading: LabelProbabilities | None) -> tuple[str | None, float | None, float | None]:
    if reading is None:
        return None, None, None
    confidence = round(reading.of(reading.label), DECIMALS)
    return reading.label, SIGNS[reading.label] * confidence, confidence


def _print(chosen: ModelCard, *, as_json: bool) -> None:
    if as_json:
        show.print_json(to_data(chosen))
    else:
        for line in chosen.lines():
            show.say(line)
