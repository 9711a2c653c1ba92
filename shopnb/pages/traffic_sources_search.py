"""Sections "free search" and "entry words" of the traffic page (TR11 to TR13, read together as FN18 asks)."""

from __future__ import annotations

import math

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics import traffic
from shopnb.metrics.periods import Period, strips
from shopnb.metrics.traffic_search import OLD_RULE_SHARE
from shopnb.metrics.words import Words, silent_share
from shopnb.pages.base import Page
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.pages.traffic_sources_words import Parts, typed_peer
from shopnb.pages.wording import with_range
from shopnb.stats import Estimate, proportion_interval

SHOWN_WORDS, CHART_WORDS = 10, 8
SHOWN_RATE = 50  # a word below so many visitors is not judged (pages.md 2.3)
LEAST_PERIODS = 3  # exports of one length that make a trend


def free_search(page: Page) -> Parts:
    """Whether free search is at its ceiling: its visitors over time, and three checks read together."""
    rows = _checks(page)
    columns = [(name, "text") for name in ("check", "own", "reference", "conclusion", "origin")]
    shown = pd.DataFrame(rows).assign(conclusion=[_conclusion(page, row["conclusion"]) for row in rows])
    return _trend(page), page.table("free_search", shown, columns), view.TextPart(_together(page, rows))


def _trend(page: Page) -> view.ChartPart | view.TextPart:
    n: Numbers = page.numbers
    history = n.history
    if len(history) < LEAST_PERIODS:
        return page.muted("free_search.no_history", count=len(history))
    name = page.text("free_search.series")
    series = pd.DataFrame({"day": history["end_on"], "series": name, "value": history["search_visitors"]})
    low, high = float(history["search_visitors"].min()), float(history["search_visitors"].max())
    title = page.text("free_search.title", now=n.now.search_visitors, low=low, high=high, count=len(history))
    span = Period(history["end_on"].iloc[0], history["end_on"].iloc[-1])
    return charts.chart_lines(
        series, id="free_search", title=title, alt=title, lang=page.lang, kind="int", value_title=name, zero=True,
        spans=strips(page.events, span),
    )  # fmt: skip


def _conclusion(page: Page, code: str) -> str:
    return page.text(f"free_search.conclusion.{code}")


def _checks(page: Page) -> list[dict[str, str]]:
    """Visitors, share of free search (also of thirty days) and how its visitors convert: peers first, then history."""
    n: Numbers = page.numbers
    rows = [
        _check(page, "visitors", n.reach.base, "int", "访客数", math.nan),
        _check(page, "share", n.search_share(), "pct", "免费搜索占比", n.search_share("_before")),
    ]
    if n.month is not None:
        rows.append(_old_rule(page))
    rate, before = _search_rate(n), math.nan
    if n.before is not None:
        before = _search_rate(n, "_before").estimate
    metrics = ("搜索支付转化率", "手淘搜索支付转化率")
    metric = next((one for one in metrics if typed_peer(page, one).known), metrics[0])
    rows.append(_check(page, "rate", rate.estimate, "pct2", metric, before, found=rate))
    if n.words is not None:
        frame = n.words.frame
        mean = proportion_interval(float(frame["payers"].sum()), float(frame["visitors"].sum()), level=traffic.LEVEL)
        rows.append(_check(page, "words", mean.estimate, "pct2", "引导支付转化率", math.nan, found=mean))
    return rows


def _search_rate(n: Numbers, side: str = "") -> Estimate:
    """Conversion of visitors by free search with its range; NaN below `LEAST_VISITORS`."""
    search = n.wide[n.wide["group"] == "free_search"]
    visitors = float(search[f"visitors{side}"].sum())
    buyers = float(search[f"buyers{side}"].sum(min_count=1))
    if not n.way or visitors < traffic.LEAST_VISITORS or math.isnan(buyers):
        return Estimate(math.nan)
    return proportion_interval(buyers, visitors, level=traffic.LEVEL)


