"""What people type to search, as terms: words, "phrases", `near:5(a b)`, `agent:`, `customer:`, `-not`.

Only what stands here has a meaning: operators of databases cannot be typed, because nothing but words leaves this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.errors import QueryError
from pipeline.store.search_words import search_words

Speaker = Literal["agent", "customer"]

MOST_CHARACTERS = 500
MOST_TERMS = 12
MOST_WORDS = 20
MOST_BETWEEN = 20
USUAL_BETWEEN = 5
LEAST_BEFORE_STAR = 3

ALLOWED = (
    'write words (refund cancel), "an exact phrase", the beginning of a word (refund*), near:5(refund cancel), '
    "agent:refund or customer:refund, and -word for calls without it"
)

_BLANK = re.compile(r"[\s\x00-\x1f\x7f]*")
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
_ITEM = re.compile(
    r"""(?P<minus>-?) (?:(?P<speaker>agent|customer):)?
        (?: near(?::(?P<between>\d{1,6}))?:?\((?P<near>[^()]*)\)
          | "(?P<phrase>[^"]*)"(?P<open>\*?)
          | (?P<plain>[^\s"\x00-\x1f\x7f]+) )""",
    re.VERBOSE | re.IGNORECASE,
)
_PREFIX = re.compile(r"([a-z]+):(.?)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """Something that one turn says.

    Attributes:
        words: In this order one after the other, comparable as `search_words` makes them.
        beginning: Whether the last word may go on: ``refund*``.
        between: For two words in either order: at most so many others between them; None for a phrase.
        speaker: Who says it; None for anybody.
    """

    words: tuple[str, ...]
    beginning: bool = False
    between: int | None = None
    speaker: Speaker | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What a call has to say, each in some turn, and what no turn of it may."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()


def parse_query(text: str, *, speaker: Speaker | None = None) -> Query:
    """Return what somebody typed.

    Args:
        text: As it was typed.
        speaker: Who says the terms for which nobody is named.

    Raises:
        QueryError: It is too long, or cannot be meant like this; the message says what is allowed.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"the search has {len(text):,} characters; at most {MOST_CHARACTERS} are allowed")
    wanted: dict[Term, None] = {}
    unwanted: dict[Term, None] = {}
    for excluded, term in _terms(text.translate(_QUOTES)):
        (unwanted if excluded else wanted)[replace(term, speaker=term.speaker or speaker)] = None
    if not wanted:
        what = "say at least one thing that a call must have" if unwanted else "there is no word to look for"
        raise QueryError(f"{what}: {ALLOWED}")
    if len(wanted) + len(unwanted) > MOST_TERMS:
        raise QueryError(f"at most {MOST_TERMS} words or phrases at once; put those that belong together in quotes")
    return Query(wanted=tuple(wanted), unwanted=tuple(unwanted))


def _terms(text: str) -> Iterator[tuple[bool, Term]]:
    at = 0
    while (at := _end_of_blank(text, at)) < len(text):
        found = _ITEM.match(text, at)
        if found is None:
            raise QueryError('a quote " is opened and not closed')
        at = found.end()
        term = _term(found)
        if term is not None:
            yield found["minus"] == "-", term


def _end_of_blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _term(found: re.Match[str]) -> Term | None:
    """Return the term of an item; None where there is no word in it, such as a dash."""
    speaker: Speaker | None = None
    if found["speaker"]:
        speaker = "agent" if found["speaker"].casefold() == "agent" else "customer"
    if found["near"] is not None:
        return _near(found["near"], found["between"], speaker)
    typed = found["phrase"] if found["phrase"] is not None else found["plain"]
    if found["plain"] is not None:
        _require_no_prefix(typed)
    beginning = bool(found["open"]) or (found["phrase"] is None and typed.endswith("*"))
    words = tuple(search_words(typed))
    if not words:
        return None
    if len(words) > MOST_WORDS:
        raise QueryError(f"a phrase has at most {MOST_WORDS} words")
    if beginning:
        _require_enough(words[-1])
    return Term(words=words, beginning=beginning, speaker=speaker)


def _near(typed: str, between: str | None, speaker: Speaker | None) -> Term:
    words = tuple(search_words(typed))
    count = USUAL_BETWEEN if between is None else int(between)
    if len(set(words)) != 2 or len(words) != 2 or "*" in typed:
        raise QueryError(f"near looks for two different words: near:{USUAL_BETWEEN}(refund cancel)")
    if count > MOST_BETWEEN:
        raise QueryError(f"near allows at most {MOST_BETWEEN} words between the two")
    return Term(words=words, between=count, speaker=speaker)


def _require_no_prefix(typed: str) -> None:
    prefix = _PREFIX.match(typed)
    if prefix is None:
        return
    name = prefix[1].casefold()
    if name in ("agent", "customer"):
        if not prefix[2]:
            raise QueryError(f'after {name}: stands a word or a "phrase", without a blank between')
        raise QueryError(f"only one of agent: and customer: can stand before a word; {ALLOWED}")
    if name == "near":
        raise QueryError(f"near is written with two words in brackets: near:{USUAL_BETWEEN}(refund cancel)")
    if prefix[2]:
        raise QueryError(f"there is no {prefix[1]}:, only agent:, customer: and near:; {ALLOWED}")


def _require_enough(word: str) -> None:
    if len(word) < LEAST_BEFORE_STAR:
        raise QueryError(f"before * stand at least {LEAST_BEFORE_STAR} characters, such as ref*")
