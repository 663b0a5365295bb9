"""Settings: defaults < file (`earmark.toml`) < environment (`EARMARK_...`) < flags. Read once, at the edge.

`docs/settings.md` is held to this module by a test. An unknown key is an error. Every group of settings is handed to
the part that it is about; nothing below `app` and `flows` reads the environment.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipeline.errors import AuthoredFileError, ConfigError, Problem, did_you_mean
from pipeline.records.transcript import REDACTION_KINDS

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
    flags: FlagSettings = FlagSettings()
    scorecards: ScorecardSettings = ScorecardSettings()
    run: RunSettings = RunSettings()

    @property
    def unredacted_dir(self) -> Path:
        """Where transcripts before masking are kept, if at all."""
        return self.privacy.unredacted_dir or self.workspace / "unredacted"

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


def load_settings(
    *, file: Path | None = None, environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Settings:
    """Read settings from all their places.

    Args:
        file: TOML file, or None for the one that ``EARMARK_CONFIG`` names, if any.
        environment: Variables; ``EARMARK_INTAKE__SITE_TIMEZONE`` sets ``intake.site_timezone``. Lists and tables are
            JSON. An empty variable counts as not set.
        flags: Values by dotted key, such as ``{"transcribe.engine": "scripted"}``; None values are left out.

    Raises:
        AuthoredFileError: The file is no TOML, or has unknown keys or values out of range.
        ConfigError: The environment or a flag has such a key or value.
    """
    variables = os.environ if environment is None else environment
    if file is None and variables.get(CONFIG_VARIABLE):
        file = Path(variables[CONFIG_VARIABLE])
    from_file: dict[str, Any] = _read_toml(file) if file else {}
    if file:
        _validate(from_file, file)
        from_file = _with_vocabulary_beside(file, from_file)
    merged = _merge(from_file, _from_environment(variables))
    for key, value in (flags or {}).items():
        if value is not None:
            merged = _merge(merged, _nested(key.split("."), value))
    site_zone = merged.get("intake", {}).get("site_timezone") if isinstance(merged.get("intake"), dict) else None
    if site_zone not in (None, "none"):  # days begin where the site is, unless something else is said
        merged = _merge({"scorecards": {"timezone": site_zone}}, merged)
    return _validate(merged, None)


def _with_vocabulary_beside(file: Path, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a settings file's data in which the vocabulary's path counts from that file."""
    named = data.get("transcribe", {}).get("vocabulary")
    if named is None or named.strip().casefold() == "none":
        return dict(data)
    return _merge(data, _nested(["transcribe", "vocabulary"], str(file.parent / named)))


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such settings file") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise AuthoredFileError(str(file), [Problem(code="toml", message="the file is not UTF-8 text")]) from None
    except RecursionError:
        raise AuthoredFileError(str(file), [Problem(code="toml", message="the file is nested too deeply")]) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line (\d+)", str(error))
        problem = Problem(code="toml", message=str(error), line=int(line[1]) if line else None)
        raise AuthoredFileError(str(file), [problem]) from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name, value in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX) and name not in (CONFIG_VARIABLE, DEBUG_VARIABLE) and value:
            keys = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
            merged = _merge(merged, _nested(keys, _plain_or_json(name, value)))
    return merged


def _plain_or_json(name: str, value: str) -> Any:
    """Lists and tables are written as JSON; everything else stands for itself."""
    if not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: a list or table is written as JSON; {error}") from None


def _nested(keys: list[str], value: Any) -> dict[str, Any]:
    for key in reversed(keys):
        value = {key: value}
    assert isinstance(value, dict)
    return value


def _merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        is_group = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _merge(below, value) if is_group else value  # type: ignore[arg-type]
    return merged


def _validate(data: Mapping[str, Any], file: Path | None) -> Settings:
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        problems = [_problem(detail["loc"], detail["type"], detail["msg"]) for detail in error.errors()]
        if file:
            text = file.read_text(encoding="utf-8")
            lined = [dataclasses.replace(p, line=_line_of(p.where, text)) for p in problems]
            raise AuthoredFileError(str(file), sorted(lined, key=lambda p: p.line or 0)) from None
        raise ConfigError("settings: " + "; ".join(f"{p.where}: {p.message}" for p in problems)) from None


def _line_of(where: str, text: str) -> int | None:
    """Return the line of the nearest key or table on the way to a setting, or None where there is none."""
    table, best = "", (0, 0)
    for number, line in enumerate(text.splitlines(), start=1):
        found = re.match(r"\s*(?:\[\s*(?P<table>[^\]]+?)\s*\]|(?P<key>[\w.\"'-]+)\s*=)", line)
        if not found:
            continue
        here = found["table"] or f"{table}.{found['key']}".lstrip(".")
        here = here.replace('"', "").replace("'", "")
        table = here if found["table"] else table
        if f"{where}.".startswith(f"{here}.") and len(here) > best[0]:
            best = (len(here), number)
    return best[1] or None


def _problem(location: tuple[int | str, ...], kind: str, message: str) -> Problem:
    where = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        group: Any = Settings
        for part in location[:-1]:
            field = group.model_fields.get(part) if hasattr(group, "model_fields") else None
            group = field.annotation if field else group
        known = list(getattr(group, "model_fields", {}))
        message = f"unknown setting{did_you_mean(str(location[-1]), known)}; there are: {', '.join(known)}"
    return Problem(code=kind, where=where, message=message)
