"""Versions that a platform shows in rotation, day by day: whether they differ, and which is best.

Belongs here: the day-stratified comparison with its dispersion, the sample-ratio check, and the check of counts that
`sequential` shares. Days are never pooled: an optimising rotation moves impressions to the leader, so that pooled
rates differ when the versions do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import optimize, special
from scipy import stats as distributions

from shopnb.errors import InputError
from shopnb.stats.estimate import NAN, Estimate, check_level, student_quantile, unknown
from shopnb.stats.proportions import wilson

_COLUMNS = ("variant", "day", "trials", "successes")
_MAX_ICC = 0.5
_CAUTION = 0.25  # the correlation is taken a quarter of a standard deviation higher than the moments say
_DRAWS = 10_000
_SEED = 20_260_102


@dataclass(frozen=True)
class RotationTest(Estimate):
    """Which version is best, by the differences within days.

    Attributes
    ----------
    estimate, low, high : best minus runner-up, share points; the interval holds for all pairs at once (Tukey-Kramer).
    p_value : of the hypothesis that all versions are equal within every day.
    code : the numbers are NaN with `no_rows`, `one_arm`, `zero_denominator`, `no_successes`, `no_common_days`; they
        stand with `one_day` and `no_days` (dispersion unknown, binomial noise is assumed), `uneven_days` (a version
        lacks impressions on some days; days count as far as they compare), `missing_days` (the days have gaps).
    arms : DataFrame, one row a version, by name: variant, trials, successes, rate, low, high (each version alone),
        adjusted_rate (as if all had been shown on the same days), difference, difference_low, difference_high
        (to the best version, simultaneous), to_first, to_first_low, to_first_high (to the first name, simultaneous),
        chance_best (0-1), expected_loss (share points lost on average by choosing this version).
    best, runner_up : names by adjusted rate.
    days : days that compare at least two versions.
    icc : intra-class correlation of impressions within a version's day, 0 where noise is binomial.
    """

    arms: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False)
    best: str = ""
    runner_up: str = ""
    days: int = 0
    icc: float = NAN


def rotation_test(counts: pd.DataFrame, *, level: float = 0.95) -> RotationTest:
    """Compare versions that were shown in rotation, equal or optimising.

    Parameters
    ----------
    counts : DataFrame, one row per version and day
        `variant`, `day` (dates or numbers; all null: one stratum), `trials` (impressions, clicks …), `successes`.
    level : confidence of the intervals.

    Raises
    ------
    InputError
        `missing_columns`; `invalid_counts`: negative, missing or more successes than trials; `duplicate_rows`: the same
        version twice on a day.

    Notes
    -----
    Generalised Cochran-Mantel-Haenszel test (Landis, Heyman and Koch 1978) with days as strata. Beyond binomial
    noise: trials n count as n / (1 + (n - 1) icc), the icc by moments (Paule and Mandel 1982), rounded up a little,
    from what remains of the differences between versions from day to day; where it is above 0, F and t stand for
    chi-square and normal. With no extra
    noise it is the plain test. Differences solve the same day-stratified equations.

    Examples
    --------
    >>> week = pd.DataFrame({"variant": list("AB") * 3, "day": [1, 1, 2, 2, 3, 3],
    ...     "trials": [1000, 1000, 500, 1500, 200, 1800], "successes": [50, 70, 26, 104, 10, 130]})
    >>> test = rotation_test(week)
    >>> test.best, round(test.estimate, 4), round(test.p_value, 4)
    ('B', 0.0194, 0.0097)
    """
    check_level(level)
    table = read_counts(counts)
    if table.fault:
        return RotationTest(NAN, code=table.fault)
    fitted = fit_days(table.successes, table.trials)
    if fitted is None:
        return RotationTest(NAN, code="no_common_days")
    names = table.names
    order = np.argsort(-fitted.effects, kind="stable")
    quantile = _simultaneous_quantile(level, len(names), fitted.freedom)
    to_best = _differences(fitted, order[0], quantile)
    to_first = _differences(fitted, 0, quantile)
    chance, loss = _bayes(fitted)
    total, hits = table.trials.sum(axis=0), table.successes.sum(axis=0)
    ends = np.array(
        [
            wilson(h / n * m, m, student_quantile(level, math.inf))
            for h, n, m in zip(hits, total, fitted.sizes, strict=True)
        ]
    )
    arms = pd.DataFrame(
        {
            "variant": names,
            "trials": total,
            "successes": hits,
            "rate": hits / total,
            "low": ends[:, 0],
            "high": ends[:, 1],
        }
    )
    level_rate = hits.sum() / total.sum() - fitted.effects @ total / total.sum()
    arms["adjusted_rate"] = level_rate + fitted.effects
    for name, columns in (("difference", to_best), ("to_first", to_first)):
        arms[[name, f"{name}_low", f"{name}_high"]] = columns
    arms["chance_best"], arms["expected_loss"] = chance, loss
    runner = -to_best[order[1]]
    return RotationTest(
        float(runner[0]), float(runner[2]), float(runner[1]), fitted.p_value, table.caveat,
        arms, names[order[0]], names[order[1]], fitted.days, fitted.icc,
    )  # fmt: skip


def sample_ratio(counts: pd.DataFrame, *, expected: Mapping[str, float] | None = None) -> Estimate:
    """Whether versions were shown as often as planned: only for equal or fixed rotation, never for an optimising one.

    Parameters
    ----------
    counts : DataFrame with `variant` and `trials`; days are added up.
    expected : variant -> planned share, any scale; None: equal.

    Returns
    -------
    Estimate
        Only `p_value` (chi-square). Codes: `one_arm`, `zero_denominator`, `invalid_expected`.

    Examples
    --------
    >>> groups = pd.DataFrame({"variant": ["gate_30", "gate_40"], "trials": [44700, 45489]})
    >>> round(sample_ratio(groups).p_value, 4)
    0.0086
    """
    if missing := [name for name in ("variant", "trials") if name not in counts]:
        raise InputError("missing_columns", file="counts", columns=missing, found=list(counts.columns))
    if not (np.isfinite(counts["trials"].astype(float)) & (counts["trials"] >= 0)).all():
        raise InputError("invalid_counts", row=_first_row(counts, ~(counts["trials"] >= 0)))
    totals = counts.groupby(counts["variant"].astype(str))["trials"].sum()
    if len(totals) < 2:
        return unknown("one_arm")
    planned = pd.Series(1.0, totals.index) if expected is None else pd.Series(dict(expected), dtype=float)
    planned.index = planned.index.astype(str)
    if set(planned.index) != set(totals.index) or not (planned > 0).all():
        return unknown("invalid_expected")
    if totals.sum() == 0:
        return unknown("zero_denominator")
    due = planned.loc[totals.index] / planned.sum() * totals.sum()
    return Estimate(NAN, p_value=float(special.chdtrc(len(due) - 1, (np.square(totals - due) / due).sum())))


@dataclass(frozen=True)
class Counts:
    """Checked counts as days x versions, versions by name; 0 trials where there is no row."""

    names: list[str]
    trials: np.ndarray
    successes: np.ndarray
    fault: str | None
    caveat: str | None


def read_counts(counts: pd.DataFrame) -> Counts:
    """Check the frame and lay it out."""
    if missing := [name for name in _COLUMNS if name not in counts]:
        raise InputError("missing_columns", file="counts", columns=missing, found=list(counts.columns))
    trials, successes = (pd.to_numeric(counts[name], errors="coerce").astype(float) for name in ("trials", "successes"))
    good = np.isfinite(trials) & np.isfinite(successes) & (successes >= 0) & (successes <= trials)
    good &= counts["variant"].notna()
    if not good.all():
        raise InputError("invalid_counts", row=_first_row(counts, ~good))
    rows = pd.DataFrame({"variant": counts["variant"].astype(str), "day": counts["day"], "n": trials, "x": successes})
    has_days = not rows["day"].isna().all()
    if not has_days:
        rows["day"] = 0
    if rows["day"].isna().any():
        raise InputError("invalid_counts", row=_first_row(counts, rows["day"].isna()))
    if (twice := rows.duplicated(["variant", "day"])).any():
        raise InputError("duplicate_rows", row=_first_row(counts, twice))
    wide = rows.pivot_table(
        index="day", columns="variant", values=["n", "x"], aggfunc="sum", fill_value=0.0, observed=True
    )
    if rows.empty:
        return Counts([], np.empty((0, 0)), np.empty((0, 0)), "no_rows", None)
    names = sorted(rows["variant"].unique())
    n, x = (wide[value].reindex(columns=names).to_numpy(float) for value in ("n", "x"))
    return Counts(names, n, x, _table_fault(n, x), _caveat(rows["day"], n) if has_days else "no_days")


def _table_fault(trials: np.ndarray, successes: np.ndarray) -> str | None:
    if trials.shape[1] < 2:
        return "one_arm"
    if (trials.sum(axis=0) == 0).any():
        return "zero_denominator"
    total = successes.sum()
    return "no_successes" if total in (0, trials.sum()) else None


def _caveat(days: pd.Series, trials: np.ndarray) -> str | None:
    if len(trials) == 1:
        return "one_day"
    if (trials == 0).any():
        return "uneven_days"
    known = pd.Series(days.unique())
    if pd.api.types.is_numeric_dtype(known):
        steps = np.diff(np.sort(known.to_numpy(float)))
    else:
        dates = pd.to_datetime(known, errors="coerce")
        if dates.isna().any():
            return None
        steps = np.diff(np.sort(dates.to_numpy())).astype("timedelta64[h]").astype(float) / 24
    return "missing_days" if (steps > 1).any() else None


def _first_row(counts: pd.DataFrame, bad: pd.Series) -> str:
    row = counts.loc[bad.to_numpy()].iloc[0]
    return ", ".join(f"{name}={row[name]}" for name in counts.columns if name in _COLUMNS)


@dataclass(frozen=True)
class DayFit:
    """Versions compared within days.

    Attributes
    ----------
    effects : differences of rates, centred at 0 over versions; covariance : of them.
    p_value, icc, freedom (of the dispersion; infinite where noise is binomial), days, sizes (effective trials).
    """

    effects: np.ndarray
    covariance: np.ndarray
    p_value: float
    icc: float
    freedom: float
    days: int
    sizes: np.ndarray


def fit_days(
    successes: np.ndarray, trials: np.ndarray, *, prior_icc: float = 0.0, prior_days: float = 0.0
) -> DayFit | None:
    """Fit days x versions; None when the days do not connect the versions.

    `prior_days` of a shop whose correlation is `prior_icc` are added to the estimate of the correlation, for looks that
    come before the data can tell; on a single day they are all there is.
    """
    keep = ((trials > 0).sum(axis=1) > 1) & (trials.sum(axis=1) > 1)
    x, n = successes[keep], trials[keep]
    arms = trials.shape[1]
    spare: float = max(0, int((n > 0).sum() - len(n) - (arms - 1)))
    icc = _icc(x, n, spare)
    if prior_days:
        icc = (spare * icc + prior_days * prior_icc) / (spare + prior_days)
        spare = spare + prior_days if spare else 0
    sizes, gaps, variance = _within(x, n, icc)
    total = sizes.sum(axis=1)
    pieces = np.einsum("dk,kl->dkl", sizes, np.eye(arms)) - np.einsum("dk,dl->dkl", sizes, sizes) / total[:, None, None]
    design = pieces.sum(axis=0)
    if len(n) == 0 or np.linalg.matrix_rank(design) < arms - 1:
        return None
    score, spread = (sizes * gaps).sum(axis=0), np.einsum("d,dkl->kl", variance, pieces)
    inverse = np.linalg.pinv(design)
    statistic = max(float(score @ np.linalg.pinv(spread) @ score), 0.0)
    has_icc = icc > 0 and spare > 0
    chance = special.fdtrc(arms - 1, spare, statistic / (arms - 1)) if has_icc else special.chdtrc(arms - 1, statistic)
    return DayFit(
        inverse @ score, inverse @ spread @ inverse, float(chance), icc, float(spare) if has_icc else math.inf,
        len(n), _effective(trials, icc).sum(axis=0),
    )  # fmt: skip


def _effective(trials: np.ndarray, icc: float) -> np.ndarray:
    return np.asarray(trials / (1 + np.maximum(trials - 1, 0) * icc))


def _within(x: np.ndarray, n: np.ndarray, icc: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effective trials, deviations of rates from the day's rate, and the day's variance a trial."""
    sizes = _effective(n, icc)
    rates = np.divide(x, n, out=np.zeros_like(x), where=n > 0)
    total = sizes.sum(axis=1)
    day = (sizes * rates).sum(axis=1) / total
    variance = day * (1 - day) * total / np.maximum(total - 1, 1e-9)
    return sizes, np.where(n > 0, rates - day[:, None], 0.0), variance


