from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import ScoreSettings
from pipeline.errors import AuthoredFileError, ConfigError, NotInForceError, UnknownNameError
from pipeline.records import (
    AppliesIf,
    Band,
    Criterion,
    ManualTest,
    MeasureTest,
    Role,
    Rubric,
    RuleTest,
    Section,
    SentimentTest,
)
from pipeline.score.rubrics import (
    check_rule_references,
    check_rules_apply,
    choose_rubric,
    find_rubric,
    gaps,
    load_rubric,
    load_rubrics,
)
from tests.factories import recording
from tests.score.rubric_files import criterion, measure, rubric, rubric_data, rule, section, write

EVERYTHING = """
id: everything
version: 3
title: Everything
description: |
  Two
  lines.
queues: [one, two]
pass_share: 0.75
sections:
  - id: first
    title: First
    weight: 2
    criteria:
      - id: says
        title: Says it
        points: 1.5
        critical: true
        auto_fail: true
        test: {kind: rule, rules: [a, b], require: any}
        applies_if: {queues: [one], directions: [inbound], teams: [north], rules_present: [c]}
        guidance: Listen.
        coaching: Practise.
      - id: keeps-going
        title: Keeps going
        points: 1
        test:
          kind: measure
          measure: longest_dead_air_ms
          bands:
            - {at_least: 20000, share: 0}
            - {below: 10000, share: 1}
            - {at_least: 10000, below: 20000, share: 0.5}
  - id: second
    title: Second
    weight: 1
    criteria:
      - id: mood
        title: Mood
        points: 1
        test:
          kind: sentiment
          role: customer
          reading: change
          bands: [{below: -1.5, share: 0}, {at_least: -1.5, share: 1}]
      - {id: solved, title: Solved, points: 1, test: {kind: manual, question: Is it solved?}}
"""


def test_load_rubric_reads_every_key_into_the_records(tmp_path: Path) -> None:
    loaded = load_rubric(write(tmp_path, EVERYTHING))
    assert (loaded.id, loaded.version, loaded.title, loaded.pass_share) == ("everything", 3, "Everything", 0.75)
    assert (loaded.queues, loaded.description) == (("one", "two"), "Two lines.")
    assert loaded.fingerprint.startswith("rubric-1:")
    says, keeps_going, mood, solved = loaded.criteria()
    assert loaded.sections == (
        Section(id="first", title="First", weight=2, criteria=(says, keeps_going)),
        Section(id="second", title="Second", weight=1, criteria=(mood, solved)),
    )
    assert says == Criterion(
        id="says",
        title="Says it",
        points=1.5,
        critical=True,
        auto_fail=True,
        test=RuleTest(rules=("a", "b"), require="any"),
        applies_if=AppliesIf(queues=("one",), directions=("inbound",), teams=("north",), rules_present=("c",)),
        guidance="Listen.",
        coaching="Practise.",
    )
    full, half, nothing = (
        Band(share=1, below=10000),
        Band(share=0.5, at_least=10000, below=20000),
        Band(share=0, at_least=20000),
    )
    assert keeps_going.test == MeasureTest(measure="longest_dead_air_ms", bands=(full, half, nothing))
    low, high = Band(share=0, below=-1.5), Band(share=1, at_least=-1.5)
    assert mood.test == SentimentTest(role=Role.CUSTOMER, reading="change", bands=(low, high))
    assert solved.test == ManualTest(question="Is it solved?")


def one_criterion(**changes: Any) -> dict[str, Any]:
    return rubric_data(section(criterion(**changes)))


def with_bands(bands: Any, name: str = "dead_air_count") -> dict[str, Any]:
    return one_criterion(test=measure(name, bands))


def mood(reading: str, edge: float) -> dict[str, Any]:
    bands = [{"below": edge, "share": 0}, {"at_least": edge, "share": 1}]
    return one_criterion(test={"kind": "sentiment", "role": "customer", "reading": reading, "bands": bands})


