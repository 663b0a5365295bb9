"""The trend of adherence as an SVG of its own, in light or dark: a picture on a page takes no colours from it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pipeline.audit.adherence import StepKept

Scheme = Literal["light", "dark"]
_WIDTH, _HEIGHT = 760, 190
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_COLOURS: Mapping[Scheme, Mapping[str, str]] = {
    "light": {"ink": "#55656f", "line": "#d9e0e4", "mark": "#1a5f75", "band": "#c3dfe7", "paper": "#ffffff"},
    "dark": {"ink": "#a2b1b9", "line": "#2c383f", "mark": "#74c3da", "band": "#2a5564", "paper": "#182126"},
}


def trend_svg(steps: Sequence[StepKept], scheme: Scheme, *, intervals: bool) -> str:
    """Return adherence step by step; steps with too few outcomes are left out, and break the line.

    Args:
        steps: In order.
        scheme: In which colours.
        intervals: Whether to draw them.
    """
    import vl_convert  # noqa: PLC0415 - a second of imports

    rows = tuple(
        (
            each.first_day.isoformat(),
            each.kept.share.estimate if each.kept.share else None,
            each.kept.share.low if each.kept.share and intervals else None,
            each.kept.share.high if each.kept.share and intervals else None,
        )
        for each in steps
    )
    values = [dict(zip(("day", "share", "low", "high"), row, strict=True)) for row in rows]
    drawn: str = vl_convert.vegalite_to_svg(json.dumps({**_chart(scheme), "data": {"values": values}}))
    return drawn


@functools.cache
def _chart(scheme: Scheme) -> dict[str, Any]:
    import altair  # noqa: PLC0415 - a second of imports

    colours = _COLOURS[scheme]
    base = altair.Chart(altair.InlineData(values=[])).encode(
        x=altair.X("day:O", title=None, axis=altair.Axis(labelAngle=0, labelOverlap="greedy", ticks=False))
    )
    share = altair.Y(
        "share:Q",
        title=None,
        scale=altair.Scale(domain=[0, 1]),
        axis=altair.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1], domain=False, ticks=False),
    )
    known = base.transform_filter("datum.share !== null")
    drawn = altair.layer(
        known.transform_filter("datum.low !== null")
        .mark_rule(strokeWidth=8, strokeCap="round", color=colours["band"], opacity=1)
        .encode(y=altair.Y("low:Q"), y2="high:Q"),
        base.mark_line(strokeWidth=2, color=colours["mark"]).encode(y=share),
        known.mark_point(size=55, strokeWidth=2, opacity=1, stroke=colours["mark"], fill=colours["paper"]).encode(
            y=share
        ),
    ).properties(width=_WIDTH, height=_HEIGHT)
    text = {"labelColor": colours["ink"], "labelFontSize": 13, "labelPadding": 8}
    configured = drawn.configure(font=_FONT, background="transparent", aria=False, padding=4)
    configured = configured.configure_axis(**text, gridColor=colours["line"], domainColor=colours["line"])
    made: dict[str, Any] = configured.configure_view(stroke=None).to_dict()
    made.pop("datasets", None)
    return made
