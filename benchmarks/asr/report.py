"""Results as Markdown: tables, what they were measured on, and the page that holds them."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("faster-whisper", "ctranslate2", "openai-whisper", "torch", "onnxruntime", "av", "numpy")
HEADER = """# What Earmark hears, measured

Written by `make bench-asr`; see [how it is measured](../docs/transcription.md#how-good-how-fast). Each part says
when, on what and how it was made. Figures of speed hold within their own table: there all systems took turns on the
same machine.
"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def percent(share: float | None) -> str:
    """Return ``12.3 %``, or a dash for None."""
    return "–" if share is None else f"{100 * share:.1f} %"


def number(value: float | None, form: str = ".2f") -> str:
    """Return a number, or a dash for None."""
    return "–" if value is None else format(value, form)


def machine() -> str:
    """Return processor, cores, load, system and package versions in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    return (
        f"{_processor()}, {cores} cores; load at the start {load}; Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}; " + ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    )


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    text = about.read_text() if about.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or "unknown processor"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def commit(root: Path) -> str:
    """Return the commit and its date, with "and changes" where the tree has some; "unknown" without git."""
    try:
        run = lambda *words: subprocess.run(  # noqa: E731
            ["git", *words], cwd=root, capture_output=True, text=True, check=True
        ).stdout.strip()
        return run("log", "-1", "--format=%h of %cs") + (" and changes" if run("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def with_section(page: str, title: str, body: str) -> str:
    """Return a page with one section put in place of the one of that title, or added at its end."""
    section = f"## {title}\n\n{body.strip()}\n"
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if pattern.search(page):
        return pattern.sub(lambda _: section + "\n", page).rstrip() + "\n"
    return (page or HEADER).rstrip() + "\n\n" + section
