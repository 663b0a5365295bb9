"""`earmark flows deploy` and `prefect.yaml` make the same deployments."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from app.cli.main import build
from flows.deploy import deploy
from flows.deployments import SITE_POOL, WORKERS_POOL, deployments
from flows.gone_runs import GONE_AFTER, NAME
from pipeline.errors import ServerError
from tests.flows.prefect_site import ROOT, PrefectSite

FILE = ROOT / "prefect.yaml"
OPERATE_PAGE = (ROOT / "docs" / "operate.md").read_text()


def test_prefect_yaml_says_what_earmark_deploys() -> None:
    written = YAML(typ="safe").load(FILE.read_text())
    assert written["pull"] == []  # flows come from the installed package
    said = [
        {
            "name": each.name,
            "entrypoint": each.flow,
            "work_pool": {"name": each.pool},
            "schedules": [{"interval": each.every.total_seconds()}],
            **({"concurrency_limit": {"limit": 1, "collision_strategy": "CANCEL_NEW"}} if each.one_at_a_time else {}),
            **({"parameters": each.parameters} if each.parameters else {}),
        }
        for each in deployments(["{{ $RECORDINGS }}"])
    ]
    assert written["deployments"] == said


def test_operate_page_names_every_deployment_and_pool() -> None:
    for name in (SITE_POOL, WORKERS_POOL, *(each.name for each in deployments([]))):
        assert f"`{name}`" in OPERATE_PAGE or f" {name}" in OPERATE_PAGE


def test_deploy_without_a_server_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(ServerError, match="PREFECT_API_URL"):
        deploy(["/recordings"])
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(ServerError, match="no Prefect server answers"):
        deploy(["/recordings"])
    assert CliRunner().invoke(build("flows"), ["flows", "deploy"]).exit_code == 2  # no path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PrefectSite]:
    started = PrefectSite(tmp_path, {"RECORDINGS": "/recordings"})
    try:
        started.start_server()
        yield started
    finally:
        started.stop()


KEPT = ("entrypoint", "parameters", "work_pool_name", "paused")


def made(site: PrefectSite, *names: str) -> dict[str, Any]:
    """What the server keeps of each deployment, without ids; when it was changed only where that is asked for."""
    return {
        each["name"]: {
            **{name: each[name] for name in (*KEPT, *names)},
            "pull_steps": each["pull_steps"] or [],
            "limit": (each["global_concurrency_limit"] or {}).get("limit"),
            "collision": (each["concurrency_options"] or {}).get("collision_strategy"),
            "every": [(one["active"], one["schedule"]["interval"]) for one in each["schedules"]],
        }
        for each in site.ask("POST", "/deployments/filter", {})
    }


@pytest.mark.slow
def test_both_ways_make_the_same_deployments_and_bear_being_done_again(site: PrefectSite) -> None:
    for _ in range(2):
        assert site.earmark("flows", "deploy", "/recordings").split("\n")[:-1] == [
            "intake/earmark-intake",
            "intake/earmark-manifests",
            "work through the backlog/earmark-backlog",
            "scorecards/earmark-scorecards",
            "watch the backlog/earmark-watch",
        ]
    (gone,) = site.ask("POST", "/automations/filter", {})
    assert (gone["name"], gone["trigger"]["within"]) == (NAME, GONE_AFTER.total_seconds())
    by_command, registered = made(site), made(site, "updated")
    assert {name: each["work_pool_name"] for name, each in by_command.items()} == {
        each.name: each.pool for each in deployments([])
    }
    every_s = {60.0, 300.0, 900.0, 86_400.0}
    assert {each["every"][0] for each in by_command.values()} == {(True, seconds) for seconds in every_s}
    for name in by_command:
        # With FastAPI 0.152 Prefect's command fails after it has registered a deployment, where it looks for a hint to
        # print; docs/operate.md says so.
        subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--name", name, "--prefect-file", str(FILE)],
            cwd=ROOT,
            env=site.environment(),
            capture_output=True,
            timeout=240,
            check=False,
        )
    assert made(site) == by_command
    assert made(site, "updated") != registered, "the file's were registered"
