"""Lists in parts: each goes on behind the last row of the one before, whatever was added in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_


@dataclass(frozen=True, kw_only=True, slots=True)
class By:
    """A column by which a list is sorted; rows in which it is NULL come last."""

    column: ColumnElement[Any]
    descending: bool = False
    nullable: bool = False


def part(statement: Select[Any], order: Sequence[By], *, after: tuple[Any, ...] | None, limit: int) -> Select[Any]:
    """Return a statement for a part of its rows.

    Args:
        statement: Without an order.
        order: By what it is sorted; the last column is unique.
        after: The values of these columns in the last row of the part before; None for the first part.
        limit: How many rows at most.
    """
    if after is not None:
        statement = statement.where(behind(order, after))
    columns: list[ColumnElement[Any]] = []
    for by in order:
        columns += [by.column.is_(None)] if by.nullable else []
        columns.append(by.column.desc() if by.descending else by.column)
    return statement.order_by(*columns).limit(limit)


def behind(order: Sequence[By], after: tuple[Any, ...]) -> ColumnElement[bool]:
    """Return the condition that a row comes behind one with these values: a > x, or a = x and b > y, and so on."""
    ways: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for by, value in zip(order, after, strict=True):
        ways.append(and_(*same, _later(by, value)))
        same.append(by.column.is_(None) if value is None else by.column == value)
    first, value = order[0], after[0]
    within = [] if first.nullable or value is None else [_not_before(first, value)]
    return and_(*within, or_(*ways))


def _later(by: By, value: Any) -> ColumnElement[bool]:
    if value is None:
        return false()
    later: ColumnElement[bool] = by.column < value if by.descending else by.column > value
    return or_(later, by.column.is_(None)) if by.nullable else later


def _not_before(by: By, value: Any) -> ColumnElement[bool]:
    """Return a bound on the first column alone: SQLite does not see it inside of an OR."""
    bound: ColumnElement[bool] = by.column <= value if by.descending else by.column >= value
    return bound
