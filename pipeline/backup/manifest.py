"""What a back-up lists of itself: every part with its size and hash, every table with its rows and their hash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from pipeline.backup.rows import TableRows
from pipeline.canonical import from_json, to_json
from pipeline.errors import BackupError
from pipeline.store.migrate import newest_version
from pipeline.store.tables import metadata

SCHEME = "earmark-backup-1"
MANIFEST = "manifest.json"

SQLITE_PART, POSTGRESQL_PART = "database/earmark.db", "database/earmark.dump"
UNREDACTED, UPLOADS = "unredacted/", "uploads/"
SETTINGS_PART, AUDIT_HEAD_PART = "settings/earmark.toml", "audit-head.json"
_SINGLE_PARTS = (SQLITE_PART, POSTGRESQL_PART, SETTINGS_PART, AUDIT_HEAD_PART)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A file of a back-up; ``name`` has forward slashes."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """Everything in a back-up but the manifest.

    Attributes:
        made_at: UTC, ISO 8601.
        made_by: Version of Earmark.
        database_version: Of the tables.
        uploads_dir: Where uploaded recordings lay, as the database names them.
        tables: Every table by name.
        parts: Every file.
    """

    scheme: str
    made_at: str
    made_by: str
    database_version: str
    uploads_dir: str
    tables: dict[str, TableRows]
    parts: tuple[Part, ...]

    @property
    def database_part(self) -> str:
        """The part that holds the database; its name tells of which kind it is."""
        return next(part.name for part in self.parts if part.name in (SQLITE_PART, POSTGRESQL_PART))


def manifest_text(manifest: Manifest) -> str:
    """Return a manifest as it is written."""
    return to_json(manifest)


def read_manifest(content: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        BackupError: It is none, of another scheme, or lists what no back-up holds.
    """
    try:
        manifest = from_json(Manifest, content)
    except (ValidationError, ValueError, RecursionError):
        raise BackupError(f"{MANIFEST} is damaged: it does not hold what a manifest holds") from None
    if manifest.scheme != SCHEME:
        raise BackupError("this back-up was made by another version of Earmark; restore it with that one")
    _require_known_names(manifest)
    databases = [part.name for part in manifest.parts if part.name in (SQLITE_PART, POSTGRESQL_PART)]
    if len(databases) != 1 or len({part.name for part in manifest.parts}) != len(manifest.parts):
        raise BackupError(f"{MANIFEST} is damaged: it lists parts twice, or no database")
    return manifest


def require_counted(tables: Iterable[str], manifest: Manifest) -> None:
    """Refuse a back-up whose manifest leaves out tables: nobody could tell whether their rows are all there.

    Args:
        tables: That its database has; what is no table of Earmark's, such as a search index, need not be counted.
        manifest: Of the back-up. Where it is of this version, it has every table of this version, too.

    Raises:
        BackupError: It does not count one of them.
    """
    known = set(metadata.tables)
    wanted = known if manifest.database_version == newest_version() else known & set(tables)
    if left_out := sorted(wanted - set(manifest.tables)):
        raise BackupError(f"{MANIFEST} is damaged: it does not count table {left_out[0]}")


def _require_known_names(manifest: Manifest) -> None:
    for part in manifest.parts:
        inside = part.name.startswith((UNREDACTED, UPLOADS)) and _is_plain(part.name)
        if not inside and part.name not in _SINGLE_PARTS:
            raise BackupError(f"{part.name} is damaged: a back-up has no such part")


def _is_plain(name: str) -> bool:
    """Tell whether a part's name stays in its folder: neither leads out of it nor begins anew at the root."""
    return name.isprintable() and "\\" not in name and not {"", ".", ".."} & set(name.split("/"))
