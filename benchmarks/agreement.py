"""What calibration and intervals are worth, on made answers: ``python -m benchmarks.agreement``, into AGREEMENT.md.

Made machines have confidences and chances of being right that are known, so that what was learnt of some reviewed
answers can be held against the truth. There are no calls in this. It takes a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.agreement import thresholds
from pipeline.agreement.calibrators import calibrated, fit, method_for
from pipeline.agreement.coefficients import Tables, cohen_kappa, gwet_ac1, nominal_distances
from pipeline.agreement.figures import FEWEST_PAIRS
from pipeline.agreement.resample import RESAMPLES, figure, resampled

REPORT = Path(__file__).resolve().parent / "AGREEMENT.md"
TARGET = 0.1
MISSED_BY = 0.03
ROUNDS = 200
FRESH = 3000
SEED = 7

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """How sure it is, and how often it is right then."""

    says: str
    draw: Callable[[np.random.Generator, int], Numbers]
    chance: Callable[[Numbers], Numbers]


def _overconfident(raw: Numbers) -> Numbers:
    inside = np.clip(raw, 0.001, 0.999)
    return np.asarray(1 / (1 + np.exp(-(1.2 * np.log(inside / (1 - inside)) - 0.8))))


MACHINES = {
    "overconfident": Machine(
        says="90 % sure is 86 % right, 80 % sure is 70 %", draw=lambda g, n: g.beta(8, 1.5, n), chance=_overconfident
    ),
    "underconfident": Machine(
        says="70 % sure is 91 % right", draw=lambda g, n: g.uniform(0.5, 0.9, n), chance=lambda raw: 1 - (1 - raw) ** 2
    ),
    "uninformed": Machine(
        says="80 % right, however sure", draw=lambda g, n: g.beta(6, 2, n), chance=lambda raw: np.full(len(raw), 0.8)
    ),
    "good": Machine(
        says="nine in ten answers are sure and 98.5 % right, the others a guess",
        draw=lambda g, n: np.where(g.random(n) < 0.9, g.uniform(0.8, 1, n), g.uniform(0.3, 0.6, n)),
        chance=lambda raw: np.where(raw > 0.7, 0.985, 0.5),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Found:
    """Of each round, on fresh answers: the share given, how much of it is wrong, and how far off confidence is."""

    given: Numbers
    error: Numbers
    off_before: Numbers
    off_after: Numbers

    @property
    def missed(self) -> float:
        """Share of rounds in which more than three points too many of the given answers are wrong."""
        return float((self.error > TARGET + MISSED_BY).mean())


def rounds(machine: Machine, pairs: int, *, count: int = ROUNDS, by_bound: bool = True) -> Found:
    """Learn of so many reviewed answers, again and again, and look at fresh ones.

    Args:
        machine: Whose answers.
        pairs: So many are reviewed.
        count: So many rounds.
        by_bound: As Earmark does it; else the threshold is the lowest at which the counted share looks good.
    """
    generator = np.random.default_rng(SEED)
    method = method_for(pairs)
    assert method is not None
    rows = []
    for _ in range(count):
        raw = machine.draw(generator, pairs)
        right = (generator.random(pairs) < machine.chance(raw)).astype(np.float64)
        knots = fit(method, raw, right)
        choose = thresholds.lowest_threshold if by_bound else _by_counted_share
        threshold = choose(calibrated(knots, raw), right, target_error=TARGET)
        fresh = machine.draw(generator, FRESH)
        confidence, chance = calibrated(knots, fresh), machine.chance(fresh)
        given = confidence >= threshold
        error = float((1 - chance[given]).mean()) if given.any() else 0.0
        rows.append((float(given.mean()), error, np.abs(fresh - chance).mean(), np.abs(confidence - chance).mean()))
    share, error, before, after = np.array(rows).T
    return Found(given=share, error=error, off_before=before, off_after=after)


def _by_counted_share(confidences: Numbers, right: Numbers, *, target_error: float) -> float:
    good = [value for value in np.unique(confidences) if 1 - right[confidences >= value].mean() <= target_error]
    return float(good[0]) if good else thresholds.NONE_GIVEN


def held(
    statistic: Callable[[Tables], Tables], chances: Numbers, pairs: int, *, count: int = ROUNDS, plain: bool = False
) -> float:
    """Return how often a 95 % interval holds the truth.

    Args:
        statistic: Of which figure.
        chances: Of each cell of machine by person, shape (k, k).
        pairs: So many pairs.
        count: So many rounds.
        plain: By plain resampling, without the two pairs that Earmark adds.
    """
    truth = float(statistic(chances * 1e9))
    generator = np.random.default_rng(SEED)
    cells = chances.size
    told = holding = 0
    for _ in range(count):
        drawn = generator.multinomial(pairs, chances.ravel())
        by_call = np.repeat(np.eye(cells), drawn, axis=0).reshape(-1, *chances.shape)
        again = generator.multinomial(pairs, drawn / pairs, size=RESAMPLES).reshape(-1, *chances.shape)
        value = float(statistic(by_call.sum(0)))
        tables = again.astype(np.float64) if plain else resampled(by_call, seed=SEED)
        found = figure(None if np.isnan(value) else value, statistic, tables, undefined="")
        if found.low is not None and found.high is not None:
            told += 1
            holding += found.low <= truth <= found.high
    return holding / told if told else 0.0


def two_by_two(good: float, sensitivity: float, specificity: float) -> Numbers:
    """Return the chances of machine by person, fail before pass, for a share of calls that are good."""
    return np.array(
        [
            [(1 - good) * specificity, good * (1 - sensitivity)],
            [(1 - good) * (1 - specificity), good * sensitivity],
        ]
    )


def report() -> str:
    """Return the report as Markdown."""
    lines = [
        "# Calibration and intervals on made answers",
        "",
        f"`python -m benchmarks.agreement`: {ROUNDS} rounds each, {FRESH} fresh answers a round, seed {SEED}.",
        "",
        f"Given: the share of fresh answers that is not withheld. Wrong: of these, with a target of {TARGET:.0%}.",
        f"Missed: rounds in which more than {TARGET + MISSED_BY:.0%} of them are wrong. Off: how far confidences are",
        "from the chance of being right, before and after calibration. Counted: the threshold is the lowest at which",
        "the counted share of wrong answers looks good, instead of its upper bound.",
        "",
        "| machine | reviewed | given | wrong | missed | counted: given | counted: missed | off before | off after |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, machine in MACHINES.items():
        for pairs in (20, 60, 200, 500):
            found, counted = rounds(machine, pairs), rounds(machine, pairs, by_bound=False)
            wrong = (found.given * found.error).sum() / max(found.given.sum(), 1e-9)
            lines.append(
                f"| {name} | {pairs} | {found.given.mean():.0%} | {wrong:.1%} | {found.missed:.0%} "
                f"| {counted.given.mean():.0%} | {counted.missed:.0%} "
                f"| {found.off_before.mean():.1%} | {found.off_after.mean():.1%} |"
            )
    lines += ["", *(f"- {name}: {machine.says}." for name, machine in MACHINES.items()), ""]
    lines += [
        "How often a 95 % interval holds the truth, by plain resampling and as Earmark does it, where so many calls",
        "are good, and the machine finds so many of the good and of the bad ones:",
        "",
        "| good | finds good | finds bad | pairs | kappa, plain | kappa | AC1, plain | AC1 |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for shares in ((0.8, 0.99, 0.97), (0.8, 0.9, 0.8), (0.9, 0.95, 0.85), (0.5, 0.9, 0.9)):
        for pairs in (FEWEST_PAIRS, 40, 100):
            chances = two_by_two(*shares)
            told = [f"{share:.0%}" for share in shares] + [str(pairs)]
            for statistic in (lambda tables: cohen_kappa(tables, nominal_distances(2)), gwet_ac1):
                told += [f"{held(statistic, chances, pairs, plain=plain):.0%}" for plain in (True, False)]
            lines.append(f"| {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    REPORT.write_text(report())
    print(REPORT)
