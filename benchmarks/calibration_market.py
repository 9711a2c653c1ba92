"""How often the interval of a market's size holds the truth, beside adding up what is shown.

    python benchmarks/calibration_market.py [--runs 500] [--only NAME …]

Markets are simulated (lognormal, Pareto tail, mixtures, many zeros, the top of a longer list), their counts shown on
the ladders that platforms use, prices independent of the counts, falling with them, or 1: units. A line a cell: share
of runs whose 90 % interval holds the true total (aim: 85 to 95 %), median width of the interval and bias of its
estimate, and of the usual "take the shown number" the bias and how often it is too low.

Cells after a star are told, not aimed at: a density that jumps at the edge of a coarse range, which counts by range
cannot show (too few hold), and a long list that ends within a coarse range, with prices that fall: where in the range
it ends is not told, both readings are kept, and the interval is wider than a single one needs (too many hold).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from shopnb.stats import censored_total

Floats = npt.NDArray[np.float64]
RUNS = 500
AIM = (0.85, 0.95)


def steps_of_one_digit(counts: Floats, *, exact_below: float = 100, open_from: float = np.inf) -> tuple[Floats, Floats]:
    """Exact, then 100+, 200+ … 1,000+, 2,000+ … and nothing told above `open_from`."""
    power = 10 ** np.floor(np.log10(np.maximum(counts, 1)))
    low = np.where(counts >= exact_below, np.floor(counts / power) * power, counts)
    high = np.where(counts >= exact_below, low + power - 1, counts)
    is_open = counts >= open_from
    return np.where(is_open, open_from, low), np.where(is_open, np.inf, high)


def steps_of_thousands(counts: Floats) -> tuple[Floats, Floats]:
    """Exact below 10,000, then steps of 5,000, from 100,000 of 50,000."""
    step = np.where(counts >= 1e5, 5e4, 5e3)
    low = np.where(counts >= 1e4, np.floor(counts / step) * step, counts)
    return low, np.where(counts >= 1e4, low + step - 1, counts)


def coarse_steps(counts: Floats) -> tuple[Floats, Floats]:
    """10+, 50+, 100+, 500+ … and nothing told above 100,000."""
    edges = np.array([10.0, 50, 100, 500, 1000, 5000, 10_000, 50_000, 100_000])
    place = np.searchsorted(edges, counts, side="right")
    low = np.where(place == 0, counts, np.concatenate([[0.0], edges])[place])
    return low, np.where(place == 0, counts, np.concatenate([edges - 1, [np.inf]])[place])


MARKETS: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "lognormal": lambda rng, n: rng.lognormal(5, 1.6, n),
    "wide lognormal": lambda rng, n: rng.lognormal(4.5, 2, n),
    "pareto 1.4": lambda rng, n: 30 * (rng.pareto(1.4, n) + 1),
    "pareto 1.15": lambda rng, n: 20 * (rng.pareto(1.15, n) + 1),
    "mixture": lambda rng, n: np.where(rng.random(n) < 0.8, rng.lognormal(3, 1, n), rng.lognormal(6, 1.3, n)),
    "two humps": lambda rng, n: np.where(rng.random(n) < 0.9, rng.lognormal(3, 1.2, n), rng.lognormal(8, 0.7, n)),
    "kink": lambda rng, n: np.where(rng.random(n) < 0.9, rng.lognormal(4, 1.2, n), 500 * (rng.pareto(1.5, n) + 1)),
    "zeros": lambda rng, n: np.where(rng.random(n) < 0.4, 0.0, rng.lognormal(5, 1.6, n)),
    "top third": lambda rng, n: np.sort(rng.lognormal(5, 1.6, 3 * n))[-n:],
}
LADDERS: dict[str, Callable[[Floats], tuple[Floats, Floats]]] = {
    "steps": steps_of_one_digit,
    "steps, 1万+ open": lambda counts: steps_of_one_digit(counts, open_from=1e4),
    "steps, 10万+ open": lambda counts: steps_of_one_digit(counts, open_from=1e5),
    "thousands": steps_of_thousands,
    "coarse": coarse_steps,
}
PRICES: dict[str, Callable[[np.random.Generator, Floats], Floats]] = {
    "units": lambda _, counts: np.ones(len(counts)),
    "free": lambda rng, counts: rng.lognormal(4, 0.6, len(counts)),
    "falling": lambda rng, counts: np.exp(4 - 0.3 * np.log1p(counts) + 0.5 * rng.standard_normal(len(counts))),
}


@dataclass(frozen=True)
class Cell:
    """One simulated market, ladder and kind of price."""

    market: str
    ladder: str
    listings: int
    price: str = "free"
    is_aimed: bool = True

    @property
    def name(self) -> str:
        """As the table shows it."""
        return f"{'' if self.is_aimed else '* '}{self.market} | {self.ladder} | {self.listings} | {self.price}"


CELLS = (
    Cell("lognormal", "steps", 600),
    Cell("lognormal", "steps, 1万+ open", 2000, "falling"),
    Cell("wide lognormal", "steps, 1万+ open", 600),
    Cell("wide lognormal", "thousands", 2000),
    Cell("wide lognormal", "coarse", 1000),
    Cell("pareto 1.4", "steps", 20_000, "falling"),
    Cell("pareto 1.4", "steps, 1万+ open", 3000),
    Cell("pareto 1.15", "steps, 10万+ open", 1000),
    Cell("mixture", "steps", 300),
    Cell("mixture", "steps, 1万+ open", 5000, "falling"),
    Cell("two humps", "steps", 2000),
    Cell("two humps", "coarse", 5000),
    Cell("kink", "steps, 1万+ open", 3000),
    Cell("zeros", "steps, 10万+ open", 1000, "falling"),
    Cell("lognormal", "steps", 40),
    Cell("lognormal", "steps, 1万+ open", 200, "units"),
    Cell("lognormal", "thousands", 3000, "units"),
    Cell("pareto 1.4", "coarse", 200, "units"),
    Cell("pareto 1.4", "coarse", 3000, "falling", is_aimed=False),
    Cell("pareto 1.15", "coarse", 1000),
    Cell("pareto 1.15", "steps, 1万+ open", 3000, "units"),
    Cell("top third", "coarse", 600),
    Cell("top third", "steps, 1万+ open", 2000, "falling"),
    Cell("kink", "coarse", 1000, "units", is_aimed=False),
    Cell("zeros", "coarse", 600),
    Cell("lognormal", "steps, 10万+ open", 100_000),
)


def calibrate(cell: Cell, runs: int = RUNS, *, seed: int = 1) -> dict[str, float | str]:
    """One line of the table: see the module."""
    rng = np.random.default_rng([seed, CELLS.index(cell) if cell in CELLS else 0])
    held, widths, biases, shown = [], [], [], []
    for _ in range(runs):
        counts = np.floor(MARKETS[cell.market](rng, cell.listings))
        low, high = LADDERS[cell.ladder](counts)
        prices = PRICES[cell.price](rng, counts)
        truth = float((prices * counts).sum())
        found = censored_total(low, high, weights=prices)
        if not found.is_known:
            continue
        held.append(found.low <= truth * (1 + 1e-9) and truth <= found.high * (1 + 1e-9))
        widths.append((found.high - found.low) / truth)
        biases.append(found.estimate / truth - 1)
        shown.append(float((prices * low).sum()) / truth - 1)
    return {
        "cell": cell.name,
        "runs": float(len(held)),
        "held": float(np.mean(held)),
        "width": float(np.median(widths)),
        "bias": float(np.median(biases)),
        "shown": float(np.median(shown)),
        "too_low": float(np.mean(np.array(shown) < 0)),
    }


def main(given: Sequence[str] | None = None) -> int:
    """The table, a line a cell as it is done; 1 where a cell misses the aim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only", nargs="*", default=[], help="markets")
    asked = parser.parse_args(given)
    lines = []
    cells = [cell for cell in CELLS if not asked.only or cell.market in asked.only]
    for cell in cells:
        lines.append(calibrate(cell, asked.runs))
        print(pd.DataFrame(lines[-1:]).to_string(index=False, header=len(lines) == 1, float_format="{:.3f}".format))
    aimed = [line for line, cell in zip(lines, cells, strict=True) if cell.is_aimed]
    inside = sum(AIM[0] <= float(line["held"]) <= AIM[1] for line in aimed)
    print(f"{inside} of {len(aimed)} cells between {AIM[0]:.0%} and {AIM[1]:.0%}")
    return int(inside < len(aimed))


if __name__ == "__main__":
    sys.exit(main())
