"""Who asks, and what they may."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from app.web.access.rights import Permission
from app.web.access.visitor import SignedIn, Visitor
from app.web.api.edge import make_router
from pipeline.records import Scope, UserRole

router = make_router("me")


class MeShape(BaseModel):
    """Who asks, and what they may."""

    name: str
    display_name: str
    role: UserRole
    permissions: list[Permission] = Field(description="Of the role; with a token, only what it was made for.")
    scope: Scope = Field(description="Whose calls are there; null is no bound.")
    token_id: str | None = Field(description="The token; null for somebody who signed in.")
    earmark: str = Field(description="Version of the server.")


@router.get("/me", response_model=MeShape)
def me_get(request: Request, visitor: Annotated[Visitor, Depends(SignedIn())]) -> MeShape:
    """Tell who asks, and what they may."""
    user = visitor.user
    return MeShape(
        name=user.name,
        display_name=user.display_name,
        role=user.role,
        permissions=sorted(visitor.permissions),
        scope=visitor.scope,
        token_id=visitor.token_id,
        earmark=request.app.version,
    )
