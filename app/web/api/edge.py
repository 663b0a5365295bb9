"""What all of the API has in common: strict requests, problems as RFC 9457 has them, rights told in the document."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPBearer
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from starlette.responses import Response

from app.web.access.sessions import COOKIE
from app.web.access.visitor import Needs, SignedIn
from app.web.days import FIRST_YEAR, LAST_YEAR
from app.web.errors import RequestError

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name or an id: one line."""

Prose = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00]+$")]
"""What a person writes."""

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9._@:-]{1,120}$", description="Whole id.")]


def _with_zone(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        if any(each["type"].startswith(("datetime", "timezone")) for each in error.errors()):
            raise ValueError("a moment is written with its zone, like 2026-11-01T00:00:00Z") from None
        raise


Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), lt=datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)),
    WrapValidator(_with_zone),
]
"""A moment that is one in every zone."""

OfCall = Annotated[Line | None, Query(description="Only of this call, by its whole id.")]
OfAgent = Annotated[Line | None, Query(description="Only calls of this agent, by the id in recordings.")]
OfTeam = Annotated[Line | None, Query(description="Only calls of this team.")]
OfQueue = Annotated[Line | None, Query(description="Only calls of this telephone queue.")]


class Problem(BaseModel):
    """What is wrong with a request (RFC 9457)."""

    type: str = Field(description="Always `about:blank`: the status says what kind of problem it is.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong, what is allowed, what to do next; fit for people.")
    errors: list[str] = Field(default_factory=list, description="Every problem on its own, where there are several.")


class Body(BaseModel):
    """What a request says; a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class UnknownParameterError(RequestError):
    """A query names what this address does not know: to ignore it could answer "all" to a filter spelled wrong."""

    status = 422


class NotJsonError(RequestError):
    """A body is of another kind than JSON."""

    status = 415

    def __init__(self) -> None:
        super().__init__("send JSON, with the header Content-Type: application/json")


PATIENCE_S = 10.0
"""A program waits so long for figures that are being made: unlike a page, it has nothing to show meanwhile."""


class NotReadyError(RequestError):
    """A figure is being made; asked again in a moment, it is there."""

    status = 503

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} are being made: ask again in a moment")


_PROBLEMS = {
    400: "The request cannot be read.",
    401: "Nobody is signed in, or the token is unknown, over or revoked.",
    403: "The token or the role does not have the right that this needs.",
    404: "There is no such thing, or it is none of the visitor's.",
    409: "It cannot be done as things stand; the detail says why.",
    413: "The body is too large.",
    415: "The body is not of the kind that is read here.",
    422: "A parameter or field is unknown, missing or out of range.",
    429: "Too many wrong tokens from this address.",
    503: "The database cannot be reached, or a figure is not made yet.",
}
_ALWAYS = (401, 403, 422, 429, 503)

_token = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    bearerFormat="ek_...",
    description="A token from the page `/account/tokens`: `Authorization: Bearer ek_...`.",
)
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="session",
    description="The cookie of somebody who signed in to the console. What changes something needs the stay's form "
    "token, too, in the header `x-form-token`.",
)


def make_router(noun: str) -> APIRouter:
    """Return a router for one noun; a handler's name is its operation id, such as ``calls_list``."""
    return APIRouter(
        tags=[noun],
        route_class=StrictRoute,
        generate_unique_id_function=lambda route: route.name,
        dependencies=[Security(_token), Security(_cookie)],
        responses=problems(*_ALWAYS),
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how answers of these statuses are described."""
    of_kind = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _PROBLEMS[status], "content": of_kind} for status in statuses}


class StrictRoute(APIRoute):
    """A route that refuses unknown parameters, and other bodies than JSON; `app.web.limits` refuses long ones."""

    takes = "application/json"

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        described = [self.description.strip()] if self.description else []
        right = next(_permissions(self.dependant), None)
        described.append(f"Needs the right `{right}`." if right else "For everybody who is signed in.")
        self.description = "\n\n".join(described)
        told = _statuses(self)
        self.responses = {**problems(*told), **self.responses}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()
        known = _query_names(self.dependant)
        has_body = self.body_field is not None

        async def strictly(request: Request) -> Response:
            unknown = sorted(set(request.query_params) - known)
            if unknown:
                allowed = f"there are: {', '.join(sorted(known))}" if known else "there are none"
                raise UnknownParameterError(f"unknown parameter {_shown(unknown[0])}; {allowed}")
            twice = sorted({name for name, _ in request.query_params.multi_items() if _count(request, name) > 1})
            if twice:
                raise UnknownParameterError(f"parameter {_shown(twice[0])} is given more than once")
            if has_body:
                kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                if kind != self.takes:
                    raise NotJsonError
            made = await answer(request)
            made.headers.setdefault("Cache-Control", "no-store")
            return made

        return strictly


def _count(request: Request, name: str) -> int:
    return len(request.query_params.getlist(name))


def _shown(name: str) -> str:
    return repr(name[:60].encode("utf-8", "replace").decode())


def _statuses(route: APIRoute) -> Sequence[int]:
    """Return which problems a route may answer beside those that every route may."""
    told = [404] if "{" in route.path else []
    if _query_names(route.dependant) >= {"cursor"}:
        told.append(400)
    if route.body_field is not None:
        told += [400, 409, 413, 415]
    return told


def _query_names(dependant: Dependant) -> set[str]:
    names = {field.alias for field in dependant.query_params}
    return names.union(*(_query_names(each) for each in dependant.dependencies)) if dependant.dependencies else names


def _permissions(dependant: Dependant) -> Iterator[str]:
    for each in dependant.dependencies:
        if isinstance(each.call, Needs):
            yield each.call.permission.value
        elif not isinstance(each.call, SignedIn):
            yield from _permissions(each)
