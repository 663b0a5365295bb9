"""The ways to say one call: pronouns swapped, names put where they were masked, the agent named otherwise.

One thing is changed at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.counterfactual.names import NAME_GROUPS
from pipeline.counterfactual.swapped_words import put_names, rename, swap_gender
from pipeline.privacy.name_model import person_reader, tag_reader
from pipeline.privacy.name_words import FIRST_NAMES
from pipeline.privacy.names import agents_own_names, names_again
from pipeline.privacy.stretch import stretches
from pipeline.records import Transcript

AS_IT_STANDS = "as it stands"
PRONOUNS = "pronouns and forms of address"
Place = tuple[int, int]
"""Position of a turn, and of a word in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One way to say the call. ``reference`` is the name of the one that it is compared with."""

    name: str
    reference: str
    transcript: Transcript
    words: int


def variants(transcript: Transcript, *, seed: int) -> Iterator[Variant]:
    """Yield the ways to say a call; of names that were masked, first the ones that the others are compared with."""
    swapped = swap_gender(transcript, tag_reader())
    if swapped.words:
        yield Variant(name=PRONOUNS, reference=AS_IT_STANDS, transcript=swapped.transcript, words=swapped.words)
    reference = f"names of {NAME_GROUPS[0].name}"
    first_names, surnames = agents_name(transcript)
    for group in NAME_GROUPS:
        named = put_names(transcript, group.pick(transcript.call_id, seed)[0])
        if named.words:
            name = f"names of {group.name}"
            yield Variant(name=name, reference=reference, transcript=named.transcript, words=named.words)
    for group in NAME_GROUPS:
        renamed = rename(transcript, first_names, surnames, group.pick(transcript.call_id, seed))
        if renamed.words:
            name = f"agent named as {group.name}"
            yield Variant(name=name, reference=AS_IT_STANDS, transcript=renamed.transcript, words=renamed.words)


def agents_name(transcript: Transcript) -> tuple[frozenset[Place], frozenset[Place]]:
    """Return where the agent's own first name and surname are said, by anybody.

    A name that begins with none of the known first names counts only where the name model takes it for a person: what
    an agent says after "this is" may be the company's name.
    """
    turns = transcript.turns
    own = agents_own_names(turns, stretches(turns))
    persons = person_reader()([turn.text for turn in turns]) if own else []
    first_names, surnames = set(), set()
    for position, turn in enumerate(turns):
        texts = [word.text for word in turn.words]
        named = names_again(texts, own)
        for k in (k for k, is_name in enumerate(named) if is_name and not (k and named[k - 1])):
            start = len(" ".join(texts[:k])) + (k > 0)
            bare = texts[k].casefold().strip(".,;:?!\"'“”()").removesuffix("'s").removesuffix("’s")
            if bare in FIRST_NAMES or any(begin <= start < end for begin, end in persons[position]):
                first_names.add((position, k))
                surnames |= {(position, at) for at in _run(named, k + 1)}
    return frozenset(first_names), frozenset(surnames)


def _run(named: Sequence[bool], start: int) -> Iterator[int]:
    while start < len(named) and named[start]:
        yield start
        start += 1
