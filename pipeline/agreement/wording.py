"""Counts in the words of reports."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a count with its noun: ``1 pair``, ``2 pairs``; the plural is the noun with an s."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
