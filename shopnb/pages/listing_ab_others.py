"""Sections and first screen of the other designs: before and after a change, product tests, votes, the test log."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopnb import charts, labels, view
from shopnb.findings import Finding
from shopnb.findings.listing_ab import find_change, find_product
from shopnb.metrics.listing_changes import ChangeSeen
from shopnb.metrics.listing_products import Product, Vote
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

SHOWN_CHANGES, SHOWN_TESTS = 10, 14
Part = view.ChartPart | view.TablePart | view.TextPart
Parts = tuple[Part, ...]


def build(page: ListingAb, key: str) -> view.Section:
    """One section by key."""
    return view.Section(key, page.text(f"{key}.question"), BUILDERS[key](page), page.text(f"{key}.how_to_read"))


def _range(page: ListingAb, found: Estimate, kind: str, *, share: bool = False) -> str:
    """A number with its range in words; `share` for percentage points, whose range has no unit."""
    value = labels.format_value(found.estimate, kind, page.lang)
    if math.isnan(found.low):
        return value
    low, high = (found.low * 100, found.high * 100) if share else (found.low, found.high)
    ends = labels.format_range(low, high, "ratio" if share else kind, page.lang)
    return labels.text("common.with_range", page.lang, value=value, range=ends)


# Before and after


KINDS = {
    "主图": "main_image", "SKU图": "sku_image", "标题": "title", "详情": "detail", "价格": "price", "优惠": "offer",
    "赠品": "gift",
}  # fmt: skip


def kind_text(page: ListingAb, name: str) -> str:
    """A kind of change as the report's language has it; the name of a campaign stays."""
    return page.text(f"change_kind.{KINDS[name]}") if name in KINDS else name


def item_of(page: ListingAb, change: ChangeSeen) -> str:
    """The short name of a change's item, else the end of its id."""
    return page.short_names.get(change.item_id) or f"…{change.item_id[-4:]}"


def effect_text(page: ListingAb, change: ChangeSeen, *, with_range: bool = True) -> str:
    """The net effect in words."""
    effect: Estimate = change.effect
    if not change.is_share:
        effect = Estimate(math.expm1(effect.estimate), math.expm1(effect.low), math.expm1(effect.high))
    kind = "pp" if change.is_share else "pct"
    if not with_range:
        return labels.format_value(effect.estimate, kind, page.lang)
    return _range(page, effect, kind, share=change.is_share)


def _before_after(page: ListingAb) -> Parts:
    changes = page.designs.changes
    kinds = {
        "change_day": "day", "item": "text", "changed": "text", "judged_metric": "text", "value_before": "text",
        "value_after": "text", "control_change": "text", "net_change": "text", "brake_change": "text",
        "conclusion": "text",
    }  # fmt: skip
    if not changes:
        empty = page.table("before_after", pd.DataFrame(columns=list(kinds)), list(kinds.items()))
        key = "before_after.no_series" if len(page.designs.logged) else "before_after.none"
        return page.muted(key), page.muted("before_after.no_chart"), empty
    rows = [_change_row(page, change) for change in changes]
    table = page.table("before_after", pd.DataFrame(rows, columns=list(kinds)), list(kinds.items()), rows=SHOWN_CHANGES)
    chosen = page.change or next((one for one in changes if one.is_judged), changes[0])
    series = _series_chart(page, chosen)
    return series, _placebo_chart(page, chosen), table


def _level(page: ListingAb, change: ChangeSeen, value: float) -> str:
    kind = "pct2" if change.is_share else "number" if change.metric == "search_visitors" else "money2"
    return labels.format_value(value, kind, page.lang)


