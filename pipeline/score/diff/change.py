"""One difference between two rubrics, and what is told the same way wherever it is found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.score.wording import listed, percent

_WORDING = ("title", "guidance", "coaching", "description")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One difference between two rubrics.

    Attributes:
        code: Stable code, such as ``criterion-added``.
        where: What it is about: ``rubric``, ``section opening`` or ``criterion greeting``.
        text: What changed, in one sentence.
        scores: Whether scores can change by it; False for wording, and for which calls it is used.
    """

    code: str
    where: str
    text: str
    scores: bool = True


def wording_changes(where: str, old: Any, new: Any) -> Iterator[Change]:
    """Tell that texts for people changed, which changes no score."""
    changed = [name for name in _WORDING if getattr(old, name, "") != getattr(new, name, "")]
    if changed:
        text = f"Wording only: {listed(changed)} of {old.title}."
        yield Change(code="wording", where=where, text=text, scores=False)


def order_changes(plural: str, singular: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """Tell that what stands in both, by its ids, stands in another order."""
    kept_before, kept_now = [i for i in old if i in new], [i for i in new if i in old]
    if kept_before != kept_now:
        text = f"The {plural} stand in another order, which changes no score."
        yield Change(code=f"{singular}-order", where="rubric", text=text, scores=False)


def share_in_words(share: float | None) -> str:
    """Return a share as a percentage; ``nothing`` where there is none."""
    return "nothing" if share is None else percent(share)
