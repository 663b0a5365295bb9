"""How long the whole shipped rule set takes on a call of ten minutes: warm, and from the start of a process."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.rules.material import ROOT, Disclosure, Judge, Segment, dialogue
from benchmarks.rules.methods import METHODS, found, tiers
from pipeline.compliance.meaning import MeaningReader
from pipeline.compliance.packs import load_packs
from pipeline.compliance.rule import Rule, RuleStatus

PACKS = ROOT / "rubrics" / "rules"
REPEATS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Timed:
    """Times of one method on the call, in seconds.

    Attributes:
        warm_s: Each of ten runs after a first.
        cpu_s: Processor time of each: of all threads, and whatever else the machine does.
        first_s: The first run of a process of its own, models loaded in it.
        process_s: All of that process, from its start: imports, rules and models too.
    """

    warm_s: tuple[float, ...]
    cpu_s: tuple[float, ...]
    first_s: float
    process_s: float

    @property
    def median_s(self) -> float:
        """Of the warm runs."""
        return statistics.median(self.warm_s)

    @property
    def median_cpu_s(self) -> float:
        """Processor time of the warm runs."""
        return statistics.median(self.cpu_s)


def shipped_rules() -> tuple[Rule, ...]:
    """Return the packs that come with Earmark."""
    return tuple(rule for rule in load_packs(PACKS) if rule.status is RuleStatus.ACTIVE)


def as_disclosures(rules: Sequence[Rule]) -> tuple[Disclosure, ...]:
    """Return the sentences of rules, which is all that the alternatives can look for."""
    texts = {
        rule.id: [text for saying in rule.sayings() for text in (saying.meaning or saying.wordings)] for rule in rules
    }
    return tuple(Disclosure(id=key, title=key, wordings=tuple(each)) for key, each in texts.items() if each)


def shipped(method: str) -> Judge:
    """Return a method with the shipped rules."""
    rules = shipped_rules()
    if method != "Earmark":
        return METHODS[method](as_disclosures(rules))
    reader = MeaningReader()
    return lambda segments: tiers(found(segments, rules, reader))


def timed(method: str, segments: Sequence[Segment]) -> Timed:
    """Return how long a method takes on a call."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.rules", "--cold", method], check=True, capture_output=True, text=True
    )
    process_s = time.perf_counter() - started
    judge = shipped(method)
    judge(segments)
    runs = [_seconds(judge, segments) for _ in range(REPEATS)]
    return Timed(
        warm_s=tuple(wall_s for wall_s, _ in runs),
        cpu_s=tuple(cpu_s for _, cpu_s in runs),
        first_s=json.loads(done.stdout)["first_s"],
        process_s=process_s,
    )


def cold(method: str) -> None:
    """Judge the call once in this process, which has done nothing before, and print the time as JSON."""
    segments = dialogue()
    judge = shipped(method)
    print(json.dumps({"first_s": _seconds(judge, segments)[0]}))


def _seconds(judge: Judge, segments: Sequence[Segment]) -> tuple[float, float]:
    """Return how long it took, and the processor time."""
    started, cpu = time.perf_counter(), time.process_time()
    judge(segments)
    return time.perf_counter() - started, time.process_time() - cpu
