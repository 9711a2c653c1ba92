"""Section "source matrix" of the traffic page: which source to grow, which to cut, small sources, peers, regions."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics import traffic
from shopnb.pages.base import Page
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.pages.traffic_sources_words import (
    SHOWN_SOURCES,
    Parts,
    asked_for,
    rate_heading,
    rate_text,
    spread_text,
    typed_peer,
    way,
)
from shopnb.pages.wording import with_range
from shopnb.stats import Estimate, compare_proportions

SHOWN_REGIONS, SHOWN_SMALL = 8, 8


def matrix(page: Page) -> Parts:
    """Visitors × conversion × value × cost of each source, and what to do with it."""
    n: Numbers = page.numbers
    if not n.way:
        none = page.muted("matrix.no_rate"), page.muted("matrix.no_margin_chart")
        return *none, _table(page), _basis(page), _regions(page)
    return (
        _scatter(page), _margins(page), _table(page), _basis(page), _peers(page), _slot(page), _small(page),
        _regions(page),
    )  # fmt: skip


def _scatter(page: Page) -> view.ChartPart | view.TextPart:
    n: Numbers = page.numbers
    rows = asked_for(page, n.sources)
    rows = rows[rows["rate"].notna() & (rows["source"] != traffic.POOLED)]
    if rows.empty:
        return page.muted("matrix.too_few")
    frame = pd.DataFrame(
        {
            "label": rows["label"], "x": rows["visitors"], "y": rows["rate"], "y_low": rows["rate_low"],
            "y_high": rows["rate_high"], "size": rows["paid_amount"],
        }
    )  # fmt: skip
    mean = n.now.conversion.estimate
    best = rows.loc[rows["rate"].idxmax()]
    more = rows[rows["verdict"] == "more"].sort_values("margin", ascending=False)
    names = labels.text("common.list_mark", page.lang).join(more["label"].head(3))
    title = (
        page.text("matrix.title_more", sources=names)
        if len(more)
        else page.text("matrix.title", source=best["label"], rate=float(best["rate"]), mean=mean)
    )
    alt = page.text(
        "matrix.alt", count=len(rows), source=best["label"], rate=float(best["rate"]), mean=mean, way=way(page)
    )
    return charts.chart_scatter(
        frame, id="matrix", title=title, alt=alt, lang=page.lang, x_kind="number", y_kind="pct",
        x_title=labels.heading("visitors", page.lang), y_title=way(page), y_line=mean,
    )  # fmt: skip


def _margins(page: Page) -> view.ChartPart | view.TextPart:
    n: Numbers = page.numbers
    if math.isnan(n.worth.margin_rate):
        return page.muted("matrix.no_margin_rate")
    if not n.spending.known:
        return page.muted(
            "matrix.no_ads" if not n.spending.missing else "matrix.ads_missing_days", days=len(n.spending.missing)
        )
    rows = asked_for(page, n.sources)
    rows = rows[rows["margin"].notna() & (rows["source"] != traffic.POOLED)].sort_values("margin", ascending=False)
    if rows.empty:
        return page.muted("matrix.no_margin_chart")
    frame = pd.DataFrame(
        {
            "label": rows["label"], "value": rows["margin"], "low": rows["margin_low"], "high": rows["margin_high"],
            "bold": rows["margin_high"] < 0,
        }
    )  # fmt: skip
    losing = rows[rows["margin_high"] < 0]
    worst = rows.iloc[-1]
    title = (
        page.text("matrix.margin_losing", source=worst["label"], loss=-float(worst["margin"]))
        if len(losing)
        else page.text("matrix.margin_fine")
    )
    alt = page.text("matrix.margin_alt", count=len(rows), source=worst["label"], margin=float(worst["margin"]))
    return charts.chart_diverging(frame, id="margins", title=title, alt=alt, lang=page.lang, kind="money2")


def _table(page: Page) -> view.TablePart:
    n: Numbers = page.numbers
    rows = asked_for(page, n.sources)
    heading, people = rate_heading(page), "orderers" if n.way == "order" else "payers"
    visitors = rows["visitors"].where(rows["visitors"] > 0)
    peers = [typed_peer(page, f"{name}{way_metric(page)}") for name in rows["name"]]
    is_paid = rows["group"] == "paid"
    shown = rows.assign(
        source=rows["label"],
        cart_rate=rows["cart_users"] / visitors,
        spend_per_buyer=rows["spend"].where(rows["enough"]),
        visitor_value=rows["value"].where(rows["enough"]),
        ad_cost=rows["cost"].where(is_paid),
        cost_per_visitor=rows["cost_per_visitor"].where(is_paid),
        margin_per_visitor=rows["margin"],
        verdict=[page.text(f"matrix.verdict.{one}") for one in rows["verdict"]],
        peer_mean=[one.mean for one in peers],
        peer_best=[one.best for one in peers],
        **{
            heading: [rate_text(page, row.buyers, row.visitors, row.enough) for row in rows.itertuples()],
            people: rows["buyers"],
        },
    )
    optional = [
        (heading, "text"), ("peer_mean", "pct2"), ("peer_best", "pct2"), ("margin_per_visitor", "money2"),
        ("cost_per_visitor", "money2"), ("ad_cost", "money"), ("visitor_value", "money2"),
        ("spend_per_buyer", "money2"), (people, "int"), ("cart_users", "int"), ("cart_rate", "pct"),
    ]  # fmt: skip
    there = [(name, kind) for name, kind in optional if shown[name].notna().any()]
    columns = [("source", "text"), ("verdict", "text"), ("visitors", "int"), *there]
    return page.table("matrix", shown, columns, rows=SHOWN_SOURCES, signed=("margin_per_visitor",))


def way_metric(page: Page) -> str:
    """The platform's name of the conversion in use, as people type it into the table of peers."""
    return "下单转化率" if page.numbers.way == "order" else "支付转化率"


