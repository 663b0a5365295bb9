from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ReportError
from pipeline.scorecards.render.files import is_file, safe_name, write_files


@pytest.mark.parametrize("identifier", ["maria.lopez", "agent-7", "0042", "a_b"])
def test_safe_name_leaves_plain_identifiers_alone(identifier: str) -> None:
    assert safe_name(identifier) == identifier


@pytest.mark.parametrize(
    "identifier",
    [
        "../../etc/passwd",
        "a/b",
        "a\\b",
        "..",
        ".",
        ".hidden",
        "",
        "CON",
        "nul.txt",
        "a:b",
        "x" * 300,
        "é",
        "a\x00b",
        "a.",
    ],
)
def test_safe_name_stays_inside_its_folder(identifier: str) -> None:
    name = safe_name(identifier)

    assert name != identifier
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(name) < 80


@pytest.mark.parametrize(
    ("one", "other"), [("a/b", "a-b"), ("Maria", "maria"), ("a b", "a  b"), ("ä", "a"), ("李", "王")]
)
def test_safe_name_keeps_identifiers_apart_that_look_alike(one: str, other: str) -> None:
    assert safe_name(one) != safe_name(other)


def test_safe_name_of_an_identifier_that_imitates_another_is_another() -> None:
    assert safe_name(safe_name("a/b")) != safe_name("a/b")


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), unique=True, max_size=20))
def test_safe_name_is_unique_where_case_is_ignored(identifiers: list[str]) -> None:
    assert len({safe_name(identifier).casefold() for identifier in identifiers}) == len(identifiers)


@pytest.mark.parametrize(("out", "single"), [("a/r.html", True), ("a/R.HTML", True), ("a/html", False), ("a", False)])
def test_suffix_tells_a_file_from_a_folder(out: str, single: bool) -> None:
    assert is_file(Path(out), ".html") is single


def test_write_files_makes_folders_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.txt"

    assert write_files({path: "one"}) == [path]
    write_files({path: "two\n"})

    assert path.read_bytes() == b"two\n"
    assert list(path.parent.iterdir()) == [path]


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """Let no file grow over 64 KiB, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files_only")
def test_write_files_leaves_the_old_file_whole_where_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    with pytest.raises(ReportError, match=r"report\.html: cannot write the report"):
        write_files({path: "x" * 1_000_000})

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_files_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder")

    with pytest.raises(ReportError, match="taken"):
        write_files({tmp_path / "taken" / "report.html": "text"})
