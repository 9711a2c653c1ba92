"""The sections of market sizing that describe the market: size, price bands, concentration, words, page one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from shopnb import charts, labels, view
from shopnb.pages import market_sizing_plan as plan
from shopnb.pages.market_sizing_numbers import widest_gap
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.market_sizing import MarketSizing

Parts = tuple[view.ChartPart | view.TablePart | view.TextPart, ...]
SHOWN_SHOPS = 10
SHOWN_WORDS = 12


def build(page: MarketSizing, key: str) -> view.Section:
    """One section by key."""
    builder = _BUILDERS.get(key) or plan.BUILDERS[key]
    return view.Section(key, page.text(f"{key}.question"), builder(page), page.text(f"{key}.how_to_read"))


def ranged(page: MarketSizing, value: Estimate, kind: str) -> str:
    """The range of an estimate as shown; a dash where there is none."""
    known = value.high - value.low > 1e-9 * abs(value.high)
    return labels.format_range(value.low, value.high, kind, page.lang) if known else labels.MISSING


def _why(page: MarketSizing, section: str, code: str) -> str:
    """Key of the sentence that says why a section has no numbers: no sales at all, or sales that tell too little."""
    return f"{section}.no_sales" if code == "no_listings" or not page.numbers.goods.has_sales else f"{section}.unknown"


def _size_table(page: MarketSizing) -> view.TablePart:
    n = page.numbers
    rows = [
        {
            "scope": page.text(f"size.row.{name}"),
            "goods": len(n.goods.frame) if name != "beyond" else None,
            "units": labels.format_value(units, "number", page.lang),
            "money": labels.format_value(money, "money", page.lang),
            "range": span,
        }
        for name, units, money, span in (
            ("estimated", n.size.units.estimate, n.size.money.estimate, ranged(page, n.size.money, "money")),
            ("shown", n.size.shown_units, n.size.shown_money, labels.MISSING),
            ("beyond", math.nan, n.size.beyond.estimate, ranged(page, n.size.beyond, "money")),
        )
    ]
    columns = [("scope", "text"), ("money", "text"), ("range", "text"), ("units", "text"), ("goods", "int")]
    return page.table("size", pd.DataFrame(rows), columns)


def _growth_table(page: MarketSizing) -> view.TablePart | view.TextPart:
    """What happened since an earlier snapshot, and by price band."""
    n = page.numbers
    growth = n.growth
    if growth.code:
        key = f"growth.code.{growth.code}"
        return page.muted(key if page.has_text(key) else "growth.unknown")
    since = labels.format_value(n.growth_from, "iso", page.lang)
    rows = [
        (page.text("growth.kind"), page.text(f"growth.kinds.{growth.kind}"), ranged(page, growth.falling, "pct")),
        (
            page.text("growth.matched", day=since),
            labels.format_value(growth.matched, "int", page.lang),
            page.text("growth.moves", entered=growth.entered, left=growth.left),
        ),
    ]
    for name, value, kind in (
        ("total", growth.growth, "signed_pct"),
        ("like_for_like", growth.like_for_like, "signed_pct"),
        ("sold_money", growth.sold_money, "money"),
        ("sold_units", growth.sold_units, "number"),
        ("entered_share", growth.entered_share, "pct"),
        ("left_share", growth.left_share, "pct"),
    ):
        if value.is_known:
            shown = labels.format_value(value.estimate, kind, page.lang)
            rows.append((page.text(f"growth.{name}"), shown, ranged(page, value, kind)))
    if growth.growth.code == "coverage_changed":
        rows.append((page.text("growth.total"), labels.MISSING, page.text("growth.coverage_changed")))
    for row in growth.bands.itertuples():
        if math.isfinite(row.growth):
            band = n.bands.frame.iloc[row.band]
            name = page.text("growth.band", band=page.band_name(band["low"], band["high"]))
            span = ranged(page, Estimate(row.growth, row.growth_low, row.growth_high), "signed_pct")
            rows.append((name, labels.format_value(row.growth, "signed_pct", page.lang), span))
    frame = pd.DataFrame(rows, columns=["measure", "value", "range"])
    return page.table("growth", frame, [("measure", "text"), ("value", "text"), ("range", "text")])


def _size(page: MarketSizing) -> Parts:
    n = page.numbers
    money = n.size.money
    table, growth = _size_table(page), _growth_table(page)
    if math.isnan(money.estimate):
        key = f"size.code.{money.code}"
        return page.muted(key if page.has_text(key) else "size.unknown"), table, growth
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
    frame = frame if money.low < money.high else frame.head(1)  # of exact numbers the sum is the size
    short = 1 - n.size.shown_money / money.estimate if money.estimate else math.nan
    key = "title_exact" if money.low == money.high else "title_same" if math.isnan(short) or short < 0.01 else "title"
    title = page.text(f"size.{key}", low=money.low, high=money.high, short=short, money=money.estimate)
    alt = page.text("size.alt", money=money.estimate, low=money.low, high=money.high, shown=n.size.shown_money)
    chart = charts.chart_ranges(frame, id="size", title=title, alt=alt, lang=page.lang, kind="money")
    return chart, table, *_snapshots(page), growth


def _snapshots(page: MarketSizing) -> tuple[view.ChartPart | view.TablePart, ...]:
    """The size of each snapshot, where there are several; a line through those of about as many goods."""
    history = page.numbers.history
    if len(history) < 2:
        return ()
    ranges = [ranged(page, Estimate(row.money, row.money_low, row.money_high), "money") for row in history.itertuples()]
    table = page.table(
        "snapshots",
        history.rename(columns={"money": "market_money"}).assign(range=ranges).iloc[::-1],
        [("day", "iso"), ("market_money", "money"), ("range", "text"), ("cr4", "pct"), ("goods", "int")],
    )
    folded = replace(table, caption=page.text("size.snapshots"), folded=True)
    alike = history[history["is_alike"] & history["money"].notna()]
    if len(alike) < 2 or page.numbers.growth.kind == "cumulative":
        return (folded,)
    name = labels.heading("market_money", page.lang)
    line = pd.DataFrame(
        {"day": alike["day"], "series": name, "value": alike["money"], "low": alike["money_low"],
         "high": alike["money_high"]}
    )  # fmt: skip
    values = {"first": float(alike["money"].iloc[0]), "last": float(alike["money"].iloc[-1])}
    chart = charts.chart_lines(
        line,
        id="snapshots",
        title=page.text("size.snapshots_title", count=len(alike), **values),
        alt=page.text("size.snapshots_alt", count=len(alike), **values),
        lang=page.lang,
        kind="money",
        value_title=name,
        zero=True,
    )
    return chart, folded


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
            + _against_band(page)
        )
    )
    columns = [
        ("band", "text"), ("ratio", "ratio"), ("ratio_range", "text"), ("goods_share", "pct"), ("money_share", "pct"),
        ("own", "int"), ("goods", "int"), ("shops", "int"), ("money", "money"), ("units", "number"),
    ]  # fmt: skip
    ranges = [
        labels.MISSING if math.isnan(low) else labels.format_range(low, high, "ratio", page.lang)
        for low, high in zip(frame["ratio_low"], frame["ratio_high"], strict=True)
    ]
    table = page.table("bands", frame.assign(ratio_range=ranges), columns)
    if n.bands.code:
        return page.muted(_why(page, "bands", n.bands.code)), own_line, table
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


def _against_band(page: MarketSizing) -> str:
    """Own goods against the mean of each band that they are in (MS2), in money a good; "" without sales."""
    bands = page.numbers.bands
    said = []
    for place, part in bands.own_goods.groupby("band"):
        row = bands.frame.iloc[int(place)]
        said.append(
            page.text(
                "bands.against",
                band=page.band_name(row["low"], row["high"]),
                count=len(part),
                own=float(part["money"].mean()),
                others=float(row["money"] / row["goods"]),
            )
        )
    return page.text("bands.goal", bands="".join(said)) if said else ""


def _concentration(page: MarketSizing) -> Parts:
    n = page.numbers
    if n.held.code:
        return page.muted(_why(page, "concentration", n.held.code)), _newcomers(page)
    holders = [("shop", n.held), ("brand", n.held_by_brand), ("place", n.held_by_place)]
    parts = pd.DataFrame(
        [
            {
                "label": page.text(f"concentration.by_{by}"),
                "part": page.text(f"concentration.part.{part}"),
                "share": share,
            }
            for by, held in holders
            if not held.code
            for part, share in _parts(held.leaders)
        ]
    )
    four, eight, twenty = (n.held.leaders[k] for k in (4, 8, 20))
    title = page.text(
        "concentration.title_exact" if four.low == four.high else "concentration.title",
        share=four.estimate,
        low=four.low,
        high=four.high,
    )
    alt = page.text("concentration.alt", four=four.estimate, eight=eight.estimate, twenty=twenty.estimate)
    chart = charts.chart_stacked_share(parts, id="concentration", title=title, alt=alt, lang=page.lang)
    shops = n.held.shops
    spans = zip(shops["share_low"], shops["share_high"], strict=True)
    shops = shops.assign(
        rank=range(1, len(shops) + 1),
        share_range=[ranged(page, Estimate(low, low, high), "pct") for low, high in spans],
    )
    columns = [
        ("rank", "int"), ("shop_name", "text"), ("goods", "int"), ("money", "money"), ("market_share", "pct"),
        ("share_range", "text"),
    ]  # fmt: skip
    named = shops.rename(columns={"share": "market_share"})
    table = page.table("concentration", named, columns, rows=SHOWN_SHOPS, bars=("market_share",))
    return chart, table, _newcomers(page)


def _parts(leaders: dict[int, Estimate]) -> list[tuple[str, float]]:
    four, eight, twenty = (leaders[k].estimate for k in (4, 8, 20))
    return [
        ("four", four),
        ("eight", max(0.0, eight - four)),
        ("twenty", max(0.0, twenty - eight)),
        ("rest", max(0.0, 1 - twenty)),
    ]


def _newcomers(page: MarketSizing) -> view.TextPart:
    """New items against old ones, and what the listing does not name."""
    n = page.numbers
    lines = []
    if n.growth.entered_share.is_known:
        share = n.growth.entered_share
        since = labels.format_value(n.growth_from, "iso", page.lang)
        lines.append(page.text("concentration.new", day=since, share=plan.span(page, share, "pct")))
    else:
        lines.append(page.text("concentration.no_new"))
    share_of_goods, flagships = n.flagships
    if flagships.is_known and share_of_goods > 0:
        values = {"goods": share_of_goods, "money": plan.span(page, flagships, "pct0")}
        lines.append(page.text("concentration.flagships", **values))
    if n.held_by_brand.code == "no_names":
        lines.append(page.text("concentration.no_brand"))
    elif not n.held_by_brand.code:
        lines.append(page.text("concentration.brand_named", share=n.held_by_brand.named))
    return view.TextPart("".join(lines), muted=True)


def _attributes(page: MarketSizing) -> Parts:
    n = page.numbers
    in_band = n.words_in_band
    words = in_band if page.best_band() is not None and not in_band.code else n.words
    if words.code:
        key = f"attributes.code.{words.code}"
        return (page.muted(key if page.has_text(key) else _why(page, "attributes", words.code)),)
    place = widest_gap(n.bands) if words is in_band else None
    band = None if place is None else n.bands.frame.iloc[place]
    where = page.text("attributes.all_bands") if band is None else page.band_name(band["low"], band["high"])
    frame = words.frame
    shown = frame.head(SHOWN_WORDS).sort_values("ratio", ascending=False)
    points = pd.DataFrame(
        {
            "label": shown["word"], "value": shown["ratio"], "low": shown["ratio_low"],
            "high": shown["ratio_high"].clip(upper=max(4.0, float(shown["ratio"].max()) * 1.5)), "bold": shown["holds"],
        }
    )  # fmt: skip
    held = frame[frame["holds"].astype(bool) & (frame["ratio"] > 1)]
    surplus = (held["ratio_low"] - 1) * held["money_share"] / held["ratio"]  # the surest, as the finding takes it
    best = held.loc[surplus.idxmax()] if len(held) else None
    near = frame[(frame["ratio_low"] > 1) & ~frame["holds"].astype(bool)]
    if best is not None:
        title = page.text(
            "attributes.title", where=where, word=best["word"], goods=best["goods_share"], money=best["money_share"],
            ratio=best["ratio"],
        )  # fmt: skip
    elif len(near):
        row = near.loc[near["money_share"].idxmax()]
        values = {"word": row["word"], "low": row["ratio_low"], "high": row["ratio_high"]}
        title = page.text("attributes.title_near", where=where, **values)
    else:
        title = page.text("attributes.title_none", where=where)
    alt = page.text("attributes.alt", count=len(frame), held=int(frame["holds"].sum()), where=where)
    chart = charts.chart_intervals(
        points, id="attributes", title=title, alt=alt, lang=page.lang, kind="ratio", reference=1.0
    )
    spans = zip(frame["ratio_low"], frame["ratio_high"], strict=True)
    table = page.table(
        "attributes",
        frame.assign(
            ratio_range=[labels.format_range(low, high, "ratio", page.lang) for low, high in spans],
            beyond_chance=[page.text("attributes.yes" if one else "attributes.no") for one in frame["holds"]],
        ),
        [
            ("word", "text"), ("beyond_chance", "text"), ("goods", "int"), ("shops", "int"), ("goods_share", "pct"),
            ("money_share", "pct"), ("ratio", "ratio"), ("ratio_range", "text"), ("own", "int"), ("examples", "text"),
        ],
        rows=SHOWN_WORDS,
    )  # fmt: skip
    return chart, replace(table, caption=page.text("attributes.table"), folded=True)


def _shown(measure: str, value: float) -> float:
    """Half a buyer or half a review is none."""
    return value if measure not in ("sold", "comments") or math.isnan(value) else round(value)


def _page_one(page: MarketSizing) -> Parts:
    n = page.numbers
    goods, own = n.page_one.goods, n.page_one.own
    kinds = {"price": "money2", "sold": "number", "comments": "number"}
    rows = [
        {
            "measure": page.text(f"page_one.measure.{row.measure}"),
            **{
                name: labels.format_value(
                    _shown(row.measure, getattr(row, name)), kinds.get(row.measure, "pct"), page.lang
                )
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
    title = page.text("page_one.title", sold=page.sold(median_sold), price=median_price)
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
    return chart, table, _goods_table(page, shown)


def _goods_table(page: MarketSizing, shown: pd.DataFrame) -> view.TablePart:
    """The goods behind the dots, one row each, in the order of the page."""
    sold = [
        labels.format_range(low, high, "number", page.lang) if low < high else page.sold(low)
        for low, high in zip(shown["sold_low"], shown["sold_high"].astype(float), strict=True)
    ]
    frame = shown.assign(
        item=shown["title"], sold=sold, is_own=shown["is_own"].map({True: page.text("page_one.own"), False: ""})
    )
    columns = [("item", "text"), ("price", "money2"), ("sold", "text"), ("shop_name", "text"), ("is_own", "text")]
    folded = page.table("page_one_goods", frame.sort_values("position"), columns)
    return replace(folded, caption=page.text("page_one.goods", count=len(frame)), folded=True)


_BUILDERS: dict[str, Callable[[MarketSizing], Parts]] = {
    "size": _size,
    "bands": _bands,
    "concentration": _concentration,
    "attributes": _attributes,
    "page_one": _page_one,
}
