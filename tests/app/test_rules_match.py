"""`earmark rules match` and `earmark rules schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import build
from pipeline.errors import TranscriptFileError

PACK = """pack: mine
rules:
  - id: notice
    title: Recording notice
    severity: major
    expect: present
    speaker: agent
    phrases:
      - This call may be recorded for quality and training purposes.
      - Please be advised that calls are monitored and recorded.
  - id: card
    title: Card number
    severity: critical
    expect: absent
    entity: card_number
  - id: long-silence
    title: Long silence
    severity: minor
    expect: signal
    all: [{silence: {longer_than_s: 20}}]
"""
ABOUT_CALLS = """pack: mine
rules:
  - id: early
    title: Early
    severity: major
    expect: absent
    decidable_from: metadata
    calls: {check: hours, from: "08:00", to: "21:00"}
  - id: often
    title: Often
    severity: major
    expect: absent
    decidable_from: metadata
    calls: {check: frequency, more_than: 7, within_days: 7}
"""
SAID = "hello this call maybe accorded for quality and training purposes"
PARAPHRASED = "just to let you know we record all our calls for training"
DENIED = "this call is not recorded for quality and training purposes"


def spoken(*lines: tuple[str, str], **more: Any) -> dict[str, Any]:
    turns = [
        {"role": role, "start_ms": i * 5000, "end_ms": i * 5000 + 4000, "text": text}
        for i, (role, text) in enumerate(lines)
    ]
    return {"turns": turns, **more}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(PACK)
    return path


def match(path: Path, pack: Path, *options: str) -> str:
    result = CliRunner().invoke(build("rules"), ["rules", "match", str(path), "--rules", str(pack), *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_rules_match_one_transcript_gives_one_line_of_json(tmp_path: Path, pack: Path) -> None:
    path = tmp_path / "call.json"
    # over several lines, as `earmark transcribe --json` writes it
    path.write_text(
        json.dumps(spoken(("agent", SAID), ("customer", "my card number is 4111 1111 1111 1111")), indent=2)
    )
    (line,) = match(path, pack, "--json").splitlines()
    found = json.loads(line)
    assert found["call_id"] == "call"
    outcomes = {each["rule_id"]: (each["kind"], each["tier"], each["violated"]) for each in found["findings"]}
    assert outcomes == {
        "notice": ("present", "said", False),
        "card": ("present", "said", True),
        "long-silence": ("absent", None, False),
    }
    assert "4111" not in line


def test_rules_match_json_lines_one_result_a_line_in_order(tmp_path: Path, pack: Path) -> None:
    path = tmp_path / "calls.jsonl"
    calls = [spoken(("agent", text), call_id=f"c{i}") for i, text in enumerate((SAID, PARAPHRASED, DENIED))]
    path.write_text("".join(json.dumps(call) + "\n" for call in calls) + "\n")
    found = [json.loads(line) for line in match(path, pack, "--json").splitlines()]
    notices = [next(each for each in call["findings"] if each["rule_id"] == "notice") for call in found]
    assert [(call["call_id"], each["tier"]) for call, each in zip(found, notices, strict=True)] == [
        ("c0", "said"),
        ("c1", "probably_said"),
        ("c2", None),
    ]
    assert notices[2]["nearest_miss"]["reason"].startswith("said, but denied")


def test_rules_match_prints_a_table_for_people(tmp_path: Path, pack: Path) -> None:
    path = tmp_path / "call.json"
    path.write_text(json.dumps(spoken(("agent", PARAPHRASED))))
    told = match(path, pack)
    assert "probably said" in told
    assert "absent" in told


@pytest.mark.parametrize(
    ("options", "kind", "reason"),
    [
        (("--direction", "inbound"), "absent", "The call is not outbound."),
        (("--direction", "outbound"), "cannot_assess", "When the call began is not known."),
        ((), "cannot_assess", "Whether the call is inbound or outbound is not known."),
    ],
)
def test_rules_match_judges_rules_about_calls_as_far_as_a_transcript_tells(
    tmp_path: Path, pack: Path, options: tuple[str, ...], kind: str, reason: str
) -> None:
    path = tmp_path / "call.json"
    path.write_text(json.dumps(spoken(("agent", SAID))))
    pack.write_text(ABOUT_CALLS)
    told = json.loads(match(path, pack, "--json", *options))["findings"]
    assert {each["rule_id"]: (each["kind"], each["reason"]) for each in told} == dict.fromkeys(
        ("early", "often"), (kind, reason)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"turns": []}\nnothing\n', r"calls\.jsonl:2: is not JSON; write one transcript a line"),
        ('{"turns": []}\n{"turns": 5}\n', r"calls\.jsonl:2: turns:"),
        ("[]", "expected an object"),
        ("{", "is not JSON"),
    ],
)
def test_rules_match_names_the_line_that_is_wrong(tmp_path: Path, pack: Path, text: str, said: str) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text(text)
    with pytest.raises(TranscriptFileError, match=said):
        match(path, pack, "--json")


def test_rules_schema_knows_every_key_and_the_shipped_packs_keep_to_it() -> None:
    from ruamel.yaml import YAML

    from pipeline.config import PACKAGE_ROOT

    schema = json.loads(CliRunner().invoke(build("rules"), ["rules", "schema"]).stdout)
    rule = schema["$defs"]["AuthoredRule"]["properties"]
    assert {"phrases", "all", "any", "not", "in_order", "at_least", "calls", "window"} <= rule.keys()
    jsonschema = pytest.importorskip("jsonschema")
    for path in sorted((PACKAGE_ROOT / "rubrics" / "rules").glob("*.yaml")):
        jsonschema.validate(json.loads(json.dumps(YAML(typ="safe").load(path.read_text()))), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"pack": "mine", "rules": [{"id": "x", "fraises": []}]}, schema)
