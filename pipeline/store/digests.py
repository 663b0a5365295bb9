"""Which digest went to whom. A digest is claimed before it leaves, so that two processes do not send it twice.

A row without ``sent_at``, or with one before ``begun_at``, is of a digest that is going out, for the first time or
once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from pipeline.store.digest_tables import sent_digests
from pipeline.store.upsert import insert_new

GIVEN_UP_AFTER = timedelta(hours=1)
"""A claim this old is of a process that died: the digest may have left or not, and is sent."""

_sent = sent_digests.c


def claim_digest(
    connection: Connection, team: str, label: str, receivers: Sequence[str], *, now: datetime, again: bool = False
) -> list[str]:
    """Return to whom a digest is to be sent, and keep that it is being sent.

    Left out are those who have it, and those to whom another process is sending it right now.

    Args:
        connection: A transaction that writes.
        team: Of which team, ``*`` for all.
        label: Of which period, such as ``2026-W41``.
        receivers: Addresses.
        now: When.
        again: Also to those who have it.
    """
    died = _sent.begun_at <= now - GIVEN_UP_AFTER
    never_sent = and_(_sent.sent_at.is_(None), died)
    may_be_taken = or_(never_sent, and_(_sent.sent_at.is_not(None), or_(_sent.begun_at <= _sent.sent_at, died)))
    claimed = []
    for receiver in receivers:
        key = {"team": team, "label": label, "receiver": receiver.casefold()}
        taken = update(sent_digests).where(_of(**key), may_be_taken if again else never_sent).values(begun_at=now)
        is_new = insert_new(connection, sent_digests, {**key, "times": 0, "begun_at": now, "sent_at": None})
        if is_new or connection.execute(taken).rowcount == 1:
            claimed.append(receiver)
    return claimed


def note_sent(connection: Connection, team: str, label: str, receivers: Sequence[str], *, now: datetime) -> None:
    """Keep that a claimed digest has reached the mail server for these addresses."""
    for receiver in receivers:
        of_receiver = _of(team=team, label=label, receiver=receiver.casefold())
        connection.execute(update(sent_digests).where(of_receiver).values(times=_sent.times + 1, sent_at=now))


def note_not_sent(connection: Connection, team: str, label: str, receivers: Sequence[str]) -> None:
    """Give a claim back: the next run tries again, but for those who have the digest from before."""
    for receiver in receivers:
        of_receiver = _of(team=team, label=label, receiver=receiver.casefold())
        connection.execute(delete(sent_digests).where(of_receiver, _sent.sent_at.is_(None)))
        connection.execute(update(sent_digests).where(of_receiver).values(begun_at=_sent.sent_at))


def receivers_who_have(connection: Connection, team: str, label: str) -> set[str]:
    """Return to whom a digest was sent, in small letters."""
    statement = select(_sent.receiver).where(_sent.team == team, _sent.label == label, _sent.sent_at.is_not(None))
    return set(connection.scalars(statement))


def digests_had(connection: Connection, team: str) -> Mapping[str, set[str]]:
    """Return the labels of a team's digests that were sent, by receiver in small letters."""
    statement = select(_sent.receiver, _sent.label).where(_sent.team == team, _sent.sent_at.is_not(None))
    had: dict[str, set[str]] = {}
    for receiver, label in connection.execute(statement):
        had.setdefault(receiver, set()).add(label)
    return had


def _of(*, team: str, label: str, receiver: str) -> ColumnElement[bool]:
    return and_(_sent.team == team, _sent.label == label, _sent.receiver == receiver)