HERE = "sections.0.criteria.0"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (rubric_data(pas_share=1), "[extra-forbidden] pas_share: unknown key 'pas_share' (did you mean 'pass_share'?)"),
        (one_criterion(autofail=True), f"[extra-forbidden] {HERE}.autofail: unknown key 'autofail' (did you mean"),
        (one_criterion(applies_if={"queue": ["x"]}), "unknown key 'queue' (did you mean 'queues'?)"),
        (
            rubric_data(section(criterion("a"), criterion("a"))),
            "[duplicate-criterion] sections.0.criteria.1.id: criterion id 'a'",
        ),
        (
            rubric_data(section(criterion("a")), section(criterion("a"), section_id="b")),
            "[duplicate-criterion] sections.1.criteria.0.id: criterion id 'a' stands on line 12 already",
        ),
        (
            rubric_data(section(criterion("a")), section(criterion("b"))),
            "[duplicate-section] sections.1.id: section id 'opening'",
        ),
        (
            one_criterion(points=0),
            f"[no-points] {HERE}: with points: 0 nothing hangs on it; write more than 0, or critical",
        ),
        (one_criterion(points=-1), "[not-positive]"),
        (one_criterion(points="2"), f"[float-type] {HERE}.points: a number is wanted, without quotes and units"),
        (one_criterion(points="2 points"), "not '2 points'"),
        (one_criterion(points=True), "[float-type]"),
        (rubric_data(section(weight=0)), "[not-positive] sections.0.weight"),
        (
            rubric_data(pass_share=80),
            "[not-a-share] pass_share: 80 is not allowed: shares run from 0 to 1, so 80 percent is 0.8",
        ),
        (rubric_data(pass_share=-0.1), "[not-a-share]"),
        (rubric_data(version=0), "[out-of-range] version"),
        (rubric_data(version="1"), "[int-type] version: a whole number is wanted, without quotes and units, not '1'"),
        (rubric_data(version=1.5), "[int-"),
        (
            rubric_data(id="My Rubric"),
            "[bad-id] id: 'My Rubric' is no id: use lower-case letters and digits joined by hyphens",
        ),
        (rubric_data(id=7), "[string-type] id: text is wanted, and YAML reads 7 as a number; put it in quotes"),
        (rubric_data(title=" "), "[text-empty] title"),
        (rubric_data(queues="bank"), "[tuple-type] queues: a list is wanted; write [bank]"),
        (rubric_data(queues=[]), "[list-empty] queues"),
        (rubric_data(sections=[]), "[list-empty] sections"),
        (rubric_data(section(criteria=[])), "[list-empty] sections.0.criteria: this list must not be empty"),
        (one_criterion(critical="yes"), f"[bool-type] {HERE}.critical: write true or false without quotes, not 'yes'"),
        (
            one_criterion(test={"kind": "rul"}),
            f"[union-tag-invalid] {HERE}.test.kind: unknown kind 'rul' (did you mean 'rule'?)",
        ),
        (
            one_criterion(test={"rules": ["a"]}),
            f"[union-tag-not-found] {HERE}.test: the key 'kind' is missing; it is one of",
        ),
        (one_criterion(test="rule"), f"{HERE}.test: a mapping is wanted"),
        (one_criterion(test=rule(rules=[])), f"[list-empty] {HERE}.test.rules"),
        (one_criterion(test=rule(require="some")), f"{HERE}.test.require: unknown value 'some'; there are: all, any"),
        (one_criterion(applies_if={"directions": ["in"]}), "unknown value 'in'"),
        (
            with_bands([{"share": 1}], "longest_dead_air"),
            f"[unknown-measure] {HERE}.test.measure: unknown measure 'longest_dead_air' (did you mean "
            "'longest_dead_air_ms'?); there are: duration_ms, ",
        ),
        (with_bands([{"share": 1}], "gaps"), "[unknown-measure]"),
        (with_bands([]), f"[list-empty] {HERE}.test.bands"),
        (with_bands([{"share": 80}]), f"[not-a-share] {HERE}.test.bands.0.share"),
        (
            with_bands([{"below": 5, "share": 1}, {"at_least": 6, "share": 0}]),
            f"[bands] {HERE}.test.bands: no band holds",
        ),
        (
            with_bands([{"below": 5, "share": 1}, {"at_least": 4, "share": 0}]),
            "two bands hold values from 4 to below 5",
        ),
        (
            with_bands([{"below": 65, "share": 1}, {"at_least": 65, "share": 0}], "agent_talk_share"),
            f"[band-edge] {HERE}.test: 65 cannot be reached: agent_talk_share runs from 0 to 1",
        ),
        (mood("overall", -2), f"[band-edge] {HERE}.test: -2 cannot be reached: overall runs from -1 to 1"),
        (mood("last_quarter", 5), "5 cannot be reached: last_quarter runs from -1 to 1"),
        (mood("change", 2.5), "2.5 cannot be reached: change runs from -2 to 2"),
        (mood("mood", 0), "unknown value 'mood'"),
        (mood("trend", 1.5), "1.5 cannot be reached: trend runs from -1 to 1"),
        (mood("longest_negative_turns", -1), "-1 cannot be reached: longest_negative_turns runs from 0 to inf"),
        (mood("recovery", 2), "2 cannot be reached: recovery runs from 0 to 1"),
        ("id: r\nid: q\n", "r.yaml:2: [duplicate-key]"),
        ("id: r\nversion: 1\ntitle: 12\nsections: []\n", "r.yaml:3: [string-type] title"),
    ],
)
def test_load_rubric_refuses_what_cannot_be_meant(tmp_path: Path, data: Any, expected: str) -> None:
    with pytest.raises(AuthoredFileError) as caught:
        load_rubric(write(tmp_path, data))
    assert expected in str(caught.value)


