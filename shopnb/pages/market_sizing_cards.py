"""The cards of market sizing: size, shares, band, page one, with a small line where there are several snapshots."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shopnb import labels, view
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.market_sizing import MarketSizing

MOST = 6
LEAST_SNAPSHOTS = 2


def cards(page: MarketSizing) -> list[view.Card]:
    """Four to six numbers; shares first while nobody has said which days the shown sales cover."""
    n = page.numbers
    counted = page.text(f"suffix.estimated{page.window_ending()}")
    sizes = [
        _ranged(page, "market_money", n.size.money, "money", counted, _changed(page)),
        _ranged(page, "market_units", n.size.units, "number", counted),
    ]
    shares = [_band(page), _ranged(page, "cr4", n.held.leaders[4], "pct")]
    if n.bands.own_share.is_known:
        shares.append(_ranged(page, "own_share", n.bands.own_share, "pct2", page.text("suffix.own_bands")))
    ordered = [*sizes, *shares] if page.given["sold_window_days"] else [*shares, *sizes]
    return [card for card in (*ordered, _page_one(page)) if card is not None][:MOST]


def _spark(page: MarketSizing, name: str) -> tuple[float | None, ...]:
    """A number over the snapshots that hold about as many goods; nothing where shown sales count up."""
    n = page.numbers
    history = n.history
    if name not in history or len(history) < LEAST_SNAPSHOTS or n.growth.kind == "cumulative":
        return ()
    known = history["is_alike"] & history[name].notna()
    if known.sum() < LEAST_SNAPSHOTS:
        return ()
    return tuple(float(value) if is_known else None for value, is_known in zip(history[name], known, strict=True))


def _alt(page: MarketSizing, name: str) -> str:
    return page.text("spark", name=labels.heading(name, page.lang), count=len(page.numbers.history))


_SERIES = {"market_money": "money", "market_units": "units", "cr4": "cr4", "page_one_sold": "page_one_sold"}


def _ranged(page: MarketSizing, name: str, value: Estimate, kind: str, suffix: str = "", line: str = "") -> view.Card:
    spread = value.high - value.low > 1e-9 * abs(value.high)
    shown = labels.format_range(value.low, value.high, kind, page.lang) if spread else ""
    spark = _spark(page, _SERIES.get(name, ""))
    return view.Card(
        labels.heading(name, page.lang),
        labels.format_value(value.estimate, kind, page.lang),
        suffix,
        tuple(filter(None, [shown, line])),
        spark=spark,
        spark_alt=_alt(page, name) if spark else "",
    )


def _changed(page: MarketSizing) -> str:
    """The change of the whole, else of the goods in both snapshots, with its range."""
    growth = page.numbers.growth
    for key, value in (("total", growth.growth), ("alike", growth.like_for_like)):
        if value.is_known:
            change = labels.format_value(value.estimate, "signed_pct", page.lang)
            day = labels.format_value(page.numbers.growth_from, "day", page.lang)
            return page.text(f"card.changed_{key}", change=change, day=day)
    return ""


def _band(page: MarketSizing) -> view.Card | None:
    band = page.best_band()
    if band is None:
        return None
    ratio = labels.format_range(band["ratio_low"], band["ratio_high"], "ratio", page.lang)
    return view.Card(
        labels.heading("best_band", page.lang),
        page.band_name(band["low"], band["high"]),
        lines=(page.text("card.ratio", range=ratio), page.text("card.ratio_rest", ratio=float(band["ratio_rest"]))),
    )


def _page_one(page: MarketSizing) -> view.Card | None:
    listed = page.numbers.page_one.table.set_index("measure")
    if "sold" not in listed.index:
        return None
    own_best = listed.loc["sold", "own"]
    line = "" if math.isnan(own_best) else page.text("card.own_best", sold=page.sold(own_best))
    spark = _spark(page, "page_one_sold")
    return view.Card(
        labels.heading("page_one_sold", page.lang),
        page.sold(listed.loc["sold", "median"]),
        lines=tuple(filter(None, [line])),
        spark=spark,
        spark_alt=_alt(page, "page_one_sold") if spark else "",
    )
