"""Days and moments at the ends of the calendar: told to be none of any call, and never the server's fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.web.api.paging import read_cursor, write_cursor
from app.web.days import read_day
from app.web.errors import BadRequestError
from pipeline.config import ConsoleSettings
from tests.web.conftest import Console
from tests.web.routes import routes_of

NAMES = ("from", "to", "since", "until", "day")
DATED = ("/audit", "/compliance", "/scorecards", "/search")
DAYS = ("0001-01-01", "1971-01-01", "8999-12-31", "9999-12-31")
# these do not use `read_day` and `Instant` yet, and fail at year 1
MOMENTS = (
    "0001-01-01T00:00:00+14:00",
    "1971-01-01T00:00:00Z",
    "8999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59-12:00",
)


@pytest.fixture
def console(open_bare_console: Callable[..., Console]) -> Console:
    """A console without calls, in a zone whose days begin before those of UTC."""
    return open_bare_console(scorecards__timezone="Pacific/Auckland")


def test_days_are_read_or_refused_by_name() -> None:
    assert read_day(" 2026-11-22 ") == date(2026, 11, 22)
    assert read_day("") is None
    assert read_day(None) is None
    for text in ("22.11.2026", "2026-02-30", "0001-01-01", "1970-12-31", "9000-01-01", "9999-12-31"):
        with pytest.raises(BadRequestError, match=r"^to: a day"):
            read_day(text, "to")


def test_pages_take_days_at_both_ends_of_the_calendar(console: Console) -> None:
    admin = console.sign_in("admin")
    paths = [r.path for r in routes_of(console.app) if r.method == "GET" and not r.fields and r.signed_in]
    pages = [path for path in paths if not path.startswith("/api/")]
    assert set(DATED) <= set(pages)
    for path in (*pages, "/compliance/rules/recap"):
        dated = [{name: day} for name in NAMES for day in DAYS]
        if path not in DATED:
            dated = [dict.fromkeys(NAMES, day) for day in DAYS]
        for fields in dated:
            query = {"q": "refund", **fields, **({"period": "week"} if "day" in fields else {})}
            assert admin.get(path, params=query).status_code < 500, (path, query)


def test_api_takes_moments_at_both_ends_of_the_calendar(console: Console) -> None:
    admin = console.sign_in("admin")
    document: dict[str, Any] = admin.get("/api/v1/openapi.json").json()
    asked = [
        (path, each["name"])
        for path, operations in document["paths"].items()
        for each in operations.get("get", {}).get("parameters", ())
        if "{" not in path and each["name"] in ("since", "before", "first", "last", "day")
    ]
    assert len(asked) > 8
    for path, name in asked:
        for text in DAYS if name in ("first", "last", "day") else MOMENTS:
            answer = admin.get(path, params={"q": "refund", name: text} if path.endswith("/search") else {name: text})
            assert answer.status_code < 500, (path, name, text)
            if text.startswith(("0001", "9999")):
                assert answer.status_code == 422, (path, name, text)


@pytest.mark.parametrize("moment", MOMENTS)
def test_cursors_of_impossible_moments_are_refused(moment: str) -> None:
    made = write_cursor(([moment], "c-1"))
    if moment.startswith(("0001", "9999")):
        with pytest.raises(BadRequestError, match="cursor"):
            read_cursor(made)
    else:
        assert read_cursor(made)[1] == "c-1"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8765"),
        ({"host": "::1", "port": 9000}, "http://[::1]:9000"),
        ({"public_url": "https://earmark.example.org/"}, "https://earmark.example.org"),
    ],
)
def test_console_has_one_address(settings: dict[str, Any], address: str) -> None:
    assert ConsoleSettings(**settings).address == address
