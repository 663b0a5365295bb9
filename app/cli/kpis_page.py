"""The telephone system's figures on a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.cli import show
from pipeline.kpis import words
from pipeline.kpis.checks import Checked
from pipeline.kpis.outcome import Met
from pipeline.records.kpis import KpiFigures, KpiReport
from pipeline.store.kpi_import import KpiImport

_NAMES_TOLD = 5


def print_import(checked: Checked, met: Met, *, added: int, replaced: int, doubles: int, kept: bool) -> None:
    """Print what came in, what of it was joined, and what was not."""
    there = "a row that was there" if replaced == 1 else "rows that were there"
    told = f"{words.rows_of(checked.kind, added + replaced)}: {added} new, {replaced} in place of {there}"
    show.say(f"{'Imported' if kept else 'Would import'} {told}.")
    if checked.repeated:
        stand = "1 row stands" if checked.repeated == 1 else f"{checked.repeated} rows stand"
        show.say(f"{stand} there again, word for word, and count{'s' if checked.repeated == 1 else ''} once.")
    if doubles:
        are, count = ("is", "counts") if doubles == 1 else ("are", "count")
        show.say(
            f"{doubles} of these calls {are} there already under another id, with the same agent and start, and "
            f"{f'now {count}' if kept else 'would count'} twice. Compare with: earmark kpis imports. Take back what is "
            "wrong with: earmark kpis withdraw IMPORT"
        )
    if checked.kind != "agent-days":
        to = "recordings" if checked.kind == "calls" else "known calls"
        by = ", ".join(f"{count} by {name}" for name, count in met.by.items())
        show.say(f"Joined to {to}: {by or 'none'}. Not joined: {met.alone}.")
    if met.unknown_agents:
        names = ", ".join(met.unknown_agents[:_NAMES_TOLD])
        more = f" and {len(met.unknown_agents) - _NAMES_TOLD} more" if len(met.unknown_agents) > _NAMES_TOLD else ""
        show.say(f"Agents whom no recording names: {names}{more}. Compare with: earmark calls list")
    if checked.columns.missing:
        show.say(f"Not in this export: {', '.join(checked.columns.missing)}.")
    if checked.columns.unused:
        show.say(f"Columns that nothing uses: {', '.join(checked.columns.unused)}.")
    show.say("Next: earmark kpis show" if kept else "Nothing was kept. Import it without --dry-run.")


def print_imports(imports: Sequence[KpiImport], left: Mapping[str, int]) -> None:
    """Print imports with how many rows came in, and how many no later import has replaced."""
    if not imports:
        show.say("Nothing was imported yet. Start with: earmark kpis import FILE.csv")
        return
    columns = [("Import", "left"), ("When (UTC)", "left"), ("What", "left"), ("Source", "left"), ("By", "left")]
    rows = [
        (
            each.import_id,
            show.instant(each.imported_at),
            words.KINDS[each.kind],
            each.source,
            each.imported_by,
            str(each.row_count),
            str(left.get(each.import_id, 0)),
        )
        for each in imports
    ]
    show.table([*columns, ("Rows", "right"), ("Left", "right")], rows)
    show.say("Left: rows that no later import has replaced. Take one back with: earmark kpis withdraw IMPORT")


def print_report(report: KpiReport) -> None:
    """Print figures of agents and teams, how calls were joined, and how scores go with the figures."""
    if not report.everybody:
        show.say("There are no calls, days or surveys in this period. Start with: earmark kpis import FILE.csv")
        return
    told_of_time = any(each.handled or each.days for each in report.everybody)
    if not told_of_time:
        show.say(
            "The telephone system has told of no call in this period: times come with earmark kpis import FILE.csv"
        )
    for title, some in (("Everybody", report.everybody), ("Teams", report.teams), ("Agents", report.agents)):
        if some and told_of_time:
            _print_calls(title, some, report)
    for title, some in (("Everybody", report.everybody), ("Teams", report.teams), ("Agents", report.agents)):
        told = [each for each in some if each.surveys.answered or each.surveys.sent or each.resolved]
        if told:
            _print_customers(title, told, report)
    _print_relations(report)
    for line in words.notes(report):
        show.say(line)


def _print_calls(title: str, some: Sequence[KpiFigures], report: KpiReport) -> None:
    columns = [("Handled", "right"), ("Handle time", "right"), ("Talk", "right"), ("Hold", "right")]
    columns += [("Wrap-up", "right"), ("Transferred", "right"), ("Occupancy", "right"), ("Calls/hour", "right")]
    rows = [
        (
            *_who(each),
            str(each.handled),
            words.length(each.handle_s, with_interval=True),
            words.length(each.talk_s),
            words.length(each.hold_s),
            words.length(each.wrap_up_s),
            words.share(each.transferred),
            show.percent(each.occupancy),
            words.number(each.calls_per_hour),
        )
        for each in some
    ]
    show.table([*_heads(title, report), *columns], rows, title=f"{title}: time")


def _print_customers(title: str, some: Sequence[KpiFigures], report: KpiReport) -> None:
    columns = [("Resolved at once", "right"), ("Asked", "right"), ("Answered", "right"), ("Satisfied", "right")]
    columns += [("NPS", "right"), ("Effort", "right")]
    rows = [
        (
            *_who(each),
            words.share(each.resolved, with_n=True),
            show.known(None if each.surveys.sent is None else str(each.surveys.sent)),
            words.share(each.surveys.response_rate) if each.surveys.response_rate else str(each.surveys.answered),
            words.share(each.surveys.satisfied, with_n=True),
            words.promoters(each.surveys),
            words.rating(each.surveys.effort),
        )
        for each in some
    ]
    show.table([*_heads(title, report), *columns], rows, title=f"{title}: customers")


def _print_relations(report: KpiReport) -> None:
    told = [each for each in report.relations if each.rho is not None]
    if told:
        columns = [("Figure", "left"), ("Over", "left"), ("n", "right"), ("Spearman's rho", "right"), ("By", "left")]
        rows = [
            (words.FIGURES[each.figure], str(each.of), str(each.n), words.correlation(each), each.method or "–")
            for each in told
        ]
        show.table(columns, rows, title="How machine scores go with other figures")
        show.say(words.NO_CAUSE)
    few = [words.FIGURES[each.figure] for each in report.relations if each.rho is None]
    if few:
        show.say(
            f"Too little to relate to scores (fewer than {report.min_related} calls or agents, or all alike): "
            f"{', '.join(few)}."
        )


def _who(each: KpiFigures) -> tuple[str, ...]:
    label = () if each.period.label == "all" else (each.period.label,)
    return (*label, each.subject or "all calls")


def _heads(title: str, report: KpiReport) -> list[tuple[str, str]]:
    dated = any(each.period.label != "all" for each in report.everybody)
    return [*([("Period", "left")] if dated else []), (title, "left")]
