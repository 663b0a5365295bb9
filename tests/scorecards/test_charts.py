from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from pipeline.records import CriterionSummary, TrendPoint
from pipeline.scorecards.charts import criteria_svg, trend_svg
from pipeline.scorecards.statistics import bootstrap_mean, wilson


def _point(label: str, *shares: float) -> TrendPoint:
    interval = bootstrap_mean(shares)
    mean = interval.estimate if interval else None
    return TrendPoint(label=label, calls=len(shares), mean_share=mean, interval=interval)


def _criterion(title: str, passed: int, failed: int) -> CriterionSummary:
    return CriterionSummary(
        criterion_id=title,
        title=title,
        section_id="s",
        passed=passed,
        partial=0,
        failed=failed,
        not_applicable=0,
        cannot_assess=0,
        pass_rate=wilson(passed, passed + failed),
        points_share=None,
    )


TREND = (_point("2026-W41", *[0.9] * 6), _point("2026-W42"), _point("2026-W43", 0.4), _point("2026-W44", *[0.6] * 5))


def test_trend_chart_is_drawn_from_the_weeks() -> None:
    drawing = trend_svg(TREND, 5, label="Mean score by week")

    words = [element.text for element in ElementTree.fromstring(drawing).iter() if element.tag.endswith("tspan")]
    assert [word for word in words if word and "call" in word] == ["6 calls", "0 calls", "1 call", "5 calls"]
    assert words.index("5 Oct") < words.index("12 Oct") < words.index("19 Oct") < words.index("26 Oct")
    # three scored weeks, of which one has too few calls: hollow and without an interval
    assert drawing.count('fill="var(--accent)"') == 2
    assert drawing.count('stroke="var(--few)"') == 1
    assert drawing.count('stroke="var(--accent-soft)"') == 2


@pytest.mark.parametrize("weeks", [0, 1])
def test_trend_chart_needs_two_weeks(weeks: int) -> None:
    assert trend_svg(TREND[:weeks], 5, label="Mean score") == ""


def test_criteria_chart_has_a_line_for_each_assessed_criterion() -> None:
    drawing = criteria_svg(
        [_criterion("Greets", 6, 2), _criterion("Wraps up", 1, 1), _criterion("Never", 0, 0)], 5, label="x"
    )

    assert ">Greets<" in drawing
    assert ">6 of 8<" in drawing
    assert ">1 of 2<" in drawing
    assert "Never" not in drawing
    assert drawing.count('stroke="var(--few)"') == 1


def test_criteria_chart_of_nothing_is_left_out() -> None:
    assert criteria_svg([_criterion("Never", 0, 0)], 5, label="x") == ""


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "a\" onload='b'", "</svg>&amp;"])
def test_charts_escape_what_they_are_given(hostile: str) -> None:
    drawing = criteria_svg([_criterion(hostile, 3, 1)], 5, label=hostile)

    root = ElementTree.fromstring(drawing)
    assert root.get("aria-label") == hostile
    assert root.find("title") is not None
    assert root.findtext("title") == hostile
    drawn = {"g", "path", "line", "text", "tspan", "rect"}
    assert {element.tag for element in root.iter()} <= {"svg", "title", "desc", *drawn}
    assert f"{hostile}: 75% (" in (root.findtext("desc") or "")


def test_charts_take_every_colour_from_the_page() -> None:
    drawing = trend_svg(TREND, 5, label="x") + criteria_svg([_criterion("Greets", 6, 2)], 5, label="x")

    colours = set(re.findall(r'(?:fill|stroke)="([^"]*)"', drawing))
    assert colours <= {"none", "transparent"} | {colour for colour in colours if colour.startswith("var(--")}
    assert "http" not in drawing


def test_charts_are_the_same_each_time() -> None:
    assert trend_svg(TREND, 5, label="x") == trend_svg(TREND, 5, label="x")
