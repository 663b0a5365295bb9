"""The sample calls' scripts say what is true of each call: the packs must find that and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.compliance.detect import detect
from pipeline.config import PACKAGE_ROOT
from pipeline.privacy.redact import redact
from pipeline.records import Finding
from tests.compliance.rule_files import READER, SETTINGS, shipped
from tests.factories import recording, transcript

# truth in a script -> rule, and the outcome for each value
SAME = {True: "present", False: "absent"}
TRUTHS: dict[str, tuple[str, dict[Any, str]]] = {
    "recording_notice": ("recording-notice", {"present": "present", "absent": "absent", "late": "absent"}),
    "own_name_and_company": ("greeting", SAME),
    "identity_verified": ("identity-verification", {"before_account_detail": "present", "absent": "absent"}),
    "empathy": ("empathy", SAME),
    "further_help_offered": ("anything-else", SAME),
    "closing_thanks": ("closing-thanks", SAME),
    "hold_announced": ("hold-announced", SAME),
    "mini_miranda": ("mini-miranda", {"correct": "present", "late": "absent", "absent": "absent"}),
    "threat": ("debt-threat", SAME),
    "guarantee": ("guarantee", SAME),
    "false_urgency": ("false-urgency", SAME),
    "price_disclosed": ("price-disclosed", SAME),
    "card_number_read": ("card-number-spoken", SAME),
    "security_code_read": ("security-code-spoken", SAME),
    "escalation": ("escalation-request", SAME),
    "repeat_contact": ("repeat-contact", SAME),
}
# what no script may set off unless it says so
QUIET = {
    "threat",
    "guarantee",
    "false_urgency",
    "card_number_read",
    "security_code_read",
    "escalation",
    "repeat_contact",
}
# The telephone system says it, not the agent.
SYSTEM_SAYS_IT = {("13-on-hold", "recording_notice")}


def scripts() -> dict[str, dict[str, Any]]:
    folder = PACKAGE_ROOT / "samples" / "scripts"
    read = {path.stem: YAML(typ="safe").load(path.read_text()) for path in sorted(folder.glob("*.yaml"))}
    return {name: script for name, script in read.items() if script.get("turns")}


def found(script: dict[str, Any]) -> dict[str, Finding]:
    lines = [(turn["speaker"], turn["words"]) for turn in script["turns"] if turn.get("words")]
    call = recording(**{key: script.get(key) for key in ("queue", "team", "direction")})
    findings = detect(redact(transcript(*lines, redacted=False)), call, tuple(shipped().values()), SETTINGS, READER)
    return {finding.rule_id: finding for finding in findings}


# What a person hears in the scripts, and nowhere else. The complaint of 11-interruptions is not found (it is flagged as
# a churn risk).
HEARD = {
    "churn-risk": {"11-interruptions"},
    "complaint": {"02-overdraft-fee", "06-collections-threat", "10-angry-calmed"},
    "vulnerable-customer": {"06-collections-threat", "18-hardship-plan"},
    "escalation-request": {"12-supervisor"},
    "repeat-contact": {"19-third-call"},
    "customer-effort": {"12-supervisor"},
}


@pytest.mark.parametrize("rule_id", HEARD)
def test_sample_scripts_give_the_signals_that_a_person_hears(rule_id: str) -> None:
    assert {name for name, script in scripts().items() if found(script)[rule_id].kind == "present"} == HEARD[rule_id]


@pytest.mark.parametrize("name", scripts())
def test_sample_script_truths_are_found(name: str) -> None:
    script = scripts()[name]
    findings = found(script)
    truths = dict.fromkeys(QUIET, False) | script["expect"]
    expected = {
        rule_id: outcomes[truths[truth]]
        for truth, (rule_id, outcomes) in TRUTHS.items()
        if truth in truths and (name, truth) not in SYSTEM_SAYS_IT
    }
    assert {rule_id: findings[rule_id].kind.value for rule_id in expected} == expected
