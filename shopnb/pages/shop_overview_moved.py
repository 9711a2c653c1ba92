"""Section of the overview: what moved sales, down to the margin, by new and old buyers, beside goals and peers."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics import overview
from shopnb.metrics.big_orders import TOP_BUYERS
from shopnb.pages.base import Page
from shopnb.pages.shop_overview_parts import parts_tables
from shopnb.pages.shop_overview_wording import PEER_METRICS, Parts, change_text
from shopnb.pages.wording import with_range
from shopnb.stats import Estimate

LARGE_ORDER = 0.05  # of payment: from here on one order is told apart
BESIDE = ("goal_due", "last_year", "peer_mean", "peer_best")


def moved(page: Page) -> Parts:
    """The change of payment by its three factors, and from payment down to the margin."""
    n = page.numbers
    if math.isnan(n.split["visitor_days"]):
        return (
            page.muted("moved.not_comparable"),
            _margin_chart(page),
            _break_even(page),
            _big_orders(page),
            _moved_table(page),
            *parts_tables(page),
            _buyers_table(page),
        )
    steps = [
        ("before", n.before.paid_amount, True),
        *((part, value, False) for part, value in n.split.items()),
        ("now", n.now.paid_amount, True),
    ]
    frame = pd.DataFrame(
        [{"label": page.text(f"moved.step.{key}"), "amount": value, "is_total": total} for key, value, total in steps]
    )
    lead = max(n.split, key=lambda part: abs(n.split[part]))
    title = page.text("moved.title", part=page.text(f"moved.step.{lead}"), amount=n.split[lead])
    alt = page.text(
        "moved.alt",
        before=n.before.paid_amount,
        now=n.now.paid_amount,
        visitors=n.split["visitor_days"],
        conversion=n.split["payment_conversion"],
        spend=n.split["spend_per_buyer"],
    )
    chart = charts.chart_waterfall(frame, id="moved", title=title, alt=alt, lang=page.lang, kind="money")
    tables = (_moved_table(page), *parts_tables(page), _buyers_table(page))
    return chart, _margin_chart(page), _break_even(page), _big_orders(page), *tables


def _margin_chart(page: Page) -> view.ChartPart | view.TextPart:
    now, rate = page.numbers.now, page.numbers.margin_rate
    if math.isnan(now.margin):
        return page.muted("moved.no_margin")
    refunds = 0.0 if math.isnan(now.refunded_amount) else now.refunded_amount
    ads = 0.0 if math.isnan(now.ad_cost) else now.ad_cost
    steps = [
        ("paid", now.paid_amount, True),
        ("refunds", -refunds, False),
        ("costs", -(now.paid_amount - refunds) * (1 - rate), False),
        ("ads", -ads, False),
        ("margin", now.margin, True),
    ]
    frame = pd.DataFrame(
        [{"label": page.text(f"moved.step.{key}"), "amount": value, "is_total": total} for key, value, total in steps]
    )
    title = page.text(
        "moved.margin_title", margin=now.margin, share=now.margin / now.paid_amount if now.paid_amount else math.nan
    )
    alt = page.text("moved.margin_alt", paid=now.paid_amount, refunds=refunds, ads=ads, margin=now.margin, rate=rate)
    return charts.chart_waterfall(frame, id="margin", title=title, alt=alt, lang=page.lang, kind="money")


def _moved_table(page: Page) -> view.TablePart:
    n = page.numbers
    kinds = {
        "visitor_days": "int",
        "payment_conversion": "pct2",
        "spend_per_buyer": "money2",
        "paid_amount": "money",
        "refunded_amount": "money",
        "paid_net_amount": "money",
        "ad_cost": "money",
        "margin": "money",
    }
    rows = []
    for name, kind in kinds.items():
        now, before = getattr(n.now, name), getattr(n.before, name) if n.before.complete else math.nan
        if math.isnan(now):
            continue
        if name == "payment_conversion" and not n.enough:
            now = before = math.nan
        rows.append(
            {
                "metric": labels.heading(name, page.lang),
                "now": labels.format_value(now, kind, page.lang),
                "before": labels.format_value(before, kind, page.lang),
                "difference": change_text(now, before, kind, page.lang) if n.comparable else labels.MISSING,
                "effect": n.split.get(name, math.nan),
                **_against(page, name, kind),
            }
        )
    columns = [
        ("metric", "text"),
        ("now", "text"),
        ("before", "text"),
        ("difference", "text"),
        ("effect", "signed_money"),
    ]
    frame = pd.DataFrame(rows, columns=[*(name for name, _ in columns), *BESIDE])
    there = [(name, "text") for name in BESIDE if (frame[name] != labels.MISSING).any()]
    return page.table("moved", frame, [*columns, *there], signed=("effect",))


def _against(page: Page, name: str, kind: str) -> dict[str, str]:
    """What stands beside a number of the period: the same period last year, the goal so far, the peers."""
    n = page.numbers
    last = getattr(n.last_year, name) if n.last_year else math.nan
    metric = next((metric for metric, own in PEER_METRICS.items() if own == name), "")
    goals = {"visitor_days": "visitors", "margin": "margin_amount"}
    due = [goal.due for goal in (n.target.goals if n.target else ()) if goal.name == goals.get(name, name)]
    by_month = n.period.start == n.period.end.replace(day=1) or name in ("payment_conversion", "spend_per_buyer")
    known = {
        "last_year": last,
        "goal_due": due[0] if due and by_month else math.nan,
        "peer_mean": n.peers[metric].mean if metric else math.nan,
        "peer_best": n.peers[metric].best if metric else math.nan,
    }
    return {key: labels.format_value(value, kind, page.lang) for key, value in known.items()}


def _buyers_table(page: Page) -> view.TablePart | view.TextPart | None:
    """New and old buyers: number, spend and what each did to payment."""
    n = page.numbers
    kinds = overview.buyer_kinds(n.now, n.before)
    if not kinds:
        return page.muted("moved.no_buyers") if n.comparable else None
    rows = [
        {
            "label": page.text(f"moved.buyers.{one.name}"),
            "buyers": one.buyers,
            "buyers_before": one.buyers_before,
            "spend_per_buyer": one.paid / one.buyers,
            "paid_amount": one.paid,
            "by_number": one.by_number,
            "by_spend": one.by_spend,
        }
        for one in kinds
    ]
    columns = [("label", "text"), ("buyers", "int"), ("buyers_before", "int"), ("spend_per_buyer", "money2"),
               ("paid_amount", "money"), ("by_number", "signed_money"), ("by_spend", "signed_money")]  # fmt: skip
    table = page.table("buyers", pd.DataFrame(rows), columns, signed=("by_number", "by_spend"))
    return replace(table, caption=page.text("moved.buyers_caption"), folded=True)


def _break_even(page: Page) -> view.TextPart | None:
    """What a return on ad spend must reach, refunds counted."""
    n = page.numbers
    if n.basis.name != "margin" or not n.basis.share:
        return None
    deals, cost = sum(one.deal_amount for one in n.scenes), sum(one.cost for one in n.scenes)
    key = "moved.break_even" if cost else "moved.break_even_only"
    refunds = 1 - n.basis.share / n.margin_rate
    values = {"value": 1 / n.basis.share, "margin": n.margin_rate, "refunds": refunds}
    return view.TextPart(page.text(key, **values, own=deals / cost if cost else math.nan))


def _big_orders(page: Page) -> view.TextPart | None:
    """Who carries the period, in wholesale and wherever one order is large; the period without its largest order."""
    n = page.numbers
    found = n.big_orders
    if found is None:
        return page.muted("moved.no_orders") if n.is_wholesale else None
    if not n.is_wholesale and found.largest_share < LARGE_ORDER:
        return None
    spend = Estimate(found.mean, found.mean_low, found.mean_high)
    return view.TextPart(
        page.text(
            "moved.big_orders",
            top=TOP_BUYERS,
            share=found.top_share,
            largest=found.largest,
            rest=found.paid_amount - found.largest,
            median=found.median,
            mean=with_range(page.lang, spend, "money"),
            buyers=found.buyers,
        )
    )
