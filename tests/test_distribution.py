"""What is handed on as a release: whole, nothing beside it, and at work on a machine without the checkout."""

from __future__ import annotations

import email
import http.client
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from pipeline.store.migrate import VERSION_TABLE, alembic_config
from tests.scripted_calls import write_batch
from tools.build_web import FILES
from tools.dist import build, missing_scripts

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSION = PROJECT["version"]
PACKAGES = ("app", "flows", "pipeline", "rubrics")
BESIDE_THEM = {
    *("docs", "prefect.yaml", "README.md", "CHANGELOG.md", "pyproject.toml", "PKG-INFO", ".gitignore"),
    *("requirements.lock", "requirements-build.lock", "requirements-torch.lock", "requirements-torch-cpu.lock"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source distribution, and the wheel that was built out of it."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def sdist(built: tuple[Path, Path]) -> dict[str, bytes]:
    """What the source distribution holds, by the name inside its folder."""
    with tarfile.open(built[0]) as archive:
        files = [each for each in archive if not each.isdir()]
        assert all(each.isfile() for each in files)  # a link could lead out of the folder
        assert {each.name.partition("/")[0] for each in files} == {f"earmark-{VERSION}"}
        return {each.name.partition("/")[2]: archive.extractfile(each).read() for each in files}  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def wheel(built: tuple[Path, Path]) -> dict[str, bytes]:
    """What the wheel holds, by name."""
    with zipfile.ZipFile(built[1]) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel: dict[str, bytes]) -> Message:
    """What the wheel says of itself."""
    return email.message_from_bytes(wheel[f"earmark-{VERSION}.dist-info/METADATA"])


def _in_checkout() -> dict[str, bytes]:
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file())
    kept = [file for file in files if file.suffix != ".pyc"]
    return {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in kept}


def test_wheel_out_of_the_sdist_holds_every_file_of_the_packages_and_no_other(wheel: dict[str, bytes]) -> None:
    held = {name: data for name, data in wheel.items() if ".dist-info/" not in name}
    expected = _in_checkout()
    assert sorted(held) == sorted(expected)
    assert [name for name, data in held.items() if data != expected[name]] == []


def test_sdist_holds_packages_docs_and_locks_and_neither_tests_nor_benchmarks(sdist: dict[str, bytes]) -> None:
    assert {name.partition("/")[0] for name in sdist} == {*PACKAGES, *BESIDE_THEM}
    assert [name for name in _in_checkout() if name not in sdist] == []


def test_release_names_no_path_of_the_machine_that_built_it(sdist: dict[str, bytes], wheel: dict[str, bytes]) -> None:
    own = [f"{ROOT}/{package}".encode() for package in (*PACKAGES, "docs", "tests", ".venv")]
    for held in (sdist, wheel):
        assert [name for name, data in held.items() if any(path in data for path in own)] == []


def test_scripts_of_others_are_handed_on_with_their_licences(sdist: dict[str, bytes], wheel: dict[str, bytes]) -> None:
    if missing_scripts():
        reason = "the console's scripts are not built: make web"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    for held in (sdist, wheel):
        vendored = {name.rpartition("/")[2] for name in held if "/static/vendor/" in name}
        assert vendored == set(FILES.values())
        assert b"Redistribution" in held["app/web/static/vendor/wavesurfer.LICENSE.txt"]


def test_metadata_asks_for_what_the_project_asks_for(metadata: Message) -> None:
    asked = metadata.get_all("Requires-Dist", [])
    always = {_canonical(each) for each in asked if "extra ==" not in each}
    assert always == {_canonical(each) for each in PROJECT["dependencies"]}
    assert set(metadata.get_all("Provides-Extra", [])) == set(PROJECT["optional-dependencies"])
    assert metadata["Requires-Python"] == PROJECT["requires-python"]
    assert metadata["Summary"] == PROJECT["description"]


def _canonical(requirement: str) -> tuple[str, frozenset[str]]:
    name, bounds = re.fullmatch(r"([\w.-]+(?:\[[\w,]+\])?)\s*(.*)", requirement).groups()  # type: ignore[union-attr]
    return re.sub(r"[-_.]+", "-", name).lower(), frozenset(bounds.replace(" ", "").split(","))