def _old_rule(page: Page) -> dict[str, str]:
    """The share over about thirty days beside the old 40 % (TR12, TR14): shown with its origin, never judged by."""
    n: Numbers = page.numbers
    assert n.month is not None
    days = page.text("free_search.days") if n.month.kind == "visitor_days" else ""
    return {
        "check": page.text("free_search.check.month", start=n.month.period.start, end=n.month.period.end),
        "own": labels.format_value(n.month.share, "pct", page.lang) + days,
        "reference": page.text("free_search.old_rule", share=OLD_RULE_SHARE),
        "conclusion": "reference",
        "origin": page.text("free_search.origin_old"),
    }


def _check(
    page: Page, key: str, own: float, kind: str, metric: str, before: float, *, found: Estimate | None = None
) -> dict[str, str]:
    n: Numbers = page.numbers
    peer = typed_peer(page, metric)
    lang, by_days = page.lang, n.reach.kind == "visitor_days" and key not in ("rate", "words") and not math.isnan(own)
    if peer.known and not math.isnan(own):
        reference = page.text("free_search.peer", value=labels.format_value(peer.mean, kind, lang))
        if not math.isnan(peer.best):
            reference += page.text("free_search.peer_best", value=labels.format_value(peer.best, kind, lang))
        # visitor-days are more than people: visitors read high, a share of them reads low
        proven = n.reach.kind == "distinct" or key != "share"
        below = (own if found is None else found.high) < peer.mean
        conclusion = "below" if below and proven else "above"
        origin = page.text("free_search.origin_peers", day=peer.noted_on)
    else:
        known = not math.isnan(before)
        value = labels.format_value(before, kind, lang)
        reference = page.text("free_search.before", value=value) if known else labels.MISSING
        conclusion, origin = "unknown", page.text("free_search.origin_none", metric=metric)
    shown = labels.format_value(own, kind, lang) if found is None else with_range(lang, found, kind)
    return {
        "check": page.text(f"free_search.check.{key}"),
        "own": shown + (page.text("free_search.days") if by_days else ""),
        "reference": reference,
        "conclusion": conclusion,
        "origin": origin,
    }


def _together(page: Page, rows: list[dict[str, str]]) -> str:
    """What the checks say read together: one below its peers is enough, all above prove nothing."""
    n: Numbers = page.numbers
    below = [row["check"] for row in rows if row["conclusion"] == "below"]
    judged = [row for row in rows if row["conclusion"] in ("below", "above")]
    key = "below" if below else "none_below" if judged else "no_peers"
    listed = labels.text("common.list_mark", page.lang).join(below)
    text = page.text(f"free_search.together.{key}", checks=listed, judged=len(judged))
    if n.words is not None and n.words.too_many_silent:
        text += page.text("free_search.together.words")
    return text.strip()


def words(page: Page) -> Parts:
    """Entry words: which bring buyers, and how many silent ones chance alone gives (TR13)."""
    found: Words | None = page.numbers.words
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
    chart = charts.chart_intervals(
        bars, id="words", title=title, alt=alt, lang=page.lang, kind="pct2", reference=found.mean
    )
    shown = found.frame.assign(
        conversion=[
            with_range(page.lang, Estimate(row.rate, row.low, row.high))
            if row.visitors >= SHOWN_RATE
            else page.text("too_few", visitors=row.visitors, buyers=row.payers)
            for row in found.frame.itertuples()
        ],
        expected_buyers=found.frame["expected"],
        verdict=[page.text(f"words.verdict.{one}") for one in found.frame["verdict"]],
    )
    columns = [("word", "text"), ("verdict", "text"), ("visitors", "int"), ("payers", "int"),
               ("expected_buyers", "number"), ("conversion", "text")]  # fmt: skip
    columns += [("cart_users", "int")] if shown["cart_users"].notna().any() else []
    return chart, page.table("words", shown, columns, rows=SHOWN_WORDS), _words_period(page, found)


def _words_period(page: Page, found: Words) -> view.TextPart:
    """Which export the words are from, and how many by chance."""
    values = {"count": len(found.frame), "mean": found.mean, "expected": found.silent_expected}
    if found.period is None:
        return page.muted("words.undated", **values)
    return page.muted("words.period", start=found.period.start, end=found.period.end, **values)
