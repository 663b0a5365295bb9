"""How often swapped names, pronouns and forms of address move anything in the sample calls' scripts.

    python -m benchmarks.counterfactual [--seeds 3]

Scores each script's words with the shipped rules, rubrics and sentiment engine, swaps words, and scores again; exit
code 1 where a score or an answer moved. What the sentiment engine says of single passages is told beside it.
docs/fairness.md has the figures.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.config import Settings
from pipeline.counterfactual.movements import Movement
from pipeline.counterfactual.one_call import CallAsHeard, counterfactual
from pipeline.counterfactual.report import add_up
from pipeline.detectors import Detectors, assemble_detectors
from pipeline.privacy.redact import redact
from pipeline.records import Rubric
from pipeline.score.rubrics import choose_rubric, load_rubrics
from tests.factories import recording, transcript

SCRIPTS = Path(__file__).resolve().parent.parent / "samples" / "scripts"


def scripts() -> dict[str, dict[str, Any]]:
    """Return the scripts that have words, by name."""
    read = {path.stem: YAML(typ="safe").load(path.read_text()) for path in sorted(SCRIPTS.glob("*.yaml"))}
    return {name: script for name, script in read.items() if script.get("turns")}


def movements_of(
    name: str, script: dict[str, Any], parts: tuple[Detectors, tuple[Rubric, ...]], seed: int
) -> list[Movement]:
    """Return what swapped words do to one script."""
    detectors, rubrics = parts
    lines = [(turn["speaker"], turn["words"]) for turn in script["turns"] if turn.get("words")]
    heard = redact(transcript(*lines, redacted=False, call_id=name), detectors.settings.privacy)
    call = recording(call_id=name, **{key: script.get(key) for key in ("queue", "team", "direction")})
    rubric = choose_rubric(rubrics, call, detectors.settings.score, language="en")
    return list(counterfactual(CallAsHeard(recording=call, transcript=heard), rubric, detectors, seed=seed))


def main() -> int:
    """Print a table of what moved."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    settings = Settings()
    parts = assemble_detectors(settings), load_rubrics(settings.score.rubrics_dir)
    known = scripts()
    found = [
        move for seed in seeds for name, script in known.items() for move in movements_of(name, script, parts, seed)
    ]
    report = add_up(found, seed=0, sampled=len(known), left_out=Counter())
    columns = ("swapped", "calls", "scores moved", "answers moved", "rules", "passages", "sound otherwise", "customer")
    print("| " + " | ".join(columns) + " |\n|---|" + "---|" * (len(columns) - 1))
    for change in report.changes:
        figures = (change.calls, change.scores_moved, change.answers_moved, change.rules_moved, change.readings)
        largest_change = change.largest_customer_change
        customer = "not known" if largest_change is None else f"{largest_change:.3f}"
        print("| " + " | ".join(map(str, (change.change, *figures, change.relabelled, customer))) + " |")
    customers = sum(bool(move.customer_sentiment_change) for move in found)
    largest = max((move.largest_reading_change for move in found), default=0.0)
    print(f"\n{len(known)} scripts, {len(seeds)} draws of names, {len(found)} swaps.")
    print(f"The customer's overall sentiment moved in {customers}; of one passage by {largest:.3f} at most (-1..+1).")
    return int(report.moved)


if __name__ == "__main__":
    raise SystemExit(main())
