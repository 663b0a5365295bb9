"""What is sealed stays sealed in a back-up, and no key is needed to bring it back: who restores need not read calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from pipeline.at_rest.in_use import use_keys
from pipeline.at_rest.keys import KeyRing, make_key, parse_keys
from pipeline.backup.create import create
from pipeline.backup.media import media_present
from pipeline.backup.restore import restore, verify
from pipeline.config import Settings
from pipeline.errors import SealedError
from pipeline.store.database import open_store
from pipeline.store.tables import criterion_results
from tests.store.builders import NOW, result, score, scored, taken_in


@pytest.fixture
def keys() -> Iterator[KeyRing]:
    ring = parse_keys(make_key())
    yield ring
    use_keys(None)


def test_sealed_rows_are_backed_up_and_restored_as_they_are(
    settings: Settings, empty_settings: Settings, keys: KeyRing, tmp_path: Path
) -> None:
    use_keys(keys)
    store = open_store(settings.store_url)
    with store.begin() as connection:
        taken_in(connection, "c-sealed", media_uri="/calls/sealed.wav")
        answers = score("c-sealed", "s-sealed", result(reason="marker phrase"))
        scored(connection, answers)
    store.close()
    made = create(settings, tmp_path / "back-up", settings_file=None, uploads=True, now=NOW)
    use_keys(None)

    assert verify(tmp_path / "back-up") == made.manifest
    restored = restore(tmp_path / "back-up", empty_settings)

    assert restored.moved == 1
    assert media_present(empty_settings.store_url)[0] == 4
    with pytest.raises(SealedError):
        open_store(empty_settings.store_url)
    again = open_store(empty_settings.store_url, keys=keys)
    with again.read() as connection:
        reasons = select(criterion_results.c.reason).where(criterion_results.c.score_id == "s-sealed")
        assert connection.scalars(reasons).all() == ["marker phrase"]
    again.close()