def _change_row(page: ListingAb, change: ChangeSeen) -> dict[str, Any]:
    brake = ""
    if change.brake.is_known:
        brake = page.text(
            "before_after.brake", metric=page.text(f"metric.{change.brake_metric}"), change=_range(
                page, change.brake, "pp", share=True
            ),
        )  # fmt: skip
    control = change.effect.control_change
    if not change.is_share:
        control = math.expm1(control) if math.isfinite(control) else control
    return {
        "change_day": change.day,
        "item": item_of(page, change),
        "changed": kind_text(page, change.kind),
        "judged_metric": page.text(f"metric.{change.metric}"),
        "value_before": _level(page, change, change.before),
        "value_after": _level(page, change, change.after),
        "control_change": labels.format_value(control, "pp" if change.is_share else "pct", page.lang),
        "net_change": effect_text(page, change) if change.is_judged else labels.MISSING,
        "brake_change": brake or labels.MISSING,
        "conclusion": _conclusion(page, change),
    }


def _conclusion(page: ListingAb, change: ChangeSeen) -> str:
    return page.text(f"before_after.state.{change.state}", near=_near(page, change))


def _near(page: ListingAb, change: ChangeSeen) -> str:
    return page.listed([kind_text(page, name) for name in change.near])


def _series_chart(page: ListingAb, change: ChangeSeen) -> Part:
    """The item and its control, day by day, both as a multiple of their own level before the change."""
    if change.series is None or change.series.empty:
        return page.muted("before_after.no_chart")
    lines = []
    for column, name in (("shown", item_of(page, change)), ("shown_control", page.text("before_after.control"))):
        base = change.series.loc[~change.series["is_after"], column].mean()
        if base > 0:
            frame = pd.DataFrame({"day": change.series["start"], "value": change.series[column] / base, "series": name})
            lines.append(frame)
    if not lines:
        return page.muted("before_after.no_chart")
    values = {
        "item": item_of(page, change), "changed": kind_text(page, change.kind), "day": change.day,
        "metric": page.text(f"metric.{change.metric}"), "net": effect_text(page, change) if change.is_judged else "",
    }  # fmt: skip
    key = "title" if change.is_judged else "title_unknown"
    return charts.chart_lines(
        pd.concat(lines, ignore_index=True), id="before_after", title=page.text(f"before_after.{key}", **values),
        alt=page.text("before_after.alt", **values), lang=page.lang, kind="pct0",
        value_title=page.text("before_after.axis"),
    )  # fmt: skip


def _placebo_chart(page: ListingAb, change: ChangeSeen) -> Part:
    """The effect beside those of dates on which nothing was changed."""
    placebos = change.effect.placebos
    if change.series is None or placebos.empty or not change.is_judged:
        return page.muted("before_after.no_placebo")
    before = change.series.loc[~change.series["is_after"], "start"].tolist()
    rows = [
        {
            "label": page.text("before_after.real", day=change.day), "value": change.effect.estimate,
            "low": change.effect.low, "high": change.effect.high, "bold": True,
        }
    ]  # fmt: skip
    step = max(1, math.ceil(len(placebos) / 8))
    rows += [
        {
            "label": page.text("before_after.placebo", day=before[int(row.place)]), "value": row.estimate,
            "low": row.low, "high": row.high, "bold": False,
        }
        for row in placebos.iloc[::step].itertuples()
    ]  # fmt: skip
    share = change.effect.placebo_share
    key = "placebo_title_unknown" if math.isnan(share) else "placebo_title_far" if share <= 0.1 else "placebo_title"
    title = page.text(f"before_after.{key}", share=share)
    kind = "pp" if change.is_share else "signed_pct"
    return charts.chart_intervals(pd.DataFrame(rows), id="placebos", title=title, alt=title, lang=page.lang, kind=kind)


# Product tests


