"""How much of a market is within reach, and from which sales it pays (TAM → SAM → SOM, MS19)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from shopnb.metrics.market.bands import Bands
from shopnb.metrics.market.size import LEVEL, estimate_of
from shopnb.stats import Estimate
from shopnb.stats.estimate import unknown

SEED = 20_260_103
DRAWS = 1000
ONE_BAND = 0.42  # log scale: the share in one band says of another only half to double (90 %)
MONTHS = 24  # a payback longer than this is called none


@dataclass(frozen=True)
class Costs:
    """What the operator says a sale costs; NaN and 0 where nothing was said.

    Attributes
    ----------
    price : payment per unit; NaN: the median price of the reachable bands.
    margin_rate : share of payment left after goods, packing, parcel and platform fees; NaN with `unit_cost`.
    unit_cost : goods, packing and parcel of one unit; NaN: by the margin rate.
    fee_rate : platform commission on payment, used with `unit_cost`.
    refund_rate, ads_rate : shares of payment.
    one_off : spent once (first lot, samples, pictures); `deposit` comes back and is only tied up.
    monthly : fixed cost a month (annual fee ÷ 12, a person).
    """

    price: float = math.nan
    margin_rate: float = math.nan
    unit_cost: float = math.nan
    fee_rate: float = 0.0
    refund_rate: float = 0.0
    ads_rate: float = 0.0
    one_off: float = 0.0
    deposit: float = 0.0
    monthly: float = 0.0

    def per_unit(self, price: float) -> float:
        """Money left of one paid unit, after refunds, fees and ads; NaN without a margin or a cost."""
        kept = 1 - self.refund_rate
        if math.isnan(self.unit_cost):
            return price * (kept * self.margin_rate - self.ads_rate)
        return kept * (price * (1 - self.fee_rate) - self.unit_cost) - self.ads_rate * price


@dataclass(frozen=True)
class Reach:
    """The ladder from the market to what the shop may keep.

    `steps` has one row a step (`market`, `bands`, `share`, `margin`): `step`, `low`, `best`, `high`, money per 30
    days; NaN where it cannot be told. `share` is the share taken of the reachable bands, `share_from` says whence:
    `own` (in the bands sold in), `one_band`, `typed` or `none`. `per_unit` is money left of one unit; `units` sold a
    month; `break_even_units` a month pay the monthly cost, `payback_units` in all the one-off cost (`no_monthly_cost`,
    `no_one_off_cost` where none was said, `no_margin`, `no_profit_per_unit`); `payback_months`
    by the drawn margins (`never` where most draws do not pay within `MONTHS`); `gain` the chance that a month ends
    above its fixed cost. `visitors` are those that the units need at the own conversion. `curve` has one row a share:
    `share`, `margin`, `months`.
    """

    steps: pd.DataFrame
    bands: tuple[int, ...]
    share: Estimate
    share_from: str
    price: float
    per_unit: float
    units: Estimate
    break_even_units: Estimate
    payback_units: Estimate
    payback_months: Estimate
    visitors: Estimate
    gain: float
    curve: pd.DataFrame = field(repr=False)
    code: str | None = None


def reachable_market(
    bands: Bands,
    *,
    chosen: Sequence[int] = (),
    shares: tuple[float, float] | None = None,
    costs: Costs,
    conversion: Estimate | None = None,
    level: float = LEVEL,
) -> Reach:
    """Market → reachable bands → expected share → margin, each with its range.

    Parameters
    ----------
    chosen : bands within reach; empty: those in which the shop sells, else all.
    shares : lowest and highest share that the operator thinks of; None: the shop's own shares of the bands it sells
        in, one band drawn at a time.
    conversion : own payers ÷ visitors.

    Notes
    -----
    Draws of the bands' money are those of `price_bands`; typed shares are drawn evenly on the log scale.
    """
    if bands.code:
        return _nothing(bands.code)
    if len(bands.draws) == 1:  # exact numbers: one draw stands for all
        bands = replace(bands, draws=np.tile(bands.draws, (DRAWS, 1)), own_draws=np.tile(bands.own_draws, (DRAWS, 1)))
    own = [place for place in range(len(bands.frame)) if bands.own_draws[:, place].any()]
    taken = tuple(chosen) or tuple(own) or tuple(range(len(bands.frame)))
    market, within = bands.draws.sum(axis=1), bands.draws[:, taken].sum(axis=1)
    rng = np.random.default_rng(SEED)
    drawn, source = _shares(bands, own, shares, rng)
    price = costs.price if costs.price > 0 else _typical_price(bands, taken)
    per_unit = costs.per_unit(price)
    payment = within * drawn if drawn is not None else np.full(len(market), math.nan)
    margin = payment / price * per_unit - costs.monthly
    rows = []
    for step, values in (("market", market), ("bands", within), ("share", payment), ("margin", margin)):
        one = estimate_of(values, level) if np.isfinite(values).all() else unknown("no_share")
        rows.append((step, one.low, one.estimate, one.high))
    units = estimate_of(payment / price, level) if drawn is not None else unknown("no_share")
    return Reach(
        steps=pd.DataFrame(rows, columns=["step", "low", "best", "high"]),
        bands=taken,
        share=estimate_of(drawn, level) if drawn is not None else unknown("no_share"),
        share_from=source,
        price=price,
        per_unit=per_unit,
        units=units,
        break_even_units=_units_for(costs.monthly, per_unit, "no_monthly_cost"),
        payback_units=_units_for(costs.one_off, per_unit, "no_one_off_cost"),
        payback_months=_payback(costs.one_off, margin, level),
        visitors=_visitors(units, conversion),
        gain=float((margin > 0).mean()) if np.isfinite(margin).all() else math.nan,
        curve=_curve(float(np.median(within)), price, per_unit, costs),
    )


def _nothing(code: str) -> Reach:
    none = unknown(code)
    steps = pd.DataFrame({"step": ["market", "bands", "share", "margin"], "low": math.nan, "best": math.nan})
    curve = pd.DataFrame(columns=["share", "margin", "months"])
    return Reach(
        steps.assign(high=math.nan), (), none, "none", math.nan, math.nan, none, none, none, none, none, math.nan,
        curve, code,
    )  # fmt: skip


def _shares(
    bands: Bands, own: Sequence[int], typed: tuple[float, float] | None, rng: np.random.Generator
) -> tuple[np.ndarray | None, str]:
    draws = len(bands.draws)
    if typed is not None:
        return np.exp(rng.uniform(math.log(typed[0]), math.log(typed[1]), draws)), "typed"
    if not own:
        return None, "none"
    held = bands.own_draws[:, own] / bands.draws[:, own]
    if len(own) == 1:
        return np.asarray(held[:, 0] * np.exp(ONE_BAND * rng.standard_normal(draws))), "one_band"
    return np.asarray(held[np.arange(draws), rng.integers(0, len(own), draws)]), "own"


def _typical_price(bands: Bands, taken: Sequence[int]) -> float:
    """Money ÷ units of the reachable bands."""
    rows = bands.frame.iloc[list(taken)]
    return float(rows["money"].sum() / rows["units"].sum()) if rows["units"].sum() > 0 else math.nan


def _units_for(cost: float, per_unit: float, none: str) -> Estimate:
    """Units that pay a cost; without a cost the code `none`."""
    if cost <= 0:
        return unknown(none)
    if math.isnan(per_unit):
        return unknown("no_margin")
    if per_unit <= 0:
        return unknown("no_profit_per_unit")
    units = float(math.ceil(cost / per_unit - 1e-9))
    return Estimate(units, units, units)


def _payback(one_off: float, margin: np.ndarray, level: float) -> Estimate:
    if not np.isfinite(margin).all():
        return unknown("no_share")
    if one_off <= 0:
        return unknown("no_one_off_cost")
    months = np.where(margin > 0, one_off / np.maximum(margin, 1e-9), math.inf)
    middle, low, high = np.quantile(months, [0.5, (1 - level) / 2, (1 + level) / 2], method="nearest")
    return Estimate(float(middle), float(low), float(high)) if middle <= MONTHS else unknown("never")


def _visitors(units: Estimate, conversion: Estimate | None) -> Estimate:
    if conversion is None or not conversion.is_known or not conversion.low > 0:
        return unknown("no_conversion")
    if not units.is_known:
        return unknown(units.code or "no_share")
    return Estimate(units.estimate / conversion.estimate, units.low / conversion.high, units.high / conversion.low)


def _curve(within: float, price: float, per_unit: float, costs: Costs) -> pd.DataFrame:
    """Margin and months to pay back over the share taken."""
    share = np.array([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1])
    margin = within * share / price * per_unit - costs.monthly
    with np.errstate(divide="ignore", invalid="ignore"):
        months = np.where((margin > 0) & (costs.one_off > 0), costs.one_off / margin, math.nan)
    return pd.DataFrame({"share": share, "margin": margin, "months": months})
