"""`earmark coaching` on a scored workspace: topics, plans, sessions, what came of them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from app.cli.coaching import _text_of
from pipeline.errors import ReviewError
from pipeline.load_settings import load_settings
from pipeline.records import Span, User, UserRole
from pipeline.review.coaching import make_item
from pipeline.review.wording import folded
from pipeline.store.audit import entries
from pipeline.store.calls import get_recording, list_calls
from pipeline.store.coaching import put_item
from pipeline.store.database import Store, open_store
from pipeline.store.people import put_user
from tests.app.conftest import Earmark, run_earmark

POOR, GOOD = "tom.becker", "maria.lopez"


@pytest.fixture
def data(workspace: Path, tmp_path: Path) -> Path:
    """A copy of the scored workspace, of its own; others may have looked at it before."""
    folder = tmp_path / "data"
    shutil.copytree(workspace, folder, ignore=shutil.ignore_patterns("prefect*"))
    return folder


def _store(data: Path) -> Store:
    return open_store(load_settings(file=None, flags={"workspace": data}).store_url)


def _ask(data: Path, *arguments: str) -> Any:
    finished = _coaching(data, *arguments, "--json")
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def _coaching(data: Path, *arguments: str) -> CompletedProcess[str]:
    return run_earmark("coaching", *arguments, "--workspace", data)


def _about(data: Path) -> str:
    [line] = [line for line in _ask(data, "topics") if line["agent_id"] == POOR]
    return f"{line['topics'][0]['rubric_id']}/{line['topics'][0]['criterion_id']}"


def _hold(data: Path, *arguments: str) -> Any:
    return _ask(data, "hold", POOR, "--action", "Sum up in one sentence.", "--by", "max", *arguments)


def _acts(data: Path, action: str) -> list[Any]:
    store = _store(data)
    with store.read() as connection:
        found = [entry for entry in entries(connection) if entry.action == action]
    store.close()
    return found


def test_topics_name_who_misses_what_with_the_newest_call(data: Path) -> None:
    lines = _ask(data, "topics", "--agent", POOR)
    [line] = lines
    topic = line["topics"][0]
    assert (line["agent_id"], topic["missed"], topic["assessed"]) == (POOR, 4, 4)
    assert topic["newest"]["call_id"] == topic["call_ids"][0]
    shown = _coaching(data, "topics").stdout
    assert POOR in shown
    assert topic["title"] in shown
    assert topic["newest"]["call_id"] in shown
    unknown = _coaching(data, "topics", "--agent", "tom.beker")
    assert unknown.returncode == 2
    assert POOR in unknown.stderr
    assert _acts(data, "view")


def test_settings_say_what_a_topic_is(data: Path) -> None:
    (data / "earmark.toml").write_text("[coaching]\nlast_calls = 5\nmisses = 5\n")
    assert all(not line["topics"] for line in _ask(data, "topics"))  # each agent has four calls
    (data / "earmark.toml").write_text("[coaching]\nlast_calls = 3\nmisses = 5\n")
    refused = _coaching(data, "topics")
    assert refused.returncode == 1
    assert "nothing could become a topic" in refused.stderr


def test_plan_has_advice_moments_and_an_example_without_a_name(data: Path) -> None:
    shown = _coaching(data, "plan", POOR)
    assert shown.returncode == 0, shown.stderr
    assert "Practise: " in shown.stdout
    assert "earmark calls audio c-" in shown.stdout
    assert "earmark coaching hold" in shown.stderr
    plan = _ask(data, "plan", POOR)
    store = _store(data)
    with store.read() as connection:
        own = {call.call_id for call in list_calls(connection, agent=POOR)}
        others = {call.call_id for call in list_calls(connection, agent=GOOD)}
    store.close()
    assert 1 <= len(plan["topics"]) <= 2
    heard = {moment["call_id"] for topic in plan["topics"] for moment in topic["moments"]}
    assert heard
    assert heard <= own
    assert all(len(topic["moments"]) <= 3 for topic in plan["topics"])
    assert not any(call_id in shown.stdout or call_id in json.dumps(plan) for call_id in others)
    *_, entry = _acts(data, "view")
    assert entry.subject_id == POOR


def test_commands_of_a_plan_write_what_is_to_be_heard(data: Path, tmp_path: Path) -> None:
    shown = _coaching(data, "plan", POOR).stdout
    command = next(line for line in shown.splitlines() if "hear it: " in line).partition("earmark ")[2].split()
    command[-1] = str(tmp_path / "clip.wav")
    heard = run_earmark(*command, "--workspace", data)
    assert heard.returncode == 0, heard.stderr
    assert (tmp_path / "clip.wav").stat().st_size > 1000


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_sheet_is_one_file_that_needs_nothing_else(data: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"tom.{form}"
    _hold(data, "--about", _about(data))
    finished = _coaching(data, "plan", POOR, "--out", str(out))
    assert (finished.returncode, finished.stdout.strip()) == (0, str(out))
    content = out.read_bytes()
    if form == "pdf":
        assert content.startswith(b"%PDF")
    else:
        page = content.decode()
        assert "What to practise" in page
        assert "Sum up in one sentence." in page  # what was agreed on the last time
        assert "http" not in page
        assert GOOD not in page
    *_, entry = _acts(data, "export")
    assert entry.subject_id == POOR
    wrong = _coaching(data, "plan", POOR, "--out", str(tmp_path / "tom.docx"))
    assert wrong.returncode == 2
    assert ".html or .pdf" in wrong.stderr


def test_session_is_held_listed_and_acknowledged_by_its_agent_only(data: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("We heard three endings.")
    about = _about(data)
    held = _hold(data, "--about", about, "--notes", str(notes))
    assert (held["notes"], held["held_by"], held["agent_id"]) == ("We heard three endings.", "max", POOR)
    [listed] = _ask(data, "sessions")
    assert (listed["session"]["session_id"], listed["acknowledgement"]) == (held["session_id"], None)
    store = _store(data)
    with store.begin() as connection:
        for name, agent in (("tom", POOR), ("maria", GOOD)):
            user = User(user_id=f"u-{name}", name=name, display_name=name, role=UserRole.AGENT, agent_id=agent,
                        created_at=datetime(2026, 11, 1, tzinfo=UTC))  # fmt: skip
            put_user(connection, user, folded_name=folded(name), password_hash=None)
    store.close()
    prefix = held["session_id"][:8]
    for stranger in ("maria", "max"):
        refused = _coaching(data, "acknowledge", prefix, "--by", stranger)
        assert refused.returncode == 1
        assert "only the agent" in refused.stderr
    assert _ask(data, "acknowledge", prefix, "--by", "tom")["new"] is True
    assert _ask(data, "acknowledge", prefix, "--by", "tom")["new"] is False
    assert "not yet" not in _coaching(data, "sessions").stdout
    assert len(_acts(data, "acknowledgement")) == 1
    [kept] = _acts(data, "coaching")
    assert "endings" not in str(kept.details)


@pytest.mark.parametrize(
    "notes", ["/nope", "notes-of-tom.txt", "~/notes", "./talk notes", "C:\\notes", "my notes.docx", "tests/tom"]
)
def test_notes_that_name_a_file_which_is_not_there_are_refused(notes: str) -> None:
    with pytest.raises(ReviewError, match="no such file"):
        _text_of(notes)


@pytest.mark.parametrize(
    "notes",
    ["", "n/a", "Tom agrees.", "See call 2.0", "We read notes.txt together.", "Line one\n/ line two", "x" * 5000],
)
def test_notes_that_are_words_are_kept_as_they_are(notes: str) -> None:
    assert _text_of(notes) == notes


def test_mistyped_notes_keep_no_session(data: Path) -> None:
    finished = _coaching(
        data, "hold", POOR, "--about", _about(data), "--action", "x", "--notes", "/nope", "--by", "max"
    )
    assert (finished.returncode, "/nope: no such file" in finished.stderr) == (1, True)
    assert _ask(data, "sessions") == []


def test_what_cannot_be_kept_is_refused_with_what_to_do(data: Path) -> None:
    about = _about(data)
    for arguments, told in (
        (("--about", about[:-1]), f"did you mean {about!r}"),
        ((), "at least one topic"),
        (("--about", about, "--item", "i-none"), "no such coaching item"),
    ):
        refused = _coaching(data, "hold", POOR, "--action", "x", "--by", "max", *arguments)
        assert (refused.returncode, told in refused.stderr) == (1, True), refused.stderr
    themselves = _coaching(data, "hold", POOR, "--action", "x", "--by", POOR, "--about", about)
    assert "nobody coaches themselves" in themselves.stderr
    assert _ask(data, "sessions") == []


def test_effect_says_what_it_cannot_tell(data: Path) -> None:
    held = _hold(data, "--about", _about(data))
    found = _ask(data, "effect", held["session_id"])
    [each] = found["each"]
    assert each["found"]["after"]["assessed"] == 0
    assert each["found"]["change"] is None
    assert each["told"][0].startswith("Too few calls to tell a change")
    assert found["better"] is None
    shown = _coaching(data, "effect")
    assert "nothing can be told" in shown.stdout
    one = _coaching(data, "effect", held["session_id"][:9])
    assert "Too few calls to tell a change" in one.stdout
    assert _coaching(data, "effect", "cs-none").returncode == 1


def test_calls_behind_the_figures_of_a_session_are_listed(data: Path) -> None:
    held = _hold(data, "--about", _about(data))
    found = _ask(data, "effect", held["session_id"], "--calls")
    [each] = found["each"]
    own = [call for call in found["calls"] if call["who"] == "coached"]
    assert len(own) == each["found"]["before"]["assessed"]
    assert {(call["agent_id"], call["side"]) for call in own} == {(POOR, "before")}
    assert sum(call["status"] == "pass" for call in own) == each["found"]["before"]["passed"]
    shown = _coaching(data, "effect", held["session_id"], "--calls")
    assert all(call["call_id"] in shown.stdout for call in own)
    assert own[0]["call_id"] not in _coaching(data, "effect", held["session_id"]).stdout
    assert _coaching(data, "effect", "--calls").returncode == 2


def test_item_is_taken_back_by_its_sender_and_no_session_can_have_it(data: Path) -> None:
    store = _store(data)
    with store.begin() as connection:
        call = get_recording(connection, list_calls(connection, agent=POOR, status="scored")[0].call_id)
        now = datetime.now(UTC)
        item = make_item(call, note="Hear it.", sent_by="ann", now=now, span=Span(start_ms=1000, end_ms=3000))
        put_item(connection, item)
    store.close()
    assert [each["item_id"] for each in _ask(data, "items")] == [item.item_id]
    assert "Hear it." in _coaching(data, "plan", POOR).stdout
    refused = _coaching(data, "withdraw", item.item_id, "--by", "max")
    assert (refused.returncode, "only who sent" in refused.stderr) == (1, True)
    assert _ask(data, "withdraw", item.item_id, "--by", "Ann")["item_id"] == item.item_id
    assert _ask(data, "items") == []
    assert _coaching(data, "withdraw", item.item_id, "--by", "ann").returncode == 1
    late = _coaching(data, "hold", POOR, "--action", "x", "--by", "max", "--item", item.item_id)
    assert "no such coaching item" in late.stderr
    [entry] = _acts(data, "withdrawal")
    assert entry.subject_id == item.call_id


def test_workspace_without_calls_says_what_to_do(tmp_path: Path, earmark: Earmark) -> None:
    finished = earmark("coaching", "topics", "--workspace", tmp_path / "none")
    assert (finished.returncode, "earmark run" in finished.stderr) == (1, True)