def _products(page: ListingAb) -> Parts:
    test = page.product_test
    kinds = {
        "product": "text", "impressions": "int", "clicks": "int", "click_rate_range": "text", "cart_rate_range": "text",
        "cart_cost_range": "text", "favourite_rate": "pct2", "deal_orders": "int", "chance_above": "text",
        "judged_as": "text",
    }  # fmt: skip
    if test is None:
        empty = page.table("products", pd.DataFrame(columns=list(kinds)), list(kinds.items()))
        return page.muted("products.none"), empty
    rows = [_product_row(page, one) for one in test.products]
    frame = pd.DataFrame(rows, columns=list(kinds))
    columns = [(name, kind) for name, kind in kinds.items() if frame[name].notna().any()]
    table = page.table("products", frame, columns)
    known = [one for one in test.products if one.rates["cart_rate"].is_known and one.rates["click_rate"].is_known]
    if not known:
        return page.muted("products.no_carts"), table
    points = pd.DataFrame(
        {
            "label": [product_name(page, one) for one in known],
            "x": [one.rates["click_rate"].estimate for one in known],
            "y": [one.rates["cart_rate"].estimate for one in known],
            "y_low": [one.rates["cart_rate"].low for one in known],
            "y_high": [one.rates["cart_rate"].high for one in known],
        }
    )
    pushed = [product_name(page, one) for one in test.products if one.rule == "push"]
    key = "products.title" if pushed else "products.title_none"
    chart = charts.chart_scatter(
        points, id="products", title=page.text(key, names=page.listed(pushed)), lang=page.lang, x_kind="pct2",
        alt=page.text("products.alt", count=len(known), days=test.days), y_kind="pct2",
        x_title=page.text("metric.click_rate"), y_title=page.text("metric.cart_rate"),
        x_line=test.cuts["click_rate"], y_line=test.cuts["cart_rate"],
    )  # fmt: skip
    return chart, table


def product_name(page: ListingAb, one: Product) -> str:
    """The short name of an item, else the start of its title."""
    return page.item_name(one.item_id, one.title)


def _product_row(page: ListingAb, one: Product) -> dict[str, Any]:
    clicks = one.clicks if one.clicks else math.nan
    return {
        "product": product_name(page, one),
        "impressions": one.impressions,
        "clicks": one.clicks,
        "click_rate_range": _range(page, one.rates["click_rate"], "pct2"),
        "cart_rate_range": _range(page, one.rates["cart_rate"], "pct2"),
        "cart_cost_range": _range(page, one.cart_cost, "money2"),
        "favourite_rate": one.favourites / clicks,
        "deal_orders": one.orders,
        "chance_above": page.chance_text(one.above["cart_rate"]),
        "judged_as": rule_text(page, one),
    }


def rule_text(page: ListingAb, one: Product) -> str:
    """What to do with an item, with the chance that it is right."""
    if math.isnan(one.chance):
        return page.text(f"products.rule.{one.rule}", chance="")
    return page.text(f"products.rule.{one.rule}", chance=page.chance_text(one.chance))


# Votes and the log


def _votes(page: ListingAb) -> Parts:
    vote = page.vote
    kinds = {"option": "text", "votes": "int", "share_range": "text", "chance_best": "text"}
    if vote is None or vote.options.empty:
        empty = page.table("votes", pd.DataFrame(columns=list(kinds)), list(kinds.items()))
        return page.muted("votes.none" if vote is None else "votes.invalid"), empty
    rows = vote.options.rename(columns={"share": "value"})
    shares = [_range(page, Estimate(row.value, row.low, row.high), "pct0") for row in rows.itertuples()]
    chances = [page.chance_text(chance) for chance in rows["chance"]]
    frame = rows[["option", "votes"]].assign(share_range=shares, chance_best=chances)
    values = _vote_values(page, vote)
    chart = charts.chart_intervals(
        rows.assign(label=rows["option"], bold=False)[["label", "value", "low", "high", "bold"]],
        id="votes", title=page.text("votes.title", **values), alt=page.text("votes.alt", **values), lang=page.lang,
        kind="pct0", reference=1 / len(rows),
    )  # fmt: skip
    return chart, page.table("votes", frame, list(kinds.items()))


