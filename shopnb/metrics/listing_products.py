"""Product tests (测款) and votes: which item is worth pushing, by carts first, and what a vote is worth.

Belongs here: items of one plan read as versions, the rules LT9 to LT11 with a probability, shares of a vote. Buyers of
three to seven days are too few (AD7): conversion is looked at from day 14 on.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd
from scipy import special

from shopnb.stats import Estimate, proportion_interval, rotation_test

LEAST_CLICKS, LEAST_CARTS, LEAST_DAYS, CONVERSION_DAYS = 100, 5, 3, 14
SURE = 0.9
MOST_ITEMS, LEAST_ITEMS = 30, 3
_NAMED = ("测款", "测品", "选款", "测图", "test")
_RATES = {"click_rate": ("impressions", "clicks"), "cart_rate": ("clicks", "carts"), "payment": ("clicks", "orders")}


@dataclass(frozen=True)
class Product:
    """One item of a product test.

    Rates with the chance to be above the cut; `cart_cost` money a cart with its range. `rule`: what to do, one of push,
    image (LT9), detail (LT10), replace (LT11), price, more, too_few; `chance`: that the rule's condition holds.
    """

    item_id: str
    title: str
    impressions: float
    clicks: float
    carts: float
    favourites: float
    orders: float
    cost: float
    rates: dict[str, Estimate]
    above: dict[str, float]
    cart_cost: Estimate
    rule: str
    chance: float


@dataclass(frozen=True)
class ProductTest:
    """Items of one plan that were advertised side by side. `cuts`: rate -> the line, `cut_from`: own or peers."""

    name: str
    days: int
    first: dt.date
    last: dt.date
    products: tuple[Product, ...] = ()
    cuts: dict[str, float] = field(default_factory=dict)
    cut_from: str = "own"

    @property
    def best(self) -> Product | None:
        """The first item that is worth pushing."""
        return next((one for one in self.products if one.rule == "push"), None)


def product_plans(ads: ibis.Table) -> pd.DataFrame:
    """Plans that advertised 3 to 30 items side by side, those named a test first, then the newest.

    Returns
    -------
    DataFrame, one row a plan: `plan`, `items`, `first`, `last`, `impressions`, `named` (bool).
    """
    rows = _items(ads)
    grouped = rows.group_by("_plan").aggregate(
        items=rows.item_id.nunique(), first=rows.day.min(), last=rows.day.max(), impressions=rows.impressions.sum()
    )
    frame = grouped.order_by("_plan").to_pandas().rename(columns={"_plan": "plan"})
    frame = frame[frame["items"].between(LEAST_ITEMS, MOST_ITEMS) & (frame["plan"] != "")]
    named = frame["plan"].str.lower().map(lambda name: any(word in name for word in _NAMED)).astype(bool)
    for name in ("first", "last"):
        frame[name] = pd.to_datetime(frame[name]).dt.date
    return frame.assign(named=named).sort_values(["named", "last", "plan"], ascending=[False, False, True])


def _items(ads: ibis.Table) -> ibis.Table:
    rows = ads.filter((ads.level == "item") & ads.item_id.notnull() & (ads.impressions > 0))
    return rows.mutate(_plan=ibis.coalesce(rows.plan, rows.plan_id, rows.scene, ibis.literal("")))


def judge_products(
    ads: ibis.Table, plan: str, *, peers: Mapping[str, float], detail_changed: Collection[str]
) -> ProductTest:
    """The items of a plan against the cut, by what sells last: clicks, carts, orders.

    Parameters
    ----------
    peers : rate -> value typed in from the back office, for rates without own history of more than two items.
    detail_changed : items whose detail page was changed before: a second failure is the product's (LT11).
    """
    rows = _items(ads)
    rows = rows.filter(rows._plan == plan)
    daily = rows.group_by(["item_id", "day"]).aggregate(
        title=rows.item_title.max(), impressions=rows.impressions.sum(), clicks=rows.clicks.sum(),
        carts=rows.carts.sum(), favourites=rows.favourites.sum(), orders=rows.deal_orders.sum(), cost=rows.cost.sum(),
    ).order_by(["day", "item_id"]).to_pandas()  # fmt: skip
    daily["day"] = pd.to_datetime(daily["day"]).dt.date
    names = ["impressions", "clicks", "carts", "favourites", "orders", "cost"]
    daily[names] = daily[names].astype(float)
    days = int(daily["day"].nunique())
    rates = {name: _rates(daily, *parts) for name, parts in _RATES.items()}
    cuts = {name: _cut(daily, *parts, peers.get(name, math.nan)) for name, parts in _RATES.items()}
    sums = daily.groupby("item_id")[names].sum(min_count=1)
    titles = daily.groupby("item_id")["title"].max()
    products = [
        _product(str(item), str(titles.get(item) or item), row, rates, cuts, days, item in detail_changed)
        for item, row in sums.iterrows()
    ]
    order = {"push": 0, "price": 1, "detail": 1, "image": 1, "more": 2, "replace": 3, "too_few": 4}
    products.sort(key=lambda one: (order[one.rule], -np.nan_to_num(one.rates["cart_rate"].estimate), one.item_id))
    return ProductTest(plan, days, min(daily["day"]), max(daily["day"]), tuple(products), cuts)


def _cut(daily: pd.DataFrame, below: str, above: str, peer: float) -> float:
    """The line a rate must pass: the mean of the plan's own items, else the peers' figure."""
    known = daily.dropna(subset=[below, above])
    if known["item_id"].nunique() > 2 and known[below].sum() > 0:
        return float(known[above].sum() / known[below].sum())
    return peer


def _rates(daily: pd.DataFrame, below: str, above: str) -> pd.DataFrame:
    """`rate`, `error` of every item: days compared within, as far as there are any in common."""
    counts = daily.dropna(subset=[below, above])
    counts = counts[(counts[below] > 0) & (counts[above] <= counts[below])]
    counts = counts.rename(columns={"item_id": "variant", below: "trials", above: "successes"})
    if counts["variant"].nunique() < 2:
        return pd.DataFrame(columns=["rate", "error"])
    test = rotation_test(counts[["variant", "day", "trials", "successes"]])
    if test.arms.empty:
        return pd.DataFrame(columns=["rate", "error"])
    arms = test.arms.set_index("variant")
    error = (arms["high"] - arms["low"]) / 2 / special.ndtri(0.975)
    return pd.DataFrame({"rate": arms["adjusted_rate"], "error": error})


def _product(
    item: str, title: str, row: pd.Series, rates: Mapping[str, pd.DataFrame], cuts: Mapping[str, float], days: int,
    detail_changed: bool,
) -> Product:  # fmt: skip
    shown, above = {}, {}
    for name, (below, top) in _RATES.items():
        known = not (math.isnan(row[below]) or math.isnan(row[top])) and row[top] <= row[below]
        shown[name] = proportion_interval(row[top], row[below]) if known else Estimate(math.nan, code="missing_column")
        above[name] = _chance(rates[name], item, cuts[name])
    carts = shown["cart_rate"]
    per_click = row["cost"] / row["clicks"] if row["clicks"] else math.nan
    spent = math.isfinite(per_click) and carts.is_known and carts.estimate > 0
    cost = Estimate(math.nan, code="no_cost")
    if spent:
        cost = Estimate(per_click / carts.estimate, per_click / carts.high, per_click / carts.low)
    rule, chance = _rule(row, above, days, detail_changed)
    return Product(
        item, title, impressions=float(row["impressions"]), clicks=float(row["clicks"]), carts=float(row["carts"]),
        favourites=float(row["favourites"]), orders=float(row["orders"]), cost=float(row["cost"]), rates=shown,
        above=above, cart_cost=cost, rule=rule, chance=chance,
    )  # fmt: skip


def _chance(rates: pd.DataFrame, item: str, cut: float) -> float:
    if item not in rates.index or math.isnan(cut) or not rates.loc[item, "error"] > 0:
        return math.nan
    return float(special.ndtr((rates.loc[item, "rate"] - cut) / rates.loc[item, "error"]))


def _rule(row: pd.Series, above: Mapping[str, float], days: int, detail_changed: bool) -> tuple[str, float]:
    """LT9 before LT10 before LT11: who does not click cannot put into the cart."""
    if days < LEAST_DAYS or row["clicks"] < LEAST_CLICKS or not row["carts"] >= LEAST_CARTS:
        return "too_few", math.nan
    clicks, carts, orders = above["click_rate"], above["cart_rate"], above["payment"]
    if carts >= SURE:
        if days >= CONVERSION_DAYS and orders <= 1 - SURE:
            return "price", 1 - orders
        return "push", carts
    if carts <= 1 - SURE:
        return ("replace" if detail_changed else "detail"), 1 - carts
    if clicks <= 1 - SURE:
        return "image", 1 - clicks
    return "more", carts


@dataclass(frozen=True)
class Vote:
    """One vote: options by votes, with their shares and the chance that most people of this kind prefer the first."""

    question: str
    voters: str
    day: dt.date | None
    total: float
    options: pd.DataFrame  # option, votes, share, low, high, chance
    code: str = ""


def read_votes(votes: pd.DataFrame) -> list[Vote]:
    """All votes, the newest first; stated preference, a sieve before a test (LT37), never a proof.

    Notes
    -----
    Wilson intervals of the shares; the chance to be first by 20,000 seeded draws of a Dirichlet(1/2) posterior. A vote
    with under 30 votes has the code `too_few`, one whose counts cannot be true `invalid_counts`.
    """
    made = []
    for (question, voters), rows in votes.assign(voters=votes["voters"].fillna("")).groupby(["question", "voters"]):
        counts = pd.to_numeric(rows["votes"], errors="coerce").astype(float)
        day = pd.to_datetime(rows["day"]).max()
        when = None if pd.isna(day) else day.date()
        total = float(counts.sum())
        if counts.isna().any() or (counts < 0).any() or total == 0 or len(rows) < 2:
            made.append(Vote(str(question), str(voters), when, total, pd.DataFrame(), "invalid_counts"))
            continue
        drawn = np.random.default_rng(LEAST_CLICKS).dirichlet(counts + 0.5, 20_000).argmax(axis=1)
        shares = [proportion_interval(one, total) for one in counts]
        options = pd.DataFrame(
            {
                "option": rows["option"].astype(str).to_numpy(),
                "votes": counts.to_numpy(),
                "share": [one.estimate for one in shares],
                "low": [one.low for one in shares],
                "high": [one.high for one in shares],
                "chance": np.bincount(drawn, minlength=len(rows)) / len(drawn),
            }
        ).sort_values(["votes", "option"], ascending=[False, True], ignore_index=True)
        made.append(Vote(str(question), str(voters), when, total, options, "too_few" if total < 30 else ""))
    return sorted(made, key=lambda one: (-(one.day or dt.date.min).toordinal(), one.question, one.voters))
