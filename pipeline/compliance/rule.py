"""A rule as the engine reads it: plain immutable data, made by `packs.load_packs`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.canonical import fingerprint
from pipeline.compliance.history import CallCheck
from pipeline.compliance.window import WHOLE_CALL, Window
from pipeline.records import AppliesIf, Expectation, Role, Severity
from pipeline.records.language import DEFAULT_LANGUAGES

MIN_MEANING_WORDS = 3  # fewer mean too many things


class RuleStatus(StrEnum):
    """Only active rules are looked for; the other two are loaded, checked and listed."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class Decidable(StrEnum):
    """What a rule can be decided from. ``neither``: a person has to."""

    TRANSCRIPT = "transcript"
    METADATA = "metadata"
    NEITHER = "neither"


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """Words that somebody says, in a part of the call.

    Attributes:
        id: Of its rule; where a rule has several, with the place in it: ``complaint-handled/all.1``.
        expect: Of its rule. Similar words are only told of as a near miss where it must be said.
        speaker: Whose words count; None for anybody's.
        or_system: The telephone system's words count beside the speaker's: it speaks for the company, too.
        phrases: Patterns (see `pattern`), any of which is a hit.
        unless: Patterns; a hit that shares a word with one of these does not count.
        meaning: Sentences; words that are near to one of them by meaning are probably a hit.
        not_meaning: Sentences that are near by wording and are not meant.
        meaning_similarity: Cosine from which words are near; None takes the default of its kind.
        wordings: Plain wordings among the phrases: they count by meaning too, where no ``meaning`` is given.
        entity: Kind of redaction, such as ``card_number``, that is a hit instead of phrases.
        at_least: As often it must be said.
        negatable: True where "not" before or inside a hit undoes it.
        min_similarity: Similarity 0..1 from which words count as said; None takes the setting.
        languages: Codes of the languages that its phrases are in; in a call in another nothing can be told.
    """

    id: str
    expect: Expectation
    speaker: Role | None = None
    or_system: bool = False
    phrases: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    meaning: tuple[str, ...] = ()
    not_meaning: tuple[str, ...] = ()
    meaning_similarity: float | None = None
    wordings: tuple[str, ...] = ()
    entity: str | None = None
    window: Window = WHOLE_CALL
    at_least: int = 1
    negatable: bool = True
    min_similarity: float | None = None
    languages: tuple[str, ...] = DEFAULT_LANGUAGES

    @property
    def by_meaning(self) -> bool:
        """True where what is near in meaning is probably a hit."""
        return bool(self.meaning or self.wordings)

    @property
    def party(self) -> str:
        """Who has to say it, in words."""
        return f"{self.speaker} or the telephone system" if self.or_system else f"{self.speaker}"

    def counts(self, role: Role) -> bool:
        """Tell whether the words of a role are the ones that are looked for."""
        return self.speaker in {None, role} or (self.or_system and role is Role.SYSTEM)


@dataclass(frozen=True, kw_only=True, slots=True)
class RulePresent:
    """Another rule's words are there."""

    rule: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SentimentIs:
    """At least a share of what a party says in a window sounds like ``label`` (negative, neutral, positive)."""

    speaker: Role
    label: str
    share: float = 0.5
    window: Window = WHOLE_CALL


@dataclass(frozen=True, kw_only=True, slots=True)
class SilenceIs:
    """Nobody speaks for longer than so long. ``kind`` is ``dead_air`` or ``hold``; None for either."""

    kind: str | None = None
    longer_than_ms: int = 0
    at_least: int = 1
    window: Window = WHOLE_CALL


