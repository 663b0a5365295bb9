"""Look up what can be chosen by name: one explicit list (`pipeline.builtin`), imported lazily, duplicates refused."""

from __future__ import annotations

import importlib
from typing import Any

from pipeline.builtin import BUILTIN
from pipeline.errors import ConfigError, UnknownNameError


def names(kind: str) -> tuple[str, ...]:
    """Return the registered names of a kind, in order; refuses a kind with a name registered twice."""
    listed = tuple(name for name, _ in BUILTIN[kind])
    doubled = sorted({name for name in listed if listed.count(name) > 1})
    if doubled:
        raise ConfigError(f"{kind} registered twice: {', '.join(doubled)}")
    return listed


def load(kind: str, name: str) -> Any:
    """Import and return what is registered under a name.

    Raises:
        UnknownNameError: No such name; the message lists those there are.
    """
    known = names(kind)
    if name not in known:
        raise UnknownNameError(kind, name, known)
    module_name, _, attribute = dict(BUILTIN[kind])[name].partition(":")
    return getattr(importlib.import_module(module_name), attribute)
