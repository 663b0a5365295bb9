"""Build the source distribution, and the wheel out of it, into dist/ (`make dist`; asks no package index).

The wheel is built from the unpacked source distribution, never from the checkout: so whoever builds it again from what
was published gets the same files, and a file that only lies in the checkout cannot be missed by chance.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.build_web import FILES, VENDOR

ROOT = Path(__file__).resolve().parent.parent


def missing_scripts() -> list[str]:
    """Return the console's scripts of others that `make web` has yet to put in place."""
    return [name for name in FILES.values() if not (VENDOR / name).is_file()]


def build(folder: Path) -> tuple[Path, Path]:
    """Return the source distribution and the wheel, both written into a folder.

    Raises:
        subprocess.CalledProcessError: The build backend refused; what it said is on stderr.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sdist = _backend("sdist", ROOT, folder)
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(sdist) as archive:
            archive.extractall(scratch, filter="data")
        return sdist, _backend("wheel", Path(scratch) / sdist.name.removesuffix(".tar.gz"), folder)


def _backend(target: str, source: Path, folder: Path) -> Path:
    """Ask the build backend, as pip does, in a source tree; it returns the name of the file that it wrote."""
    asked = f"from hatchling.build import build_{target}; print(build_{target}({str(folder.resolve())!r}))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=source, check=True, stdout=subprocess.PIPE, text=True)
    return folder / done.stdout.split()[-1]


def main() -> int:
    """Build both, or say what is missing; return the exit code."""
    if lacking := missing_scripts():
        sys.stderr.write(f"not built: {', '.join(lacking)} in {VENDOR.relative_to(ROOT)}; run make web, then again\n")
        return 1
    for file in build(ROOT / "dist"):
        print(f"{file.relative_to(ROOT)} ({file.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
