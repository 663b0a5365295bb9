"""A worker: it claims calls that wait, takes them through every step, and comes back for more.

Its calls are no task runs of Prefect, which would keep a row for each: at 120,000 calls a day that would become the
largest part of its database.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from prefect.utilities.timeout import timeout

from flows.call_threads import work_in_threads
from flows.in_order import process_in_order
from flows.leases import renewing, worker_name
from flows.outages import Lasting
from flows.passing import may_pass
from flows.runtime import Runtime, utc_now
from pipeline import run
from pipeline.errors import EarmarkError, StoreError, UnexpectedError
from pipeline.store import claims, failures
from pipeline.store.claims import Claimed
from pipeline.store.old_calls import known_calls


class _TooLongError(TimeoutError):
    """A call took longer than it may."""


@dataclass
class Worker:
    """Works on calls in this process.

    Attributes:
        runtime: Settings, database and engines.
        stop: When it is set, no other call is begun.
        name: By which others see who has a call.
        outcomes: How many calls became ``processed``, ``unchanged``, ``failed`` or, where a lease ran out and another
            worker took the call or it was deleted, ``lost``. One that had to be judged once more counts again.
    """

    runtime: Runtime
    stop: threading.Event = field(default_factory=threading.Event)
    name: str = field(default_factory=worker_name)
    outcomes: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _own: set[str] = field(default_factory=set)

    def work_on_batch(self) -> int:
        """Claim calls that wait, work on them and let go of them; return how many were claimed, 0 where none waits.

        Raises:
            EarmarkError: Rules or models are not as they should be, or the database is away for longer than it may be.
        """
        lease_s = self.runtime.settings.run.lease_s
        with renewing(self.runtime.store, self.name, lease_s=lease_s):
            claimed = self._lasting.do(self._claim)
            for call_id in claimed.given_up:
                self._tell("failed", call_id)
            self._own = set(claimed.call_ids)
            if claimed.call_ids:
                # Calls that were done before the database went away are found done.
                self._lasting.do(lambda: process_in_order(claimed.call_ids, self._in_threads, self.runtime))
        return len(claimed.call_ids)

    @property
    def _lasting(self) -> Lasting:
        return Lasting(store=self.runtime.store, settings=self.runtime.settings.run, stop=self.stop)

    def _claim(self) -> Claimed:
        settings = self.runtime.settings.run
        in_order = bool(self.runtime.parts.detectors.about_calls.needs)
        with self.runtime.store.begin() as connection:
            return claims.claim(
                connection,
                self.name,
                limit=settings.claim,
                lease_s=settings.lease_s,
                attempts=settings.attempts,
                in_order=in_order,
            )

    def _in_threads(self, calls: Sequence[tuple[str, str | None]]) -> set[str]:
        at_once = self.runtime.settings.run.workers
        return work_in_threads(calls, self._work_on, at_once=at_once, stop=self.stop, stopping=self._let_go)

    def _let_go(self) -> None:
        """Leave to others what is not begun: a process that is stopped has seconds, and its calls may take minutes."""
        with suppress(StoreError), self.runtime.store.begin() as connection:
            claims.release(connection, self.name, begun=False)

    def _work_on(self, call_id: str) -> bool:
        """Take one call through every step; False where it is listed as failed."""
        if call_id in self._own and not self._lasting.do(lambda: self._begin(call_id)):
            self._tell("lost", call_id)
            return True
        outcome = self._outcome(call_id)
        tries = self.runtime.tries.pop(call_id, 1)
        if outcome in ("processed", "unchanged"):
            self._tell(outcome, call_id)
            return True
        if not self._lasting.do(lambda: self._put_failure(call_id, outcome, tries)):
            self._tell("lost", call_id)
            return True
        self._tell("failed", call_id)
        return False

    def _begin(self, call_id: str) -> bool:
        with self.runtime.store.begin() as connection:
            return claims.begin(connection, self.name, call_id)

    def _outcome(self, call_id: str) -> str:
        """Return ``processed``, ``unchanged``, or the reason for which the call failed.

        Raises:
            StoreError: The database is away: that is no fault of the call's.
        """
        settings = self.runtime.settings.run
        for tries in range(settings.retries + 1):
            try:
                return self._lasting.do(lambda: self._process(call_id))
            except _TooLongError:
                return f"took longer than run.call_timeout_s = {settings.call_timeout_s} s"
            except StoreError as error:
                if not self.runtime.store.answers():
                    raise
                return str(error)
            except EarmarkError as error:
                reason = str(error)
                if not may_pass(error):
                    break
            except Exception as error:  # noqa: BLE001 (turned into one that can be shown)
                reason = str(UnexpectedError(error))
            if self.stop.wait(settings.retry_delay_s * 2**tries):
                break
        return reason

    def _process(self, call_id: str) -> str:
        runtime = self.runtime
        runtime.tries[call_id] += 1
        with timeout(seconds=runtime.settings.run.call_timeout_s, timeout_exc_type=_TooLongError):
            _, done = run.process_call(call_id, runtime.parts, runtime.store, now=utc_now)
        return "processed" if done else "unchanged"

    def _put_failure(self, call_id: str, reason: str, tries: int) -> bool:
        """List a call as failed; False where it was deleted, or is another worker's, which may have scored it."""
        with self.runtime.store.begin() as connection:
            if not known_calls(connection, [call_id]):
                return False
            if call_id in self._own and not claims.holds(connection, self.name, call_id):
                return False
            failures.put_failure(connection, call_id, step="process", reason=reason, now=utc_now(), tries=tries)
        return True

    def _tell(self, outcome: str, call_id: str) -> None:
        with self._lock:
            self._own.discard(call_id)
            self.outcomes[outcome] += 1
        self.runtime.report(outcome, call_id)