@pytest.mark.parametrize("edge", [-2, 2, 0])
def test_load_rubric_takes_the_whole_range_of_a_change(tmp_path: Path, edge: int) -> None:
    assert load_rubric(write(tmp_path, mood("change", edge)))


def test_load_rubric_tells_all_problems_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "id: r",
            "version: 1",
            "titel: R",
            "sections:",
            "  - id: a",
            "    title: A",
            "    weight: 0",
            "    criteria:",
            "      - {id: x, title: X, points: 1, test: {kind: rule, rules: [y]}}",
            "      - {id: x, title: X, points: -1, test: {kind: manual}}",
        ]
    )
    with pytest.raises(AuthoredFileError) as caught:
        load_rubric(write(tmp_path, text))
    assert [(problem.line, problem.code) for problem in caught.value.problems] == [
        (1, "missing"),
        (3, "extra-forbidden"),
        (7, "not-positive"),
        (10, "not-positive"),
        (10, "missing"),
        (10, "duplicate-criterion"),
    ]


def test_load_rubrics_are_sorted_and_come_from_the_folder_itself_only(tmp_path: Path) -> None:
    write(tmp_path, rubric_data(id="b"), "1.yaml")
    write(tmp_path, rubric_data(id="a", version=2), "2.yml")
    write(tmp_path, rubric_data(id="a"), "3.yaml")
    write(tmp_path, "no rubric", "README.md")
    (tmp_path / "rules").mkdir()
    write(tmp_path / "rules", "pack: x\n")
    assert [(loaded.id, loaded.version) for loaded in load_rubrics(tmp_path)] == [("a", 1), ("a", 2), ("b", 1)]


