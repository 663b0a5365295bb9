"""Settings and their defaults; `load_settings` reads them.

`docs/settings.md` is held to this module by a test. An unknown key is an error. Every group of settings is handed to
the part that it is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from pipeline.errors import ConfigError, did_you_mean
from pipeline.records.transcript import REDACTION_KINDS
from pipeline.server_address import address_problem

ENVIRONMENT_PREFIX = "EARMARK_"
CONFIG_VARIABLE = "EARMARK_CONFIG"  # names the settings file; it is no setting itself
DEBUG_VARIABLE = "EARMARK_DEBUG"  # asks the command line for tracebacks; no setting either
PACKAGE_ROOT = Path(__file__).resolve().parent.parent


class Group(BaseModel):
    """A group of settings: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _none_in_words(cls, data: Any) -> Any:
        """Read the word ``none`` as no value where that is allowed; TOML and the environment have no other way."""
        if not isinstance(data, Mapping):
            return data
        optional = {name for name, field in cls.model_fields.items() if type(None) in get_args(field.annotation)}
        said_none = {
            key for key, value in data.items() if isinstance(value, str) and value.strip().casefold() == "none"
        }
        return {key: None if key in optional & said_none else value for key, value in data.items()}


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {value!r}; use an IANA name such as America/New_York") from None
    return value


Zone = Annotated[str, AfterValidator(_known_zone)]


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
        "`started_at` names its parts Y m d H M S.",
    )
    agent_teams: dict[str, str] = Field(default={}, description="Team by agent id, where the metadata name none.")
    require_metadata: bool = Field(
        default=False, description="Refuse a recording for which no agent and no time are known, instead of scoring it."
    )
    min_duration_ms: int = Field(default=1000, ge=0, description="Shorter recordings are refused as empty.")
    duplicate_channel_sameness: float = Field(
        default=0.95,
        ge=0,
        le=1,
        description="Two channels that hold the same sound for more than this share of the speech are one mono stored "
        "twice; 1 never takes them for one.",
    )

    @field_validator("file_name_patterns")
    @classmethod
    def _regular_expressions(cls, patterns: dict[str, str]) -> dict[str, str]:
        for field, pattern in patterns.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{field}: no regular expression ({error}); in TOML use 'single quotes'") from None
        return patterns


class TranscribeSettings(Group):
    """How speech becomes words."""

    engine: str = Field(default="faster-whisper", description="faster-whisper, openai-whisper or scripted.")
    model: str = Field(
        default="base", description="`base` comes with the installation; any other Whisper size, or a path to a model."
    )
    language: str | None = Field(
        default=None, description="Language code of every call; none finds out each call's own."
    )
    expected_language: str = Field(
        default="en", description="What most calls are in: it stands where a call's own language is not sure."
    )
    beam_size: int = Field(
        default=5, ge=1, le=10, description="Candidates that are followed; 1 decodes greedily and is a little faster."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="auto takes a GPU where there is one.")
    threads: int = Field(default=0, ge=0, description="CPU threads for recognition; 0 takes all cores.")
    vocabulary: Path | None = Field(
        default=None,
        description="File (YAML) of names that the recogniser should know (docs/vocabulary.md); a relative path in a "
        "settings file counts from that file.",
    )
    tell_vocabulary: bool = Field(
        default=False,
        description="Tell the recogniser the names beforehand, too. Larger models gain by it; `base` skips speech "
        "(docs/vocabulary.md).",
    )
    channel_roles: Literal["auto", "agent-first", "customer-first"] = Field(
        default="auto", description="Who is on channel 0 of a stereo file; auto decides from what is said."
    )
    min_role_confidence: float = Field(
        default=0.6, ge=0.5, le=1, description="Below this, auto leaves the roles unknown and the call is flagged."
    )
    max_pause_in_turn_ms: int = Field(
        default=1500, ge=0, description="A longer pause of one speaker starts a new turn."
    )


