"""Waiting for what is done beside requests."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.web.conftest import Stay

LONGEST_S = 60.0


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; a test in which it never does fails."""
    ends = time.monotonic() + LONGEST_S
    while not holds():
        if time.monotonic() > ends:
            pytest.fail("it never came to hold")
        time.sleep(0.05)


def page_when(stay: Stay, address: str, ready: Callable[[str], bool]) -> str:
    """Return a page as soon as it is ready."""
    page = ""

    def is_ready() -> bool:
        nonlocal page
        page = stay.get(address).text
        return ready(page)

    wait_until(is_ready)
    return page
