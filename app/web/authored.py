"""Rubrics and rules as they lie on disk: read once, and again when a file has changed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.web.errors import RequestError
from app.web.site import Site
from app.web.snapshots import QUICK, Snapshot, snapshot
from pipeline.audit.authored_texts import RuleSource, rule_sources
from pipeline.compliance.rule import Rule
from pipeline.errors import AuthoredFileError
from pipeline.records import Rubric

SUFFIXES = (".yaml", ".yml")
_LOOKED_AT_EVERY_S = 1.0


class NotReadyError(RequestError):
    """The files are being read for the first time."""

    status = 503

    def __init__(self) -> None:
        super().__init__("rubrics and rules are being read: load the page again in a moment")


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDisk:
    """What lies in the folders.

    Attributes:
        rubrics: Those that can be read, by id and version, the newest version first.
        rules: Those of packs that can be read, in order of pack and place.
        sources: Every rule as it stands in its file, by its id.
        faulty: Names of files with problems; `Rubrics and rules > Check` tells which.
    """

    rubrics: tuple[Rubric, ...]
    rules: tuple[Rule, ...]
    faulty: tuple[str, ...]
    sources: Mapping[str, RuleSource] = field(default_factory=dict)

    def rubric(self, rubric_id: str, version: int) -> Rubric | None:
        """Return a version of a rubric."""
        return next((each for each in self.rubrics if (each.id, each.version) == (rubric_id, version)), None)

    def rule(self, rule_id: str) -> Rule | None:
        """Return a rule."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def packs(self) -> tuple[str, ...]:
        """Return the names of all packs."""
        return tuple(dict.fromkeys(rule.pack for rule in self.rules))


def on_disk(site: Site, *, wait_s: float | None = None) -> Snapshot[OnDisk]:
    """Return the rubrics and rules that there are now; they are read in a second or two after a change."""
    return snapshot(
        site,
        "authored files",
        lambda: _read(site),
        stale_after_s=_LOOKED_AT_EVERY_S,
        wait_s=wait_s,
        state=files_state,
        worker=QUICK,
    )


def files_now(site: Site) -> OnDisk:
    """Return the same where it is there already.

    Raises:
        NotReadyError: The files are being read for the first time.
    """
    found = on_disk(site, wait_s=3.0).value
    if found is None:
        raise NotReadyError
    return found


def authored_files(folder: Path) -> list[Path]:
    """Return the YAML files that lie directly in a folder, by name."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    except OSError:
        return []


def files_state(site: Site) -> Hashable:
    """Return what differs as soon as a rubric or pack was written, came or went."""
    folders = (site.settings.score.rubrics_dir, site.settings.compliance.rules_dir)
    return tuple(_stat(path) for folder in folders for path in authored_files(folder))


def _stat(path: Path) -> Hashable:
    try:
        found = path.stat()
    except OSError:
        return str(path)
    return str(path), found.st_mtime_ns, found.st_size


def _read(site: Site) -> OnDisk:
    from pipeline.compliance.packs import load_pack, load_packs  # noqa: PLC0415 - imported with the first reading
    from pipeline.score.rubrics import load_rubric  # noqa: PLC0415

    rubrics: list[Rubric] = []
    rules: list[Rule] = []
    faulty: list[str] = []
    for path in authored_files(site.settings.score.rubrics_dir):
        try:
            rubrics.append(load_rubric(path))
        except AuthoredFileError:
            faulty.append(path.name)
    try:
        rules += load_packs(site.settings.compliance.rules_dir)
    except AuthoredFileError:  # one pack may be sound though another is not
        for path in authored_files(site.settings.compliance.rules_dir):
            try:
                rules += load_pack(path)
            except AuthoredFileError:
                faulty.append(path.name)
    return OnDisk(
        rubrics=tuple(sorted(rubrics, key=lambda rubric: (rubric.id, -rubric.version))),
        rules=tuple(rules),
        faulty=tuple(faulty),
        sources=rule_sources(site.settings.compliance.rules_dir),
    )