class SentimentSettings(Group):
    """How turns are read for sentiment."""

    engine: str = Field(
        default="minilm", description="minilm, vader (a fallback), or transformers:NAME for a model of your own."
    )
    model: str | None = Field(
        default=None, description="The same NAME by itself: name or folder of a sequence-classification model."
    )
    min_characters: int = Field(default=8, ge=0, description="Shorter passages are not read.")


class ConversationSettings(Group):
    """From when a silence, an overlap, a hold or a loud voice counts."""

    dead_air_ms: int = Field(default=3000, ge=0, description="Nobody speaking for longer than this is dead air.")
    overtalk_ms: int = Field(default=1000, ge=0, description="Both speaking for longer than this is overtalk.")
    hold_ms: int = Field(
        default=10000, ge=0, description="An announced gap, or one with music, longer than this is a hold."
    )
    raised_voice_db: float = Field(
        default=6.0, gt=0, description="A voice this much louder than its speaker's usual level is raised."
    )


class ComplianceSettings(Group):
    """Which rules are looked for, and how closely words must match."""

    rules_dir: Path = Field(default=PACKAGE_ROOT / "rubrics" / "rules", description="Folder of rule packs (YAML).")
    said_similarity: float = Field(
        default=0.83, ge=0, le=1, description="Words at least this similar to a phrase count as said (0..1)."
    )
    near_miss_similarity: float = Field(
        default=0.6, ge=0, le=1, description="An absence names its nearest miss from this similarity on."
    )
    assessable_confidence: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="Where the words of a window were recognised with less confidence than this, what was not found "
        "there cannot be assessed.",
    )


ALWAYS_MASKED = REDACTION_KINDS[:2]


class PrivacySettings(Group):
    """Which personal data are masked, and what is kept of them."""

    kinds: tuple[str, ...] = Field(
        default=REDACTION_KINDS,
        description=f"Kinds that are masked: {', '.join(REDACTION_KINDS)}. The first two cannot be left out.",
    )
    phone_region: str = Field(
        default="US",
        pattern="^[A-Z]{2}$",
        description="Country whose phone numbers are known as such without being asked for, by its ISO code.",
    )
    mute_margin_ms: int = Field(
        default=150, ge=0, description="Recordings are written silent for so long before and behind what was masked."
    )
    keep_unredacted: bool = Field(
        default=False,
        description="Keep each transcript with personal data too, in a folder of its own; card data never.",
    )
    unredacted_dir: Path | None = Field(
        default=None, description="That folder; none means `unredacted` inside the workspace."
    )

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if kind not in REDACTION_KINDS:
                raise ValueError(f"unknown kind {kind!r}{did_you_mean(kind, REDACTION_KINDS)}")
        if missing := [kind for kind in ALWAYS_MASKED if kind not in kinds]:
            raise ValueError(f"{' and '.join(missing)} cannot be left out")
        return tuple(kind for kind in REDACTION_KINDS if kind in kinds)


class ScoreSettings(Group):
    """Which rubric scores a call."""

    rubrics_dir: Path = Field(default=PACKAGE_ROOT / "rubrics", description="Folder of rubrics (YAML).")
    rubric: str | None = Field(
        default=None, description="Id or file of the rubric for every call; none lets each call's queue choose."
    )
    default_rubric: str = Field(default="general", description="Id of the rubric for queues that no rubric names.")


