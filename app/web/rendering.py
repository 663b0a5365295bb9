"""How templates write figures, times and words, and where they find styles and scripts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.web.access.first_page import menu_of
from pipeline.config import Settings
from pipeline.score.wording import signed

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
NOTHING = "–"


def make_templates(settings: Settings) -> Environment:
    """Return the templates with everything that they may call."""
    zone = ZoneInfo(settings.scorecards.timezone)
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["percent"] = percent
    made.filters["minutes"] = minutes
    made.filters["sentiment"] = lambda value: NOTHING if value is None else signed(value)
    made.filters["when"] = lambda value: NOTHING if value is None else f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    made.filters["day"] = lambda value: NOTHING if value is None else f"{value.astimezone(zone):%Y-%m-%d}"
    made.filters["known"] = lambda value: NOTHING if value is None or value == "" else value
    made.filters["words"] = lambda value: str(value).replace("_", " ").replace("-", " ")
    made.filters["grouped"] = lambda value: NOTHING if value is None else f"{value:,}"
    made.filters["ago"] = ago
    made.globals.update(
        menu_of=menu_of, static=static_url, has_scripts=has_scripts, with_query=with_query, zone=zone.key
    )
    return made


def percent(value: float | None) -> str:
    """Return a share 0..1 as people read it."""
    return NOTHING if value is None else f"{100 * value:.0f} %"


def minutes(value: int | None) -> str:
    """Return milliseconds as ``m:ss``."""
    return NOTHING if value is None else f"{value // 60_000}:{value // 1000 % 60:02}"


def ago(value: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in its largest unit."""
    if value is None:
        return NOTHING
    seconds = max(0, int((now - value).total_seconds()))
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def with_query(query: Mapping[str, str], **changes: object) -> str:
    """Return an address' query with some of its fields changed; None takes one out."""
    fields = {name: value for name, value in query.items() if name not in changes}
    fields.update({name: str(value) for name, value in changes.items() if value is not None})
    return "?" + urlencode(fields)


def static_url(name: str) -> str:
    """Return the address of a style or script, which changes with what is in it."""
    return f"/static/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    file = STATIC / name
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "none"


def has_scripts() -> bool:
    """Tell whether the scripts of others were built (`make web`)."""
    return (STATIC / "vendor" / "htmx.min.js").is_file()
