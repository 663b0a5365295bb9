"""`earmark status`: on one screen what waits, runs and failed, and how long the backlog takes."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, open_existing, read_settings
from app.cli.show import out, print_json, remark
from app.cli.status_page import print_status, status_data
from flows.run_lock import run_is_at_work
from flows.runtime import utc_now
from flows.situation import situation_of
from pipeline.config import Settings
from pipeline.errors import ConfigError, StoreError
from pipeline.store.database import Store
from pipeline.watching.attention import needs_attention

_EVERY_S = 5.0


def status(
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 where something needs attention (settings: alerts).")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every 5 seconds, until Ctrl-C.")] = False,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="Print metrics for node_exporter's textfile collector.")
    ] = False,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is waiting, running and failed, how fast calls get their scores, and how long the backlog takes."""
    if watch + prometheus + as_json > 1:
        raise ConfigError("--watch, --prometheus and --json cannot be had together: take one")
    settings = read_settings(workspace, config)
    if prometheus:
        _print_metrics(settings, check=check)
        return
    store = open_existing(settings)
    try:
        if watch:
            _watch(settings, store)
            return
        situation = situation_of(settings, store, now=utc_now())
        attention = needs_attention(situation, settings.alerts)
        at_work = run_is_at_work(settings.workspace)
        if as_json:
            print_json(status_data(situation, attention, at_work=at_work))
        else:
            print_status(situation, attention, at_work=at_work)
    finally:
        store.close()
    if check and attention:
        raise typer.Exit(1)


def _watch(settings: Settings, store: Store) -> None:
    if not sys.stdout.isatty():
        raise ConfigError("--watch needs a terminal; elsewhere take --json, as often as you like")
    with out.screen():
        while True:
            situation = situation_of(settings, store, now=utc_now())
            out.clear()
            attention = needs_attention(situation, settings.alerts)
            print_status(situation, attention, at_work=run_is_at_work(settings.workspace))
            time.sleep(_EVERY_S)


def _print_metrics(settings: Settings, *, check: bool) -> None:
    """Print metrics; of a database that does not answer that it does not, for the alert that waits for it."""
    from app.metrics import situation_text  # noqa: PLC0415 - no other command needs it

    situation, found = None, False
    try:
        store = open_existing(settings)
        try:
            situation = situation_of(settings, store, now=utc_now())
        finally:
            store.close()
        found = bool(needs_attention(situation, settings.alerts))
    except StoreError as error:
        remark(f"earmark: {error}")
    sys.stdout.write(situation_text(situation, settings.alerts))
    if situation is None or (check and found):
        raise typer.Exit(1)
