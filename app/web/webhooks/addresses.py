"""Where webhooks may go: not into this network, unless the settings name the host."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import httpx

from app.web.errors import BadRequestError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_MOST_CHARACTERS = 1000
_MOST_PORT = 65_535
_V4_IN_V6 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))  # translated, and of old


class UnsafeAddressError(BadRequestError):
    """A webhook would go where it must not."""

    status = 422


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedUrl:
    """An address that may be asked, as far as its letters tell.

    Attributes:
        named: Whether the settings name the host: it may be inside this network.
    """

    url: httpx.URL
    host: str
    port: int
    named: bool


def check_url(text: str, insecure_hosts: Collection[str]) -> CheckedUrl:
    """Return an address of a webhook, read.

    Args:
        text: What somebody typed, or what is stored.
        insecure_hosts: Setting ``console.webhooks_insecure_hosts``.

    Raises:
        UnsafeAddressError: It is none that a webhook may go to.
    """
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, UnicodeError):
        raise UnsafeAddressError("this is no address: give one such as https://crm.example.org/earmark") from None
    host = url.raw_host.decode("ascii").strip("[]").rstrip(".").lower()
    named = host in {each.lower() for each in insecure_hosts}
    if len(text) > _MOST_CHARACTERS or not host or url.fragment or not text.strip().isprintable():
        raise UnsafeAddressError("this is no address: give one such as https://crm.example.org/earmark")
    if url.userinfo:
        raise UnsafeAddressError("leave name and password out of the address: deliveries are signed instead")
    if url.scheme not in ("https", "http"):
        raise UnsafeAddressError("webhooks go to https addresses")
    if url.scheme == "http" and not named:
        raise UnsafeAddressError(
            "webhooks go to https addresses; a host inside this network may be named in console.webhooks_insecure_hosts"
        )
    if url.port is not None and not 0 < url.port <= _MOST_PORT:
        raise UnsafeAddressError(f"a port is a number from 1 to {_MOST_PORT}")
    literal = _literal(host)
    if literal is not None and not named and not is_public(literal):
        raise _inside()
    return CheckedUrl(url=url, host=host, port=url.port or (443 if url.scheme == "https" else 80), named=named)


async def resolve(checked: CheckedUrl) -> Sequence[Address]:
    """Return where a host is now, every one of which may be asked.

    Raises:
        UnsafeAddressError: One of them is inside this network, and the settings do not name the host.
        OSError: The name is not known.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(checked.host, checked.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found))
    if not checked.named and not all(is_public(address) for address in addresses):
        raise _inside()
    return addresses


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and any(address in network for network in _V4_IN_V6):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _inside() -> UnsafeAddressError:
    return UnsafeAddressError(
        "the address leads into this network; if that is meant, name the host in console.webhooks_insecure_hosts"
    )
