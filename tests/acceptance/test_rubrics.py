"""`earmark rubrics list|check`: each mistake in a rubric with its file, line and a suggestion."""

import json
import re
from pathlib import Path

import pytest

from tests.acceptance.command import AUDIO, Result, earmark

pytestmark = pytest.mark.slow

GOOD = """\
id: small
version: 1
title: Small
queues: [retention]
pass_share: 0.8
sections:
  - id: opening
    title: Opening
    weight: 1
    criteria:
      - id: notice
        title: Says that the call is recorded
        points: 2
        critical: true
        test: {kind: rule, rules: [recording-notice]}
      - id: silence
        title: Leaves no long silence
        points: 1
        test:
          kind: measure
          measure: longest_dead_air_ms
          bands:
            - {below: 10000, share: 1}
            - {at_least: 10000, share: 0}
"""


def check(folder: Path, content: str, *arguments: str) -> Result:
    path = folder / "small.yaml"
    path.write_text(content)
    return earmark("rubrics", "check", path, *arguments, cwd=folder)


def changed(old: str, new: str) -> tuple[str, int]:
    """The good rubric with one line changed, and that line's number."""
    assert GOOD.count(old) == 1
    line = GOOD[: GOOD.index(old)].count("\n") + 1
    return GOOD.replace(old, new), line


def test_a_good_rubric_has_no_problem(tmp_path: Path) -> None:
    check(tmp_path, GOOD).ok()


def test_the_shipped_rubrics_have_no_problem(tmp_path: Path) -> None:
    earmark("rubrics", "check", cwd=tmp_path).ok()


def test_the_shipped_rubrics_are_listed(tmp_path: Path) -> None:
    listed = earmark("rubrics", "list", "--json", cwd=tmp_path).json()
    assert isinstance(listed, list)
    ids = [each["id"] for each in listed]
    assert len(ids) == len(set(ids)) >= 4
    queues = {queue for each in listed for queue in each["queues"]}
    assert {"bank_support", "collections", "sales", "tech_support"} <= queues
    out = earmark("rubrics", "list", cwd=tmp_path).ok().out
    assert all(name in out for name in ids)


MISTAKES = [
    # what is changed, into what, how many lines further down the mistake is, what the message must hold
    ("title: Small", "title: Small\ntitle: Smaller", 1, r"title"),
    ("    weight: 1\n", "    wieght: 1\n", 0, r"weight"),
    ("pass_share: 0.8", "pass_mark: 0.8", 0, r"pass_share"),
    ("critical: true", "critical: no", 0, r"false"),
    ("critical: true", "critical: yes", 0, r"true"),
    ("points: 2", "points: 12:30", 0, r"number"),
    ("points: 2", "points: -2", 0, r"above 0|greater|positive"),
    ("points: 2", "points: two", 0, r"number"),
    ("version: 1", "version: one", 0, r"number|integer|whole"),
    ("kind: measure", "kind: mesure", 0, r"'measure'|measure\b"),
    ("longest_dead_air_ms", "longest_deadair_ms", 0, r"longest_dead_air_ms"),
    ("[recording-notice]", "[recording-notise]", 0, r"recording-notice"),
    ("{at_least: 10000, share: 0}", "{at_least: 12000, share: 0}", -2, r"10000|12000|gap"),
    ("id: silence", "id: notice", 0, r"notice"),
    ("pass_share: 0.8", "pass_share: 80", 0, r"0\.8|\b1\b"),
    ("        points: 2\n", "\tpoints: 2\n", 0, r"tab|space"),
]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """All the mistakes, each in a file of its own, checked in one go."""
    folder = tmp_path_factory.mktemp("mistakes")
    for at, (old, new, _, _) in enumerate(MISTAKES):
        content = changed(old, new)[0].replace("id: small", f"id: small-{at}").replace("[retention]", f"[queue-{at}]")
        (folder / f"mistake-{at:02}.yaml").write_text(content)
    return earmark("rubrics", "check", folder, cwd=folder)


def test_mistakes_end_with_exit_code_1(checked: Result) -> None:
    assert checked.code == 1, checked.out + checked.err
    checked.assert_quiet()


@pytest.mark.parametrize("at", range(len(MISTAKES)), ids=[new.strip() for _, new, _, _ in MISTAKES])
def test_a_mistake_is_named_with_file_line_and_suggestion(checked: Result, at: int) -> None:
    old, new, offset, suggestion = MISTAKES[at]
    line = changed(old, new)[1] + offset
    said = [text for text in (checked.out + checked.err).splitlines() if f"mistake-{at:02}.yaml:" in text]
    there = [text for text in said if re.search(rf"\.yaml:{line}\b", text)]
    assert there, (line, said)
    assert any(re.search(suggestion, text.partition(".yaml:")[2], re.IGNORECASE) for text in there), there


def test_yaml_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    done = check(tmp_path, GOOD.replace("queues: [retention]", "queues: [retention"))
    assert done.code == 1, done.out + done.err
    done.assert_quiet()
    assert re.search(r"small\.yaml:\d+", done.out + done.err)


def test_all_mistakes_are_named_at_once_and_as_json(tmp_path: Path) -> None:
    content, first = changed("pass_share: 0.8", "pass_mark: 0.8")
    content = content.replace("critical: true", "critical: no")
    done = check(tmp_path, content, "--json")
    assert done.code == 1
    problems = json.loads(done.out)["problems"]
    lines = {problem["line"] for problem in problems}
    assert {first, GOOD[: GOOD.index("critical: true")].count("\n") + 1} <= lines
    assert all(problem["file"].endswith("small.yaml") and problem["message"] for problem in problems)


def test_a_run_with_a_broken_rubric_does_not_start(tmp_path: Path) -> None:
    content, line = changed("pass_share: 0.8", "pass_mark: 0.8")
    path = tmp_path / "small.yaml"
    path.write_text(content)
    recording = AUDIO / "09-no-guarantee.wav"
    done = earmark("run", recording, "--rubric", path, "--workspace", tmp_path / "w", cwd=tmp_path)
    assert f"small.yaml:{line}" in done.refused()


def test_a_folder_is_checked_whole(tmp_path: Path) -> None:
    folder = tmp_path / "rubrics"
    folder.mkdir()
    (folder / "good.yaml").write_text(GOOD)
    (folder / "bad.yaml").write_text(GOOD.replace("id: small", "id: other").replace("version: 1", "versoin: 1"))
    done = earmark("rubrics", "check", folder, cwd=tmp_path)
    assert done.code == 1
    assert "bad.yaml:" in done.out + done.err
    assert "good.yaml:" not in done.out + done.err


def test_the_same_queue_in_two_rubrics_is_a_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "rubrics"
    folder.mkdir()
    (folder / "one.yaml").write_text(GOOD)
    (folder / "two.yaml").write_text(GOOD.replace("id: small", "id: other"))
    done = earmark("rubrics", "check", folder, cwd=tmp_path)
    assert done.code == 1
    assert "retention" in done.out + done.err
