"""Work that somebody asked for and that takes long: done beside requests, one after the other, watched on a page.

What is under way is kept in memory: it ends with the console, and a page then says that it is not known.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from app.web.access.visitor import Visitor
from app.web.errors import BadRequestError
from app.web.site import Site
from app.web.worker import worker_of
from pipeline.errors import AuthoredFileError, EarmarkError, NotFoundError

log = logging.getLogger("earmark.web")

MOST_KEPT = 50
MOST_WAITING = 3  # of one person

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Something that is being done for somebody.

    Attributes:
        kind: What it is; its pages know what its result is.
        about: In words, for the page.
        progress: What is being done now.
        result: What came of it; None until it is done.
        fault: Why nothing came of it.
    """

    task_id: str
    kind: str
    about: str
    user_id: str
    state: Literal["waiting", "working", "done", "failed"] = "waiting"
    progress: str = ""
    result: Any = None
    fault: str | None = None
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.state in {"done", "failed"}


@dataclass
class _Board:
    lock: threading.Lock = field(default_factory=threading.Lock)
    tasks: dict[str, Task] = field(default_factory=dict)


def begin_task(site: Site, visitor: Visitor, kind: str, about: str, do: Callable[[Tell], Any]) -> Task:
    """Have something done and return how it stands.

    Args:
        site: Where.
        visitor: For whom: nobody else sees it.
        kind: What it is.
        about: In words.
        do: Does it in another thread, tells how far it is, and returns the result.

    Raises:
        BadRequestError: Too much of theirs is waiting already.
    """
    board = _board(site)
    task = Task(
        task_id=secrets.token_urlsafe(12),
        kind=kind,
        about=about,
        user_id=visitor.user.user_id,
    )
    with board.lock:
        theirs = [each for each in board.tasks.values() if each.user_id == task.user_id and not each.ended]
        if len(theirs) >= MOST_WAITING:
            raise BadRequestError(f"{len(theirs)} things that you asked for are still being done: wait for one of them")
        board.tasks[task.task_id] = task
        for old in [each.task_id for each in board.tasks.values() if each.ended][
            : max(0, len(board.tasks) - MOST_KEPT)
        ]:
            del board.tasks[old]
    worker_of(site, "tasks").put(lambda: _do(site, task.task_id, do))
    return task


def task_of(site: Site, visitor: Visitor, kind: str, task_id: str) -> Task:
    """Return how something stands that a visitor asked for.

    Raises:
        NotFoundError: They asked for no such thing, or the console was started anew since.
    """
    task = _board(site).tasks.get(task_id)
    if task is None or task.kind != kind or task.user_id != visitor.user.user_id:
        raise NotFoundError("this is not known any more: the console was started anew since, so begin again")
    return task


def tasks_of(site: Site, visitor: Visitor, kind: str) -> list[Task]:
    """Return what a visitor asked for, the newest first."""
    board = _board(site)
    with board.lock:
        every = [task for task in board.tasks.values() if task.kind == kind and task.user_id == visitor.user.user_id]
    return every[::-1]


def tasks_under_way(site: Site) -> dict[str, int]:
    """Return how many tasks of all people wait, and how many are being done."""
    board = _board(site)
    with board.lock:
        states = [task.state for task in board.tasks.values()]
    return {state: states.count(state) for state in ("waiting", "working")}


def _board(site: Site) -> _Board:
    board: _Board = site.kept.setdefault("tasks", _Board())
    return board


def _do(site: Site, task_id: str, do: Callable[[Tell], Any]) -> None:
    board = _board(site)

    def change(**fields: Any) -> None:
        with board.lock:
            board.tasks[task_id] = replace(board.tasks[task_id], **fields)

    change(state="working")
    try:
        result = do(lambda told: change(progress=told))
    except Exception as error:  # noqa: BLE001 - its text may hold words of a call
        log.warning("a task of kind %s failed: %s", board.tasks[task_id].kind, type(error).__name__)
        change(state="failed", fault=_told(error), ended_at=site.now())
    else:
        change(state="done", result=result, progress="", ended_at=site.now())


def _told(error: Exception) -> str:
    if isinstance(error, AuthoredFileError):
        return " ".join(error.lines())
    return str(error) if isinstance(error, EarmarkError) else f"something went wrong ({type(error).__name__})"
