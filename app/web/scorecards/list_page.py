"""The list of agents, teams and queues with their figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.web.scorecards.asked import SORTS, Order, calls_path, card_path, file_path
from app.web.scorecards.days import PERIODS
from app.web.scorecards.figures import Asked
from app.web.scorecards.sparklines import Sparkline, sparkline
from app.web.snapshots import Snapshot
from pipeline.records import Standing, SubjectSummary
from pipeline.scorecards import words
from pipeline.scorecards.report import ScorecardReport

LINES_A_PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """An agent's, team's or queue's line."""

    summary: SubjectSummary
    path: str
    calls: str
    spark: Sparkline | None
    standing: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ListPage:
    """What the page shows.

    Attributes:
        found: How many agents the search leaves, on all pages.
        left_out: Why calls do not count, with how many.
    """

    asked: Asked
    order: Order
    shot: Snapshot[ScorecardReport]
    teams: Sequence[Line]
    queues: Sequence[Line]
    agents: Sequence[Line]
    found: int
    left_out: str
    team_names: Sequence[str]
    rubrics: Sequence[str]
    downloads: Mapping[str, str]
    min_calls: int
    periods: Mapping[str, str]
    sorts: Mapping[str, str]

    @property
    def more(self) -> bool:
        """Whether there is a page after this one."""
        return self.order.page * LINES_A_PAGE < self.found

    @property
    def compared(self) -> bool:
        """Whether anybody can be told from anybody else."""
        return any(
            line.summary.standing is not None and line.summary.standing.groups > 1
            for line in (*self.agents, *self.teams, *self.queues)
        )


def list_page(
    asked: Asked,
    order: Order,
    shot: Snapshot[ScorecardReport],
    *,
    team_names: Sequence[str],
    rubrics: Sequence[str],
    forms: Sequence[str],
    min_calls: int,
) -> ListPage:
    """Return what the list shows of a report.

    Args:
        asked: What was asked for.
        order: How it is shown.
        shot: Its report, if it is there.
        team_names: What the filter of teams offers.
        rubrics: What the filter of rubrics offers.
        forms: In which forms it can be downloaded.
        min_calls: The minimum sample for a judgement.
    """
    report = shot.value
    found = _sorted(_named(report.agents, order.search), order.sort) if report else []
    teams = _sorted(_named(report.teams, order.search), order.sort) if report else []
    queues = _sorted(_named(report.queues, order.search), order.sort) if report else []
    first = (order.page - 1) * LINES_A_PAGE
    fields = {**asked.days.query, "team": asked.team, "rubric": asked.rubric_id}
    return ListPage(
        asked=asked,
        order=order,
        shot=shot,
        teams=[_line(summary, asked) for summary in teams] if order.page == 1 else [],
        queues=[_line(summary, asked) for summary in queues] if order.page == 1 else [],
        agents=[_line(summary, asked) for summary in found[first : first + LINES_A_PAGE]],
        found=len(found),
        left_out=words.excluded(report.exclusions) if report else "",
        team_names=team_names,
        rubrics=rubrics,
        downloads={form.upper(): file_path("everybody", form, fields) for form in forms},
        min_calls=min_calls,
        periods=PERIODS,
        sorts=SORTS,
    )


def told_standing(standing: Standing | None, kind: str) -> str:
    """Return a place among others in words, or why there is none."""
    if standing is not None and standing.compared == 1:
        return f"no other {kind} with enough calls was scored by the same rubrics"
    return words.standing(standing, kind)


def _named(summaries: Sequence[SubjectSummary], search: str) -> list[SubjectSummary]:
    wanted = search.casefold()
    return [each for each in summaries if wanted in each.subject.casefold() or wanted in (each.team or "").casefold()]


def _sorted(summaries: Sequence[SubjectSummary], sort: str) -> list[SubjectSummary]:
    """Sort by what is asked for; those with too few calls to judge come last, by name, where it is a judgement."""
    key = _KEYS[sort]
    return sorted(summaries, key=lambda each: (*key(each), each.subject))


def _judged(of: Callable[[SubjectSummary], float | None], *, best_first: bool) -> Callable[[SubjectSummary], Any]:
    def key(each: SubjectSummary) -> tuple[bool, float]:
        value = of(each) if each.enough_calls else None
        return value is None, 0.0 if value is None else -value if best_first else value

    return key


_KEYS: dict[str, Callable[[SubjectSummary], Any]] = {
    "name": lambda _: (),
    "calls": lambda each: (-each.calls_scored,),
    "mean": _judged(lambda each: each.mean_share.estimate if each.mean_share else None, best_first=True),
    "low": _judged(lambda each: each.mean_share.estimate if each.mean_share else None, best_first=False),
    "passed": _judged(lambda each: each.pass_rate.estimate if each.pass_rate else None, best_first=True),
    "flagged": lambda each: (-each.flagged / each.calls_judged if each.calls_judged else 0.0,),
}


def _line(summary: SubjectSummary, asked: Asked) -> Line:
    kind = summary.subject_kind
    filters = {"team": asked.team, kind: summary.subject, "scored_by": asked.rubric_id}
    return Line(
        summary=summary,
        path=card_path(kind, summary.subject, asked.days),
        calls=calls_path(asked.days, **filters),
        spark=sparkline(summary.trend),
        standing=told_standing(summary.standing, kind) if summary.enough_calls else "",
    )
