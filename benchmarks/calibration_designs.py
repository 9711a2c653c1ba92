"""How often versions in turn, and a change of one day, are called different when nothing differs.

    python benchmarks/calibration_designs.py [--runs 2000]

A line a cell: false alarms at nominal 5 % of a z test on sums (what a user would run) and of ours, and how often our
interval holds the true difference where there is one. Days vary beyond chance, weekends click more, neighbouring days
are alike. Aims: false alarms under 6.7 %, coverage 93 % or more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from shopnb.stats import Estimate, before_after, compare_proportions, switchback

Floats = npt.NDArray[np.float64]
SEED, AIM, COVER = 20_261_123, 0.067, 0.93
RATE, WEEKEND = 0.04, 1.3


@dataclass(frozen=True)
class Cell:
    """One simulated situation: days vary by `spread` (standard deviation of the log rate) with lag-one `echo`."""

    design: str  # turns, change
    days: int
    per_day: int
    spread: float
    echo: float = 0.0
    turn: int = 1  # days of a turn
    lift: float = 0.0

    def __str__(self) -> str:
        told = f"{self.design:7} {self.days:2} days {self.per_day:6}/day spread {self.spread:.2f} echo {self.echo:.1f}"
        return (
            told
            + (f" turns of {self.turn}" if self.design == "turns" else "")
            + (f" lift {self.lift:+.4f}" if self.lift else "")
        )


CELLS = [
    Cell("turns", 14, 4000, 0.0),
    Cell("turns", 14, 4000, 0.06),
    Cell("turns", 28, 40_000, 0.06),
    Cell("turns", 28, 4000, 0.06, echo=0.5),
    Cell("turns", 24, 4000, 0.06, echo=0.5, turn=3),
    Cell("turns", 28, 400, 0.06),
    Cell("change", 28, 900, 0.0),
    Cell("change", 28, 9000, 0.06),
    Cell("change", 56, 9000, 0.06, echo=0.5),
    Cell("change", 56, 9000, 0.12, echo=0.3),
    Cell("change", 20, 900, 0.06, echo=0.3),
    Cell("change", 8, 60_000, 0.04, echo=0.3),
    Cell("change", 56, 9000, 0.06, echo=0.5, lift=0.006),
]


def swings(cell: Cell, rng: np.random.Generator) -> Floats:
    """Log rates of days around their mean, weekends included."""
    noise = np.zeros(cell.days)
    fresh = rng.standard_normal(cell.days) * cell.spread
    for day in range(cell.days):
        before = noise[day - 1] if day else fresh[0]
        noise[day] = cell.echo * before + np.sqrt(1 - cell.echo**2) * fresh[day]
    return np.asarray(noise + np.log(WEEKEND) * (np.arange(cell.days) % 7 >= 5))


def turns(cell: Cell, rng: np.random.Generator) -> tuple[Estimate, float]:
    """Ours, and the p of a z test on sums, where two versions take turns."""
    second = np.arange(cell.days) // cell.turn % 2 == 1
    rate = RATE * np.exp(swings(cell, rng)) + cell.lift * second
    trials = rng.poisson(cell.per_day, cell.days)
    hits = rng.binomial(trials, rate)
    days = pd.date_range("2026-06-01", periods=cell.days)
    found = switchback(
        pd.DataFrame({"variant": np.where(second, "B", "A"), "day": days, "trials": trials, "successes": hits})
    )
    sums = [float(part[which].sum()) for which in (~second, second) for part in (hits, trials)]
    return found, compare_proportions(*sums).p_value


def change(cell: Cell, rng: np.random.Generator) -> tuple[Estimate, float]:
    """The same for a change in the middle, beside a control of five items that share half of the swings."""
    shared, own, other = (swings(cell, rng) for _ in range(3))
    after = np.arange(cell.days) >= cell.days // 2
    item = RATE * np.exp((shared + own) / 2) + cell.lift * after
    control = RATE * np.exp((shared + other) / 2)
    trials, many = rng.poisson(cell.per_day, cell.days), rng.poisson(5 * cell.per_day, cell.days)
    hits, carts = rng.binomial(trials, item), rng.binomial(many, control)
    frame = pd.DataFrame(
        {
            "value": hits / trials, "variance": RATE * (1 - RATE) / trials,
            "control": carts / many, "control_variance": RATE * (1 - RATE) / many,
        }
    )  # fmt: skip
    found = before_after(frame, is_after=pd.Series(after))
    sums = [float(part[which].sum()) for which in (~after, after) for part in (hits, trials)]
    return found, compare_proportions(*sums).p_value


_DRAWN: dict[str, Callable[[Cell, np.random.Generator], tuple[Estimate, float]]] = {"turns": turns, "change": change}


def judged(cell: Cell, runs: int) -> tuple[float, float, float]:
    """False alarms of the z test and of ours, and the coverage of ours."""
    rng = np.random.default_rng([SEED, CELLS.index(cell) if cell in CELLS else 99])
    drawn = [_DRAWN[cell.design](cell, rng) for _ in range(runs)]
    plain = np.mean([p < 0.05 for _, p in drawn])
    ours = np.mean([found.low > 0 or found.high < 0 for found, _ in drawn])
    holds = np.mean([found.low <= cell.lift <= found.high for found, _ in drawn])
    return float(plain), float(ours), float(holds)


def main(given: Sequence[str] | None = None) -> int:
    """The table; exit code 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    asked = parser.parse_args(given)
    missed = []
    print(f"{'nothing differs: called different, %':64}{'z on sums':>10}{'ours':>8}{'holds':>8}")
    for cell in CELLS:
        plain, ours, holds = judged(cell, asked.runs)
        print(f"{cell!s:64}{100 * plain:10.1f}{100 * ours:8.1f}{100 * holds:8.1f}", flush=True)
        if ours > AIM or holds < COVER:
            missed.append(str(cell))
    print("\nmissed aims: " + ("; ".join(missed) or "none"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
