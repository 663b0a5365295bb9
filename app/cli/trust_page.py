"""What reviewed answers taught about confidence, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.cli import show
from pipeline.agreement.wording import counted
from pipeline.records import Rubric, Trust

if TYPE_CHECKING:
    from pipeline.agreement.reliability import ReliabilityBin
    from pipeline.agreement.trust import Lesson

_BAR = 20
_NAMED = 5  # questions that a remark names; of more it tells how many


def print_lessons(lessons: Sequence[Lesson], *, target_error: float, assurance: float) -> None:
    """Print per question how sure its answers were, how often they were right, and what follows."""
    for lesson in lessons:
        if lesson.calibration is not None:
            _print_curve(lesson)
    columns = [("Question", "left"), ("Pairs", "right"), ("Wrong", "right"), ("Learnt by", "left")]
    columns += [("Off before", "right"), ("Off after", "right"), ("Given from", "right"), ("Given", "right")]
    rows = [_row(lesson) for lesson in lessons]
    if rows:
        wrong, sure = f"{100 * target_error:g} %", f"{100 * assurance:.0f} %"
        title = f"Answers are given where it is {sure} sure that at most {wrong} of them are wrong"
        show.table([*columns, ("Wrong of given", "right")], rows, title=title)
    for remark, of in _by_remark(lessons).items():
        show.remark(f"{', '.join(of) if len(of) <= _NAMED else counted(len(of), 'question')}: {remark}")


def print_outcome(rubric: Rubric, trust: Trust, stored: tuple[int, bool] | None) -> None:
    """Print whether anything was stored.

    Args:
        rubric: What was learnt about.
        trust: What was learnt.
        stored: The version, and whether it is a new one; None where nothing was to be stored.
    """
    if not trust.calibrations:
        show.say(f"{rubric.id}: no question has 20 reviewed answers with a confidence; nothing was learnt or stored")
    elif stored is None:
        show.say(f"{rubric.id}: {counted(len(trust.calibrations), 'question')} would be learnt; nothing was stored")
    elif not stored[1]:
        show.say(f"{rubric.id}: nothing new; version {stored[0]} says the same")
    else:
        show.say(f"{rubric.id}: {counted(len(trust.calibrations), 'question')} learnt, stored as version {stored[0]}")
        show.remark(
            f"Calls that are scored from now on use it; for those of before: earmark rescore --rubric {rubric.id}"
        )
        show.remark(f"To switch it off: earmark rubrics calibrate {rubric.id} --off")


def _print_curve(lesson: Lesson) -> None:
    columns = [("Confidence", "left"), ("Answers", "right"), ("Sure", "right"), ("Right", "right"), ("", "left")]
    for title, curve in (("as the machine was sure", lesson.before), ("after calibration", lesson.after)):
        rows = [_bin(part) for part in curve]
        show.table(columns, rows, title=f"{lesson.criterion_id}: {title}")


def _bin(part: ReliabilityBin) -> tuple[str, ...]:
    span = f"{100 * part.low:.0f}–{100 * part.high:.0f} %"
    return span, str(part.answers), show.percent(part.confidence), show.percent(part.right), _bar(part)


def _bar(part: ReliabilityBin) -> str:
    """Return the share that is right as a bar, with a mark where it should end."""
    right, sure = round(_BAR * part.right), min(_BAR - 1, round(_BAR * part.confidence))
    bar = "█" * right + "·" * (_BAR - right)
    return f"{bar[:sure]}│{bar[sure + 1 :]}"


def _row(lesson: Lesson) -> tuple[str, ...]:
    learnt = lesson.calibration
    known = (lesson.criterion_id, str(lesson.pairs), str(lesson.wrong))
    if learnt is None:
        return (*known, "too few" if lesson.pairs else "nothing", "–", "–", "–", "–", "–")
    return (
        *known,
        learnt.method,
        show.percent(learnt.raw_calibration_error),
        show.percent(learnt.calibration_error),
        "none" if learnt.threshold > 1 else "all" if learnt.threshold <= 0 else f"{100 * learnt.threshold:.1f} %",
        show.percent(lesson.given),
        show.percent(learnt.error),
    )


def _by_remark(lessons: Sequence[Lesson]) -> dict[str, list[str]]:
    """Return what there is to say, once, with the questions of which it is said; how many answers, the table tells."""
    found: dict[str, list[str]] = {}
    for lesson in lessons:
        for remark in _remarks(lesson):
            found.setdefault(remark, []).append(lesson.criterion_id)
    return found


def _remarks(lesson: Lesson) -> list[str]:
    found = []
    learnt = lesson.calibration
    if learnt is None and lesson.pairs:
        found.append("fewer than 20 reviewed answers with a confidence; from 20 on something can be learnt")
    elif learnt and learnt.threshold > 1 and lesson.needed is None:
        found.append("too many answers were wrong: all are withheld, and a person answers")
    elif learnt and learnt.threshold > 1:
        found.append(
            f"{lesson.pairs} reviewed answers do not show yet that few enough are wrong: all are withheld; "
            f"at this rate of errors about {lesson.needed} would show it"
        )
    if lesson.without_confidence:
        given = "withheld too" if learnt is not None and learnt.threshold > 1 else "given as before"
        found.append(f"answers without a confidence teach nothing, and are {given}")
    return found
