"""The sections of market sizing: size, price bands, concentration, page one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from shopnb import charts, labels, view

if TYPE_CHECKING:
    from shopnb.pages.market_sizing import MarketSizing

Parts = tuple[view.ChartPart | view.TablePart | view.TextPart, ...]
SHOWN_SHOPS = 10


def build(page: MarketSizing, key: str) -> view.Section:
    """One section by key."""
    return view.Section(key, page.text(f"{key}.question"), _BUILDERS[key](page), page.text(f"{key}.how_to_read"))


def _size(page: MarketSizing) -> Parts:
    n = page.numbers
    money, units = n.size.money, n.size.units
    rows = [
        {
            "scope": page.text(f"size.row.{name}"),
            "goods": len(n.goods.frame),
            "units": labels.format_value(unit, "number", page.lang),
            "money": labels.format_value(amount, "money", page.lang),
            "range": labels.format_range(money.low, money.high, "money", page.lang)
            if name == "estimated" and not math.isnan(money.estimate)
            else labels.MISSING,
        }
        for name, unit, amount in (
            ("estimated", units.estimate, money.estimate),
            ("shown", n.size.shown_units, n.size.shown_money),
        )
    ]
    table = page.table(
        "size",
        pd.DataFrame(rows),
        [("scope", "text"), ("goods", "int"), ("units", "text"), ("money", "text"), ("range", "text")],
    )
    if math.isnan(money.estimate):
        return page.muted(
            f"size.code.{money.code}" if page.has_text(f"size.code.{money.code}") else "size.unknown"
        ), table
    frame = pd.DataFrame(
        [
            {
                "label": page.text("size.row.estimated"),
                "low": money.low,
                "best": money.estimate,
                "high": money.high,
                "struck": False,
            },
            {
                "label": page.text("size.row.shown"),
                "low": n.size.shown_money,
                "best": n.size.shown_money,
                "high": n.size.shown_money,
                "struck": True,
            },
        ]
    )
    short = 1 - n.size.shown_money / money.estimate if money.estimate else math.nan
    key = "title_exact" if money.low == money.high else "title_same" if math.isnan(short) or short < 0.01 else "title"
    title = page.text(f"size.{key}", low=money.low, high=money.high, short=short, money=money.estimate)
    alt = page.text("size.alt", money=money.estimate, low=money.low, high=money.high, shown=n.size.shown_money)
    return charts.chart_ranges(frame, id="size", title=title, alt=alt, lang=page.lang, kind="money"), table


def _bands(page: MarketSizing) -> Parts:
    n = page.numbers
    frame = n.bands.frame.assign(
        band=[page.band_name(low, high) for low, high in zip(n.bands.frame["low"], n.bands.frame["high"], strict=True)]
    )
    own = n.goods.frame[n.goods.frame["shop_name"] == n.own_shop]
    own_line = (
        page.muted("bands.no_own", shop=n.own_shop)
        if own.empty
        else view.TextPart(
            page.text(
                "bands.own",
                count=len(own),
                prices=labels.text("common.list_mark", page.lang).join(
                    labels.format_value(price, "money", page.lang) for price in sorted(own["price"].dropna())
                ),
            )
        )
    )
    columns = [
        ("band", "text"),
        ("goods", "int"),
        ("shops", "int"),
        ("units", "number"),
        ("money", "money"),
        ("goods_share", "pct"),
        ("money_share", "pct"),
        ("ratio", "ratio"),
        ("ratio_range", "text"),
        ("own", "int"),
    ]
    ranges = [
        labels.MISSING if math.isnan(low) else labels.format_range(low, high, "ratio", page.lang)
        for low, high in zip(frame["ratio_low"], frame["ratio_high"], strict=True)
    ]
    table = page.table("bands", frame.assign(ratio_range=ranges), columns)
    if n.bands.code:
        return page.muted("bands.no_sales"), own_line, table
    series = (page.text("bands.goods_share"), page.text("bands.money_share"))
    pairs = pd.DataFrame(
        [
            {"label": row.band, "series": name, "value": value}
            for row in frame.itertuples()
            for name, value in zip(series, (row.goods_share, row.money_share), strict=True)
        ]
    )
    best = page.best_band()
    title = (
        page.text("bands.title_none")
        if best is None
        else page.text(
            "bands.title",
            band=page.band_name(best["low"], best["high"]),
            goods=float(best["goods_share"]),
            money=float(best["money_share"]),
        )
    )
    top = frame.loc[frame["money_share"].idxmax()]
    alt = page.text("bands.alt", count=len(frame), band=top["band"], share=float(top["money_share"]))
    return charts.chart_paired(pairs, id="bands", title=title, alt=alt, lang=page.lang, kind="pct"), own_line, table


def _concentration(page: MarketSizing) -> Parts:
    n = page.numbers
    if n.held.code:
        return page.muted("concentration.unknown"), page.muted("concentration.no_brand")
    four, eight, twenty = (n.held.leaders[k] for k in (4, 8, 20))
    parts = pd.DataFrame(
        [
            {
                "label": page.text("concentration.by_shop"),
                "part": page.text(f"concentration.part.{name}"),
                "share": share,
            }
            for name, share in (
                ("four", four.estimate),
                ("eight", max(0.0, eight.estimate - four.estimate)),
                ("twenty", max(0.0, twenty.estimate - eight.estimate)),
                ("rest", max(0.0, 1 - twenty.estimate)),
            )
        ]
    )
    title = page.text(
        "concentration.title_exact" if four.low == four.high else "concentration.title",
        share=four.estimate,
        low=four.low,
        high=four.high,
    )
    alt = page.text("concentration.alt", four=four.estimate, eight=eight.estimate, twenty=twenty.estimate)
    chart = charts.chart_stacked_share(parts, id="concentration", title=title, alt=alt, lang=page.lang)
    shops = n.held.shops
    shops = shops.assign(
        rank=range(1, len(shops) + 1),
        share_range=[
            labels.format_range(low, high, "pct", page.lang)
            for low, high in zip(shops["share_low"], shops["share_high"], strict=True)
        ],
    )
    columns = [
        ("rank", "int"),
        ("shop_name", "text"),
        ("goods", "int"),
        ("money", "money"),
        ("market_share", "pct"),
        ("share_range", "text"),
    ]
    table = page.table(
        "concentration",
        shops.rename(columns={"share": "market_share"}),
        columns,
        rows=SHOWN_SHOPS,
        bars=("market_share",),
    )
    return chart, table


def _page_one(page: MarketSizing) -> Parts:
    n = page.numbers
    goods, own = n.page_one.goods, n.page_one.own
    kinds = {"price": "money2", "sold": "number", "comments": "number", "free_shipping": "pct", "tmall": "pct"}
    rows = [
        {
            "measure": page.text(f"page_one.measure.{row.measure}"),
            **{
                name: labels.format_value(getattr(row, name), kinds[row.measure], page.lang)
                for name in ("median", "best", "own", "gap")
            },
        }
        for row in n.page_one.table.itertuples()
    ]
    columns = [("measure", "text"), ("median", "text"), ("best", "text"), ("own_best", "text"), ("gap", "text")]
    names = ["measure", "median", "best", "own", "gap"]
    table = page.table("page_one", pd.DataFrame(rows, columns=names).rename(columns={"own": "own_best"}), columns)
    shown = pd.concat([goods.assign(is_own=goods["shop_name"] == n.own_shop), own.assign(is_own=True)])
    shown = shown[~shown["position"].duplicated()].dropna(subset=["price", "sold_low"])
    if len(shown) < 5:
        return page.muted("page_one.too_few"), table
    frame = pd.DataFrame(
        {
            "label": [str(title)[:14] for title in shown["title"]],
            "x": shown["price"],
            "y": shown["sold_low"],
            "own": shown["is_own"],
        }
    )
    median_sold, median_price = float(goods["sold_low"].median()), float(goods["price"].median())
    title = page.text("page_one.title", sold=median_sold, price=median_price)
    alt = page.text("page_one.alt", count=len(goods), price=median_price, sold=median_sold, own=len(own))
    chart = charts.chart_strip(
        frame,
        id="page_one",
        title=title,
        alt=alt,
        lang=page.lang,
        x_kind="money",
        y_kind="number",
        x_title=labels.heading("price", page.lang),
        y_title=labels.heading("sold", page.lang),
    )
    return chart, table


_BUILDERS: dict[str, Callable[[MarketSizing], Parts]] = {
    "size": _size,
    "bands": _bands,
    "concentration": _concentration,
    "page_one": _page_one,
}