def test_load_rubrics_tells_the_problems_of_all_files(tmp_path: Path) -> None:
    write(tmp_path, rubric_data(version=0), "one.yaml")
    write(tmp_path, rubric_data(id="X"), "two.yaml")
    with pytest.raises(AuthoredFileError) as caught:
        load_rubrics(tmp_path)
    one, two = caught.value.lines()
    assert one.startswith(f"{tmp_path / 'one.yaml'}:3: [out-of-range]")
    assert two.startswith(f"{tmp_path / 'two.yaml'}:2: [bad-id]")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, "two.yaml:1: [duplicate-rubric] version: 'r' version 1 stands in one.yaml too; raise one version"),
        (
            {"queues": ["Bank"]},
            {"id": "q", "queues": ["bank"]},
            "two.yaml:1: [queue-claimed-twice] queues: queue 'bank'",
        ),
        ({"queues": ["bank"]}, {"version": 2, "queues": ["bank"]}, None),
        ({"queues": ["bank"]}, {"version": 2}, None),
        ({"queues": ["bank"]}, {"id": "q", "queues": ["sales"]}, None),
        ({"queues": ["bank"]}, {"id": "q", "queues": ["bank"], "languages": ["de"]}, None),
        (
            {"queues": ["bank"], "languages": ["es", "de"]},
            {"id": "q", "queues": ["bank"], "languages": ["en", "de"]},
            "a queue has one rubric a language, and both cover German",
        ),
    ],
)
def test_load_rubrics_refuses_two_that_clash(tmp_path: Path, one: Any, other: Any, expected: str | None) -> None:
    write(tmp_path, rubric_data(**one), "one.yaml")
    write(tmp_path, rubric_data(**other), "two.yaml")
    if expected is None:
        assert len(load_rubrics(tmp_path)) == 2
        return
    with pytest.raises(AuthoredFileError) as caught:
        load_rubrics(tmp_path)
    assert expected in str(caught.value)


def test_load_rubrics_needs_a_folder_with_a_rubric(tmp_path: Path) -> None:
    with pytest.raises(AuthoredFileError, match=r"\[no-rubrics\]"):
        load_rubrics(tmp_path)
    with pytest.raises(AuthoredFileError, match=r"missing:1: \[unreadable\] No such file or directory"):
        load_rubrics(tmp_path / "missing")


def test_find_rubric_takes_an_id_or_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, rubric_data(id="bank-support"), "one.yaml")
    write(tmp_path, rubric_data(id="bank-support", version=2), "two.yaml")
    assert find_rubric("bank-support", tmp_path).version == 2
    assert find_rubric(str(path), tmp_path / "missing").version == 1
    with pytest.raises(UnknownNameError, match=r"unknown rubric 'bank-suport' \(did you mean 'bank-support'\?\)"):
        find_rubric("bank-suport", tmp_path)
    with pytest.raises(AuthoredFileError, match="No such file"):
        find_rubric(str(tmp_path / "three.yaml"), tmp_path)


def test_choose_rubric_goes_by_setting_then_queue_then_default(tmp_path: Path) -> None:
    for name, changes in {
        "general": {},
        "bank": {"queues": ["bank_support"]},
        "sales": {"queues": ["sales", "Retention"]},
    }.items():
        write(tmp_path, rubric_data(id=name, **changes), f"{name}.yaml")
    rubrics = load_rubrics(tmp_path)

    def chosen(queue: str | None, **settings: Any) -> str:
        return choose_rubric(rubrics, recording(queue=queue), ScoreSettings(**settings)).id

    assert chosen("bank_support") == "bank"
    assert chosen("BANK_Support") == "bank"
    assert chosen("retention") == "sales"
    assert chosen("billing") == "general"
    assert chosen(None) == "general"
    assert chosen("billing", default_rubric="sales") == "sales"
    assert chosen("bank_support", rubric="sales") == "sales"
    assert chosen("bank_support", rubric=str(tmp_path / "general.yaml")) == "general"
    with pytest.raises(UnknownNameError, match="unknown rubric 'generl'"):
        chosen("bank_support", rubric="generl")
    with pytest.raises(UnknownNameError):
        chosen(None, default_rubric="nothing")


def test_choose_rubric_takes_the_latest_version_and_its_queues(tmp_path: Path) -> None:
    write(tmp_path, rubric_data(id="general"), "general.yaml")
    write(tmp_path, rubric_data(id="bank", queues=["old", "kept"]), "bank-1.yaml")
    write(tmp_path, rubric_data(id="bank", version=2, queues=["kept"]), "bank-2.yaml")
    rubrics = load_rubrics(tmp_path)
    kept = choose_rubric(rubrics, recording(queue="kept"), ScoreSettings())
    assert (kept.id, kept.version) == ("bank", 2)
    assert choose_rubric(rubrics, recording(queue="old"), ScoreSettings()).id == "general"


