"""Send one delivery to the address that was checked, and say in a line what came of it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Collection
from datetime import datetime
from functools import cache
from http import HTTPStatus
from importlib.metadata import version

import httpx

from app.web.webhooks.addresses import Address, CheckedUrl, UnsafeAddressError, check_url, resolve
from app.web.webhooks.signing import DELIVERY_HEADER, EVENT_HEADER, SIGNATURE_HEADER, body_of, signature
from pipeline.store.webhooks import DueDelivery

TIMEOUT_S = 10.0


async def send(
    due: DueDelivery, *, base: str, insecure_hosts: Collection[str], now: datetime, timeout_s: float = TIMEOUT_S
) -> tuple[bool, str]:
    """Send a delivery and tell whether it was taken, and what was answered.

    Nothing of an answer but its status is read: what stands at an address inside a network is no concern of whoever
    makes webhooks.
    """
    body = body_of(due.delivery, base)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"earmark/{version('earmark')}",
        SIGNATURE_HEADER: signature(due.secret, body, now),
        DELIVERY_HEADER: due.delivery.delivery_id,
        EVENT_HEADER: due.delivery.event.value,
    }
    try:
        async with asyncio.timeout(timeout_s):  # in all: httpx bounds each step only
            status = await _post(check_url(due.url, insecure_hosts), body, headers, timeout_s)
    except TimeoutError:
        return False, f"no answer within {timeout_s:g} s"
    except UnsafeAddressError as error:
        return False, str(error)
    except socket.gaierror:
        return False, "the host's name is not known"
    except (httpx.HTTPError, OSError, UnicodeError) as error:
        return False, f"could not be reached ({type(error).__name__})"
    if 300 <= status < 400:
        return False, f"{status}: redirects are not followed; give the address that it leads to"
    return 200 <= status < 300, f"{status} {_phrase(status)}".strip()


async def _post(checked: CheckedUrl, body: bytes, headers: dict[str, str], timeout_s: float) -> int:
    """Return the status; of several addresses of a host the first that takes the connection is asked."""
    addresses = await resolve(checked)
    async with httpx.AsyncClient(
        trust_env=False,  # a proxy would resolve the name anew
        follow_redirects=False,
        timeout=timeout_s,
        verify=_certificates(),
    ) as client:
        for left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            try:
                async with client.stream(
                    "POST",
                    checked.url.copy_with(host=str(address)),
                    content=body,
                    headers={**headers, "Host": checked.url.netloc.decode("ascii")},
                    extensions={"sni_hostname": checked.host} if _is_name(checked, address) else {},
                ) as answer:
                    return answer.status_code
            except httpx.ConnectError:
                if not left:
                    raise
    raise OSError("the name is not known")


def _is_name(checked: CheckedUrl, address: Address) -> bool:
    return checked.host != str(address)


@cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