def _icc(x: np.ndarray, n: np.ndarray, spare: float) -> float:
    """Correlation at which day-to-day differences between versions are as large as expected; 0 if not larger."""
    if spare < 1 or _excess(0.0, x, n, spare) <= 0:
        return 0.0
    if _excess(_MAX_ICC, x, n, spare) > 0:
        return _MAX_ICC
    return float(optimize.brentq(_excess, 0.0, _MAX_ICC, args=(x, n, spare), xtol=1e-9, rtol=1e-6))


def _excess(icc: float, x: np.ndarray, n: np.ndarray, spare: float) -> float:
    """Chi-square of version x day beyond its degrees of freedom, less `_CAUTION` of its standard deviations."""
    sizes, gaps, variance = _within(x, n, icc)
    useful = variance > 0
    sizes, gaps, variance = sizes[useful], gaps[useful], variance[useful]
    weight = sizes / variance[:, None]
    design = np.diag(weight.sum(axis=0)) - (weight / sizes.sum(axis=1)[:, None]).T @ sizes
    score = (weight * gaps).sum(axis=0)
    explained = score @ np.linalg.pinv(design) @ score
    freedom = max(spare - (~useful).sum(), 1)
    return float((weight * np.square(gaps)).sum() - explained - max(freedom - _CAUTION * math.sqrt(2 * freedom), 0.3))


