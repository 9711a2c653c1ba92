"""Sections of the traffic page beyond sources: levels, words, lift of paid visitors, survivors, what-if, regions."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.words import Words, silent_share
from shopnb.pages.base import Page
from shopnb.pages.wording import with_range
from shopnb.stats import Estimate

SHOWN_WORDS, CHART_WORDS, SHOWN_REGIONS = 10, 8, 8
Parts = tuple[view.ChartPart | view.TablePart | view.TextPart | None, ...]


def level_table(page: Page) -> view.TablePart | None:
    """The split at each level of the tree, and by item and source where those files are there."""
    n = page.numbers
    splits = [*n.levels, *([n.item_split[0]] if n.item_split else [])]
    if not splits:
        return None
    rows = [
        {
            "level": page.text(f"mix_rate.level.{one.depth}"),
            "parts": one.parts,
            "mix_effect": one.split.mix.estimate,
            "rate_effect_range": with_range(page.lang, one.split.rate, "pp"),
            "conclusion": page.text("mix_rate.simpson" if one.split.is_reversed else "mix_rate.same_way"),
        }
        for one in splits
    ]
    columns = [("level", "text"), ("mix_effect", "pp"), ("rate_effect_range", "text"), ("conclusion", "text"),
               ("parts", "int")]  # fmt: skip
    table = page.table("levels", pd.DataFrame(rows), columns, signed=("mix_effect",))
    return replace(table, caption=page.text("mix_rate.levels_caption"), folded=True)


def words(page: Page) -> Parts:
    """Entry words: which bring buyers, and how many silent ones chance alone gives (TR13)."""
    n = page.numbers
    found: Words | None = n.words
    if found is None:
        return (page.muted("words.missing"),)
    values = {"silent": found.silent, "low": found.silent_low, "high": found.silent_high, "share": silent_share(found)}
    title = page.text("words.title_many" if found.too_many_silent else "words.title_chance", **values)
    top = found.frame.head(CHART_WORDS)
    bars = pd.DataFrame(
        {
            "label": top["word"],
            "value": top["rate"],
            "low": top["low"],
            "high": top["high"],
            "bold": top["verdict"] != "again",
        }
    )  # fmt: skip
    alt = page.text("words.alt", count=len(found.frame), mean=found.mean, title=title)
    chart = charts.chart_intervals(bars, id="words", title=title, alt=alt, lang=page.lang, kind="pct2")
    shown = found.frame.assign(
        payment_conversion=found.frame["rate"],
        expected_buyers=found.frame["expected"],
        verdict=[page.text(f"words.verdict.{one}") for one in found.frame["verdict"]],
    )
    columns = [("word", "text"), ("verdict", "text"), ("visitors", "int"), ("payers", "int"),
               ("expected_buyers", "number"), ("payment_conversion", "pct2")]  # fmt: skip
    columns += [("cart_users", "int")] if shown["cart_users"].notna().any() else []
    return chart, page.table("words", shown, columns, rows=SHOWN_WORDS)


def lift(page: Page) -> Parts:
    """Free visitors for each paid click, or why that cannot be told (TR8)."""
    found = page.numbers.lift
    if found.code == "no_clicks":
        return (page.muted("lift.no_clicks"),)
    series = found.frame.dropna(subset=["clicks", "free"]).tail(120)
    parts = [
        pd.DataFrame({"day": series["day"], "series": page.text(f"lift.series.{name}"), "value": series[name]})
        for name in ("clicks", "free")
    ]
    if found.code:
        title = page.text(f"lift.{found.code}", days=found.days, steps=found.steps)
    else:
        effect = found.effect
        key = "none" if effect.low <= 0 <= effect.high else "lifts" if effect.low > 0 else "takes"
        title = page.text(f"lift.{key}", effect=effect.estimate, low=effect.low, high=effect.high)
    if found.code or len(series) < 2:
        return (view.TextPart(title, muted=True),)
    chart = charts.chart_lines(
        pd.concat(parts, ignore_index=True), id="lift", title=title, alt=title, lang=page.lang, kind="int"
    )
    return (chart,)


def survivors(page: Page) -> view.TextPart:
    """Bounce read as survivors (TR16): of 100 visitors so many stay, day by day."""
    n = page.numbers
    if n.period is None or n.days.empty or "bounce_rate" not in n.days:
        return page.muted("landing.no_bounce")
    sides = []
    for period in (n.period, n.compare):
        inside = n.days[period.holds(n.days["day"])]["bounce_rate"].dropna() if period else pd.Series(dtype=float)
        sides.append(100 * (1 - inside))
    now, before = sides
    if now.empty:
        return page.muted("landing.no_bounce")
    values = {"typical": float(now.median()), "low": float(now.min()), "high": float(now.max())}
    if before.empty:
        return view.TextPart(page.text("landing.survivors", **values))
    ratio = values["typical"] / float(before.median()) if before.median() else math.nan
    return view.TextPart(page.text("landing.survivors_before", **values, before=float(before.median()), ratio=ratio))


def what_if(page: Page) -> Parts:
    """One move of visitors as a range, with the caution on diminishing returns."""
    found = page.numbers.move
    if found is None:
        return (page.muted("what_if.none"),)
    values = {"visitors": found.visitors, "giver": found.giver, "taker": found.taker}
    rows = [{"label": page.text("what_if.buyers"), "value": found.buyers.estimate, "low": found.buyers.low,
             "high": found.buyers.high}]  # fmt: skip
    known = found.margin.is_known
    money = found.margin if known else found.buyers
    sure = money.low > 0 or money.high < 0
    key = "unsure" if not sure else "gain" if money.low > 0 else "loss"
    title = page.text(f"what_if.title_{key}", **values)
    kind = "signed_money" if known else "signed"
    if known:
        rows = [{"label": page.text("what_if.margin"), "value": money.estimate, "low": money.low, "high": money.high}]
    chart = charts.chart_diverging(pd.DataFrame(rows), id="what_if", title=title, alt=title, lang=page.lang, kind=kind)
    told = {
        "buyers": labels.format_value(round(found.buyers.estimate), "signed", page.lang),
        "buyers_range": labels.format_range(round(found.buyers.low), round(found.buyers.high), "signed", page.lang),
    }
    return chart, view.TextPart(page.text("what_if.told", **values, **told))


def regions(page: Page) -> view.TablePart | None:
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
