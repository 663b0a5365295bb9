"""What a small language model does with questions about the sample calls: in form, truly cited, right, and how quickly.

Whether an answer is right is told by what the sample scripts say of themselves (`expect`). Writes benchmarks/JUDGE.md.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.config import JudgeSettings
from pipeline.judge.judge import judge_call
from pipeline.privacy.redact import redact
from pipeline.records import Judgement, LlmTest
from pipeline.transcribe.files import transcript_from_json

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "benchmarks" / "JUDGE.md"
SCRIPTS = ("01-lost-card", "03-no-notice", "12-supervisor", "14-dead-air")
QUESTIONS = {
    "empathy": LlmTest(
        question="Did the agent show understanding for the customer's trouble?",
        look_for="words of the agent that say sorry, or that the trouble is understood",
    ),
    "summary": LlmTest(question="Did the agent sum up at the end what was agreed?"),
    "further_help_offered": LlmTest(question="Did the agent ask whether there is anything else to help with?"),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question, what came of it, and what the script says (None where it says nothing)."""

    script: str
    question: str
    judgement: Judgement
    truth: bool | None
    took_s: float


def main() -> int:
    """Ask every question about every call; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a server that runs already; without it the one of `make judge-model` is started")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--structured", default="json_schema")
    arguments = parser.parse_args()
    with _server(arguments.url) as url:
        settings = JudgeSettings(
            url=url, model=arguments.model, structured=arguments.structured, timeout_s=300, max_tokens=400
        )
        asked = [each for script in SCRIPTS for each in _ask(script, settings)]
    PAGE.write_text(page(asked, arguments.model, arguments.structured), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


@contextmanager
def _server(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    command = [str(ROOT / ".venv-judge" / "bin" / "python"), str(ROOT / "tools" / "judge_server.py"), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def _ask(script: str, settings: JudgeSettings) -> Iterator[Asked]:
    data = YAML(typ="safe").load(ROOT / "samples" / "scripts" / f"{script}.yaml")
    expected = data.get("expect") or {}
    transcript = redact(transcript_from_json(_as_transcript(data["turns"])))
    for name, question in QUESTIONS.items():
        began = time.perf_counter()
        (judgement,) = judge_call(transcript, {name: question}, settings).all()
        took_s = time.perf_counter() - began
        truth = expected.get(name) if isinstance(expected.get(name), bool) else None
        print(f"{script} {name}: {judgement.answer} ({took_s:.0f} s)", file=sys.stderr)
        yield Asked(script=script, question=name, judgement=judgement, truth=truth, took_s=took_s)


def _as_transcript(turns: list[dict[str, Any]]) -> dict[str, Any]:
    said = [turn for turn in turns if turn.get("words")]
    return {
        "turns": [
            {"role": turn["speaker"], "text": turn["words"], "start_ms": 8000 * i, "end_ms": 8000 * i + 7000}
            for i, turn in enumerate(said)
        ]
    }


def page(asked: list[Asked], model: str, structured: str) -> str:
    """Return the page of results."""
    given = [each for each in asked if each.judgement.answer is not None]
    off = [each for each in asked if not each.judgement.applicable]
    right = sum(each.truth is not None and (each.judgement.answer == "yes") == each.truth for each in given)
    known = sum(each.truth is not None for each in given)
    wrongly = sum(each.truth is False and each.judgement.answer == "yes" for each in given)
    reasons = [each.judgement.reason for each in asked if each.judgement.answer is None and each.judgement.applicable]
    in_form = len(asked) - sum("form that" in reason or "cut off" in reason for reason in reasons)
    times = sorted(each.took_s for each in asked)
    day = datetime.datetime.now(datetime.UTC).date()
    lines = [
        "# The language-model judge, with a model far too small for it",
        "",
        f"Written by `make bench-judge` on {day}, {platform.machine()}, Python {platform.python_version()}. "
        f'Model `{model}`, `judge.structured = "{structured}"`. '
        "It shows that what a model cannot show in the call earns nothing; it says "
        "nothing about what a good model does.",
        "",
        "| what | questions |",
        "|---|---|",
        f"| questions asked ({len(SCRIPTS)} sample calls, {len(QUESTIONS)} questions) | {len(asked)} |",
        f"| written in the form that was asked for | {in_form} |",
        f"| answered with words that stand in the call | {len(given)} |",
        f"| of those, as the sample's script says | {right} of {known} known |",
        f"| of those, a yes where the script says no | {wrongly} |",
        f"| said not to apply | {len(off)} |",
        f"| thrown away: nothing cited that stands in the call | {sum('cited nothing' in r for r in reasons)} |",
        f"| seconds a question, median | {times[len(times) // 2]:.1f} |",
        "",
        "| call | question | answer | script | quotes | seconds | why none |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(each) for each in asked)]) + "\n"


def _row(each: Asked) -> str:
    j = each.judgement
    answer = j.answer or ("none" if j.applicable else "not applicable")
    truth = "?" if each.truth is None else "yes" if each.truth else "no"
    why = j.reason if j.answer is None and j.applicable else ""
    return f"| {each.script} | {each.question} | {answer} | {truth} | {len(j.evidence)} | {each.took_s:.1f} | {why} |"


if __name__ == "__main__":
    sys.exit(main())
