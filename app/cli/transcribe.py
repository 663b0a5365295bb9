"""`earmark transcribe`: one recording to words, without a database."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.cli.options import ConfigOption, EngineOption, ModelOption, WorkspaceOption, read_settings
from app.cli.show import print_json
from pipeline.config import Settings
from pipeline.errors import IntakeError
from pipeline.intake.decode import call_audio
from pipeline.intake.metadata import index_metadata
from pipeline.intake.take_in import take_in
from pipeline.privacy.redact import redact
from pipeline.records import Transcript
from pipeline.transcribe.engine import create_engine
from pipeline.transcribe.files import to_srt, to_txt, to_vtt, transcript_to_json
from pipeline.transcribe.transcribe import transcribe_call
from pipeline.transcribe.vocabulary import load_vocabulary


def transcribe(
    file: Annotated[Path, typer.Argument(help="The recording.", dir_okay=False, show_default=False)],
    engine: EngineOption = None,
    model: ModelOption = None,
    format: Annotated[
        Literal["txt", "srt", "vtt", "json"], typer.Option("--format", "-f", help="Form of the output.")
    ] = "txt",
    as_json: Annotated[bool, typer.Option("--json", help="Same as --format json.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Transcribe one recording; personal and card data are masked."""
    settings = read_settings(workspace, config, transcribe__engine=engine, transcribe__model=model)
    heard = redact(_transcript(file, settings), settings.privacy)
    if as_json or format == "json":
        print_json(transcript_to_json(heard))
    else:
        sys.stdout.write({"txt": to_txt, "srt": to_srt, "vtt": to_vtt}[format](heard))


def _transcript(file: Path, settings: Settings) -> Transcript:
    engine = create_engine(settings.transcribe, settings.models_dir)
    with ThreadPoolExecutor(1) as beside:
        beside.submit(engine.prepare)  # while the recording is read; what is wrong with the weights is told below
        outcome = take_in(file, settings=settings.intake, metadata=index_metadata([file]), for_sound_only=True)
        if outcome.recording is None:
            defect = next(defect for defect in outcome.defects if defect.fatal)
            raise IntakeError(defect.code, f"{file}: {defect.reason}")
        audio = call_audio(outcome.recording, settings.intake)
        terms = load_vocabulary(settings.transcribe.vocabulary).for_recording(outcome.recording)
        return transcribe_call(outcome.recording, audio, engine=engine, settings=settings.transcribe, terms=terms)
