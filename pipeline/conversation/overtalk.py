"""Both parties speaking at once, and who came in."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.conversation.parties import Party
from pipeline.conversation.speech import overlap
from pipeline.records import Overtalk, Role


def find_overtalks(agent: Party, customer: Party, overtalk_ms: int) -> tuple[Overtalk, ...]:
    """Return every stretch longer than ``overtalk_ms`` in which both speak; who began second interrupts."""
    found = []
    for ours in agent.stretches:
        for theirs in customer.stretches:
            both = overlap(ours, theirs)
            if both and both.length_ms > overtalk_ms:
                second = Role.AGENT if ours.start_ms > theirs.start_ms else Role.CUSTOMER
                interrupter = Role.UNKNOWN if ours.start_ms == theirs.start_ms else second
                found.append(Overtalk(interrupter=interrupter, start_ms=both.start_ms, end_ms=both.end_ms))
    return tuple(sorted(found, key=lambda over: (over.start_ms, over.end_ms)))


def interruptions(overtalks: Sequence[Overtalk] | None, role: Role) -> int | None:
    """Return how often a role interrupts; None where that is not known."""
    return None if overtalks is None else sum(over.interrupter is role for over in overtalks)


def overtalk_ms(overtalks: Sequence[Overtalk] | None, role: Role | None = None) -> int | None:
    """Return the summed length of overtalks, or of those in which a role interrupts; None where it is not known."""
    if overtalks is None:
        return None
    return sum(over.end_ms - over.start_ms for over in overtalks if role is None or over.interrupter is role)
