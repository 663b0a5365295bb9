from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.compliance.packs import load_pack, load_packs, rules_fingerprint
from pipeline.errors import AuthoredFileError
from pipeline.records import Role
from tests.compliance.rule_files import shipped, write

RULE = """  - id: notice
    title: Notice
    severity: major
    expect: present
    speaker: agent
    phrases: [this call is recorded]
"""


def problems(folder: Path, text: str) -> list[tuple[str, int | None]]:
    with pytest.raises(AuthoredFileError) as refused:
        load_packs(write(folder, text).parent)
    return [(problem.code, problem.line) for problem in refused.value.problems]


def test_packs_are_read(tmp_path: Path) -> None:
    (rule,) = load_pack(write(tmp_path, RULE + "    window: {within_first_s: 30}\n    reference: the law\n"))
    (saying,) = rule.sayings()
    assert (rule.id, rule.speaker, saying.window.within_first_s, rule.pack) == ("notice", "agent", 30, "test")
    assert saying.phrases == saying.wordings == ("this call is recorded",)


def test_packs_rules_come_in_order_of_files(tmp_path: Path) -> None:
    write(tmp_path, RULE.replace("notice", "second"), "b.yaml")
    write(tmp_path, RULE.replace("notice", "first"), "a.yml")
    write(tmp_path, "no: [pack", "notes.txt")
    assert [rule.id for rule in load_packs(tmp_path)] == ["first", "second"]


def test_packs_problems_are_told_of_both_suffixes(tmp_path: Path) -> None:
    write(tmp_path, RULE, "a.yaml")
    write(tmp_path, RULE, "b.yml")
    with pytest.raises(AuthoredFileError, match=r"b\.yml.*\[duplicate-rule\].* stands in a\.yaml:3 already"):
        load_packs(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RULE.replace("severity: major", "severity: grave"), [("enum", 5)]),
        (RULE.replace("speaker", "speeker"), [("extra-forbidden", 7)]),
        (RULE.replace("id: notice", "id: The Notice"), [("string-pattern-mismatch", 3)]),
        (RULE + RULE, [("duplicate-rule", 9)]),
        (RULE + "    title: Again\n", [("duplicate-key", 9)]),
        (RULE.replace("this call", "this (call"), [("pattern-parenthesis", 8)]),
        (RULE.replace("[this call is recorded]", "['pay {mony}']"), [("pattern-slot", 8)]),
        (RULE + "    unless: [~2 now]\n", [("pattern-gap", 9)]),
        (RULE + "    entity: card_number\n", [("entity-and-phrases", 9)]),
        (RULE + "    meaning: [Leave now]\n", [("meaning-too-short", 9)]),
        (
            RULE.replace(
                "phrases: [this call is recorded]", "entity: card_number\n    not_meaning: [I will leave it.]"
            ),
            [("meaning-missing", 9)],
        ),
        (RULE + "    meaning: [I will leave you.]\nlanguages: [es]\n", [("meaning-language", 9)]),
        (RULE.replace("    phrases: [this call is recorded]\n", ""), [("nothing-to-find", 3)]),
        (RULE + "    window: {within_s: 3}\n", [("window-contradiction", 9)]),
        (RULE + "    window: {from_share: 0.6, to_share: 0.5}\n", [("window-contradiction", 9)]),
        (RULE + "    window: {before: notise}\n", [("unknown-rule", 9)]),
        (RULE + "    window: {before: notice}\n", [("rule-cycle", 9)]),
        (RULE + "    applies_if: {rules_present: [nothing]}\n", [("unknown-rule", 9)]),
        (
            RULE
            + RULE.replace("notice", "other")
            + "    status: draft\n"
            + RULE.replace("notice", "third")
            + "    window: {after: other}\n",
            [("inactive-rule", 22)],
        ),
    ],
)
def test_packs_problem_has_code_and_line(tmp_path: Path, text: str, expected: list[tuple[str, int]]) -> None:
    assert problems(tmp_path, text) == expected


def test_packs_problems_come_all_at_once(tmp_path: Path) -> None:
    text = RULE.replace("this call", "this (call") + "    window: {before: notise, within_s: 3}\n" + RULE
    assert {code for code, _ in problems(tmp_path, text)} == {"pattern-parenthesis", "unknown-rule", "duplicate-rule"}


def test_packs_circle_over_two_files_is_shown(tmp_path: Path) -> None:
    write(tmp_path, RULE + "    window: {before: other}\n", "a.yaml")
    write(tmp_path, RULE.replace("notice", "other") + "    applies_if: {rules_present: [notice]}\n", "b.yaml")
    with pytest.raises(AuthoredFileError) as refused:
        load_packs(tmp_path)
    assert "b.yaml" in str(refused.value)
    assert "notice -> other -> notice" in str(refused.value)


