"""Write the hash-checked lock files from pyproject.toml (`make lock`; needs `uv` on the PATH).

Four files, because pip installs them one after the other with `--no-deps --require-hashes`:

- requirements-build.lock: what builds a source distribution, so that pip asks the index for nothing unchecked;
- requirements-torch-cpu.lock: torch's CPU build, which pip finds only where an index or folder offers it;
- requirements-torch.lock: otherwise, torch's build from the package index and the libraries it loads at import;
- requirements.lock: everything else, for every platform and Python that pyproject.toml allows.

The CPU build has a file of its own because pip prefers a file whose hash the index announces: with both hashes in one
entry it would take the index's build, and gigabytes of CUDA libraries with it, even where the CPU build lies at hand.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD_PACKAGES = frozenset(
    {"hatchling", "editables", "setuptools", "wheel", "packaging", "pathspec", "pluggy", "trove-classifiers"}
)
TORCH_PACKAGES = re.compile(r"(torch$|nvidia-|cuda-|triton$)")
# Packages that are reached only through others whose data we use and whose code we do not import are listed in
# unused-packages.txt with a marker that never holds, so that they and what they need stay out.
# sha256 of torch's CPU wheels (the index does not list them, so uv cannot).
TORCH_CPU_WHEELS_SHA256 = {
    "2.13.0": ["6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"],  # CPython 3.11, Linux x86_64
}

HEADER = "# Made by `make lock` from pyproject.toml; install with `pip install --no-deps --require-hashes -r`.\n"


def resolve() -> str:
    """Return uv's universal resolution of every dependency, with hashes, as requirements text."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--extra", "dev", "--universal", "--python-version", "3.11"]
    command += ["--override", str(ROOT / "tools" / "unused-packages.txt")]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def blocks(requirements: str) -> list[tuple[str, str]]:
    """Split requirements text into (package name, its lines with hashes)."""
    parts = re.split(r"(?m)^(?=[A-Za-z0-9])", requirements)
    return [(re.match(r"[A-Za-z0-9._-]+", part).group(), part) for part in parts if part.strip()]  # type: ignore[union-attr]


def torch_cpu(block: str) -> str:
    """Return the requirement of torch's CPU build at the version of torch's resolved entry."""
    version = re.match(r"torch==([0-9.]+)", block).group(1)  # type: ignore[union-attr]
    digests = TORCH_CPU_WHEELS_SHA256[version]
    return f"torch=={version}+cpu" + "".join(f" \\\n    --hash=sha256:{digest}" for digest in digests) + "\n"


def main() -> int:
    """Write the lock files; return the exit code."""
    files: dict[str, list[str]] = {f"requirements{part}.lock": [] for part in ("-build", "-torch-cpu", "-torch", "")}
    for name, block in blocks(resolve()):
        if name in BUILD_PACKAGES:
            target = "requirements-build.lock"
        elif TORCH_PACKAGES.match(name):
            target = "requirements-torch.lock"
        else:
            target = "requirements.lock"
        files[target].append(block)
        if name == "torch":
            files["requirements-torch-cpu.lock"].append(torch_cpu(block))
    for file_name, entries in files.items():
        (ROOT / file_name).write_text(HEADER + "".join(entries))
        print(f"{file_name}: {len(entries)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
