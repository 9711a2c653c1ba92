"""Product tests and votes on the listing test page: items as versions, shares of a vote."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopnb import charts
from shopnb.metrics.listing_products import Product, Vote
from shopnb.pages.listing_ab_wording import Parts, with_range
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb


def products(page: ListingAb) -> Parts:
    """Parts of the section on a product test."""
    test = page.product_test
    kinds = {
        "product": "text", "judged_as": "text", "impressions": "int", "clicks": "int", "click_rate_range": "text",
        "cart_rate_range": "text", "cart_cost_range": "text", "favourite_rate": "pct2", "deal_orders": "int",
        "chance_above": "text",
    }  # fmt: skip
    if test is None:
        return (page.muted("products.none"),)
    rows = [_product_row(page, one) for one in test.products]
    frame = pd.DataFrame(rows, columns=list(kinds))
    columns = [(name, kind) for name, kind in kinds.items() if frame[name].notna().any()]
    table = page.table("products", frame, columns)
    known = [one for one in test.products if one.rates["cart_rate"].is_known and one.rates["click_rate"].is_known]
    if not known:
        return page.muted("products.no_carts"), table
    points = pd.DataFrame(
        {
            "label": [product_name(page, one) for one in known],
            "x": [one.rates["click_rate"].estimate for one in known],
            "y": [one.rates["cart_rate"].estimate for one in known],
            "y_low": [one.rates["cart_rate"].low for one in known],
            "y_high": [one.rates["cart_rate"].high for one in known],
        }
    )
    pushed = [product_name(page, one) for one in test.products if one.rule == "push"]
    key = "products.title" if pushed else "products.title_none"
    chart = charts.chart_scatter(
        points, id="products", title=page.text(key, names=page.listed(pushed)), lang=page.lang, x_kind="pct2",
        alt=page.text("products.alt", count=len(known), days=test.days), y_kind="pct2",
        x_title=page.text("metric.click_rate"), y_title=page.text("metric.cart_rate"),
        x_line=test.cuts["click_rate"], y_line=test.cuts["cart_rate"],
    )  # fmt: skip
    return chart, table


def product_name(page: ListingAb, one: Product) -> str:
    """The short name of an item, else the start of its title."""
    return page.item_name(one.item_id, one.title)


def _product_row(page: ListingAb, one: Product) -> dict[str, Any]:
    clicks = one.clicks if one.clicks else math.nan
    return {
        "product": product_name(page, one),
        "impressions": one.impressions,
        "clicks": one.clicks,
        "click_rate_range": with_range(page, one.rates["click_rate"], "pct2"),
        "cart_rate_range": with_range(page, one.rates["cart_rate"], "pct2"),
        "cart_cost_range": with_range(page, one.cart_cost, "money2"),
        "favourite_rate": one.favourites / clicks,
        "deal_orders": one.orders,
        "chance_above": page.chance_text(one.above["cart_rate"]),
        "judged_as": rule_text(page, one),
    }


def rule_text(page: ListingAb, one: Product) -> str:
    """What to do with an item, with the chance that it is right."""
    if math.isnan(one.chance):
        return page.text(f"products.rule.{one.rule}", chance="")
    return page.text(f"products.rule.{one.rule}", chance=page.chance_text(one.chance))


def votes(page: ListingAb) -> Parts:
    """Parts of the section on a vote."""
    vote = page.vote
    kinds = {"option": "text", "votes": "int", "share_range": "text", "chance_best": "text"}
    if vote is None or vote.options.empty:
        return (page.muted("votes.none" if vote is None else "votes.invalid"),)
    rows = vote.options.rename(columns={"share": "value"})
    shares = [with_range(page, Estimate(row.value, row.low, row.high), "pct0") for row in rows.itertuples()]
    chances = [page.chance_text(chance) for chance in rows["chance"]]
    frame = rows[["option", "votes"]].assign(share_range=shares, chance_best=chances)
    values = vote_values(page, vote)
    chart = charts.chart_intervals(
        rows.assign(label=rows["option"], bold=False)[["label", "value", "low", "high", "bold"]],
        id="votes", title=page.text("votes.title", **values), alt=page.text("votes.alt", **values), lang=page.lang,
        kind="pct0", reference=1 / len(rows),
    )  # fmt: skip
    return chart, page.table("votes", frame, list(kinds.items()))


def vote_values(page: ListingAb, vote: Vote) -> dict[str, Any]:
    """What sentences about a vote need."""
    top = vote.options.iloc[0]
    return {
        "question": vote.question, "voters": vote.voters or page.text("votes.somebody"), "total": vote.total,
        "option": top["option"], "share": float(top["share"]), "chance": page.chance_text(float(top["chance"])),
    }  # fmt: skip
