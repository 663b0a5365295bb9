"""Whether a rubric and its criteria apply to a call: yes, no, or not known for want of metadata or of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.records import AnswerIs, AppliesIf, CallFacts, CriterionResult, FindingKind, Rubric, Status, field_of
from pipeline.records.language import language_name
from pipeline.score.answer import Answer, not_applicable, unknown
from pipeline.score.wording import listed

Results = Mapping[str, CriterionResult]
"""Results by the id of their criterion."""


def language_gap(facts: CallFacts, rubric: Rubric) -> str | None:
    """Return why a rubric cannot score a call in its language, or None where it can.

    To search English phrases in a German call would find that nothing was said: a wrong answer, not a low score.
    """
    language = facts.transcript.language
    if rubric.covers(language):
        return None
    covered = listed([language_name(each) for each in rubric.languages])
    return f"The call is in {language_name(language)}; rubric {rubric.id} covers {covered}."


def exemption(facts: CallFacts, applies_if: AppliesIf, results: Results) -> Answer | None:
    """Return why a criterion is not answered on this call, or None where it applies.

    One restriction that surely does not hold makes it not applicable, whatever else is unknown; otherwise one unknown
    leaves it unassessed: to guess would count it for or against the agent. Names are compared without regard to case.

    Args:
        facts: The call.
        applies_if: The restrictions.
        results: Of the criteria that the restrictions name.
    """
    return _first([*_fields(facts, applies_if), *_rules(facts, applies_if), *_answers(applies_if.answers, results)])


def answers_exempt(wanted: tuple[AnswerIs, ...], results: Results) -> Answer | None:
    """Return why the answers to other criteria leave one unanswered, or None where they make it apply."""
    return _first(list(_answers(wanted, results)))


def _first(answers: list[Answer]) -> Answer | None:
    surely_not = [answer for answer in answers if answer.status is Status.NOT_APPLICABLE]
    return next(iter([*surely_not, *answers]), None)


def _fields(facts: CallFacts, applies_if: AppliesIf) -> Iterator[Answer]:
    recording = facts.recording
    restricted = [
        ("queue", applies_if.queues, recording.queue),
        ("direction", applies_if.directions, recording.direction),
        ("team", applies_if.teams, recording.team),
        *((field.name, field.values, field_of(recording, field.name)) for field in applies_if.metadata),
    ]
    for name, allowed, value in restricted:
        if not allowed:
            continue
        wanted = f"this applies only to {name} {listed(allowed, 'or')}"
        if value is None:
            yield unknown(f"The {name} of the call is not known, and {wanted}.")
        elif value.strip().casefold() not in {one.casefold() for one in allowed}:
            yield not_applicable(f"The call's {name} is {value}, and {wanted}.")


def _rules(facts: CallFacts, applies_if: AppliesIf) -> Iterator[Answer]:
    for rule_id in applies_if.rules_present:
        finding = facts.finding(rule_id)
        if finding is None:
            yield not_applicable(f"This applies only after {rule_id}, a rule that this call is not checked for.")
        elif finding.kind is FindingKind.ABSENT:
            yield not_applicable(f"This applies only after {rule_id}, which was not heard in the call.")
        elif finding.kind is FindingKind.CANNOT_ASSESS:
            yield unknown(f"This applies only after {rule_id}, and that cannot be told: {finding.reason}")


def _answers(wanted: tuple[AnswerIs, ...], results: Results) -> Iterator[Answer]:
    for condition in wanted:
        given = results.get(condition.criterion_id)
        title = condition.criterion_id if given is None else given.title
        only = f"This applies only where {title!r} is answered {listed([_words(a) for a in condition.answers], 'or')}"
        if given is None or given.status is Status.CANNOT_ASSESS:
            yield unknown(f"{only}, and that is not known.")
            continue
        holds = _holds(condition, given)
        if holds is None:
            yield unknown(f"{only}, and it was answered {_words(given.status.value)} without saying which.")
        elif not holds:
            yield not_applicable(f"{only}, and it was answered {_words(given.answer or given.status.value)}.")


def _holds(condition: AnswerIs, given: CriterionResult) -> bool | None:
    """Tell whether a criterion was answered as wanted; None where it was answered, but not in the words of its form."""
    statuses = {status.value for status in Status}
    if given.status.value in condition.answers:
        return True
    words = {answer.casefold() for answer in condition.answers if answer not in statuses}
    if given.answer is not None:
        return given.answer.casefold() in words
    return None if words and given.status is not Status.NOT_APPLICABLE else False


def _words(answer: str) -> str:
    return answer.replace("_", " ")
