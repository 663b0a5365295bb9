"""`earmark vocabulary check`."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import PACKAGE_ROOT
from pipeline.load_settings import load_settings
from pipeline.transcribe.vocabulary import ListForm, TermForm, VocabularyForm, load_vocabulary

Earmark = Callable[..., subprocess.CompletedProcess[str]]
PAGE = (PACKAGE_ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")


def rows() -> set[str]:
    """Return what stands in code marks in the first column of the page's tables."""
    cells = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_check_finds_the_samples_vocabulary_by_their_settings(earmark: Earmark, tmp_path: Path) -> None:
    finished = earmark("vocabulary", "check", "--config", PACKAGE_ROOT / "samples" / "earmark.toml", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "5 term(s) checked: no problems\n"


def test_check_lists_problems_with_file_and_line(earmark: Earmark, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("vocabulary: 1\nlists:\n  - term: [NetSaver]\n")
    finished = earmark("vocabulary", "check", path, "--json")
    assert finished.returncode == 1
    found = json.loads(finished.stdout)["problems"]
    assert {(problem["file"], problem["line"], problem["code"]) for problem in found} == {
        (str(path), 3, "extra-forbidden"),
        (str(path), 3, "missing"),
    }


def test_check_without_a_vocabulary_says_what_to_do(earmark: Earmark, tmp_path: Path) -> None:
    finished = earmark("vocabulary", "check", cwd=tmp_path)
    assert finished.returncode == 2
    assert "set transcribe.vocabulary" in finished.stderr
    assert earmark("vocabulary", "check", tmp_path / "missing.yaml").returncode == 2


@pytest.mark.parametrize("written", ["names.yaml", "./names.yaml", "{folder}/names.yaml"])
def test_vocabulary_of_a_settings_file_is_looked_for_beside_it(tmp_path: Path, written: str) -> None:
    file = tmp_path / "earmark.toml"
    file.write_text(f'[transcribe]\nvocabulary = "{written.format(folder=tmp_path)}"\n')
    assert load_settings(file=file, environment={}).transcribe.vocabulary == tmp_path / "names.yaml"


def test_vocabulary_given_elsewhere_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "earmark.toml"
    file.write_text('[transcribe]\nvocabulary = "none"\n')
    assert load_settings(file=file, environment={}).transcribe.vocabulary is None
    given = load_settings(file=file, environment={"EARMARK_TRANSCRIBE__VOCABULARY": "names.yaml"})
    assert given.transcribe.vocabulary == Path("names.yaml")


def test_vocabulary_page_explains_every_key_and_code() -> None:
    keys = {name for form in (VocabularyForm, ListForm, TermForm) for name in form.model_fields}
    source = (PACKAGE_ROOT / "pipeline" / "transcribe" / "vocabulary.py").read_text()
    raised = re.findall(r'(?:PydanticCustomError|\.problem)\(\s*"([a-z_-]+)"', source)
    assert {"duplicate-term", "ordinary-word", "too_long"} <= set(raised)
    assert rows() >= keys | {code.replace("_", "-") for code in raised}


def test_vocabulary_page_example_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "example.yaml"
    path.write_text(example)
    assert [len(each.terms) for each in load_vocabulary(path).lists] == [1, 2, 1]
