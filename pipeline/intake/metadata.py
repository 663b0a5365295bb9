"""Find the row that a manifest has for a recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from pipeline.config import IntakeSettings
from pipeline.intake.call_records import CallRecords, read_call_records
from pipeline.intake.defects import defect
from pipeline.intake.manifest import MANIFEST_NAME, Manifest, Row, file_key, read_manifest
from pipeline.media.facts import is_file, is_folder
from pipeline.media.listing import files_under
from pipeline.media.local import named_path, resolved
from pipeline.media.place import Place, RemotePath, path_below
from pipeline.records import Defect

_MOST_LINES_TOLD = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class MetadataIndex:
    """The manifests that bear on a batch, read once.

    Attributes:
        manifests: Manifest by the folder it lies in.
        places: The files of the batch by bare name, to tell whether a bare name means one of them only.
        records: Call records by the folder that they lie in.
        folders: The folders that were given, without links; the outermost first.
        named: The files that were given themselves.
    """

    manifests: Mapping[Place, Manifest] = field(default_factory=dict)
    places: Mapping[str, frozenset[Place]] = field(default_factory=dict)
    records: Mapping[Place, CallRecords] = field(default_factory=dict)
    folders: tuple[Place, ...] = ()
    named: frozenset[Place] = frozenset()
    _shared: dict[tuple[Place, str], frozenset[Place]] = field(default_factory=dict, compare=False, repr=False)

    def folder_of(self, path: Place) -> Place | None:
        """Return the given folder in which a recording was found; None where it was named by itself."""
        place = _named(path)
        if place in self.named:
            return None
        names = (path, place)  # as it was listed: its folder may have become a link since
        found = (folder for folder in self.folders if any(path_below(name, folder) is not None for name in names))
        return next(found, None)

    def row_for(self, path: Place) -> tuple[Row | None, tuple[Defect, ...]]:
        """Return the row for a recording, and what is wrong with it. None means that no manifest has one.

        The manifest nearest to the recording is asked first. A row names a file by its path from the manifest's folder;
        a bare name also means a file in a folder below, where there is only one of that name.
        """
        place = _named(path)
        for folder in place.parents:
            manifest = self.manifests.get(folder)
            if manifest is None:
                continue
            if manifest.defects:
                return None, manifest.defects
            rows = manifest.rows.get(file_key(path_below(place, folder) or ""))
            if rows is None:
                rows = self._bare_rows(manifest, folder, place)
                if rows is not None and self._is_ambiguous(folder, place):
                    return None, (defect("manifest_ambiguous"),)
            if rows:
                return _only(rows)
        return None, ()

    def record_for(
        self, path: Place, known: Mapping[str, str], started_at: datetime | None
    ) -> tuple[Mapping[str, str], tuple[Defect, ...]]:
        """Return what call records tell about a recording, and what is wrong with them; the nearest file first.

        Args:
            path: The recording.
            known: What file name, manifest and sidecar tell.
            started_at: When it began, as they tell it.
        """
        place = _named(path)
        ids = [known.get("external_id", ""), place.stem, place.stem.partition("_")[0]]
        for folder in place.parents if self.records else ():
            records = self.records.get(folder)
            if records is None:
                continue
            if records.defects:
                return {}, records.defects
            found = records.find([each for each in ids if each], known.get("agent_id"), started_at)
            if found is not None:
                return {name: value for name, value in found.items() if name != "updated_at"}, ()
        return {}, ()

    def _is_ambiguous(self, folder: Place, place: Place) -> bool:
        """Tell whether files below a folder share a recording's bare name; counted once for all that do."""
        key = (folder, file_key(place.name))
        if key not in self._shared:
            below = (p for p in self.places.get(key[1], ()) if path_below(p, folder) is not None)
            self._shared[key] = frozenset(islice(below, 2))
        return bool(self._shared[key] - {place})

    def _bare_rows(self, manifest: Manifest, folder: Place, place: Place) -> Sequence[Row] | None:
        """Return the rows with the recording's bare name, unless they mean a file right beside the manifest."""
        own = folder / place.name in self.places.get(file_key(place.name), ())
        return None if own else manifest.rows.get(file_key(place.name))


def index_metadata(paths: Sequence[Place], settings: IntakeSettings | None = None) -> MetadataIndex:
    """Read every ``manifest.csv`` in the given folders, below them, and beside the given files; likewise call records.

    What is wrong with a manifest is told by `MetadataIndex.row_for` for the recordings concerned; nothing is raised.
    """
    manifests: dict[Place, Place | None] = {}
    records: dict[Place, Place | None] = {}
    folders: list[Place] = []
    named: set[Place] = set()
    records_name = settings.call_records if settings else None
    places: dict[str, set[Place]] = defaultdict(set)
    for path in paths:
        in_folder = is_folder(path)
        files = list(files_under(path)) if in_folder else [_named(path)]
        within = (path if isinstance(path, RemotePath) else resolved(path)) if in_folder else None
        if within is not None:
            folders.append(within)
        else:
            named.add(files[0])
            manifests.setdefault(files[0].with_name(MANIFEST_NAME))
            if records_name:
                records.setdefault(files[0].with_name(records_name))
        for file in files:
            places[file_key(file.name)].add(file)
            if file.name == MANIFEST_NAME:
                manifests[file] = manifests.get(file) or within
            if file.name == records_name:
                records[file] = records.get(file) or within
    zone = settings.site_timezone if settings else None
    return MetadataIndex(
        folders=tuple(sorted(folders, key=lambda folder: len(str(folder)))),
        named=frozenset(named),
        manifests={
            path.parent: read_manifest(path, manifests[path]) for path in sorted(manifests, key=str) if is_file(path)
        },
        places={name: frozenset(files) for name, files in places.items()},
        records={
            path.parent: read_call_records(path, site_timezone=zone, within=records[path])
            for path in sorted(records, key=str)
            if is_file(path)
        },
    )


def _named(place: Place) -> Place:
    return place if isinstance(place, RemotePath) else named_path(place)


def _only(rows: Sequence[Row]) -> tuple[Row | None, tuple[Defect, ...]]:
    """Return the one row for a file; a row that is repeated word for word does no harm."""
    first = rows[0]
    if any(row.values != first.values for row in rows):
        more = len(rows) - _MOST_LINES_TOLD
        lines = ", ".join(str(row.line) for row in rows[:_MOST_LINES_TOLD]) + (
            f" and {more:,} more" if more > 0 else ""
        )
        return None, (
            defect("manifest_duplicate_row", f"manifest.csv has differing rows for this file (lines {lines})"),
        )
    return first, first.defects