def _vote_values(page: ListingAb, vote: Vote) -> dict[str, Any]:
    top = vote.options.iloc[0]
    return {
        "question": vote.question, "voters": vote.voters or page.text("votes.somebody"), "total": vote.total,
        "option": top["option"], "share": float(top["share"]), "chance": page.chance_text(float(top["chance"])),
    }  # fmt: skip


def _test_log(page: ListingAb) -> Parts:
    record = page.record_of_tests
    kinds = {
        "test": "text", "test_days": "text", "log_winner": "text", "early_gap": "text", "final_gap": "text",
        "shrunk_gap": "text", "adopted": "text", "later": "text",
    }  # fmt: skip
    if not record.tests:
        empty = page.table("test_log", pd.DataFrame(columns=list(kinds)), list(kinds.items()))
        return page.muted("test_log.none"), page.muted("test_log.no_prior"), empty
    rows = []
    for test in record.tests:
        span = labels.text("common.span", page.lang, start=test.first, end=test.last)
        later = effect_text(page, test.later) if test.later and test.later.is_judged else labels.MISSING
        rows.append(
            {
                "test": test.name,
                "test_days": span,
                "log_winner": page.text(f"test_log.state.{_log_state(str(test.state))}", winner=test.winner),
                "early_gap": labels.format_value(test.early, "signed_pct", page.lang),
                "final_gap": labels.format_value(test.final, "signed_pct", page.lang),
                "shrunk_gap": labels.format_value(test.shrunk, "signed_pct", page.lang),
                "adopted": labels.format_value(test.adopted_on, "day_short", page.lang)
                if test.adopted_on
                else labels.MISSING,
                "later": later,
            }
        )
    table = page.table("test_log", pd.DataFrame(rows), list(kinds.items()), rows=SHOWN_TESTS)
    points = pd.DataFrame(
        {
            "label": [test.name for test in record.tests],
            "x": [test.early for test in record.tests],
            "y": [test.final for test in record.tests],
            "y_low": [test.final - 1.96 * test.error for test in record.tests],
            "y_high": [test.final + 1.96 * test.error for test in record.tests],
        }
    ).dropna()
    values = {"tests": len(record.tests), "wins": record.decided, "turned": record.turned, "kept": record.kept}
    if points.empty:
        return page.muted("test_log.no_early"), _prior_text(page), table
    chart = charts.chart_scatter(
        points, id="test_log", title=page.text("test_log.title", **values), alt=page.text("test_log.alt", **values),
        lang=page.lang, x_kind="signed_pct", y_kind="signed_pct", x_title=page.text("test_log.x"),
        y_title=page.text("test_log.y"), y_line=0.0,
    )  # fmt: skip
    return chart, _prior_text(page), table


def _log_state(state: str) -> str:
    return {"switch": "won", "brake": "lost", "keep": "lost", "keep_enough": "lost"}.get(state, "open")


def _prior_text(page: ListingAb) -> Part:
    record = page.record_of_tests
    if record.prior is None or record.prior.code:
        return page.muted("test_log.no_prior")
    spread = 1.64 * record.prior.spread
    low, high = record.prior.mean - spread, record.prior.mean + spread
    told = page.text("test_log.prior", low=low, high=high)
    best, current = page.numbers.comparison.best, page.numbers.comparison.current
    if best is not None and current is not None and best.difference.is_known and page.numbers.counts is not None:
        error = (best.difference.high - best.difference.low) / 2 / 1.96
        weight = record.prior.spread**2 / (record.prior.spread**2 + (error / current.rate.estimate) ** 2)
        found = best.difference.estimate / current.rate.estimate
        told += page.text("test_log.now", found=found, left=record.prior.mean + weight * (found - record.prior.mean))
    return view.TextPart(told)


# First screen where the page is about one of these


