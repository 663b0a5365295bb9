"""Read rule packs (YAML) and check all of them at once. `docs/rules.md` explains the format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.authored import Document
from pipeline.canonical import fingerprint
from pipeline.compliance.pattern import PatternError, variants
from pipeline.compliance.rule import MIN_MEANING_WORDS, Rule, RuleStatus, Window, rules_fingerprint
from pipeline.errors import AuthoredFileError, Problem, did_you_mean
from pipeline.records import AppliesIf, Expectation, Role, Severity
from pipeline.records.language import DEFAULT_LANGUAGES, NAMES, language_code

__all__ = ["Pack", "load_pack", "load_packs", "rules_fingerprint"]

RuleId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0)]
# What changes no finding; everything else is in the fingerprint.
DESCRIPTIVE = {"title", "reference", "owner", "notes"}
SUFFIXES = (".yaml", ".yml")


class _Authored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AuthoredWindow(_Authored):
    """The ``window`` of a rule as written."""

    within_first_s: Seconds | None = None
    within_last_s: Seconds | None = None
    from_share: Share | None = None
    to_share: Share | None = None
    before: RuleId | None = None
    after: RuleId | None = None
    within_s: Seconds | None = None


class AuthoredAppliesIf(_Authored):
    """The ``applies_if`` of a rule as written."""

    queues: tuple[str, ...] = ()
    directions: tuple[Literal["inbound", "outbound"], ...] = ()
    teams: tuple[str, ...] = ()
    rules_present: tuple[RuleId, ...] = ()


class AuthoredRule(_Authored):
    """One rule as written."""

    id: RuleId
    title: str = Field(min_length=1)
    severity: Severity
    expect: Expectation
    speaker: Literal["agent", "customer", "system", "company", "anyone"] = "anyone"
    phrases: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    meaning: tuple[str, ...] = ()
    not_meaning: tuple[str, ...] = ()
    meaning_similarity: Share | None = None
    entity: Literal["card_number", "security_code"] | None = None
    window: AuthoredWindow = AuthoredWindow()
    applies_if: AuthoredAppliesIf = AuthoredAppliesIf()
    negation: Literal["counts", "ignored"] = "counts"
    decidable_from: Literal["transcript", "person"] = "transcript"
    min_similarity: Share | None = None
    reference: str = ""
    owner: str = ""
    notes: str = ""
    status: RuleStatus = RuleStatus.ACTIVE


class Pack(_Authored):
    """One file of rules as written."""

    pack: RuleId
    description: str = ""
    languages: tuple[str, ...] = DEFAULT_LANGUAGES
    rules: tuple[AuthoredRule, ...]


def load_packs(rules_dir: Path) -> tuple[Rule, ...]:
    """Return the rules of every ``*.yaml`` and ``*.yml`` file of a folder, in order of file name and place.

    Raises:
        AuthoredFileError: With every problem of every file; where several have some, each names its file.
    """
    if not rules_dir.is_dir():
        problem = Problem(
            code="no-folder", message="no such folder; set compliance.rules_dir to the folder of rule packs"
        )
        raise AuthoredFileError(str(rules_dir), [problem])
    return _load(sorted(path for path in rules_dir.glob("*") if path.suffix in SUFFIXES), rules_dir)


def load_pack(path: Path) -> tuple[Rule, ...]:
    """Return the rules of one file; what they hang on must be in it too.

    Raises:
        AuthoredFileError: With every problem.
    """
    return _load([path], path)


def _load(paths: Sequence[Path], where: Path) -> tuple[Rule, ...]:
    failures: list[AuthoredFileError] = []
    read: list[tuple[Document, Pack]] = []
    for path in paths:
        try:
            document = Document(path)
            read.append((document, document.validate(Pack)))
        except AuthoredFileError as error:
            failures.append(error)
    every_file_read = not failures
    for document, pack in read:
        problems = [*_problems_inside(document, pack)]
        problems += _duplicates(document, pack, read)
        if every_file_read:  # else a rule may seem missing only because its file could not be read
            problems += _anchor_problems(document, pack, read)
        if problems:
            failures.append(AuthoredFileError(str(document.path), problems))
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise _together(where, failures)
    return tuple(_rule(authored, pack) for _, pack in read for authored in pack.rules)


def _together(where: Path, failures: Sequence[AuthoredFileError]) -> AuthoredFileError:
    """Return one error for several files; each problem says which file it is in."""
    return AuthoredFileError(
        str(where),
        [
            Problem(
                code=problem.code,
                line=problem.line,
                where=f"{Path(failure.path).name}: {problem.where}".rstrip(": "),
                message=problem.message,
            )
            for failure in sorted(failures, key=lambda failure: failure.path)
            for problem in failure.problems
        ],
    )


def _problems_inside(document: Document, pack: Pack) -> Iterable[Problem]:
    """Yield what is wrong with each rule by itself."""
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
        at: tuple[int | str, ...] = ("rules", i)
        for key in ("phrases", "unless"):
            for k, phrase in enumerate(getattr(rule, key)):
                try:
                    variants(phrase)
                except PatternError as error:
                    yield document.problem(error.code, (*at, key, k), f"{phrase!r}: {error}")
        if rule.entity and (rule.phrases or rule.unless or rule.meaning):
            yield document.problem("entity-and-phrases", (*at, "entity"), "give either `entity` or `phrases`, not both")
        if rule.decidable_from == "transcript" and not (rule.entity or rule.phrases or rule.meaning):
            message = "give `phrases`, `meaning` or `entity`, or `decidable_from: person`"
            yield document.problem("nothing-to-find", at, message)
        yield from _meaning_problems(document, pack, rule, at)
        window = rule.window
        if window.within_s is not None and not (window.before or window.after):
            yield document.problem(
                "window-contradiction",
                (*at, "window", "within_s"),
                "`within_s` counts from a rule: add `before` or `after`",
            )
        if (window.from_share or 0) >= (1 if window.to_share is None else window.to_share):
            yield document.problem("window-contradiction", (*at, "window"), "`from_share` must be less than `to_share`")


def _meaning_problems(
    document: Document, pack: Pack, rule: AuthoredRule, at: tuple[int | str, ...]
) -> Iterable[Problem]:
    for key in ("meaning", "not_meaning"):
        for k, sentence in enumerate(getattr(rule, key)):
            if len(sentence.split()) < MIN_MEANING_WORDS:
                message = f"{sentence!r}: write a whole sentence, of {MIN_MEANING_WORDS} words at least"
                yield document.problem("meaning-too-short", (*at, key, k), message)
    if rule.not_meaning and not rule.meaning:
        yield document.problem("meaning-missing", (*at, "not_meaning"), "it only narrows `meaning`: add that")
    if rule.meaning and set(pack.languages) != {"en"}:
        message = "the sentence encoder knows English only: use `phrases` in other languages"
        yield document.problem("meaning-language", (*at, "meaning"), message)


def _duplicates(document: Document, pack: Pack, read: Sequence[tuple[Document, Pack]]) -> Iterable[Problem]:
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


def _anchor_problems(document: Document, pack: Pack, read: Sequence[tuple[Document, Pack]]) -> Iterable[Problem]:
    rules = {rule.id: rule for _, other in read for rule in other.rules}
    for i, rule in enumerate(pack.rules):
        named: list[tuple[tuple[int | str, ...], str | None]] = [
            (("window", "before"), rule.window.before),
            (("window", "after"), rule.window.after),
            *((("applies_if", "rules_present", k), name) for k, name in enumerate(rule.applies_if.rules_present)),
        ]
        for at, name in named:
            location = ("rules", i, *at)
            if name is None:
                continue
            if name not in rules:
                message = f"no rule {name!r}{did_you_mean(name, rules)}"
                yield document.problem("unknown-rule", location, message)
            elif rule.status is RuleStatus.ACTIVE and rules[name].status is not RuleStatus.ACTIVE:
                message = f"{name!r} is {rules[name].status}; an active rule can only hang on an active one"
                yield document.problem("inactive-rule", location, message)
            elif path := _path(rules, name, rule.id):
                message = f"rules hang on each other in a circle: {' -> '.join((rule.id, *path))}"
                yield document.problem("rule-cycle", location, message)


def _path(rules: dict[str, AuthoredRule], start: str, goal: str) -> tuple[str, ...]:
    """Return the ids from a rule along what it hangs on to a goal; empty where there is no such way."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        if way[-1] == goal:
            return way
        if way[-1] in rules and way[-1] not in seen:
            seen.add(way[-1])
            rule = rules[way[-1]]
            needed = (rule.window.before, rule.window.after, *rule.applies_if.rules_present)
            ways += [(*way, name) for name in needed if name]
    return ()


