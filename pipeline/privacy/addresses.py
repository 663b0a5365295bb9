"""Find where somebody lives: house number with street, flat, post office box, postcode. Towns alone stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.cues import Cue
from pipeline.privacy.masks import Mask
from pipeline.privacy.stretch import Stretch
from pipeline.records import Turn

KIND = "address"
ASKED_TURNS = 3
_UNITS = "oh|zero|one|two|three|four|five|six|seven|eight|nine"
_SMALL = (
    "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
    "|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_WORD = rf"(?:{_UNITS}|{_SMALL}|hundred|thousand)"
_NUMBER = rf"(?:\d{{1,6}}[a-d]?|{_WORD}(?: (?:and )?{_WORD}){{0,6}})"
_SURE = "street|avenue|boulevard|lane|road|crescent|parkway|st|ave|blvd|rd|ln"
_SURE_KINDS = frozenset(_SURE.split("|"))
_MAYBE = "drive|court|circle|way|place|terrace|square|close|highway|trail|row|gardens|mews|hill|dr|ct|pl|hwy|grove|walk"
_NO_NAME_LIST = (
    "the a an of in on at to by and or for from with is was my your his her our their this that these those it "
    "one more other another last next first second whole single days day weeks week months month years year hours "
    "hour minutes minute seconds dollars dollar percent pounds euros cents miles mile feet times people things of "
    "off per down up out lane way block blocks long short different separate busy main toll open public major "
    "hundred thousand million am pm percent gigs gb mb megabits bars devices calls bills i you he she we they "
    "have has had need want do did does not no"
)
_NO_NAME = "|".join(sorted(set(_NO_NAME_LIST.split())))
_NAME = rf"(?:(?!(?:{_NO_NAME})\b)(?:[a-z][a-z']*\.?|\d{{1,3}}(?:st|nd|rd|th)|mc [a-z]+))"
_FLAT = r"(?:apartment|apt|unit|suite|flat|number|lot|floor)(?: number)? (?:[a-z]|\d+[a-z]?|[a-z]+)(?: [a-z])?"
_STREET = re.compile(
    rf"\b{_NUMBER} (?:(?:north|south|east|west|n|s|e|w) )?(?:{_NAME} ){{1,3}}?"
    rf"(?P<kind>(?:(?:{_SURE}|{_MAYBE}) ){{0,2}}(?:{_SURE}|{_MAYBE}))\b"
    rf"(?: (?:north|south|east|west)\b)?(?: {_FLAT}\b)?"
)
_BOX = re.compile(rf"\b(?:p ?o|post office|po) box (?:number )?{_NUMBER}")
_TOLD = re.compile(
    r"\b(?:address is|address it's|live (?:at|on)|living at|moved to|reside at)(?: now)? "
    rf"(?P<value>{_NUMBER} (?:{_NAME} ?){{1,3}})"
)
_UK_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]? ?\d(?!st\b|nd\b|rd\b|th\b)[a-z]{2}\b")
_ZIP_BEHIND = re.compile(rf"(?: [a-z]+){{0,5}}? (?:\d{{5}}(?:-\d{{4}})?|(?:{_UNITS})(?: (?:{_UNITS})){{4}})(?!\S)")
_SPELLED = re.compile(
    rf"(?<!\S)(?:[a-z]|\d[a-z]{{0,2}}|[a-z]{{1,2}}\d{{1,2}}[a-z]?|{_UNITS})"
    rf"(?: (?:[a-z]|\d[a-z]{{0,2}}|{_UNITS})){{4,7}}(?!\S)"
)
_AS_AMOUNT = re.compile(r"(?<!\S)(?=(?:[.,]?\d){5}(?!\S))\d+[.,]\d+")  # "6.0614", as a recogniser writes 60614
_ASKED = re.compile(r"\baddress|\blive\b|\bliving\b|\bstreet\b", re.IGNORECASE)


def find_addresses(turns: Sequence[Turn], stretches: Sequence[Stretch], cues: Sequence[Cue]) -> Iterator[Mask]:
    """Yield streets with their house number, post office boxes and postcodes.

    Args:
        turns: The call.
        stretches: What its speakers say.
        cues: All cues of the call.
    """
    asked = [i for i, turn in enumerate(turns) if _ASKED.search(turn.text) and "mail address" not in turn.text]
    for stretch in stretches:
        for match in _STREET.finditer(stretch.text):
            words = stretch.words[stretch.at(match.start()) : stretch.at(match.end() - 1) + 1]
            named = [word for word in words[1:] if word.capital]
            is_asked = any(0 <= words[0].turn - i <= ASKED_TURNS for i in asked)
            sure = not _SURE_KINDS.isdisjoint(match["kind"].split())
            if sure or is_asked or len(named) >= 2:
                tail = _ZIP_BEHIND.match(stretch.text, match.end())
                yield from stretch.masks_of(match.start(), tail.end() if tail else match.end(), KIND)
        for match in _TOLD.finditer(stretch.text):
            first = stretch.at(match.start("value"))
            last = stretch.at(match.end("value") - 1)
            ends = next((i for i in range(first + 1, last) if stretch.words[i].ends), last)
            yield from stretch.masks(first, ends, KIND)
        for pattern in (_BOX, _UK_POSTCODE):
            for match in pattern.finditer(stretch.text):
                yield from stretch.masks_of(match.start(), match.end(), KIND)
        yield from _spelled_postcodes(stretch, cues)


def _spelled_postcodes(stretch: Stretch, cues: Sequence[Cue]) -> Iterator[Mask]:
    for match in (*_SPELLED.finditer(stretch.text), *_AS_AMOUNT.finditer(stretch.text)):
        word = stretch.words[stretch.at(match.start())]
        before = [cue for cue in cues if (cue.turn, cue.last) < (word.turn, word.place) and word.turn - cue.turn <= 2]
        if before and before[-1].kind == KIND:
            yield from stretch.masks_of(match.start(), match.end(), KIND)
