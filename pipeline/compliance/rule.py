"""A rule as the engine reads it: plain immutable data, made by `packs.load_packs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.canonical import fingerprint
from pipeline.records import AppliesIf, Expectation, Role, Severity
from pipeline.records.language import DEFAULT_LANGUAGES

MIN_MEANING_WORDS = 3  # fewer mean too many things


class RuleStatus(StrEnum):
    """Only active rules are looked for; the other two are loaded, checked and listed."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The part of the call in which words count. What is given narrows; nothing given is the whole call.

    Attributes:
        within_first_s: Seconds from the start of the recording.
        within_last_s: Seconds before its end.
        from_share: Share 0..1 of the recording at which the window begins.
        to_share: Share 0..1 at which it ends.
        before: Id of a rule; the window ends where that rule's first hit begins.
        after: Id of a rule; the window begins where that rule's first hit ends.
        within_s: At most this many seconds from the anchor (``before`` or ``after``).
    """

    within_first_s: float | None = None
    within_last_s: float | None = None
    from_share: float | None = None
    to_share: float | None = None
    before: str | None = None
    after: str | None = None
    within_s: float | None = None

    def anchors(self) -> tuple[str, ...]:
        """Return the ids of the rules that this window hangs on."""
        return tuple(anchor for anchor in (self.before, self.after) if anchor)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Something that must be said, must not be said, or is worth knowing.

    Attributes:
        speaker: Whose words count; None for anybody's.
        or_system: The telephone system's words count beside the speaker's: it speaks for the company, too.
        phrases: Patterns (see `pattern`), any of which is a hit.
        unless: Patterns; a hit that shares a word with one of these does not count.
        meaning: Sentences; words that are near to one of them by meaning are probably a hit.
        not_meaning: Sentences that are near by wording and are not meant.
        meaning_similarity: Cosine from which words are near; None takes `meaning.MEANT_SIMILARITY`.
        entity: Kind of redaction, such as ``card_number``, that is a hit instead of phrases.
        negatable: True where "not" before or inside a hit undoes it.
        decidable: False where no transcript can tell and a person has to.
        min_similarity: Similarity 0..1 from which words count as said; None takes the setting.
        languages: Codes of the languages that its phrases are in; in a call in another nothing can be told.
        fingerprint: Of the authored scoring fields; title, reference, owner and notes do not count.
    """

    id: str
    title: str
    severity: Severity
    expect: Expectation
    fingerprint: str
    speaker: Role | None = None
    or_system: bool = False
    phrases: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    meaning: tuple[str, ...] = ()
    not_meaning: tuple[str, ...] = ()
    meaning_similarity: float | None = None
    entity: str | None = None
    window: Window = Window()
    applies_if: AppliesIf = field(default_factory=AppliesIf)
    negatable: bool = True
    decidable: bool = True
    min_similarity: float | None = None
    languages: tuple[str, ...] = DEFAULT_LANGUAGES
    reference: str = ""
    owner: str = ""
    status: RuleStatus = RuleStatus.ACTIVE
    pack: str = ""

    def counts(self, role: Role) -> bool:
        """Tell whether the words of a role are the ones that are looked for."""
        return self.speaker in {None, role} or (self.or_system and role is Role.SYSTEM)

    def needs(self) -> tuple[str, ...]:
        """Return the ids of the rules whose outcome this rule's own outcome hangs on."""
        return tuple(dict.fromkeys((*self.window.anchors(), *self.applies_if.rules_present)))


def rules_fingerprint(rules: Sequence[Rule]) -> str:
    """Return one hash of all active rules; it changes where the findings of any call could."""
    active = sorted(rule.fingerprint for rule in rules if rule.status is RuleStatus.ACTIVE)
    return fingerprint("rules-1", active)