def verdict(page: ListingAb) -> str:
    """One sentence: what the change did, which item to push, what was voted."""
    change, test = page.change, page.numbers.test
    if change is not None:
        values = {
            "item": item_of(page, change), "changed": kind_text(page, change.kind), "day": change.day,
            "metric": page.text(f"metric.{change.metric}"), "near": _near(page, change),
            "net": effect_text(page, change) if change.is_judged else "",
        }  # fmt: skip
        return page.text(f"change_verdict.{change.state}", **values)
    if test.source == "votes":
        vote = page.vote
        if vote is None or vote.options.empty:
            return page.text("vote_verdict.invalid")
        return page.text(f"vote_verdict.{vote.code or 'first'}", **_vote_values(page, vote))
    products = page.product_test
    best = products.best if products else None
    if products is None or best is None:
        return page.text("product_verdict.none", days=products.days if products else 0)
    rate = best.rates["cart_rate"]
    values = {"item": product_name(page, best), "rate": rate.estimate, "cut": products.cuts["cart_rate"]}
    ends = labels.format_range(rate.low, rate.high, "pct2", page.lang)
    return page.text("product_verdict.push", **values, range=ends, chance=page.chance_text(best.chance))


def cards(page: ListingAb) -> list[view.Card]:
    """Four to six numbers of a change, a product test or a vote."""
    change = page.change
    if change is not None:
        return _change_cards(page, change)
    vote = page.vote
    if page.numbers.test.source == "votes" and vote is not None and not vote.options.empty:
        return [
            view.Card(
                str(row.option)[:12], labels.format_value(row.share, "pct0", page.lang),
                lines=(page.text("votes.card", votes=row.votes),),
            )
            for row in vote.options.head(5).itertuples()
        ]  # fmt: skip
    products = page.product_test
    return [
        view.Card(
            product_name(page, one)[:12],
            labels.format_value(one.rates["cart_rate"].estimate, "pct2", page.lang),
            suffix=page.text("metric.cart_rate"),
            lines=(rule_text(page, one),),
            tone="good" if one.rule == "push" else "",
        )
        for one in (products.products[:6] if products else ())
    ]


def _change_cards(page: ListingAb, change: ChangeSeen) -> list[view.Card]:
    effect = change.effect
    metric = page.text(f"metric.{change.metric}")
    share = effect.placebo_share
    control = effect.control_change
    if not change.is_share and math.isfinite(control):
        control = math.expm1(control)
    kind = "pp" if change.is_share else "pct"
    return [
        view.Card(page.text("card.before"), _level(page, change, change.before), suffix=metric),
        view.Card(page.text("card.after"), _level(page, change, change.after), suffix=metric),
        view.Card(page.text("card.control"), labels.format_value(control, kind, page.lang),
                  lines=(page.text("card.controls", count=change.controls),)),
        view.Card(page.text("card.net"), effect_text(page, change, with_range=False) if change.is_judged
                  else labels.MISSING, lines=(_conclusion(page, change),)),
        view.Card(page.text("card.placebo"), labels.format_value(share, "pct0", page.lang),
                  lines=(page.text("card.placebos", count=len(effect.placebos)),)),
    ]  # fmt: skip


def findings(page: ListingAb) -> list[Finding]:
    """What to do after a change or a product test; a vote is no finding."""
    change = page.change
    if change is not None:
        today = page.designs.today
        words = {
            "item": item_of(page, change), "changed": kind_text(page, change.kind),
            "metric": page.text(f"metric.{change.metric}"),
            "net_text": effect_text(page, change, with_range=False) if change.is_judged else "",
        }  # fmt: skip
        return find_change(change, words, today if today != dt.date.max else change.day)
    products = page.product_test
    if page.numbers.test.source != "products" or products is None:
        return []
    return [
        find_product(one, products, {"item": product_name(page, one), "rule_text": rule_text(page, one)})
        for one in products.products
        if one.rule not in ("too_few", "more")
    ]


BUILDERS: dict[str, Callable[[Any], Parts]] = {
    "before_after": _before_after,
    "products": _products,
    "votes": _votes,
    "test_log": _test_log,
}
