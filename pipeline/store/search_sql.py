"""Terms of a search in each database's own language. Nothing that was typed gets there but words, quoted, as values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from sqlalchemy import Connection

from pipeline.store.search_index import LAST_TURN, TURN_BITS, TURN_INDEX, quoted
from pipeline.store.search_query import Term

_WEIGHTS = {"agent": "A", "customer": "B", None: ""}


def matching(connection: Connection, terms: Sequence[Term], *, together: bool) -> str:
    """Return the value that ``says`` is asked with.

    Args:
        connection: Of which database.
        terms: At least one.
        together: Whether a turn has to say all of them, or any.
    """
    if connection.dialect.name == "sqlite":
        return (" AND " if together else " OR ").join(f"({_fts5(term)})" for term in terms)
    return (" & " if together else " | ").join(f"({_tsquery(term)})" for term in terms)


def says(connection: Connection, name: str) -> str:
    """Return the condition that a turn says what the parameter of a name holds."""
    sqlite = connection.dialect.name == "sqlite"
    return f"{TURN_INDEX} MATCH :{name}" if sqlite else f"words @@ CAST(:{name} AS tsquery)"


def turn_key(connection: Connection) -> str:
    """Return the column that holds the key of a turn."""
    return "rowid" if connection.dialect.name == "sqlite" else "turn_id"


def of_call(connection: Connection, number: str) -> str:
    """Return the condition that a turn is of the call whose number an expression gives."""
    first = f"CAST({number} AS BIGINT) * {2**TURN_BITS}"
    return f"{turn_key(connection)} BETWEEN {first} AND {first} + {LAST_TURN}"


def _fts5(term: Term) -> str:
    if term.between is not None:
        phrase = "NEAR({}, {})".format(" ".join(f'"{word}"' for word in term.words), term.between)
    else:
        phrase = '"{}"{}'.format(" ".join(term.words), " *" if term.beginning else "")
    return f"{term.speaker} : {phrase}" if term.speaker else phrase


def _tsquery(term: Term) -> str:
    weight = _WEIGHTS[term.speaker]
    marks = [weight] * (len(term.words) - 1) + ["*" + weight if term.beginning else weight]
    words = [quoted(word) + (f":{mark}" if mark else "") for word, mark in zip(term.words, marks, strict=True)]
    if term.between is None:
        return " <-> ".join(words)
    first, second = words
    distances = range(1, term.between + 2)
    either = ((f"({first} <{far}> {second})", f"({second} <{far}> {first})") for far in distances)
    return " | ".join(chain.from_iterable(either))
