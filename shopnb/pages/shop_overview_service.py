"""Section of the overview: refunds, the three scores read together, negative reviews and delivery beside the peers."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.service import SCORES, scores, service
from shopnb.pages.base import Page
from shopnb.pages.shop_overview_wording import PEER_METRICS, Parts
from shopnb.pages.wording import with_range


def service_section(page: Page) -> Parts:
    """Refunds week by week, scores and service."""
    n = page.numbers
    recent = n.days[n.days["day"] > n.period.end - dt.timedelta(days=56)]
    weeks = recent.assign(day=pd.to_datetime(recent["day"]).dt.to_period("W-SUN").dt.start_time.dt.date)
    summed = weeks.groupby("day", as_index=False)[["refunded_amount", "paid_amount"]].sum(min_count=7)
    series = summed.assign(
        value=summed["refunded_amount"] / summed["paid_amount"].where(summed["paid_amount"] > 0),
        series=labels.heading("refund_share", page.lang),
    ).dropna(subset=["value"])
    chart: view.ChartPart | view.TextPart = page.muted("service.no_refunds")
    if len(series) >= 2:
        title = page.text(
            "service.title",
            now=float(series["value"].iloc[-1]),
            low=float(series["value"].min()),
            high=float(series["value"].max()),
        )
        chart = charts.chart_lines(
            series[["day", "series", "value"]], id="service", title=title, alt=title, lang=page.lang, kind="pct"
        )
    names = [
        "description_score",
        "logistics_score",
        "service_score",
        "reviews",
        "negative_reviews",
        "parcels_signed",
        "refunded_amount",
    ]
    kinds = {"reviews": "int", "negative_reviews": "int", "parcels_signed": "int", "refunded_amount": "money"}
    inside, earlier = (n.days[period.holds(n.days["day"])] for period in (n.period, n.compare))
    rows = [
        {
            "metric": labels.heading(name, page.lang),
            "now": labels.format_value(
                _last_or_sum(inside[name], kinds.get(name)), kinds.get(name, "score"), page.lang
            ),
            "before": labels.format_value(
                _last_or_sum(earlier[name], kinds.get(name)), kinds.get(name, "score"), page.lang
            ),
            "peer_mean": labels.MISSING,
        }
        for name in names
        if inside[name].notna().any()
    ]
    names = ["metric", "now", "before", "peer_mean"]
    frame = pd.DataFrame([*_service_rows(page), *rows], columns=names)
    if frame.empty:
        return chart, _score_words(page)
    there = [name for name in names if name != "peer_mean" or (frame[name] != labels.MISSING).any()]
    return chart, _score_words(page), page.table("service", frame, [(name, "text") for name in there], rows=6)


def _score_words(page: Page) -> view.TextPart:
    """The three scores read together (RV2, RV3)."""
    n = page.numbers
    found = scores(n.days, n.period, n.compare)
    if found is None:
        return page.muted("service.no_scores")
    listed = labels.text("common.list_mark", page.lang).join(
        f"{labels.heading(name, page.lang)} {labels.format_value(found.now[name], 'score', page.lang)}"
        for name in SCORES
    )
    return view.TextPart(page.text(f"service.reading.{found.reading or 'unknown'}", scores=listed))


def _service_rows(page: Page) -> list[dict[str, str]]:
    """Negative reviews per signed parcel, days to signature, and refunds beside the peers'."""
    n = page.numbers
    now, before = service(n.days, n.period), service(n.days, n.compare)
    peer = n.peers["退款占比"].mean
    waits = [labels.format_value(one.sign_days, "days", page.lang) for one in (now, before)]
    refunds = [labels.format_value(one.refund_share, "pct", page.lang) for one in (n.now, n.before)]
    negatives = [with_range(page.lang, one.negative_rate) for one in (now, before)]
    rows = [
        ("negative_rate", *negatives, math.nan, "pct2"),
        ("sign_days", *waits, math.nan, "days"),
        ("refund_share", *refunds, peer, "pct"),
    ]
    if n.refund_rate.is_known:
        rows.append(
            ("refund_rate", with_range(page.lang, n.refund_rate), labels.MISSING, n.peers["退款率"].mean, "pct2")
        )
    return [
        *_copied_rows(page),
        *(
            {
                "metric": labels.heading(name, page.lang),
                "now": value,
                "before": earlier,
                "peer_mean": labels.format_value(reference, kind, page.lang),
            }
            for name, value, earlier, reference, kind in rows
            if value != labels.MISSING
        ),
    ]


def _copied_rows(page: Page) -> list[dict[str, str]]:
    """What the back office shows and no file holds, as copied with the peers': BSR parts, disputes, interventions."""
    own = {labels.heading(name, "zh") for name in (*PEER_METRICS.values(), *SCORES)} | {*PEER_METRICS}

    def written(metric: str, value: float) -> str:
        is_share = metric.endswith(("率", "占比")) and abs(value) <= 1
        return labels.format_value(value, "pct2" if is_share else "score", page.lang)

    return [
        {
            "metric": page.text("service.copied", metric=one.metric, day=one.noted_on),
            "now": written(one.metric, one.own),
            "before": labels.MISSING,
            "peer_mean": written(one.metric, one.mean),
        }
        for one in page.numbers.copied
        if one.metric not in own
    ]


def _last_or_sum(values: pd.Series, kind: str | None) -> float:
    known = values.dropna()
    if known.empty:
        return math.nan
    return float(known.sum() if kind else known.iloc[-1])
