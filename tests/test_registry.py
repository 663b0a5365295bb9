from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline import registry
from pipeline.builtin import BUILTIN
from pipeline.errors import ConfigError, UnknownNameError

EVERY_NAME = [(kind, name) for kind, entries in BUILTIN.items() for name, _ in entries]


@pytest.mark.parametrize("kind", BUILTIN)
def test_registry_lists_names_in_the_order_of_the_list(kind: str) -> None:
    assert registry.names(kind) == tuple(name for name, _ in BUILTIN[kind])


@pytest.mark.parametrize(("kind", "name"), EVERY_NAME)
def test_registry_loads_everything_it_lists(kind: str, name: str) -> None:
    assert callable(registry.load(kind, name))


def test_registry_refuses_an_unknown_name_and_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        registry.load("transcription engine", "faster_whisper")
    assert "unknown transcription engine 'faster_whisper' (did you mean 'faster-whisper'?)" in str(caught.value)
    assert "scripted" in str(caught.value)


def test_registry_refuses_a_kind_with_a_name_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUILTIN, "test part", (("one", "m:a"), ("two", "m:b"), ("one", "m:c")))
    with pytest.raises(ConfigError, match="test part registered twice: one"):
        registry.load("test part", "two")


def test_registry_imports_nothing_that_nobody_asked_for() -> None:
    code = "import sys, pipeline.registry as r; r.names('sentiment engine'); print('pipeline.sentiment' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        (
            "sales",
            ["zebra", "sale", "apple"],
            "unknown queue 'sales' (did you mean 'sale'?); there are: sale, apple, zebra",
        ),
        ("SALE", ["sale"], "unknown queue 'SALE' (did you mean 'sale'?); there are: sale"),
        ("x", [], "unknown queue 'x'; there are none"),
        ("x", [f"q{n:02}" for n in range(42)], "q39 and 2 more"),
    ],
)
def test_unknown_name_is_told_with_the_nearest_first_and_not_with_thousands(
    name: str, known: list[str], said: str
) -> None:
    assert str(UnknownNameError("queue", name, known)).endswith(said)
