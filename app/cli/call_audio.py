"""`earmark calls audio`: a call's recording, or a part of it, silent where personal data was spoken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from app.acts import Act, log_acts
from app.cli import show
from app.cli.options import ConfigOption, WorkspaceOption, open_existing, read_settings
from pipeline.errors import NotFoundError, ReportError
from pipeline.store.call_record import read_call
from pipeline.store.known_files import is_recording

_TIME = re.compile(r"(?:(\d+):)?(\d+)(?:\.(\d{1,3}))?")


def _milliseconds(text: str) -> int:
    """Read ``m:ss``, ``m:ss.mmm`` or seconds."""
    match = _TIME.fullmatch(text.strip())
    if not match or (match[1] is not None and int(match[2]) > 59):
        raise typer.BadParameter(f"{text!r} is no time; write minutes and seconds, such as 1:05")
    return (int(match[1] or 0) * 60 + int(match[2])) * 1000 + int((match[3] or "0").ljust(3, "0"))


def audio(
    call_id: Annotated[str, typer.Argument(help="Id of the call; its first characters do.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write, .wav or .flac.", show_default=False)],
    start: Annotated[
        int | None,
        typer.Option("--from", parser=_milliseconds, metavar="M:SS", help="Where to begin.", show_default="0:00"),
    ] = None,
    end: Annotated[
        int | None,
        typer.Option("--to", parser=_milliseconds, metavar="M:SS", help="Where to end.", show_default="its end"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it is there.")] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Write a call's recording, or a part of it, silent where personal data was spoken. The audit log remembers it."""
    if start is not None and end is not None and end <= start:
        raise typer.BadParameter("--to has to lie behind --from")
    from pipeline.clip import check_target, muted_clip, write_audio  # noqa: PLC0415 - decoders are slow to import

    check_target(out, overwrite=force)
    settings = read_settings(workspace, config)
    store = open_existing(settings)
    with store.read() as connection:
        call = read_call(connection, call_id)
        taken = is_recording(connection, str(out.resolve()))
    if taken:
        store.close()
        raise ReportError(f"{out}: is a recording of this workspace, and recordings are never changed")
    if call.transcript is None:
        store.close()
        raise NotFoundError(f"call {call.recording.call_id}: has no transcript yet, so nothing tells what to silence")
    samples, rate_hz = muted_clip(call.recording, call.transcript, start_ms=start or 0, end_ms=end, settings=settings)
    span = {"from_ms": start or 0, "to_ms": call.recording.duration_ms if end is None else end}
    log_acts(store, settings, [Act(action="export", subject=("call", call.recording.call_id), details=span)])
    store.close()
    write_audio(out, samples, rate_hz, overwrite=force)
    show.remark(f"wrote {out} ({show.minutes(samples.shape[1] * 1000 // rate_hz)})")
