"""Split text into words with written numbers whole: "$1,240.50", "9:30am", "12.5%", "5th", "24/7"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.numbers.units import SIGNS
from pipeline.text import Token, fold, tokens

_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+[.:][0-9]+|[0-9]+")
_LETTERS_BEHIND = re.compile(r"([0-9]+)([a-z]+)")
_HALF_OF_DAY = re.compile(r"[ap]\.m\b\.?", re.IGNORECASE)


def spoken_tokens(text: str) -> tuple[Token, ...]:
    """Split text as `pipeline.text.tokens` does, but keep a written number whole and name the signs beside it.

    Example: ``spoken_tokens("$1,240.50")`` gives ``$`` and ``1240.50``; ``"9a.m."`` gives ``9`` and ``am``.
    """
    if text.isalpha() or (text.isascii() and not re.search(r"[0-9$%]|[ap]\.", text, re.IGNORECASE)):
        return tokens(text)
    found: list[Token] = []
    end = 0
    for token in tokens(text):
        if token.char_start < end:  # part of a number that is taken already
            continue
        gap = text[end : token.char_start]
        end = token.char_end
        if not token.folded[:1].isdecimal() or not token.folded.isascii():
            half_of_day = _HALF_OF_DAY.match(text, token.char_start)
            if half_of_day and token.folded in {"a", "p"}:
                end = half_of_day.end()
                found.append(_token(token.folded + "m", token.char_start, end))
            else:
                found.append(token)
            continue
        found += _number_tokens(text, gap, token, range_of_two=_is_range(text, token, found))
        end = found[-1].char_end
        sign = text[end : end + 1]
        if sign in {"%", "¢"} or (sign in SIGNS and not text[end + 1 : end + 2].isdecimal()):
            found.append(_token({"%": "percent", "¢": "cents"}.get(sign, sign), end, end + 1))
            end += 1
    return tuple(found)


def _number_tokens(text: str, gap: str, token: Token, *, range_of_two: bool) -> list[Token]:
    """Return the tokens of a number that begins where ``token`` does, ``gap`` being what stands before it."""
    start = token.char_start
    found = []
    if gap[-1:] in SIGNS and gap:
        found.append(_token(gap[-1], start - 1, start))
    if range_of_two:  # "2-3 days" is said "two to three days"
        found.append(_token("to", start - 1, start))
    grouped = _GROUPED.match(text, start)
    is_part = re.search(r"[0-9][.:,]$", text[:start]) or (grouped and re.match(r"[.:,]?[0-9]", text[grouped.end() :]))
    if grouped and grouped.end() > token.char_end and not is_part:  # "1.2.3" is no number
        digits, end = grouped.group().replace(",", ""), grouped.end()
        rest = re.match(r"[^\W\d_]+", text[end:])  # the "am" of "9:30am" is a word of its own
        return [*found, _token(digits, start, end), *([_token(rest[0], end, end + rest.end())] if rest else [])]
    apart = _LETTERS_BEHIND.fullmatch(token.folded)
    same_length = len(token.folded) == token.char_end - start
    if apart and same_length and apart[2] not in {"st", "nd", "rd", "th"}:
        middle = start + len(apart[1])
        dotted = text[middle : middle + 4].casefold() in {"a.m.", "p.m."}
        end = middle + 4 if dotted else token.char_end
        letters = apart[2] + "m" if dotted else apart[2]
        return [*found, _token(apart[1], start, middle), _token(letters, middle, end)]
    return [*found, token]


def _is_range(text: str, token: Token, before: Sequence[Token]) -> bool:
    """Tell whether a token is the second of just two small numbers with a dash between them, the larger one."""
    if len(before) != 1 or re.fullmatch(r"[^\w$]*[0-9]{1,2}[-–][0-9]{1,2}(?![-–]?[0-9])[^$]*", text) is None:
        return False
    first, second = re.match(r"[0-9]+", before[0].folded), re.match(r"[0-9]+", token.folded)
    return bool(first and second and int(first[0]) < int(second[0]))


def _token(folded: str, start: int, end: int) -> Token:
    return Token(folded=fold(folded), char_start=start, char_end=end)
