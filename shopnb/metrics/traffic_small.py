"""Small sources: rates shrunk towards the shop's other sources, and spend that cannot be right.

Belongs here: what may still be said of a source whose own rate is too thin to print.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import special

from shopnb.metrics.traffic import LEVEL, POOLED
from shopnb.stats import Shrunk, shrink

ODD_SPEND = 20.0  # times the middle spend, or less than one such part: the file is to be looked at first
_LEAST_BUYERS, _LEAST_SOURCES = 5, 3
_LEAST_SPREAD = 0.1  # on log odds: sources are never taken to be all alike
_REACH, _POINTS = 6.0, 601  # of the grid, in spreads


def shrunk_rates(wide: pd.DataFrame, small: pd.Series) -> pd.DataFrame:
    """Rates of small sources, shrunk towards the other sources of the period by how little they tell themselves.

    Parameters
    ----------
    wide : one row per source with `source`, `label`, `visitors`, `buyers`. small : which rows to give back.

    Returns
    -------
    DataFrame, most visitors first: `source`, `label`, `visitors`, `buyers`, `shrunk`, `shrunk_low`, `shrunk_high`
    (shares 0-1; the middle and the 90 % range of what the rate may be), `own_share` (0-1: how much of the doubt its own
    visitors took away). Empty below three sources of five buyers, for then nothing says how sources differ.

    Notes
    -----
    Empirical Bayes: the log odds of sources are normal, mean and spread from the sources with enough buyers
    (`stats.shrink`); with it the binomial counts of the small source, on a grid of log odds.
    """
    known = wide[wide["visitors"].gt(0) & wide["buyers"].notna() & (wide["source"] != POOLED)]
    told = known[(known["buyers"] >= _LEAST_BUYERS) & (known["buyers"] < known["visitors"])]
    columns = ["source", "label", "visitors", "buyers", "shrunk", "shrunk_low", "shrunk_high", "own_share"]
    if len(told) < _LEAST_SOURCES:
        return pd.DataFrame(columns=columns)
    won, lost = told["buyers"] + 0.5, told["visitors"] - told["buyers"] + 0.5
    prior = shrink(np.log(won / lost).to_numpy(float), np.sqrt(1 / won + 1 / lost).to_numpy(float))
    shown = known[small.reindex(known.index)]
    made = [_posterior(row.buyers, row.visitors, prior, len(told)) for row in shown.itertuples()]
    frame = pd.DataFrame(made, columns=columns[4:], index=shown.index)
    ordered = shown.join(frame).sort_values(["visitors", "source"], ascending=[False, True], ignore_index=True)
    return ordered[columns]


def _posterior(buyers: float, visitors: float, prior: Shrunk, sources: int) -> tuple[float, float, float, float]:
    """Middle and ends of the rate given the counts, and the share of the prior's variance that they took away."""
    # one more source scatters around a mean that is itself known from so many only; their spread is uncertain too
    spread = max(prior.spread, _LEAST_SPREAD) * math.sqrt((1 + 1 / sources) * (sources + 1) / (sources - 1))
    odds = prior.mean + spread * np.linspace(-_REACH, _REACH, _POINTS)
    weight = -((odds - prior.mean) ** 2) / (2 * spread**2) + buyers * odds - visitors * np.logaddexp(0.0, odds)
    chance = np.exp(weight - weight.max())
    chance /= chance.sum()
    tail = (1 - LEVEL) / 2
    low, middle, high = special.expit(np.interp([tail, 0.5, 1 - tail], np.cumsum(chance) - chance / 2, odds))
    mean = float((chance * odds).sum())
    left = float((chance * (odds - mean) ** 2).sum()) / spread**2
    return float(middle), float(low), float(high), min(max(1 - left, 0.0), 1.0)


def odd_spend(wide: pd.DataFrame) -> list[str]:
    """Shown names of sources whose buyers spend more than `ODD_SPEND` times the middle source's, or less than a part.

    Only sources of five buyers or more speak, and only where there are four of them.
    """
    known = wide[(wide["buyers"] >= _LEAST_BUYERS) & wide["paid_amount"].notna()]
    if len(known) < 4:
        return []
    spend = known["paid_amount"] / known["buyers"]
    middle = float(spend.median())
    odd = (spend > ODD_SPEND * middle) | (spend < middle / ODD_SPEND)
    return known.loc[odd, "label"].tolist() if middle > 0 else []
