"""Find e-mail addresses: "j.smith@acme.com", "john dot smith at gmail dot com", spelled and over turns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.digits import Kind, read
from pipeline.privacy.masks import Mask
from pipeline.privacy.stretch import Stretch
from pipeline.records import Turn

KIND = "email_address"
MAX_PLAIN_WORDS = 3
MAX_LOCAL_WORDS = 24
ASKED_TURNS = 4
_TOP = "com|net|org|edu|gov|mil|info|biz|co|io|me|us|uk|ca|au|de|fr|es|it|nl|ie|in|nz|eu|ai|app|dev|mx|br|ch|at"
_WRITTEN = re.compile(r"(?<![\w.+'-])[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_DOMAIN = re.compile(
    rf"(?<!\S)(?:at|@) (?:the )?((?:[a-z0-9-]+ ){{0,2}}?[a-z0-9-]+(?:(?: dot |\.)[a-z0-9-]+)*?(?: dot |\.)(?:{_TOP}))"
    rf"(?:(?: dot |\.)(?:{_TOP}))?(?!\S)"
)
# After "your email?" people leave "dot com" out.
_MAILBOXES = "gmail|googlemail|yahoo|hotmail|outlook|icloud|aol|proton|protonmail|comcast|verizon|msn|live|gmx|fastmail"
_BARE_DOMAIN = re.compile(rf"(?<!\S)(?:at|@) (?:{_MAILBOXES})(?!\S)")
_CONNECTORS = frozenset("dot period point underscore dash hyphen minus plus".split())  # noqa: SIM905 - a list of words
_WRITTEN_AS = frozenset("all word together lowercase".split())  # noqa: SIM905 - "all one word"
_STOP_LIST = (
    "is it's its that's thats email e-mail mail address to me my the a an and yes yeah yep sure okay ok so at on "
    "for it that this you your us as well please sorry right hello hi thanks thank of be am i'm will i send sent "
    "reach them him her under again just use with be would no not our site website page store shop online there "
    "here have has"
)
_STOPS = frozenset(_STOP_LIST.split())
_ASKED = re.compile(r"\be-?mail\b", re.IGNORECASE)
_PAIR = re.compile(r"(?<!\S)(\S+) (?:dot|underscore|dash|hyphen) (\S+)(?!\S)")
_NO_PAIR = frozenset("www com net org co uk".split())  # noqa: SIM905 - a list of words


def find_emails(turns: Sequence[Turn], stretches: Sequence[Stretch]) -> Iterator[Mask]:
    """Yield e-mail addresses, and what somebody repeats of one.

    Args:
        turns: The call.
        stretches: What its speakers say.
    """
    locals_said: set[str] = set()
    asked = [i for i, turn in enumerate(turns) if _ASKED.search(turn.text)]
    for stretch in stretches:
        for match in _WRITTEN.finditer(stretch.text):
            yield from stretch.masks_of(match.start(), match.end(), KIND)
        for match in (*_DOMAIN.finditer(stretch.text), *_BARE_DOMAIN.finditer(stretch.text)):
            at = stretch.at(match.start())
            turn = stretch.words[at].turn
            if match.re is _BARE_DOMAIN and not any(0 <= turn - i <= ASKED_TURNS for i in asked):
                continue
            first = _local_part(turns, stretch, at)
            if first < at:
                locals_said |= {word.plain for word in stretch.words[first:at]}
                yield from stretch.masks(first, stretch.at(match.end() - 1), KIND)
    for stretch in stretches:
        for match in _PAIR.finditer(stretch.text):
            turn = stretch.words[stretch.at(match.start())].turn
            is_asked = any(0 <= turn - i <= ASKED_TURNS for i in asked)
            known = locals_said & {match.group(1), match.group(2)}
            if (known or is_asked) and match.group(2) not in _NO_PAIR and match.group(1) not in _STOPS | _NO_PAIR:
                yield from stretch.masks_of(match.start(), match.end(), KIND)


def is_email_talk(turns: Sequence[Turn], turn: int) -> bool:
    """Tell whether letters that are spelled in a turn spell an e-mail address."""
    for i in range(turn, max(turn - ASKED_TURNS, -1), -1):
        text = turns[i].text
        last = [(m.start(), "mail" in m.group().lower()) for m in re.finditer(r"(?i)\be-?mail\b|\bname\b|spell", text)]
        if last:
            return any(is_mail for _, is_mail in last)
    return False


def _local_part(turns: Sequence[Turn], stretch: Stretch, at: int) -> int:
    """Return where the part before "at" begins; ``at`` itself where there is none."""
    first, plain, i = at, 0, at - 1
    while i >= 0 and at - i <= MAX_LOCAL_WORDS:
        word = stretch.words[i]
        connected = i + 1 < at and stretch.words[i + 1].plain in _CONNECTORS
        letters = len(word.plain) == 1 or read(word.plain).kind in {Kind.DIGITS, Kind.TENS, Kind.MULTIPLIER}
        spelled = len(word.plain) == 1 and (_is_letter(stretch, i - 1) or (i + 1 < at and _is_letter(stretch, i + 1)))
        if word.plain.startswith("[") or (word.plain in _STOPS and not connected and not spelled):
            break
        if word.turn != stretch.words[i + 1].turn and not connected and not is_email_talk(turns, word.turn):
            break
        if not (connected or letters or word.plain in _CONNECTORS | _WRITTEN_AS):
            plain += 1
            if plain > MAX_PLAIN_WORDS or (i + 1 < at and word.raw.rstrip()[-1:] in ".?!"):
                break
        first, i = i, i - 1
    while first < at and stretch.words[first].plain in _CONNECTORS:
        first += 1
    return first


def _is_letter(stretch: Stretch, i: int) -> bool:
    return 0 <= i < len(stretch.words) and len(stretch.words[i].plain) == 1
