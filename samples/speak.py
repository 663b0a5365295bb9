"""Speaks the sample calls: `python samples/speak.py [SCRIPT ...]`. See samples/README.md for what it needs."""

import argparse
import sys
import tempfile
from pathlib import Path

from speaker.encode import look, write, write_damaged
from speaker.mix import Mix, mix
from speaker.outputs import write_metadata, write_truth
from speaker.script import ScriptError, load_scripts
from speaker.voices import Synthesiser, load_voices

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Writes the recordings, their metadata and the truth about them.

    Returns:
        0 when every call was written, 2 when a script is wrong or unknown.
    """
    parser = argparse.ArgumentParser(description="Speak the sample calls.")
    parser.add_argument("scripts", nargs="*", help="names of scripts, such as 01-lost-card (default: all of them)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "earmark-sample-speech",
        help="where spoken utterances are kept between runs (default: %(default)s)",
    )
    wanted = parser.parse_args()
    try:
        scripts = load_scripts(HERE / "scripts")
    except ScriptError as error:
        print(error, file=sys.stderr)
        return 2
    unknown = set(wanted.scripts) - {script.name for script in scripts}
    if unknown:
        print(f"no such script: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2

    audio = HERE / "audio"
    audio.mkdir(exist_ok=True)
    voices = load_voices(HERE / "voices.yaml")
    synthesiser = Synthesiser(wanted.cache)
    mixes: dict[str, Mix] = {}
    for script in scripts:
        if wanted.scripts and script.name not in wanted.scripts:
            continue
        path = audio / script.file
        if script.codec == "damaged":
            write_damaged(path)
            continue
        mixes[script.name] = mix(script, voices, synthesiser)
        write(path, mixes[script.name], script.codec)
        codec, channels, duration_ms = look(path)
        size = path.stat().st_size / 1000
        print(f"{path.name}: {codec}, {channels} channel(s), {duration_ms / 1000:.1f} s, {size:.0f} kB", flush=True)
    write_metadata(scripts, audio)
    write_truth(scripts, mixes, HERE / "truth.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