class JudgeSettings(Group):
    """Which language model answers questions of kind `llm`, if any, and how it is asked (docs/judge.md)."""

    url: str | None = Field(
        default=None,
        description="Address of an OpenAI-compatible server, such as http://127.0.0.1:8080/v1; none asks no model.",
    )
    model: str | None = Field(default=None, description="Name of the model there; needed with an address.")
    api_key: SecretStr | None = Field(
        default=None,
        description="Key that the server asks for; never shown. Keep it in the environment: `EARMARK_JUDGE__API_KEY`.",
    )
    allow_remote: bool = Field(
        default=False,
        description="Allow an address that is not this machine: masked words of calls then leave it (docs/judge.md).",
    )
    structured: Literal["json_schema", "json_object", "prompt"] = Field(
        default="json_schema",
        description="How a server is told the form of an answer: by JSON Schema, as any JSON, or in the prompt alone.",
    )
    timeout_s: float = Field(default=60.0, gt=0, description="An answer that takes longer is given up.")
    max_retries: int = Field(
        default=2, ge=0, le=10, description="Times a question is asked again after a passing fault of the server."
    )
    retry_delay_s: float = Field(default=1.0, ge=0, description="Wait before the first of them; doubles each time.")
    max_tokens: int = Field(
        default=800, ge=50, description="An answer may have so many tokens; a model that thinks aloud needs more."
    )
    context_chars: int = Field(
        default=24000,
        ge=500,
        description="A transcript of more characters is not asked about; four of them are about one token.",
    )
    temperature: float = Field(default=0.0, ge=0, le=2, description="0 takes the likeliest words.")
    seed: int = Field(default=1, ge=0, description="Makes a temperature above 0 repeatable, where a server knows it.")
    logprobs: bool = Field(
        default=True,
        description="Ask for the words' probabilities, from which an answer's confidence is told; without them it is "
        "unknown.",
    )

    @field_validator("api_key")
    @classmethod
    def _fit_for_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not re.fullmatch(r"[!-~]+", key.get_secret_value()):
            raise ValueError("a key is printable ASCII without spaces")  # which one it is must not be told
        return key

    @model_validator(mode="after")
    def _address_and_model(self) -> JudgeSettings:
        if self.url is None:
            return self
        if problem := address_problem(self.url, allow_remote=self.allow_remote):
            raise ValueError(f"url: {problem}")
        if not self.model:
            raise ValueError("model: name the model that the server at judge.url is to use")
        if self.model.endswith(("-cloud", ":cloud")) and not self.allow_remote:  # Ollama passes these on
            raise ValueError(
                "model: it runs elsewhere, and words of calls would leave; allow it with judge.allow_remote"
            )
        return self


class FlagSettings(Group):
    """What marks a call for a person."""

    below_share: float = Field(default=0.6, ge=0, le=1, description="A score under this is flagged.")
    low_confidence: float = Field(default=0.55, ge=0, le=1, description="A transcript less sure than this is flagged.")
    assessed_below_share: float = Field(
        default=0.5, ge=0, le=1, description="A call of whose points less than this could be assessed is flagged."
    )
    sentiment_drop: float = Field(
        default=0.5,
        ge=0,
        le=2,
        description="A customer whose last quarter is this much below the first is flagged (0..2).",
    )
    negative_end: float = Field(
        default=-0.3, ge=-1, le=1, description="A customer whose last quarter is below this is flagged."
    )


class ReviewSettings(Group):
    """What agents may dispute, and how far apart reviewers may be."""

    dispute_window_days: int = Field(
        default=45, ge=1, description="An answer may be disputed for so many days from when it was given."
    )
    dispute_limit: int = Field(default=5, ge=0, description="At most so many disputes of one evaluation.")
    points_apart: float = Field(
        default=10.0,
        ge=0,
        le=100,
        description="In a calibration session, an answer or total further from the expert's than this is marked.",
    )


class SamplingSettings(Group):
    """Which calls `earmark queue build` takes where its options do not say."""

    policy: Literal["per-agent", "per-reviewer", "random", "stratified", "disagreement"] = Field(
        default="per-agent", description="How calls are chosen (docs/reviews.md)."
    )
    count: int = Field(
        default=5, ge=1, description="Calls for each agent, for each reviewer, or in all, as the policy says."
    )
    share: float = Field(default=0.05, gt=0, le=1, description="Part of all calls that policy `random` takes.")
    by: tuple[Literal["queue", "team", "agent", "band"], ...] = Field(
        default=("queue", "band"), description="What makes a stratum of policy `stratified`."
    )
    period: str = Field(
        default="month", description="week or month (the present one), all, or one such as 2026-10 or 2026-W42."
    )
    seed: int = Field(default=1, ge=0, le=999_999, description="Another seed draws other calls.")
    reviewers: tuple[str, ...] = Field(default=(), description="Who reviews, in turns; none leaves it open.")


