from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import PrivacySettings, Settings
from pipeline.errors import ConfigError, NotFoundError, StoreError
from pipeline.privacy.unredacted import keep_if_asked, read_unredacted
from tests.factories import transcript

CALL = transcript(
    ("agent", "Can I have your name and the security code?"),
    ("customer", "Walter Reed, seven three nine, and the card is 4111 1111 1111 1111"),
    redacted=False,
)


def settings(folder: Path, **changes: Any) -> Settings:
    return Settings(workspace=folder, privacy=PrivacySettings(**{"keep_unredacted": True, **changes}))


def test_nothing_is_kept_by_default(tmp_path: Path) -> None:
    keep_if_asked(CALL, "transcript-3:a", Settings(workspace=tmp_path))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFoundError, match="keep_unredacted"):
        read_unredacted(tmp_path / "unredacted", CALL.call_id)


def test_kept_with_names_and_without_card_data_for_the_owner_only(tmp_path: Path) -> None:
    keep_if_asked(CALL, "transcript-3:a", settings(tmp_path))
    folder = tmp_path / "unredacted"
    kept = read_unredacted(folder, CALL.call_id)
    assert kept.turns[1].text == "Walter Reed, [security_code], and the card is [card_number]"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "739" not in file.read_text() and "seven" not in file.read_text()  # noqa: PT018 - one claim


def test_the_newest_is_read_and_each_transcript_has_its_own_file(tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, unredacted_dir=tmp_path / "apart")
    for key, name in (("transcript-3:a", "Walter"), ("transcript-3:b", "Frank")):
        keep_if_asked(transcript(("customer", f"I'm {name}"), redacted=False), key, elsewhere)
    first, second = sorted((tmp_path / "apart").iterdir())
    os.utime(first, ns=(1, 1))
    assert read_unredacted(tmp_path / "apart", "c-0001").turns[0].text == "I'm Frank"
    os.utime(second, ns=(0, 0))
    assert read_unredacted(tmp_path / "apart", "c-0001").turns[0].text == "I'm Walter"


def test_what_may_not_be_read_or_is_no_transcript_is_told_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_if_asked(CALL, "transcript-3:a", settings(tmp_path))
    (file,) = (tmp_path / "unredacted").iterdir()
    file.write_text('{"turns": ["Walter Reed"]}')
    with pytest.raises(StoreError, match="changed by hand") as wrong:
        read_unredacted(tmp_path / "unredacted", CALL.call_id)
    assert "Walter" not in str(wrong.value)

    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the superuser may read all
    with pytest.raises(StoreError, match="may not read"):
        read_unredacted(tmp_path / "unredacted", CALL.call_id)


@pytest.mark.parametrize(
    ("kinds", "message"),
    [(["card_number"], "security_code cannot be left out"), (["card_number", "security_code", "adress"], "'address'")],
)
def test_kinds_are_checked(kinds: list[str], message: str) -> None:
    from pipeline.load_settings import load_settings

    with pytest.raises(ConfigError, match=message):
        load_settings(environment={}, flags={"privacy.kinds": kinds})