def test_packs_unknown_key_and_rule_get_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(AuthoredFileError, match="did you mean 'speaker'"):
        load_pack(write(tmp_path, RULE.replace("speaker", "speeker")))
    with pytest.raises(AuthoredFileError, match="did you mean 'notice'"):
        load_pack(write(tmp_path, RULE + "    window: {before: notise}\n"))


def test_packs_without_rules_are_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "  []\n") == [("no-rules", 2)]


def test_packs_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AuthoredFileError) as refused:
        load_packs(tmp_path / "none")
    assert refused.value.problems[0].code == "no-folder"


@pytest.mark.parametrize(
    ("change", "changes_fingerprint"),
    [
        (("title: Notice", "title: Recording notice"), False),
        (("    speaker", "    reference: some law\n    owner: me\n    notes: why\n    speaker"), False),
        (("    speaker", "    negation: counts\n    speaker"), False),  # the default, written out
        (("speaker: agent", "speaker: anyone"), True),
        (("this call", "the call"), True),
        (("    speaker", "    window: {within_first_s: 30}\n    speaker"), True),
        (("severity: major", "severity: minor"), True),
    ],
)
def test_packs_fingerprint_is_of_what_decides(
    tmp_path: Path, change: tuple[str, str], changes_fingerprint: bool
) -> None:
    before = load_pack(write(tmp_path, RULE))
    after = load_pack(write(tmp_path, RULE.replace(*change)))
    assert (before[0].fingerprint != after[0].fingerprint) is changes_fingerprint
    assert (rules_fingerprint(before) != rules_fingerprint(after)) is changes_fingerprint
    assert before[0].fingerprint.startswith("rule-1:")


def test_packs_fingerprint_of_all_leaves_out_drafts_and_order(tmp_path: Path) -> None:
    other, draft = RULE.replace("notice", "other"), RULE.replace("notice", "idea") + "    status: draft\n"
    one = load_pack(write(tmp_path, RULE + other))
    two = load_pack(write(tmp_path, draft + other + RULE))
    assert rules_fingerprint(one) == rules_fingerprint(two)


def test_packs_shipped_name_an_owner_and_law_where_it_is_critical() -> None:
    assert len(shipped()) >= 21
    for rule in shipped().values():
        assert rule.owner
        assert rule.reference or rule.severity != "critical"


def languages_pack(folder: Path, languages: str) -> Path:
    path = write(folder, RULE)
    path.write_text(path.read_text().replace("pack: test\n", f"pack: test\nlanguages: {languages}\n"))
    return path


def test_packs_languages_hold_for_every_rule(tmp_path: Path) -> None:
    assert load_pack(write(tmp_path, RULE))[0].languages == ("en",)
    assert load_pack(languages_pack(tmp_path, "[es, de]"))[0].languages == ("es", "de")


def test_packs_languages_change_fingerprints_unless_they_are_the_default(tmp_path: Path) -> None:
    usual = load_pack(write(tmp_path, RULE))[0].fingerprint
    prints = [
        load_pack(languages_pack(tmp_path, each))[0].fingerprint for each in ("[en]", "[es]", "[de, es]", "[es, de]")
    ]
    assert prints[0] == usual
    assert len({*prints}) == 3
    assert prints[2] == prints[3]


@pytest.mark.parametrize(
    ("languages", "code", "said"),
    [
        ("[]", "no-languages", "leave the key out for English"),
        ("[xx]", "unknown-language", "'xx'; write its code"),
        ("[German]", "unknown-language", "(did you mean 'de'?)"),
        ("es", "tuple-type", "write [es]"),
    ],
)
def test_packs_refuse_languages_that_there_are_not(tmp_path: Path, languages: str, code: str, said: str) -> None:
    with pytest.raises(AuthoredFileError) as refused:
        load_pack(languages_pack(tmp_path, languages))
    (problem,) = refused.value.problems
    assert (problem.code, problem.line) == (code, 2)
    assert said in problem.message


def test_a_rule_for_the_company_counts_agent_and_telephone_system(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "pack: mine\nrules:\n  - id: notice\n    title: Notice\n    severity: minor\n    expect: present\n"
        "    speaker: company\n    phrases: [this call is recorded]\n"
    )
    (rule,) = load_pack(file)
    (saying,) = rule.sayings()
    assert [role for role in Role if saying.counts(role)] == [Role.AGENT, Role.SYSTEM]


def test_packs_a_rule_may_find_by_meaning_alone_and_its_sentences_are_in_the_fingerprint(tmp_path: Path) -> None:
    alone = RULE.replace("phrases: [this call is recorded]", "meaning: [We record what you say.]")
    (first,) = load_pack(write(tmp_path, alone))
    assert first.sayings()[0].meaning == ("We record what you say.",)
    for change in ("    not_meaning: [I say what I want.]\n", "    meaning_similarity: 0.7\n"):
        (other,) = load_pack(write(tmp_path, alone + change))
        assert other.fingerprint != first.fingerprint
    (reworded,) = load_pack(write(tmp_path, alone.replace("what you say", "each call")))
    assert reworded.fingerprint != first.fingerprint
