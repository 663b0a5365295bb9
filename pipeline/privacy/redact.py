"""Mask personal and card data in a transcript, before anything is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.config import PrivacySettings
from pipeline.privacy.addresses import find_addresses
from pipeline.privacy.birth_dates import find_birth_dates
from pipeline.privacy.cards import find_cards
from pipeline.privacy.cues import find_cues
from pipeline.privacy.dropped import masked_text
from pipeline.privacy.emails import find_emails
from pipeline.privacy.identifiers import find_identifiers, find_mixed_identifiers, find_social_amounts
from pipeline.privacy.masks import Mask, apply, around_masked, covered, merged
from pipeline.privacy.names import agents_own_names, find_names
from pipeline.privacy.persons import Persons
from pipeline.privacy.rest import find_rest
from pipeline.privacy.runs import runs_by_speaker
from pipeline.privacy.stretch import stretches
from pipeline.records import Role, Transcript, Turn, Word

NAMES_LANGUAGE = "en"


def redact(transcript: Transcript, settings: PrivacySettings | None = None) -> Transcript:
    """Return the transcript with personal data masked, `redacted`, and where they were.

    In each turn that a number, name or address touches, its words become one word ``[kind]`` with their times and mean
    confidence. Text that was dropped, and what the vocabulary replaced, lose them likewise, and every number of three
    or more digits. Redacting again changes nothing.

    Args:
        transcript: It is searched whether it was before or not.
        settings: Which kinds are masked; None masks all.

    Raises:
        ModelError: Names are to be masked, and the model that reads them is not installed.
    """
    settings = settings or PrivacySettings()
    reads_names = "person_name" in settings.kinds and transcript.language == NAMES_LANGUAGE
    persons = Persons(transcript.turns, active=reads_names)
    turns, redactions = transcript.turns, list(transcript.redactions)
    own, names = agents_own_names(turns, stretches(turns)), frozenset[str]()
    while True:
        masks, found = _find(turns, settings, persons, own)
        names |= found
        if not masks:
            break
        turns, added = apply(turns, masks)
        redactions += added
    redactions.sort(key=lambda redaction: (redaction.start_ms, redaction.turn_index, redaction.kind))

    def clean(text: str) -> str:
        return masked_text(text, names, lambda line: _in_line(line, settings, persons, own))

    return replace(
        transcript,
        turns=tuple(_without_heard(turn, clean) for turn in turns),
        redacted=True,
        redactions=tuple(redactions),
        dropped=tuple(replace(dropped, text=clean(dropped.text)) for dropped in transcript.dropped),
    )


def _find(
    turns: Sequence[Turn], settings: PrivacySettings, persons: Persons, own: frozenset[str]
) -> tuple[list[Mask], frozenset[str]]:
    """Return what is to be masked, and the names that were found, folded."""
    cues, runs, said = find_cues(turns), tuple(runs_by_speaker(turns)), stretches(turns)
    masks = find_cards(turns, runs, cues)
    masks += find_birth_dates(turns, said, cues)
    masks += find_emails(turns, said)
    masks += find_addresses(turns, said, cues)
    masks += find_mixed_identifiers(said, cues)
    masks += find_social_amounts(turns, cues)
    masks += find_identifiers(turns, runs, cues, covered(masks), settings.phone_region)
    masks += find_rest(turns, masks)
    named, names = find_names(turns, said, persons.of([turn.text for turn in turns]), own)
    chosen = merged(mask for mask in [*masks, *named] if mask.kind in settings.kinds)
    return list(around_masked(turns, chosen)), names


def _in_line(line: str, settings: PrivacySettings, persons: Persons, own: frozenset[str]) -> list[Mask]:
    """Return what is to be masked in a line by itself, but for plain numbers."""
    words = tuple(Word(text=word, start_ms=0, end_ms=0) for word in line.split())
    turns = [Turn(index=0, channel=0, role=Role.UNKNOWN, start_ms=0, end_ms=0, words=words)]
    said, cues = stretches(turns), find_cues(turns)
    masks = [*find_birth_dates(turns, said, cues), *find_emails(turns, said), *find_addresses(turns, said, cues)]
    masks += find_names(turns, said, persons.of([line]), own)[0]
    return list(around_masked(turns, merged(mask for mask in masks if mask.kind in settings.kinds)))


def _without_heard(turn: Turn, clean: Callable[[str], str]) -> Turn:
    """Return a turn in which what was heard in place of a name of the vocabulary is masked as dropped text is."""
    if all(word.heard is None for word in turn.words):
        return turn
    words = (word if word.heard is None else replace(word, heard=clean(word.heard)) for word in turn.words)
    return replace(turn, words=tuple(words))
