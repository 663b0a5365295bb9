"""What is known about a call: file name < call records < manifest row < sidecar JSON; empty values do not count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.config import IntakeSettings
from pipeline.intake.defects import defect
from pipeline.intake.fields import FIELDS
from pipeline.intake.file_names import NamedValues, read_file_name
from pipeline.intake.metadata import MetadataIndex
from pipeline.intake.sidecar import read_sidecars
from pipeline.intake.times import parse_start
from pipeline.media.place import Place
from pipeline.records import Defect
from pipeline.records.direction import direction


@dataclass(frozen=True, kw_only=True, slots=True)
class CallMetadata:
    """The metadata of one call. None where nothing tells; ``others`` holds every field without a place of its own."""

    started_at: datetime | None = None
    agent_id: str | None = None
    team: str | None = None
    queue: str | None = None
    direction: str | None = None
    customer_ref: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    defects: tuple[Defect, ...] = ()


def gather_metadata(path: Place, *, settings: IntakeSettings, index: MetadataIndex) -> CallMetadata:
    """Return what file name, call records, manifest and sidecar tell about a call, and what is wrong with it.

    Raises:
        ConfigError: A file name pattern is no regular expression.
    """
    name = read_file_name(path, settings.file_name_patterns)
    row, row_defects = index.row_for(path)
    sidecar, sidecar_defects = read_sidecars(path, index.folder_of(path))
    sources: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("the file name", name.values),
        (f"manifest.csv (line {row.line})" if row else "manifest.csv", row.values if row else {}),
        ("the sidecar JSON", sidecar or {}),
    )
    known, source_of = _together(sources)
    record: Mapping[str, str] = {}
    record_defects: tuple[Defect, ...] = ()
    if index.records:
        began, _ = _start(known, source_of, settings)
        record, record_defects = index.record_for(path, known, began)
        known, source_of = _together((sources[0], ("the call records", record), *sources[1:]))
    started_at, time_defects = _start(known, source_of, settings)
    defects = [*row_defects, *sidecar_defects, *record_defects, *time_defects]
    if not any(found.fatal for found in defects):
        defects += _gaps(known, name, settings)
    agent_id = known.get("agent_id")
    return CallMetadata(
        started_at=started_at,
        agent_id=agent_id,
        team=known.get("team") or settings.agent_teams.get(agent_id or ""),
        queue=known.get("queue"),
        direction=direction(known["direction"]) if "direction" in known else None,
        customer_ref=known.get("customer_ref"),
        others={key: known[key] for key in sorted(known) if key not in FIELDS or key == "external_id"},
        defects=tuple(defects),
    )


def _together(sources: Sequence[tuple[str, Mapping[str, str]]]) -> tuple[dict[str, str], dict[str, str]]:
    """Return value and source by field; a later source wins, and an empty value never does."""
    known: dict[str, str] = {}
    source_of: dict[str, str] = {}
    for source, values in sources:
        for key, value in values.items():
            if value:
                known[key], source_of[key] = value, source
    return known, source_of


def _start(
    known: Mapping[str, str], source_of: Mapping[str, str], settings: IntakeSettings
) -> tuple[datetime | None, tuple[Defect, ...]]:
    if "started_at" not in known:
        return None, ()
    return parse_start(known["started_at"], site_timezone=settings.site_timezone, source=source_of["started_at"])


def _gaps(known: Mapping[str, str], name: NamedValues, settings: IntakeSettings) -> list[Defect]:
    """Return what is missing. A name that fits in part was meant to fit, so the time it lacks is a fault."""
    no_time, no_agent = "started_at" not in known, "agent_id" not in known
    if no_time and name.matched and "started_at" in settings.file_name_patterns:
        return [defect("time_unmatched")]
    if no_time and no_agent:
        return [defect("metadata_missing", fatal=settings.require_metadata)]
    if no_time:
        return [defect("time_unknown")]
    return [defect("agent_unknown")] if no_agent else []
