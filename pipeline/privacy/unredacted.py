"""Keep transcripts with personal data apart, where settings ask for it: files that only their owner may read.

With a key at rest they are sealed, too. Card data are masked even there: a security code may never be kept (PCI DSS
3.3), a card number only unreadable (3.5).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import BinaryIO, cast

from pydantic import ValidationError

from pipeline.at_rest.files import read_sealed, write_sealed
from pipeline.at_rest.in_use import keys_in_use
from pipeline.canonical import from_json, to_json
from pipeline.config import ALWAYS_MASKED, PrivacySettings, Settings
from pipeline.errors import NotFoundError, SealedError, StoreError
from pipeline.privacy.redact import redact
from pipeline.records import Transcript

_FOLDER_MODE = 0o700


def keep_if_asked(transcript: Transcript, key: str, settings: Settings) -> None:
    """Write a transcript as it was heard, card data masked, where settings ask for it; else do nothing.

    Args:
        transcript: As it was heard.
        key: Key of the transcript that is stored instead.
        settings: Whether, and where.

    Raises:
        StoreError: It cannot be written.
    """
    if settings.privacy.keep_unredacted:
        only_cards = PrivacySettings(kinds=ALWAYS_MASKED)
        _write(settings.unredacted_dir, _name(transcript.call_id, key), redact(transcript, only_cards))


def read_unredacted(folder: Path, call_id: str) -> Transcript:
    """Return the newest transcript of a call that was kept with personal data.

    Args:
        folder: Where they are kept.
        call_id: The whole id of the call.

    Raises:
        NotFoundError: None was kept.
        StoreError: You may not read it, its key is not at hand, or it is no transcript.
    """
    try:
        files = sorted(folder.glob(f"{call_id}.*.json"), key=lambda file: file.stat().st_mtime_ns)
        if not files:
            if folder.is_dir():
                next(folder.iterdir(), None)  # a folder that may not be read looks empty
            raise NotFoundError(
                f"call {call_id}: no transcript with personal data was kept; "
                "with privacy.keep_unredacted, those of calls that are transcribed from then on are"
            )
        return from_json(Transcript, read_sealed(files[-1], keys_in_use()))
    except PermissionError:
        raise StoreError(f"call {call_id}: you may not read the transcripts with personal data in {folder}") from None
    except OSError as error:
        raise StoreError(f"{folder}: cannot be read ({error.strerror})") from None
    except SealedError as error:
        raise SealedError(f"{files[-1]}: {error}") from None
    except ValidationError:
        raise StoreError(f"{files[-1]}: holds no transcript; it was changed by hand") from None


def _name(call_id: str, key: str) -> str:
    return f"{call_id}.{key.rpartition(':')[2][:24]}.json"


def _write(folder: Path, name: str, transcript: Transcript) -> None:
    unfinished = None
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        folder.chmod(_FOLDER_MODE)
        # made with mode 0600, as nobody else may read it even for a moment; what a killed process leaves names its call
        with tempfile.NamedTemporaryFile(dir=folder, delete=False, prefix=f".{name}.") as file:
            unfinished = Path(file.name)
            write_sealed(cast(BinaryIO, file), to_json(transcript).encode("utf-8"), keys_in_use())
        unfinished.replace(folder / name)
    except OSError as error:
        raise StoreError(f"{folder}: a transcript cannot be written ({error.strerror})") from None
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)
