"""The cards of the traffic page: value, change, and a line of days or periods where there is such a series."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from shopnb import labels, view
from shopnb.pages.base import Page
from shopnb.pages.shop_overview_wording import change_text
from shopnb.pages.traffic_sources_numbers import Numbers

SPARK_DAYS, LEAST_POINTS = 28, 3
Spark = tuple[float | None, ...]


def cards(page: Page) -> list[view.Card]:
    """Four to six numbers."""
    n: Numbers = page.numbers
    before = n.before
    visits = [_change(page, n.now.visitors, before.visitors if before else math.nan, "int")]
    if n.reach.kind:
        visits.append(page.text(f"card.{n.reach.kind}", visitors=n.reach.base))
    made = [
        _card(page, "visits", n.now.visitors, before.visitors if before else math.nan, "int", lines=visits),
        _rate_card(page),
    ]
    if n.reach.kind:
        share = n.search_share(), n.search_share("_before")
        made.append(_card(page, "search_share", *share, "pct", suffix=n.reach.kind))
    if not math.isnan(n.now.paid_share):
        made.append(_card(page, "paid_share", n.now.paid_share, before.paid_share if before else math.nan, "pct"))
    if math.isnan(n.margin_per_visitor()):
        made += _plain_cards(page)
    else:
        now, was = n.margin_per_visitor(), n.margin_per_visitor("_before")
        made.append(_card(page, "margin_per_visitor", now, was, "money2", tone="attention" if now < 0 else ""))
    if not math.isnan(n.spending.whole_return):
        made.append(_return_card(page))
    return made


def _change(page: Page, now: float, before: float, kind: str) -> str:
    if math.isnan(before):
        return ""
    return page.text("card.than_before", change=change_text(now, before, kind, page.lang))


def _card(
    page: Page, name: str, now: float, before: float, kind: str, *, suffix: str = "", tone: view.Tone = "",
    lines: Sequence[str] = (),
) -> view.Card:  # fmt: skip
    was = "" if math.isnan(before) else page.text("card.before", value=labels.format_value(before, kind, page.lang))
    level = math.isnan(before) or math.isnan(now) or math.isclose(now, before, rel_tol=1e-6)
    line, alt = _spark(page, name)
    return view.Card(
        label=page.text(f"card.label.{name}"),
        value=labels.format_value(now, kind, page.lang),
        suffix=page.text(f"card.suffix.{suffix or name}") if page.has_text(f"card.suffix.{suffix or name}") else "",
        lines=tuple(one for one in (lines or (was,)) if one),
        direction="" if level else "up" if now > before else "down",
        tone=tone,
        spark=line,
        spark_alt=alt,
    )


def _rate_card(page: Page) -> view.Card:
    n: Numbers = page.numbers
    name = "order_conversion" if n.way == "order" else "payment_conversion"
    if not n.way or not n.now.enough:
        why = page.text("too_few", visitors=n.now.visitors, buyers=n.now.buyers) if n.way else page.text("card.no_rate")
        return view.Card(page.text(f"card.label.{name}"), labels.MISSING, lines=(why,))
    rate = n.now.conversion
    lines = [page.text("card.range", range=labels.format_range(rate.low, rate.high, "pct2", page.lang))]
    before = n.before.conversion.estimate if n.before and n.before.enough else math.nan
    if line := _change(page, rate.estimate, before, "pct2"):
        lines.insert(0, line)
    tone: view.Tone = ""
    if n.mix is not None and n.rate_state == "real":
        tone = "good" if n.mix.rate.estimate > 0 else "attention"
    return _card(page, name, rate.estimate, before, "pct2", tone=tone, lines=lines)


def _plain_cards(page: Page) -> list[view.Card]:
    """Without margin and costs: the largest source's share, and payment a visitor where the export has payment."""
    n: Numbers = page.numbers
    if not n.now.visitors:
        return []
    top = n.wide.iloc[0]
    was = float(top["visitors_before"]) / n.before.visitors if n.before and n.before.visitors else math.nan
    lead = _card(page, "top_share", float(top["visitors"]) / n.now.visitors, was, "pct")
    made = [replace(lead, lines=(str(top["label"]), *lead.lines))]
    if not math.isnan(n.now.paid_amount):
        earlier = n.before.paid_amount / n.before.visitors if n.before and n.before.visitors else math.nan
        made.append(_card(page, "visitor_value", n.now.paid_amount / n.now.visitors, earlier, "money2"))
    return made


def _return_card(page: Page) -> view.Card:
    n: Numbers = page.numbers
    now, before = n.spending.whole_return, n.spending_before.whole_return
    lines = []
    if not math.isnan(before):
        lines.append(page.text("card.before", value=labels.format_value(before, "ratio", page.lang)))
    if not math.isnan(n.worth.break_even):
        lines.append(page.text("card.break_even", value=n.worth.break_even))
    tone: view.Tone = "attention" if now < n.worth.break_even else ""
    return _card(page, "return_on_spend", now, before, "ratio", tone=tone, lines=lines)


def _spark(page: Page, name: str) -> tuple[Spark, str]:
    """The line of a card and its words: daily numbers of the shop, or the same share in earlier source files."""
    n: Numbers = page.numbers
    if n.period is None:
        return (), ""
    by_period = {"search_share": "search_visitors", "paid_share": "paid_visitors"}
    if name in by_period:
        whole = n.history["shop_visitors" if name == "search_share" else "visitors"]
        shares = n.history[by_period[name]] / whole.where(whole > 0)
        line, key = _known(shares), "periods"
    else:
        series = _daily(n).get(name)
        line, key = (() if series is None else _last_days(series, n.period.end)), "days"
    if len(line) < LEAST_POINTS:
        return (), ""
    return line, page.text(f"card.spark.{key}", name=page.text(f"card.spark.name.{name}"), count=len(line))


def _daily(n: Numbers) -> Mapping[str, pd.Series]:
    """Card to its number by day; only what the shop's files have."""
    if "payers" not in n.days:
        return {}
    days = n.days.set_index("day")
    visitors = days["visitors"].where(days["visitors"] > 0)
    series = {
        "visits": days["visitors"],
        "payment_conversion": days["payers"] / visitors,
        "order_conversion": days["orderers"] / visitors,
        "visitor_value": days["paid_amount"] / visitors,
        "margin_per_visitor": (
            days["paid_amount"] * n.worth.kept - days["ad_cost"] - days["affiliate_commission"].fillna(0)
        )
        / visitors,
    }
    if len(n.ad_days):
        ads = n.ad_days.set_index("day")
        series["return_on_spend"] = ads["deal_amount"] / ads["cost"].where(ads["cost"] > 0)
    return series


def _last_days(series: pd.Series, end: dt.date) -> Spark:
    """The last days up to the page's end, None where a day is missing; () without any."""
    every = [end - dt.timedelta(days=back) for back in range(SPARK_DAYS - 1, -1, -1)]
    known = series[[day in set(every) for day in series.index]].dropna()
    if known.empty:
        return ()
    return _known(series.reindex([day for day in every if day >= known.index.min()]))


def _known(values: pd.Series) -> Spark:
    line = tuple(None if math.isnan(value) else float(value) for value in values.astype(float))
    return line if sum(value is not None for value in line) >= LEAST_POINTS else ()
