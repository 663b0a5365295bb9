from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.intake.sidecar import read_sidecars


@pytest.mark.parametrize("name", ["a.json", "a.wav.json"])
def test_read_sidecars_finds_both_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('\ufeff{"agent_id": "maria", "Queue": " bank\\nnorth "}')

    assert read_sidecars(tmp_path / "a.wav") == ({"agent_id": "maria", "queue": "bank north"}, ())


def test_read_sidecars_prefers_the_one_with_the_whole_name(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"agent_id": "maria", "team": "north"}')
    (tmp_path / "a.wav.json").write_text('{"agent_id": "tom", "team": ""}')

    assert read_sidecars(tmp_path / "a.wav") == ({"agent_id": "tom", "team": "north"}, ())


def test_read_sidecars_returns_none_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("{}")
    (tmp_path / "a.json").mkdir()

    assert read_sidecars(tmp_path / "a.wav") == (None, ())


def test_read_sidecars_keeps_values_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"agent_id": 1042, "external_id": 1e3, "vip": true, "score": NaN, "team": null}')

    values, _ = read_sidecars(tmp_path / "a.wav")

    assert values == {"agent_id": "1042", "external_id": "1e3", "vip": "true", "score": "NaN"}


def test_read_sidecars_leaves_out_lists_and_objects(tmp_path: Path) -> None:
    """They may hold a transcript with a customer's words."""
    (tmp_path / "a.json").write_text('{"turns": [{"text": "my card is"}], "call": {"id": 7}, "agent_id": "maria"}')

    assert read_sidecars(tmp_path / "a.wav")[0] == {"agent_id": "maria"}


def test_read_sidecars_removes_what_no_database_takes(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"agent_id": "ma\\u0000ria", "team": "\\ud800"}')

    values, _ = read_sidecars(tmp_path / "a.wav")

    assert values == {"agent_id": "ma ria"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JSON from line 1"),
        (b"{'agent_id': 'maria'}", "no JSON from line 1"),
        (b'{"agent_id": "maria"', "no JSON"),
        (b'["maria"]', "is no JSON object"),
        (b'"maria"', "is no JSON object"),
        (b'{"agent_id": "jos\xe9"}', "is not UTF-8"),
        (b'{"agent_id": "maria", "agent_id": "tom"}', "has a key twice"),
        (b'{"agent_id": "maria", "Agent ID": "tom"}', "two keys that mean the same field"),
        (b'{"agent_id": ["maria", "tom"]}', "a list or an object as agent_id"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_read_sidecars_never_guesses(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.json").write_bytes(data)

    values, [defect] = read_sidecars(tmp_path / "a.wav")

    assert values == {}
    assert (defect.code, defect.fatal) == ("sidecar_invalid", True)
    assert reason in defect.reason
    assert "maria" not in defect.reason
