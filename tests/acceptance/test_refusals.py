"""Slips of the pen: exit status 1 or 2, one message that names what is wrong, nothing on standard output."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.acceptance.command import AUDIO, Result, Workspace, earmark
from tests.acceptance.recordings import conversation, transcript

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

GOOD = str(AUDIO / "09-no-guarantee.wav")

# name: (arguments, what the message must hold)
SLIPS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "unknown command": (("lst",), "lst"),
    "unknown option": (("calls", "list", "--jsn"), "--jsn"),
    "unknown status": (("calls", "list", "--status", "lost"), "lost"),
    "unknown call": (("calls", "show", "c-none", "--json"), "c-none"),
    "run on a path that is not there": (("run", "not/there"), "not/there"),
    "run with an unknown engine": (("run", GOOD, "--engine", "wisper"), "faster-whisper"),
    "run with an unknown model": (("run", GOOD, "--model", "bas"), "bas"),
    "run with an unknown rubric": (("run", GOOD, "--rubric", "bank-suport"), "bank-support"),
    "run with a settings file that is not there": (("run", GOOD, "--config", "no.toml"), "no.toml"),
    "run with an unknown setting": (("run", GOOD, "--config", "unknown.toml"), "site_timezone"),
    "run with an unknown zone": (("run", GOOD, "--config", "zone.toml"), "Amerika/New_York"),
    "transcribe a file that is not there": (("transcribe", "no.wav", "--json"), "no.wav"),
    "transcribe a text": (("transcribe", "call.json", "--json"), "call.json"),
    "transcribe with an unknown engine": (("transcribe", GOOD, "--engine", "wisper"), "faster-whisper"),
    "transcribe to an unknown format": (("transcribe", GOOD, "--format", "doc"), "doc"),
    "score a file that is not there": (("score", "no.json", "--rubric", "general", "--json"), "no.json"),
    "score with an unknown rubric": (("score", "call.json", "--rubric", "bank-suport"), "bank-support"),
    "score with a rubric file that is not there": (("score", "call.json", "--rubric", "no.yaml"), "no.yaml"),
    "export to an unknown format": (("scorecards", "export", "--format", "pdx", "--out", "x"), "pdx"),
    "export from no date": (("scorecards", "export", "--from", "soon", "--out", "x"), "soon"),
    "a workspace that is a file": (("calls", "list", "--workspace", "call.json", "--json"), "call.json"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slips")


@pytest.fixture(scope="module")
def refused(scripted: Workspace, home: Path) -> dict[str, Result]:
    """All slips at once, two at a time, in a workspace that holds calls."""
    said = conversation(("agent", "Hello, how can I help?"), ("customer", "Not at all, thank you."))
    (home / "call.json").write_text(json.dumps(transcript(said)))
    (home / "unknown.toml").write_text('[intake]\nsite_timezon = "UTC"\n')
    (home / "zone.toml").write_text('[intake]\nsite_timezone = "Amerika/New_York"\n')

    def slip(name: str) -> Result:
        arguments = list(SLIPS[name][0])
        takes_workspace = len(arguments) > 1 and "--workspace" not in arguments
        workspace = home / "workspace" if arguments[0] == "run" else scripted.path
        where = ("--workspace", workspace) if takes_workspace else ()
        return earmark(*arguments, *where, cwd=home)

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(SLIPS, pool.map(slip, SLIPS), strict=True))


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_refused_with_one_message(refused: dict[str, Result], name: str) -> None:
    message = refused[name].refused()
    assert SLIPS[name][1] in " ".join(message.split()), message


def test_nothing_was_made_by_a_slip(refused: dict[str, Result], scripted: Workspace, home: Path) -> None:
    assert len(refused) == len(SLIPS)
    made = {path.name for path in home.iterdir()} - {"call.json", "unknown.toml", "zone.toml"}
    assert made <= {"workspace"}
    assert not list(home.rglob("*.html")), "no report of a run that was refused"
    assert len(scripted.calls()) == 8


def test_a_rubric_that_is_not_there_is_a_problem_found(tmp_path: Path) -> None:
    done = earmark("rubrics", "check", "no.yaml", cwd=tmp_path)
    assert done.code in {1, 2}
    done.assert_quiet()
    assert "no.yaml" in done.out + done.err


def test_a_workspace_in_which_nothing_was_run_is_no_crash(tmp_path: Path) -> None:
    done = earmark("calls", "list", "--workspace", "fresh", "--json", cwd=tmp_path)
    if done.code == 0:
        assert done.json() == []
    else:
        assert "fresh" in done.refused()
    assert not (tmp_path / "fresh").exists(), "reading makes nothing"
