"""Settings of intake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from pipeline.config.group import Group, Zone

_VICIDIAL = r"(?:^|_)\d{8}-\d{6}_\d+"
FILE_NAME_PRESETS: Mapping[str, Mapping[str, str]] = {
    # FULLDATE_CUSTPHONE, with _CAMPAIGN_AGENT and _LEADID where the campaign's recording file name asks for them, then
    # -all, -in or -out; S_ and FR_ stand before stereo ones. Source: VICIdial's STEREO_CALL_RECORDINGS.txt and the
    # variables of "Campaign Rec Filename".
    "vicidial": {
        "started_at": r"(?:^|_)(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)-(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)_",
        "customer_phone": r"(?:^|_)\d{8}-\d{6}_(\d+)",
        "queue": _VICIDIAL + r"_([^_]+)_[^_]+?(?:_\d+)?(?:-(?:all|in|out))?_$",
        "agent_id": _VICIDIAL + r"_[^_]+_([^_]+?)(?:_\d+)?(?:-(?:all|in|out))?_$",
        "lead_id": _VICIDIAL + r"_[^_]+_[^_]+_(\d+)(?:-(?:all|in|out))?_$",
    }
}
"""What ``file_name_patterns`` may name instead of a table."""


class IntakeSettings(Group):
    """Which files are recordings, and where their metadata stand."""

    suffixes: tuple[str, ...] = Field(
        default=(".wav", ".mp3", ".opus", ".ogg", ".flac", ".m4a", ".mp4", ".aac", ".gsm", ".amr", ".wma", ".webm"),
        description="File name endings that are taken for recordings.",
    )
    site_timezone: Zone | None = Field(
        default=None, description="IANA zone of the site, such as America/New_York, for times that name no zone."
    )
    file_name_patterns: dict[str, str] = Field(
        default={
            "started_at": r"(?P<Y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})T(?P<H>\d{2})-(?P<M>\d{2})-(?P<S>\d{2})",
            "external_id": r"_GUID_(.*?)_",
            "agent_id": r"_AGENT_(.*?)_",
            "customer_ref": r"_CUST_(.*?)_",
        },
        description="One regular expression per field, searched in the file name. The first group is the value; "
        "`started_at` names its parts Y m d H M S. In place of a table the name of one that ships: `vicidial`.",
    )
    call_records: str | None = Field(
        default=None,
        description="Name of a CSV of the phone system's call records (CDR, CTR) in the folder of recordings or above, "
        "such as calls.csv.",
    )
    agent_teams: dict[str, str] = Field(default={}, description="Team by agent id, where the metadata name none.")
    require_metadata: bool = Field(
        default=False, description="Refuse a recording for which no agent and no time are known, instead of scoring it."
    )
    min_duration_ms: int = Field(default=1000, ge=0, description="Shorter recordings are refused as empty.")
    max_duration_ms: int = Field(
        default=8 * 3_600_000,
        ge=1,
        le=7 * 24 * 3_600_000,
        description="Longer recordings are held back, and decoding stops there: lines that were never hung up, and "
        "files that are made to fill a machine.",
    )
    max_bytes: int = Field(
        default=4 << 30,
        ge=1,
        description="Larger files are held back and not read. As shipped 4 GiB, which is what a WAV can tell of itself "
        "and more than the longest call has.",
    )
    duplicate_channel_sameness: float = Field(
        default=0.95,
        ge=0,
        le=1,
        description="Two channels that hold the same sound for more than this share of the speech are one mono stored "
        "twice; 1 never takes them for one.",
    )

    settle_s: float = Field(
        default=10.0,
        ge=0,
        description="A watched file on a disk or an SFTP server is taken in when it was seen unchanged for so long; "
        "`earmark media seal` leaves younger ones.",
    )
    sftp_key_file: Path | None = Field(
        default=None, description="Private key for SFTP servers; none means those of ~/.ssh and of the SSH agent."
    )
    sftp_password: SecretStr | None = Field(
        default=None,
        description="Password for SFTP servers, or of the key file; only from the environment: "
        "EARMARK_INTAKE__SFTP_PASSWORD.",
    )
    sftp_known_hosts: Path | None = Field(
        default=None, description="File with the keys of SFTP servers that are trusted; none means ~/.ssh/known_hosts."
    )

    @field_validator("file_name_patterns", mode="before")
    @classmethod
    def _preset(cls, patterns: object) -> object:
        if not isinstance(patterns, str):
            return patterns
        if patterns.strip().casefold() not in FILE_NAME_PRESETS:
            raise ValueError(f"no shipped patterns are named {patterns!r}; there are: {', '.join(FILE_NAME_PRESETS)}")
        return dict(FILE_NAME_PRESETS[patterns.strip().casefold()])

    @field_validator("file_name_patterns")
    @classmethod
    def _regular_expressions(cls, patterns: dict[str, str]) -> dict[str, str]:
        for field, pattern in patterns.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{field}: no regular expression ({error}); in TOML use 'single quotes'") from None
        return patterns
