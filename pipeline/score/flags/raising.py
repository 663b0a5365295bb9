"""All flags of a call, each reason once."""

from __future__ import annotations

from pipeline.config import FlagSettings
from pipeline.records import CallFacts, CallScore, Flag, Rubric, Severity
from pipeline.score.applies import language_gap
from pipeline.score.flags.codes import make_flag
from pipeline.score.flags.criteria import criterion_flags, section_flags
from pipeline.score.flags.figures import confidence_flags, role_flags, score_flags, sentiment_flags
from pipeline.score.flags.findings import finding_flags

_ORDER = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2}


def raise_flags(facts: CallFacts, score: CallScore, rubric: Rubric, settings: FlagSettings) -> tuple[Flag, ...]:
    """Return why a person should hear the call: critical first, then by code and by what it is about.

    One reason gives one flag: a broken rule that a critical criterion has flagged is not flagged once more, and a call
    in a language that the rubric does not cover is not flagged for all that this leaves unknown. The same facts, score
    and settings always give the same flags with the same ids.
    """
    gap = language_gap(facts, rubric)
    if gap is not None:
        flags = [
            make_flag(score, "language_not_covered", Severity.MAJOR, gap),
            *finding_flags(facts, score),  # of rules that are written for this language
            *confidence_flags(facts, score, settings),
        ]
    else:
        flags = [
            *criterion_flags(score),
            *section_flags(score),
            *finding_flags(facts, score),
            *score_flags(facts, score, settings),
            *sentiment_flags(facts, score, settings),
            *confidence_flags(facts, score, settings),
            *role_flags(facts, score),
        ]
    return tuple(sorted(flags, key=lambda f: (_ORDER[f.severity], f.code, f.criterion_id or "", f.rule_id or "")))
