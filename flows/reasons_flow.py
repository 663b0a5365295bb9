"""Contact reasons as a Prefect flow: each new call gets its reason, so that trends go on."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.states import Completed

from flows.runtime import current, utc_now
from pipeline.contact_reasons.find import find_reasons


@flow(name="find contact reasons")
def find_contact_reasons() -> Any:
    """Give every scored call its reason. Groups that are known stay: looking for them anew is a person's decision."""
    runtime = current()
    found = find_reasons(runtime.store, runtime.settings, now=utc_now())
    return Completed(message=f"calls with another reason than before, or with one for the first time: {found.changed}")
