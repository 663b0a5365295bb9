"""The JSON Schema of rule packs, so that an editor completes keys and marks mistakes while they are written."""

from __future__ import annotations

from typing import Any

from pipeline.compliance.authored_rules import Pack

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def pack_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a rule pack. What hangs together between rules only `rules check` sees."""
    return {"$schema": DIALECT, "title": "Earmark rule pack", **Pack.model_json_schema(by_alias=True)}
