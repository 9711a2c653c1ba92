"""What reviews say by day of payment, where they carry order ids: the batch behind a complaint, and its refunds."""

from __future__ import annotations

import pandas as pd

from shopnb import labels, view
from shopnb.metrics import reviews_bought
from shopnb.pages.aspects import aspect_names
from shopnb.pages.base import Page
from shopnb.pages.review_analysis_more import NOTHING, Part, per_thousand
from shopnb.pages.review_analysis_numbers import Numbers
from shopnb.stats import Estimate


def payment_line(page: Page) -> view.TextPart:
    """Since which day of payment the leading complaint is more frequent per order."""
    n: Numbers = page.numbers
    if n.bought is None:
        return page.muted("payment.none" if page.shop.has("orders") else "payment.no_orders")
    known = {"known": n.bought.known, "whole": len(n.said.reviews), "age": n.bought.age}
    told = page.text("payment.known", **known)
    since = n.said_since
    if n.lead is None or since is None or since.first is None or since.low is None or since.high is None:
        return view.TextPart(told + page.text("payment.no_step"))
    return view.TextPart(
        told
        + page.text(
            "payment.step", aspect=aspect_names(page)[n.lead.aspect], day=since.first, low=since.low, high=since.high,
            before=f"{1000 * since.step.rate_before:.1f}", after=f"{1000 * since.step.rate_after:.1f}",
        )
    )  # fmt: skip


def payment_table(page: Page) -> Part:
    """Negative reviews and the leading complaint per 1,000 orders, by week of payment."""
    n: Numbers = page.numbers
    weeks = reviews_bought.weeks_of_payment(n.paid_days)
    if weeks.empty:
        return NOTHING
    rows = [
        {
            "paid_week": page.text("payment.span", first=row.first, last=row.last),
            "orders_paid": row.orders,
            "reviews_with_text": row.reviews,
            "negative_per_thousand": per_thousand(
                page, Estimate(row.negative_value, row.negative_low, row.negative_high)
            ),
            "lead_per_thousand": per_thousand(page, Estimate(row.marked_value, row.marked_low, row.marked_high))
            if n.lead
            else labels.MISSING,
        }
        for row in weeks.iloc[::-1].itertuples()
    ]
    columns = [
        ("paid_week", "text"), ("orders_paid", "int"), ("reviews_with_text", "int"), ("negative_per_thousand", "text"),
        ("lead_per_thousand", "text"),
    ]  # fmt: skip
    return page.table("payment", pd.DataFrame(rows), columns)


def refunded_line(page: Page) -> view.TextPart:
    """Refunds of the very orders whose reviews make the leading complaint: a floor of what it costs."""
    n: Numbers = page.numbers
    if n.refunded is None or n.lead is None or n.bought is None:
        return page.muted("payment.no_refunded") if page.shop.has("refunds") else NOTHING
    amount = labels.format_value(n.refunded.amount, "money", page.lang)
    return view.TextPart(
        page.text(
            "payment.refunded", aspect=aspect_names(page)[n.lead.aspect], known=n.lead_known, cases=n.refunded.cases,
            amount=amount, rest=n.bought.known - n.lead_known, others=n.refunded.cases_before - n.refunded.cases,
        )
    )  # fmt: skip


def paid_span(page: Page, rows: pd.Index) -> str:
    """The days of payment that most of some reviews are about, as shown; a dash where unknown."""
    n: Numbers = page.numbers
    span = reviews_bought.paid_span(n.bought, rows) if n.bought else None
    return page.text("payment.span", first=span[0], last=span[1]) if span else labels.MISSING
