"""Count what was found and what was found wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from benchmarks.rules.material import SAID, Case


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A case and the rules that a method found in it."""

    case: Case
    found: Set[str]

    @property
    def right(self) -> bool:
        """True where the disclosure that was made was found."""
        return self.case.kind in SAID and self.case.rule in self.found

    def wrong(self, rule: str | None = None) -> int:
        """Return how many disclosures were found that nobody made: of one rule, or of all."""
        made = {self.case.rule} if self.case.kind in SAID else set()
        return sum(rule in {None, each} for each in self.found - made)


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """``count`` of ``n``."""

    count: int
    n: int


def recall(judged: Iterable[Judged], kind: str, rule: str | None = None) -> Share:
    """Return of the cases of a kind in which a disclosure was made those in which it was found."""
    chosen = [each for each in judged if each.case.kind == kind and rule in {None, each.case.rule}]
    return Share(count=sum(each.right for each in chosen), n=len(chosen))


def precision(judged: Sequence[Judged], kinds: Iterable[str] = SAID) -> Share:
    """Return of all that was found in cases of some kinds, and wrongly in any case, what was found rightly."""
    right = sum(each.right for each in judged if each.case.kind in set(kinds))
    return Share(count=right, n=right + sum(each.wrong() for each in judged))


def wrong(judged: Iterable[Judged], kinds: Iterable[str], rule: str | None = None) -> int:
    """Return how many disclosures were found that nobody made, in cases of some kinds. One case may give several."""
    wanted = set(kinds)
    return sum(each.wrong(rule) for each in judged if each.case.kind in wanted)
