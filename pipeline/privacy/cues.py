"""Words that tell what a number is: "card number", "security code", "date of birth", or something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import Turn

OTHER = "other"
_PATTERNS = {
    "card_number": r"(?:card|visa|mastercard|amex) numbers?|long (?:card )?number|card details"
    r"|(?:numbers?|digits) (?:on|across|from) (?:the |your )?(?:front|card)"
    r"|\b(?:my|the) (?:visa|mastercard|amex|card)(?: is|'s)?(?= (?:um |uh )?(?:zero|one|two|three|four|five|six|seven"
    r"|eight|nine|\w+teen|\w+ty|[0-9]{2,})\b)|your card,? (?:whenever|when|once)(?= you)"
    r"|(?:sixteen|16|fifteen|15)[- ]digits?",
    "security_code": r"(?:card )?(?:security|verification) (?:code|number|value|digits)|\bc ?[,.]? ?v ?[,.]? ?[vc]2?\b"
    r"|\bcvn\b|(?:three|four|3|4)[- ]digits? (?:\w+ ){0,3}(?:on|at) (?:the )?(?:back|front)"
    r"|(?:numbers?|digits|code|three) (?:on|at) (?:the |your )?(?:back|reverse)|(?:three|3)[- ]digits? code"
    r"|expir\w+(?: date)? and (?:the )?(?:last )?(?:three|3)(?: digits?| numbers?)?|the back says"
    r"|signature strip|\bsee vee vee\b|\bpin\b(?: code| number)?",
    "social_security_number": r"social(?: security)?(?: number| code)?\b|\bssn\b|\bs ?[.,]? ?s ?[.,]? ?n\b"
    r"|national insurance number|tax(?:payer)? (?:id|identification)(?: number)?",
    "account_number": r"(?:account|routing|member(?:ship)?|customer|policy|loan|subscriber) ?(?:number|no\b|id\b|#)"
    r"|\biban\b|sort code|(?:last|first) (?:four|4|three|3|six|6)(?: digits?| numbers?)?(?: of| on| from)?"
    r"(?: your| the| my)?(?: bank| checking| savings)? account|(?:checking|savings|bank) account\b"
    r"|\baccount(?= (?:is|ending|ends|[0-9]{4}))",
    "phone_number": r"(?:phone|telephone|mobile|cell|cellphone|contact|callback|call back|home|work|landline)"
    r" ?(?:number|no\b|phone)|\b(?:call|reach|ring|text|phone)(?: me| us| him| her)?(?: back)? (?:at|on)\b"
    r"|best number|my number|your number|\bcell\b|\bmobile is\b",
    "date_of_birth": r"dates? of birth|birth ?date|birthday|\bd[. ]?o[. ]?b\b|\bborn\b",
    "address": r"zip(?: code)?\b|post(?:al)? ?code",
    OTHER: r"(?:reference|tracking|confirmation|order|case|ticket|claim|invoice|serial|meter|model|part|room|flight"
    r"|booking|extension|item|product|article) (?:number|no\b|id\b|code)|\bimei\b",
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
    """Return all cues in order; their kinds are those of `PERSONAL_KINDS` that are numbers, and ``other``."""
    found = []
    for position, turn in enumerate(turns):
        text = turn.text
        for match in _ANY.finditer(text):
            first = text.count(" ", 0, match.start())
            last = text.count(" ", 0, match.end())
            found.append(Cue(turn=position, first=first, last=last, kind=str(match.lastgroup)))
    return tuple(found)
