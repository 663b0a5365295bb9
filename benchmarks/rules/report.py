"""The results as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.asr.report import table
from benchmarks.rules.counting import Judged, Share, precision, recall, wrong
from benchmarks.rules.material import NOT_SAID, ORDINARY, ORDINARY_TURNS, SAID, Material
from benchmarks.rules.packs import PackCase
from benchmarks.rules.speed import Timed
from pipeline.scorecards.statistics import wilson

HEADER = """# Disclosures, found and wrongly found

Written by `make bench-rules`; the modules of `benchmarks/rules` say how. Each disclosure is a rule with three plain
wordings and nothing else. A case is a call of its own, judged by all rules of its set. *Earmark, said* is the upper
tier alone; *both tiers* adds what is probably said, for a person to hear. The alternatives look at each of the agent's
turns by itself. In brackets: 95 % Wilson intervals.
"""
Results = Mapping[str, Sequence[Judged]]  # of a set: method -> its cases judged, ordinary turns among them


def share(of: Share) -> str:
    """Return ``.93 (28/30, .79-.98)``, or a dash where there is nothing to share."""
    interval = wilson(of.count, of.n)
    if interval is None:
        return "–"
    return f"{_short(interval.estimate)} ({of.count}/{of.n}, {_short(interval.low)}-{_short(interval.high)})"


def set_report(title: str, material: Material, results: Results) -> str:
    """Return the tables of one set of disclosures."""
    found = [[method, *(share(recall(judged, kind)) for kind in SAID)] for method, judged in results.items()]
    exact = [
        [method, *(share(precision(judged, [kind])) for kind in SAID), share(precision(judged))]
        for method, judged in results.items()
    ]
    lines = [f"## {title}", "", f"{len(material.disclosures)} disclosures, {len(material.cases)} cases.", ""]
    lines += ["Recall: of the calls in which it was said, found in.", "", table(["method", *SAID], found), ""]
    lines += ["Precision: of what was found in calls of that kind, and wrongly anywhere, what was really said.", ""]
    lines += [table(["method", *SAID, "all"], exact), ""]
    lines += ["Wrongly found: disclosures that nobody made.", "", _wrongly(results), ""]
    lines += ["By rule: cases of all kinds found, and wrongly found.", "", _by_rule(material, results), ""]
    return "\n".join(lines)


def speed_report(times: Mapping[str, Timed], rates: Mapping[str, float], about: str) -> str:
    """Return the table of times.

    Args:
        times: Of each method, on the call of ten minutes.
        rates: Of each method, single turns per second.
        about: The call, in words.
    """
    rows = [
        [
            method,
            f"{1000 * took.median_s:.1f} ms",
            f"{1000 * took.median_cpu_s:.1f} ms",
            f"{1000 * min(took.warm_s):.1f}-{1000 * max(took.warm_s):.1f} ms",
            f"{1000 * took.first_s:.0f} ms",
            f"{took.process_s:.1f} s",
            f"{rates[method]:.0f}",
        ]
        for method, took in times.items()
    ]
    head = ["method", "warm, median of 10", "processor time", "fastest-slowest", "first run", "process", "turns/s"]
    lines = ["## Speed", "", about, "", table(head, rows), ""]
    lines.append(
        "*First run*: in a process of its own, models loaded in it; *process*: all of that process, imports too. "
        f"*Turns/s*: the {ORDINARY_TURNS:,} ordinary turns, each a call of its own, with the rules of the first set. "
        "The alternatives have the sentences of the shipped rules to look for, and no patterns, windows or conditions."
    )
    return "\n".join([*lines, ""])


def packs_report(cases: Sequence[PackCase], methods: Sequence[str]) -> str:
    """Return the table of the shipped packs on their own cases."""
    packs = list(dict.fromkeys(case.pack for case in cases))
    rows = []
    for pack in (*packs, None):
        chosen = [case for case in cases if pack in {None, case.pack}]
        to_find = [case for case in chosen if case.to_find]
        cells = []
        for method in methods:
            right = sum(method in case.found_by for case in to_find)
            wrongly = sum(method in case.found_by for case in chosen) - right
            cells.append(f"{right}/{len(to_find)}, {wrongly}/{len(chosen) - len(to_find)}")
        rows.append([pack or "all", *cells])
    all_right = []
    for method in methods:
        found = sum(method in case.found_by for case in cases)
        right = sum(method in case.found_by for case in cases if case.to_find)
        all_right.append(
            [
                method,
                share(Share(count=right, n=sum(case.to_find for case in cases))),
                share(Share(count=right, n=found)),
            ]
        )
    lines = ["## The shipped packs on their own cases", ""]
    lines += [
        "Found of those to find, and wrongly found of the others. The rules were written with these cases at hand;"
    ]
    lines += ["the alternatives have the rules' sentences, and not their patterns.", ""]
    lines += [table(["pack", *methods], rows), "", table(["method", "recall", "precision"], all_right), ""]
    return "\n".join(lines)


def _wrongly(results: Results) -> str:
    first = next(iter(results.values()))
    number = {kind: sum(judged.case.kind == kind for judged in first) for kind in (*NOT_SAID, ORDINARY)}
    kinds = [kind for kind, n in number.items() if n]
    head = ["method", *(f"{kind} ({number[kind]})" for kind in kinds), "beside another that was said"]
    rows = [
        [method, *(str(wrong(judged, [kind])) for kind in kinds), str(wrong(judged, SAID))]
        for method, judged in results.items()
    ]
    return table(head, rows)


def _by_rule(material: Material, results: Results) -> str:
    rows = []
    for disclosure in material.disclosures:
        cells = []
        for judged in results.values():
            counted = [recall(judged, kind, disclosure.id) for kind in SAID]
            right, n = sum(each.count for each in counted), sum(each.n for each in counted)
            cells.append(f"{right}/{n}, {wrong(judged, (*SAID, *NOT_SAID, ORDINARY), disclosure.id)}")
        rows.append([disclosure.id, *cells])
    return table(["rule", *results], rows)


def _short(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")