@dataclass(frozen=True, kw_only=True, slots=True)
class OvertalkIs:
    """Both speak for longer than so long; ``by`` is who began second, None for either."""

    by: Role | None = None
    longer_than_ms: int = 0
    at_least: int = 1
    window: Window = WHOLE_CALL


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureIs:
    """A number about the call is at least, or at most, so much."""

    name: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MetadataIs:
    """A field of the call's metadata has one of these values, or is there at all."""

    field: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf:
    """One part holds at least."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


@dataclass(frozen=True, kw_only=True, slots=True)
class InOrder:
    """Each part is said after the one before it, at most so long after it where that is given."""

    parts: tuple[Condition, ...]
    within_ms: int | None = None


Leaf = Saying | RulePresent | SentimentIs | SilenceIs | OvertalkIs | MeasureIs | MetadataIs
Condition = Leaf | All | AnyOf | Not | InOrder


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield what a condition is made of, in the order in which it is written."""
    if isinstance(condition, Not):
        yield from leaves(condition.part)
    elif isinstance(condition, (All, AnyOf, InOrder)):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition


def trees(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and all that it is put together from."""
    yield condition
    parts = (condition.part,) if isinstance(condition, Not) else getattr(condition, "parts", ())
    for part in parts:
        yield from trees(part)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Something that must be said or done, must not be, or is worth knowing.

    Attributes:
        condition: What is looked for in this call; None where nothing in it can tell.
        calls: What is asked of the customer's earlier calls, or of the time of this one, instead.
        decidable: What it can be decided from.
        languages: Codes of the languages of its pack.
        fingerprint: Of the authored scoring fields; title, reference, owner and notes do not count.
    """

    id: str
    title: str
    severity: Severity
    expect: Expectation
    fingerprint: str
    condition: Condition | None
    calls: CallCheck | None = None
    applies_if: AppliesIf = field(default_factory=AppliesIf)
    decidable: Decidable = Decidable.TRANSCRIPT
    languages: tuple[str, ...] = DEFAULT_LANGUAGES
    reference: str = ""
    owner: str = ""
    status: RuleStatus = RuleStatus.ACTIVE
    pack: str = ""

    def leaves(self) -> tuple[Leaf, ...]:
        """Return what its condition is made of."""
        return () if self.condition is None else tuple(leaves(self.condition))

    def sayings(self) -> tuple[Saying, ...]:
        """Return the words that it looks for."""
        return tuple(leaf for leaf in self.leaves() if isinstance(leaf, Saying))

    @property
    def speaker(self) -> Role | None:
        """Whose words count: None for anybody's, and where its sayings are of several speakers."""
        speakers = {saying.speaker for saying in self.sayings()}
        return speakers.pop() if len(speakers) == 1 else None

    def ordered_sayings(self) -> frozenset[str]:
        """Return the ids of the sayings that it wants in an order."""
        found = [tree for tree in trees(self.condition) if isinstance(tree, InOrder)] if self.condition else []
        return frozenset(leaf.id for tree in found for leaf in leaves(tree) if isinstance(leaf, Saying))

    def anchors(self) -> frozenset[str]:
        """Return the ids of the rules whose moments it asks for: those of windows, and those in an order."""
        windows = [leaf.window for leaf in self.leaves() if not isinstance(leaf, (RulePresent, MeasureIs, MetadataIs))]
        ordered = [tree for tree in trees(self.condition) if isinstance(tree, InOrder)] if self.condition else []
        named = [leaf.rule for tree in ordered for leaf in leaves(tree) if isinstance(leaf, RulePresent)]
        return frozenset((*named, *(anchor for window in windows for anchor in window.anchors())))

    def needs(self) -> tuple[str, ...]:
        """Return the ids of the rules whose outcome this rule's own outcome hangs on."""
        needed: list[str] = []
        for leaf in self.leaves():
            if isinstance(leaf, RulePresent):
                needed.append(leaf.rule)
            elif not isinstance(leaf, (MeasureIs, MetadataIs)):
                needed += leaf.window.anchors()
        return tuple(dict.fromkeys((*needed, *self.applies_if.rules_present)))


def rules_fingerprint(rules: Sequence[Rule]) -> str:
    """Return one hash of all active rules; it changes where the findings of any call could."""
    active = sorted(rule.fingerprint for rule in rules if rule.status is RuleStatus.ACTIVE)
    return fingerprint("rules-1", active)
