"""The JSON Schema of rubrics, so that an editor completes keys and marks mistakes while they are written."""

from __future__ import annotations

from typing import Any

from pipeline.score.authored.form import RubricForm

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def rubric_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a rubric file. What hangs together between its parts only the check sees."""
    schema = RubricForm.model_json_schema(by_alias=True)
    auto_fail = schema["$defs"]["CriterionForm"]["properties"]["auto_fail"]
    auto_fail["anyOf"] = [{"type": "boolean"}, *(each for each in auto_fail["anyOf"] if "$ref" in each)]
    auto_fail["default"] = False
    return {"$schema": DIALECT, **schema, "title": "Earmark rubric"}
