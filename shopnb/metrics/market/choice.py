"""Which of several categories: side by side, with open weights, and how stable the order is (MS3, MS5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopnb.stats import Estimate
from shopnb.stats.estimate import normal_quantile

LEVEL = 0.90
DRAWS = 2000
SEED = 20_260_102
CONCENTRATE = 20.0  # weights are drawn around those given: 0.3 within about 0.14 to 0.47
# what counts, its weight unless the operator says otherwise, whether more is better, and whether the scale is log
CRITERIA = {
    "size": (0.30, True, True),
    "growth": (0.20, True, False),
    "concentration": (0.20, False, False),
    "price": (0.10, True, True),
    "margin": (0.15, True, False),
    "season": (0.05, False, False),
}


@dataclass(frozen=True)
class Category:
    """One category's numbers; an unknown one is NaN with its code. `season` is largest ÷ smallest month index."""

    name: str
    size: Estimate
    growth: Estimate
    concentration: Estimate
    price: Estimate
    margin: Estimate
    season: Estimate


@dataclass(frozen=True)
class Choice:
    """Categories in order of their score.

    `frame` has one row a category: `category`, the criteria's estimates, `score` (0-1), `rank`, `first_share` (share
    of draws of weights and numbers in which it leads), `rank_low`, `rank_high` (90 % of draws). `used` are the
    criteria known for all categories, with their weights (sum 1); `left_out` those that are not. `flips` has one row
    a criterion: `criterion`, `weight`, `flips_at` (the nearest weight at which another category leads, NaN: none),
    `then` (which). `code`: `one_category`, `no_criteria` or None.
    """

    frame: pd.DataFrame
    used: dict[str, float]
    left_out: tuple[str, ...]
    flips: pd.DataFrame
    code: str | None = None


def compare_categories(categories: Sequence[Category], weights: Mapping[str, float]) -> Choice:
    """Scores, ranks and their stability.

    Parameters
    ----------
    weights : criterion to weight, >= 0; those not named have the weight of `CRITERIA`.

    Notes
    -----
    A criterion runs from 0 (worst of these categories) to 1 (best), on the log scale for size and price; the score is
    the weighted mean. A criterion that one category lacks is left out for all.
    """
    names = [one.name for one in categories]
    empty = pd.DataFrame(columns=["criterion", "weight", "flips_at", "then"])
    if len(categories) < 2:
        return Choice(pd.DataFrame({"category": names}), {}, (), empty, "one_category")
    wished = {name: max(float(weights.get(name, given[0])), 0.0) for name, given in CRITERIA.items()}
    known = [name for name in CRITERIA if all(getattr(one, name).is_known for one in categories)]
    used = [name for name in known if wished[name] > 0]
    frame = pd.DataFrame(
        {"category": names, **{name: [getattr(one, name).estimate for one in categories] for name in CRITERIA}}
    )
    if not used:
        return Choice(frame, {}, tuple(name for name in CRITERIA if name not in known), empty, "no_criteria")
    total = sum(wished[name] for name in used)
    share = np.array([wished[name] / total for name in used])
    points = np.column_stack([_points(frame[name].to_numpy(float)[None, :], name)[0] for name in used])
    score = points @ share
    rng = np.random.default_rng(SEED)
    drawn = np.stack([_points(_draws(categories, name, rng), name) for name in used], axis=2)
    scores = np.einsum("dck,dk->dc", drawn, rng.dirichlet(share * CONCENTRATE + 1e-3, DRAWS))
    ranks = np.argsort(np.argsort(-scores, axis=1), axis=1) + 1
    low, high = np.quantile(ranks, [0.05, 0.95], axis=0, method="nearest")
    frame = frame.assign(
        score=score,
        rank=np.argsort(np.argsort(-score, kind="stable")) + 1,
        first_share=(ranks == 1).mean(axis=0),
        rank_low=low.astype(int),
        rank_high=high.astype(int),
    ).sort_values(["rank", "category"])
    return Choice(
        frame.reset_index(drop=True),
        dict(zip(used, share.tolist(), strict=True)),
        tuple(name for name in CRITERIA if name not in known),
        _flips(points, share, used, names),
    )


def _points(values: np.ndarray, name: str) -> np.ndarray:
    """0 for the worst category to 1 for the best, a row a draw."""
    _, is_more, is_log = CRITERIA[name]
    scaled = np.log(np.maximum(values, 1e-9)) if is_log else values
    scaled = scaled if is_more else -scaled
    low, high = scaled.min(axis=1, keepdims=True), scaled.max(axis=1, keepdims=True)
    span = np.where(high > low, high - low, 1.0)
    return np.asarray(np.where(high > low, (scaled - low) / span, 0.5))


def _draws(categories: Sequence[Category], name: str, rng: np.random.Generator) -> np.ndarray:
    """Draws x categories of one criterion, from estimate and range."""
    columns = []
    for one in categories:
        value: Estimate = getattr(one, name)
        noise = rng.standard_normal(DRAWS)
        known = math.isfinite(value.low) and math.isfinite(value.high) and value.high > value.low
        reach = normal_quantile(LEVEL)
        if CRITERIA[name][2]:
            spread = math.log(max(value.high, 1e-9) / max(value.low, 1e-9)) / 2 / reach if known else 0.0
            columns.append(value.estimate * np.exp(spread * noise))
        else:
            columns.append(value.estimate + ((value.high - value.low) / 2 / reach if known else 0.0) * noise)
    return np.column_stack(columns)


def _flips(points: np.ndarray, share: np.ndarray, used: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
    """For each criterion the nearest weight, the others keeping their proportions, at which another category leads."""
    leader = int((points @ share).argmax())
    rows = []
    for place, name in enumerate(used):
        others = np.delete(share, place)
        rest = np.delete(points, place, axis=1) @ (others / others.sum()) if len(others) else points[:, 0]
        best, then = math.nan, ""
        for rival in range(len(names)):
            rise = (points[rival, place] - rest[rival]) - (points[leader, place] - rest[leader])
            if rival == leader or not rise:
                continue
            at = (rest[leader] - rest[rival]) / rise
            if 0 <= at <= 1 and not abs(at - share[place]) >= abs(best - share[place]):
                best, then = float(at), names[rival]
        rows.append((name, float(share[place]), best, then))
    return pd.DataFrame(rows, columns=["criterion", "weight", "flips_at", "then"])
