"""Words that tell what a number is: "card number", "security code", or something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import Turn

_PATTERNS = {
    "card_number": r"(?:card|visa|mastercard|amex) numbers?|long (?:card )?number|card details"
    r"|(?:numbers?|digits) (?:on|across|from) (?:the |your )?(?:front|card)|(?:sixteen|16|fifteen|15)[- ]digits?",
    "security_code": r"(?:card )?(?:security|verification) (?:code|number|value|digits)|\bc ?[,.]? ?v ?[,.]? ?[vc]2?\b"
    r"|\bcvn\b|(?:three|four|3|4)[- ]digits? (?:\w+ ){0,3}(?:on|at) (?:the )?(?:back|front)"
    r"|(?:numbers?|digits|code) (?:on|at) (?:the |your )?back",
    "other": r"(?:account|phone|telephone|mobile|cell|reference|tracking|confirmation|order|policy|case|ticket|claim"
    r"|routing|invoice|member|membership|customer|serial|meter|contact) (?:number|no\b)|\bimei\b|\biban\b|sort code"
    r"|zip code|post ?code",
}
_ANY = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS.items()), re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Cue:
    """A cue's place: the turn's position and the words ``first..last`` (both included)."""

    turn: int
    first: int
    last: int
    kind: str


def find_cues(turns: Sequence[Turn]) -> tuple[Cue, ...]:
    """Return all cues in order; kinds are ``card_number``, ``security_code`` and ``other``."""
    found = []
    for position, turn in enumerate(turns):
        text = turn.text
        for match in _ANY.finditer(text):
            first = text.count(" ", 0, match.start())
            last = text.count(" ", 0, match.end())
            found.append(Cue(turn=position, first=first, last=last, kind=str(match.lastgroup)))
    return tuple(found)
