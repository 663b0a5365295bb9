"""All settings of a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic.config import JsonDict

from pipeline.at_rest.keys import KeyRing, parse_keys
from pipeline.config.alerts import AlertSettings
from pipeline.config.coaching import CoachingSettings
from pipeline.config.console import ConsoleSettings, SignInSettings
from pipeline.config.contact_reasons import ReasonSettings
from pipeline.config.group import Group
from pipeline.config.intake import IntakeSettings
from pipeline.config.kpis import KpiSettings
from pipeline.config.privacy import PrivacySettings
from pipeline.config.reading import ComplianceSettings, ConversationSettings, SentimentSettings
from pipeline.config.reports import ReportSettings
from pipeline.config.retention import RetentionSettings
from pipeline.config.review import ReviewSettings, SamplingSettings
from pipeline.config.scorecards import FairnessSettings, ScorecardSettings
from pipeline.config.scoring import FlagSettings, JudgeSettings, ScoreSettings
from pipeline.config.secret import ADDRESS
from pipeline.config.transcribe import TranscribeSettings
from pipeline.errors import ConfigError


class RunSettings(Group):
    """How the flow runs."""

    workers: int = Field(default=2, ge=1, description="Calls in work at once; recognition itself takes turns.")
    retries: int = Field(default=2, ge=0, description="Times a call is tried again after a passing fault.")
    retry_delay_s: float = Field(default=2.0, ge=0, description="Wait before the first retry; doubles each time.")
    call_timeout_s: int = Field(default=3600, ge=1, description="A call that takes longer is given up and listed.")
    log_format: Literal["text", "json"] = Field(
        default="text",
        description="Work is told on stderr for people, or as a JSON object a line (docs/watching.md).",
    )
    claim: int = Field(default=20, ge=5, description="Calls that a worker takes at a time; of five, one is backfill.")
    lease_s: float = Field(
        default=300, ge=5, description="Calls of a worker that is gone are taken by others after this."
    )
    attempts: int = Field(
        default=3, ge=1, description="A call in work at the end of so many workers is listed as failed."
    )
    outage_s: float = Field(default=600, ge=0, description="Workers wait so long for a database that is away.")
    idle_s: float = Field(default=300, ge=0, description="Workers without work wait so long for new calls, then end.")
    task_runner: Literal["threads", "dask", "ray"] = Field(
        default="threads",
        description="Where a run of the backlog works: in itself, or on a cluster of Dask or Ray (docs/operate.md).",
    )
    cluster_address: str | None = Field(
        default=None, description="Where the cluster is reached; none starts one on this machine for each run."
    )
    cluster_batches: int = Field(default=2, ge=1, description="Batches in work at once on the cluster.")


class Settings(Group):
    """All settings of one workspace."""

    workspace: Path = Field(
        default=Path("earmark-data"), description="Folder for database, reports and Prefect's own data."
    )
    database_url: str | None = Field(
        default=None,
        repr=False,  # there may be a password in it
        json_schema_extra=cast(JsonDict, ADDRESS),
        description="SQLAlchemy URL; none means SQLite inside the workspace. One with a password stands in the "
        "environment only.",
    )
    at_rest_key: SecretStr | None = Field(
        default=None,
        description="Key that seals what is stored (docs/encryption.md), in the environment only: "
        "`EARMARK_AT_REST_KEY`, or `EARMARK_AT_REST_KEY_FILE` with the name of its file. Several, divided by commas: "
        "the first seals, all of them open.",
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
    coaching: CoachingSettings = CoachingSettings()
    fairness: FairnessSettings = FairnessSettings()
    kpis: KpiSettings = KpiSettings()
    reasons: ReasonSettings = ReasonSettings()
    reports: ReportSettings = ReportSettings()
    retention: RetentionSettings = RetentionSettings()
    console: ConsoleSettings = ConsoleSettings()
    sign_in: SignInSettings = SignInSettings()
    alerts: AlertSettings = AlertSettings()
    run: RunSettings = RunSettings()

    @field_validator("at_rest_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            try:
                parse_keys(key.get_secret_value())
            except ConfigError as error:
                raise ValueError(str(error)) from None
        return key

    @property
    def at_rest_keys(self) -> KeyRing | None:
        """The keys that seal and open what is stored; None: nothing is sealed."""
        return None if self.at_rest_key is None else parse_keys(self.at_rest_key.get_secret_value())

    @property
    def unredacted_dir(self) -> Path:
        """Where transcripts before masking are kept, if at all."""
        return self.privacy.unredacted_dir or self.workspace / "unredacted"

    @property
    def uploads_dir(self) -> Path:
        """Where uploaded recordings are kept."""
        return self.console.uploads_dir or self.workspace / "uploads"

    @property
    def reports_dir(self) -> Path:
        """Where runs write scorecards."""
        return self.workspace / "reports"

    @property
    def sound_dir(self) -> Path:
        """Where the console keeps sound that is ready to be played."""
        return self.workspace / "cache" / "audio"

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
