"""Rule packs as people write them: what pydantic reads from YAML, and what editors check against (`docs/rules.md`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.compliance.history import AuthoredCalls
from pipeline.compliance.rule import Decidable, RuleStatus
from pipeline.records import Expectation, Severity
from pipeline.records.language import DEFAULT_LANGUAGES

RuleId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Times = Annotated[int, Field(ge=1)]
Speaker = Literal["agent", "customer", "system", "company", "anyone"]
"""Whose words count. ``company`` is the agent or the telephone system."""


class Authored(BaseModel):
    """A mapping as written: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class AuthoredWindow(Authored):
    """The ``window`` of a rule or a condition as written."""

    within_first_s: Seconds | None = None
    within_last_s: Seconds | None = None
    from_share: Share | None = None
    to_share: Share | None = None
    before: RuleId | None = None
    after: RuleId | None = None
    around: RuleId | None = None
    within_s: Seconds | None = None


class AuthoredNear(Authored):
    """Words near each other, in any order, with at most ``near`` others between one and the next."""

    words: Annotated[tuple[str, ...], Field(min_length=2, max_length=4)]
    near: Annotated[int, Field(ge=0, le=9)] = 3


class AuthoredSaying(Authored):
    """The keys that tell what is to be said, by whom and when."""

    speaker: Speaker = "anyone"
    phrases: tuple[str | AuthoredNear, ...] = ()
    unless: tuple[str | AuthoredNear, ...] = ()
    meaning: tuple[str, ...] = ()
    not_meaning: tuple[str, ...] = ()
    meaning_similarity: Share | None = None
    entity: str | None = None
    window: AuthoredWindow = AuthoredWindow()
    at_least: Times = 1
    negation: Literal["counts", "ignored"] = "counts"
    min_similarity: Share | None = None


class AuthoredSentiment(Authored):
    """How a party sounds in a window."""

    speaker: Literal["agent", "customer"]
    label: Annotated[Literal["negative", "neutral", "positive"], Field(alias="is")]
    share: Share = 0.5
    window: AuthoredWindow = AuthoredWindow()


class AuthoredSilence(Authored):
    """A stretch in which nobody speaks."""

    kind: Literal["dead_air", "hold", "any"] = "any"
    longer_than_s: Seconds | None = None
    at_least: Times = 1
    window: AuthoredWindow = AuthoredWindow()


class AuthoredOvertalk(Authored):
    """A stretch in which both speak; ``by`` is who began second."""

    by: Literal["agent", "customer", "anyone"] = "anyone"
    longer_than_s: Seconds | None = None
    at_least: Times = 1
    window: AuthoredWindow = AuthoredWindow()


class AuthoredMeasure(Authored):
    """A number about the call (`docs/measures.md`)."""

    name: str
    at_least: Annotated[float, Field(allow_inf_nan=False)] | None = None
    at_most: Annotated[float, Field(allow_inf_nan=False)] | None = None


class AuthoredMetadata(Authored):
    """A field of the call's metadata: one of these values, or there at all."""

    field: Annotated[str, Field(min_length=1)]
    values: Annotated[tuple[str, ...], Field(alias="is")] = ()


class AuthoredTree(Authored):
    """The keys that put conditions together; ``within_s`` goes with ``in_order``."""

    all_: Annotated[tuple[AuthoredCondition, ...] | None, Field(alias="all")] = None
    any_: Annotated[tuple[AuthoredCondition, ...] | None, Field(alias="any")] = None
    not_: Annotated[AuthoredCondition | None, Field(alias="not")] = None
    in_order: tuple[AuthoredCondition, ...] | None = None
    within_s: Seconds | None = None


class AuthoredCondition(AuthoredTree):
    """One condition: exactly one of the keys."""

    said: AuthoredSaying | None = None
    rule: RuleId | None = None
    sentiment: AuthoredSentiment | None = None
    silence: AuthoredSilence | None = None
    overtalk: AuthoredOvertalk | None = None
    measure: AuthoredMeasure | None = None
    metadata: AuthoredMetadata | None = None


class AuthoredAppliesIf(Authored):
    """The ``applies_if`` of a rule as written."""

    queues: tuple[str, ...] = ()
    directions: tuple[Literal["inbound", "outbound"], ...] = ()
    teams: tuple[str, ...] = ()
    rules_present: tuple[RuleId, ...] = ()


class AuthoredRule(AuthoredSaying, AuthoredTree):
    """One rule as written: flat (one saying), a tree of conditions, or about earlier calls."""

    id: RuleId
    title: str = Field(min_length=1)
    severity: Severity
    expect: Expectation
    calls: AuthoredCalls | None = None
    applies_if: AuthoredAppliesIf = AuthoredAppliesIf()
    decidable_from: Decidable = Decidable.TRANSCRIPT
    reference: str = ""
    owner: str = ""
    notes: str = ""
    status: RuleStatus = RuleStatus.ACTIVE


class Pack(Authored):
    """One file of rules as written."""

    pack: RuleId
    description: str = ""
    languages: tuple[str, ...] = DEFAULT_LANGUAGES
    rules: tuple[AuthoredRule, ...]
