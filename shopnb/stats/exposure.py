"""Whether versions were shown as often as planned: once at the end, or at every look.

Belongs here: sample-ratio checks. Only for equal or fixed rotation; an optimising one splits unequally by design.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from shopnb.errors import InputError
from shopnb.stats.daily_counts import as_counts, first_row
from shopnb.stats.estimate import NAN, Estimate, unknown

_CONCENTRATION = 10_000.0  # of the prior around the planned split, as in gbstats 0.8.0's ssrm


def sample_ratio(counts: pd.DataFrame, *, expected: Mapping[str, float] | None = None) -> Estimate:
    """Whether versions were shown as often as planned: only for equal or fixed rotation, never for an optimising one.

    Parameters
    ----------
    counts : DataFrame with `variant` and `trials`; days are added up.
    expected : variant -> planned share, any scale; None: equal.

    Returns
    -------
    Estimate
        Only `p_value` (chi-square), for one look at the end. Codes: `one_arm`, `zero_denominator`, `invalid_expected`,
        `too_few` (under five trials expected of a version).

    Raises
    ------
    InputError
        `missing_columns`; `invalid_counts`: negative, missing, text, or a row without a name.

    Examples
    --------
    >>> groups = pd.DataFrame({"variant": ["gate_30", "gate_40"], "trials": [44700, 45489]})
    >>> round(sample_ratio(groups).p_value, 4)
    0.0086
    """
    trials = _checked(counts, ("variant", "trials"))
    totals = trials.groupby(counts["variant"].astype(str)).sum()
    planned = _planned(totals, expected)
    if isinstance(planned, str):
        return unknown(planned)
    due = planned * totals.sum()
    if due.min() < 5:
        return unknown("too_few")
    return Estimate(NAN, p_value=float(special.chdtrc(len(due) - 1, (np.square(totals - due) / due).sum())))


def sequential_sample_ratio(counts: pd.DataFrame, *, expected: Mapping[str, float] | None = None) -> Estimate:
    """`sample_ratio` for a split that is looked at every day: its p may be read at any time.

    Parameters
    ----------
    counts : DataFrame with `variant`, `day` and `trials`.

    Returns
    -------
    Estimate
        Only `p_value`: the smallest so far. Codes as in `sample_ratio`.

    Notes
    -----
    Lindon and Malek (2022), eq. 8: 1 / Bayes factor of a Dirichlet(10,000 x planned) against the planned split, after
    every day; the chance that it ever falls below alpha is at most alpha (Ville 1939).

    Examples
    --------
    >>> days = pd.DataFrame({"variant": ["A", "B"] * 2, "day": [1, 1, 2, 2], "trials": [5000, 5400, 5000, 5390]})
    >>> round(sequential_sample_ratio(days).p_value, 5)
    7e-05
    """
    trials = _checked(counts, ("variant", "day", "trials"))
    rows = pd.DataFrame({"day": counts["day"], "variant": counts["variant"].astype(str), "n": trials})
    wide = rows.pivot_table(index="day", columns="variant", values="n", aggfunc="sum", fill_value=0.0)
    planned = _planned(wide.sum(), expected)
    if isinstance(planned, str):
        return unknown(planned)
    seen, prior = wide.cumsum().to_numpy(), _CONCENTRATION * planned.to_numpy()
    total = seen.sum(axis=1)
    log_factor = (
        special.gammaln(prior.sum())
        - special.gammaln(prior.sum() + total)
        + (special.gammaln(prior + seen) - special.gammaln(prior) - seen * np.log(planned.to_numpy())).sum(axis=1)
    )
    return Estimate(NAN, p_value=float(np.exp(-max(log_factor.max(), 0.0))))


def _checked(counts: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    if missing := [name for name in columns if name not in counts]:
        raise InputError("missing_columns", file="counts", columns=missing, found=list(counts.columns))
    trials = as_counts(counts["trials"])
    good = trials.notna() & counts["variant"].notna()
    if not good.all():
        raise InputError("invalid_counts", row=first_row(counts, ~good))
    return trials


def _planned(totals: pd.Series, expected: Mapping[str, float] | None) -> pd.Series | str:
    """Planned shares in the order of `totals`, or the code that says why there is no check."""
    if len(totals) < 2:
        return "one_arm"
    planned = pd.Series(1.0, totals.index) if expected is None else pd.Series(dict(expected), dtype=float)
    planned.index = planned.index.astype(str)
    if set(planned.index) != set(totals.index) or not (planned > 0).all() or not np.isfinite(planned).all():
        return "invalid_expected"
    if totals.sum() == 0:
        return "zero_denominator"
    return planned.loc[totals.index] / planned.sum()
