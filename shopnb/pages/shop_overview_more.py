"""Sections of the overview beyond the daily numbers: plan, buyers, quadrants, funnel, scores, change log."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics import overview
from shopnb.metrics.funnel import Step
from shopnb.metrics.items import Quadrant
from shopnb.metrics.service import SCORES, scores, service
from shopnb.pages.base import Page
from shopnb.pages.shop_overview_numbers import PEER_METRICS
from shopnb.pages.wording import with_range

SHOWN_CHANGES = 8
SURE_QUADRANT = 0.7  # below it an item's quadrant is not named
Parts = tuple[view.ChartPart | view.TablePart | view.TextPart | None, ...]


def plan_table(page: Page) -> view.TablePart | view.TextPart:
    """Every goal of the month: due by now, reached, inside the plan or not."""
    plan = page.numbers.target
    if plan is None:
        return page.muted("plan.none")
    rows = [
        {
            "metric": labels.heading(goal.name, page.lang),
            "goal": labels.format_value(goal.goal, goal.kind, page.lang),
            "due": labels.format_value(goal.due, goal.kind, page.lang),
            "reached": labels.format_value(goal.reached, goal.kind, page.lang),
            "conclusion": page.text(f"plan.state.{goal.state}") if goal.state else labels.MISSING,
        }
        for goal in sorted(plan.goals, key=lambda goal: goal.state not in ("behind", "over"))
    ]
    names = ["metric", "conclusion", "reached", "due", "goal"]
    table = page.table("plan", pd.DataFrame(rows, columns=names), [(name, "text") for name in names])
    return replace(table, caption=page.text("plan.caption", month=plan.month))


def against(page: Page, name: str, kind: str) -> dict[str, str]:
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


def buyers_table(page: Page) -> view.TablePart | view.TextPart | None:
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


def break_even(page: Page) -> view.TextPart | None:
    """What a return on ad spend must reach, refunds counted."""
    n = page.numbers
    if n.basis.name != "margin" or not n.basis.share:
        return None
    deals, cost = sum(one.deal_amount for one in n.scenes), sum(one.cost for one in n.scenes)
    key = "moved.break_even" if cost else "moved.break_even_only"
    refunds = 1 - n.basis.share / n.margin_rate
    values = {"value": 1 / n.basis.share, "margin": n.margin_rate, "refunds": refunds}
    return view.TextPart(page.text(key, **values, own=deals / cost if cost else math.nan))


def devices(page: Page) -> view.TextPart:
    """Wireless and PC in one line: PC is a few per cent (TR17)."""
    n = page.numbers
    inside = n.days[n.period.holds(n.days["day"])]
    visitors, pc, payers, all_payers = (
        float(inside[name].sum(min_count=1)) for name in ("visitors", "visitors_pc", "payers_pc", "payers")
    )
    if math.isnan(pc) or not visitors:
        return page.muted("mix.no_devices")
    rate = payers / pc if pc >= 100 and payers >= 5 else math.nan
    key = "mix.devices_only" if not n.enough else "mix.devices" if not math.isnan(rate) else "mix.devices_few"
    return view.TextPart(page.text(key, share=pc / visitors, rate=rate, whole=all_payers / visitors), muted=True)


def quadrant_chart(page: Page) -> view.ChartPart | view.TextPart:
    """Items on two rates with the cut lines (PF1)."""
    n = page.numbers
    if n.quadrants is None:
        return page.muted("items.no_quadrants")
    found = n.quadrants
    paid = {item.item_id: item.paid_amount for item in n.items}
    frame = pd.DataFrame(
        [
            {
                "label": page.item_name(one.item_id, one.title),
                "x": one.first,
                "y": one.second,
                "y_low": math.nan,
                "y_high": math.nan,
                "size": paid[one.item_id],
            }
            for one in found.items
        ]
    )
    sure = [one for one in found.items if one.probability >= SURE_QUADRANT]
    name = page.text(f"items.axis.{found.way}")
    counts = {key: sum(one.name == key for one in sure) for key in ("promote", "page", "image", "replace")}
    title = page.text("items.quadrants_title", unsure=len(found.items) - len(sure), **counts)
    alt = page.text("items.quadrants_alt", count=len(found.items), axis=name, title=title)
    return charts.chart_scatter(
        frame, id="quadrants", title=title, alt=alt, lang=page.lang, x_kind="pct", y_kind="pct2", x_title=name,
        y_title=labels.heading("payment_conversion", page.lang), x_line=found.first_cut, y_line=found.second_cut,
    )  # fmt: skip


def quadrant_words(page: Page) -> dict[str, str]:
    """Item id to its quadrant in words with how sure it is; "not clear" below `SURE_QUADRANT`."""
    found = page.numbers.quadrants
    if found is None:
        return {}
    mending = {item.item_id for item in page.numbers.items if item.real and item.conversion.estimate < 0}

    def word(one: Quadrant) -> str:
        if one.probability < SURE_QUADRANT:
            return page.text("items.quadrant.unsure")
        key = "mend_first" if one.name == "promote" and one.item_id in mending else one.name
        return page.text(f"items.quadrant.{key}", chance=one.probability)

    return {one.item_id: word(one) for one in found.items}


def goods(page: Page) -> view.TextPart | None:
    """Hero concentration (PF14) and sell-through (FN21)."""
    n = page.numbers
    if n.goods is None:
        return None
    titles = {item.item_id: item.title for item in n.items}
    return view.TextPart(
        page.text(
            "items.goods",
            item=page.item_name(n.goods.top_item, titles[n.goods.top_item]),
            share=n.goods.top_share,
            three=n.goods.top_three_share,
            sold=n.goods.sold,
            shown=n.goods.shown,
        )
    )


def funnel(page: Page) -> Parts:
    """The steps against peers or own best weeks, chat, and the listing funnel."""
    n = page.numbers
    if len(n.funnel.steps) < 2 or not n.enough:
        why = page.muted("funnel.too_few" if n.funnel.steps else "funnel.missing")
        return why, _chat(page), _listing(page)
    weakest = n.funnel.weakest
    frame = pd.DataFrame(
        [
            {
                "label": page.text(f"funnel.step.{step.name}"),
                "own": step.own.estimate,
                "peer": step.reference,
                "bold": step is weakest,
            }
            for step in n.funnel.steps
        ]
    )
    who = page.text(f"funnel.against.{n.funnel.against or 'nothing'}")
    if weakest:
        whole = n.funnel.whole
        behind = whole is not None and whole.is_short
        title = page.text(
            "funnel.title" if behind else "funnel.title_step",
            step=page.text(f"funnel.step.{weakest.name}"),
            gain=weakest.gain,
            who=who,
            whole=whole.gain if whole else math.nan,
        )
    else:
        title = page.text("funnel.title_level" if n.funnel.against else "funnel.title_alone", who=who)
    alt = page.text("funnel.alt", count=len(frame), title=title)
    chart = charts.chart_funnel(frame, id="funnel", title=title, alt=alt, lang=page.lang)
    return chart, _funnel_table(page), _chat(page), _listing(page)


def _funnel_table(page: Page) -> view.TablePart:
    n = page.numbers
    rows = [
        {
            "step": page.text(f"funnel.step.{step.name}"),
            "people": step.people,
            "own_rate": with_range(page.lang, step.own),
            "reference_rate": step.reference,
            "gap": step.own.estimate - step.reference,
            "gain": _gain(page, step),
        }
        for step in (*n.funnel.steps, *([n.funnel.whole] if n.funnel.whole else []))
    ]
    columns = [("step", "text"), ("gain", "text"), ("own_rate", "text"), ("reference_rate", "pct2"), ("gap", "pp"),
               ("people", "int")]  # fmt: skip
    return page.table("funnel", pd.DataFrame(rows), columns, signed=("gap",))


def _gain(page: Page, step: Step) -> str:
    """Money per 30 days if the step reached the reference, with its range; a word where it is level."""
    if math.isnan(step.gain):
        return labels.MISSING
    if not step.is_short:
        return page.text("funnel.level")
    return labels.text(
        "common.with_range",
        page.lang,
        value=labels.format_value(step.gain, "signed_money", page.lang),
        range=labels.format_range(step.gain_low, step.gain_high, "money", page.lang),
    )


def _chat(page: Page) -> view.TextPart:
    found = page.numbers.chat
    if found is None:
        return page.muted("funnel.no_chat")
    shown = {
        name: with_range(page.lang, getattr(found, name))
        for name in ("enquiry_rate", "enquiry_conversion", "silent_conversion")
    }
    return view.TextPart(page.text("funnel.chat", **shown))


def _listing(page: Page) -> view.TablePart | None:
    """Impressions → clicks → visits → cart → order → pay."""
    found = page.numbers.listing
    if found is None:
        return None
    chain = [
        ("shown", found.shown, math.nan),
        (f"clicked_{found.way}", found.clicked, found.shown),
        ("item_visits", found.item_visits, math.nan),
        ("carts", found.carts, found.item_visits),
        ("orderers", found.orderers, found.item_visits),
        ("payers", found.payers, found.orderers),
    ]
    rows = [
        {"step": page.text(f"funnel.listing.{name}"), "people": count, "step_rate": count / base if base else math.nan}
        for name, count, base in chain
        if not math.isnan(count)
    ]
    columns = [("step", "text"), ("people", "int"), ("step_rate", "pct2")]
    table = page.table("listing", pd.DataFrame(rows), columns)
    return replace(table, caption=page.text("funnel.listing_caption"), folded=True)


def score_words(page: Page) -> view.TextPart:
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


def service_rows(page: Page) -> list[dict[str, str]]:
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
    return [
        {
            "metric": labels.heading(name, page.lang),
            "now": value,
            "before": earlier,
            "peer_mean": labels.format_value(reference, kind, page.lang),
        }
        for name, value, earlier, reference, kind in rows
        if value != labels.MISSING
    ]


def worked(page: Page) -> Parts:
    """The change log and what came of it."""
    n = page.numbers
    if not n.outcomes:
        return (page.muted("worked.none"),)
    rows = []
    for one in sorted(n.outcomes, key=lambda one: one.state in ("unclear", "early")):
        effect = one.effect
        why = page.text(f"worked.reason.{one.reason}") if one.reason else ""
        rows.append(
            {
                "day": one.day,
                "label": page.short_names.get(one.item_id, one.object),
                "changed": one.change,
                "metric": one.metric or labels.MISSING,
                "conclusion": page.text(f"worked.state.{one.state}") + why,
                "net_change": with_range(page.lang, effect, "signed_pct") if effect.is_known else labels.MISSING,
                "owner": one.owner or labels.MISSING,
            }
        )
    columns = [("day", "day_short"), ("label", "text"), ("changed", "text"), ("conclusion", "text"), ("metric", "text"),
               ("net_change", "text"), ("owner", "text")]  # fmt: skip
    return (page.table("worked", pd.DataFrame(rows), columns, rows=SHOWN_CHANGES),)
