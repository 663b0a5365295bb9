"""A pack that was changed in any way is noticed, and one that would do harm is refused."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import stat
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.audit.manifest import MANIFEST, MANIFEST_HASH, hash_line
from pipeline.audit.verify import verify_pack
from pipeline.canonical import canonical_json
from pipeline.errors import ConfigError, ReportError
from tests.audit.test_pack import made
from tests.audit.workspace import Workspace, make_workspace

CHANGES = 1000
SEED = 20261122


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A pack as a folder and as a zip, with its hash; to be left as they are."""
    folder = tmp_path_factory.mktemp("packs")
    workspace: Workspace = make_workspace(folder / "work")
    as_folder, as_zip = made(workspace, folder / "pack"), made(workspace, folder / "pack.zip")
    workspace.store.close()
    pack_hash = verify_pack(as_folder).hash
    assert pack_hash
    return as_folder, as_zip, pack_hash


@pytest.fixture
def pack(packs: tuple[Path, Path, str], tmp_path: Path) -> Path:
    """A copy of the folder."""
    return shutil.copytree(packs[0], tmp_path / "pack")


def _told(path: Path, **options: str) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in verify_pack(path, **options).problems]


def test_verify_pack_finds_nothing_in_a_whole_one(packs: tuple[Path, Path, str]) -> None:
    for path in packs[:2]:
        found = verify_pack(path, expect=packs[2])
        assert found.problems == ()
        assert (found.hash, len(found.calls)) == (packs[2], 2)
        assert found.made_at == "2026-11-22T09:30:15+00:00"


def test_verify_pack_names_every_file_that_is_missing_added_or_changed(pack: Path) -> None:
    (pack / "rules" / "guarantee.yaml").write_text("x")
    (pack / "files.sha256").unlink()
    (pack / "added.txt").write_text("x")
    (pack / "nothing").mkdir()
    assert sorted(_told(pack)) == [
        ("changed", "rules/guarantee.yaml"),
        ("extra", "added.txt"),
        ("extra", "nothing/"),
        ("missing", "files.sha256"),
    ]


def test_verify_pack_says_what_a_file_holds_instead(pack: Path) -> None:
    shutil.copy(pack / "rules" / "guarantee.yaml", pack / "rules" / "recording-notice.yaml")
    (problem,) = verify_pack(pack).problems
    assert problem.message == "was changed: it holds what rules/guarantee.yaml should hold"


def test_verify_pack_that_was_wholly_made_anew_is_only_noticed_by_the_hash_that_was_told(pack: Path) -> None:
    told = verify_pack(pack).hash
    _forge(pack, "calls/x.json", b"forged")
    assert _told(pack) == []
    assert _told(pack, expect=str(told)) == [("unexpected", "")]


