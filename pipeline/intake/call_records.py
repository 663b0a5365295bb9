"""Call records (CDR, CTR): a CSV of the phone system's own, whose rows name calls and not files.

A row belongs to a recording by the phone system's id, or by agent and time. Amazon Connect's column names are known:
``ContactId``, ``InitiationTimestamp``, ``Agent.Username``, ``Queue.Name``, ``InitiationMethod``,
``CustomerEndpoint.Address``, ``LastUpdateTimestamp``; nested ones may be joined by a dot or an underscore. Source:
"Data model for contact records" in the Amazon Connect administrator guide, which also says that a record may come again
with news, to be told by ``LastUpdateTimestamp``.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.intake.defects import defect
from pipeline.intake.fields import FIELDS, clean, field_name
from pipeline.intake.manifest import read_table
from pipeline.intake.times import parse_start
from pipeline.media.inside import OutsideError
from pipeline.media.opened import read_small
from pipeline.media.place import Place
from pipeline.records import Defect
from pipeline.records.direction import INBOUND, OUTBOUND

NEAR_S = 60
"""By how much recorder and phone system may differ about when a call of one agent began."""

_COLUMNS: Mapping[str, str] = {
    "contactid": "external_id",
    "contact_id": "external_id",
    "initiationtimestamp": "started_at",
    "initiation_timestamp": "started_at",
    "agent_username": "agent_id",
    "queue_name": "queue",
    "initiationmethod": "direction",
    "initiation_method": "direction",
    "customerendpoint_address": "customer_phone",
    "customer_endpoint_address": "customer_phone",
    "lastupdatetimestamp": "updated_at",
    "last_update_timestamp": "updated_at",
}
_DIRECTIONS = {"callback": OUTBOUND, "external_outbound": OUTBOUND, "outbound": OUTBOUND, "inbound": INBOUND}
_OTHERS = (
    *("customer_phone", "customer_timezone", "customer_state", "debt_ref", "conversation", "disposition"),
    *("prior_consent", "updated_at"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecords:
    """One file of call records, or what makes all of it unusable.

    Attributes:
        by_id: Values by the phone system's id; the newest of a record that came several times.
        by_agent: Each agent's records with their start.
    """

    by_id: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    by_agent: Mapping[str, Sequence[tuple[datetime, Mapping[str, str]]]] = field(default_factory=dict)
    defects: tuple[Defect, ...] = ()

    def find(self, ids: Sequence[str], agent_id: str | None, started_at: datetime | None) -> Mapping[str, str] | None:
        """Return the record of a call by one of its ids, else the only one of its agent that began about then."""
        found = next((self.by_id[each] for each in ids if each in self.by_id), None)
        if found is not None or agent_id is None or started_at is None:
            return found
        near = [
            values
            for began, values in self.by_agent.get(agent_id, ())
            if abs((began - started_at).total_seconds()) <= NEAR_S
        ]
        return near[0] if len(near) == 1 else None


def read_call_records(path: Place, *, site_timezone: str | None, within: Place | None = None) -> CallRecords:
    """Read a file of call records. Never raises for what is in it.

    Args:
        path: CSV in UTF-8 or marked UTF-16, with commas, semicolons or tabs.
        site_timezone: IANA zone of times that name none.
        within: The folder in which it was found, which no link may leave; None: its own.

    Raises:
        MediaAwayError: Its server cannot be asked.
    """
    try:
        data = read_small(path, within=within)
        table, _ = read_table(data, wanted=lambda name: _column(name) in ("external_id", "started_at"))
    except OutsideError as error:
        return _unusable(str(error))
    except OSError:
        return _unusable("cannot be opened")
    except (ValueError, csv.Error) as error:
        return _unusable(str(error))
    header = [_column(name) for name in table[0]] if table else []
    if "external_id" not in header and not {"agent_id", "started_at"} <= set(header):
        return _unusable("has neither a column external_id (or ContactId) nor agent_id with started_at")
    by_id: dict[str, dict[str, str]] = {}
    by_agent: dict[str, list[tuple[datetime, Mapping[str, str]]]] = defaultdict(list)
    for cells in table[1:]:
        values = _values(header, cells)
        external_id = values.get("external_id")
        if external_id:
            before = by_id.get(external_id, {})
            if values.get("updated_at", "") >= before.get("updated_at", ""):
                by_id[external_id] = values
        else:
            began, _defects = parse_start(values.get("started_at", ""), site_timezone=site_timezone, source="")
            if began is not None and values.get("agent_id"):
                by_agent[values["agent_id"]].append((began, values))
    for values in by_id.values():
        began, _defects = parse_start(values.get("started_at", ""), site_timezone=site_timezone, source="")
        if began is not None and values.get("agent_id"):
            by_agent[values["agent_id"]].append((began, values))
    return CallRecords(by_id=by_id, by_agent=dict(by_agent))


def _column(name: str) -> str:
    plain = field_name(name).replace(".", "_")
    return _COLUMNS.get(plain, plain)


def _values(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return what Earmark has a use for: a phone system's records hold far more about customers than that."""
    known = {
        name: clean(cell)
        for name, cell in zip(header, cells, strict=False)
        if (name in FIELDS or name in _OTHERS) and clean(cell)
    }
    if "direction" in known:
        told = _DIRECTIONS.get(known.pop("direction").casefold())
        known |= {"direction": told} if told else {}
    return known


def _unusable(what: str) -> CallRecords:
    return CallRecords(defects=(defect("call_records_invalid", f"the file of call records {what}"),))
