"""What a back-up lists of itself: every part with its size and hash, every table with its rows and their hash."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from pipeline.backup.rows import TableRows
from pipeline.canonical import from_json, to_json
from pipeline.errors import BackupError

SCHEME = "earmark-backup-1"
MANIFEST = "manifest.json"

SQLITE_PART, POSTGRESQL_PART = "database/earmark.db", "database/earmark.dump"
UNREDACTED, UPLOADS = "unredacted/", "uploads/"
SETTINGS_PART, AUDIT_HEAD_PART = "settings/earmark.toml", "audit-head.json"


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
        BackupError: It is none, or of another scheme.
    """
    try:
        manifest = from_json(Manifest, content)
    except (ValidationError, ValueError, RecursionError):
        raise BackupError(f"{MANIFEST} is damaged: it does not hold what a manifest holds") from None
    if manifest.scheme != SCHEME:
        raise BackupError("this back-up was made by another version of Earmark; restore it with that one")
    databases = [part.name for part in manifest.parts if part.name in (SQLITE_PART, POSTGRESQL_PART)]
    if len(databases) != 1 or len({part.name for part in manifest.parts}) != len(manifest.parts):
        raise BackupError(f"{MANIFEST} is damaged: it lists parts twice, or no database")
    return manifest
