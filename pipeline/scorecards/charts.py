"""Charts as SVG, drawn by Altair: in a page whose CSS colours them, or as pictures that bring their colours."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import altair
import vl_convert

from pipeline.records import CriterionSummary, TrendPoint
from pipeline.scorecards import words

WIDTH = 400  # of a whole chart: narrow enough that its text stays readable on a telephone
_PADDING = {
    "trend": {"left": 48, "right": 12, "top": 10, "bottom": 66},
    "criteria": {"left": 14, "right": 20, "top": 4, "bottom": 26},
}
_TREND_WIDTH, _CRITERIA_WIDTH = (WIDTH - padding["left"] - padding["right"] for padding in _PADDING.values())
_CRITERION_HEIGHT = 42
_TEXT_SIZE = 13
_CHARACTER = 0.56 * _TEXT_SIZE  # wide, on average, in the fonts below
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_INK, _MUTED, _GRID, _PAPER = "var(--ink)", "var(--muted)", "var(--line)", "var(--card)"
_MARK, _BAND, _FEW, _FEW_BAND = "var(--accent)", "var(--accent-soft)", "var(--few)", "var(--few-soft)"
_VARIABLE = re.compile(r"var\((--[a-z-]+)\)")
_FONT_ATTRIBUTE = re.compile(r"font-family=\"[^\"]*\"")

COLOURS: Mapping[str, Mapping[str, str]] = {
    "light": {
        **{"--ink": "#1b2730", "--muted": "#55656f", "--line": "#d9e0e4", "--card": "#ffffff"},
        **{"--accent": "#1a5f75", "--accent-soft": "#c3dfe7", "--few": "#8a99a3", "--few-soft": "#e3e8eb"},
    },
    "dark": {
        **{"--ink": "#e4ebee", "--muted": "#a2b1b9", "--line": "#2c383f", "--card": "#182126"},
        **{"--accent": "#74c3da", "--accent-soft": "#2a5564", "--few": "#71828c", "--few-soft": "#2c383f"},
    },
    "print": {
        **{"--ink": "#16202a", "--muted": "#4a565e", "--line": "#d5dbdf", "--card": "#ffffff"},
        **{"--accent": "#1f4e61", "--accent-soft": "#c2ccd1", "--few": "#7d8890", "--few-soft": "#e6e9eb"},
    },
}
"""What a picture's colours are: on light and dark pages, and on paper, where they must tell apart in grey."""
_OPENING_TAG = re.compile(r"<svg [^>]*?viewBox=\"([^\"]+)\"[^>]*>")


def trend_svg(trend: Sequence[TrendPoint], min_calls: int, *, label: str) -> str:
    """Return the weekly mean scores with their intervals; empty where there are fewer than two weeks.

    Weeks with fewer than ``min_calls`` calls are hollow, grey and without interval. Weeks without calls break the line.

    Args:
        trend: Every week in order.
        min_calls: The minimum sample.
        label: Text alternative.
    """
    if len(trend) < 2:
        return ""
    named = [f"{words.week(point.label)}|{words.count(point.calls, 'call')}" for point in trend]
    longest = max(len(line) for name in named for line in name.split("|"))
    every = math.ceil(len(trend) * (longest + 0.5) * _CHARACTER / _TREND_WIDTH)  # week has its name, so that they fit
    weeks = [
        {
            "week": f"{number:04d}|{named[number] if number % every == 0 else ''}",
            "mean": point.mean_share,
            "low": point.interval.low if point.interval else None,
            "high": point.interval.high if point.interval else None,
            "enough": point.calls >= min_calls,
        }
        for number, point in enumerate(trend)
    ]
    told = [f"{words.week(point.label)}: {_told(point)}" for point in trend]
    return _svg(_trend_chart(), weeks, label, told)