@lru_cache(maxsize=256)
def _simultaneous_quantile(level: float, arms: int, freedom: float) -> float:
    """Standard errors a difference must exceed to count among all pairs."""
    if arms == 2:
        return student_quantile(level, freedom)
    # scipy has no infinite degrees of freedom below 1e5 cost; 10,000 agree to three digits
    return float(distributions.studentized_range.ppf(level, arms, min(freedom, 1e4))) / math.sqrt(2)


def _differences(fitted: DayFit, base: int, quantile: float) -> np.ndarray:
    """Rows: each version minus `base`, with interval; the base itself is 0 without an interval."""
    cov = fitted.covariance
    error = np.sqrt(np.maximum(np.diag(cov) + cov[base, base] - 2 * cov[base], 0.0))
    gap = fitted.effects - fitted.effects[base]
    rows = np.column_stack([gap, gap - quantile * error, gap + quantile * error])
    rows[base] = (0.0, NAN, NAN)
    return rows


def _bayes(fitted: DayFit) -> tuple[np.ndarray, np.ndarray]:
    """Chance to be best and expected loss under a flat prior, by seeded draws."""
    rng = np.random.default_rng(_SEED)
    values, vectors = np.linalg.eigh(fitted.covariance)
    noise = rng.standard_normal((_DRAWS, len(values))) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    if math.isfinite(fitted.freedom):
        noise /= np.sqrt(rng.chisquare(fitted.freedom, (_DRAWS, 1)) / fitted.freedom)
    drawn = fitted.effects + noise
    chance = np.bincount(drawn.argmax(axis=1), minlength=len(values)) / _DRAWS
    return chance, (drawn.max(axis=1, keepdims=True) - drawn).mean(axis=0)
