"""The shipped packs on their own cases.

Earmark runs them as `earmark rules test` does. The others get the sentences of each rule, and not its patterns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.cli.rule_cases import CASES_FOLDER, preparing
from benchmarks.rules.material import Disclosure, Judge, Segment
from benchmarks.rules.methods import METHODS
from benchmarks.rules.speed import PACKS, as_disclosures
from pipeline.compliance.case_runs import PROBABLY, SAID, run_cases
from pipeline.compliance.cases import Case, Expected, load_cases
from pipeline.compliance.meaning import meaning_reader
from pipeline.compliance.packs import load_packs
from pipeline.compliance.rule import Rule
from pipeline.load_settings import load_settings
from pipeline.records import Role

# a person finds what the rule does not find yet, so it counts as missed
TO_FIND = {Expected.FOUND, Expected.PROBABLY, Expected.NOT_YET_FOUND}
NOT_TO_FIND = {Expected.NOT_FOUND, Expected.NEAR_MISSES}


@dataclass(frozen=True, kw_only=True, slots=True)
class PackCase:
    """A case of a pack in which its rule's words are said, or are not, and the methods that found them."""

    pack: str
    to_find: bool
    found_by: frozenset[str]


def pack_cases(methods: Sequence[str]) -> tuple[PackCase, ...]:
    """Return the cases of all packs in which words decide, and in which the rule applies and something can be told."""
    settings = load_settings()
    rules = load_packs(PACKS)
    cases = load_cases(PACKS / CASES_FOLDER, [rule.id for rule in rules])
    results = run_cases(cases, rules, settings.compliance, meaning_reader(), preparing(rules, settings))
    others = [method for method in methods if method != "Earmark"]
    found: list[PackCase] = []
    for of_rule in results:
        if of_rule.rule.calls is not None:
            continue  # judged by metadata and earlier calls, of which the others know nothing
        judges = {method: _judge(method, of_rule.rule) for method in others}
        for result in of_rule.results:
            if result.case.expected not in TO_FIND | NOT_TO_FIND:
                continue
            segments = _from_its_side(result.case, of_rule.rule)
            by = {method for method, judge in judges.items() if judge(segments)}
            by |= {"Earmark, said"} if result.came == SAID else set()
            by |= {"Earmark, both tiers"} if result.came in {SAID, PROBABLY} else set()
            found.append(
                PackCase(pack=of_rule.rule.pack, to_find=result.case.expected in TO_FIND, found_by=frozenset(by))
            )
    return tuple(found)


def _judge(method: str, rule: Rule) -> Judge:
    disclosures: tuple[Disclosure, ...] = as_disclosures((rule,))
    return METHODS[method](disclosures) if disclosures else lambda _: {}


def _from_its_side(case: Case, rule: Rule) -> tuple[Segment, ...]:
    """Return the lines with those whose words count as the agent's, which are the ones that the alternatives read."""
    sayings = rule.sayings()
    return tuple(
        Segment(
            role=Role.AGENT if any(saying.counts(line.speaker) for saying in sayings) else Role.CUSTOMER,
            text=line.words,
        )
        for line in case.lines
    )