def test_check_rule_references_finds_every_unknown_rule_once_a_criterion(tmp_path: Path) -> None:
    given = rubric(
        tmp_path,
        section(
            criterion("a", rule("greeting", "gretting")),
            criterion("b", rule("greeting"), applies_if={"rules_present": ["gone"]}),
            criterion("c", measure()),
        ),
    )
    problems = check_rule_references([given], {"greeting"})
    assert [(problem.code, problem.where) for problem in problems] == [
        ("unknown-rule", "rubric r version 1, criterion a"),
        ("unknown-rule", "rubric r version 1, criterion b"),
    ]
    assert "'gretting' (did you mean 'greeting'?)" in problems[0].message
    assert check_rule_references([given], {"greeting", "gretting", "gone"}) == []


def test_check_rule_references_tells_where_it_looked_and_how_to_have_a_rule_of_ones_own(tmp_path: Path) -> None:
    given = rubric(tmp_path, section(criterion("a", rule("greetings"))))
    (problem,) = check_rule_references([given], {"greeting", "empathy"}, looked_in=Path("/packs"))
    assert problem.message == (
        "unknown rule 'greetings' (did you mean 'greeting'?); it is not among the 2 active rules of /packs, so it can"
        " never be answered; rules of your own: docs/writing-rubrics.md"
    )
    (problem,) = check_rule_references([given], set())
    assert "not among the 0 active rules, so" in problem.message


@pytest.mark.parametrize(
    ("queues", "applies_if", "of_rule", "told"),
    [
        (["Sales"], {}, AppliesIf(queues=("sales",)), None),
        (["support", "sales"], {}, AppliesIf(queues=("sales",)), None),  # it drops out of some calls only
        (["bookings"], {}, AppliesIf(), None),
        (None, {}, AppliesIf(queues=("sales",)), None),  # the rubric may score any queue
        (["bookings"], {}, AppliesIf(queues=("sales",)), "queue sales only; this question is for bookings"),
        (
            ["bookings", "tours"],
            {},
            AppliesIf(queues=("sales", "x")),
            "sales or x only; this question is for bookings or",
        ),
        (
            None,
            {"queues": ["bookings"]},
            AppliesIf(queues=("sales",)),
            "queue sales only; this question is for bookings",
        ),
        (["sales", "b"], {"queues": ["b"]}, AppliesIf(queues=("sales",)), "queue sales only; this question is for b:"),
        (None, {"directions": ["inbound"]}, AppliesIf(directions=("outbound",)), "direction outbound only"),
        (None, {"directions": ["inbound"]}, AppliesIf(directions=("inbound",)), None),
        (None, {"teams": ["north"]}, AppliesIf(teams=("south",)), "team south only; this question is for north"),
    ],
)
def test_check_rules_apply_finds_a_rule_that_is_about_none_of_the_calls(
    tmp_path: Path, queues: list[str] | None, applies_if: dict[str, Any], of_rule: AppliesIf, told: str | None
) -> None:
    asked = criterion("a", rule("greeting", "price"), applies_if=applies_if)
    given = rubric(tmp_path, section(asked), **({"queues": queues} if queues else {}))
    problems = check_rules_apply([given], {"price": of_rule, "greeting": AppliesIf()})
    if told is None:
        assert problems == []
        return
    (problem,) = problems
    assert told in problem.message
    assert problem.message.startswith("price applies to ")
    assert "it drops out of every call" in problem.message
    assert '"price"' in (tmp_path / "r.yaml").read_text().splitlines()[(problem.line or 0) - 1]


def test_check_rules_apply_finds_a_condition_that_never_holds(tmp_path: Path) -> None:
    given = rubric(tmp_path, section(criterion("a", applies_if={"rules_present": ["price"]})), queues=["bookings"])
    (problem,) = check_rules_apply([given], {"price": AppliesIf(queues=("sales",))})
    assert (problem.code, "the question never applies" in problem.message) == ("rule-of-other-calls", True)


