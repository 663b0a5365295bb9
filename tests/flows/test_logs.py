"""JSON logs: what happened, by id, and nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.logs import JsonLines, log_progress, write_logs
from pipeline.logs import FIELDS, LOGGER, log_event
from tests.app.conftest import run_earmark
from tests.scripted_calls import write_call

MARKER = "purple elephants sing"
REFERENCE = "C-4471-982"
PHONE = "+49-170-5550123"
LINES = (
    ("agent", "Thank you for calling Harbour Bank, my name is Maria."),
    ("customer", f"Hello, {MARKER} and my number is 4111 1111 1111 1111."),
)


@pytest.fixture
def loggers() -> Iterator[None]:
    """The loggers as they were before."""
    kept = [(logging.getLogger(name), *vars(logging.getLogger(name)).values()) for name in (LOGGER, "uvicorn")]
    before = {each[0].name: (each[0].handlers, each[0].level, each[0].propagate) for each in kept}
    yield
    for name, (handlers, level, propagate) in before.items():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def lines_of(told: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.splitlines()]


def test_a_run_tells_what_it_did_by_ids_only(tmp_path: Path) -> None:
    folder = tmp_path / f"calls of {PHONE}"
    write_call(folder, f"2026-10-14T10-22-31_GUID_7f3a_AGENT_maria.lopez_CUST_{REFERENCE}_", LINES, seed=1)
    write_call(folder, f"no-transcript-{PHONE}", seed=2, scripted=False)
    (folder / f"damaged-{REFERENCE}.wav").write_bytes(b"RIFF\x00\x00no sound in here")
    settings = tmp_path / "earmark.toml"
    settings.write_text('[intake]\nsite_timezone = "UTC"\n[run]\nretry_delay_s = 0\n')
    options = ("--engine", "scripted", "--workspace", tmp_path / "data", "--config", settings, "--log-format", "json")
    finished = run_earmark("run", folder, *options)
    assert finished.returncode == 0, finished.stderr
    lines = lines_of(finished.stderr)
    by_event: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        by_event.setdefault(line["event"], []).append(line)
    assert len(by_event["file_taken_in"]) == 2
    (held_back,) = by_event["file_held_back"]
    assert "unreadable" in held_back["codes"]
    assert held_back["file_id"].startswith("f-")
    (scored,) = by_event["call_scored"]
    (failed,) = by_event["call_failed"]
    attempts = [line["error"] for line in by_event["call_attempt_failed"] if line["call_id"] == failed["call_id"]]
    assert {scored["call_id"], failed["call_id"]} == {line["call_id"] for line in by_event["file_taken_in"]}
    assert attempts == ["EngineError"]
    assert scored["steps"][0] == "transcript"
    assert scored["steps"][-1] == "score"
    steps = {line["step"] for line in by_event["step_done"] if line["call_id"] == scored["call_id"]}
    assert steps >= {"transcript", "sentiment", "measures", "findings"}
    assert by_event["run_finished"][0] | {"time": "", "duration_ms": 0, "worker": ""} == {
        "time": "", "level": "info", "event": "run_finished", "worker": "", "duration_ms": 0,
        "taken_in": 2, "rejected": 1, "processed": 1, "unchanged": 0, "failed": 1,
    }  # fmt: skip
    for secret in (MARKER, "elephant", REFERENCE, PHONE, "5550123", "4111", "maria", str(folder), "damaged-"):
        assert secret not in finished.stderr
    log = (tmp_path / "data" / "prefect" / "server.log").read_text()
    assert MARKER not in log


def test_a_line_has_time_level_event_and_worker() -> None:
    record = logging.LogRecord("earmark.work", logging.INFO, __file__, 1, "call_scored", None, None)
    record.created = datetime(2026, 11, 2, 8, 0, 0, 123000, tzinfo=UTC).timestamp()
    record.call_id, record.duration_ms, record.steps = "c-1", 42, ["transcript"]
    line = json.loads(JsonLines().format(record))
    assert list(line) == ["time", "level", "event", "worker", "call_id", "steps", "duration_ms"]
    assert (line["time"], line["level"]) == ("2026-11-02T08:00:00.123Z", "info")
    assert line["event"] == "call_scored"
    assert line["call_id"] == "c-1"


@pytest.mark.parametrize("name", ["earmark", "earmark.web", "uvicorn.error"])
def test_a_line_holds_what_others_write_as_a_message(name: str) -> None:
    record = logging.LogRecord(name, logging.WARNING, __file__, 1, "%s: again", ("search",), None)
    line = json.loads(JsonLines().format(record))
    assert (line["event"], line["message"]) == ("message", "search: again")


def test_a_line_leaves_out_what_is_no_field_and_what_an_exception_says() -> None:
    try:
        raise ValueError(MARKER)
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("earmark.web", logging.WARNING, __file__, 1, "search: %s", ("again",), info)
    record.customer_ref = REFERENCE
    told = JsonLines().format(record)
    assert MARKER not in told
    assert REFERENCE not in told
    line = json.loads(told)
    assert (line["event"], line["message"], line["error"]) == ("message", "search: again", "ValueError")


def test_logs_as_text_change_nothing(loggers: None, capfd: pytest.CaptureFixture[str]) -> None:
    handlers = logging.getLogger(LOGGER).handlers
    write_logs("text")
    log_event("call_scored", call_id="c-1")
    assert logging.getLogger(LOGGER).handlers == handlers
    assert capfd.readouterr().err == ""


def test_logs_are_written_once_however_often_they_are_asked_for(
    loggers: None, capfd: pytest.CaptureFixture[str]
) -> None:
    write_logs("json")
    write_logs("json")
    log_event("call_scored", call_id="c-1", step=None)
    report = log_progress()
    report("found", "3")
    report("taken_in", f"/calls/{PHONE}.wav")
    report("source_away", f"/calls/{PHONE} is away")
    written = capfd.readouterr().err
    scored, found, away = lines_of(written)
    assert (scored["event"], scored["call_id"]) == ("call_scored", "c-1")
    assert "step" not in scored
    assert (found["event"], found["count"]) == ("files_found", 3)
    assert away["event"] == "source_away"
    assert PHONE not in written


def test_every_field_is_in_the_page() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    listed = page.split("## Logs")[1].split("\n## ")[0]
    assert [name for name in FIELDS if f"`{name}`" not in listed] == []
