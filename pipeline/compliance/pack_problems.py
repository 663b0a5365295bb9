"""Check a rule pack whole: what is wrong in each rule, and in how rules hang on each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from pipeline.authored import Document, Location
from pipeline.compliance.authored_rules import (
    AuthoredCondition,
    AuthoredMeasure,
    AuthoredNear,
    AuthoredRule,
    AuthoredSaying,
    AuthoredTree,
    AuthoredWindow,
    Pack,
)
from pipeline.compliance.conditions import parts_of, phrase_texts
from pipeline.compliance.meaning import MEANING_LANGUAGES
from pipeline.compliance.pattern import PatternError, variants
from pipeline.compliance.rule import MIN_MEANING_WORDS, Decidable, RuleStatus
from pipeline.errors import Problem, did_you_mean
from pipeline.records import Expectation, Measures
from pipeline.records.language import NAMES, language_code
from pipeline.records.transcript import REDACTION_KINDS

Reader = Sequence[tuple[Document, Pack]]
_LEAVES = ("said", "rule", "sentiment", "silence", "overtalk", "measure", "metadata")
_TREES = ("all", "any", "not", "in_order")
_MAX_DEPTH = 6
MEASURE_NAMES = tuple(
    field.name for field in dataclasses.fields(Measures) if str(field.type) in {"int", "int | None", "float | None"}
)


def pack_problems(document: Document, pack: Pack, read: Reader, *, every_file_read: bool) -> list[Problem]:
    """Return everything that is wrong with a pack.

    Args:
        document: Its file.
        pack: What pydantic made of it.
        read: All packs that were read, this one among them.
        every_file_read: False where a rule may only seem missing, because its file could not be read.
    """
    problems = [*_inside(document, pack), *_duplicates(document, pack, read)]
    return [*problems, *_references(document, pack, read)] if every_file_read else problems


def _inside(document: Document, pack: Pack) -> Iterator[Problem]:
    if not pack.languages:
        yield document.problem("no-languages", ("languages",), "name a language, or leave the key out for English")
    for i, language in enumerate(pack.languages):
        if language not in NAMES:
            code = language_code(language)
            near = f" (did you mean {code!r}?)" if code in NAMES else did_you_mean(language, NAMES)
            message = f"unknown language {language!r}{near}; write its code, such as en or es"
            yield document.problem("unknown-language", ("languages", i), message)
    if not pack.rules:
        yield document.problem("no-rules", ("rules",), "a pack holds at least one rule")
    for i, rule in enumerate(pack.rules):
        yield from _rule_problems(document, pack, rule, ("rules", i))


def _rule_problems(document: Document, pack: Pack, rule: AuthoredRule, at: tuple[int | str, ...]) -> Iterator[Problem]:
    trees = [*parts_of(rule), *(["calls"] if rule.calls is not None else [])]
    flat = sorted(set(AuthoredSaying.model_fields) & rule.model_fields_set)
    if len(trees) > 1:
        listed = " and ".join(f"`{key}`" for key in trees)
        yield document.problem(
            "several-conditions", (*at, trees[1]), f"{listed} stand side by side; put one in the other"
        )
    elif trees and flat:
        message = f"with `{trees[0]}` these keys belong into a `said:` below it"
        yield document.problem("flat-and-tree", (*at, flat[0]), message)
    from_metadata = rule.decidable_from is Decidable.METADATA
    if rule.calls is not None and not from_metadata:
        yield document.problem("not-metadata", (*at, "calls"), "`calls` needs `decidable_from: metadata`")
    if rule.calls is not None and rule.expect is Expectation.PRESENT:
        message = "`calls` finds what must not be: write `expect: absent`, or `signal`"
        yield document.problem("calls-expected", (*at, "expect"), message)
    if trees:
        yield from _tree_problems(document, pack, rule, at, depth=1)
    else:
        yield from _saying_problems(document, pack, rule, at, needed=rule.decidable_from is not Decidable.NEITHER)
    if from_metadata and not trees:
        message = "`decidable_from: metadata` wants `metadata` conditions or `calls`"
        yield document.problem("not-metadata", (*at, "decidable_from"), message)
    if from_metadata and rule.calls is None:
        for where, condition in conditions(rule, at):
            if condition.metadata is None and not parts_of(condition):
                message = "`decidable_from: metadata` allows `metadata` conditions and `calls` only"
                yield document.problem("not-metadata", where, message)


def conditions(
    tree: AuthoredTree, at: tuple[int | str, ...]
) -> Iterator[tuple[tuple[int | str, ...], AuthoredCondition]]:
    """Yield every condition of a tree with its place in the file."""
    for key, parts in parts_of(tree).items():
        for i, part in enumerate(parts):
            where = (*at, key) if key == "not" else (*at, key, i)
            yield where, part
            yield from conditions(part, where)


def _tree_problems(
    document: Document, pack: Pack, tree: AuthoredTree, at: tuple[int | str, ...], *, depth: int
) -> Iterator[Problem]:
    if tree.within_s is not None and tree.in_order is None:
        yield document.problem("window-contradiction", (*at, "within_s"), "`within_s` here goes with `in_order`")
    if depth > _MAX_DEPTH:
        yield document.problem(
            "too-deep", at, f"more than {_MAX_DEPTH} conditions inside each other; make several rules"
        )
        return
    for key, parts in parts_of(tree).items():
        if len(parts) < (2 if key == "in_order" else 1):
            message = f"`{key}` wants {'two conditions' if key == 'in_order' else 'a condition'} at least"
            yield document.problem("nothing-to-find", (*at, key), message)
        for i, part in enumerate(parts):
            where = (*at, key) if key == "not" else (*at, key, i)
            yield from _condition_problems(document, pack, part, where, in_order=key == "in_order")
            yield from _tree_problems(document, pack, part, where, depth=depth + 1)


def _condition_problems(
    document: Document, pack: Pack, condition: AuthoredCondition, at: tuple[int | str, ...], *, in_order: bool
) -> Iterator[Problem]:
    given = [*(key for key in _LEAVES if getattr(condition, key) is not None), *parts_of(condition)]
    if len(given) != 1:
        allowed = ", ".join((*_LEAVES, *_TREES))
        message = f"one condition has exactly one of: {allowed}"
        yield document.problem("several-conditions" if given else "nothing-to-find", at, message)
    if in_order and not _has_moment(condition):
        message = "`in_order` takes `said`, `rule` and `any` of these: other conditions have no moment"
        yield document.problem("not-in-time", at, message)
    if condition.said is not None:
        yield from _saying_problems(document, pack, condition.said, (*at, "said"), needed=True)
    for key in ("sentiment", "silence", "overtalk"):
        leaf = getattr(condition, key)
        if leaf is not None:
            yield from _window_problems(document, leaf.window, (*at, key, "window"))
    if condition.measure is not None:
        yield from _measure_problems(document, condition.measure, (*at, "measure"))


def _has_moment(condition: AuthoredCondition) -> bool:
    if condition.any_:
        return all(_has_moment(part) for part in condition.any_)
    return condition.said is not None or condition.rule is not None


def _measure_problems(document: Document, measure: AuthoredMeasure, at: Location) -> Iterator[Problem]:
    if measure.name not in MEASURE_NAMES:
        message = f"no measure {measure.name!r}{did_you_mean(measure.name, MEASURE_NAMES)}; docs/measures.md lists them"
        yield document.problem("unknown-measure", (*at, "name"), message)
    if measure.at_least is None and measure.at_most is None:
        yield document.problem("nothing-to-find", at, "give `at_least`, `at_most` or both")


def _saying_problems(
    document: Document, pack: Pack, saying: AuthoredSaying, at: tuple[int | str, ...], *, needed: bool
) -> Iterator[Problem]:
    for key in ("phrases", "unless"):
        for k, phrase in enumerate(getattr(saying, key)):
            yield from _phrase_problems(document, phrase, (*at, key, k))
    if saying.entity and (saying.phrases or saying.unless or saying.meaning):
        yield document.problem("entity-and-phrases", (*at, "entity"), "give either `entity` or `phrases`, not both")
    if saying.entity and saying.entity not in REDACTION_KINDS:
        message = f"no kind {saying.entity!r}{did_you_mean(saying.entity, REDACTION_KINDS)}"
        message += f"; there are: {', '.join(REDACTION_KINDS)}"
        yield document.problem("unknown-entity", (*at, "entity"), message)
    if needed and not (saying.entity or saying.phrases or saying.meaning):
        message = "give `phrases`, `meaning` or `entity`, or `decidable_from: neither`"
        yield document.problem("nothing-to-find", at, message)
    yield from _meaning_problems(document, pack, saying, at)
    yield from _window_problems(document, saying.window, (*at, "window"))


def _phrase_problems(document: Document, phrase: str | AuthoredNear, at: Location) -> Iterator[Problem]:
    for text in phrase_texts((phrase,)):
        try:
            variants(text)
        except PatternError as error:
            yield document.problem(error.code, at, f"{text!r}: {error}")
            return


def _meaning_problems(document: Document, pack: Pack, saying: AuthoredSaying, at: Location) -> Iterator[Problem]:
    for key in ("meaning", "not_meaning"):
        for k, sentence in enumerate(getattr(saying, key)):
            if len(sentence.split()) < MIN_MEANING_WORDS:
                message = f"{sentence!r}: write a whole sentence, of {MIN_MEANING_WORDS} words at least"
                yield document.problem("meaning-too-short", (*at, key, k), message)
    if saying.not_meaning and not (saying.meaning or saying.phrases):
        yield document.problem(
            "meaning-missing", (*at, "not_meaning"), "it only narrows `meaning` or `phrases`: add one"
        )
    if saying.meaning and set(pack.languages) != MEANING_LANGUAGES:
        message = "the sentence encoder knows English only: use `phrases` in other languages"
        yield document.problem("meaning-language", (*at, "meaning"), message)


def _window_problems(document: Document, window: AuthoredWindow, at: tuple[int | str, ...]) -> Iterator[Problem]:
    code = "window-contradiction"
    if window.within_s is not None and not (window.before or window.after or window.around):
        message = "`within_s` counts from a rule: add `before`, `after` or `around`"
        yield document.problem(code, (*at, "within_s"), message)
    if window.around and window.within_s is None:
        yield document.problem(code, (*at, "around"), "`around` needs `within_s`: how many seconds on both sides")
    if window.around and (window.before or window.after):
        yield document.problem(code, (*at, "around"), "`around` is both sides: leave `before` and `after` out")
    if (window.from_share or 0) >= (1 if window.to_share is None else window.to_share):
        yield document.problem(code, at, "`from_share` must be less than `to_share`")


def _duplicates(document: Document, pack: Pack, read: Reader) -> Iterator[Problem]:
    first: dict[str, tuple[Document, int]] = {}
    for other, other_pack in read:
        for i, rule in enumerate(other_pack.rules):
            first.setdefault(rule.id, (other, i))
    for i, rule in enumerate(pack.rules):
        where, k = first[rule.id]
        if (where, k) != (document, i):
            line = where.line(("rules", k))
            yield document.problem(
                "duplicate-rule",
                ("rules", i, "id"),
                f"{rule.id!r} stands in {where.path.name}:{line} already; rename one",
            )


def _references(document: Document, pack: Pack, read: Reader) -> Iterator[Problem]:
    rules = {rule.id: rule for _, other in read for rule in other.rules}
    for i, rule in enumerate(pack.rules):
        for location, name in _named(rule, ("rules", i)):
            if name not in rules:
                yield document.problem("unknown-rule", location, f"no rule {name!r}{did_you_mean(name, rules)}")
            elif rule.status is RuleStatus.ACTIVE and rules[name].status is not RuleStatus.ACTIVE:
                message = f"{name!r} is {rules[name].status}; an active rule can only hang on an active one"
                yield document.problem("inactive-rule", location, message)
            elif not _rule_has_moment(rules[name], rules, ()) and _wants_moment(rule, location):
                message = f"{name!r} has no moment: it is true of the call as a whole"
                yield document.problem("not-in-time", location, message)
            elif location[-2] != "calls" and (path := _path(rules, name, rule.id)):
                message = f"rules hang on each other in a circle: {' -> '.join((rule.id, *path))}"
                yield document.problem("rule-cycle", location, message)


def _wants_moment(rule: AuthoredRule, location: Location) -> bool:
    """Tell whether a place that names another rule asks when it was: a window, or a part of ``in_order``."""
    return location[-2] == "window" or "in_order" in location


def _rule_has_moment(rule: AuthoredRule, rules: Mapping[str, AuthoredRule], seen: tuple[str, ...]) -> bool:
    """Tell whether what a rule finds has a time; of a circle, which is told as such, it is taken to have one."""
    if rule.id in seen:
        return True
    if rule.calls is not None:
        return False
    return not parts_of(rule) or _tree_has_moment(rule, rules, (*seen, rule.id))


def _tree_has_moment(tree: AuthoredTree, rules: Mapping[str, AuthoredRule], seen: tuple[str, ...]) -> bool:
    for key, parts in parts_of(tree).items():
        found = [_leaf_has_moment(part, rules, seen) for part in parts]
        return {"all": any(found), "any": all(found), "not": False, "in_order": True}[key]
    return False


def _leaf_has_moment(condition: AuthoredCondition, rules: Mapping[str, AuthoredRule], seen: tuple[str, ...]) -> bool:
    if condition.rule is not None:
        return condition.rule not in rules or _rule_has_moment(rules[condition.rule], rules, seen)
    timeless = condition.measure is not None or condition.metadata is not None
    return not timeless and (not parts_of(condition) or _tree_has_moment(condition, rules, seen))


def _named(rule: AuthoredRule, at: tuple[int | str, ...]) -> Iterator[tuple[Location, str]]:
    """Yield the rules that a rule hangs on, each with the place that names it."""
    in_earlier_calls = getattr(rule.calls, "rule", None)
    if in_earlier_calls is not None:
        yield (*at, "calls", "rule"), in_earlier_calls
    yield from _anchors(rule.window, (*at, "window"))
    for k, name in enumerate(rule.applies_if.rules_present):
        yield (*at, "applies_if", "rules_present", k), name
    for where, condition in conditions(rule, at):
        if condition.rule is not None:
            yield (*where, "rule"), condition.rule
        for key in ("said", "sentiment", "silence", "overtalk"):
            leaf = getattr(condition, key)
            if leaf is not None:
                yield from _anchors(leaf.window, (*where, key, "window"))


def _anchors(window: AuthoredWindow, at: tuple[int | str, ...]) -> Iterator[tuple[Location, str]]:
    for key in ("before", "after", "around"):
        name = getattr(window, key)
        if name is not None:
            yield (*at, key), name


def _path(rules: Mapping[str, AuthoredRule], start: str, goal: str) -> tuple[str, ...]:
    """Return the ids from a rule along what it hangs on to a goal; empty where there is no such way."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        if way[-1] == goal:
            return way
        if way[-1] in rules and way[-1] not in seen:
            seen.add(way[-1])
            ways += [(*way, name) for _, name in _named(rules[way[-1]], ())]
    return ()
