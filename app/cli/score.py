"""`earmark score`: a transcript file to scores, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli.call_page import print_score
from app.cli.calls import score_document
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from app.cli.show import print_json
from pipeline.canonical import to_data
from pipeline.detectors import assemble_detectors
from pipeline.parts import require_known_rules
from pipeline.score.rubrics import find_rubric
from pipeline.score_transcript import score_transcript
from pipeline.transcribe.files import transcript_from_json


def score(
    transcript: Annotated[
        Path, typer.Argument(help="Transcript in the form of `earmark transcribe --json`.", show_default=False)
    ],
    rubric: Annotated[str, typer.Option("--rubric", "-r", help="Rubric id, id@version or file.", show_default=False)],
    queue: Annotated[
        str | None, typer.Option("--queue", help="Queue of the call, for rules that depend on it.")
    ] = None,
    direction: Annotated[
        Literal["inbound", "outbound"] | None, typer.Option("--direction", help="Who called, for rules that ask it.")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a transcript against a rubric. Nothing is stored."""
    settings = read_settings(workspace, config)
    chosen = find_rubric(rubric, settings.score.rubrics_dir)
    detectors = assemble_detectors(settings)
    require_known_rules((chosen,), detectors, where=rubric)
    heard = transcript_from_json(transcript)
    scored = score_transcript(heard, chosen, detectors, queue=queue, direction=direction)
    if as_json:
        document: dict[str, Any] = score_document(scored.score)
        document["findings"] = [to_data(finding) | {"violated": finding.violated} for finding in scored.facts.findings]
        document["flags"] = [to_data(flag) for flag in scored.flags]
        print_json(document)
    else:
        print_score(scored.score, scored.flags)
