"""Flags: why a person should hear a call. `docs/flags.md` lists the codes and a test holds it to them.

raising     all flags of a call, one for each reason
criteria    what answers and sections say
findings    what rules found
figures     what the score, sentiment, recognition and roles say
codes       every code with what it means
flag        makes a flag, and the sentence of a reason
"""

from pipeline.score.flags.codes import CODES
from pipeline.score.flags.raising import raise_flags

__all__ = ["CODES", "raise_flags"]
