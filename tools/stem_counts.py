"""Count in how many sentences of service talk each stem occurs, for `pipeline.compliance.stems`.

Run it after a change of the sentences.

Usage: python tools/stem_counts.py
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from pipeline.compliance.stems import COUNTS, stems_of

SENTENCES = Path("pipeline/sentiment/data/sentences.jsonl")
MIN_COUNT = 2


def main() -> None:
    """Write the counts; stems of one sentence are left out."""
    texts = [json.loads(line)["text"] for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    counts = Counter(stem for text in texts for stem in stems_of(text))
    kept = {stem: count for stem, count in sorted(counts.items()) if count >= MIN_COUNT}
    COUNTS.write_text(json.dumps({"sentences": len(texts), "stems": kept}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
