"""All figures of some days, for whom they may be shown to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pandas as pd

from pipeline.config import KpiSettings
from pipeline.kpis.figures import SubjectKind, kpi_figures
from pipeline.kpis.relation import relation_of_agents, relation_of_calls, too_few
from pipeline.kpis.staffing import staffing
from pipeline.kpis.surveys import ANSWERS
from pipeline.kpis.tables import AskedKpis, Tables, asked_tables, joined_tables
from pipeline.records import Period
from pipeline.records.kpis import Joined, KpiFigures, KpiReport, KpiRows, Relation, RepeatWindows

OF_CALLS = ("handle_s", "talk_s", "hold_s", "wrap_up_s", "transferred", "resolved")
OF_AGENTS = ("occupancy", "calls_per_hour")


def longest_window_days(settings: KpiSettings) -> float:
    """Return the longest window for repeat contacts."""
    every = (*settings.repeat_days_by_queue.values(), *settings.repeat_days_by_topic.values())
    return max((settings.repeat_days, *every))


def build_kpi_report(
    rows: KpiRows, settings: KpiSettings, asked: AskedKpis, *, generated_at: datetime, zone: str, min_calls: int
) -> KpiReport:
    """Return all figures.

    Args:
        rows: What the store hands over, with calls of the windows after the last day.
        settings: Windows, joins, answers.
        asked: Whose figures, of which days.
        generated_at: Now.
        zone: IANA zone in which days begin.
        min_calls: The minimum sample for a judgement.
    """
    tables = asked_tables(joined_tables(rows, settings, zone=zone), asked)
    periods = _periods(tables, asked)

    def figures(kind: SubjectKind, column: str | None) -> tuple[KpiFigures, ...]:
        return tuple(
            kpi_figures(
                some.calls,
                some.days,
                some.surveys,
                settings,
                kind=kind,
                subject=subject,
                period=periods[label],
                min_calls=min_calls,
            )
            for label, subject, some in _groups(tables, column)
        )

    from_phone = tables.calls["from_phone"]
    phone, alone = tables.calls[from_phone], tables.calls[~from_phone]
    by = phone["joined_by"].dropna().value_counts()
    return KpiReport(
        generated_at=generated_at,
        first_day=asked.first_day,
        last_day=asked.last_day,
        timezone=zone,
        min_calls=min_calls,
        min_related=settings.min_related,
        satisfied_from=settings.satisfied_from,
        windows=RepeatWindows(
            days=settings.repeat_days, by_queue=settings.repeat_days_by_queue, by_topic=settings.repeat_days_by_topic
        ),
        known_until=rows.known_until,
        joined=Joined(
            by={str(name): int(by[name]) for name in sorted(by.index)},
            without_recording=int(phone["joined_by"].isna().sum()),
            without_phone_call=len(alone),
            unmet_though_told=int(alone["day"].isin(set(phone["day"].dropna())).sum()),
        ),
        surveys_without_call=tables.surveys_without_call,
        everybody=figures("everybody", None),
        teams=figures("team", "team"),
        agents=figures("agent", "agent_id"),
        relations=_relations(tables, settings, min_calls),
    )


def _periods(tables: Tables, asked: AskedKpis) -> dict[str, Period]:
    """Return periods by label: whole weeks or months, or the days that there are calls of."""
    every = pd.concat([frame[["period", "day"]] for frame in (tables.calls, tables.days, tables.surveys)])
    if asked.period == "all":
        known = every["day"].dropna()
        first, last = (known.min(), known.max()) if len(known) else (None, None)
        return {"all": Period(label="all", first=asked.first_day or first, last=asked.last_day or last)}
    kind = "M" if asked.period == "month" else "W-SUN"
    made: dict[str, Period] = {}
    for label, day in every.drop_duplicates("period").itertuples(index=False):
        of = pd.Timestamp(day).to_period(kind)
        made[str(label)] = Period(label=str(label), first=of.start_time.date(), last=of.end_time.date())
    return made


def _groups(tables: Tables, column: str | None) -> Iterator[tuple[str, str, Tables]]:
    """Give each period's subjects with what is theirs, by period and name."""
    parts = []
    for frame in (tables.calls, tables.days, tables.surveys):
        named = frame.assign(subject=frame[column] if column else "")
        parts.append(dict(list(named.groupby(["period", "subject"]))))
    nothing = [frame.iloc[:0] for frame in (tables.calls, tables.days, tables.surveys)]
    for key in sorted(set().union(*parts)):
        calls, days, surveys = (part.get(key, empty) for part, empty in zip(parts, nothing, strict=True))
        yield str(key[0]), str(key[1]), Tables(calls, days, surveys)


def _relations(tables: Tables, settings: KpiSettings, min_calls: int) -> tuple[Relation, ...]:
    """Return how scores go with each figure: by call where enough calls have both, else by agent."""
    calls = tables.calls
    scored = calls[calls["share"].notna()]
    shares = scored.groupby("agent_id")["share"].agg(["mean", "size"])
    mean_share = shares.loc[shares["size"] >= min_calls, "mean"]
    handled = calls[calls["handled"]]
    sources = {name: (calls if name == "resolved" else handled)[["agent_id", "share", name]] for name in OF_CALLS}
    sources |= {name: tables.surveys[["agent_id", "share", name]] for name in ANSWERS}
    made = []
    for figure, frame in sources.items():
        known = frame[frame[figure].notna()]
        pairs = known[known["share"].notna()].rename(columns={figure: "value"}).astype({"value": "float64"})
        if len(pairs) >= settings.min_related:
            made.append(relation_of_calls(pairs, figure))
            continue
        means = known.astype({figure: "float64"}).groupby("agent_id")[figure].agg(["mean", "size"])
        values = means.loc[means["size"] >= min_calls, "mean"]
        made.append(_of_agents(figure, mean_share, values, settings, n=len(pairs), agents=pairs["agent_id"].nunique()))
    by_agent = {str(agent): staffing(days) for agent, days in tables.days.groupby("agent_id")}
    for figure in OF_AGENTS:
        told = {agent: getattr(time, figure) for agent, time in by_agent.items()}
        values = pd.Series({agent: value for agent, value in told.items() if value is not None}, dtype="float64")
        made.append(_of_agents(figure, mean_share, values, settings, n=0, agents=0))
    return tuple(made)


def _of_agents(
    figure: str, mean_share: pd.Series[float], values: pd.Series[float], settings: KpiSettings, *, n: int, agents: int
) -> Relation:
    both = pd.DataFrame({"share": mean_share, "value": values}).dropna()
    if len(both) >= settings.min_related:
        return relation_of_agents(both, figure)
    return too_few(figure, n=max(n, len(both)), agents=max(agents, len(both)))
