"""The console put together: open `create_app` to see what it is made of.

``pages`` and ``api`` are its edge: who may, what is read and written, what the audit log is told. What they show is put
together by a package per noun (``queue``, ``call``, ``compliance``, ``scorecards``, ``coaching``, ``calibration``,
``rubrics``, ``intake``, ``webhooks``), for both, from what `pipeline` keeps and reckons.

What takes time goes on beside requests: ``background`` is the clock of the ``jobs``, which come round by themselves;
``worker`` is a thread that does one thing after the other, for ``tasks`` that a person asked for and watches, and for
``snapshots``, figures that are kept until what they are of has changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope as AsgiScope

from app.web import failures
from app.web.api.description import describe
from app.web.background import Background, Job
from app.web.headers import protect
from app.web.rendering import STATIC, make_templates
from app.web.site import Site
from app.web.watched import Watched
from app.web.watching import Watch
from pipeline.config import Settings
from pipeline.store.database import Store

PAGES = (
    # as the menu has them, then what everybody has; of a noun, fixed addresses come before those with a field
    "queue",
    "queue_work",
    "saved_views",
    "call_list",
    "call",
    "call_audio",
    "call_actions",
    "search",
    "compliance",
    "compliance_rule",
    "packs",
    "reasons",
    "scorecards",
    "scorecard_files",
    "kpis",
    "coaching",
    "disputes",
    "calibration",
    "rubric_changes",
    "rubrics",
    "rules",
    "intake",
    "audit",
    "people",
    "webhooks",
    "account",
    "tokens",
    "sign_in",
    "sign_in_elsewhere",
    "health",
)
API: tuple[str, ...] = (
    "me",
    "calls",
    "flags",
    "queue",
    "reviews",
    "disputes",
    "sessions",
    "rubrics",
    "users",
    "audit",
    "search",
    "scorecards",
    "kpis",
    "contact_reasons",
    "compliance",
    "coaching",
    "intake",
)
JOBS: tuple[str, ...] = (
    "first_use",
    "overviews",
    "authored_files",
    "search",
    "old_stays",
    "webhooks",
    "uploads",
    "left_packs",
    "questions",
)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def create_app(settings: Settings, store: Store, *, now: Callable[[], datetime] = utc_now) -> FastAPI:
    """Return the console of a workspace.

    Args:
        settings: The workspace's.
        store: Its database, open; the caller closes it.
        now: Tells the time.
    """
    site = Site(settings=settings, store=store, templates=make_templates(settings), now=now)
    background = Background(site, [job for name in JOBS for job in _jobs(f"app.web.jobs.{name}")])

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        background.start()
        yield
        background.stop()

    app = FastAPI(
        title="Earmark",
        version=version("earmark"),
        lifespan=running,
        docs_url=None,  # their scripts come from elsewhere
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.site = site
    app.state.watch = watch = Watch(site)
    for name in PAGES:
        app.include_router(_router(f"app.web.pages.{name}"), include_in_schema=False)
    for name in API:
        app.include_router(_router(f"app.web.api.{name}"), prefix="/api/v1")
    describe(app)
    app.mount("/static", _Static(directory=STATIC))
    failures.install(app)
    protect(app, settings.console)
    app.add_middleware(Watched, watch=watch)
    return app


def _router(module: str) -> APIRouter:
    router: APIRouter = import_module(module).router
    return router


def _jobs(module: str) -> tuple[Job, ...]:
    jobs: tuple[Job, ...] = import_module(module).JOBS
    return jobs


class _Static(StaticFiles):
    """Styles and scripts, kept by browsers: their addresses change with them."""

    async def get_response(self, path: str, scope: AsgiScope) -> Response:
        """Return a file."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer
