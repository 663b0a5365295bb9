"""Where everybody's work begins, and what the menu offers them."""

from __future__ import annotations

from dataclasses import dataclass

from app.web.access.rights import Permission
from app.web.access.visitor import Visitor


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the menu."""

    path: str
    title: str
    needs: Permission


MENU = (
    MenuItem("/queue", "Review queue", Permission.CALLS_REVIEW),
    MenuItem("/calls", "Calls", Permission.CALLS_SEE),
    MenuItem("/search", "Search", Permission.SEARCH),
    MenuItem("/compliance", "Compliance", Permission.COMPLIANCE_SEE),
    MenuItem("/reasons", "Contact reasons", Permission.COMPLIANCE_SEE),
    MenuItem("/scorecards", "Scorecards", Permission.SCORECARDS_SEE),
    MenuItem("/kpis", "KPIs", Permission.SCORECARDS_SEE),
    MenuItem("/coaching", "Coaching", Permission.COACHING_SEE),
    MenuItem("/disputes", "Disputes", Permission.DISPUTES_RULE),
    MenuItem("/disputes/mine", "My disputes", Permission.CALLS_OBJECT),
    MenuItem("/calibration", "Calibration", Permission.CALIBRATION_TAKE),
    MenuItem("/rubrics", "Rubrics and rules", Permission.RUBRICS_SEE),
    MenuItem("/intake", "Intake", Permission.INTAKE_SEE),
    MenuItem("/audit", "Audit log", Permission.AUDIT_SEE),
    MenuItem("/people", "People", Permission.PEOPLE_MANAGE),
    MenuItem("/webhooks", "Webhooks", Permission.WEBHOOKS_MANAGE),
)


def menu_of(visitor: Visitor) -> tuple[MenuItem, ...]:
    """Return what the menu offers a visitor."""
    if visitor.user.temporary_password:
        return ()
    return tuple(item for item in MENU if visitor.may(item.needs))


def first_page(visitor: Visitor) -> str:
    """Return the page that a visitor's work begins with."""
    order: tuple[str, ...] = ("/compliance",) if visitor.user.role == "compliance" else ()
    order += ("/scorecards",) if visitor.user.role == "manager" else ()
    offered = [item.path for item in menu_of(visitor)]
    return next((path for path in (*order, *offered) if path in offered), "/account")