def test_long_description_stands_by_itself(metadata: Message) -> None:
    text = metadata.get_payload()
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(text).startswith("# Earmark\n")
    links = re.findall(r"\]\(([^)]+)\)", str(text))
    assert [link for link in links if not link.startswith("https://")] == []  # the others lead into the checkout
    assert f"earmark-{VERSION}-py3-none-any.whl" in str(text)


def test_changelog_begins_with_the_version_of_the_project() -> None:
    titles = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    first = re.fullmatch(r"(\d+\.\d+\.\d+) \((unreleased|\d{4}-\d{2}-\d{2})\)", titles[0])
    assert first is not None
    assert first[1] == VERSION


@dataclass(frozen=True)
class Installed:
    """A machine on which only the wheel and what it depends on is installed."""

    bin: Path
    folder: Path

    def run(self, *arguments: str | Path) -> str:
        """Run the installed command in an empty folder; return what it printed."""
        done = subprocess.run(
            [self.bin / "earmark", *arguments],
            cwd=self.folder,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, code: str) -> str:
        """Run a line of Python beside the installed packages."""
        command = [self.bin / "python", "-c", code]
        done = subprocess.run(command, cwd=self.folder, env=_environment(), capture_output=True, text=True, check=True)
        return done.stdout.strip()


def _environment() -> dict[str, str]:
    others = ("EARMARK_", "PREFECT_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)}


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own. A ``.pth`` file lends it the tests' packages, but not the checkout.

    Lines of ``.pth`` files that lie in a lent folder are not read: that is how the checkout is installed there.
    """
    place = tmp_path_factory.mktemp("installed")
    venv.create(place / "venv", symlinks=True)
    python = place / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", built[1]], env=_environment(), check=True)
    libraries = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    lent = next((place / "venv" / "lib").glob("python*/site-packages")) / "lent.pth"
    lent.write_text("\n".join(libraries))
    (place / "empty").mkdir()
    return Installed(bin=python.parent, folder=place / "empty")


def test_installed_wheel_runs_without_the_checkout(installed: Installed) -> None:
    assert installed.run("--version") == f"earmark {VERSION}\n"
    told = "import app, flows, pipeline; print(*(each.__file__ for each in (app, flows, pipeline)))"
    assert all(str(installed.bin.parent) in file for file in installed.python(told).split())
    assert str(ROOT) not in installed.python("import sys; print(sys.path)").replace(str(ROOT / ".venv"), "")
    assert json.loads(installed.run("doctor", "--json"))
    shipped = {file.stem for file in (ROOT / "rubrics").glob("*.yaml")}
    assert {each["id"] for each in json.loads(installed.run("rubrics", "list", "--json"))} == shipped
    installed.run("rubrics", "test")


@pytest.fixture(scope="module")
def workspace(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the installed command has scored four calls."""
    recordings = write_batch(tmp_path_factory.mktemp("recordings"), 4)
    installed.run("run", recordings, "--engine", "scripted")
    return installed.folder / "earmark-data"


def test_installed_wheel_makes_the_database_scores_calls_and_writes_reports(
    installed: Installed, workspace: Path
) -> None:
    calls = json.loads(installed.run("calls", "list", "--json"))
    assert len(calls) == 4
    assert (workspace / "reports" / "index.html").is_file()
    database = sqlite3.connect(workspace / "earmark.db")
    found = database.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()
    database.close()
    assert found == (ScriptDirectory.from_config(alembic_config()).get_current_head(),)


@pytest.fixture
def console(installed: Installed, workspace: Path) -> Iterator[int]:
    """The port of the installed console, which listens before it tells its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [installed.bin / "earmark", "serve", "--port", str(port), "--workspace", workspace]
    with subprocess.Popen(
        command, cwd=installed.folder, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            assert f"http://127.0.0.1:{port}" in server.stdout.readline()
            yield port
        finally:
            server.terminate()
            server.communicate(timeout=60)


def test_installed_console_answers_with_its_page_and_all_that_it_loads(console: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", console, timeout=60)

    def answer(path: str) -> tuple[int, str, bytes]:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.headers.get("location", ""), response.read()

    status, elsewhere, _ = answer("/")
    assert (status, elsewhere.partition("?")[0]) == (303, "/sign-in")
    status, _, page = answer("/sign-in")
    assert status == 200
    loaded = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode()))
    assert any(".css" in each for each in loaded)
    assert {path: answer(path)[0] for path in loaded} == dict.fromkeys(loaded, 200)
    connection.close()
