"""What the rules are tried on: disclosures in plain wordings, and what was said, each line as a call of its own.

Sources of disclosures: ``tests/cases/wordings`` (first and second: for development; third: kept aside), and a study's
file where it is present. Ordinary turns say none of them: routine lines, and the sentences that sentiment learns from.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.records import Role
from pipeline.sentiment.sentences import read_sentences

ROOT = Path(__file__).resolve().parents[2]
WORDINGS = ROOT / "tests" / "cases" / "wordings"
STUDY = ROOT.parent / "shared" / "text" / "disclosures_dev.json"
ROUTINE = ROOT / "benchmarks" / "routine_agent_lines.txt"
DISCLOSING = Path(__file__).with_name("disclosing_lines.txt")
SCRIPTS = ROOT / "samples" / "scripts"

SAID = ("verbatim", "garbled", "paraphrased", "split")
NOT_SAID = ("negated", "hard negative", "dialogue")
ORDINARY = "ordinary"
ORDINARY_TURNS = 1000
_STUDY_KINDS = {"verbatim": "verbatim", "asr": "garbled", "paraphrase": "paraphrased"}


SURE, PROBABLE = "said", "probably said"


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """What one speaker says before the transcript goes on to the next turn."""

    role: Role
    text: str


Judge = Callable[[Sequence[Segment]], Mapping[str, str]]
"""Returns the ids of the rules that were found in a call, each with ``SURE`` or ``PROBABLE``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Disclosure:
    """A rule as a compliance officer hands it over: whole sentences from the script."""

    id: str
    title: str
    wordings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A call of one or a few turns. Of a kind in ``SAID``, the disclosure ``rule`` is said in it, and no other."""

    kind: str
    segments: tuple[Segment, ...]
    rule: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """Disclosures and the cases they are tried on."""

    name: str
    disclosures: tuple[Disclosure, ...]
    cases: tuple[Case, ...]


def agent(text: str) -> Segment:
    """Return a turn of the agent's."""
    return Segment(role=Role.AGENT, text=text)


def read_wordings(path: Path) -> Material:
    """Return one file of ``tests/cases/wordings``."""
    rules = YAML(typ="safe").load(path)["rules"]
    disclosures = tuple(
        Disclosure(id=rule["id"], title=rule["title"], wordings=tuple(rule["wordings"])) for rule in rules
    )
    return Material(name=path.stem, disclosures=disclosures, cases=tuple(_cases(rules)))


def _cases(rules: Sequence[Mapping[str, Any]]) -> Iterator[Case]:
    for rule in rules:
        for kind in ("verbatim", "garbled", "paraphrased", "negated"):
            for text in rule[kind]:
                yield Case(kind=kind, rule=rule["id"], segments=(agent(text),))
        for turns in rule["split"]:
            yield Case(kind="split", rule=rule["id"], segments=tuple(_segment(turn) for turn in turns))
        for turn in rule["hard_negatives"]:
            yield Case(kind="hard negative", rule=rule["id"], segments=(_segment(turn),))


def _segment(turn: str | Mapping[str, str]) -> Segment:
    if isinstance(turn, str):
        return agent(turn)
    ((role, text),) = turn.items()
    return Segment(role=Role(role), text=text)


def read_study(path: Path) -> Material:
    """Return the study's three disclosures. All its lines count as the agent's; split are its wordings, in halves."""
    data = json.loads(path.read_text(encoding="utf-8"))
    disclosures = tuple(Disclosure(id=key, title=key, wordings=tuple(value)) for key, value in data["rules"].items())
    known = set(data["rules"])
    cases = [
        Case(kind=_STUDY_KINDS[line["kind"]], rule=line["rule"], segments=(agent(line["text"]),))
        for line in data["positives"]
    ]
    cases += [Case(kind="negated", rule=line["rule"], segments=(agent(line["text"]),)) for line in data["negated"]]
    for rule, text in data["hard_negatives"]:
        cases.append(Case(kind="hard negative", rule=rule if rule in known else None, segments=(agent(text),)))
    for disclosure in disclosures:
        for wording in disclosure.wordings:
            words = wording.split()
            halves = words[: len(words) // 2], words[len(words) // 2 :]
            segments = tuple(agent(" ".join(half)) for half in halves)
            cases.append(Case(kind="split", rule=disclosure.id, segments=segments))
    cases += [Case(kind="dialogue", segments=(agent(line["text"]),)) for line in data["negatives"]]
    return Material(name="study", disclosures=disclosures, cases=tuple(cases))


def ordinary_turns() -> tuple[Case, ...]:
    """Return 1,000 turns of agents, in which none of the disclosures is made: lines that make one are left out by hand.

    Routine lines first, then the agents' sentences of the sentiment set, then those that either party may say.
    """
    sentences = read_sentences()
    texts = ROUTINE.read_text(encoding="utf-8").splitlines()
    texts += [sentence.text for sentence in sentences if sentence.role is Role.AGENT]
    texts += [sentence.text for sentence in sentences if sentence.role is None]
    disclosing = set(DISCLOSING.read_text(encoding="utf-8").splitlines())
    kept = [text for text in dict.fromkeys(texts) if text not in disclosing][:ORDINARY_TURNS]
    return tuple(Case(kind=ORDINARY, segments=(agent(text),)) for text in kept)


def dialogue(words: int = 1600, seed: int = 5) -> tuple[Segment, ...]:
    """Return a two-party call of so many words: sample calls in a seeded order, routine lines and answers between."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    scripts = [YAML(typ="safe").load(path) for path in sorted(SCRIPTS.glob("*.yaml"))]
    scripts = [script for script in scripts if script.get("turns")]
    draw.shuffle(scripts)
    routine = ROUTINE.read_text(encoding="utf-8").splitlines()
    answers = [sentence.text for sentence in read_sentences() if sentence.role is Role.CUSTOMER]
    segments: list[Segment] = []
    for script in scripts:
        for turn in script["turns"]:
            if turn.get("words"):
                segments.append(Segment(role=Role(turn["speaker"]), text=turn["words"].strip()))
            if draw.random() < 0.25:
                segments += [agent(draw.choice(routine)), Segment(role=Role.CUSTOMER, text=draw.choice(answers))]
            if sum(len(segment.text.split()) for segment in segments) >= words:
                return tuple(segments)
    return tuple(segments)
