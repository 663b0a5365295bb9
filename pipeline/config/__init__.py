"""Settings and their defaults; `load_settings` reads them.

`docs/settings.md` is held to this module by a test. An unknown key is an error. Every group of settings is handed to
the part that it is about.
"""

from __future__ import annotations

from pipeline.config.alerts import AlertSettings
from pipeline.config.coaching import CoachingSettings
from pipeline.config.console import ConsoleSettings, SignInSettings
from pipeline.config.contact_reasons import ReasonSettings
from pipeline.config.group import CONFIG_VARIABLE, DEBUG_VARIABLE, ENVIRONMENT_PREFIX, PACKAGE_ROOT, Group, Zone
from pipeline.config.intake import IntakeSettings
from pipeline.config.kpis import KpiSettings
from pipeline.config.privacy import ALWAYS_MASKED, PrivacySettings
from pipeline.config.reading import ComplianceSettings, ConversationSettings, SentimentSettings
from pipeline.config.reports import ReportSettings
from pipeline.config.review import ReviewSettings, SamplingSettings
from pipeline.config.scorecards import FairnessSettings, ScorecardSettings
from pipeline.config.scoring import FlagSettings, JudgeSettings, ScoreSettings
from pipeline.config.settings import RunSettings, Settings
from pipeline.config.transcribe import TranscribeSettings

__all__ = [
    "ALWAYS_MASKED",
    "AlertSettings",
    "CONFIG_VARIABLE",
    "CoachingSettings",
    "ComplianceSettings",
    "ConsoleSettings",
    "ConversationSettings",
    "DEBUG_VARIABLE",
    "ENVIRONMENT_PREFIX",
    "FairnessSettings",
    "FlagSettings",
    "Group",
    "IntakeSettings",
    "JudgeSettings",
    "KpiSettings",
    "PACKAGE_ROOT",
    "PrivacySettings",
    "ReasonSettings",
    "ReportSettings",
    "ReviewSettings",
    "RunSettings",
    "SamplingSettings",
    "ScoreSettings",
    "ScorecardSettings",
    "SentimentSettings",
    "Settings",
    "SignInSettings",
    "TranscribeSettings",
    "Zone",
]