def test_check_rule_references_names_the_line_where_the_rule_stands(tmp_path: Path) -> None:
    applies = {"rules_present": ["greeting", "gone"]}
    given = rubric(tmp_path, section(criterion("a", rule("greeting", "gretting")), criterion("b", applies_if=applies)))
    lines = (tmp_path / "r.yaml").read_text().splitlines()
    expected = [1 + next(i for i, line in enumerate(lines) if name in line) for name in ('"gretting"', '"gone"')]
    problems = check_rule_references([given], {"greeting"})
    assert [(problem.line, problem.file) for problem in problems] == [(n, str(tmp_path / "r.yaml")) for n in expected]
    in_code = dataclasses.replace(given, file=None)
    assert [(problem.line, problem.file) for problem in check_rule_references([in_code], {"greeting"})] == [
        (None, None)
    ] * 2
    assert in_code == given


def test_choose_rubric_prefers_the_one_of_the_queue_that_covers_the_language(tmp_path: Path) -> None:
    write(tmp_path, rubric_data(id="general"), "general.yaml")
    write(tmp_path, rubric_data(id="bank", queues=["bank"]), "bank.yaml")
    write(tmp_path, rubric_data(id="bank-de", queues=["Bank", "kasse"], languages=["de", "nl"]), "bank-de.yaml")
    rubrics = load_rubrics(tmp_path)

    def chosen(queue: str, language: str, **settings: Any) -> str:
        return choose_rubric(rubrics, recording(queue=queue), ScoreSettings(**settings), language=language).id

    assert [chosen("bank", language) for language in ("en", "de", "DE-at", "nl", "und")] == [
        *("bank", "bank-de", "bank-de", "bank-de", "bank")
    ]
    assert chosen("bank", "fr") == "bank"  # none covers it: the first, which then is not scored
    assert chosen("kasse", "en") == "bank-de"  # a queue's own rubric is never passed over for the default
    assert chosen("bank", "de", rubric="bank") == "bank"


@pytest.mark.parametrize(("written", "codes"), [(["EN-us", "german"], ("en", "de")), (["yue"], ("yue",))])
def test_rubric_languages_are_kept_as_codes(tmp_path: Path, written: list[str], codes: tuple[str, ...]) -> None:
    assert rubric(tmp_path, languages=written).languages == codes


@pytest.mark.parametrize(
    ("languages", "complaint"),
    [
        (["xx"], "[unknown-language] languages.0: unknown language 'xx'; write its code, such as en or es"),
        (["germn"], "(did you mean 'German'?)"),
        ([], "[list-empty] languages: "),
        ("en", "a list is wanted; write [en]"),
    ],
)
def test_rubric_refuses_languages_that_there_are_not(tmp_path: Path, languages: Any, complaint: str) -> None:
    with pytest.raises(AuthoredFileError) as caught:
        rubric(tmp_path, languages=languages)
    assert complaint in str(caught.value)


def versions(folder: Path, *changes: dict[str, Any]) -> tuple[Rubric, ...]:
    """A folder with a default rubric and these versions of the bank's, numbered in order."""
    write(folder, rubric_data(id="general"), "general.yaml")
    for number, change in enumerate(changes, start=1):
        given = {"id": "bank", "version": number, "queues": ["bank"], **change}
        write(folder, rubric_data(**given), f"bank-{number}.yaml")
    return load_rubrics(folder)


def days(first: str | None = None, last: str | None = None) -> dict[str, Any]:
    return {"effective": {key: day for key, day in (("from", first), ("to", last)) if day}}


@pytest.mark.parametrize(
    ("changes", "day", "expected"),
    [
        ([days(), days("2026-06-01")], "2026-05-31", 1),
        ([days(), days("2026-06-01")], "2026-06-01", 2),
        ([days(), days("2026-06-01")], None, 2),
        ([days("2026-01-01", "2026-06-30")], "2025-12-31", None),
        ([days("2026-01-01", "2026-06-30")], "2026-01-01", 1),
        ([days("2026-01-01", "2026-06-30")], "2026-06-30", 1),
        ([days("2026-01-01", "2026-06-30")], "2026-07-01", None),
        ([days("2026-01-01", "2026-06-30")], None, 1),
        ([days(), days("2026-12-01", "2026-12-31")], "2027-01-01", 1),  # a season's version, then the old one again
        ([days(), {"status": "draft"}], "2026-06-01", 1),
        ([days(), {"status": "retired"}], None, 1),
        ([{"status": "retired"}], "2026-06-01", None),
        ([{"status": "draft"}], None, None),
    ],
)
def test_choose_rubric_takes_the_version_of_the_calls_day(
    tmp_path: Path, changes: list[dict[str, Any]], day: str | None, expected: int | None
) -> None:
    chosen = choose_rubric(
        versions(tmp_path, *changes),
        recording(queue="bank"),
        ScoreSettings(),
        day=None if day is None else date.fromisoformat(day),
    )
    assert (chosen.id, chosen.version) == (("general", 1) if expected is None else ("bank", expected))


