"""First screen and findings where the page is about a change, a product test or a vote; sections by key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shopnb import labels, view
from shopnb.findings import Finding
from shopnb.findings.listing_ab import find_change, find_product
from shopnb.pages.listing_ab_changes import before_after, change_cards, effect_text, item_of, kind_text, near_text
from shopnb.pages.listing_ab_log import test_log
from shopnb.pages.listing_ab_products import product_name, products, rule_text, vote_values, votes
from shopnb.pages.listing_ab_wording import Parts, section_of

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb


def build(page: ListingAb, key: str) -> view.Section:
    """One section by key."""
    return section_of(page, key, BUILDERS[key](page))


def verdict(page: ListingAb) -> str:
    """One sentence: what the change did, which item to push, what was voted."""
    change, test = page.change, page.numbers.test
    if change is not None:
        values = {
            "item": item_of(page, change), "changed": kind_text(page, change.kind), "day": change.day,
            "metric": page.text(f"metric.{change.metric}"), "near": near_text(page, change),
            "net": effect_text(page, change) if change.is_judged else "", "refunds": change.refunds.estimate,
        }  # fmt: skip
        return page.text(f"change_verdict.{change.state}", **values)
    if test.source == "votes":
        vote = page.vote
        if vote is None or vote.options.empty:
            return page.text("vote_verdict.invalid")
        return page.text(f"vote_verdict.{vote.code or 'first'}", **vote_values(page, vote))
    tested = page.product_test
    best = tested.best if tested else None
    if tested is None or best is None:
        return page.text("product_verdict.none", days=tested.days if tested else 0)
    rate = best.rates["cart_rate"]
    values = {"item": product_name(page, best), "rate": rate.estimate, "cut": tested.cuts["cart_rate"]}
    ends = labels.format_range(rate.low, rate.high, "pct2", page.lang)
    return page.text("product_verdict.push", **values, range=ends, chance=page.chance_text(best.chance))


def cards(page: ListingAb) -> list[view.Card]:
    """Four to six numbers of a change, a product test or a vote."""
    change = page.change
    if change is not None:
        return change_cards(page, change)
    vote = page.vote
    if page.numbers.test.source == "votes" and vote is not None and not vote.options.empty:
        return [
            view.Card(
                str(row.option)[:12], labels.format_value(row.share, "pct0", page.lang),
                lines=(page.text("votes.card", votes=row.votes),),
            )
            for row in vote.options.head(5).itertuples()
        ]  # fmt: skip
    tested = page.product_test
    return [
        view.Card(
            product_name(page, one)[:12],
            labels.format_value(one.rates["cart_rate"].estimate, "pct2", page.lang),
            suffix=page.text("metric.cart_rate"),
            lines=(rule_text(page, one),),
            tone="good" if one.rule == "push" else "",
        )
        for one in (tested.products[:6] if tested else ())
    ]


def findings(page: ListingAb) -> list[Finding]:
    """What to do after a change or a product test; a vote is no finding."""
    change = page.change
    if change is not None:
        today = page.designs.today
        words = {
            "item": item_of(page, change), "changed": kind_text(page, change.kind),
            "metric": page.text(f"metric.{change.metric}"),
            "net_text": effect_text(page, change, ends=False) if change.is_judged else "",
        }  # fmt: skip
        return find_change(change, words, today if today != dt.date.max else change.day)
    tested = page.product_test
    if page.numbers.test.source != "products" or tested is None:
        return []
    return [
        find_product(one, tested, {"item": product_name(page, one), "rule_text": rule_text(page, one)})
        for one in tested.products
        if one.rule not in ("too_few", "more")
    ]


BUILDERS: dict[str, Callable[[Any], Parts]] = {
    "before_after": before_after,
    "products": products,
    "votes": votes,
    "test_log": test_log,
}
