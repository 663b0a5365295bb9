"""`earmark status` as somebody types it, on a workspace of whatever age."""

from __future__ import annotations

import fcntl
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from app.cli.main import build, tell
from pipeline.store.claim_tables import call_claims
from pipeline.store.database import open_store
from pipeline.store.failures import put_failure
from pipeline.store.tables import recordings
from pipeline.watching.span import span
from tests.store.builders import rejected, score, scored, taken_in

app = build("status")


def invoke(*arguments: str | Path) -> tuple[int, str]:
    """Run the command in this process; returns exit code, and all that was printed or raised."""
    result = CliRunner().invoke(app, ["status", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, Exception)
        return tell(result.exception), str(result.exception)
    return result.exit_code, result.output


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """However full the disk of the tests is."""
    monkeypatch.setenv("EARMARK_ALERTS__FREE_DISK_GB", "0")


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """A workspace with one call of each kind; what waits has waited for three hours."""
    now = datetime.now(UTC)
    store = open_store(f"sqlite:///{tmp_path / 'earmark.db'}")
    with store.begin() as connection:
        for call_id in ("c-waiting", "c-scored", "c-failed"):
            taken_in(connection, call_id, sha256=call_id, duration_ms=3_600_000)
        connection.execute(recordings.update().values(added_at=now - timedelta(hours=3)))
        connection.execute(call_claims.update().values(waiting_since=now - timedelta(hours=3), backfill=False))
        scored(connection, score("c-scored", "s-1"), now=now - timedelta(minutes=30))
        put_failure(connection, "c-failed", step="process", reason="the disk is full", now=now)
        rejected(connection)
    store.close()
    return tmp_path


def test_status_says_on_one_screen_how_the_work_goes(busy: Path) -> None:
    code, told = invoke("--workspace", busy)
    assert code == 0
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "Waiting 1 call: 1 fresh, the oldest for 3 h 00 min; 0 of backfill" in lines
    assert "Running no calls" in lines
    assert any(line.startswith("Backlog 1.0 h of audio, about 30 min at the rate of the last hour") for line in lines)
    assert "Failed 1 call" in lines
    assert "1 × the disk is full" in lines
    assert "Held back 1 file: unreadable 1" in lines
    assert "scored 1 1" in lines
    assert "taken in 0 3" in lines
    assert "from taken in to score 2 h 30 min / 2 h 30 min 2 h 30 min / 2 h 30 min" in lines
    assert any(line.startswith("Attention a fresh call has waited for 3 h 00 min") for line in lines)
    assert len(lines) <= 24


def test_status_tells_programs_the_same(busy: Path) -> None:
    code, told = invoke("--workspace", busy, "--json")
    data = json.loads(told)
    assert code == 0
    assert data["waiting"]["calls"] == 1
    assert data["backlog"]["audio_s"] == 3600
    assert data["backlog"]["remaining_s"] // 60 == 30
    assert data["running"] == {"calls": 0, "workers": []}
    assert data["waiting"]["queue_age_s"] // 60 == 180
    assert data["failed"] == {"calls": 1, "reasons": [{"kind": "the disk is full", "count": 1}]}
    assert data["held_back"] == {"files": 1, "codes": [{"kind": "unreadable", "count": 1}]}
    assert data["last_hour"]["scored"] == data["last_24_hours"]["scored"] == 1
    assert data["run_at_work"] is False
    assert [each["code"] for each in data["attention"]] == ["queue_old"]


def test_status_checks_for_whoever_asks(busy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoke("--workspace", busy, "--check")[0] == 1
    monkeypatch.setenv("EARMARK_ALERTS__QUEUE_AGE_MINUTES", "600")
    code, told = invoke("--workspace", busy, "--check")
    assert (code, "nothing needs it" in told) == (0, True)


def test_status_sees_a_run_at_work(busy: Path) -> None:
    (busy / "prefect").mkdir()
    with (busy / "prefect" / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert json.loads(invoke("--workspace", busy, "--json")[1])["run_at_work"] is True
    assert json.loads(invoke("--workspace", busy, "--json")[1])["run_at_work"] is False


def test_status_does_not_guess_how_long_it_takes(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'earmark.db'}")
    with store.begin() as connection:
        taken_in(connection, "c-1")
    store.close()
    told = " ".join(invoke("--workspace", tmp_path)[1].split())
    assert "how long that takes is unknown: no call was scored in the last 24 hours" in told
    assert json.loads(invoke("--workspace", tmp_path, "--json")[1])["backlog"]["remaining_s"] is None


def test_status_prints_metrics_for_node_exporter(busy: Path) -> None:
    code, told = invoke("--workspace", busy, "--prometheus")
    families = text_string_to_metric_families(told)
    found = {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}
    assert code == 0
    assert found["earmark_database_up",] == 1
    assert (found["earmark_calls_waiting", "fresh"], found["earmark_backlog_audio_seconds",]) == (1, 3600)
    assert (found["earmark_attention", "queue_old"], found["earmark_attention", "disk_low"]) == (1, 0)
    assert found["earmark_recent_lag_seconds", "0.5", "taken_in", "1h"] == pytest.approx(2.5 * 3600, abs=1)
    assert "c-waiting" not in told
    assert "disk is full" not in told


def test_status_prints_that_the_database_is_gone(tmp_path: Path) -> None:
    code, told = invoke("--workspace", tmp_path, "--prometheus")
    assert code == 1
    assert "earmark_database_up 0.0" in told
    assert "earmark_calls_waiting" not in told


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 1, "nothing has been run"),
        (["--json", "--prometheus"], 2, "cannot be had together"),
    ],
)
def test_status_says_what_cannot_be(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    found, told = invoke("--workspace", tmp_path, *arguments)
    assert (found, said in told) == (code, True)


def test_status_watches_on_a_terminal_only(busy: Path) -> None:
    code, told = invoke("--workspace", busy, "--watch")
    assert (code, "needs a terminal" in told) == (2, True)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3599, "1 h 00 min"),
        (47.99 * 3600, "47 h 59 min"),
        (100 * 3600, "4 days 4 h"),
    ],
)
def test_span_tells_two_units(seconds: float | None, said: str) -> None:
    assert span(seconds) == said
