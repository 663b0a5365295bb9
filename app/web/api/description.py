"""The OpenAPI document of the API."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from app.web.api.edge import Problem

ABOUT = """\
What the pages of the console show and do, for programs. Come with a token from the page `/account/tokens`:
`Authorization: Bearer ek_...`. A token has some of its owner's rights, and sees the calls that its owner sees.

Lists come in pages: ask again with `cursor` set to the `next` of the page before, until it is null. A parameter or
field that is not known is refused. Every failure is a problem of RFC 9457. Reading a call is noted in the audit log.
"""


def describe(app: FastAPI) -> None:
    """Let an application's document say what is common to all of the API."""
    plainly = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = plainly()
            made["info"]["description"] = ABOUT
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
