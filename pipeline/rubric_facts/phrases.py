"""The phrases that a rubric asks for by itself (`kind: phrase`), looked for by the engine of the rule packs.

Each becomes a rule under an id of its own. What is found is a step of its own, so that a new phrase in a rubric never
makes the packs' rules look again.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

from pipeline.authored import Document
from pipeline.compliance.authored_rules import AuthoredSaying
from pipeline.compliance.conditions import words_only
from pipeline.compliance.detect import detect
from pipeline.compliance.pattern import PatternError, variants
from pipeline.compliance.rule import Rule
from pipeline.config import ComplianceSettings
from pipeline.errors import Problem
from pipeline.keys import own_findings_key
from pipeline.records import CallFindings, Criterion, Expectation, PhraseTest, Recording, Rubric, Severity, Transcript
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.questions import phrase_tests


@functools.lru_cache(maxsize=64)
def own_rules(rubric: Rubric) -> tuple[Rule, ...]:
    """Return a rule for every phrase test of a rubric whose phrases are sound, in order.

    Expected is ``signal``: whether it is good that something was said is for the criterion to answer, and it raises no
    flag by itself.
    """
    return tuple(
        _rule(rule_id, criterion, test, rubric.languages) for rule_id, criterion, test, _ in phrase_tests(rubric)
    )


def own_key(rubric: Rubric, *, transcript: str, settings: ComplianceSettings) -> str | None:
    """Return the key under which a rubric's own findings in a transcript are stored; None where it has no phrases."""
    rules = own_rules(rubric)
    if not rules:
        return None
    return own_findings_key(
        transcript=transcript, rules=[(rule.id, rule.fingerprint) for rule in rules], settings=settings
    )


def find_own(
    rubric: Rubric, transcript: Transcript, recording: Recording, settings: ComplianceSettings
) -> CallFindings:
    """Return one finding per phrase test of a rubric, by the ids that `Rubric.own_rule_id` gives."""
    rules = own_rules(rubric)
    return CallFindings(findings=detect(transcript, recording, rules, settings) if rules else ())


def phrase_problems(rubrics: Iterable[Rubric]) -> list[Problem]:
    """Return a problem, with file and line, for every phrase of rubrics that the rule language does not understand."""
    problems = []
    for rubric in rubrics:
        document = Document(Path(rubric.file)) if rubric.file and next(phrase_tests(rubric), None) else None
        for _, criterion, test, at in phrase_tests(rubric):
            for key, phrases in (("phrases", test.phrases), ("unless", test.unless)):
                for k, phrase in enumerate(phrases):
                    problem = _problem(phrase)
                    if problem is not None:
                        where = f"rubric {rubric.id} version {rubric.version}, criterion {criterion.id}"
                        line = document.line((*at, key, k)) if document else None
                        code, message = problem
                        problems.append(Problem(code=code, where=where, message=message, line=line, file=rubric.file))
    return problems


def _problem(phrase: str) -> tuple[str, str] | None:
    try:
        variants(phrase)
    except PatternError as error:
        return error.code, f"{phrase!r}: {error}"
    return None


def _rule(rule_id: str, criterion: Criterion, test: PhraseTest, languages: tuple[str, ...]) -> Rule:
    window = {"within_first_s": test.within_first_s, "within_last_s": test.within_last_s}
    saying = AuthoredSaying.model_validate(
        {
            "speaker": test.speaker,
            "phrases": test.phrases,
            "unless": test.unless,
            "window": {key: value for key, value in window.items() if value is not None},
            "min_similarity": test.min_similarity,
        }
    )
    return Rule(
        id=rule_id,
        title=criterion.title,
        severity=Severity.MINOR,
        expect=Expectation.SIGNAL,
        fingerprint=question_fingerprint(test),
        condition=words_only(saying, rule_id, test.expect, languages),
        languages=languages,
    )
