from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.intake.manifest import read_manifest
from pipeline.intake.metadata import index_metadata
from pipeline.media.place import path_below

HEADER = "file,agent_id,team\n"


def place(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return [root / name for name in names]


def agent(root: Path, file: Path) -> str | None:
    row, defects = index_metadata([root]).row_for(file)
    assert not defects
    return row.values.get("agent_id") if row else None


def codes(root: Path, file: Path) -> list[str]:
    row, defects = index_metadata([root]).row_for(file)
    assert row is None or not any(defect.code != "manifest_row_invalid" for defect in defects)
    return [defect.code for defect in defects]


@pytest.mark.parametrize(
    "text",
    [
        "file,agent_id\na.wav,maria\n",
        "\ufefffile,agent_id\r\na.wav,maria\r\n",
        "File;Agent ID\na.wav;maria\n",
        "agent-id\tFILE\nmaria\ta.wav\n",
        'queue,agent_id,file\n"bank, north",maria,a.wav\n',
        "file,agent_id\n\n , \n./a.wav,  maria \n",
        "file,agent_id,\na.wav,maria,\n",
        "file,agent_id,team\na.wav,maria\n",
    ],
    ids=["plain", "BOM and CRLF", "semicolons", "tabs", "quotes", "blank lines", "trailing comma", "short row"],
)
def test_index_metadata_reads_what_spreadsheets_write(tmp_path: Path, text: str) -> None:
    [file] = place(tmp_path, "a.wav")
    (tmp_path / "manifest.csv").write_text(text, newline="")

    assert agent(tmp_path, file) == "maria"


def test_index_metadata_reads_utf_16_where_it_is_marked(tmp_path: Path) -> None:
    [file] = place(tmp_path, "a.wav")
    (tmp_path / "manifest.csv").write_text("file,agent_id\na.wav,zoë\n", encoding="utf-16")

    assert agent(tmp_path, file) == "zoë"


def test_a_row_names_a_file_by_path_or_bare_name(tmp_path: Path) -> None:
    top, one, two, bare, windows, elsewhere = place(
        tmp_path, "a.wav", "one/a.wav", "two/a.wav", "two/b.wav", "two/c.wav", "two/d.wav"
    )
    rows = "a.wav,top,\none/a.wav,one,\nb.wav,bare,\ntwo\\c.wav,windows,\n"
    (tmp_path / "manifest.csv").write_text(HEADER + rows)

    found = [agent(tmp_path, file) for file in (top, one, two, bare, windows, elsewhere)]

    assert found == ["top", "one", None, "bare", "windows", None]


def test_a_bare_name_that_fits_two_recordings_is_ambiguous(tmp_path: Path) -> None:
    one, two = place(tmp_path, "one/a.wav", "two/a.wav")
    (tmp_path / "manifest.csv").write_text(HEADER + "a.wav,maria,\n")

    assert [codes(tmp_path, one), codes(tmp_path, two)] == [["manifest_ambiguous"]] * 2


def test_names_are_compared_composed(tmp_path: Path) -> None:
    [file] = place(tmp_path, "zoe\u0308.wav")
    (tmp_path / "manifest.csv").write_text(HEADER + "zoë.wav,zoë,\n")

    assert agent(tmp_path, file) == "zoë"


def test_the_nearest_manifest_is_asked_first(tmp_path: Path) -> None:
    near, far = place(tmp_path, "sub/a.wav", "sub/b.wav")
    (tmp_path / "manifest.csv").write_text(HEADER + "sub/a.wav,far,\nsub/b.wav,far,\n")
    (tmp_path / "sub/manifest.csv").write_text(HEADER + "a.wav,near,\n")

    assert (agent(tmp_path, near), agent(tmp_path, far)) == ("near", "far")


def test_a_given_file_brings_the_manifest_beside_it(tmp_path: Path) -> None:
    [file] = place(tmp_path, "sub/a.wav")
    (tmp_path / "sub/manifest.csv").write_text(HEADER + "a.wav,maria,\n")
    (tmp_path / "manifest.csv").write_text("not,asked\n")

    row, defects = index_metadata([file]).row_for(file)

    assert row
    assert (row.values, row.line, defects) == ({"agent_id": "maria", "team": ""}, 2, ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no column `file`"),
        (b"flie,agent_id\na.wav,maria\n", "no column `file` (did you mean 'flie'?)"),
        (b"file,agent_id\na.wav,jos\xe9\n", "is not UTF-8"),
        (b'file,agent_id\na.wav,maria\nb.wav,"tom\nc.wav,eve\n', "breaks off at line"),
        (b"file,agent_id,Agent ID\na.wav,maria,tom\n", "has a column twice: agent_id"),
        (b"file,agent_id\na.wav," + b"x" * 200_000 + b"\n", "breaks off at line 2"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_a_defect_of_the_recordings_it_is_for(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    inside, outside = place(tmp_path, "sub/a.wav", "b.wav")
    (tmp_path / "sub/manifest.csv").write_bytes(data)

    row, [defect] = index_metadata([tmp_path]).row_for(inside)

    assert row is None
    assert (defect.code, defect.fatal) == ("manifest_invalid", True)
    assert reason in defect.reason
    assert codes(tmp_path, outside) == []


def test_differing_rows_for_a_file_are_a_defect_of_that_file_only(tmp_path: Path) -> None:
    one, other = place(tmp_path, "a.wav", "b.wav")
    (tmp_path / "manifest.csv").write_text(HEADER + "a.wav,maria,\nb.wav,eve,\na.wav,tom,\n")

    _, [defect] = index_metadata([tmp_path]).row_for(one)

    assert (defect.code, "lines 2, 4" in defect.reason) == ("manifest_duplicate_row", True)
    assert agent(tmp_path, other) == "eve"


def test_a_row_repeated_word_for_word_does_no_harm(tmp_path: Path) -> None:
    [file] = place(tmp_path, "a.wav")
    (tmp_path / "manifest.csv").write_text(HEADER + "a.wav,maria,\na.wav,maria,\n")

    assert agent(tmp_path, file) == "maria"


def test_a_row_with_too_many_values_is_a_defect_of_that_file(tmp_path: Path) -> None:
    one, other = place(tmp_path, "a.wav", "b.wav")
    (tmp_path / "manifest.csv").write_text(HEADER + "a.wav,lopez, maria,north\nb.wav,eve,,\n")

    assert codes(tmp_path, one) == ["manifest_row_invalid"]
    assert agent(tmp_path, other) == "eve"


def test_differing_rows_without_number_are_told_by_the_first_ten(tmp_path: Path) -> None:
    [file] = place(tmp_path, "a.wav")
    (tmp_path / "manifest.csv").write_text(HEADER + "".join(f"a.wav,agent {at},\n" for at in range(20_000)))

    _, [defect] = index_metadata([tmp_path]).row_for(file)

    assert "(lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 19,990 more)" in defect.reason


def test_rows_that_name_one_file_are_not_copied_for_each(tmp_path: Path) -> None:
    """With n rows of one file, a list that grows holds n of them; a tuple made anew for each would copy n * n / 2."""
    (tmp_path / "manifest.csv").write_text(HEADER + "a.wav,maria,\n" * 300)

    [rows] = read_manifest(tmp_path / "manifest.csv").rows.values()

    assert isinstance(rows, list)
    assert len(rows) == 300


def test_files_that_share_a_name_are_compared_once_and_not_each_with_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = place(tmp_path, *(f"g{at}/audio.wav" for at in range(60)))
    (tmp_path / "manifest.csv").write_text(HEADER + "audio.wav,maria,\n")
    index = index_metadata([tmp_path])
    asked: list[object] = []

    def counted(file: Path, folder: Path) -> str | None:
        asked.append(file)
        return path_below(file, folder)

    monkeypatch.setattr("pipeline.intake.metadata.path_below", counted)
    assert {index.row_for(file)[1][0].code for file in files} == {"manifest_ambiguous"}
    assert len(asked) < 3 * len(files)
