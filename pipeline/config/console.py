"""Settings of the console and of signing in."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from pipeline.config.group import Group


class ConsoleSettings(Group):
    """Where the console is served, and how people sign in (docs/console.md)."""

    host: str = Field(
        default="127.0.0.1",
        description="Address that it listens on; another one than this machine's own needs `console.public_url`.",
    )
    port: int = Field(default=8765, ge=1, le=65535, description="Port that it listens on.")
    public_url: str | None = Field(
        default=None,
        description="Address under which browsers reach it, such as https://earmark.example.org; with https, cookies "
        "are sent over https only.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"),
        description="With `console.public_url`: addresses or networks of the proxies that are believed when they say "
        "who asks (`X-Forwarded-For`, `X-Forwarded-Proto`).",
    )
    idle_minutes: int = Field(default=60, ge=1, description="Who does nothing for so long signs in again.")
    session_hours: int = Field(default=12, ge=1, description="Everybody signs in again after so long.")
    sign_in_attempts: int = Field(default=5, ge=1, description="Wrong passwords after which a name has to wait.")
    sign_in_wait_minutes: int = Field(default=15, ge=1, description="How long.")
    upload_mb: int = Field(default=500, ge=1, description="The largest file that may be uploaded.")
    uploads_dir: Path | None = Field(
        default=None, description="Where uploads are kept; none means `uploads` inside the workspace."
    )
    audio_cache_mb: int = Field(
        default=2000, ge=10, description="Room for sound that is ready to be played; the oldest goes first."
    )
    webhooks_insecure_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts that webhooks may go to by http, or inside this network; all others by https, and to public "
        "addresses only (docs/api.md).",
    )

    metrics_token: SecretStr | None = Field(
        default=None,
        description="Token for `/metrics`, of at least 16 characters. In the environment only: "
        "`EARMARK_CONSOLE__METRICS_TOKEN`; none: only this machine may ask (docs/watching.md).",
    )

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not re.fullmatch(r"[!-~]{16,200}", token.get_secret_value()):
            raise ValueError("a token is 16 to 200 printable ASCII characters without spaces")
        return token

    @property
    def address(self) -> str:
        """Address under which browsers reach the console, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")


class SignInSettings(Group):
    """Sign-in by OpenID Connect, where a centre has it (docs/console.md)."""

    issuer: str | None = Field(default=None, description="Address of the provider, https; none: local accounts only.")
    client_id: str | None = Field(default=None, description="What the console is called there.")
    client_secret: SecretStr | None = Field(
        default=None, description="In the environment only: `EARMARK_SIGN_IN__CLIENT_SECRET`; never shown."
    )
    name_claim: str = Field(default="email", description="Claim that holds the name of an account here.")
    label: str = Field(default="Single sign-on", description="What the button says.")

    @model_validator(mode="after")
    def _whole(self) -> SignInSettings:
        if self.issuer is not None and not self.client_id:
            raise ValueError("client_id: name what the console is called at sign_in.issuer")
        return self

    @field_validator("issuer")
    @classmethod
    def _by_https(cls, issuer: str | None) -> str | None:
        parts = urlsplit(issuer or "https://none")
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))
        ):
            raise ValueError("an https address, such as https://sso.example.org (http on this machine only)")
        return issuer
