"""Calls without what was said in them: digests leave this machine."""

from __future__ import annotations

import dataclasses

from pipeline.records import CallToHear, Scorecard
from pipeline.score.flags.codes import CODES


def wordless(call: CallToHear) -> CallToHear:
    """Return a call whose flags say what their codes mean: a reason can repeat what was said."""
    flags = tuple(dataclasses.replace(flag, reason=CODES.get(flag.code, flag.code), evidence=()) for flag in call.flags)
    return dataclasses.replace(call, flags=flags)


def without_words(card: Scorecard) -> Scorecard:
    """Return a scorecard whose calls to hear show no words of calls."""
    return dataclasses.replace(card, calls_to_hear=tuple(map(wordless, card.calls_to_hear)))
