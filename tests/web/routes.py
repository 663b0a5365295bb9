"""Every route of the console, and how to ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, SignedIn
from pipeline.store.tables import flags, recordings, scores
from tests.web.conftest import Console, Stay

OPEN = frozenset({
    ("GET", "/api/v1/openapi.json"), ("HEAD", "/api/v1/openapi.json"),
    ("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/sign-in/elsewhere"), ("GET", "/sign-in/elsewhere/back"),
    ("GET", "/health"), ("HEAD", "/health"), ("GET", "/health/ready"), ("HEAD", "/health/ready"), ("GET", "/metrics"),
})  # fmt: skip
_FIELD = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A method and path, and whom it lets in.

    Attributes:
        needs: The permissions that it asks for.
        signed_in: Whether it asks who is there at all.
        query: What has to stand in its query.
    """

    method: str
    path: str
    needs: tuple[Permission, ...]
    signed_in: bool
    query: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """What its path is to be filled with."""
        return tuple(_FIELD.findall(self.path))

    def filled(self, values: dict[str, str]) -> str:
        """Its path with ids in it; what is not known by name becomes something that is not there."""
        return _FIELD.sub(lambda found: values.get(found[1], "not-there-1"), self.path)

    def ask(self, stay: Stay, values: dict[str, str], form_token: str) -> Any:
        """Send what its page would send, without its fields."""
        headers = {"x-form-token": form_token}
        query = {name: str(1 + place) for place, name in enumerate(self.query)}
        if self.method in ("POST", "PUT", "PATCH", "DELETE") and self.path.startswith("/api/"):
            headers["content-type"] = "application/json"
            return stay.client.request(self.method, self.filled(values), content=b"{}", headers=headers, params=query)
        return stay.client.request(self.method, self.filled(values), headers=headers, params=query)


def routes_of(app: Any) -> list[Route]:
    """Return every route of an application."""
    found = []
    for each in iter_route_contexts(app.routes):
        dependant: Dependant | None = getattr(each, "dependant", None)
        calls = list(_calls(dependant)) if dependant else []
        for method in sorted(getattr(each, "methods", None) or ()):
            assert each.path is not None
            needs = tuple(call.permission for call in calls if isinstance(call, Needs))
            signed_in = any(isinstance(call, Needs | SignedIn) for call in calls)
            asked = [field for field in dependant.query_params if field.field_info.is_required()] if dependant else []
            query = tuple(field.alias for field in asked)
            found.append(Route(method=method, path=each.path, needs=needs, signed_in=signed_in, query=query))
    return found


def ids_of(console: Console) -> dict[str, str]:
    """Return ids that are there, by the names that paths give them."""
    with console.store.read() as connection:
        call_id, agent, team = connection.execute(
            select(recordings.c.call_id, recordings.c.agent_id, recordings.c.team)
            .join(scores, scores.c.call_id == recordings.c.call_id)
            .where(recordings.c.agent_id.is_not(None), recordings.c.team.is_not(None))
            .order_by(recordings.c.call_id)
        ).first() or ("", "", "")
        rule_id = connection.scalar(select(flags.c.rule_id).where(flags.c.rule_id.is_not(None))) or "x"
        flag_id = connection.scalar(select(flags.c.flag_id)) or "x"
        rubric_id = connection.scalar(select(scores.c.rubric_id)) or "x"
    assert call_id
    return {
        "call_id": call_id, "agent": agent, "team": team, "subject": agent, "rule_id": rule_id, "flag_id": flag_id,
        "rubric_id": rubric_id, "version": "1", "name": rubric_id, "user_id": "u-spare", "kind": "agents",
        "form": "pdf", "scheme": "light",
    }  # fmt: skip


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)
