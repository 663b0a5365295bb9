"""Find the calls that have to be judged once more, because an earlier call of their customer came to light later."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.compliance.calls import judged_fingerprint
from pipeline.detectors import Detectors
from pipeline.store.customer_calls import judged_calls
from pipeline.store.database import Store


def unsettled(customers: Iterable[str], detectors: Detectors, store: Store) -> list[str]:
    """Return the ids of calls whose earlier calls would give another outcome now, by customer in order of time.

    Calls that were judged by other rules are left as they are: the next run over them does that. `process_call` judges
    a call anew; its transcript, sentiment and measures are stored.

    Args:
        customers: References of the customers whose calls are looked through.
        detectors: With the rules.
        store: Where the calls are.
    """
    rules = detectors.about_calls
    checks = rules.fingerprint
    found: list[str] = []
    for customer in sorted(customers) if rules.needs else ():
        with store.read() as connection:
            for call in judged_calls(connection, customer, rules.needs_of):
                now = judged_fingerprint(rules.judge(call.recording, call.history))
                if call.checks == checks and call.judged != now:
                    found.append(call.recording.call_id)
    return found
