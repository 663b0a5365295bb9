"""What every request needs: settings, database, templates, the clock; and who does what, for the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import Request
from jinja2 import Environment
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from app.acts import Act, editing, log_acts
from pipeline.config import Settings
from pipeline.store.database import Store

if TYPE_CHECKING:
    from app.web.access.visitor import Visitor


@dataclass(frozen=True, kw_only=True)
class Site:
    """One console on one workspace.

    Attributes:
        now: Tells the time, aware UTC.
        kept: What slow pages keep between requests; `app.web.snapshots` says how.
    """

    settings: Settings
    store: Store
    templates: Environment
    now: Callable[[], datetime]
    kept: dict[Any, Any] = field(default_factory=dict)

    def page(
        self, request: Request, template: str, visitor: Visitor | None = None, /, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """Return a page made from a template, which gets ``visitor``, ``request``, ``settings`` and the context."""
        made = self.templates.get_template(template).render(
            request=request, visitor=visitor, settings=self.settings, now=self.now(), **context
        )
        return HTMLResponse(made, status_code=status, headers={"Cache-Control": "no-store"})

    def log(self, visitor: Visitor, *acts: Act) -> None:
        """Write acts of a visitor into the audit log, before what they are about is shown.

        Raises:
            StoreError: The log cannot be written; then nothing may be shown either.
        """
        log_acts(self.store, self.settings, acts, actor=visitor.user.name)

    @contextmanager
    def editing(self, visitor: Visitor) -> Iterator[tuple[Connection, list[Act]]]:
        """Give a transaction that writes, and a list for the visitor's acts in it: both are kept, or neither."""
        with editing(self.store, self.settings, actor=visitor.user.name) as both:
            yield both


def site_of(request: Request) -> Site:
    """Return the site that a request came to."""
    site: Site = request.app.state.site
    return site
