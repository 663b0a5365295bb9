"""Evidence packs in the workspace: made, listed and removed. Beside each lies a file that tells about it."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from app.acts import Act
from app.web.access.visitor import Visitor
from app.web.site import Site
from app.web.tasks import Tell
from pipeline.errors import NotFoundError, ReportError
from pipeline.records import Scope
from pipeline.store.findings import AskedCalls
from pipeline.store.violations import Outcome, calls_with_outcome

FOLDER = "packs"
MOST_CALLS = 200
_ID = re.compile(r"\d{8}-[0-9a-f]{12}")
_UNFINISHED = re.compile(rf"\.{_ID.pattern}\.(zip|json)\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class PackOrder:
    """What a pack is wanted of.

    Attributes:
        asked_for: In words, for who looks at it later.
        reason: Why it is made.
    """

    asked: AskedCalls
    rule_ids: tuple[str, ...]
    outcome: Outcome
    clips: bool
    asked_for: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PackRecord:
    """A pack that was made.

    Attributes:
        hash: SHA-256 of its manifest, to be given on another way than the pack.
        agent_id: Whose calls its maker could see, as `Scope` has it: only who may see as much gets it.
        teams: Likewise.
    """

    pack_id: str
    hash: str
    made_by: str
    made_at: datetime
    reason: str
    asked_for: str
    calls: int
    files: int
    size_bytes: int
    clips: bool
    notes: tuple[str, ...]
    agent_id: str | None
    teams: tuple[str, ...] | None

    @property
    def file_name(self) -> str:
        """Its zip, without personal data in the name."""
        return f"earmark-pack-{self.pack_id}.zip"


def make_pack(site: Site, visitor: Visitor, order: PackOrder, tell: Tell) -> PackRecord:
    """Make a pack and return what it is. That it was made is logged before it is there.

    Raises:
        ReportError: No call fits, or too many do, or it cannot be written.
    """
    from pipeline.audit.pack import prepare_pack  # noqa: PLC0415 - imports the decoder

    tell("Finding the calls.")
    with site.store.read() as connection:
        call_ids = calls_with_outcome(connection, order.asked, order.rule_ids, order.outcome, limit=MOST_CALLS + 1)
    _require_some(call_ids)
    now = site.now()
    pack_id = f"{now:%Y%m%d}-{secrets.token_hex(6)}"
    out = _private_folder(site) / f"{pack_id}.zip"
    with prepare_pack(
        call_ids, out, store=site.store, settings=site.settings, now=now, clips=order.clips, tell=tell
    ) as made:
        record = PackRecord(
            pack_id=pack_id,
            hash=made.hash,
            made_by=visitor.user.name,
            made_at=now,
            reason=order.reason,
            asked_for=order.asked_for,
            calls=len(made.call_ids),
            files=made.files,
            size_bytes=made.size_bytes,
            clips=order.clips,
            notes=made.notes,
            agent_id=visitor.scope.agent_id,
            teams=visitor.scope.teams,
        )
        name = record.file_name
        acts = [
            Act(
                action="export",
                subject=("pack", made.hash),
                details={"calls": made.call_ids, "name": name, "reason": order.reason},
            ),
            *(
                Act(action="export", subject=("call", call_id), details={"pack": made.hash, "name": name})
                for call_id in made.call_ids
            ),
        ]
        site.log(visitor, *acts)  # first: no pack is outside that the log does not know
        _write_about(site, record)  # before the pack, which is listed once both are there
        made.publish()
    return record


def remove_leftovers(site: Site, *, older_than_s: float) -> None:
    """Remove what a server that was killed left of packs that it was making: words and sound of calls."""
    before = site.now().timestamp() - older_than_s
    folder = folder_of(site)
    for left in folder.glob(".*"):
        with suppress(OSError):
            if _UNFINISHED.match(left.name) and left.stat().st_mtime < before:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    for one in (*folder.glob("*.json"), *folder.glob("*.zip")):
        other = one.with_suffix(".zip" if one.suffix == ".json" else ".json")
        with suppress(OSError):
            if _ID.fullmatch(one.stem) and not other.exists() and one.stat().st_mtime < before:
                one.unlink()


def list_packs(site: Site, scope: Scope) -> list[PackRecord]:
    """Return the packs that somebody may have, the newest first."""
    try:
        ids = [path.stem for path in folder_of(site).glob("*.zip") if _ID.fullmatch(path.stem)]
    except OSError:
        return []
    records = [record for record in (_read(site, pack_id) for pack_id in ids) if record and _covers(scope, record)]
    return sorted(records, key=lambda record: record.made_at, reverse=True)


def pack_of(site: Site, scope: Scope, pack_id: str) -> tuple[PackRecord, Path]:
    """Return a pack and its file.

    Raises:
        NotFoundError: There is none that somebody of this scope may have.
    """
    record = _read(site, pack_id) if _ID.fullmatch(pack_id) else None
    file = folder_of(site) / f"{pack_id}.zip"
    if record is None or not _covers(scope, record) or not file.is_file():
        raise NotFoundError("there is no such pack; it may have been removed")
    return record, file


def remove_pack(site: Site, visitor: Visitor, record: PackRecord) -> None:
    """Remove a pack from the workspace; the log keeps that it was made, and that it was removed."""
    site.log(visitor, Act(action="deletion", subject=("pack", record.hash), details={"name": record.file_name}))
    (folder_of(site) / f"{record.pack_id}.zip").unlink(missing_ok=True)
    _about(site, record.pack_id).unlink(missing_ok=True)


def folder_of(site: Site) -> Path:
    """Return where packs lie."""
    return site.settings.workspace / FOLDER


def _private_folder(site: Site) -> Path:
    """Return where packs lie, for nobody else's eyes: they hold words and sound of calls."""
    folder = folder_of(site)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for left in folder.iterdir():  # made by an earlier version
            if left.is_file():
                left.chmod(0o600)
    except OSError as error:
        raise ReportError(f"the folder of packs cannot be written ({error.strerror})") from None
    return folder