class ScorecardSettings(Group):
    """How scorecards aggregate."""

    period: Literal["week", "month", "all"] = Field(
        default="all", description="One scorecard per week, month, or in all."
    )
    min_calls: int = Field(default=5, ge=1, description="Below this many scored calls: no rank, no colour.")
    timezone: Zone = Field(
        default="UTC",
        description="IANA zone in which days begin; `intake.site_timezone` where that is set and this is not.",
    )
    calls_to_hear: int = Field(default=5, ge=0, description="At most this many calls to coach on.")
    min_agents: int = Field(
        default=5,
        ge=2,
        description="Agents see their team's mean score only where so many of its agents have scored calls.",
    )


class FairnessSettings(Group):
    """Which groups of calls a fairness report shows and judges."""

    min_calls: int = Field(default=30, ge=2, description="Groups of fewer calls have no ratio and no verdict.")
    shown_from: int = Field(
        default=5, ge=2, description="Groups of fewer calls are not shown: their figures would be those of persons."
    )


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
        default=None, description="Keep it in the environment: `EARMARK_SIGN_IN__CLIENT_SECRET`; never shown."
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


class RunSettings(Group):
    """How the flow runs."""

    workers: int = Field(default=2, ge=1, description="Calls in work at once; recognition itself takes turns.")
    retries: int = Field(default=2, ge=0, description="Times a call is tried again after a passing fault.")
    retry_delay_s: float = Field(default=2.0, ge=0, description="Wait before the first retry; doubles each time.")
    call_timeout_s: int = Field(default=3600, ge=1, description="A call that takes longer is given up and listed.")


class Settings(Group):
    """All settings of one workspace."""

    workspace: Path = Field(
        default=Path("earmark-data"), description="Folder for database, reports and Prefect's own data."
    )
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy URL; none means SQLite inside the workspace. Keep passwords in the environment.",
    )
    models_dir: Path = Field(
        default=Path(platformdirs.user_cache_dir("earmark")) / "models",
        description="Where model files are put together and kept, and an empty database for Prefect.",
    )
    intake: IntakeSettings = IntakeSettings()
    transcribe: TranscribeSettings = TranscribeSettings()
    sentiment: SentimentSettings = SentimentSettings()
    conversation: ConversationSettings = ConversationSettings()
    compliance: ComplianceSettings = ComplianceSettings()
    privacy: PrivacySettings = PrivacySettings()
    score: ScoreSettings = ScoreSettings()
    judge: JudgeSettings = JudgeSettings()
    flags: FlagSettings = FlagSettings()
    review: ReviewSettings = ReviewSettings()
    sampling: SamplingSettings = SamplingSettings()
    scorecards: ScorecardSettings = ScorecardSettings()
    fairness: FairnessSettings = FairnessSettings()
    console: ConsoleSettings = ConsoleSettings()
    sign_in: SignInSettings = SignInSettings()
    run: RunSettings = RunSettings()

    @property
    def unredacted_dir(self) -> Path:
        """Where transcripts before masking are kept, if at all."""
        return self.privacy.unredacted_dir or self.workspace / "unredacted"

    @property
    def uploads_dir(self) -> Path:
        """Where uploaded recordings are kept."""
        return self.console.uploads_dir or self.workspace / "uploads"

    @property
    def store_url(self) -> str:
        """The database to use."""
        if self.database_url:
            return self.database_url
        file = self.workspace.resolve() / "earmark.db"
        if "?" in str(file):  # an address ends there, and the database would lie beside the workspace
            raise ConfigError(
                f"workspace {self.workspace}: a question mark cannot stand in its path; rename the folder"
            )
        return f"sqlite:///{file}"