def _basis(page: Page) -> view.TextPart:
    """How a visitor's margin is counted, or what is missing for it; and what a visitor costs and brings."""
    n: Numbers = page.numbers
    if math.isnan(n.worth.margin_rate):
        return page.muted("matrix.formula")
    refund = n.worth.refund_share
    key = "matrix.basis" if not math.isnan(refund) else "matrix.basis_no_refunds"
    text = page.text(key, margin=n.worth.margin_rate, refund=refund, break_even=n.worth.break_even)
    if not math.isnan(n.spending.total) and not math.isnan(n.now.paid_amount) and n.now.visitors:
        cost, value = n.spending.total / n.now.visitors, n.now.paid_amount / n.now.visitors
        text += page.text("matrix.cost_and_value", cost=cost, value=value)
    return view.TextPart(text)


def _peers(page: Page) -> view.TextPart:
    """The peers' conversion beside the sum over sources, which are counted differently."""
    n: Numbers = page.numbers
    found = typed_peer(page, way_metric(page))
    if not found.known:
        return page.muted("matrix.no_peers")
    lang = page.lang
    best = "" if math.isnan(found.best) else page.text("matrix.peers_best", best=found.best)
    shown = with_range(lang, n.now.conversion) if n.now.enough else labels.MISSING
    return view.TextPart(
        page.text("matrix.peers", mean=found.mean, best=best, day=found.noted_on, own=shown, way=way(page))
    )


def _slot(page: Page) -> view.TextPart | None:
    """Recommended slots against search (TR21): the difference of their conversion with its range."""
    n: Numbers = page.numbers
    sums = n.wide[n.wide["buyers"].notna()].groupby("group")[["visitors", "buyers"]].sum()
    if not {"recommend", "free_search"} <= set(sums.index):
        return None
    slot, search = sums.loc["recommend"], sums.loc["free_search"]
    if min(slot["visitors"], search["visitors"]) < traffic.LEAST_VISITORS:
        return None
    found = compare_proportions(
        search["buyers"], search["visitors"], slot["buyers"], slot["visitors"], level=traffic.LEVEL
    )
    key = "slot_level" if found.low <= 0 <= found.high else "slot_below" if found.estimate < 0 else "slot_above"
    rates = {"slot": slot["buyers"] / slot["visitors"], "search": search["buyers"] / search["visitors"]}
    return view.TextPart(page.text(f"matrix.{key}", **rates, difference=with_range(page.lang, found, "pp")))


def _small(page: Page) -> view.TablePart | None:
    """Sources too small for a rate of their own: shrunk towards all sources, with their range."""
    n: Numbers = page.numbers
    if n.small.empty:
        return None
    shown = n.small.assign(
        source=n.small["label"],
        shrunk_range=[
            spread_text(page, row.shrunk_low, row.shrunk_high, row.shrunk, "pct") for row in n.small.itertuples()
        ],
        told_by_itself=n.small["own_share"],
    )
    people = "orderers" if n.way == "order" else "payers"
    columns = [("source", "text"), ("visitors", "int"), (people, "int"), ("shrunk_range", "text"),
               ("told_by_itself", "pct0")]  # fmt: skip
    table = page.table("small", shown.assign(**{people: shown["buyers"]}), columns, rows=SHOWN_SMALL)
    return replace(table, caption=page.text("matrix.small_caption", count=len(shown)), folded=True)


def _regions(page: Page) -> view.TablePart | None:
    """Ads by region (TR29), from a regional report."""
    rows = page.numbers.regions
    if rows.empty:
        return None
    ranges = [
        with_range(page.lang, Estimate(row.returns, row.returns_low, row.returns_high), "ratio")
        for row in rows.itertuples()
    ]
    shown = rows.assign(share_of_cost=rows["cost"] / rows["cost"].sum(), ad_cost=rows["cost"], return_range=ranges)
    columns = [("region", "text"), ("return_range", "text"), ("ad_cost", "money"), ("share_of_cost", "pct"),
               ("deal_amount", "money"), ("clicks", "int")]  # fmt: skip
    table = page.table("regions", shown, columns, rows=SHOWN_REGIONS, bars=("share_of_cost",))
    return replace(table, caption=page.text("matrix.regions_caption"))
