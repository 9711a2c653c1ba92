"""How large a snapshot is, who holds it, and how much lies beyond its last line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopnb.memory import remembered
from shopnb.metrics.market.goods import Goods
from shopnb.stats import CensoredTotal, Estimate, censored_total, fit_censored
from shopnb.stats.estimate import student_quantile, unknown

SHOPS_DRAWN = 200  # largest shops that are simulated one by one
LEVEL = 0.90
_BLOCKS = 20  # a listing is cut into so many stretches of places
_LEAST_BLOCK = 15  # goods


@dataclass(frozen=True)
class Size:
    """How large the snapshot is, in units shown (people) and money, and the usual shortcut beside it.

    `beyond` is the money with what may lie behind the last line (`money_beyond`); its code says why it is not given.
    """

    units: CensoredTotal
    money: CensoredTotal
    shown_units: float  # shown numbers simply added: biased low, since `1000+` is at least 1000
    shown_money: float
    beyond: Estimate


@remembered
def market_size(goods: Goods, *, factor: float = 1.0, level: float = LEVEL) -> Size:
    """Units and money of the snapshot's goods.

    Parameters
    ----------
    factor : units per person × 30 ÷ days of the shown window; 1 takes the shown numbers as units of 30 days.
    """
    frame = goods.frame[goods.frame["sold_low"].notna()]
    priced = frame[frame["price"].notna()]
    units = censored_total(frame["sold_low"], frame["sold_high"], weights=np.full(len(frame), factor), level=level)
    prices = priced["price"].to_numpy() * factor
    money = censored_total(priced["sold_low"], priced["sold_high"], weights=prices, level=level)
    return Size(
        units=units,
        money=money,
        shown_units=float(frame["sold_low"].sum()) * factor if len(frame) else math.nan,
        shown_money=float((priced["sold_low"] * prices).sum()) if len(priced) else math.nan,
        beyond=money_beyond(goods, money, level=level),
    )


def money_beyond(goods: Goods, money: CensoredTotal, *, level: float = LEVEL) -> Estimate:
    """Money of the listing and of what would follow it, where its places show how fast sales thin out.

    The listing is cut into stretches of places; the log of a stretch's money (low ends) falls by a straight line in
    the place where the platform ranks by sales. That line, continued without end, is the rest. `no_order`: sales do
    not clearly fall with the place, so nothing tells what follows; `too_few_listings`; else the money's own code.
    The range joins the line's slope, its noise and the range of the listing itself.
    """
    frame = goods.frame[~goods.frame["is_paid"] & goods.frame["price"].notna() & goods.frame["sold_low"].notna()]
    if not money.is_known:
        return unknown(money.code or "too_few_listings")
    blocks = min(_BLOCKS, len(frame) // _LEAST_BLOCK)
    if blocks < 6:
        return unknown("too_few_listings")
    block = np.arange(len(frame)) * blocks // len(frame)
    shown = np.bincount(block, (frame["price"] * (frame["sold_low"] + 0.5)).to_numpy(), blocks)
    at = np.arange(blocks, dtype=float)
    logs = np.log(shown)
    slope, base = np.polyfit(at, logs, 1)
    noise = float(np.square(logs - base - slope * at).sum() / (blocks - 2))
    error = math.sqrt(noise / np.square(at - at.mean()).sum())
    reach = student_quantile(level, blocks - 2)
    slow, fast = slope + reach * error, slope - reach * error
    if slow >= 0:
        return unknown("no_order")

    def rest(fall: float) -> float:
        last = logs.mean() + fall * (blocks - 1 - at.mean()) + noise / 2
        return float(np.exp(last) * np.exp(fall) / -np.expm1(fall) / shown.sum())

    return Estimate(money.estimate * (1 + rest(slope)), money.low * (1 + rest(fast)), money.high * (1 + rest(slow)))


@dataclass(frozen=True)
class Concentration:
    """Who holds the money.

    `leaders` maps k to the share of the k largest; `hhi` is the sum of squared shares (0-1), `gini` the inequality of
    shares (0-1); `shops` has one row a shop (brand, place), the `SHOPS_DRAWN` largest and the own one, largest first:
    `shop_name`, `goods`, `money`, `share`, `share_low`, `share_high`, `is_own`. `named` is the share of goods that
    carry a name at all.
    """

    leaders: dict[int, Estimate]
    hhi: Estimate
    gini: Estimate
    shops: pd.DataFrame
    named: float
    code: str | None = None


@remembered
def concentration(
    goods: Goods, *, by: str = "shop_name", own_shop: str = "", factor: float = 1.0, level: float = LEVEL
) -> Concentration:
    """Shares of the 4, 8 and 20 largest (MS4). Goods without a name stand for one unnamed holder each.

    Parameters
    ----------
    by : `shop_name`, `brand` or `place` (its first word: the province).
    """
    frame = goods.frame[goods.frame["price"].notna() & goods.frame["sold_low"].notna()]
    model = fit_censored(frame["sold_low"], frame["sold_high"])
    columns = ["shop_name", "goods", "money", "share", "share_low", "share_high", "is_own"]
    written = frame[by].fillna("").astype(str)
    if by == "place":
        written = written.map({place: (place.split() or [""])[0] for place in written.unique()})
    named = float((written != "").mean()) if len(frame) else math.nan
    code = model.code or (None if (written != "").any() else "no_names")
    if code:
        none = unknown(code)
        return Concentration(dict.fromkeys((4, 8, 20), none), none, none, pd.DataFrame(columns=columns), named, code)
    unnamed = "\n" + frame["position"].astype(str)  # cannot be a shop's name
    codes, names = pd.factorize(written.where(written != "", unnamed), sort=True)
    weights = frame["price"].to_numpy()
    expected = np.bincount(codes, model.expected * weights, len(names))
    drawn = np.argsort(-expected + np.where(is_own(pd.Series(names), own_shop), -math.inf, 0.0), kind="stable")
    drawn = drawn[:SHOPS_DRAWN]
    place = np.full(len(names), len(drawn))
    place[drawn] = np.arange(len(drawn))
    money = model.simulate(weights, place[codes], len(drawn) + 1)
    total = money.sum(axis=1, keepdims=True)
    money, shares = money[:, :-1], money[:, :-1] / total
    small = np.delete(expected, drawn) / expected.sum()
    ordered = -np.sort(-shares, axis=1)
    middle, low, high = quantiles_of(shares, level)
    shops = pd.DataFrame(
        {
            "shop_name": names[drawn],
            "goods": np.bincount(codes, minlength=len(names))[drawn],
            "money": np.median(money, axis=0) * factor,
            "share": middle,
            "share_low": low,
            "share_high": high,
            "is_own": is_own(pd.Series(names[drawn]), own_shop),
        }
    )
    shops = shops[~shops["shop_name"].str.startswith("\n")].sort_values(["share", "shop_name"], ascending=[False, True])
    return Concentration(
        {k: estimate_of(ordered[:, :k].sum(axis=1), level) for k in (4, 8, 20)},
        estimate_of(np.square(shares).sum(axis=1) + np.square(small).sum(), level),
        estimate_of(_gini(ordered, np.sort(small)[::-1]), level),
        shops.reset_index(drop=True)[columns],
        named,
    )


def flagship_share(goods: Goods, *, level: float = LEVEL) -> tuple[float, Estimate]:
    """Share of goods and of money that flagship shops (旗舰店) hold: brands against others where no brand is named.

    NaN and the model's code, or `no_names` without any shop's name.
    """
    frame = goods.frame[goods.frame["price"].notna() & goods.frame["sold_low"].notna()]
    names = frame["shop_name"].fillna("").astype(str)
    model = fit_censored(frame["sold_low"], frame["sold_high"])
    if code := model.code or (None if (names != "").any() else "no_names"):
        return math.nan, unknown(code)
    is_flagship = names.str.contains("旗舰店").to_numpy()
    money = model.simulate(frame["price"].to_numpy(), is_flagship.astype(int), 2)
    return float(is_flagship.mean()), estimate_of(money[:, 1] / money.sum(axis=1), level)


def _gini(ordered: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Gini coefficient of shares, one a draw: drawn ones largest first, then the small ones at their expectation."""
    count = ordered.shape[1] + len(small)
    places = np.arange(1, count + 1)
    weight = (count + 1 - 2 * places) / count
    return np.asarray(ordered @ weight[: ordered.shape[1]] + small @ weight[ordered.shape[1] :])


def quantiles_of(draws: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median and the ends of the interval of each column."""
    tail = (1 - level) / 2
    middle, low, high = np.quantile(draws, [0.5, tail, 1 - tail], axis=0)
    return middle, low, high


def estimate_of(draws: np.ndarray, level: float) -> Estimate:
    """Median and interval of one number's draws."""
    middle, low, high = (float(end) for end in np.quantile(draws, [0.5, (1 - level) / 2, (1 + level) / 2]))
    return Estimate(middle, low, high)


def is_own(shops: pd.Series, own_shop: str) -> np.ndarray:
    """Which rows are of the own shop; none where it has no name."""
    return np.asarray(shops.fillna("") == own_shop) if own_shop else np.zeros(len(shops), bool)
