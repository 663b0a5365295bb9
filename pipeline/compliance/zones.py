"""In which time zones a customer may be, by what the metadata tell. No zone is guessed from the call centre's own."""

from __future__ import annotations

import functools
import re
from importlib import import_module
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.importing import importing
from pipeline.records import Recording

ZONE_FIELDS = ("customer_timezone", "customer_state", "customer_phone")

_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
# Every zone of each state and territory of the United States (49 CFR part 71).
_STATES = {
    (_EASTERN,): "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    (_EASTERN, _CENTRAL): "FL IN KY MI TN",
    (_CENTRAL,): "AL AR IA IL LA MN MO MS OK WI",
    (_CENTRAL, _MOUNTAIN): "KS ND NE SD TX",
    (_MOUNTAIN,): "CO MT NM UT WY",
    (_MOUNTAIN, _PACIFIC): "ID NV OR",
    (_PACIFIC,): "CA WA",
    ("America/Phoenix", _MOUNTAIN): "AZ",  # the Navajo Nation puts its clocks forward
    ("America/Anchorage", "America/Adak"): "AK",
    ("Pacific/Honolulu",): "HI",
    ("Pacific/Pago_Pago",): "AS",
    ("Pacific/Guam",): "GU MP",
    ("America/Puerto_Rico",): "PR VI",
}
_BY_STATE = {state: zones for zones, states in _STATES.items() for state in states.split()}
_STATE_NAMES = (
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,"
    "DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,"
    "KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,"
    "MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,"
    "NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,"
    "SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,"
    "WV West Virginia,WI Wisconsin,WY Wyoming,AS American Samoa,GU Guam,MP Northern Mariana Islands,PR Puerto Rico,"
    "VI Virgin Islands"
)
_ANY_LINE = "5550123"  # a number that is nobody's, in any area
_CODES = {name.casefold(): code for code, name in (entry.split(" ", 1) for entry in _STATE_NAMES.split(","))}


def zones_of(recording: Recording) -> tuple[ZoneInfo, ...]:
    """Return every zone in which the customer may be, none where nothing tells.

    ``customer_timezone`` (an IANA name) decides alone. Else the zones of ``customer_state`` and of the area code of
    ``customer_phone`` count together: a mobile number moves with its owner, so neither excludes the other.
    """
    told, state, phone = (recording.metadata.get(field, "").strip() for field in ZONE_FIELDS)
    if told:
        zone = _zone(told)
        return () if zone is None else (zone,)
    names = dict.fromkeys((*_of_state(state), *_of_phone(phone)))
    return tuple(zone for name in names if (zone := _zone(name)))


def _of_state(state: str) -> tuple[str, ...]:
    code = state.upper().removeprefix("US-")
    return _BY_STATE.get(_CODES.get(state.casefold(), code), ())


@functools.lru_cache(maxsize=4096)
def _of_phone(phone: str) -> tuple[str, ...]:
    """Return the zones of a number's area; digits without a country are North America's, three are an area code.

    A number that belongs to no place, such as a free one, tells nothing.
    """
    if not phone:
        return ()
    if re.fullmatch(r"[2-9]\d\d", phone):
        phone += _ANY_LINE
    try:
        with importing:
            numbers, areas = import_module("phonenumbers"), import_module("phonenumbers.timezone")
    except ImportError:  # the lite distribution has no zones
        return ()
    try:
        number = numbers.parse(phone, "US")
    except numbers.NumberParseException:
        return ()
    if not numbers.is_number_geographical(number) or not numbers.is_valid_number(number):
        return ()
    names: tuple[str, ...] = areas.time_zones_for_geographical_number(number)
    return tuple(name for name in names if name != areas.UNKNOWN_TIMEZONE)


@functools.lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
