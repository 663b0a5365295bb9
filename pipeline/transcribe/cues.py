"""What agents say and customers do not, and the other way round: the phrases that roles are told by."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import Word
from pipeline.text import tokens

OPENING_WORDS = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Cue:
    """Words that one party is likelier to say. ``weight`` > 0 speaks for the agent, < 0 for the customer.

    The weight is in natural log odds, set by hand from what each phrase is for and not fitted: 1 is "almost three times
    as likely from the agent". A cue counts once per party. ``opening`` restricts it to the party's first words.
    """

    pattern: str
    weight: float
    opening: bool = False


CUES = (
    # The agent opens: name, company, notice, offer.
    Cue(pattern=r"how (?:can|may|could) (?:i|we) (?:help|assist|be of)", weight=3.0),
    Cue(pattern=r"(?:thank you|thanks) for (?:calling|contacting|holding|waiting|being)", weight=2.5),
    Cue(pattern=r"\bcall (?:is|may be|will be|is being) (?:being )?(?:recorded|monitored)|\brecorded line", weight=2.5),
    Cue(
        pattern=r"\bthis is (?!(?:my|the|an?|our|your|not|it)\b)(?:\w+ ){1,4}"
        r"(?:bank|from|with|at|calling|speaking|support|services?|collections)\b",
        weight=1.5,
        opening=True,
    ),
    Cue(pattern=r"\b(?:i'm|i am|we're|we are) calling (?:you )?(?:from|on behalf|on a recorded)", weight=2.0),
    Cue(pattern=r"\b(?:am i speaking (?:with|to)|may i speak (?:with|to)|is this (?:mr|mrs|ms|miss)\b)", weight=2.0),
    Cue(pattern=r"\b(?:what do you need|what's the problem|what can i do for you)\b", weight=1.5, opening=True),
    Cue(pattern=r"\bthank you for your (?:time|patience|call)\b", weight=1.0),
    Cue(pattern=r"\battempt to collect|\bdebt collector|\bon behalf of\b", weight=2.0),
    # The agent asks for what it needs to know, and does things.
    Cue(
        pattern=r"\b(?:may i (?:have|get)|can (?:i|you) (?:please )?(?:have|get|confirm|verify|tell me|give me|repeat)"
        r"|could (?:i|you) (?:please )?(?:have|get|confirm|verify|tell me|give me|repeat)"
        r"|(?:please|need you to) (?:confirm|verify)|what is your|what's your|what is the)\b",
        weight=1.0,
    ),
    Cue(pattern=r"\b(?:date of birth|last four|security question|for verification|verify your)\b", weight=1.0),
    Cue(pattern=r"\bwould you like (?:to|me|for|it)\b|\bwhich (?:card|account|one) would you", weight=1.0),
    Cue(
        pattern=r"\b(?:i can help you with|(?:i'd|i'll) be happy to|happy to help|i can see (?:that|here|your))",
        weight=1.5,
    ),
    Cue(
        pattern=r"\b(?:bear with me|one moment|let me (?:check|look|pull|see|transfer|take a look|just check))\b",
        weight=1.0,
    ),
    Cue(pattern=r"\b(?:put|place|placing|putting) you on (?:a )?(?:brief |short )?hold\b", weight=1.5),
    Cue(pattern=r"\bi(?:'ve| have) (?:scheduled|reset|transferred|sent|processed|ordered|updated|noted)\b", weight=0.8),
    Cue(pattern=r"\b(?:you owe|you have been selected|this offer|our offers?|shall i|i can offer you)\b", weight=1.2),
    Cue(
        pattern=r"\b(?:i'm|i am|i'll|i will|let me) (?:connect|transfer|put|forward)(?:ing)? you\b"
        r"|\bstay on the line\b",
        weight=1.5,
    ),
    Cue(pattern=r"\b(?:i'm|i am|we're|we are) (?:very |so )?sorry (?:to hear|for (?:the|your|any))", weight=1.2),
    Cue(pattern=r"\b(?:give me (?:a|one|just a) (?:second|moment|minute)|take your time)\b", weight=0.8),
    # The agent closes.
    Cue(pattern=r"\banything else (?:that )?(?:i|we) (?:can|could|may)|\bis there anything else", weight=2.5),
    Cue(
        pattern=r"\bhave a (?:great|good|nice|wonderful|lovely) (?:day|evening|afternoon|weekend|one|rest)", weight=0.4
    ),
    # The customer says what is wrong and whose it is.
    Cue(
        pattern=r"\bi(?:'d| would) like to (?!thank|confirm|verify|inform|remind|offer|ask you)"
        r"|\bi (?:want|wanted|need) to\b|\bi was wondering",
        weight=-0.8,
    ),
    Cue(
        pattern=r"\b(?:i lost|i've lost|i can't (?:log|get|find|seem)|i got (?:a|this|charged)|i was charged)\b",
        weight=-1.5,
    ),
    Cue(
        pattern=r"\bmy (?:\w+ )?(?:account|card|bill|order|payment|password|balance|car|phone|internet|policy|loan"
        r"|statement|appointment|refund|router|computer|subscription)\b",
        weight=-1.2,
    ),
    Cue(pattern=r"\bi(?:'ve| have) been (?:a (?:loyal )?customer|waiting|on hold|calling)\b", weight=-2.0),
    Cue(pattern=r"\bi'?(?: a)?m calling (?:about|because|to|in regards|regarding|for)\b", weight=-0.7),
    Cue(
        pattern=r"\bcan you (?:please )?(?:send|tell me (?:why|when|how)|help|fix|check|transfer me|reset)\b",
        weight=-1.0,
    ),
    Cue(
        pattern=r"\b(?:your letter|i got your|you sent me|you (?:people|guys)|i'm not interested|i am not interested"
        r"|how much (?:is it|is that|does it|would it)|i can(?:'t| not|not) (?:pay|afford)|i can pay)\b",
        weight=-1.2,
    ),
    Cue(pattern=r"\b(?:speak|talk) (?:to|with) (?:your|a|the) (?:manager|supervisor)|\bcancel my\b", weight=-2.0),
    Cue(pattern=r"\b(?:who is this|who's this|who's calling|who is calling|how did you get)\b", weight=-2.0),
    Cue(pattern=r"^(?:hello )?(?:yes )?(?:speaking|this is (?:he|she|him|her))\b", weight=-1.5, opening=True),
    Cue(pattern=r"\bthat(?:'s| is| was| will| would) (?:going to )?(?:be )?(?:all|it)\b", weight=-1.0),
    Cue(
        pattern=r"\bthank(?:s| you) (?:so much |very much )?for (?:your|the|all|all your) (?:help|assistance)\b",
        weight=-1.0,
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CueSaid:
    """A cue and the numbers of the words that it is found in."""

    cue: Cue
    words: tuple[int, ...]


def cues_said(words: Sequence[Word]) -> tuple[CueSaid, ...]:
    """Return every place where a cue is found."""
    said = [(number, token.folded) for number, word in enumerate(words) for token in tokens(word.text)]
    text = " ".join(folded for _, folded in said)
    until = len(" ".join(folded for _, folded in said[:OPENING_WORDS]))
    begins, at = [], 0
    for _, folded in said:
        begins.append(at)
        at += len(folded) + 1
    return tuple(
        CueSaid(
            cue=cue,
            words=tuple(
                number for (number, _), at in zip(said, begins, strict=True) if match.start() <= at < match.end()
            ),
        )
        for cue in CUES
        for match in re.finditer(cue.pattern, text[:until] if cue.opening else text)
    )


def two_sides_log_odds(said: Sequence[CueSaid], of_word: Sequence[int]) -> float:
    """Return how much what is said speaks for two parties (natural log odds), given how voices share the words.

    Two people say a cue on their own side as often as its weight tells; one person's are shared out whatever they mean.
    Where only one side's cues are said, that is no evidence.

    Args:
        said: The cues in the words of both.
        of_word: 0 or 1 for each word, told by voice alone: words that were used to tell it cannot confirm it.
    """
    found = {(heard.cue, round(sum(of_word[i] for i in heard.words) / len(heard.words))) for heard in said}
    counts = [sum(party == of for _, of in found) for party in (0, 1)]
    alone = sum(count * math.log((count + 0.5) / (len(found) + 1)) for count in counts)
    agent_is = [
        -sum(math.log1p(math.exp(-cue.weight if of == agent else cue.weight)) for cue, of in found) for agent in (0, 1)
    ]
    return max(0.0, max(agent_is) + math.log1p(math.exp(-abs(agent_is[0] - agent_is[1]))) - math.log(2) - alone)


def cue_sums(words: Sequence[Word]) -> tuple[float, float]:
    """Return the weights of the agents' and of the customers' cues in these words, both positive; each cue once."""
    found = {heard.cue for heard in cues_said(words)}
    return sum(cue.weight for cue in found if cue.weight > 0), -sum(cue.weight for cue in found if cue.weight < 0)
