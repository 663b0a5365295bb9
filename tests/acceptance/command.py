"""The installed command as somebody at a terminal or a script sees it: exit status, two streams, files."""

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
AUDIO = SAMPLES / "audio"
REAL_CALLS = ROOT.parent / "shared" / "audio" / "hvb_callcenter"

ESCAPE = "\x1b"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one command left behind."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float

    def ok(self) -> "Result":
        """Assert success without any noise that a user must not see."""
        assert self.code == 0, f"{' '.join(self.command)}\nexit {self.code}\n{self.out}\n{self.err}"
        self.assert_quiet()
        return self

    def assert_quiet(self) -> None:
        """No stack trace, no warning noise, no terminal codes."""
        both = self.out + self.err
        for noise in ("Traceback (most recent call last)", "CancelledError", "DeprecationWarning", "UserWarning"):
            assert noise not in both, f"{' '.join(self.command)}: {noise}\n{both}"
        assert ESCAPE not in both, f"{' '.join(self.command)}: escape codes outside a terminal\n{both!r}"

    def json(self) -> Any:
        """Standard output as JSON, which must be all that it holds."""
        self.ok()
        return json.loads(self.out)

    def refused(self) -> str:
        """Assert that the command refused: status 1 or 2, one message, nothing else; returns the message."""
        where = f"{' '.join(self.command)}\nexit {self.code}\nout: {self.out}\nerr: {self.err}"
        assert self.code in {1, 2}, where
        assert "Traceback" not in self.out + self.err, where
        assert not re.search(r'File "[^"]+\.py", line \d+', self.out + self.err), where
        assert self.out.strip() == "", where
        assert self.err.strip(), where
        assert ESCAPE not in self.err, where
        paragraphs = [part for part in re.split(r"\n\s*\n", self.err.strip()) if part.strip()]
        assert len(paragraphs) <= 2, where
        return self.err


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment as a newcomer's: no settings of ours or Prefect's, none that change the terminal."""
    unwanted = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "PYTHONWARNINGS"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("EARMARK_", "PREFECT_", "PYTEST_")) and name not in unwanted
    }
    return kept | dict(extra or {})


def command_line(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "app.cli.main", *map(str, arguments)]


def earmark(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, timeout_s: float = 300) -> Result:
    """Run the command in `cwd`, a folder of the test's own, so that no settings file is found by chance."""
    begun = time.monotonic()
    done = subprocess.run(
        command_line(*arguments),
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Result(
        command=("earmark", *map(str, arguments)),
        code=done.returncode,
        out=done.stdout,
        err=done.stderr,
        seconds=time.monotonic() - begun,
    )


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A workspace that was filled once, with what the filling said."""

    path: Path
    home: Path  # the folder that commands run in
    run: Result

    def ask(self, *arguments: str | Path, timeout_s: float = 120) -> Result:
        return earmark(*arguments, "--workspace", self.path, cwd=self.home, timeout_s=timeout_s)

    def calls(self, *arguments: str) -> list[dict[str, Any]]:
        rows = self.ask("calls", "list", "--json", *arguments).json()
        assert isinstance(rows, list)
        return rows

    def show(self, call_id: str) -> dict[str, Any]:
        shown = self.ask("calls", "show", call_id, "--json").json()
        assert isinstance(shown, dict)
        return shown


def gather(workspace: Workspace, commands: Sequence[Sequence[str | Path]]) -> list[Result]:
    """Run commands that only read, two at a time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda words: workspace.ask(*words), commands))


def show_all(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every scored call by the name of its recording."""
    scored = [row for row in rows if row["status"] == "scored"]
    results = gather(workspace, [("calls", "show", row["call_id"], "--json") for row in scored])
    return {Path(row["media_uri"]).name: result.json() for row, result in zip(scored, results, strict=True)}


def words_of(text: str) -> list[str]:
    """Words for comparing: lower case, letters and digits only."""
    return re.findall(r"[a-z0-9']+", text.lower())


def overlap(said: Sequence[str], heard: Sequence[str]) -> float:
    """Share of the words `said` that are among those `heard`, each counted as often as it occurs."""
    rest = list(heard)
    found = 0
    for word in said:
        if word in rest:
            rest.remove(word)
            found += 1
    return found / len(said) if said else 1.0


def walk(value: Any) -> Iterator[Any]:
    """Every value within a JSON document, itself included."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from walk(part)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def external_references(html: str) -> list[str]:
    """What a page would fetch from elsewhere when it is opened."""
    fetching = (
        r"<script[^>]+src\s*=",
        r"<link[^>]+(?:stylesheet|preload|icon)[^>]*href\s*=\s*[\"'](?!data:)",
        r"<(?:img|audio|video|source|iframe|embed|object)[^>]+(?:src|data)\s*=\s*[\"'](?!data:)",
        r"@import\b",
        r"url\(\s*[\"']?(?!data:|#)[a-z./]",
        r"\b(?:href|src)\s*=\s*[\"'](?:https?:)?//",
    )
    return [match.group(0) for pattern in fetching for match in re.finditer(pattern, html, re.IGNORECASE)]
