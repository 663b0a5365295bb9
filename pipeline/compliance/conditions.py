"""Make the engine's conditions from the authored ones, which are free of problems (`pack_problems`)."""

from __future__ import annotations

import dataclasses

from pipeline.compliance.authored_rules import (
    AuthoredCondition,
    AuthoredNear,
    AuthoredRule,
    AuthoredSaying,
    AuthoredTree,
    AuthoredWindow,
    Speaker,
)
from pipeline.compliance.meaning import MEANING_LANGUAGES
from pipeline.compliance.pattern import near_phrases, plain_wordings
from pipeline.compliance.rule import (
    All,
    AnyOf,
    Condition,
    InOrder,
    MeasureIs,
    MetadataIs,
    Not,
    OvertalkIs,
    RulePresent,
    Saying,
    SentimentIs,
    SilenceIs,
)
from pipeline.compliance.window import Window
from pipeline.records import Expectation, Role


def condition_of(rule: AuthoredRule, languages: tuple[str, ...]) -> Condition:
    """Return what a rule looks for: its one saying, or its tree of conditions.

    Args:
        rule: As authored.
        languages: Codes of the languages that its phrases are in.
    """
    maker = _Maker(rule.expect, languages)
    return maker.tree(rule, rule.id) or maker.saying(rule, rule.id)


def words_only(saying: AuthoredSaying, name: str, expect: Expectation, languages: tuple[str, ...]) -> Saying:
    """Return a saying whose words are looked for, and nothing that is only near to them in meaning.

    Args:
        saying: As authored.
        name: Its id.
        expect: Whether it must be said; only then what came closest is told.
        languages: Codes of the languages that its phrases are in.
    """
    made = _Maker(expect, languages).saying(saying, name)
    return dataclasses.replace(made, wordings=(), meaning=())


def parts_of(tree: AuthoredTree) -> dict[str, tuple[AuthoredCondition, ...]]:
    """Return the parts of what a tree puts together, by key; one key in a tree without problems."""
    parts = {"all": tree.all_, "any": tree.any_, "not": None if tree.not_ is None else (tree.not_,)}
    parts["in_order"] = tree.in_order
    return {key: conditions for key, conditions in parts.items() if conditions is not None}


def phrase_texts(phrases: tuple[str | AuthoredNear, ...]) -> tuple[str, ...]:
    """Return phrases as text: words near each other become a phrase for each order."""
    texts: list[str] = []
    for phrase in phrases:
        texts += [phrase] if isinstance(phrase, str) else near_phrases(phrase.words, phrase.near)
    return tuple(texts)


class _Maker:
    """Knows what all conditions of one rule share."""

    def __init__(self, expect: Expectation, languages: tuple[str, ...]) -> None:
        self._expect, self._languages = expect, languages

    def tree(self, tree: AuthoredTree, place: str) -> Condition | None:
        """Return what a tree puts together, or None where it is a leaf."""
        for key, authored in parts_of(tree).items():
            here = f"{place}/{key}"
            parts = tuple(self.condition(part, f"{here}.{i}") for i, part in enumerate(authored))
            match key:
                case "all":
                    return All(parts=parts)
                case "any":
                    return AnyOf(parts=parts)
                case "not":
                    return Not(part=parts[0])
                case _:
                    return InOrder(parts=parts, within_ms=_milliseconds(tree.within_s))
        return None

    def condition(self, authored: AuthoredCondition, place: str) -> Condition:
        tree = self.tree(authored, place)
        if tree is not None:
            return tree
        if authored.said is not None:
            return self.saying(authored.said, place)
        return _other_leaf(authored)

    def saying(self, authored: AuthoredSaying, name: str) -> Saying:
        phrases = phrase_texts(authored.phrases)
        word_for_word = authored.min_similarity == 1
        speaks_for_itself = bool(authored.meaning) or word_for_word or set(self._languages) != MEANING_LANGUAGES
        return Saying(
            id=name,
            expect=self._expect,
            speaker=_role(authored.speaker),
            or_system=authored.speaker == "company",
            phrases=phrases,
            unless=phrase_texts(authored.unless),
            meaning=authored.meaning,
            not_meaning=authored.not_meaning,
            meaning_similarity=authored.meaning_similarity,
            wordings=() if speaks_for_itself else plain_wordings(phrases),
            entity=authored.entity,
            window=_window(authored.window),
            at_least=authored.at_least,
            negatable=authored.negation == "counts",
            min_similarity=authored.min_similarity,
            languages=self._languages,
        )


def _other_leaf(authored: AuthoredCondition) -> Condition:
    if authored.rule is not None:
        return RulePresent(rule=authored.rule)
    if (sentiment := authored.sentiment) is not None:
        speaker, window = Role(sentiment.speaker), _window(sentiment.window)
        return SentimentIs(speaker=speaker, label=sentiment.label, share=sentiment.share, window=window)
    if (silence := authored.silence) is not None:
        return SilenceIs(
            kind=None if silence.kind == "any" else silence.kind,
            longer_than_ms=_milliseconds(silence.longer_than_s) or 0,
            at_least=silence.at_least,
            window=_window(silence.window),
        )
    if (overtalk := authored.overtalk) is not None:
        return OvertalkIs(
            by=_role(overtalk.by),
            longer_than_ms=_milliseconds(overtalk.longer_than_s) or 0,
            at_least=overtalk.at_least,
            window=_window(overtalk.window),
        )
    if (measure := authored.measure) is not None:
        return MeasureIs(name=measure.name, at_least=measure.at_least, at_most=measure.at_most)
    assert authored.metadata is not None
    return MetadataIs(field=authored.metadata.field, values=authored.metadata.values)


def _window(authored: AuthoredWindow) -> Window:
    return Window(**authored.model_dump())


def _role(speaker: Speaker) -> Role | None:
    by_name = {"anyone": None, "company": Role.AGENT}
    return by_name[speaker] if speaker in by_name else Role(speaker)


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
