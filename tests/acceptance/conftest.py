"""Workspaces that many tests read, each filled once."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import recordings
from tests.acceptance.command import AUDIO, REAL_CALLS, SAMPLES, Workspace, earmark, show_all

Show = dict[str, Any]


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample calls after one run with speech recognition, as in `make demo`."""
    home = tmp_path_factory.mktemp("samples")
    path = home / "workspace"
    run = earmark("run", AUDIO, "--config", SAMPLES / "earmark.toml", "--workspace", path, cwd=home, timeout_s=1500)
    return Workspace(path=path, home=home, run=run)


@pytest.fixture(scope="session")
def sample_rows(samples: Workspace) -> list[dict[str, Any]]:
    samples.run.ok()
    return samples.calls()


@pytest.fixture(scope="session")
def sample_shows(samples: Workspace, sample_rows: list[dict[str, Any]]) -> dict[str, Show]:
    """`calls show --json` of every scored sample call, by the name of its script."""
    stems = {call["file"]: stem for stem, call in recordings.truth().items()}
    return {stems[name]: show for name, show in show_all(samples, sample_rows).items()}


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The six real calls after one run, without any settings."""
    if not (REAL_CALLS / "stereo").is_dir():
        pytest.skip(f"no real recordings in {REAL_CALLS}")
    home = tmp_path_factory.mktemp("real")
    path = home / "workspace"
    run = earmark("run", REAL_CALLS / "stereo", "--workspace", path, cwd=home, timeout_s=1200)
    return Workspace(path=path, home=home, run=run)


SCRIPTED_STEMS = ("01-lost-card", "06-collections-threat", "07-card-number", "09-no-guarantee", "12-supervisor",
                  "14-dead-air")  # fmt: skip


@pytest.fixture(scope="session")
def scripted_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six sample calls with their true transcripts beside them, two of the files that cannot be used, a manifest."""
    folder = tmp_path_factory.mktemp("scripted") / "calls"
    folder.mkdir()
    for stem in SCRIPTED_STEMS:
        recording = Path(shutil.copy(AUDIO / recordings.truth()[stem]["file"], folder))
        recordings.script_beside(recording, recordings.true_transcript(stem))
    for name in ("manifest.csv", "21-damaged.wav", recordings.truth()["22-impossible-date"]["file"]):
        shutil.copy(AUDIO / name, folder)
    shutil.copy(AUDIO / "09-no-guarantee.json", folder)
    return folder


@pytest.fixture(scope="session")
def scripted(tmp_path_factory: pytest.TempPathFactory, scripted_folder: Path) -> Workspace:
    """The scripted calls after one run that nobody disturbed."""
    home = tmp_path_factory.mktemp("undisturbed")
    path = home / "workspace"
    run = earmark(
        "run", scripted_folder, "--engine", "scripted", "--config", SAMPLES / "earmark.toml", "--workspace", path,
        cwd=home,
    )  # fmt: skip
    return Workspace(path=path, home=home, run=run)
