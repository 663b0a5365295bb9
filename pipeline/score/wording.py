"""Numbers and times in the words that reasons use.

Numbers are cut, not rounded: what lies just below an edge must not read as the edge ("10 s; below 10 s earns ...").
"""

from __future__ import annotations

import math
from collections.abc import Sequence

SHOWN_SCALE = 5  # people read sentiment from -5 to +5 (Amazon Connect Contact Lens shows it so), records hold -1 to +1


def percent(share: float) -> str:
    """Return a share in per cent, cut to one decimal: 0.6259 gives ``62.5 %``."""
    return f"{cut(share * 100, 1):g} %"


def listed(names: Sequence[str], conjunction: str = "and") -> str:
    """Return names as a list in words: ``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {conjunction} {names[-1]}"


def measure_name(measure: str) -> str:
    """Return a measure without its unit, in words: ``longest_dead_air_ms`` gives ``longest dead air``."""
    return measure.removesuffix("_ms").replace("_", " ")


def measure_value(measure: str, value: float) -> str:
    """Return a value of a measure with the unit that its name tells."""
    if measure.endswith("_ms"):
        return f"{cut(value / 1000, 1):g} s"
    if measure.endswith("_share"):
        return percent(value)
    return f"{cut(value, 1):g}"


def signed(value: float) -> str:
    """Return a sentiment -1..+1 as people are shown it, -5 to +5, cut: 0.5 gives ``+2.5``, -0.301 ``-1.6``."""
    short = cut(SHOWN_SCALE * value, 1)
    return f"{short:+.1f}" if short else "0.0"


def cut(value: float, decimals: int) -> float:
    """Return the largest number with so many decimals that is not above the value (0.29 * 100 counts as 29)."""
    scale: int = 10**decimals
    return math.floor(round(value * scale, 6)) / scale
