"""Whether a rubric and its criteria apply to a call: yes, no, or not known for want of metadata."""

from __future__ import annotations

from pipeline.records import AppliesIf, CallFacts, FindingKind, Rubric
from pipeline.records.language import language_name
from pipeline.score.answer import Answer, not_applicable, unknown
from pipeline.score.wording import listed


def language_gap(facts: CallFacts, rubric: Rubric) -> str | None:
    """Return why a rubric cannot score a call in its language, or None where it can.

    To search English phrases in a German call would find that nothing was said: a wrong answer, not a low score.
    """
    language = facts.transcript.language
    if rubric.covers(language):
        return None
    covered = listed([language_name(each) for each in rubric.languages])
    return f"The call is in {language_name(language)}; rubric {rubric.id} covers {covered}."


def exemption(facts: CallFacts, applies_if: AppliesIf) -> Answer | None:
    """Return why a criterion is not answered on this call, or None where it applies.

    One restriction that surely does not hold makes it not applicable, whatever else is unknown; otherwise one unknown
    leaves it unassessed: to guess would count it for or against the agent. Names are compared without regard to case.
    """
    answers = [*_metadata(facts, applies_if), *_rules(facts, applies_if)]
    surely_not = [answer for answer in answers if answer.status == "not_applicable"]
    return next(iter([*surely_not, *answers]), None)


def _metadata(facts: CallFacts, applies_if: AppliesIf) -> list[Answer]:
    recording, answers = facts.recording, []
    for name, allowed, value in (
        ("queue", applies_if.queues, recording.queue),
        ("direction", applies_if.directions, recording.direction),
        ("team", applies_if.teams, recording.team),
    ):
        if not allowed:
            continue
        wanted = f"this applies only to {name} {listed(allowed, 'or')}"
        if value is None:
            answers.append(unknown(f"The {name} of the call is not known, and {wanted}."))
        elif value.strip().casefold() not in {one.casefold() for one in allowed}:
            answers.append(not_applicable(f"The call's {name} is {value}, and {wanted}."))
    return answers


def _rules(facts: CallFacts, applies_if: AppliesIf) -> list[Answer]:
    answers = []
    for rule_id in applies_if.rules_present:
        finding = facts.finding(rule_id)
        if finding is None:
            answers.append(
                not_applicable(f"This applies only after {rule_id}, a rule that this call is not checked for.")
            )
        elif finding.kind is FindingKind.ABSENT:
            answers.append(not_applicable(f"This applies only after {rule_id}, which was not heard in the call."))
        elif finding.kind is FindingKind.CANNOT_ASSESS:
            answers.append(unknown(f"This applies only after {rule_id}, and that cannot be told: {finding.reason}"))
    return answers
