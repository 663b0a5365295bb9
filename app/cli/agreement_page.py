"""Agreement with people, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from app.cli import show
from pipeline.agreement.wording import counted
from pipeline.records import Interval

if TYPE_CHECKING:
    from pipeline.agreement.report import AgreementReport, Change, QuestionAgreement
    from pipeline.agreement.resample import Figure
    from pipeline.rescoring.backtest import Backtest

_FIGURES = ("accuracy", "kappa", "weighted_kappa", "ac1", "alpha", "alpha_ordinal", "alpha_interval")
_FEWEST = 20  # pipeline.agreement.figures.FEWEST_PAIRS, which would import numpy


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
    """Print the accuracy over the last 25 reviewed answers and over all, of questions with enough of them."""
    rows = [
        (_name(each), str(each.over_time.pairs), _interval(each.over_time.recent), _interval(each.over_time.all_time))
        for each in (*report.questions, report.overall)
        if each.over_time.all_time
    ]
    if rows:
        columns = [("Question", "left"), ("Answers", "right"), ("Last 25", "right"), ("All time", "right")]
        show.table(columns, rows, title="Right answers of the machine, by when people reviewed them")


def print_backtest(report: AgreementReport, found: Backtest, misses: Sequence[str], *, asked: bool, few: int) -> None:
    """Print what has changed, what was not looked for, and whether the bounds are kept.

    Args:
        report: Of what the rubric answers now.
        found: The back-test itself.
        misses: What it lacks, in sentences.
        asked: Whether there was any bound.
        few: So many questions had too few pairs to ask a bound of them.
    """
    changed = [each for each in (*report.questions, report.overall) if each.change is not None]
    rows = [
        (_name(each), str(c.pairs), *_then_and_now(c))
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
                f"{each.criterion_id}: its test has changed since; compared with {counted(each.changed, 'answer')} "
                "that people gave to it as it was (--unchanged-only leaves them out)"
            )
    for rule, calls in sorted(found.not_looked_for.items()):
        show.remark(
            f"rule {rule} was not looked for at the time on {counted(calls, 'call')}; process them again to have it"
        )
    for call in found.unreadable:
        show.remark(f"{call.call_id}: {call.reason}")
    for miss in misses:
        show.say(f"missed: {miss}")
    if 0 < few < len(report.questions):
        show.remark(f"no bound could be asked of {few} of {len(report.questions)} questions: they have under 20 pairs")
    if asked and not misses:
        show.say("every bound is kept")


def print_nothing_reviewed(*, experts: bool) -> None:
    """Print what to do where there is no answer of a person to compare with.

    Args:
        experts: Whether only experts' blind answers were asked for.
    """
    if experts:
        show.say("No expert has answered blind under this rubric yet. Hold a session: earmark calibration start --help")
        return
    show.say(
        "Nobody has reviewed an answer under this rubric yet. Draw calls: earmark queue build --policy random; "
        "confirm: earmark reviews agree CALL"
    )


def _then_and_now(change: Change) -> tuple[str, str, str]:
    if change.pairs < _FEWEST:
        return "–", "–", "–"
    return show.percent(change.before), show.percent(change.now), f"{-100 * change.drop:+.1f}"


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
