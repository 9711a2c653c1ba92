"""The sections of market sizing that look ahead: reach, rivals, season, choice of category."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from shopnb import charts, labels, view
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.market_sizing import MarketSizing

Parts = tuple[view.ChartPart | view.TablePart | view.TextPart, ...]


def span(page: MarketSizing, value: Estimate, kind: str) -> str:
    """An estimate with its range, else why there is none."""
    if not value.is_known:
        key = f"why.{value.code}"
        return page.text(key) if page.has_text(key) else labels.MISSING
    best = labels.format_value(value.estimate, kind, page.lang)
    if not value.high - value.low > 1e-9 * abs(value.high):
        return best
    span = labels.format_range(value.low, value.high, kind, page.lang)
    return page.text("estimate_range", best=best, range=span)


def _reach(page: MarketSizing) -> Parts:
    n = page.numbers
    reach, lang = n.reach, page.lang
    if reach.code:
        return page.muted("reach.unknown"), page.muted("reach.no_table"), _assumed(page)
    known = reach.steps[reach.steps["best"].notna()]
    frame = known.assign(label=[page.text(f"reach.step.{step}") for step in known["step"]])
    steps = reach.steps.set_index("step")
    share, margin = steps.loc["share"], steps.loc["margin"]
    known_to = known["step"].iloc[-1]  # the last step that can be told
    key = {"margin": "title", "share": "title_share"}.get(known_to, "title_market")
    values = {
        "bands": steps.loc["bands", "best"], "share": share["best"], "low": margin["low"], "high": margin["high"],
    }  # fmt: skip
    title = page.text(f"reach.{key}", **values)
    alt = page.text("reach.alt", market=steps.loc["market", "best"], **values)
    inner = frame[frame["step"].isin(["share", "margin"])] if len(frame) > 2 else frame
    chart = charts.chart_ranges(
        inner[["label", "low", "best", "high"]], id="reach", title=title, alt=alt, lang=lang, kind="money"
    )
    rows = [
        (page.text(f"reach.step.{row.step}"), _step(page, row.low, row.best, row.high))
        for row in reach.steps.itertuples()
    ]
    for name, value, kind in (
        ("units", reach.units, "number"),
        ("break_even_units", reach.break_even_units, "int"),
        ("payback_units", reach.payback_units, "int"),
        ("payback_months", reach.payback_months, "score"),
        ("visitors", reach.visitors, "number"),
    ):
        rows.append((page.text(f"reach.{name}"), span(page, value, kind)))
    if n.costs.monthly and math.isfinite(reach.gain):
        rows.append((page.text("reach.gain"), labels.format_value(min(max(reach.gain, 0.01), 0.99), "pct0", lang)))
    table = page.table(
        "reach", pd.DataFrame(rows, columns=["measure", "value"]), [("measure", "text"), ("value", "text")]
    )
    return chart, table, *_curve(page), _assumed(page)


def _curve(page: MarketSizing) -> tuple[view.TablePart, ...]:
    """Margin and months to pay back over the share taken; nothing without a margin."""
    curve = page.numbers.reach.curve
    known = curve[curve["margin"].notna()]
    if known.empty:
        return ()
    named = known.rename(columns={"share": "market_share", "margin": "margin_amount", "months": "payback_months"})
    columns = [("market_share", "pct2"), ("margin_amount", "signed_money"), ("payback_months", "score")]
    table = page.table("reach_by_share", named, columns)
    return (replace(table, caption=page.text("reach.by_share"), folded=True),)


def _step(page: MarketSizing, low: float, best: float, high: float) -> str:
    if math.isnan(best):
        return labels.MISSING
    return span(page, Estimate(best, low, high), "money")


def _assumed(page: MarketSizing) -> view.TablePart:
    """What the ladder rests on, and whence."""
    n = page.numbers
    costs, reach = n.costs, n.reach
    bands = labels.text("common.list_mark", page.lang).join(
        page.band_name(n.bands.frame["low"].iloc[place], n.bands.frame["high"].iloc[place]) for place in reach.bands
    )
    rows = [
        ("bands", bands or labels.MISSING),
        ("share", f"{span(page, reach.share, 'pct2')} · {page.text(f'reach.from.{reach.share_from}')}"),
        ("price", labels.format_value(reach.price, "money2", page.lang)),
        ("per_unit", labels.format_value(reach.per_unit, "money2", page.lang)),
        ("margin_rate", labels.format_value(costs.margin_rate, "pct", page.lang)),
        ("unit_cost", labels.format_value(costs.unit_cost, "money2", page.lang)),
        *(
            (name, labels.format_value(getattr(costs, name), "pct", page.lang))
            for name in ("fee_rate", "refund_rate", "ads_rate")
        ),
        *(
            (name, labels.format_value(getattr(costs, name), "money", page.lang))
            for name in ("one_off", "deposit", "monthly")
        ),
        ("conversion", span(page, n.conversion, "pct2")),
    ]
    frame = pd.DataFrame(
        [(page.text(f"assumed.{name}"), value) for name, value in rows], columns=["assumption", "value"]
    )
    table = page.table("assumed", frame, [("assumption", "text"), ("value", "text")])
    return replace(table, caption=page.text("reach.assumed_caption"), folded=True)


_RIVAL_COLUMNS = (
    "shop_type", "sold_shown", "comments", "selling_point", "material", "picture", "service", "gift", "campaign",
    "promotion", "words", "feedback", "note",
)  # fmt: skip


def _rivals(page: MarketSizing) -> Parts:
    rivals = page.numbers.rivals
    if rivals.empty:
        return page.muted("rivals.empty"), page.muted("rivals.template")
    sold = [
        labels.MISSING
        if math.isnan(low)
        else labels.format_value(low, "number", page.lang)
        if low == high
        else page.text("card.at_least", sold=low)
        for low, high in zip(rivals["sold_low"].astype(float), rivals["sold_high"].astype(float), strict=True)
    ]
    why = [
        page.text("rivals.yes") if one else page.text(f"rivals.no_{reason}")
        for one, reason in zip(rivals["is_comparable"], rivals["why_not"], strict=True)
    ]
    change = [
        labels.MISSING
        if math.isnan(before) or before == now
        else labels.format_value(now / before - 1, "signed_pct", page.lang)
        for before, now in zip(rivals["price_before"].astype(float), rivals["price"], strict=True)
    ]
    frame = rivals.assign(sold_shown=sold, comparable_why=why, price_change=change, shop=rivals["shop_name"])
    kept = [name for name in _RIVAL_COLUMNS if frame[name].notna().any()]
    columns = [
        ("shop", "text"), ("comparable_why", "text"), ("price", "money2"), ("own_price", "money2"),
        ("price_gap", "signed_pct"), ("price_change", "text"), *((name, "text") for name in kept),
    ]  # fmt: skip
    texts = {name: frame[name].map(lambda one: labels.MISSING if pd.isna(one) else str(one)) for name in kept}
    texts["comments"] = frame["comments"].map(lambda one: labels.format_value(one, "int", page.lang))
    table = page.table("rivals", frame.rename(columns={"gap": "price_gap"}).assign(**texts), columns)
    like = rivals[rivals["is_comparable"] & rivals["price"].notna()]
    own = like["own_price"].dropna()
    if like.empty or own.empty:
        return page.muted("rivals.no_own_price", count=len(like)), table
    mine = float(own.iloc[0])
    text = page.text(
        "rivals.ladder", own=mine, below=int((like["price"] < mine).sum()), above=int((like["price"] > mine).sum()),
        low=float(like["price"].min()), high=float(like["price"].max()),
    )  # fmt: skip
    return view.TextPart(text), table


def _season(page: MarketSizing) -> Parts:
    n = page.numbers
    year, lang = n.year, page.lang
    amounts = _amounts(page)
    if year.season.code:
        return page.muted("season.too_few", months=year.months), page.muted("season.where"), amounts
    season = year.season.frame
    frame = pd.DataFrame(
        {
            "label": [page.text("season.month", month=int(month)) for month in season["month"]],
            "value": season["index"] - 1,
            "bold": season["month"] == (year.peak or 0),
        }
    )
    peak = season.loc[season["index"].idxmax()]
    ordered = "title_late" if year.late_days else "title_order"
    key = "title_none" if year.peak is None else "title" if year.order_by is None else ordered
    values = {"month": int(peak["month"]), "index": float(peak["index"]), "day": year.order_by, "late": year.late_days}
    title = page.text(f"season.{key}", **values)
    alt = page.text("season.alt", month=int(peak["month"]), index=float(peak["index"]))
    chart = charts.chart_diverging(frame, id="season", title=title, alt=alt, lang=lang, kind="signed_pct")
    dates = {
        "order_by": year.order_by, "list_by": year.list_by, "warm_up_by": year.warm_up_by,
    }  # fmt: skip
    rows = [(page.text("season.source"), page.text(f"season.sources.{year.source}", entity=year.entity))]
    rows.append((page.text("season.months"), page.text(f"season.method.{year.season.method}", months=year.months)))
    rows.append((page.text("season.strength"), labels.format_value(year.season.strength, "pct0", lang)))
    rows += [
        (page.text(f"season.{name}"), labels.MISSING if day is None else labels.format_value(day, "iso", lang))
        for name, day in dates.items()
    ]
    table = page.table(
        "season", pd.DataFrame(rows, columns=["measure", "value"]), [("measure", "text"), ("value", "text")]
    )
    return chart, table, amounts


def _amounts(page: MarketSizing) -> view.TablePart | view.TextPart:
    """Amounts behind trade indices, or why there are none."""
    amounts = page.numbers.amounts
    if amounts is None or amounts.frame.empty:
        return page.muted("index.none")
    if amounts.curve.code:
        return page.muted(f"index.code.{amounts.curve.code}", pairs=amounts.curve.pairs)
    frame = amounts.frame
    ranges = [
        labels.MISSING if math.isnan(low) else labels.format_range(low, high, "money", page.lang)
        for low, high in zip(frame["amount_low"], frame["amount_high"], strict=True)
    ]
    notes = [page.text(f"index.note.{code}") if code else "" for code in frame["code"]]
    columns = [
        ("entity", "text"),
        ("trade_index", "number"),
        ("amount", "money"),
        ("range", "text"),
        ("remark", "text"),
    ]
    named = frame.rename(columns={"index": "trade_index"}).assign(range=ranges, remark=notes)
    return page.table("amounts", named, columns)


def _categories(page: MarketSizing) -> Parts:
    n = page.numbers
    choice, lang = n.choice, page.lang
    if choice.code:
        return (
            page.muted(f"categories.code.{choice.code}"),
            page.muted("categories.example"),
            page.muted("categories.how"),
        )
    frame = choice.frame
    first = frame.iloc[0]
    series = page.text("categories.score"), page.text("categories.first_share")
    pairs = pd.DataFrame(
        [
            {"label": row.category, "series": name, "value": value}
            for row in frame.itertuples()
            for name, value in zip(series, (row.score, row.first_share), strict=True)
        ]
    )
    key = "title_sure" if first["first_share"] >= 0.8 else "title_open"
    shown = min(float(first["first_share"]), 0.99)
    title = page.text(f"categories.{key}", name=first["category"], share=shown)
    alt = page.text("categories.alt", count=len(frame), name=first["category"], share=shown)
    chart = charts.chart_paired(pairs, id="categories", title=title, alt=alt, lang=lang, kind="pct0")
    ranks = [page.text("categories.ranks", low=row.rank_low, high=row.rank_high) for row in frame.itertuples()]
    named = frame.rename(
        columns={"size": "market_money", "concentration": "cr4", "price": "median_price", "margin": "margin_rate"}
    )
    columns = [
        ("rank", "int"), ("category", "text"), ("market_money", "money"), ("growth", "signed_pct"), ("cr4", "pct"),
        ("median_price", "money2"), ("margin_rate", "pct"), ("season_ratio", "ratio"), ("score", "score"),
        ("rank_range", "text"),
    ]  # fmt: skip
    table = page.table("categories", named.rename(columns={"season": "season_ratio"}).assign(rank_range=ranks), columns)
    return chart, table, view.TextPart(_flips(page), muted=False)


def _flips(page: MarketSizing) -> str:
    """The weights, when the order flips, and what was left out."""
    choice = page.numbers.choice
    mark = labels.text("common.list_mark", page.lang)
    weights = mark.join(
        page.text("categories.weight", name=page.text(f"criteria.{name}"), weight=weight)
        for name, weight in choice.used.items()
    )
    text = page.text("categories.weights", weights=weights)
    flips = choice.flips.dropna(subset=["flips_at"])
    if len(flips):
        flips = flips.assign(move=(flips["flips_at"] - flips["weight"]).abs()).sort_values("move", kind="stable")
        row = flips.iloc[0]
        text += page.text(
            "categories.flip", name=page.text(f"criteria.{row['criterion']}"), at=row["flips_at"], then=row["then"]
        )
    else:
        text += page.text("categories.no_flip")
    if choice.left_out:
        left = mark.join(page.text(f"criteria.{name}") for name in choice.left_out)
        text += page.text("categories.left_out", names=left)
    return text


BUILDERS: dict[str, Callable[[MarketSizing], Parts]] = {
    "reach": _reach,
    "rivals": _rivals,
    "season": _season,
    "categories": _categories,
}
