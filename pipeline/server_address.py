"""Whether a server's address may be used: this machine always, others only where the site allows it."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_OWN_NETWORK = (".local", ".internal", ".lan", ".home.arpa", ".localdomain")


def address_problem(url: str, *, allow_remote: bool) -> str | None:
    """Return why a server must not be used, or None where it may. No name is looked up.

    This machine is ``localhost`` and loopback addresses. Another one needs to be allowed, and is spoken to over
    https unless its address or name is of the site's own network: a private address, or a name such as ``llm`` or
    ``llm.internal``.

    Args:
        url: Address, such as ``http://127.0.0.1:8080/v1``.
        allow_remote: Whether the site allows other machines.
    """
    if not re.fullmatch(r"[!-~]+", url):
        return "an address has no spaces and no letters beyond ASCII"
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "no address; write one such as http://127.0.0.1:8080/v1"
    return _wrong_form(parts, host) or _wrong_place(parts, host, allow_remote=allow_remote)


def _wrong_form(parts: SplitResult, host: str) -> str | None:
    if parts.scheme not in ("http", "https") or not host:
        return "an address begins with http:// or https:// and names a host, such as http://127.0.0.1:8080/v1"
    if not (re.fullmatch(r"[A-Za-z0-9._-]+", host) or _ip(host)):
        return "an address names its host in letters, digits, dots and hyphens"
    if parts.username is not None or parts.password is not None:
        return "no user or password in an address; a key goes into judge.api_key"
    if parts.query or parts.fragment:
        return "an address ends before ? and #"
    return None


def _wrong_place(parts: SplitResult, host: str, *, allow_remote: bool) -> str | None:
    if _is_this_machine(host):
        return None
    if not allow_remote:
        return (
            "the server is not on this machine, and words of calls would leave it; use 127.0.0.1, or allow it with "
            "judge.allow_remote"
        )
    if parts.scheme == "http" and not _is_own_network(host):
        return "words of calls do not go to another network unencrypted; use https"
    return None


def _is_this_machine(host: str) -> bool:
    address = _ip(host)
    return host == "localhost" if address is None else address.is_loopback


def _is_own_network(host: str) -> bool:
    address = _ip(host)
    if address is None:
        is_name = host[0].isalpha()  # 3405803781 is an address too
        return is_name and ("." not in host or host.endswith(_OWN_NETWORK))
    return (address.is_private or address.is_link_local) and not address.is_unspecified


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
