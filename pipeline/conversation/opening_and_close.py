"""When the agent greets, and how long a call lasts once its matter is settled. English only."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from pipeline.conversation.parties import Party
from pipeline.conversation.speech import PAUSE_IN_SPEECH_MS, SpokenWord, joined

LANGUAGE = "en"
GREETED_WITHIN_MS = 60_000  # "my name is on the letter" in the fifth minute greets nobody
LEAST_SUBSTANTIVE_WORDS = 2  # one word outside the list is a name, or a slip of the recogniser: "bye Maria"

# On folded words with single spaces.
_GREETING = re.compile(
    r"\b(?:hello|hi|hiya|hey|greetings|good (?:morning|afternoon|evening|day)|welcome to"
    r"|(?:thank you|thanks) for (?:calling|ringing|phoning|contacting)|my name is|my name's"
    r"|(?:it's|you're through to|you are through to) \w+ (?:\w+ )?(?:from|with|at|calling|speaking)"
    r"|this is (?!(?:an?|the|my|your|our|not|about|for|to|in|on|just|going|being|regarding|why|what|how)\b)\w+"
    r"|you're (?:speaking|talking) (?:with|to)|you are (?:speaking|talking) (?:with|to)|\w+ speaking)\b"
)
_CLOSING = re.compile(
    r"\b(?:(?:thank you|thanks) (?:so much |very much |again )?for (?:calling|ringing|phoning|contacting|your time)"
    r"|bye|goodbye|(?:anything|something) else|nothing else|take care"
    r"|(?:to|let me) (?:just )?(?:summari[sz]e|recap|sum up)"
    r"|(?:that|that's|that is|that was|that'll be) (?:all|everything|it)"
    r"|have an? (?:\w+ )?(?:good |nice |great |lovely |wonderful )?(?:day|one|evening|weekend|afternoon|night|week))\b"
)
_CUSTOMERS_THANKS = re.compile(r"\b(?:thank|thanks|cheers)\b")
_NO_SUBSTANCE = frozenset(
    {
        *(
            "ah",
            "aha",
            "alright",
            "cool",
            "fine",
            "good",
            "great",
            "hm",
            "lovely",
            "mhm",
            "mm",
            "no",
            "nope",
            "oh",
            "ok",
        ),
        *("okay", "perfect", "right", "super", "sure", "uh", "uhhuh", "um", "well", "wonderful", "yeah", "yep", "yes"),
        *("appreciate", "bless", "bye", "byebye", "care", "cheers", "goodbye", "pleasure", "take", "thank", "thanks"),
        *("afternoon", "day", "evening", "later", "morning", "night", "soon", "talk", "week", "weekend"),
        *("all", "awesome", "been", "done", "else", "enough", "everything", "excellent", "fantastic", "nothing"),
        *("help", "helped", "helpful", "helping", "kind", "nice", "patience", "service", "time", "welcome", "works"),
        *("a", "an", "and", "are", "be", "do", "for", "from", "had", "have", "i", "i'll", "i'm", "i've", "is", "it"),
        *("it's", "its", "just", "lot", "me", "much", "my", "need", "needed", "now", "of", "one", "only", "really"),
        *("same", "see", "so", "that", "that'll", "that's", "the", "then", "this", "to", "today", "too", "up", "us"),
        *("very", "was", "we", "we're", "will", "with", "you", "you've", "you're", "your", "yours", "yourself"),
    }
)


def first_greeting_ms(agent: Party) -> int | None:
    """Return when the agent first greets, from the start of the recording; None where the agent does not.

    It is the beginning of the stretch of speech that holds a "hello", a welcome or the agent's own name, in the minute
    after the agent's first word: "Harbour Bank, Maria speaking" greets from "Harbour" on.
    """
    words = [word for word in agent.words if word.start_ms < agent.words[0].start_ms + GREETED_WITHIN_MS]
    greeted = _first(_GREETING, words)
    if greeted is None:
        return None
    return next(s.start_ms for s in reversed(agent.stretches) if s.start_ms <= greeted.start_ms)


def wrap_up_ms(words: Sequence[SpokenWord], customer: Party, duration_ms: int) -> int | None:
    """Return the time from the first words that close the call to the end of the recording.

    Closing words come after the customer's last substantive word: goodbyes, a summary and the offer of further help by
    either party, the customer's thanks, and the agent's "thank you for calling" (an agent's bare "thank you" takes note
    of a date of birth). A stretch of the customer's speech is substantive where at least two of its words are no
    thanks, acknowledgement or goodbye, and so is its last such word.

    Returns:
        None where the customer says nothing of substance, or nothing closes the call afterwards.
    """
    last: SpokenWord | None = None
    for span in joined(customer.words, PAUSE_IN_SPEECH_MS):
        inside = [word for word in customer.words if span.start_ms <= word.start_ms < span.end_ms]
        substantive = [word for word in inside if word.masked or not _NO_SUBSTANCE.issuperset(word.folded)]
        last = substantive[-1] if len(substantive) >= LEAST_SUBSTANTIVE_WORDS else last
    if last is None:
        return None
    after = [word for word in words if word.start_ms >= last.start_ms and word is not last]
    closing = _first(_CLOSING, after), _first(_CUSTOMERS_THANKS, [word for word in after if word.role is customer.role])
    return max((duration_ms - word.start_ms for word in closing if word), default=None)


def _first(pattern: re.Pattern[str], words: Sequence[SpokenWord]) -> SpokenWord | None:
    """Return the word with which the first match of a pattern begins."""
    spoken = [word for word in words if word.folded]
    texts = [" ".join(word.folded) for word in spoken]
    begins = list(accumulate((len(text) + 1 for text in texts[:-1]), initial=0))
    found = pattern.search(" ".join(texts))
    return spoken[bisect_right(begins, found.start()) - 1] if found else None
