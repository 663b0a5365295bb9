"""Read the cases that rule packs carry: what must be found, what must not, and what nearly is (`docs/packs.md`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.authored import Document
from pipeline.dialogue import LINE_WANTED, AuthoredLine, Line
from pipeline.errors import AuthoredFileError, Problem, did_you_mean

SUFFIXES = (".yaml", ".yml")


class Expected(StrEnum):
    """What must come of a case; the values are the keys in the file."""

    FOUND = "found"
    PROBABLY = "probably"
    NOT_FOUND = "not_found"
    NEAR_MISSES = "near_misses"
    CANNOT_ASSESS = "cannot_assess"
    DOES_NOT_APPLY = "does_not_apply"
    NOT_YET_FOUND = "not_yet_found"


def _several(given: Any) -> Any:
    return given if isinstance(given, (list, tuple)) else (given,)


class _Authored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AuthoredEarlier(_Authored):
    """An earlier call of the same customer, or as many alike as there are times; without a time nobody knows it.

    Attributes:
        conversation: Whether the customer spoke with the agent; None where nobody knows.
        present: Rules that were heard in it; the others were not.
        cannot_assess: Rules of which nobody can tell.
        metadata: Other fields; None for those of the call itself.
    """

    started_at: Annotated[tuple[AwareDatetime | None, ...], BeforeValidator(_several)] = (None,)
    direction: Literal["inbound", "outbound"] | None = "outbound"
    conversation: bool | None = None
    present: tuple[str, ...] = ()
    cannot_assess: tuple[str, ...] = ()
    metadata: dict[str, str] | None = None


class AuthoredCall(_Authored):
    """What is known of the call; what is left out is a call that the rule is about."""

    started_at: AwareDatetime | None = None
    customer_ref: str | None = None
    earlier: tuple[AuthoredEarlier, ...] = ()
    queue: str | None = None
    direction: Literal["inbound", "outbound"] | None = None
    team: str | None = None
    metadata: dict[str, str] = {}
    duration_s: Annotated[float, Field(gt=0)] | None = None
    language: str = "en"
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.9

    @model_validator(mode="after")
    def _earlier_is_before(self) -> AuthoredCall:
        times = [time for call in self.earlier for time in call.started_at if time is not None]
        if times and (self.started_at is None or max(times) > self.started_at):
            raise PydanticCustomError("case_call", "`earlier` calls begin before the call's own `started_at`")
        return self


class AuthoredCase(_Authored):
    """One case: lines, and where needed the call and what the reason must say. A call alone is one without words."""

    lines: tuple[AuthoredLine, ...] = ()
    call: AuthoredCall | None = None
    because: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        """Take a line, and a list of lines, for a case."""
        is_short = not isinstance(given, dict) or not set(given) & set(cls.model_fields)
        lines = given if is_short else given.get("lines")
        if isinstance(lines, dict):
            lines = [{key: value} for key, value in lines.items()]
        elif isinstance(lines, str):
            lines = [lines]
        if not lines and (is_short or not given.get("call")):
            raise PydanticCustomError("case_line", LINE_WANTED)
        return {"lines": lines} if is_short else {**given, "lines": lines or ()}


Listed = tuple[AuthoredCase, ...]


class AuthoredRuleCases(_Authored):
    """The cases of one rule. ``call`` is that of every case which gives none itself."""

    call: AuthoredCall | None = None
    found: Listed = ()
    probably: Listed = ()
    not_found: Listed = ()
    near_misses: Listed = ()
    cannot_assess: Listed = ()
    does_not_apply: Listed = ()
    not_yet_found: Listed = ()


class CaseFile(_Authored):
    """One file of cases as written."""

    rules: dict[str, AuthoredRuleCases]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One case, with the place where it is written.

    Attributes:
        because: Words that must stand in the reason, or in that of the nearest miss; empty where any reason will do.
    """

    rule: str
    expected: Expected
    lines: tuple[Line, ...]
    call: AuthoredCall
    because: str
    file: str
    line: int | None


def load_cases(path: Path, rule_ids: Sequence[str]) -> tuple[Case, ...]:
    """Return the cases of a file, or of every ``*.yaml`` and ``*.yml`` of a folder, in order of file name and place.

    Args:
        path: A file or a folder.
        rule_ids: The rules that there are.

    Raises:
        AuthoredFileError: With every problem of every file, each with its file.
    """
    paths = [path] if path.is_file() else sorted(each for each in path.glob("*") if each.suffix in SUFFIXES)
    found: list[Case] = []
    problems: list[Problem] = []
    for each in paths:
        try:
            document = Document(each)
            read = document.validate(CaseFile)
        except AuthoredFileError as error:
            problems += [problem.in_file(str(each)) for problem in error.problems]
            continue
        cases = list(_cases(document, read))
        problems += [problem.in_file(str(each)) for problem in _problems(document, read, cases, rule_ids)]
        found += cases
    if problems:
        raise AuthoredFileError(str(path), problems)
    return tuple(found)


def _cases(document: Document, read: CaseFile) -> Iterator[Case]:
    for rule_id, of_rule in read.rules.items():
        for expected in Expected:
            for i, case in enumerate(getattr(of_rule, expected.value)):
                yield Case(
                    rule=rule_id,
                    expected=expected,
                    lines=case.lines,
                    call=case.call or of_rule.call or AuthoredCall(),
                    because=case.because,
                    file=str(document.path),
                    line=document.line(("rules", rule_id, expected.value, i)),
                )


def _problems(document: Document, read: CaseFile, cases: Sequence[Case], rule_ids: Sequence[str]) -> Iterator[Problem]:
    for rule_id in read.rules:
        if rule_id not in rule_ids:
            message = f"no rule {rule_id!r}{did_you_mean(rule_id, rule_ids)}"
            yield document.problem("unknown-rule", ("rules", rule_id), message)
        for expected in Expected:
            for i, each in enumerate(getattr(read.rules[rule_id], expected.value)):
                at = ("rules", rule_id, expected.value, i, "call")
                yield from _problems_of_earlier(document, each.call, at, rule_ids)
        yield from _problems_of_earlier(document, read.rules[rule_id].call, ("rules", rule_id, "call"), rule_ids)
    first: dict[object, Case] = {}
    for case in cases:
        same = first.setdefault((case.rule, case.lines, case.call.model_dump_json()), case)
        if same is not case:
            yield Problem(
                code="duplicate-case",
                where=f"rules.{case.rule}.{case.expected}",
                line=case.line,
                message=f"stands under `{same.expected}` in line {same.line} already; keep one",
            )


def _problems_of_earlier(
    document: Document, call: AuthoredCall | None, at: tuple[str | int, ...], rule_ids: Sequence[str]
) -> Iterator[Problem]:
    for i, earlier in enumerate(call.earlier if call else ()):
        for rule_id in (*earlier.present, *earlier.cannot_assess):
            if rule_id not in rule_ids:
                message = f"no rule {rule_id!r}{did_you_mean(rule_id, rule_ids)}"
                yield document.problem("unknown-rule", (*at, "earlier", i), message)
