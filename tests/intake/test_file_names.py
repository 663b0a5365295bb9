from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import IntakeSettings
from pipeline.errors import ConfigError
from pipeline.intake.file_names import read_file_name

PATTERNS = IntakeSettings().file_name_patterns


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "2026-10-14T10-22-31_GUID_7f3a_AGENT_priya.shah_CUST_C-1042_.wav",
            {
                "started_at": "2026-10-14T10:22:31",
                "external_id": "7f3a",
                "agent_id": "priya.shah",
                "customer_ref": "C-1042",
            },
        ),
        ("x_CUST_C-1042.wav", {"customer_ref": "C-1042"}),
        ("x_AGENT_priya.shah.wav", {"agent_id": "priya.shah"}),
        ("x_AGENT__CUST_7_.wav", {"agent_id": "", "customer_ref": "7"}),
        ("2026-10-14T10-22-31Z_AGENT_a_.mp3", {"started_at": "2026-10-14T10:22:31Z", "agent_id": "a"}),
        ("2026-10-14T10-22-31Zurich.mp3", {"started_at": "2026-10-14T10:22:31"}),
        ("2026-13-40T10-22-31.wav", {"started_at": "2026-13-40T10:22:31"}),
        ("x_AGENT_zoe\u0308_.wav", {"agent_id": "zoë"}),
        ("AGENT_maria_.wav", {}),
        ("call 17.wav", {}),
    ],
)
def test_read_file_name_finds_the_shipped_patterns(name: str, expected: dict[str, str]) -> None:
    named = read_file_name(Path("/calls") / name, PATTERNS)

    assert dict(named.values) == expected
    assert named.matched == set(expected)


def test_read_file_name_looks_at_the_name_only() -> None:
    assert not read_file_name(Path("/calls/2026-10-14T10-22-31_AGENT_eve_/x.wav"), PATTERNS).matched


def test_read_file_name_takes_patterns_of_ones_own() -> None:
    vicidial = {
        "started_at": r"^(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)-(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)?",
        "agent_id": r"^[^_]*_([^_]+)_",
        "campaign": r"SALES|SUPPORT",
    }

    named = read_file_name(Path("20261014-1022_6001_5551234567-SALES.wav"), vicidial)

    assert named.values == {"started_at": "2026-10-14T10:22:00", "agent_id": "6001", "campaign": "SALES"}


def test_read_file_name_names_a_setting_that_is_no_pattern() -> None:
    with pytest.raises(ConfigError, match=r"intake\.file_name_patterns\.agent_id: no regular expression"):
        read_file_name(Path("x.wav"), {"agent_id": "_AGENT_(.*?_"})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "20261014-102231_3125551212_SALES_6666_12345-all.wav",
            {"customer_phone": "3125551212", "queue": "SALES", "agent_id": "6666", "lead_id": "12345"},
        ),
        (
            "20261014-102231_3125551212_SALES_ada-all.mp3",
            {"customer_phone": "3125551212", "queue": "SALES", "agent_id": "ada"},
        ),
        ("20261014-102231_3125551212-all.wav", {"customer_phone": "3125551212"}),
        ("20261014-102231_3125551212-in.wav", {"customer_phone": "3125551212"}),
        ("FR_S_20261014-102231_3125551212.wav", {"customer_phone": "3125551212"}),
        (
            "S_20261014-102231_3125551212_SALES_6666_9.wav",
            {"customer_phone": "3125551212", "queue": "SALES", "agent_id": "6666", "lead_id": "9"},
        ),
    ],
)
def test_vicidial_names_are_shipped_by_name(name: str, expected: dict[str, str]) -> None:
    patterns = IntakeSettings.model_validate({"file_name_patterns": "vicidial"}).file_name_patterns

    assert read_file_name(Path(name), patterns).values == {"started_at": "2026-10-14T10:22:31", **expected}


@pytest.mark.parametrize("name", ["call 17.wav", "2026-10-14T10-22-31_AGENT_a_.wav", "20261014_SALES_6666.wav"])
def test_other_names_are_no_vicidial_names(name: str) -> None:
    patterns = IntakeSettings.model_validate({"file_name_patterns": "vicidial"}).file_name_patterns

    assert not read_file_name(Path(name), patterns).matched


def test_patterns_of_an_unknown_name_are_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="there are: vicidial"):
        IntakeSettings.model_validate({"file_name_patterns": "vicidail"})