def test_choose_rubric_takes_one_that_is_named_whatever_its_status_and_days(tmp_path: Path) -> None:
    rubrics = versions(tmp_path, {**days("2026-06-01"), "status": "draft"})
    for named in ("bank", str(tmp_path / "bank-1.yaml")):
        settings = ScoreSettings(rubric=named)
        assert choose_rubric(rubrics, recording(), settings, day=date(2020, 1, 1)).id == "bank"
    assert find_rubric("bank", tmp_path).version == 1


def test_find_rubric_means_the_latest_active_version(tmp_path: Path) -> None:
    versions(tmp_path, {}, {}, {"status": "draft"}, {"status": "retired"})
    assert find_rubric("bank", tmp_path).version == 2


@pytest.mark.parametrize(("day", "when"), [(date(2026, 5, 31), " that scores calls of 2026-05-31"), (None, "")])
def test_choose_rubric_says_that_the_default_scores_no_call_of_that_day(
    tmp_path: Path, day: date | None, when: str
) -> None:
    status = "active" if day else "draft"
    write(tmp_path, rubric_data(id="general", status=status, effective={"from": "2026-06-01"}), "general.yaml")
    with pytest.raises(ConfigError) as caught:
        choose_rubric(load_rubrics(tmp_path), recording(queue=None), ScoreSettings(), day=day)
    assert f"rubric 'general' has no active version{when}, and" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ([days("2026-01-01"), days("2026-01-01")], ["bank-1.yaml"]),
        ([days("2026-06-01"), days("2026-01-01")], ["bank-1.yaml"]),
        ([days("2026-06-01"), days("2026-01-01", "2026-06-30")], []),
        ([days("2026-02-01", "2026-03-01"), days("2026-01-01"), days("2026-01-01")], ["bank-1.yaml", "bank-2.yaml"]),
        ([days("2026-01-01"), {**days("2026-01-01"), "status": "draft"}], []),
        ([{**days("2026-01-01"), "status": "retired"}, days("2026-01-01")], []),
        ([days(), days()], []),  # without days the higher number has always taken over
    ],
)
def test_load_rubrics_refuses_a_version_that_would_never_score(
    tmp_path: Path, changes: list[dict[str, Any]], refused: list[str]
) -> None:
    if not refused:
        assert versions(tmp_path, *changes)
        return
    with pytest.raises(AuthoredFileError) as caught:
        versions(tmp_path, *changes)
    assert [(p.code, Path(p.file or "").name) for p in caught.value.problems] == [
        ("never-effective", name) for name in refused
    ]


@pytest.mark.parametrize(
    ("bank", "other", "since"),
    [
        (days(None, "2026-05-31"), days("2026-06-01"), None),  # the queue is handed over
        (days(None, "2026-06-01"), days("2026-06-01"), "from 2026-06-01 on"),
        ({"status": "retired"}, days(), None),
        (days(), {"status": "draft"}, None),
        (days("2026-01-01"), days(), "from 2026-01-01 on"),
        (days(), days(), "already;"),
    ],
)
def test_load_rubrics_refuses_two_that_claim_a_queue_on_the_same_day(
    tmp_path: Path, bank: dict[str, Any], other: dict[str, Any], since: str | None
) -> None:
    write(tmp_path, rubric_data(id="other", queues=["Bank"], **other), "other.yaml")
    if since is None:
        assert len(versions(tmp_path, bank)) == 3
        return
    with pytest.raises(AuthoredFileError) as caught:
        versions(tmp_path, bank)
    (problem,) = caught.value.problems
    assert problem.code == "queue-claimed-twice"
    assert since in problem.message


