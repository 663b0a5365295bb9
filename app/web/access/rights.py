"""What each role may, and whose calls somebody may see. `docs/design/0006-console.md` has it as a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pipeline.records import EVERYTHING, Scope, User, UserRole


class Permission(StrEnum):
    """Something that one has to be allowed to do. Every route names one."""

    CALLS_SEE = "calls.see"
    CALLS_COMMENT = "calls.comment"
    CALLS_REVIEW = "calls.review"
    CALLS_OBJECT = "calls.object"
    QUEUE_LEAD = "queue.lead"
    DISPUTES_RULE = "disputes.rule"
    SEARCH = "search"
    COMPLIANCE_SEE = "compliance.see"
    COMPLIANCE_EXPORT = "compliance.export"
    AUDIT_SEE = "audit.see"
    SCORECARDS_SEE = "scorecards.see"
    SCORECARDS_EXPORT = "scorecards.export"
    COACHING_SEE = "coaching.see"
    COACHING_LEAD = "coaching.lead"
    CALIBRATION_TAKE = "calibration.take"
    CALIBRATION_LEAD = "calibration.lead"
    RUBRICS_SEE = "rubrics.see"
    RUBRICS_PREVIEW = "rubrics.preview"
    INTAKE_SEE = "intake.see"
    INTAKE_ADD = "intake.add"
    TOKENS_OWN = "tokens.own"
    PEOPLE_MANAGE = "people.manage"
    WEBHOOKS_MANAGE = "webhooks.manage"


_P = Permission
_EVERYBODY = {_P.CALLS_SEE, _P.RUBRICS_SEE}
_REVIEWER = {
    *_EVERYBODY,
    _P.CALLS_COMMENT,
    _P.CALLS_REVIEW,
    _P.DISPUTES_RULE,
    _P.SEARCH,
    _P.SCORECARDS_SEE,
    _P.COACHING_SEE,
    _P.CALIBRATION_TAKE,
    _P.INTAKE_SEE,
    _P.TOKENS_OWN,
}

MAY: Mapping[UserRole, frozenset[Permission]] = {
    UserRole.AGENT: frozenset({*_EVERYBODY, _P.CALLS_OBJECT, _P.SCORECARDS_SEE, _P.SCORECARDS_EXPORT, _P.COACHING_SEE}),
    UserRole.REVIEWER: frozenset(_REVIEWER),
    UserRole.COMPLIANCE: frozenset(
        {
            *_EVERYBODY,
            _P.CALLS_COMMENT,
            _P.SEARCH,
            _P.COMPLIANCE_SEE,
            _P.COMPLIANCE_EXPORT,
            _P.AUDIT_SEE,
            _P.RUBRICS_PREVIEW,
            _P.INTAKE_SEE,
            _P.TOKENS_OWN,
        }
    ),
    UserRole.MANAGER: frozenset(
        {
            *_REVIEWER,
            _P.QUEUE_LEAD,
            _P.COMPLIANCE_SEE,
            _P.SCORECARDS_EXPORT,
            _P.COACHING_LEAD,
            _P.CALIBRATION_LEAD,
            _P.RUBRICS_PREVIEW,
            _P.INTAKE_ADD,
        }
    ),
    UserRole.ADMIN: frozenset(set(Permission) - {_P.CALLS_OBJECT}),
}

KNOWS_AGENTS = frozenset({UserRole.MANAGER, UserRole.COMPLIANCE, UserRole.ADMIN})
"""Who is told whose call it is: who reviews calls hears them without knowing. `Visitor.knows_agents` asks for it."""


def scope_of(user: User) -> Scope:
    """Return whose calls a user may see: an agent their own, others their teams', or all."""
    if user.role is UserRole.AGENT:
        return Scope(agent_id=user.agent_id or "")  # without an id, nobody's
    if user.role is UserRole.ADMIN or not user.teams:
        return EVERYTHING
    return Scope(teams=user.teams)
