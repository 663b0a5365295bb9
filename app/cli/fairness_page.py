"""Fairness reports on a terminal of 100 columns."""

from __future__ import annotations

from app.cli import show
from pipeline.counterfactual.report import ChangeFigures, CounterfactualReport
from pipeline.fairness.figures import IN_WORDS, FairnessReport, FieldFigures, GroupFigures
from pipeline.records import Interval

SHOWN_QUESTIONS = 10
_EVERY = 10
_NONE_BY = "No score that counts is by rubric {rubric}{days}: there is nothing to compare."


def print_report(report: FairnessReport, *, rubric: str | None = None) -> None:
    """Print all groups with what can be said of them; ``rubric`` is the one that was asked for."""
    scored = ", ".join(f"{rubric} {calls}" for rubric, calls in report.rubrics.items())
    show.say(f"{report.calls} scored calls{_days(report)}; by rubric: {scored or 'none'}.")
    if rubric and not report.calls:
        show.say(_NONE_BY.format(rubric=rubric, days=_days(report)))
    if len(report.rubrics) > 1:
        show.say("Several rubrics are counted together; --rubric ID tells one apart.")
    if report.not_scored:
        show.say(f"{report.not_scored} calls of these days have no score and are in no figure.")
    if report.without_start:
        show.say(f"{report.without_start} calls of unknown start are in no period.")
    for by in report.fields:
        _print_field(report, by)
    show.say("A difference is no proof of a cause, and none is no proof of fairness: docs/fairness.md.")


def _print_field(report: FairnessReport, by: FieldFigures) -> None:
    rates = [("Group", "left"), ("Calls", "right"), ("Failed", "right"), ("Ratio of passes", "right")]
    title = f"By {' and '.join(by.fields)}"
    show.table(
        [*rates, ("Chance", "right"), ("Verdict", "left")],
        [
            (g.group, str(g.calls), _share(g.fail_rate), _ratio(g.ratio), _chance(g.chance), _verdict(report, g))
            for g in by.groups
        ],
        title=title,
    )
    beside = [("Group", "left"), ("Agents", "right"), ("Score", "right"), ("Auto-fails", "right")]
    show.table(
        [*beside, ("Cannot assess", "right"), ("Recognised", "right"), ("No total", "right")],
        [(g.group, str(g.agents), *map(_share, _beside(g)), str(g.without_total)) for g in by.groups],
    )
    show.say(_left_out(report, by))
    for group in by.groups:
        if group.heard_worse:
            chance = _chance(group.confidence_chance)
            show.say(f"{group.group}: its calls were recognised worse than the others (chance {chance}).")
            show.say("  Its fails may be words that were not understood: hear some of them.")
    _print_questions(by)


def _beside(group: GroupFigures) -> tuple[Interval | None, ...]:
    return group.score, group.auto_fail_rate, group.cannot_assess, group.confidence


def _left_out(report: FairnessReport, by: FieldFigures) -> str:
    counted = "agents, as these are groups of agents" if by.whole_agents else "calls"
    told = [f"Tested over {counted}."]
    if by.unknown:
        told.append(f"{by.unknown} calls have no known {' and '.join(by.fields)}.")
    if by.hidden_groups:
        told.append(
            f"Not shown: {by.hidden_groups} groups of fewer than {report.shown_from} calls, {by.hidden_calls} in all."
        )
    return " ".join(told)


def _print_questions(by: FieldFigures) -> None:
    if not by.questions:
        if by.questions_tested:
            show.say(f"No question fails more in one group than in the others; {by.questions_tested} were compared.")
        return
    columns = [("Question", "left"), ("Group", "left"), ("Failed", "right"), ("Elsewhere", "right")]
    show.table(
        [*columns, ("Chance", "right")],
        [
            (f"{q.title} ({q.rubric_id})", q.group, _share(q.fail_rate), _share(q.others_fail_rate), _chance(q.chance))
            for q in by.questions[:SHOWN_QUESTIONS]
        ],
        title="Questions that differ",
    )
    if len(by.questions) > SHOWN_QUESTIONS:
        show.say(f"{len(by.questions) - SHOWN_QUESTIONS} more; --json has them all.")


def print_counterfactual(report: CounterfactualReport, *, rubric: str | None = None) -> None:
    """Print what swapped words did; ``rubric`` is the one that was asked for."""
    if rubric and not report.sampled:
        show.say(_NONE_BY.format(rubric=rubric, days=""))
        return
    told = [f"{calls} {why}" for why, calls in report.left_out.items()]
    show.say(f"{report.sampled} calls drawn (seed {report.seed}), words swapped in {report.tried}.")
    if told:
        show.say(f"Not tried: {'; '.join(told)}.")
    if not report.changes:
        show.say("There was nothing to swap.")
        return
    columns = [("Swapped", "left"), ("Calls", "right"), ("Scores moved", "right"), ("Answers", "right")]
    show.table(
        [*columns, ("Largest", "right"), ("Rules", "right"), ("Passages", "right")],
        [_change(change) for change in report.changes],
    )
    show.say("Largest: change of a score, in points of 100. Rules: calls in which a rule has another outcome.")
    show.say("Passages: those that the sentiment engine reads otherwise, which need not move a score.")
    rows = [
        (
            movement.call_id[:12],
            movement.change,
            flip.criterion_id,
            f"{flip.before.value} → {flip.after.value}",
            ", ".join(flip.steps),
            ", ".join(map(show.minutes, flip.at_ms[:3])) or "–",
        )
        for movement in report.worst
        for flip in movement.flips
    ]
    if rows:
        headings = ("Call", "Swapped", "Question", "Answer", "Moved by", "At")
        show.table([(heading, "left") for heading in headings], rows, title="Largest movements")
    if report.moved:
        show.say("Scores must not move. A rule with a name or pronoun in it is the usual reason.")
    else:
        show.say("No score and no answer moved.")


def tell_progress(done: int, of: int) -> None:
    """Tell on stderr how many calls are done."""
    if done and (done % _EVERY == 0 or done == of):
        show.remark(f"swapped words in {done} of {of} calls")


def _change(change: ChangeFigures) -> tuple[str, ...]:
    return (
        change.change,
        str(change.calls),
        str(change.scores_moved),
        str(sum(change.flips.values())),
        f"{100 * change.largest_change:.1f}",
        str(change.rules_moved),
        f"{change.relabelled} of {change.readings}",
    )


def _days(report: FairnessReport) -> str:
    first, last = report.first_day, report.last_day
    return (f" from {first}" if first else "") + (f" to {last}" if last else "")


def _verdict(report: FairnessReport, group: GroupFigures) -> str:
    if group.verdict is not None:
        return IN_WORDS[group.verdict]
    return f"fewer than {report.min_calls} calls" if group.calls < report.min_calls else "nothing to compare with"


def _share(share: Interval | None) -> str:
    if share is None:
        return "–"
    return f"{100 * share.estimate:.0f} % ({100 * share.low:.0f}–{100 * share.high:.0f})"


def _ratio(ratio: Interval | None) -> str:
    return "–" if ratio is None else f"{ratio.estimate:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def _chance(chance: float | None) -> str:
    if chance is None:
        return "–"
    return "<0.001" if chance < 0.001 else f"{chance:.3f}"