def _require_some(call_ids: Sequence[str]) -> None:
    if not call_ids:
        raise ReportError("no call fits: choose other rules or days")
    if len(call_ids) > MOST_CALLS:
        raise ReportError(
            f"more than {MOST_CALLS} calls fit: choose fewer days or rules, or make the pack on the command line "
            "(earmark audit pack)"
        )


def _about(site: Site, pack_id: str) -> Path:
    return folder_of(site) / f"{pack_id}.json"


def _write_about(site: Site, record: PackRecord) -> None:
    """Write what a pack is beside it, whole or not at all."""
    about = _about(site, record.pack_id)
    unfinished = about.with_name(f".{about.name}")
    try:
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps({**asdict(record), "made_at": record.made_at.isoformat()}), encoding="utf-8")
        unfinished.replace(about)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise ReportError(f"the folder of packs cannot be written ({error.strerror})") from None


def _read(site: Site, pack_id: str) -> PackRecord | None:
    try:
        data = json.loads(_about(site, pack_id).read_text(encoding="utf-8"))
        teams = data["teams"]
        return PackRecord(
            **data
            | {
                "made_at": datetime.fromisoformat(data["made_at"]),
                "notes": tuple(data["notes"]),
                "teams": None if teams is None else tuple(teams),
            }
        )
    except (OSError, ValueError, KeyError, TypeError):  # not there, or somebody wrote something else there
        return None


def _covers(scope: Scope, record: PackRecord) -> bool:
    """Tell whether everything that the pack's maker could see may be seen."""
    if scope.whole:
        return True
    same_agent = scope.agent_id is None or scope.agent_id == record.agent_id
    in_teams = scope.teams is None or (record.teams is not None and set(record.teams) <= set(scope.teams))
    return same_agent and in_teams
