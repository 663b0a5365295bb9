"""Find persons' names: introduced, addressed, asked for, spelled, or read by a tagger; then everywhere in the call.

The agent's own name, as the agent gives it, stays: rules ask for it, and it stands on the metadata of the call anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pipeline.privacy.emails import is_email_talk
from pipeline.privacy.masks import Mask
from pipeline.privacy.name_words import FIRST_NAMES, NO_NAME, PARTICLES, TITLES, WORDS_TOO
from pipeline.privacy.stretch import Spoken, Stretch
from pipeline.records import Role, Turn

KIND = "person_name"
MAX_NAME_WORDS = 3
MIN_SPELLED = 3
SPELL_CUE_TURNS = 3
_GIVEN = "(?:full |first |last |middle |maiden |given |family |legal )?name"
_OWN = re.compile(
    rf"\b(?:(?:my|the) {_GIVEN}(?: is|'s)|name's|names|you(?: are|'re) (?:speaking|talking) (?:with|to)|this is|call me"
    r"|i am|i'm|im|you've reached)(?!\S)"
)
_LAST_BEFORE = re.compile(r"(?<!\S)([a-z][a-z'-]+) (?:speaking|here)(?!\S)")
_SURE = re.compile(
    rf"\b(?:(?:my|the|his|her|their|your|'s) {_GIVEN}(?: is|'s| would be| was)|name's|{_GIVEN} is"
    r"|(?:first|last|middle|maiden|family) name|surname(?: is|'s)?|call me|am i (?:speaking|talking) (?:with|to)"
    r"|(?:may|can|could) i (?:please )?(?:speak|talk) (?:with|to)|(?:looking|calling|asking) for"
    r"|name (?:on|of|for|under) (?:the |your |this |my )?(?:account|card|policy|order|file|booking|reservation)"
    r"(?: is|'s)?"
    r"|under the name(?: of)?|in the name of|account ?holder(?: is|'s)?|on behalf of|addressed to)(?!\S)"
)
_WITH_CAPITAL = re.compile(
    r"\b(?:this is|i am|i'm|im|is (?:this|that)|(?:speaking|talking|spoke|talked) (?:with|to)|hi|hello|hey|thanks"
    r"|thank you|dear|good (?:morning|afternoon|evening)|sorry|bye|here is|husband|wife|son|daughter|partner|brother"
    r"|sister|mother|father|mum|mom|dad|(?:doctor|colleague|manager|supervisor|miss|madam|sir|aunt|uncle|cousin|friend))(?!\S)"
)
_COMPANY_GREETING = re.compile(
    r"(?:thank you|thanks) for calling|how (?:can|may) i help|welcome to|line is recorded|recorded line"
)
_COMPANY_LIST = (
    "bank banking recovery internet mobile group insurance company inc ltd llc services service energy power "
    "surgery sales auto motors store stores airlines hotel university hospital clinic collections finance "
    "financial credit telecom wireless electric gas water support care solutions systems partners associates "
    "scanner printer street road resort inn airways pharmacy logistics"
)
_ONLY_NAMES = FIRST_NAMES - WORDS_TOO
_COMPANY_WORDS = frozenset(_COMPANY_LIST.split())
_NAME_ASKED = re.compile(
    r"\b(?:your|the|account holder'?s?) (?:full |first |last |middle |maiden |complete )*(?:and )?(?:last )?name\b"
    r"|maiden name|name (?:is )?(?:on|for|under|of) (?:the|your|this) (?:card|account|policy)\b"
    r"|what name is the account|who(?: is|'s) the account ?holder|who am i (?:speaking|talking)|who is calling"
    r"|who's calling|(?:first|last|full) name please",
    re.IGNORECASE,
)
_SPELL = re.compile(r"\bspell|\bname\b|\bsurname\b", re.IGNORECASE)
_SHAPE = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]*)*")
_HYPHENED = re.compile(r"(?:[a-z][-.]){2,}[a-z]")
_LEADS = frozenset("yes yeah yep sure it's its it is okay ok of course that's my name so oh hi hello and this".split())  # noqa: SIM905


def agents_own_names(turns: Sequence[Turn], stretches: Iterable[Stretch]) -> frozenset[str]:
    """Return the words of the names that agents give as their own, folded.

    Where roles are unknown, a turn that greets for a company is taken for the agent's.
    """
    own: set[str] = set()
    for stretch in stretches:
        for match in _OWN.finditer(stretch.text):
            first = stretch.at(match.end() - 1) + 1
            if first < len(stretch.words) and _is_agents(turns[stretch.words[first].turn]):
                span = _taken(stretch, first, sure="name" in match.group() or match.group().startswith("you"))
                own |= {_bare(word) for word in stretch.words[first : span + 1]}
        for match in _LAST_BEFORE.finditer(stretch.text):
            at = stretch.at(match.start())
            if _is_agents(turns[stretch.words[at].turn]) and _may_be_name(stretch.words[at], sure=False):
                own.add(_bare(stretch.words[at]))
    return frozenset(own - {""})


def _is_agents(turn: Turn) -> bool:
    return turn.role is Role.AGENT or (
        turn.role in {Role.UNKNOWN, Role.SYSTEM} and bool(_COMPANY_GREETING.search(turn.text.casefold()))
    )


def find_names(
    turns: Sequence[Turn],
    stretches: Sequence[Stretch],
    persons: Sequence[Sequence[tuple[int, int]]],
    own: frozenset[str],
) -> tuple[list[Mask], frozenset[str]]:
    """Return where names are said, and their words, folded.

    Args:
        turns: The call.
        stretches: What its speakers say.
        persons: For each turn the characters that a tagger takes for a person.
        own: What `agents_own_names` gave.
    """
    masks: list[Mask] = []
    for stretch in stretches:
        masks += _introduced(turns, stretch, own)
    masks += _answered(turns, stretches, own)
    masks += _tagged(turns, persons, own)
    known = frozenset(
        bare
        for mask in masks
        for word in turns[mask.turn].words[mask.first : mask.last + 1]
        if len(bare := _folded(word.text)) > 2 and bare not in NO_NAME and bare not in PARTICLES
    )
    for stretch in stretches:
        masks += _again(stretch, known - own)
        masks += _spelled(turns, stretch, known)
    return masks, known - own


def names_again(words: Sequence[str], known: frozenset[str]) -> list[bool]:
    """Tell for each word of a text whether it is one of the names that are known."""
    return [(bare := _folded(word)) in known and (word[:1].isupper() or bare not in WORDS_TOO) for word in words]


def _introduced(turns: Sequence[Turn], stretch: Stretch, own: frozenset[str]) -> Iterator[Mask]:
    for pattern, sure in ((_SURE, True), (_WITH_CAPITAL, False)):
        for match in pattern.finditer(stretch.text):
            first = stretch.at(match.end() - 1) + 1
            yield from _from(turns, stretch, first, own, sure=sure, lead=match.group())
    for i, word in enumerate(stretch.words):
        if word.plain in TITLES or (word.plain in {"miss", "doctor"} and word.capital):
            yield from _from(turns, stretch, i + 1, own, sure=word.plain in TITLES, lead=word.plain)
        elif not word.capital and _bare(word) in _ONLY_NAMES and _bare(word) not in own:
            yield from stretch.masks(i, i, KIND)  # in a transcript without capitals


def _from(
    turns: Sequence[Turn], stretch: Stretch, first: int, own: frozenset[str], *, sure: bool, lead: str
) -> Iterator[Mask]:
    """Yield the name that begins at word ``first``, where one does."""
    while first < len(stretch.words) and stretch.words[first].plain in TITLES | {"is", "miss", "doctor"}:
        sure = sure or stretch.words[first].plain in TITLES
        first += 1
    if first >= len(stretch.words):
        return
    last = _taken(stretch, first, sure=sure)
    if last < first:
        return
    words = stretch.words[first : last + 1]
    if not sure and _says_company([word.raw for word in stretch.words], first, last):
        return
    if all(_bare(word) in own for word in words) and (
        _is_agents(turns[words[0].turn]) or not lead.startswith(("my", "name", "i", "this is", "call"))
    ):
        return
    yield from stretch.masks(first, last, KIND)


def _taken(stretch: Stretch, first: int, *, sure: bool) -> int:
    """Return the last word of the name that begins at ``first``; ``first - 1`` where none does."""
    last = first - 1
    with_capitals = stretch.words[first].capital if first < len(stretch.words) else False
    names, compound = 0, False
    for i in range(first, len(stretch.words)):
        word = stretch.words[i]
        if names == MAX_NAME_WORDS:
            break
        if word.plain in PARTICLES and i + 1 < len(stretch.words) and stretch.words[i + 1].capital == with_capitals:
            if stretch.words[i + 1].plain in NO_NAME:
                break
            compound = i > first
            continue
        if with_capitals != word.capital or not _may_be_name(word, sure=sure or i > first):
            break
        if not with_capitals and names > 1 and not compound:
            break
        last, names, compound = i, names + 1, False
        if word.ends:
            break
    return last


def _may_be_name(word: Spoken, *, sure: bool) -> bool:
    bare = _bare(word)
    if not _SHAPE.fullmatch(bare) or len(bare) < 2 or bare in NO_NAME - WORDS_TOO or word.raw.startswith("["):
        return False
    if bare in NO_NAME or (bare in WORDS_TOO and not sure):
        return word.capital
    return sure or word.capital or bare in FIRST_NAMES


def _answered(turns: Sequence[Turn], stretches: Sequence[Stretch], own: frozenset[str]) -> Iterator[Mask]:
    """Yield the name in a short answer to "your name, please"."""
    asked = {i for i, turn in enumerate(turns) if _NAME_ASKED.search(turn.text)}
    for stretch in stretches:
        for position in dict.fromkeys(word.turn for word in stretch.words):
            if position - 1 not in asked or turns[position].role is turns[position - 1].role is Role.AGENT:
                continue
            places = [i for i, word in enumerate(stretch.words) if word.turn == position]
            while places and stretch.words[places[0]].plain in _LEADS:
                places.pop(0)
            if not places:
                continue
            names = sum(stretch.words[place].plain not in PARTICLES for place in places)
            last = _taken(stretch, places[0], sure=names <= MAX_NAME_WORDS or stretch.words[places[0]].capital)
            said = stretch.words[places[0] : last + 1]
            short = last - places[0] + 1 == len(places) or (said and said[-1].ends and said[0].capital)
            if said and short and not all(_bare(word) in own for word in said):
                yield from stretch.masks(places[0], last, KIND)


def _tagged(turns: Sequence[Turn], persons: Sequence[Sequence[tuple[int, int]]], own: frozenset[str]) -> Iterator[Mask]:
    """Yield what a tagger takes for persons and what may be a name by its words."""
    for position, (turn, spans) in enumerate(zip(turns, persons, strict=True)):
        text = turn.text
        for start, end in spans:
            if text[start:].casefold().startswith("the "):
                continue
            first, last = text.count(" ", 0, start), text.count(" ", 0, end)
            words = [word.text for word in turn.words]
            while first <= last and not _is_tagged_name(words[first]):
                first += 1
            while last >= first and not _is_tagged_name(words[last]):
                last -= 1
            if _is_company(words, first, last) or _says_company(words, first, last):
                continue
            inside = [_folded(word) for word in words[first : last + 1]]
            if inside and all(_is_tagged_name(word) for word in words[first : last + 1]) and not set(inside) <= own:
                yield Mask(turn=position, first=first, last=last, kind=KIND)


def _is_company(words: Sequence[str], first: int, last: int) -> bool:
    """Tell whether a tagger took a company for a person: "thank you for calling Ridgeway", "Sampson Group"."""
    behind = words[last + 1] if last + 1 < len(words) else ""
    named = behind[:1].isupper() and _folded(behind) in _COMPANY_WORDS and words[last][-1:].isalpha()
    return named or [word.casefold() for word in words[max(first - 2, 0) : first]] == ["for", "calling"]


def _says_company(words: Sequence[str], first: int, last: int) -> bool:
    """Tell whether what may be a name stands in a company's: "Good morning, Harbour Bank", "Hotel Bellevue, Tom here".

    A first name among the words makes a person of it: "Jane Street".
    """
    while first > 0 and words[first - 1][:1].isupper() and words[first - 1][-1:].isalnum():
        first -= 1
    while last + 1 < len(words) and words[last][-1:].isalnum() and words[last + 1][:1].isupper():
        last += 1
    said = {_folded(word) for word in words[first : last + 1]}
    return bool(said & _COMPANY_WORDS) and not said & _ONLY_NAMES


def _is_tagged_name(word: str) -> bool:
    bare = _folded(word)
    return word.lstrip("\"'“(")[:1].isupper() and bool(_SHAPE.fullmatch(bare)) and len(bare) > 1 and bare not in NO_NAME


def _again(stretch: Stretch, known: frozenset[str]) -> Iterator[Mask]:
    """Yield names that are known from elsewhere in the call."""
    for i, word in enumerate(stretch.words):
        if _bare(word) in known and (word.capital or _bare(word) not in WORDS_TOO):
            begins = i == 0 or stretch.words[i - 1].raw.rstrip()[-1:] in ".?!"
            if not (begins and _bare(word) in WORDS_TOO and not word.ends):
                yield from stretch.masks(i, i, KIND)


def _spelled(turns: Sequence[Turn], stretch: Stretch, known: frozenset[str]) -> Iterator[Mask]:
    """Yield letters that are read out one by one: "S M I T H", "S-M-I-T-H", "s as in sam"."""
    i = 0
    while i < len(stretch.words):
        letters, last = _letters(stretch, i)
        if len(letters) >= MIN_SPELLED:
            turn = stretch.words[i].turn
            asked = any(_SPELL.search(turns[k].text) for k in range(max(turn - SPELL_CUE_TURNS, 0), turn + 1))
            if is_email_talk(turns, turn):
                yield from stretch.masks(i, last, "email_address")
            elif letters in known or asked:
                yield from stretch.masks(i, last, KIND)
        i = max(last, i) + 1


def _letters(stretch: Stretch, i: int) -> tuple[str, int]:
    """Return the letters that are read out from word ``i`` on, and the last word of them."""
    letters, last = "", i - 1
    while i < len(stretch.words):
        word = stretch.words[i]
        bare = word.raw.casefold().strip(" ,;:?!.\"'")
        if _HYPHENED.fullmatch(bare):
            letters, last, i = letters + re.sub(r"\W", "", bare), i, i + 1
        elif len(bare) == 1 and bare.isalpha():
            letters, last, i = letters + bare, i, i + 1
            rest = [other.plain for other in stretch.words[i : i + 3]]
            if len(rest) > 1 and (rest[0] in {"for", "like"} or rest[:2] == ["as", "in"]):
                skip = 1 if rest[0] in {"for", "like"} else 2
                if rest[skip : skip + 1] and rest[skip].startswith(bare):
                    last, i = i + skip, i + skip + 1
        elif bare in {"double", "and", "dash", "apostrophe", "hyphen"} and letters and i + 1 < len(stretch.words):
            following = stretch.words[i + 1].plain
            if len(following) != 1 or not following.isalpha():
                break
            i += 1
        else:
            break
    return letters, last


def _bare(word: Spoken) -> str:
    return word.plain.removesuffix("'s").removesuffix("'")


def _folded(text: str) -> str:
    bare = text.casefold().replace("’", "'").strip(" .,;:?!\"'()“”…–—-")
    return bare.removesuffix("'s").removesuffix("'")
