"""Settings of reports that are sent: to whom, how, and what stands in them."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from pipeline.config.group import Group

EVERYBODY = "*"
"""Stands for all teams in `reports.receivers`."""

_HOST = re.compile(r"[A-Za-z0-9.\-:]{1,253}")


class ReportSettings(Group):
    """Digests of a day, a week or a month: who gets them, and how they are sent (docs/reports.md)."""

    receivers: dict[str, tuple[str, ...]] = Field(
        default={}, description="E-mail addresses by team; the team `*` stands for all calls."
    )
    periods: tuple[Literal["day", "week", "month"], ...] = Field(
        default=("week",), description="Which of day, week and month a digest is sent for."
    )
    sender: str | None = Field(
        default=None, description="Address that digests come from, such as `Earmark <qa@example.org>`."
    )
    smtp_host: str | None = Field(
        default=None, description="Mail server; none: digests only go into `reports.out_dir`."
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port: 587 for starttls, 465 for tls.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection is kept secret; where the server cannot do it, nothing is sent.",
    )
    smtp_ca_file: Path | None = Field(
        default=None, description="Certificates (PEM) that the server's is checked by; none: those of the system."
    )
    smtp_user: str | None = Field(default=None, description="Name to sign in with; none: no sign-in.")
    smtp_password: SecretStr | None = Field(
        default=None, description="In the environment only: `EARMARK_REPORTS__SMTP_PASSWORD`; never shown."
    )
    smtp_timeout_s: float = Field(default=30, gt=0, le=600, description="How long the server may take for an answer.")
    out_dir: Path | None = Field(default=None, description="Folder that digests are written into, beside or instead.")
    attach_pdf: bool = Field(default=False, description="Attach the team's scorecards of the period as PDF.")
    quotes: bool = Field(default=False, description="Words of calls in digests: e-mail leaves this machine.")
    leaderboard: bool = Field(default=False, description="Groups of agents that can be told apart.")
    badges: bool = Field(default=False, description="What an agent's figures clearly show, such as an improvement.")
    budget: Path | None = Field(
        default=None,
        description="CSV table of targets (docs/reports.md); a relative path in a settings file counts from that file.",
    )

    @field_validator("receivers")
    @classmethod
    def _addresses(cls, receivers: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for team, addresses in receivers.items():
            if not team.strip() or not team.isprintable():
                raise ValueError("a team's name is missing, or holds signs that cannot be seen")
            if not addresses:
                raise ValueError(f"{team}: name at least one address, or leave the team out")
            for address in addresses:
                _require_address(address, f"{team}: ")
            if len({address.casefold() for address in addresses}) < len(addresses):
                raise ValueError(f"{team}: an address is named twice")
        return receivers

    @field_validator("periods")
    @classmethod
    def _each_once(cls, periods: tuple[str, ...]) -> tuple[str, ...]:
        if not periods or len(set(periods)) < len(periods):
            raise ValueError("name day, week or month, each once at most")
        return periods

    @field_validator("sender")
    @classmethod
    def _one_sender(cls, sender: str | None) -> str | None:
        if sender is not None:
            name, address = parseaddr(sender) if sender.isprintable() else ("", "")
            if not address or (name and not sender.rstrip().endswith(f"<{address}>")):
                raise ValueError("write an address such as qa@example.org, or Earmark <qa@example.org>")
            _require_address(address, "")
        return sender

    @field_validator("smtp_host")
    @classmethod
    def _host(cls, host: str | None) -> str | None:
        if host is not None and not _HOST.fullmatch(host):
            raise ValueError("write the server's name alone, such as mail.example.org; its port is smtp_port")
        return host

    @model_validator(mode="after")
    def _whole(self) -> ReportSettings:
        if self.smtp_host is not None and self.sender is None:
            raise ValueError("sender: name the address that digests come from")
        if self.smtp_user is not None and self.smtp_security == "none":
            raise ValueError("smtp_security: a password would go over the net in the clear; choose starttls or tls")
        if self.smtp_password is not None and self.smtp_user is None:
            raise ValueError("smtp_user: name whose password smtp_password is")
        return self


def _require_address(address: str, where: str) -> None:
    """Refuse what is no plain address: it would be refused by a server, or be read as two."""
    try:
        parsed = Address(addr_spec=address)
        plain = parsed.addr_spec == address and address.isascii() and address.isprintable() and parsed.username
        sound = bool(plain and re.fullmatch(r"[A-Za-z0-9.\-]+|\[[0-9A-Fa-f.:]+\]", parsed.domain))
    except (MessageError, ValueError, IndexError):
        sound = False
    if not sound or " " in address:
        raise ValueError(f"{where}{address[:80]!r} is no e-mail address; write it as name@example.org")
