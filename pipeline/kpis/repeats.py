"""First-call resolution, told from repeat contacts: whoever does not call again was helped.

That is an estimate: some give up, and some call about something else. The window says how long to wait for them; after
Cleveland, "Call Center Management on Fast Forward", who counts repeat calls within a few days of the first.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from pipeline.config import KpiSettings
from pipeline.records.direction import INTERNAL, OUTBOUND
from pipeline.records.kpis import KnownUntil

NO_CUSTOMER = "no customer known"
NO_START = "no start time"
BY_AGENT = "made by the agent"
IN_HOUSE = "no customer took part"
NO_AGENT = "no agent talked"
KNOWN_CALL = "a recording of a call that counts already"
OTHER_LEG = "a part of the call before"
WINDOW_OPEN = "the window has not ended"

_NEEDED = ("customer_ref", "started_at", "from_phone", "talk_s", "hold_s", "transferred", "call_ref")


def windows_s(calls: pd.DataFrame, settings: KpiSettings) -> pd.Series[float]:
    """Return the window of each call: its topic's, else its queue's, else the usual one."""
    days = calls["topic"].map(settings.repeat_days_by_topic).astype("float64")
    days = days.fillna(calls["queue"].map(settings.repeat_days_by_queue).astype("float64"))
    return days.fillna(settings.repeat_days) * 86_400.0


def judge_repeats(calls: pd.DataFrame, settings: KpiSettings, *, until: KnownUntil) -> pd.DataFrame:
    """Return for each call whether it was ``resolved``, or ``not_judged``: the reason why nothing can be said.

    A call is resolved where the same customer makes no further call within its window, with whatever agent or queue.
    Calls that agents make are no contacts. What begins soon after the end of a transferred call is its next part, and
    a recording that begins about while the telephone system tells of a call of the same customer is of that call, even
    where it could not be joined to it: one call is never its own repetition.

    Args:
        calls: As `all_calls` gives them, with those of the windows after the period.
        settings: Windows.
        until: How far each source reaches: what came later cannot be known.
    """
    window = pd.to_timedelta(windows_s(calls, settings), unit="s")
    outbound, in_house = calls["direction"] == OUTBOUND, calls["direction"] == INTERNAL
    named = calls.loc[calls["customer_ref"].notna() & calls["started_at"].notna(), list(_NEEDED)]
    named = named.assign(customer=pd.factorize(named["customer_ref"])[0])  # numbers are grouped in a third of the time
    known_call = _of_known_calls(named, settings).reindex(calls.index, fill_value=False)
    ordered = named[~(outbound | in_house | known_call)[named.index]]
    ordered = ordered.sort_values(["customer", "started_at"], kind="stable")
    leg = _further_legs(ordered, settings.same_contact_s)
    contacts = ordered[~leg]
    following = contacts["started_at"].shift(-1).where(contacts["customer"] == contacts["customer"].shift(-1), pd.NaT)
    apart = (following - contacts["started_at"]).reindex(calls.index)
    ends = calls["started_at"] + window
    ended = _over(ends, until.phone).where(calls["from_phone"], _over(ends, until.recordings))
    # The first reason that applies is told.
    reasons = [
        (calls["started_at"].isna(), NO_START),
        (outbound, BY_AGENT),
        (in_house, IN_HOUSE),
        (calls["from_phone"] & ~calls["handled"], NO_AGENT),
        (calls["customer_ref"].isna(), NO_CUSTOMER),
        (known_call, KNOWN_CALL),
        (leg.reindex(calls.index, fill_value=False), OTHER_LEG),
        (~ended, WINDOW_OPEN),
    ]
    why = np.select([mask.to_numpy(dtype=bool) for mask, _ in reasons], [reason for _, reason in reasons], default="")
    not_judged = pd.Series(why, index=calls.index, dtype="object").replace("", None)
    resolved = (~(apart <= window)).astype("boolean").mask(not_judged.notna())
    return pd.DataFrame({"resolved": resolved, "not_judged": not_judged})


def _over(ends: pd.Series[pd.Timestamp], until: datetime | None) -> pd.Series[bool]:
    return pd.Series(False, index=ends.index) if until is None else ends <= pd.Timestamp(until)


def _of_known_calls(named: pd.DataFrame, settings: KpiSettings) -> pd.Series[bool]:
    """Tell which recordings without a call of the telephone system begin about while it tells of one of their customer.

    About: the clocks of both may differ, and a caller may wait in a queue before a recording begins, so that the time
    from shortly before a call's start until shortly after its end counts.
    """
    about = pd.Timedelta(seconds=max(settings.match_within_s, settings.same_contact_s))
    in_time = named.sort_values("started_at", kind="stable")
    told, alone = in_time[in_time["from_phone"]], in_time[~in_time["from_phone"]]
    spans = told[["customer"]].assign(at=told["started_at"] - about)
    # A long call that began earlier may reach further than the last one that began.
    spans["closes"] = (_ended(told) + about).groupby(told["customer"]).cummax()
    began = alone[["customer"]].assign(at=alone["started_at"])
    met = pd.merge_asof(began, spans, on="at", by="customer").set_axis(alone.index)
    return met["at"] <= met["closes"]


def _further_legs(ordered: pd.DataFrame, same_contact_s: float) -> pd.Series[bool]:
    """Tell which calls are a further part of one before: of the same id, or soon after it was transferred.

    How far the customer's transferred calls reach so far is what counts, not the call just before: that may be a short
    one to a colleague who was asked meanwhile.

    Args:
        ordered: Contacts in order of customer and start.
        same_contact_s: So soon after the end.
    """
    passed_on = ordered["transferred"].astype("boolean").fillna(False).astype("bool")
    reaches = (_ended(ordered) + pd.Timedelta(seconds=same_contact_s)).where(passed_on)
    customer = ordered["customer"]
    reached = reaches.groupby(customer).cummax().groupby(customer).ffill().groupby(customer).shift(1)
    same_id = ordered["call_ref"].notna() & ordered.duplicated(["customer", "call_ref"])
    return (ordered["started_at"] <= reached) | same_id


def _ended(calls: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """Return when calls ended: their start where nothing is known of their length."""
    lasted = calls[["talk_s", "hold_s"]].astype("float64").fillna(0.0).sum(axis=1)
    return calls["started_at"] + pd.to_timedelta(lasted, unit="s").dt.as_unit("us")
