"""``python -m benchmarks.rules``: disclosures found and wrongly found, and how fast; into benchmarks/RULES.md."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.asr.report import machine
from benchmarks.rules.counting import Judged
from benchmarks.rules.material import (
    SAID,
    STUDY,
    SURE,
    WORDINGS,
    Case,
    Material,
    dialogue,
    ordinary_turns,
    read_study,
    read_wordings,
)
from benchmarks.rules.methods import METHODS
from benchmarks.rules.packs import pack_cases
from benchmarks.rules.report import HEADER, Results, packs_report, set_report, speed_report
from benchmarks.rules.speed import Timed, as_disclosures, cold, shipped_rules, timed

REPORT = Path(__file__).resolve().parents[1] / "RULES.md"
KEPT_ASIDE = "third"
TIERS = ("Earmark, said", "Earmark, both tiers")
TITLES = {
    "first": "First set (for development)",
    "study": "The study's set (for development)",
    "second": "Second set (kept aside until its three negated forms that were taken as said were looked at)",
    KEPT_ASIDE: "Third set (kept aside: nothing was chosen on it)",
}


def main() -> None:
    """Measure what was asked for and print it; a whole run writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=list(TITLES), help="these only, and print instead of writing")
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--no-speed", action="store_true", help="leave out the times")
    parser.add_argument("--misses", action="store_true", help="tell what Earmark got wrong, not of the set kept aside")
    parser.add_argument("--cold", metavar="METHOD", help="judge one call and print the time (used by the run itself)")
    given = parser.parse_args()
    if given.cold:
        cold(given.cold)
        return
    parts = [HEADER, f"On {machine()}.\n"]
    rates: dict[str, float] = {}
    for material in _sets(given.sets or list(TITLES)):
        results, rates_here = judged_by_all(material, given.methods)
        rates = rates or rates_here
        parts.append(set_report(TITLES[material.name], material, results))
        if given.misses and material.name != KEPT_ASIDE:
            print("\n".join(misses(results)))
    if not given.sets:
        parts.append(packs_report(pack_cases(given.methods), named(given.methods)))
    if not given.no_speed:
        parts.append(_speed(given.methods, rates))
    text = "\n".join(parts)
    whole = given.methods == list(METHODS) and not (given.sets or given.no_speed)
    if whole:
        REPORT.write_text(text, encoding="utf-8")
    print(text)


def judged_by_all(material: Material, methods: Sequence[str]) -> tuple[Results, dict[str, float]]:
    """Return every case and ordinary turn as each method judges it, and each method's ordinary turns per second."""
    ordinary = ordinary_turns()
    results: dict[str, list[Judged]] = {}
    rates: dict[str, float] = {}
    for method in methods:
        judge = METHODS[method](material.disclosures)
        found = [judge(case.segments) for case in material.cases]
        started = time.perf_counter()
        found += [judge(case.segments) for case in ordinary]
        rates[method] = len(ordinary) / (time.perf_counter() - started)
        cases: list[Case] = [*material.cases, *ordinary]
        if method == "Earmark":
            sure = [{rule for rule, tier in each.items() if tier == SURE} for each in found]
            results[TIERS[0]] = [Judged(case=case, found=each) for case, each in zip(cases, sure, strict=True)]
        results[named([method])[-1]] = [
            Judged(case=case, found=set(each)) for case, each in zip(cases, found, strict=True)
        ]
    return results, rates


def named(methods: Sequence[str]) -> list[str]:
    """Return what the tables call methods: Earmark stands in them twice."""
    return [name for method in methods for name in (TIERS if method == "Earmark" else [method])]


def misses(results: Results) -> Iterator[str]:
    """Yield what each tier of Earmark missed and wrongly found, for whoever mends it."""
    for method, judged in results.items():
        if not method.startswith("Earmark"):
            continue
        for each in judged:
            text = " / ".join(f"{segment.role}: {segment.text}" for segment in each.case.segments)
            if each.case.kind in SAID and not each.right:
                yield f"{method}\tmissed\t{each.case.kind}\t{each.case.rule}\t{text}"
            if each.wrong():
                found = ", ".join(sorted(each.found))
                yield f"{method}\twrong\t{each.case.kind}\t{each.case.rule}\tfound {found}\t{text}"


def _sets(names: Sequence[str]) -> Iterator[Material]:
    for name in names:
        if name != "study":
            yield read_wordings(WORDINGS / f"{name}.yaml")
        elif STUDY.exists():
            yield read_study(STUDY)


def _speed(methods: Sequence[str], rates: dict[str, float]) -> str:
    segments = dialogue()
    times: dict[str, Timed] = {method: timed(method, segments) for method in methods}
    rules = shipped_rules()
    words = sum(len(segment.text.split()) for segment in segments)
    sentences = sum(len(disclosure.wordings) for disclosure in as_disclosures(rules))
    about = (
        f"The whole shipped rule set ({len(rules)} rules, {sentences} sentences) on a call of ten minutes: "
        f"{len(segments)} turns, {words:,} words, of both parties."
    )
    return speed_report(times, rates, about)


if __name__ == "__main__":
    main()
