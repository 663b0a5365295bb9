"""What the benchmark of rules counts, on a made set with known answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.rules import alternatives, methods
from benchmarks.rules.counting import Judged, Share, precision, recall, wrong
from benchmarks.rules.material import (
    DISCLOSING,
    PROBABLE,
    SAID,
    SURE,
    WORDINGS,
    Case,
    Disclosure,
    Judge,
    Segment,
    agent,
    dialogue,
    ordinary_turns,
    read_study,
    read_wordings,
)
from benchmarks.rules.report import share
from pipeline.records import Role
from tests.factories import evidence, finding

DISCLOSURES = (
    Disclosure(
        id="parking", title="Parking", wordings=("You may park behind the house.", "Parking is free of charge.")
    ),
    Disclosure(id="dogs", title="Dogs", wordings=("Dogs have to stay outside today.",)),
)

BY_TURN = [alternatives.exact, alternatives.phrase_matcher, alternatives.partial_ratio, alternatives.token_window]


def judged(kind: str, rule: str | None, *found: str) -> Judged:
    return Judged(case=Case(kind=kind, rule=rule, segments=(agent("anything"),)), found=set(found))


MADE = [
    judged("verbatim", "parking", "parking"),
    judged("paraphrased", "parking", "parking"),
    judged("paraphrased", "parking"),
    judged("paraphrased", "dogs", "dogs", "parking"),  # right, and another that nobody made
    judged("negated", "dogs", "dogs"),
    judged("hard negative", "parking"),
    judged("ordinary", None, "dogs", "parking"),
]


def test_recall_counts_the_disclosure_that_was_made_and_no_other() -> None:
    assert recall(MADE, "verbatim") == Share(count=1, n=1)
    assert recall(MADE, "paraphrased") == Share(count=2, n=3)
    assert recall(MADE, "paraphrased", "dogs") == Share(count=1, n=1)
    assert recall(MADE, "split") == Share(count=0, n=0)


def test_precision_holds_what_was_found_rightly_against_everything_found_wrongly() -> None:
    assert precision(MADE) == Share(count=3, n=7)
    assert precision(MADE, ["paraphrased"]) == Share(count=2, n=6)


def test_wrong_hits_are_told_by_kind_and_by_rule() -> None:
    assert wrong(MADE, ["negated"]) == 1
    assert wrong(MADE, ["hard negative"]) == 0
    assert wrong(MADE, ["ordinary"]) == 2
    assert wrong(MADE, SAID) == 1
    assert wrong(MADE, ["ordinary", "negated"], "dogs") == 2


def test_a_share_is_written_with_its_count_and_interval() -> None:
    assert share(Share(count=8, n=10)) == ".80 (8/10, .49-.94)"
    assert share(Share(count=0, n=0)) == "–"


@pytest.mark.parametrize(
    ("method", "text", "found"),
    [
        (alternatives.exact, "Well, you may park, behind the house!", {"parking"}),
        (alternatives.exact, "you may park behind the houses", set()),
        (alternatives.phrase_matcher, "okay parking is free of charge sir", {"parking"}),
        (alternatives.phrase_matcher, "parking is free", set()),
        (alternatives.partial_ratio, "you make park behind the house", {"parking"}),
        (alternatives.partial_ratio, "you", set()),  # a part of every wording with "you" in it
        (alternatives.token_window, "behind the house you may park if you like", {"parking"}),
        (alternatives.token_window, "the house", set()),
        (alternatives.token_window, "hello and what can I do for you", set()),
    ],
)
def test_alternatives_find_what_they_are_known_to_find(
    method: Callable[[tuple[Disclosure, ...]], Judge], text: str, found: set[str]
) -> None:
    assert set(method(DISCLOSURES)([agent(text)])) == found


@pytest.mark.parametrize("method", BY_TURN)
def test_alternatives_look_at_the_agent_only(method: Callable[[tuple[Disclosure, ...]], Judge]) -> None:
    judge = method(DISCLOSURES)

    assert judge([agent("you may park behind the house")])
    assert not judge([Segment(role=Role.CUSTOMER, text="you may park behind the house")])


def test_a_pack_of_plain_wordings_asks_the_agent_for_each_of_them() -> None:
    rules = methods.plain_rules(DISCLOSURES)

    assert [rule.id for rule in rules] == ["parking", "dogs"]
    assert [rule.speaker for rule in rules] == [Role.AGENT, Role.AGENT]
    assert rules[0].sayings()[0].phrases == DISCLOSURES[0].wordings


def test_a_finding_by_meaning_alone_is_of_the_lower_tier() -> None:
    by_meaning = finding("dogs", evidence=(evidence(meaning_similarity=0.7),))

    tiers = methods.tiers(
        [finding("parking"), by_meaning, finding("bikes", "absent"), finding("cats", "cannot_assess")]
    )

    assert tiers == {"parking": SURE, "dogs": PROBABLE}


def test_segments_become_turns_of_their_speakers_one_after_the_other() -> None:
    made = methods.as_transcript([agent("may I place"), Segment(role=Role.CUSTOMER, text="okay"), agent("you on hold")])

    assert [(turn.role, turn.start_ms, turn.end_ms) for turn in made.turns] == [
        (Role.AGENT, 0, 900),
        (Role.CUSTOMER, 1400, 1700),
        (Role.AGENT, 2200, 3100),
    ]
    assert made.duration_ms == 3100


@pytest.mark.parametrize("name", ["first", "second", "third"])
def test_every_set_of_wordings_has_as_many_cases_of_each_kind_for_every_rule(name: str) -> None:
    material = read_wordings(WORDINGS / f"{name}.yaml")

    assert len(material.disclosures) == 8
    for disclosure in material.disclosures:
        kinds = [case.kind for case in material.cases if case.rule == disclosure.id]
        wanted = {"verbatim": 4, "garbled": 8, "paraphrased": 10, "negated": 3, "split": 3, "hard negative": 6}
        assert {kind: kinds.count(kind) for kind in kinds} == wanted
        assert len(disclosure.wordings) == 3


@pytest.mark.parametrize("name", ["first", "second", "third"])
def test_verbatim_cases_hold_a_wording_and_split_ones_are_one(name: str) -> None:
    material = read_wordings(WORDINGS / f"{name}.yaml")
    judge = alternatives.exact(material.disclosures)

    for case in material.cases:
        if case.kind == "verbatim":
            assert case.rule in judge(case.segments), case
        if case.kind == "split":
            whole = " ".join(segment.text for segment in case.segments if segment.role is Role.AGENT)
            assert case.rule in judge([agent(whole)]), case
            assert case.rule not in judge(case.segments), case


def test_the_sets_share_no_rule() -> None:
    sets = [read_wordings(WORDINGS / f"{name}.yaml").disclosures for name in ("first", "second", "third")]
    ids = [disclosure.id for disclosures in sets for disclosure in disclosures]

    assert len(ids) == len(set(ids)) == 24


def test_the_study_is_read_with_its_wordings_in_halves(tmp_path: Path) -> None:
    file = tmp_path / "study.json"
    file.write_text(
        '{"rules": {"dogs": ["dogs have to stay outside"]},'
        ' "positives": [{"rule": "dogs", "kind": "asr", "text": "docks have to stay outside"}],'
        ' "negated": [{"rule": "dogs", "text": "dogs need not stay outside"}],'
        ' "hard_negatives": [["cats", "cats like it outside"]], "negatives": [{"text": "hello", "source": "x"}]}'
    )

    cases = read_study(file).cases

    assert [(case.kind, case.rule) for case in cases] == [
        ("garbled", "dogs"),
        ("negated", "dogs"),
        ("hard negative", None),
        ("split", "dogs"),
        ("dialogue", None),
    ]
    assert [segment.text for segment in cases[3].segments] == ["dogs have", "to stay outside"]


def test_ordinary_turns_are_a_thousand_without_those_that_make_a_disclosure() -> None:
    turns = [case.segments[0].text for case in ordinary_turns()]

    assert len(turns) == len(set(turns)) == 1000
    assert not set(turns) & set(DISCLOSING.read_text(encoding="utf-8").splitlines())


def test_the_call_of_ten_minutes_is_the_same_every_time_and_has_both_parties() -> None:
    segments = dialogue()

    assert segments == dialogue()
    assert 1600 <= sum(len(segment.text.split()) for segment in segments) < 1700
    assert {segment.role for segment in segments} >= {Role.AGENT, Role.CUSTOMER}
