"""Columns that hold words of calls: sealed where there is a key, opened always.

Which keys there are is told to an engine once, when it is made (`seal_with`): a type finds them by the dialect, of
which every engine has its own. Nothing that SQL compares, sorts or looks into may be of these types; ``[]`` and other
values that say nothing stay as they are, so that a query can ask whether there is any evidence.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Engine, LargeBinary, Text, TypeDecorator

from pipeline.at_rest.keys import KeyRing
from pipeline.at_rest.text import PREFIX, PREFIX_BYTES, Seals

SAYS_NOTHING = frozenset({"", "[]", "{}", "null"})

_seals: WeakKeyDictionary[Dialect, Seals] = WeakKeyDictionary()
_NO_SEALS = Seals(None)


def seal_with(engine: Engine, ring: KeyRing | None) -> None:
    """Let a new engine seal and open with these keys; to be called before anything else is done with it."""
    _seals[engine.dialect] = Seals(ring)


def seals_of(dialect: Dialect) -> Seals:
    """Return what an engine seals and opens with."""
    return _seals.get(dialect, _NO_SEALS)


def is_sealing(connection: Connection) -> bool:
    """Tell whether what is written here is sealed."""
    return seals_of(connection.dialect).ring is not None


class SealedText(TypeDecorator[str]):
    """Text that is sealed.

    Args:
        place: ``table.column``; a value opens nowhere else.
    """

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    @property
    def python_type(self) -> type[str]:
        """What values are."""
        return str

    def bind_processor(self, dialect: Dialect) -> Any:
        """Return what seals; without keys, what tells a text that only looks sealed by a blank before it."""
        seals, place = seals_of(dialect), self.place
        if seals.ring is None:
            return lambda value: f" {value}" if value is not None and value.startswith(PREFIX) else value
        return lambda value: value if value is None or value in SAYS_NOTHING else seals.seal(value, place)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Return what opens; rows from before there was a key are read as they are."""
        seals, place = seals_of(dialect), self.place
        return lambda value: seals.open(value, place) if value is not None and value.startswith(PREFIX) else value


class SealedBytes(TypeDecorator[bytes]):
    """Bytes that are sealed; as `SealedText`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    @property
    def python_type(self) -> type[bytes]:
        """What values are."""
        return bytes

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Seal, where there are keys."""
        seals = seals_of(dialect)
        return value if value is None or seals.ring is None else seals.seal_bytes(value, self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Open what is sealed."""
        if value is None or not value.startswith(PREFIX_BYTES):
            return value
        return seals_of(dialect).open_bytes(value, self.place)
