"""The fairness report: rates by group, what differs, and what that may be due to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from pipeline.config import FairnessSettings
from pipeline.errors import ReportError, UnknownNameError
from pipeline.fairness.differences import groups_of_agents
from pipeline.fairness.figures import FairnessReport, FieldFigures
from pipeline.fairness.groups import by_group, group_figures
from pipeline.fairness.questions import differing_questions
from pipeline.records.fairness import ScoredCalls

MAX_GROUPS = 40


def build_fairness_report(
    scored: ScoredCalls,
    by: Sequence[Sequence[str]],
    settings: FairnessSettings,
    *,
    generated_at: datetime,
    first_day: date | None = None,
    last_day: date | None = None,
    timezone: str = "UTC",
) -> FairnessReport:
    """Return rates by group.

    Args:
        scored: The calls of the period.
        by: What to group by: each is one field, or several together.
        settings: From how many calls on a group has a verdict, and is shown.
        generated_at: Now.
        first_day: First day of the period; None for no bound.
        last_day: Last day, inclusive.
        timezone: The zone of these days.

    Raises:
        UnknownNameError: No call has such a field.
        ReportError: A field has so many values that they are no groups.
    """
    return FairnessReport(
        generated_at=generated_at,
        first_day=first_day,
        last_day=last_day,
        timezone=timezone,
        rubrics=dict(sorted(Counter(call.rubric_id for call in scored.calls).items())),
        calls=len(scored.calls),
        not_scored=scored.not_scored,
        without_start=scored.without_start,
        min_calls=settings.min_calls,
        shown_from=settings.shown_from,
        fields=tuple(_field_figures(scored, fields, settings) for fields in by),
    )


def _field_figures(scored: ScoredCalls, fields: Sequence[str], settings: FairnessSettings) -> FieldFigures:
    _require_known(scored, fields)
    groups, unknown = by_group(scored.calls, fields)
    shown = {name: calls for name, calls in groups.items() if len(calls) >= settings.shown_from}
    if len(shown) > MAX_GROUPS:
        raise ReportError(
            f"{' and '.join(fields)}: {len(shown)} different values; choose a field of at most {MAX_GROUPS}, or make "
            "groups of its values in the metadata first"
        )
    whole_agents = groups_of_agents((call.agent_id, name) for name, calls in shown.items() for call in calls)
    questions, tested = differing_questions(shown, scored.titles, settings, whole_agents=whole_agents)
    return FieldFigures(
        fields=tuple(fields),
        groups=group_figures(shown, settings, whole_agents=whole_agents),
        whole_agents=whole_agents,
        unknown=unknown,
        hidden_groups=len(groups) - len(shown),
        hidden_calls=sum(len(calls) for name, calls in groups.items() if name not in shown),
        questions=questions,
        questions_tested=tested,
    )


def _require_known(scored: ScoredCalls, fields: Sequence[str]) -> None:
    known = {name for call in scored.calls for name in call.fields}
    for field in fields:
        if scored.calls and field not in known:
            raise UnknownNameError("field of scored calls", field, known)
