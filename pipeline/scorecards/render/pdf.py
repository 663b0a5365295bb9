"""The report as a PDF to print or hand over: tagged, readable in grey, and nothing is fetched to make it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pipeline.records import Scorecard, SubjectSummary
from pipeline.scorecards.render.files import is_file, safe_name, write_files
from pipeline.scorecards.report import ScorecardReport

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "report.typ"


def write(report: ScorecardReport, out: Path) -> list[Path]:
    """Write the report as PDF.

    Args:
        report: What to write.
        out: A file name ending in ``.pdf``, which gets everything; or a folder, which gets ``scorecards.pdf`` with the
            list, and one file per agent, team and queue.

    Returns:
        The paths written.

    Raises:
        ReportError: A file cannot be written.
    """
    if is_file(out, ".pdf"):
        return write_files({out: pdf_of(report)})
    files = {out / "scorecards.pdf": pdf_of(dataclasses.replace(report, scorecards=()))}
    for kind, summaries in (("team", report.teams), ("queue", report.queues), ("agent", report.agents)):
        for subject in sorted({summary.subject for summary in summaries}):
            files[out / f"{kind}s" / f"{safe_name(subject)}.pdf"] = pdf_of(
                _of_subject(report, kind, subject, summaries)
            )
    return write_files(files)


def pdf_of(report: ScorecardReport) -> bytes:
    """Return the report as the bytes of a PDF."""
    from pipeline.scorecards.render.pdf_content import content_of  # noqa: PLC0415 - brings Altair

    return compiled_pdf(_TEMPLATE, content_of(report), made_at=report.generated_at)


def compiled_pdf(template: Path, told: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """Return the bytes of a PDF.

    Args:
        template: The page's form, in typst.
        told: What it says, as plain words and numbers.
        made_at: When, for the file's own date.
    """
    import typst  # noqa: PLC0415 - only for this format

    # What people and recordings said goes in as data, never as source: nothing of it is run.
    content = json.dumps(_printable(told), ensure_ascii=False, allow_nan=False)

    def compiled(standard: Literal["ua-1"] | None) -> bytes:
        return typst.compile(
            str(template),
            root=str(template.parent),
            format="pdf",
            sys_inputs={"content": content},
            pdf_standards=standard,
            timestamp=_whole_second(made_at),
        )

    try:
        return compiled("ua-1")
    except typst.TypstError:  # a letter that no font here has: the standard forbids it, a reader can live with it
        return compiled(None)


def _printable(content: Any) -> Any:
    """Return content without characters that no font can show."""
    if isinstance(content, str):
        return _CONTROL.sub(" ", content)
    if isinstance(content, Mapping):
        return {name: _printable(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_printable(value) for value in content]
    return content


def _of_subject(
    report: ScorecardReport, kind: str, subject: str, summaries: Sequence[SubjectSummary]
) -> ScorecardReport:
    own = tuple(summary for summary in summaries if summary.subject == subject)

    def is_own(card: Scorecard) -> bool:
        return (card.subject_kind, card.subject) == (kind, subject)

    return dataclasses.replace(
        report,
        title=f"Scorecard of {subject}",
        teams=own if kind == "team" else (),
        queues=own if kind == "queue" else (),
        agents=own if kind == "agent" else (),
        scorecards=tuple(card for card in report.scorecards if is_own(card)),
    )


def _whole_second(instant: datetime) -> int:
    return int(instant.timestamp())
