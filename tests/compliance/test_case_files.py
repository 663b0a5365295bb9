"""How the cases of rule packs are read: every form of a line, and every problem with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.compliance.cases import Case, Expected, load_cases
from pipeline.errors import AuthoredFileError, Problem
from pipeline.records import Role

RULES = ("recording-notice", "complaint")
CALL = "rules:\n  complaint:\n    found:\n      - lines: [agent: hi]\n        call: {}\n"


def read(folder: Path, text: str) -> tuple[Case, ...]:
    path = folder / "cases.yaml"
    path.write_text(text)
    return load_cases(path, RULES)


def problems(folder: Path, text: str) -> list[Problem]:
    with pytest.raises(AuthoredFileError) as raised:
        read(folder, text)
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ('"agent: hello  there"', [("agent", "hello there", None)]),
        ("agent: hello", [("agent", "hello", None)]),
        ('"0:40 agent: hello"', [("agent", "hello", 40_000)]),
        ("12:05 unknown: hello", [("unknown", "hello", 725_000)]),
        ('["customer: hi", "agent: x: y"]', [("customer", "hi", None), ("agent", "x: y", None)]),
        ("{customer: hi, agent: hello}", [("customer", "hi", None), ("agent", "hello", None)]),
        ("{lines: [system: welcome]}", [("system", "welcome", None)]),
        ('{lines: "0:01 agent: hello"}', [("agent", "hello", 1000)]),
    ],
)
def test_case_is_a_line_or_several(tmp_path: Path, written: str, lines: list[tuple[str, str, int | None]]) -> None:
    (case,) = read(tmp_path, f"rules:\n  complaint:\n    found:\n      - {written}\n")
    assert [(line.speaker.value, line.words, line.start_ms) for line in case.lines] == lines
    assert (case.rule, case.expected, case.line) == ("complaint", Expected.FOUND, 4)


def test_case_call_is_its_own_or_that_of_its_rule(tmp_path: Path) -> None:
    text = """\
rules:
  complaint:
    call: {queue: sales}
    not_found:
      - agent: one
      - {lines: [agent: two], call: {direction: outbound, metadata: {first_contact: "yes"}}, because: denied}
"""
    of_rule, own = read(tmp_path, text)
    assert (of_rule.call.queue, of_rule.because) == ("sales", "")
    assert (own.call.queue, own.call.direction, own.call.metadata) == (None, "outbound", {"first_contact": "yes"})
    assert own.because == "denied"


def test_case_of_a_rule_about_calls_has_earlier_calls_and_needs_no_lines(tmp_path: Path) -> None:
    (case,) = read(
        tmp_path,
        """\
rules:
  complaint:
    found:
      - call:
          started_at: 2026-10-12T09:00-04:00
          customer_ref: C-1
          earlier:
            - {started_at: [2026-10-06T10:00-04:00, 2026-10-06T10:00:30Z], direction: inbound, conversation: no}
            - {present: [complaint], metadata: {debt_ref: D-1}}
""",
    )
    several, undated = case.call.earlier
    assert (case.lines, case.call.customer_ref, str(case.call.started_at)) == ((), "C-1", "2026-10-12 09:00:00-04:00")
    assert [at and at.isoformat() for at in several.started_at] == [
        "2026-10-06T10:00:00-04:00",
        "2026-10-06T10:00:30+00:00",
    ]
    assert (several.direction, several.conversation, several.metadata) == ("inbound", False, None)
    assert (undated.started_at, undated.direction, undated.conversation) == ((None,), "outbound", None)
    assert (undated.present, undated.metadata) == (("complaint",), {"debt_ref": "D-1"})


@pytest.mark.parametrize(
    ("text", "code", "line", "says"),
    [
        ("rules:\n  complant:\n    found: []\n", "unknown-rule", 2, "did you mean 'complaint'"),
        ("rules:\n  complaint:\n    fuond: []\n", "extra-forbidden", 3, "did you mean 'found'"),
        ("rules:\n  complaint:\n    found:\n      - hello\n", "case-line", 4, "agent: words"),
        ('rules:\n  complaint:\n    found:\n      - "agent:"\n', "case-line", 4, "agent: words"),
        ("rules:\n  complaint:\n    found:\n      - []\n", "case-line", 4, "agent: words"),
        ("rules:\n  complaint:\n    found:\n      - agnet: hello\n", "case-speaker", 4, "did you mean 'agent'"),
        ("rules:\n  complaint:\n    found:\n      - agent: 4111\n", "case-line", 4, "quotes"),
        (
            "rules:\n  complaint:\n    found:\n      - agent: hi\n        call: {quue: x}\n",
            "extra-forbidden",
            5,
            "queue",
        ),
        ("rules:\n  complaint:\n    found: [agent: hi]\n    not_found: [agent: hi]\n", "duplicate-case", 4, "line 3"),
        ("cases: []\n", "missing", 1, "rules"),
        (CALL.format("{started_at: 2026-10-12 09:00}"), "timezone-aware", 5, "timezone"),
        (CALL.format("{earlier: [{started_at: 2026-10-12T09:00Z}]}"), "case-call", 5, "before the call's own"),
        (
            CALL.format("{started_at: 2026-10-12T09:00Z, earlier: [{started_at: 2026-10-12T09:01Z}]}"),
            "case-call",
            5,
            "before the call's own",
        ),
        (CALL.format("{earlier: [{present: [complant]}]}"), "unknown-rule", 5, "did you mean 'complaint'"),
        (CALL.format("{earlier: [{cannot_assess: [complant]}]}"), "unknown-rule", 5, "did you mean 'complaint'"),
        (CALL.format("{earlier: [{heard: [complaint]}]}"), "extra-forbidden", 5, "conversation"),
        ("rules:\n  complaint:\n    call: {earlier: [{present: [x]}]}\n", "unknown-rule", 3, "no rule 'x'"),
        ("rules:\n  complaint:\n    found:\n      - because: denied\n", "case-line", 4, "agent: words"),
    ],
)
def test_case_file_problem_has_line_and_advice(tmp_path: Path, text: str, code: str, line: int, says: str) -> None:
    if "quue" in text:
        text = text.replace("- agent: hi", "- lines: [agent: hi]")
    found = {problem.code: problem for problem in problems(tmp_path, text)}
    assert (found[code].line, found[code].file) == (line, str(tmp_path / "cases.yaml"))
    assert says in found[code].message


def test_case_folder_tells_the_problems_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("rules:\n  nobody:\n    found: []\n")
    (tmp_path / "b.yml").write_text("rules: {complaint: {found: [agent hello]}}\n")
    (tmp_path / "c.yaml").write_text("rules: {complaint: {found: [agent: hello]}}\n")
    with pytest.raises(AuthoredFileError) as raised:
        load_cases(tmp_path, RULES)
    assert [(Path(str(p.file)).name, p.code) for p in raised.value.problems] == [
        ("a.yaml", "unknown-rule"),
        ("b.yml", "case-line"),
    ]


def test_case_speakers_are_the_roles_of_a_transcript(tmp_path: Path) -> None:
    text = "".join(f"      - {role.value}: words of {role.value}\n" for role in Role)
    assert len(read(tmp_path, f"rules:\n  complaint:\n    found:\n{text}")) == len(Role)