def _speaker(authored: AuthoredRule) -> Role | None:
    by_name = {"anyone": None, "company": Role.AGENT}
    return by_name[authored.speaker] if authored.speaker in by_name else Role(authored.speaker)


def _rule(authored: AuthoredRule, pack: Pack) -> Rule:
    scoring = authored.model_dump(mode="json", exclude=DESCRIPTIVE, exclude_defaults=True)
    if set(pack.languages) != set(DEFAULT_LANGUAGES):
        scoring["languages"] = sorted(set(pack.languages))
    return Rule(
        id=authored.id,
        title=authored.title,
        severity=authored.severity,
        expect=authored.expect,
        fingerprint=fingerprint("rule-1", scoring),
        speaker=_speaker(authored),
        or_system=authored.speaker == "company",
        phrases=authored.phrases,
        unless=authored.unless,
        meaning=authored.meaning,
        not_meaning=authored.not_meaning,
        meaning_similarity=authored.meaning_similarity,
        entity=authored.entity,
        window=Window(**authored.window.model_dump()),
        applies_if=AppliesIf(**authored.applies_if.model_dump()),
        negatable=authored.negation == "counts",
        decidable=authored.decidable_from == "transcript",
        min_similarity=authored.min_similarity,
        languages=pack.languages,
        reference=authored.reference,
        owner=authored.owner,
        status=authored.status,
        pack=pack.pack,
    )
