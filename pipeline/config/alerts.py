"""Settings of watching: from when on somebody has to look, and who is told."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from pipeline.config.group import Group


class AlertSettings(Group):
    """From when on the backlog needs attention, and where Prefect tells it (docs/watching.md)."""

    queue_age_minutes: int = Field(
        default=60, ge=1, description="A call that has waited for its score for longer needs attention."
    )
    failed_share: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="So do more failed calls than this part of those that were finished in the last 24 hours.",
    )
    failed_from: int = Field(
        default=20, ge=1, description="That share is judged from so many finished calls on: one of two says nothing."
    )
    free_disk_gb: float = Field(default=5.0, ge=0, description="So does less room than this on the workspace's disk.")
    late_minutes: int = Field(
        default=20, ge=5, description="Nobody has watched the backlog for so long: an alert of its own."
    )
    repeat_minutes: int = Field(
        default=60, ge=1, description="The same alert is sent again after so long at the earliest."
    )
    webhook_url: SecretStr | None = Field(
        default=None,
        description="Address that alerts are sent to by POST. In the environment only, since such addresses let in "
        "whoever has them: `EARMARK_ALERTS__WEBHOOK_URL`.",
    )

    @field_validator("webhook_url")
    @classmethod
    def _an_address(cls, url: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(url.get_secret_value() if url else "https://none")
        loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
            raise ValueError("an https address (http on this machine only)")  # it must not be told: it lets in
        return url
