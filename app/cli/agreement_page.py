"""Agreement with people, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from app.cli import show
from pipeline.records import Interval

if TYPE_CHECKING:
    from pipeline.agreement.report import AgreementReport, QuestionAgreement
    from pipeline.agreement.resample import Figure
    from pipeline.rescoring.backtest import Backtest

_FIGURES = ("accuracy", "kappa", "weighted_kappa", "ac1", "alpha", "alpha_ordinal", "alpha_interval")


def print_agreement(report: AgreementReport) -> None:
    """Print a line per question and one over all, then what there is to say about them."""
    columns = [("Question", "left"), ("Pairs", "right"), ("Accuracy", "right"), ("Kappa", "right"), ("AC1", "right")]
    columns += [("Alpha", "right"), ("Withheld", "right"), ("No answer", "right")]
    everything = (*report.questions, report.overall)
    title = f"{report.rubric_id}, version {report.rubric_version}: the machine's answers beside people's"
    show.table(columns, [_row(each) for each in everything], title=title)
    stepped = [each for each in report.questions if each.agreement.weighted_kappa.value is not None]
    if stepped:
        columns = [("Answers with steps", "left"), ("Weighted kappa", "right"), ("Alpha, ordinal", "right")]
        rows = [
            (
                each.criterion_id,
                _figure(each.agreement.weighted_kappa),
                _figure(each.agreement.alpha_ordinal),
                _figure(each.agreement.alpha_interval),
            )
            for each in stepped
        ]
        show.table([*columns, ("Alpha, interval", "right")], rows)
    show.remark(f"95 % intervals in brackets: 2,000 resamples over calls, seed {report.seed}.")
    for line in _reasons(report.questions):
        show.remark(line)


def print_over_time(report: AgreementReport) -> None:
    """Print the accuracy over the last 25 reviewed answers and over all."""
    reviewed = [each for each in (*report.questions, report.overall) if each.over_time.pairs]
    rows = [
        (_name(each), str(each.over_time.pairs), _interval(each.over_time.recent), _interval(each.over_time.all_time))
        for each in reviewed
    ]
    if rows:
        columns = [("Question", "left"), ("Answers", "right"), ("Last 25", "right"), ("All time", "right")]
        show.table(columns, rows, title="Right answers of the machine, by when people reviewed them")


def print_backtest(report: AgreementReport, found: Backtest, misses: Sequence[str], *, asked: bool) -> None:
    """Print what has changed, what was not looked for, and whether the bounds are kept."""
    changed = [each for each in (*report.questions, report.overall) if each.change is not None]
    rows = [
        (_name(each), str(c.pairs), show.percent(c.before), show.percent(c.now), f"{-100 * c.drop:+.1f}")
        for each in changed
        if (c := each.change) is not None and c.drop != 0
    ]
    if rows:
        columns = [("Question", "left"), ("Pairs", "right"), ("Before", "right"), ("Now", "right")]
        show.table([*columns, ("Points", "right")], rows, title="Accuracy on answers that were given both times")
    elif changed:
        show.say("Accuracy is what it was when people reviewed the answers.")
    for each in report.questions:
        if each.changed:
            show.remark(
                f"{each.criterion_id}: its test has changed since; compared with {each.changed} answers that people "
                "gave to it as it was (--unchanged-only leaves them out)"
            )
    for rule, calls in sorted(found.not_looked_for.items()):
        show.remark(f"rule {rule} was not looked for at the time on {calls} calls; process them again to have it")
    for call in found.unreadable:
        show.remark(f"{call.call_id}: {call.reason}")
    for miss in misses:
        show.say(f"missed: {miss}")
    if asked and not misses:
        show.say("every bound is kept")


def _row(each: QuestionAgreement) -> tuple[str, ...]:
    told = each.agreement
    withheld = f"{each.withheld} ({each.withheld_agreed} right)" if each.withheld else "0"
    accuracy = _figure(told.accuracy, share=True)
    return (
        _name(each),
        str(told.pairs),
        accuracy,
        _figure(told.kappa),
        _figure(told.ac1),
        _figure(told.alpha),
        withheld,
        str(each.unanswered),
    )


def _reasons(questions: Iterable[QuestionAgreement]) -> list[str]:
    """Return why there are dashes, each reason once with its questions; not where there are no steps, or no pairs."""
    by_reason: dict[str, list[str]] = {}
    for each in questions:
        if not each.agreement.pairs:
            continue
        whys = {getattr(each.agreement, name).why for name in _FIGURES if not name.startswith(("weighted", "alpha_"))}
        for why in sorted(whys - {""}):
            by_reason.setdefault(why.split("; ")[-1] if "figures need" in why else why, []).append(each.criterion_id)
    return [f"{', '.join(names)}: {why}" for why, names in by_reason.items()]


def _figure(figure: Figure, *, share: bool = False) -> str:
    if figure.value is None:
        return "–"
    if share:
        shown = show.percent(figure.value)
        if figure.low is None or figure.high is None:
            return shown
        return f"{shown} ({100 * figure.low:.0f}–{100 * figure.high:.0f})"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.2f}"
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{show.percent(interval.estimate)} ({100 * interval.low:.0f}–{100 * interval.high:.0f})"


def _name(each: QuestionAgreement) -> str:
    return each.criterion_id or "all questions"