def picture(svg: str, scheme: str, *, font: str | None = None) -> str:
    """Return a chart of this module as an SVG file of its own; "" stays so.

    Args:
        svg: From `trend_svg` or `criteria_svg`.
        scheme: Whose colours, a key of `COLOURS`.
        font: Family of its texts; None for that of the reader's system.
    """
    colours = COLOURS[scheme]
    coloured = _VARIABLE.sub(lambda found: colours[found[1]], svg)
    if font is not None:
        coloured = _FONT_ATTRIBUTE.sub(f'font-family="{escape(font)}"', coloured)
    sized = re.sub(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', r'width="\1" height="\2" \g<0>', coloured, count=1)
    return sized.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def criteria_svg(criteria: Sequence[CriterionSummary], min_calls: int, *, label: str) -> str:
    """Return the pass rate of every criterion with its interval; empty where no criterion could be assessed.

    Criteria assessed in fewer than ``min_calls`` calls are hollow and grey.

    Args:
        criteria: In the rubric's order.
        min_calls: The minimum sample.
        label: Text alternative.
    """
    lines = [
        {
            "criterion": f"{number:04d}",
            **_side_by_side(criterion.title, f"{criterion.passed:,} of {criterion.assessed:,}"),
            "rate": criterion.pass_rate.estimate,
            "low": criterion.pass_rate.low,
            "high": criterion.pass_rate.high,
            "enough": criterion.assessed >= min_calls,
        }
        for number, criterion in enumerate(criteria)
        if criterion.pass_rate is not None
    ]
    told = [
        f"{each.title}: {words.percent(each.pass_rate.estimate)} ({words.percent_range(each.pass_rate)})"
        for each in criteria
        if each.pass_rate is not None
    ]
    return _svg(_criteria_chart(), lines, label, told, height=_CRITERION_HEIGHT * len(lines)) if lines else ""


def _told(point: TrendPoint) -> str:
    if point.mean_share is None:
        return "no call"
    return f"{words.percent(point.mean_share)} of {words.count(point.calls, 'call')}"


def _side_by_side(title: str, value: str) -> dict[str, str]:
    """Return a criterion's two texts, which share a line: a title that is too long for it is cut."""
    room = int(_CRITERIA_WIDTH / _CHARACTER) - len(value) - 2
    return {"title": title if len(title) <= room else f"{title[: room - 1].rstrip()}…", "value": value}


# Altair checks every part of a chart against a schema, and compiles it for Vega, which takes longer than drawing it. So
# each kind of chart is made once, and its data are put in afterwards.
#
# Vega measures every text, and reads the fonts of the system anew for each: 97 of 100 parts of the time. It does not
# where texts have no size. So they get theirs afterwards, and everything here stands where it is without knowing how
# wide a text is: on its own baseline, in a frame of given size.


@functools.cache
def _trend_chart() -> dict[str, Any]:
    base = altair.Chart(altair.InlineData(values=[])).encode(
        x=altair.X(
            "week:O",
            title="Week from, and calls scored",
            axis=altair.Axis(
                labelExpr="slice(split(datum.label, '|'), 1)",
                labelAngle=0,
                labelPadding=20,
                ticks=False,
                domain=False,
                titleY=60,
            ),
        )
    )
    mean = altair.Y("mean:Q", **_share_axis([0, 0.25, 0.5, 0.75, 1], grid=True, labelOffset=4, labelPadding=8))
    scored = base.transform_filter("datum.mean !== null")
    layers = altair.layer(
        scored.transform_filter("datum.enough")
        .mark_rule(strokeWidth=8, strokeCap="round", color=_BAND, opacity=1)
        .encode(y=altair.Y("low:Q"), y2="high:Q"),
        base.mark_line(strokeWidth=1.5, color=_MUTED).encode(y=mean),
        _point(scored).encode(y=mean),
    )
    return _made(layers.properties(width=_TREND_WIDTH, height=170, padding=_PADDING["trend"]))


@functools.cache
def _criteria_chart() -> dict[str, Any]:
    base = altair.Chart(altair.InlineData(values=[])).encode(y=altair.Y("criterion:O", axis=None))
    rate = altair.X("rate:Q", **_share_axis([0, 0.5, 1], grid=False, labelPadding=18))
    thick: dict[str, Any] = {"strokeWidth": 8, "strokeCap": "round", "yOffset": 9, "opacity": 1}
    text: dict[str, Any] = {"yOffset": -4, "fontSize": 0, "baseline": "alphabetic"}
    layers = altair.layer(
        base.mark_rule(**thick, color=_GRID).encode(x=altair.datum(0, type="quantitative"), x2=altair.datum(1)),
        base.mark_rule(**thick).encode(
            x=altair.X("low:Q"),
            x2="high:Q",
            color=altair.condition("datum.enough", altair.value(_BAND), altair.value(_FEW_BAND)),
        ),
        _point(base, yOffset=9).encode(x=rate),
        base.mark_text(**text, align="left", color=_INK).encode(x=altair.value(0), text="title:N"),
        base.mark_text(**text, align="right", color=_MUTED).encode(x=altair.value(_CRITERIA_WIDTH), text="value:N"),
    )
    return _made(layers.properties(width=_CRITERIA_WIDTH, height=_CRITERION_HEIGHT, padding=_PADDING["criteria"]))


def _point(chart: altair.Chart, **place: Any) -> altair.Chart:
    """Return the estimates as dots: full where there are enough calls, hollow and grey otherwise."""
    drawn: altair.Chart = chart.mark_point(size=70, strokeWidth=2, opacity=1, **place).encode(
        stroke=altair.condition("datum.enough", altair.value(_MARK), altair.value(_FEW)),
        fill=altair.condition("datum.enough", altair.value(_MARK), altair.value(_PAPER)),
    )
    return drawn


def _share_axis(values: list[float], *, grid: bool, **labels: Any) -> dict[str, Any]:
    axis = altair.Axis(
        format="%", values=values, domain=False, ticks=False, grid=grid, labelFlush=False, labelOverlap=False, **labels
    )
    return {"scale": altair.Scale(domain=[0, 1]), "axis": axis, "title": None}


def _made(chart: altair.LayerChart | altair.FacetChart) -> dict[str, Any]:
    """Return a chart as Vega draws it, without data."""
    text: dict[str, Any] = {"labelColor": _MUTED, "titleColor": _MUTED, "labelFontSize": 0, "titleFontSize": 0}
    lines: dict[str, Any] = {"labelBaseline": "alphabetic", "labelLineHeight": 16, "titleBaseline": "alphabetic"}
    configured = chart.configure(font=_FONT, background="transparent", aria=False, autosize="none")
    configured = configured.configure_axis(**text, **lines, titleFontWeight="normal", gridColor=_GRID)
    made: dict[str, Any] = vl_convert.vegalite_to_vega(configured.configure_view(stroke=None).to_dict())
    return made


def _svg(chart: dict[str, Any], lines: list[dict[str, Any]], label: str, told: Sequence[str], **size: int) -> str:
    """Return a chart as an SVG element that names itself, says its figures, and takes its colours from the page."""
    source, *derived = chart["data"]
    drawing = _drawing(json.dumps({**chart, **size, "data": [{**source, "values": lines}, *derived]}))
    named, figures = escape(label), escape("; ".join(told))
    return _OPENING_TAG.sub(
        lambda found: (
            f'<svg class="chart" role="img" aria-label="{named}" viewBox="{found[1]}"><title>{named}</title>'
            f"<desc>{figures}</desc>"
        ),
        drawing,
        count=1,
    )


@functools.lru_cache(maxsize=128)
def _drawing(chart: str) -> str:
    """Draw a chart; the same is asked for in light and dark, and again on the next visit."""
    drawn: str = vl_convert.vega_to_svg(chart)
    return drawn.replace('font-size="0px"', f'font-size="{_TEXT_SIZE}px"')
