"""Charts as pictures of a page, in light and dark. Drawing takes longer than a page may: it waits until a browser asks.

What is to be drawn is kept under its digest, which only a page with the same figures tells: so a picture shows nobody
what they could not see.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.web.site import Site
from pipeline.canonical import to_json
from pipeline.errors import NotFoundError
from pipeline.records import CriterionSummary, TrendPoint

SCHEMES = ("light", "dark")
MOST_KEPT = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A chart of a page: where it is, and what it says in words."""

    light: str
    dark: str
    told: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sketch:
    """What is to be drawn; one of the two is empty."""

    trend: tuple[TrendPoint, ...] = ()
    criteria: tuple[CriterionSummary, ...] = ()
    min_calls: int
    told: str


@dataclass
class _Shelf:
    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: OrderedDict[str, _Sketch] = field(default_factory=OrderedDict)


def trend_picture(site: Site, trend: Sequence[TrendPoint], min_calls: int, *, about: str) -> Picture | None:
    """Return the picture of weekly mean scores, or None where there are fewer than two weeks."""
    if len(trend) < 2:
        return None
    told = f"Mean score by week, {about}; the figures are in the table below it"
    return _keep(site, _Sketch(trend=tuple(trend), min_calls=min_calls, told=told))


def criteria_picture(site: Site, criteria: Sequence[CriterionSummary], min_calls: int, *, about: str) -> Picture | None:
    """Return the picture of every criterion's pass rate, or None where none could be assessed."""
    if all(criterion.pass_rate is None for criterion in criteria):
        return None
    told = f"Pass rate of each criterion, {about}; the figures are in the table above it"
    return _keep(site, _Sketch(criteria=tuple(criteria), min_calls=min_calls, told=told))


def drawn(site: Site, digest: str, scheme: str) -> str:
    """Return a picture as SVG.

    Raises:
        NotFoundError: There is none of that digest any more, or no such scheme.
    """
    from pipeline.scorecards.charts import criteria_svg, picture, trend_svg  # noqa: PLC0415 - seconds of imports

    shelf = _shelf(site)
    with shelf.lock:
        sketch = shelf.kept.get(digest)
    if sketch is None or scheme not in SCHEMES:
        raise NotFoundError("there is no such picture any more; load its page again")
    if sketch.trend:
        return picture(trend_svg(sketch.trend, sketch.min_calls, label=sketch.told), scheme)
    return picture(criteria_svg(sketch.criteria, sketch.min_calls, label=sketch.told), scheme)


def _keep(site: Site, sketch: _Sketch) -> Picture:
    digest = hashlib.sha256(to_json(sketch).encode()).hexdigest()[:32]
    shelf = _shelf(site)
    with shelf.lock:
        shelf.kept[digest] = sketch
        shelf.kept.move_to_end(digest)
        while len(shelf.kept) > MOST_KEPT:
            shelf.kept.popitem(last=False)
    light, dark = (f"/scorecards/pictures/{digest}/{scheme}" for scheme in SCHEMES)
    return Picture(light=light, dark=dark, told=sketch.told)


def _shelf(site: Site) -> _Shelf:
    shelf: _Shelf = site.kept.setdefault("scorecard pictures", _Shelf())
    return shelf
