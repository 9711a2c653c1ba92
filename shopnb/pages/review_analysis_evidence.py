"""Sections of the review page that hold sentences and what follows from them: evidence, money, what to answer."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd

from shopnb import labels, text, view
from shopnb.findings.reviews import conversion_loss
from shopnb.metrics import reviews_more, reviews_orders
from shopnb.metrics.reviews_explore import sentences
from shopnb.pages import review_analysis_more as more
from shopnb.pages import review_analysis_payment as payment
from shopnb.pages.aspects import aspect_names
from shopnb.pages.base import Page
from shopnb.pages.review_analysis_more import Part, Parts
from shopnb.pages.review_analysis_numbers import ANSWER_DAYS, Numbers, spot_label

TYPICAL, NEWEST, RANDOM = 5, 3, 10
_SEED = 10
TELLING = 5  # characters from which a clause says more than the name of the aspect
_SHOWN = 400  # characters of a review that a table shows


def typical_clauses(page: Page, aspect: str, count: int) -> list[str]:
    """The clauses that stand best for what is said of an aspect: complaints if there are any, else praise."""
    return page.kept.value(f"typical_clauses.{aspect}", page.given, lambda: _by_typicality(page, aspect))[:count]


def _by_typicality(page: Page, aspect: str) -> list[str]:
    n: Numbers = page.numbers
    said = n.opinions.get(aspect, n.said.opinions.iloc[:0])
    bad = said[said["polarity"] == "negative"]
    by_letters = {
        "".join(filter(str.isalnum, reviews_more.plain_clause(clause))): clause
        for clause in (bad if len(bad) else said)["clause"]
    }
    clauses = list(by_letters.values())
    telling = [clause for clause in clauses if len(clause) >= TELLING] or clauses
    order = np.argsort(-text.typicality(telling), kind="stable")
    return [telling[place][:40] for place in order]


def evidence(page: Page) -> Parts:
    """Sentences as buyers wrote them: the most typical of the leading complaint, the newest, and some by lot."""
    n: Numbers = page.numbers
    rows: list[dict[str, object]] = []
    if n.lead:
        chosen = sentences(
            n.said, aspect=n.lead.aspect, polarity="negative" if n.lead.negative else "positive",
            start=n.period.start if n.period else None, end=n.end, most=len(n.now),
        )  # fmt: skip
        typical = chosen.drop_duplicates("text").head(TYPICAL)
        newest = chosen[~chosen.index.isin(typical.index)].sort_index().iloc[::-1].head(NEWEST)
        rows += [_evidence_row(page, row, "typical") for row in typical.index]
        rows += [_evidence_row(page, row, "newest") for row in newest.index]
    pool = sorted(n.now.index, key=lambda row: str(n.now.loc[row, "review_id"]))
    drawn = random.Random(_SEED).sample(pool, min(RANDOM, len(pool)))  # noqa: S311 - a fixed draw, not a secret
    rows += [_evidence_row(page, row, "random") for row in drawn]
    columns = [
        ("kind", "text"), ("judged_as", "text"), ("review_text", "text"), ("opinions", "text"), ("spot", "text"),
        ("day", "day"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=[name for name, _ in columns])
    return (page.table("evidence", frame, more.known_columns(frame, columns)),)


def _evidence_row(page: Page, row: int, kind: str) -> dict[str, object]:
    n: Numbers = page.numbers
    review = n.said.reviews.loc[row]
    names = aspect_names(page)
    said = n.said.opinions[(n.said.opinions["review"] == row) & (n.said.opinions["opinion"] != "")]
    said = said.drop_duplicates(["aspect", "polarity"])
    heard = labels.text("common.list_mark", page.lang).join(
        page.text(f"evidence.heard.{one.polarity}", aspect=names[one.aspect], word=one.opinion)
        for one in said.itertuples()
    )
    both = {"positive", "negative"} <= set(said["polarity"])
    judged = "mixed" if both else "negative" if review["negative"] else "not_negative"
    return {
        "kind": page.text(f"evidence.{kind}"),
        "day": review["day"],
        "spot": spot_label(page, review["item_id"], review["sku"]) or labels.MISSING,
        "review_text": _said(page, review),
        "opinions": heard or labels.MISSING,
        "judged_as": page.text(f"evidence.{judged}"),
    }


def _said(page: Page, review: pd.Series) -> str:
    """A review as it is shown, with what was written later."""
    first, later = review["text"][:_SHOWN], review["follow_up"][:_SHOWN]
    return page.text("evidence.later", first=first, later=later) if later else first


def money(page: Page) -> Parts:
    """Refunds for faults, since which day of payment, and conversion of the item in the same days; never added up."""
    return _refunds(page), payment.refunded_line(page), paid_line(page), _conversion(page)


def paid_line(page: Page) -> view.TextPart:
    """Since which day of payment the item is refunded for faults more often: the batch, where refunds know it."""
    n: Numbers = page.numbers
    since = n.paid_since
    if since is None or n.place is None or since.first is None or since.low is None or since.high is None:
        return page.muted("money.no_paid") if page.shop.has("refunds") and n.place else more.NOTHING
    sentence = page.text(
        "money.paid", item=n.place.name, day=since.first, low=since.low, high=since.high,
        before=f"{1000 * since.step.rate_before:.1f}", after=f"{1000 * since.step.rate_after:.1f}",
        open=reviews_orders.OPEN_DAYS,
    )  # fmt: skip
    return view.TextPart(sentence)


def _conversion(page: Page) -> view.TextPart:
    n: Numbers = page.numbers
    amount, low, high = conversion_loss(n.conversion)
    if n.conversion is None or n.place is None or math.isnan(amount):
        return page.muted("money.no_conversion")
    moved = n.conversion
    shown = [labels.format_value(value, "money", page.lang) for value in (amount, low, high)]
    return view.TextPart(
        page.text(
            "money.conversion", item=n.place.name, base=moved.payers_base / moved.visitors_base,
            now=moved.payers / moved.visitors, amount=shown[0], low=shown[1], high=shown[2],
        )
    )  # fmt: skip


def _refunds(page: Page) -> Part:
    n: Numbers = page.numbers
    if not page.shop.has("refunds"):
        return page.muted("money.no_refunds")
    if n.refunds is None or n.place is None:
        return page.muted("money.no_place")
    row = {
        "problem": page.text("money.problem", item=n.place.name),
        "refund_cases": n.refunds.cases,
        "refunded_amount": n.refunds.amount,
        "refund_cases_before": n.refunds.cases_before,
        "refunded_before": n.refunds.amount_before,
        "explained": page.text("money.explained"),
    }
    columns = [
        ("problem", "text"), ("refund_cases", "int"), ("refunded_amount", "money"), ("refund_cases_before", "int"),
        ("refunded_before", "money"), ("explained", "text"),
    ]  # fmt: skip
    return page.table("money", pd.DataFrame([row]), columns)


def to_do(page: Page) -> Parts:
    """Negative reviews to answer with the points an answer should make, and what page and words should change."""
    n: Numbers = page.numbers
    if n.period is None:
        return page.muted("to_do.undated"), more.changes_to_make(page)
    if n.to_answer.empty:
        return page.muted("to_do.none", days=ANSWER_DAYS), more.changes_to_make(page)
    names, groups = aspect_names(page), n.said.groups
    rows = []
    for index, review in n.to_answer.iterrows():
        said = n.said.opinions[(n.said.opinions["review"] == index) & (n.said.opinions["polarity"] == "negative")]
        aspects = list(dict.fromkeys(said["aspect"]))
        first = next((aspect for aspect in aspects if aspect != "overall"), "overall")
        own = f"to_do.points.{first}"
        rows.append(
            {
                "day": review["day"],
                "spot": spot_label(page, review["item_id"], review["sku"]) or labels.MISSING,
                "problem": labels.text("common.list_mark", page.lang).join(names[one] for one in aspects)
                or labels.MISSING,
                "review_text": _said(page, review),
                "points": page.text(own if page.has_text(own) else f"to_do.points.{groups[first]}"),
                "days_ago": (n.period.end - review["day"]).days,
            }
        )
    columns = [
        ("day", "day"), ("days_ago", "int"), ("spot", "text"), ("problem", "text"), ("review_text", "text"),
        ("points", "text"),
    ]  # fmt: skip
    return page.table("to_do", pd.DataFrame(rows), columns, rows=20), more.changes_to_make(page)