def test_check_rule_references_finds_rules_inside_sequences_and_combinations(tmp_path: Path) -> None:
    steps = {"kind": "sequence", "rules": ["greeting", "gone-one"]}
    both = {"kind": "combination", "tests": [rule("gone-two"), {"kind": "combination", "tests": [rule("a"), steps]}]}
    given = rubric(tmp_path, section(criterion("a", steps), criterion("b", both)))
    lines = (tmp_path / "r.yaml").read_text().splitlines()
    problems = check_rule_references([given], {"greeting", "a"})
    assert [problem.message.split("'")[1] for problem in problems] == ["gone-one", "gone-two", "gone-one"]
    for problem in problems:
        assert problem.line is not None
        assert problem.message.split("'")[1] in lines[problem.line - 1]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((days(None, "2026-06-30"), days("2026-07-15")), [("2026-07-01", "2026-07-14", 1, 2)]),
        ((days(None, "2026-06-30"), days("2026-07-02")), [("2026-07-01", "2026-07-01", 1, 2)]),
        ((days(None, "2026-06-30"), days("2026-07-01")), []),
        ((days(None, "2026-06-30"), days("2026-06-01")), []),
        ((days(None, "2026-06-30"),), []),
        ((days(None, "2026-06-30"), {**days("2026-07-15"), "status": "draft"}), []),
        (({}, days(None, "2026-06-30"), days("2026-07-15")), []),  # one that is always in force fills it
        (
            (days(None, "2026-09-30"), days("2026-03-01", "2026-03-31"), days("2026-10-05")),
            [("2026-10-01", "2026-10-04", 1, 3)],
        ),
    ],
)
def test_gaps_are_days_between_versions_on_which_none_is_in_force(
    tmp_path: Path, changes: tuple[dict[str, Any], ...], expected: list[tuple[str, str, int, int]]
) -> None:
    found = gaps(versions(tmp_path, *changes))
    told = [(str(gap.first), str(gap.last), gap.before.version, gap.after.version) for gap in found]
    assert told == expected


def test_choose_rubric_says_that_a_call_falls_between_two_versions(tmp_path: Path) -> None:
    for number, when in enumerate(({"to": "2026-06-30"}, {"from": "2026-07-15"}), start=1):
        write(tmp_path, rubric_data(id="general", version=number, effective=when), f"general-{number}.yaml")
    rubrics = load_rubrics(tmp_path)
    for day, said in (("2026-07-03", "between two versions"), ("2026-07-14", "from 2026-07-01 to 2026-07-14")):
        with pytest.raises(NotInForceError, match=said) as caught:
            choose_rubric(rubrics, recording(queue=None), ScoreSettings(), day=date.fromisoformat(day))
        assert "version 1 ends on 2026-06-30, version 2 begins on 2026-07-15; let their" in str(caught.value)
    assert choose_rubric(rubrics, recording(queue=None), ScoreSettings(), day=date(2026, 7, 15)).version == 2


@pytest.mark.parametrize(("name", "version"), [("bank", 2), ("bank@1", 1), ("bank@v1", 1), ("bank@3", 3)])
def test_a_rubric_is_named_by_id_or_by_id_and_version(tmp_path: Path, name: str, version: int) -> None:
    rubrics = versions(tmp_path, {}, {}, {"status": "draft"})
    assert find_rubric(name, tmp_path).version == version
    assert choose_rubric(rubrics, recording(), ScoreSettings(rubric=name)).version == version


@pytest.mark.parametrize("name", ["bank@9", "bank@", "bnak@1", "@1"])
def test_a_version_that_there_is_not_is_told_with_those_that_there_are(tmp_path: Path, name: str) -> None:
    rubrics = versions(tmp_path, {}, {})
    with pytest.raises(UnknownNameError, match=r"bank@1"):
        find_rubric(name, tmp_path)
    with pytest.raises(UnknownNameError, match=r"bank@1"):
        choose_rubric(rubrics, recording(), ScoreSettings(rubric=name))
