"""Run the cases of `tests/cases/signals`: what customers and agents say, and which signal must be heard in it."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from pipeline.records import Expectation, Finding
from tests.compliance.rule_files import findings, shipped
from tests.factories import transcript

CASES = Path(__file__).resolve().parents[1] / "cases" / "signals"
Said = str | list[str]


class SignalCases(BaseModel):
    model_config = ConfigDict(extra="forbid")

    signal: str = Field(description="Id of the rule.")
    found: list[Said] = Field(description="In each of these it must be heard.")
    not_found: list[Said] = Field(description="In none of these may it be heard.")
    not_yet_found: list[Said] = Field(default=[], description="Ought to be heard and is not yet.")


@functools.cache
def files() -> dict[str, SignalCases]:
    read = [SignalCases.model_validate(YAML(typ="safe", pure=True).load(path)) for path in sorted(CASES.glob("*.yaml"))]
    return {cases.signal: cases for cases in read}


def listed(part: str) -> list[tuple[str, Said]]:
    return [(signal, said) for signal, cases in files().items() for said in getattr(cases, part)]


def heard(signal: str, said: Said) -> Finding:
    lines = [line.split(": ", 1) for line in ([said] if isinstance(said, str) else said)]
    return findings(transcript(*((speaker, words) for speaker, words in lines)), shipped()[signal])[signal]


@pytest.mark.parametrize(("signal", "said"), listed("found"))
def test_signal_is_found(signal: str, said: Said) -> None:
    finding = heard(signal, said)
    assert finding.kind == "present", finding.reason
    assert all(quote.quote in " ".join(said if isinstance(said, list) else [said]) for quote in finding.evidence)
    assert finding.probable == finding.reason.startswith("Probably said")


@pytest.mark.parametrize(("signal", "said"), listed("not_found"))
def test_signal_is_not_found(signal: str, said: Said) -> None:
    assert heard(signal, said).kind == "absent", heard(signal, said).reason


@pytest.mark.parametrize(("signal", "said"), listed("not_yet_found"))
def test_signal_that_is_found_by_now_moves_to_the_found(signal: str, said: Said) -> None:
    assert heard(signal, said).kind == "absent", f"found by now: {heard(signal, said).reason}"


def test_signal_cases_are_enough_and_in_other_words_than_the_rules() -> None:
    signals = {rule.id for rule in shipped().values() if rule.expect is Expectation.SIGNAL and rule.meaning}
    assert signals | {"empathy"} == set(files())
    for signal, cases in files().items():
        assert len(cases.found) >= 12, signal
        assert len(cases.not_found) >= 12, signal
        own = {sentence.strip(".?").lower() for sentence in shipped()[signal].meaning}
        said = [each for part in (cases.found, cases.not_yet_found) for each in part if isinstance(each, str)]
        assert not own & {line.split(": ", 1)[1].strip(".?!").lower() for line in said}, signal


def test_signal_cases_page_explains_every_key() -> None:
    page = (CASES.parent / "README.md").read_text(encoding="utf-8")
    assert [key for key in SignalCases.model_fields if f"`{key}`" not in page] == []
