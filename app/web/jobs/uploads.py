"""Uploads are run in the background: one process at a time, which works on all that wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.web.background import Job
from app.web.intake.keep import kept_files, left_upload, remove_unfinished
from app.web.intake.outcome import outcome_of
from app.web.intake.run import ANOTHER_RUN, Run, start
from app.web.site import Site
from pipeline.store.uploads import UploadState, claim, put_upload, set_state, take_back, unknown_files

AT_ONCE = 25
_WAIT = timedelta(seconds=15)
_LEFT_S = 3600.0
_KEPT = "uploads"


def run_uploads(site: Site) -> bool:
    """Look after the process that is at work, or start one for what waits; tell whether there is more to do at once.

    The first time, what a server that is gone was working on waits anew: a run goes on where it was.
    """
    kept: dict[str, Any] = site.kept.setdefault(_KEPT, {})
    now = site.now()
    if "mended" not in kept:
        with site.store.begin() as connection:
            take_back(connection, now=now)
        kept["mended"] = True
    at_work: Run | None = kept.get("run")
    if at_work is not None:
        if not at_work.is_over():
            return False
        _settle(site, at_work, kept)
        del kept["run"]  # only now: where the database is away, it is settled when that is back
        at_work.close()
        return True
    not_before: datetime | None = kept.get("not_before")
    if not_before is not None and now < not_before:
        return False
    with site.store.begin() as connection:
        claimed = claim(connection, most=AT_ONCE, now=now)
    if claimed:
        try:
            kept["run"] = start(site.settings, claimed, now=now)
        except BaseException:
            del kept["mended"]  # what was claimed waits anew
            raise
    return False


def find_leftovers(site: Site) -> bool:
    """Look after what a server left that was killed while it received something.

    Parts of files are removed. A whole one is listed as failed: it may be the only copy, and a person decides.
    """
    folder, now = site.settings.uploads_dir.resolve(), site.now()
    remove_unfinished(folder, older_than_s=_LEFT_S, now=now)
    old = kept_files(folder, older_than_s=_LEFT_S, now=now)
    with site.store.begin() as connection:
        for uri in unknown_files(connection, [str(file) for file in old]):
            put_upload(connection, left_upload(Path(uri), now))
    return False


def _settle(site: Site, run: Run, kept: dict[str, Any]) -> None:
    """Keep what became of each upload of a run that is over."""
    told, now = run.told(), site.now()
    waits = told is not None and ANOTHER_RUN in told
    if waits:
        kept["not_before"] = now + _WAIT
    with site.store.begin() as connection:
        for upload in run.uploads:
            found = outcome_of(connection, upload, since=run.began)
            state, reason = found.state, found.reason
            if state is None and waits:
                state, reason = UploadState.WAITING, "another run is at work in this workspace; this comes after it"
            elif state is None:
                state, reason = UploadState.FAILED, told or "the run ended before it came to this; try again"
            if state is UploadState.DONE:
                reason = None
            set_state(connection, upload.upload_id, state, now=now, reason=reason, call_id=found.call_id)


JOBS = (
    Job(name="uploads", every_s=1, run=run_uploads),
    Job(name="left uploads", every_s=_LEFT_S, run=find_leftovers),
)