def _forge(pack: Path, name: str, content: bytes) -> None:
    """Change a pack as one who knows how it is made: file, list and hash of the list."""
    (pack / name).write_bytes(content)
    manifest = json.loads((pack / MANIFEST).read_text())
    files = [file for file in manifest["files"] if file["path"] != name]
    files.append({"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    _write_manifest(pack, {**manifest, "files": sorted(files, key=lambda file: str(file["path"]))})


def _write_manifest(pack: Path, manifest: dict[str, object]) -> None:
    text = canonical_json(manifest)
    (pack / MANIFEST).write_text(text)
    (pack / MANIFEST_HASH).write_text(hash_line(hashlib.sha256(text.encode()).hexdigest(), MANIFEST))


@pytest.mark.parametrize("expect", ["", "abc", "0" * 63, "g" * 64])
def test_verify_pack_refuses_to_expect_what_is_no_hash(pack: Path, expect: str) -> None:
    with pytest.raises(ConfigError, match="64 characters"):
        verify_pack(pack, expect=expect)


def test_verify_pack_needs_a_pack(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no such pack"):
        verify_pack(tmp_path / "none")
    assert _told(tmp_path) == [("extra", ""), ("missing", MANIFEST)]
    (tmp_path / "a.zip").write_text("no zip")
    assert _told(tmp_path / "a.zip") == [("refused", "")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is no JSON"),
        (b"\xff", "it is no JSON"),
        (b"[]", "does not hold what a manifest holds"),
        (b"[" * 100_000, "does not hold what a manifest holds"),
        (b"{}", "does not hold what a manifest holds"),
    ],
)
def test_verify_pack_with_a_broken_manifest_says_so(pack: Path, content: bytes, said: str) -> None:
    (pack / MANIFEST).write_bytes(content)
    problems = verify_pack(pack).problems
    assert [problem.code for problem in problems] == ["changed", "manifest"]
    assert said in problems[1].message


def test_verify_pack_with_a_manifest_of_another_scheme_or_spelling_says_so(pack: Path) -> None:
    manifest = json.loads((pack / MANIFEST).read_text())
    _write_manifest(pack, {**manifest, "scheme": "earmark-pack-9"})
    assert "another version of Earmark" in verify_pack(pack).problems[0].message
    _write_manifest(pack, {**manifest, "more": 1})
    assert "not written as Earmark writes it" in verify_pack(pack).problems[0].message
    _write_manifest(pack, {**manifest, "files": [*manifest["files"], manifest["files"][0]]})
    assert "lists a file twice" in verify_pack(pack).problems[0].message


@pytest.mark.parametrize("kind", ["link", "link to a folder", "pipe"])
def test_verify_pack_follows_no_link(pack: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(pack / "odd")
    else:
        (pack / "odd").symlink_to(pack / "index.html" if kind == "link" else pack)
    assert _told(pack) == [("refused", "odd")]


def test_verify_pack_prints_names_of_any_bytes(pack: Path) -> None:
    (Path(os.fsdecode(os.fsencode(pack) + b"/\xff\x00".replace(b"\x00", b"a")))).write_text("x")
    assert _told(pack) == [("extra", "\\xffa")]


# --- hostile archives -------------------------------------------------------------------------------------------------


def _entry(name: str, mode: int = 0o100644, **attributes: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    for attribute, value in attributes.items():
        setattr(entry, attribute, value)
    return entry


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (_entry("/etc/cron.d/x"), "absolute path"),
        (_entry("C:/x"), "absolute path"),
        (_entry("\\\\server\\x"), "absolute path"),
        (_entry("../x"), "leads out"),
        (_entry("calls/../../x"), "leads out"),
        (_entry("calls\\..\\x"), "leads out"),
        (_entry("a\\b"), "systems read differently"),
        (_entry("a\nb"), "systems read differently"),
        (_entry("index.html"), "twice"),
        (_entry("INDEX.html"), "twice"),
        (_entry("link", stat.S_IFLNK | 0o777), "is a link"),
        (_entry("device", stat.S_IFBLK | 0o644), "no plain file"),
        (_entry("bomb", compress_type=zipfile.ZIP_DEFLATED), "is compressed"),
        (_entry("folder/", stat.S_IFDIR | 0o755), "no plain file"),
    ],
)
def test_verify_pack_refuses_archives_that_would_do_harm(
    packs: tuple[Path, Path, str], tmp_path: Path, entry: zipfile.ZipInfo, said: str
) -> None:
    file = Path(shutil.copy(packs[1], tmp_path / "pack.zip"))
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as archive:
        warnings.simplefilter("ignore")  # of the name that is there twice
        archive.writestr(entry, b"0" * 100_000)
    problems = verify_pack(file).problems
    assert {problem.code for problem in problems} == {"refused"}
    assert any(said in problem.message for problem in problems)


def test_verify_pack_refuses_files_that_lie_over_each_other(packs: tuple[Path, Path, str], tmp_path: Path) -> None:
    """As in the bombs whose entries all point at the same kernel of data."""
    file = tmp_path / "pack.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_entry("a"), b"0" * 100_000)
        for number in range(50):
            again = _entry(f"b{number}", header_offset=0, file_size=100_000, compress_size=100_000)
            again.CRC = zlib.crc32(b"0" * 100_000)
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
        archive._didModify = True  # type: ignore[attr-defined]
    assert _told(file) == [("refused", "")]


def test_verify_pack_refuses_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.audit.archive.MOST_FILES", 3)
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as archive:
        for number in range(4):
            archive.writestr(str(number), b"")
    (problem,) = verify_pack(tmp_path / "pack.zip").problems
    assert "more than 3 files" in problem.message


def test_verify_pack_that_was_packed_anew_says_that_its_files_are_whole(
    packs: tuple[Path, Path, str], tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as archive:
        for path in sorted(packs[0].rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(packs[0]))
    (problem,) = verify_pack(tmp_path / "pack.zip").problems
    assert problem.code == "repacked"
    assert "files are whole" in problem.message


# --- 1,000 random changes ---------------------------------------------------------------------------------------------

Change = Callable[[random.Random, Path], str]


def _files(pack: Path) -> list[Path]:
    return sorted(path for path in pack.rglob("*") if path.is_file())


def _flip(rng: random.Random, pack: Path) -> str:
    path = rng.choice(_files(pack))
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    return f"a bit of {path.name}"


def _truncate(rng: random.Random, pack: Path) -> str:
    path = rng.choice(_files(pack))
    path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])
    return f"{path.name} cut short"


def _lengthen(rng: random.Random, pack: Path) -> str:
    path = rng.choice(_files(pack))
    path.write_bytes(path.read_bytes() + rng.choice([b"\n", b"\0", b" ", rng.randbytes(99)]))
    return f"{path.name} lengthened"


def _rename(rng: random.Random, pack: Path) -> str:
    path = rng.choice(_files(pack))
    path.rename(path.with_name(rng.choice([path.name.upper() + "x", f"{path.name} ", f"x{path.name}"])))
    return f"{path.name} renamed"


def _swap(rng: random.Random, pack: Path) -> str:
    while True:
        one, other = rng.sample(_files(pack), 2)
        if one.read_bytes() != other.read_bytes():
            break
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    return f"{one.name} and {other.name} swapped"


def _remove(rng: random.Random, pack: Path) -> str:
    path = rng.choice(_files(pack))
    path.unlink()
    return f"{path.name} removed"


def _add(rng: random.Random, pack: Path) -> str:
    folder = rng.choice(sorted({path.parent for path in _files(pack)}))
    (folder / f"{rng.randrange(10**6)}{rng.choice(['', '.json', '.flac'])}").write_bytes(
        rng.randbytes(rng.randrange(9))
    )
    return "a file added"


def _edit_manifest(rng: random.Random, pack: Path) -> str:
    """Edit what the manifest says of a file, and the manifest's hash with it."""
    manifest = json.loads((pack / MANIFEST).read_text())
    file = rng.choice(manifest["files"])
    key = rng.choice(["path", "bytes", "sha256"])
    file[key] = {"path": f"{file['path']}x", "bytes": file["bytes"] + 1, "sha256": rng.randbytes(32).hex()}[key]
    _write_manifest(pack, manifest)
    return f"{key} in the manifest, and its hash"


def _edit_manifest_alone(rng: random.Random, pack: Path) -> str:
    manifest = json.loads((pack / MANIFEST).read_text())
    key = rng.choice(["made_at", "made_by", "calls", "notes", "files", "settings_sha256"])
    manifest[key] = [] if isinstance(manifest[key], list) and manifest[key] else f"{manifest[key]}x"
    (pack / MANIFEST).write_text(canonical_json(manifest))
    return f"{key} of the manifest"


def _forged(rng: random.Random, pack: Path) -> str:
    """File, list and hash of the list, all made anew: only the hash that was told shows it."""
    path = rng.choice([path for path in _files(pack) if path.name not in (MANIFEST, MANIFEST_HASH)])
    _forge(pack, path.relative_to(pack).as_posix(), path.read_bytes() + b" ")
    return f"{path.name} forged"


FOLDER_CHANGES: tuple[Change, ...] = (
    *(_flip, _truncate, _lengthen, _rename, _swap, _remove, _add, _edit_manifest, _edit_manifest_alone, _forged),
)


def test_verify_pack_notices_1000_of_1000_random_changes_of_a_folder(
    packs: tuple[Path, Path, str], tmp_path: Path
) -> None:
    rng, missed = random.Random(SEED), []
    for number in range(CHANGES):
        pack = shutil.copytree(packs[0], tmp_path / "pack")
        change = FOLDER_CHANGES[number % len(FOLDER_CHANGES)]
        told = change(rng, pack)
        if not verify_pack(pack, expect=packs[2] if change is _forged else None).problems:
            missed.append(told)
        shutil.rmtree(pack)
    assert missed == []


def _flipped(rng: random.Random, content: bytearray) -> str:
    at = rng.randrange(len(content))
    content[at] ^= 1 << rng.randrange(8)
    return f"a bit at {at}"


def _flipped_in_the_directory(rng: random.Random, content: bytearray) -> str:
    """The list of files at the end: times, attributes, versions, comments, places."""
    at = rng.randrange(content.index(b"PK\x01\x02"), len(content))
    content[at] ^= 1 << rng.randrange(8)
    return f"a bit of the directory, at {at}"


def _flipped_in_a_header(rng: random.Random, content: bytearray) -> str:
    starts = [found.start() for found in re.finditer(b"PK\x03\x04", content)]
    at = rng.choice(starts) + rng.randrange(30)
    content[at] ^= 1 << rng.randrange(8)
    return f"a bit of a header, at {at}"


def _cut(rng: random.Random, content: bytearray) -> str:
    del content[rng.randrange(len(content)) :]
    return f"cut to {len(content)}"


def _grown(rng: random.Random, content: bytearray) -> str:
    at = rng.choice([0, len(content), rng.randrange(len(content))])
    content[at:at] = rng.randbytes(rng.randrange(1, 99))
    return f"more at {at}"


def _hollowed(rng: random.Random, content: bytearray) -> str:
    at = rng.randrange(len(content))
    del content[at : at + rng.randrange(1, 99)]
    return f"less at {at}"


ZIP_CHANGES = (_flipped, _flipped_in_the_directory, _flipped_in_a_header, _cut, _grown, _hollowed)


def test_verify_pack_notices_1000_of_1000_random_changes_of_a_zip(
    packs: tuple[Path, Path, str], tmp_path: Path
) -> None:
    rng, missed, whole = random.Random(SEED), [], packs[1].read_bytes()
    file = tmp_path / "pack.zip"
    for number in range(CHANGES):
        content = bytearray(whole)
        told = ZIP_CHANGES[number % len(ZIP_CHANGES)](rng, content)
        file.write_bytes(content)
        if content != whole and not verify_pack(file).problems:
            missed.append(told)
    assert missed == []
