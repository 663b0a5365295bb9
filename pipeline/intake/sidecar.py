"""Metadata in a JSON file beside the recording."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.intake.defects import defect
from pipeline.intake.fields import FIELDS, clean, field_name
from pipeline.intake.genesys import SUFFIX, genesys_fields
from pipeline.media.facts import is_file
from pipeline.media.inside import OutsideError
from pipeline.media.opened import read_small
from pipeline.media.place import Place
from pipeline.records import Defect

Values = Mapping[str, str]

MOST_BYTES = 4 << 20
"""A phone system's own export, transcript and all, has some hundred kilobytes."""


def read_sidecars(path: Place, within: Place | None = None) -> tuple[Values | None, tuple[Defect, ...]]:
    """Return the values of ``<stem>.json`` and ``<name>.json`` beside a recording, the latter preferred.

    What Genesys Cloud exports as ``<stem>_metadata.json`` or ``<name>_metadata.json`` counts less than either.

    None means that there is neither. Lists and objects under other keys than Earmark's are left out: a phone system's
    own export may hold a whole transcript.

    Args:
        path: The recording.
        within: The folder in which it was found, which no link may leave; None: the recording's own.
    """
    values: dict[str, str] = {}
    defects: list[Defect] = []
    names = (f"{path.stem}{SUFFIX}", f"{path.name}{SUFFIX}", f"{path.stem}.json", f"{path.name}.json")
    candidates = dict.fromkeys(path.with_name(name) for name in names)
    present = [sidecar for sidecar in candidates if sidecar != path and is_file(sidecar)]
    for sidecar in present:
        try:
            values.update({field: value for field, value in _read(sidecar, within).items() if value})
        except ValueError as error:
            defects.append(defect("sidecar_invalid", f"the sidecar JSON beside the recording {error}"))
    return (values if present else None), tuple(defects)


def _read(sidecar: Place, within: Place | None) -> dict[str, str]:
    """Raise ValueError with the rest of a sentence about the file, never with its content."""
    try:
        # numbers stay as they are written: an agent 0042 or 1e3 is a name
        data = json.loads(
            read_small(sidecar, MOST_BYTES, within=within).decode("utf-8-sig"),
            object_pairs_hook=_each_key_once,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
        )
    except OutsideError as error:
        raise ValueError(str(error)) from None
    except OSError:
        raise ValueError("cannot be opened") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON from line {error.lineno} on") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("is no JSON object")
    if sidecar.name.endswith(SUFFIX):
        data = genesys_fields(data)
    values: dict[str, str] = {}
    for key, value in data.items():
        field = field_name(key)
        if field in values:
            raise ValueError("has two keys that mean the same field")
        if isinstance(value, bool):
            values[field] = str(value).lower()
        elif isinstance(value, str):
            values[field] = clean(value)
        elif field in FIELDS and value is not None:
            raise ValueError(f"has a list or an object as {field}")
    return values


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("has a key twice")
    return data
