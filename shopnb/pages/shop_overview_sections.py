"""The sections of the shop overview: each a question with its chart, table and how to read it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics.periods import Event, Period, event_days, strips
from shopnb.pages import shop_overview_more as more
from shopnb.pages.base import Page
from shopnb.pages.shop_overview_numbers import LEAST_BUYERS, LEAST_VISITORS, change_text
from shopnb.stats import proportion_interval

SHOWN_DAYS, SHOWN_ROWS = 90, 7
LEAST_CHANGE = 0.05  # of payment, before its parts are told as shares
BESIDE = ("goal_due", "last_year", "peer_mean", "peer_best")
MARKS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
Parts = tuple[view.ChartPart | view.TablePart | view.TextPart | None, ...]


def build(page: Page, key: str) -> view.Section:
    """One section by key; `page.numbers` are those of the overview."""
    n = page.numbers
    question, values = f"{key}.question", {}
    if key == "moved":
        gap = n.now.paid_amount - n.before.paid_amount
        known = n.comparable and not math.isnan(gap)
        question = "moved.question" if known else "moved.question_unknown"
        values = {"gap": abs(gap), "direction": page.text("moved.more" if gap > 0 else "moved.less")} if known else {}
    return view.Section(
        key,
        page.text(question, **values),
        tuple(part for part in _BUILDERS[key](page) if part),
        page.text(f"{key}.how_to_read"),
    )


def _normal(page: Page) -> Parts:
    n = page.numbers
    shown = n.band.tail(SHOWN_DAYS)
    if len(shown) < 7:
        few = page.muted("normal.too_few", days=len(shown))
        return few, page.muted("normal.no_changes"), more.plan_table(page), _day_table(page, {})
    span = Period(shown["day"].iloc[0], shown["day"].iloc[-1])
    outside = shown[shown["outside"] & ~event_days(page.events, shown["day"])]
    title = page.text(
        "normal.title_outside" if len(outside) else "normal.title_inside", count=len(outside), days=len(shown)
    )
    changed = _changes(page, span)
    chart = charts.chart_daily_band(
        shown.rename(columns={"outside": "odd"}),
        id="normal",
        title=title,
        lang=page.lang,
        spans=strips(page.events, span),
        marks=[(day, mark) for day, (mark, _) in changed.items()],
        alt=page.text(
            "normal.alt", days=len(shown), count=len(outside), low=shown["value"].min(), high=shown["value"].max()
        ),
    )
    return chart, _change_line(page, changed), more.plan_table(page), _day_table(page, changed)


def _changes(page: Page, span: Period) -> dict[dt.date, tuple[str, str]]:
    """Day of the change log to its mark (①, ② …) and what was changed on it."""
    changes = page.frame("changes").dropna(subset=["day"]).sort_values(["day", "change"], kind="stable")
    by_day: dict[dt.date, list[str]] = {}
    for row in changes.itertuples():
        day = pd.Timestamp(row.day).date()
        if span.start <= day <= span.end:
            by_day.setdefault(day, []).append(f"{page.short_names.get(row.item_id or '', row.object)} {row.change}")
    return {
        day: (MARKS[turn] if turn < len(MARKS) else MARKS[-1], "; ".join(texts))
        for turn, (day, texts) in enumerate(by_day.items())
    }


def _change_line(page: Page, changed: dict[dt.date, tuple[str, str]]) -> view.TextPart:
    if not changed:
        return page.muted("normal.no_changes")
    listed = " · ".join(
        f"{mark} {labels.format_value(day, 'day_short', page.lang)} {text}" for day, (mark, text) in changed.items()
    )
    return view.TextPart(page.text("normal.changes", listed=listed))


def _day_table(page: Page, changed: dict[dt.date, tuple[str, str]]) -> view.TablePart:
    n = page.numbers
    recent = int((n.days["day"] >= n.days["day"].iloc[-1] - dt.timedelta(days=SHOWN_ROWS - 1)).sum())
    frame = n.days.merge(n.band[["day", "low", "high"]], on="day", how="left").sort_values("day", ascending=False)
    frame = frame.assign(
        usual=[
            labels.format_range(low, high, "money", page.lang) if not math.isnan(low) else labels.MISSING
            for low, high in zip(frame["low"], frame["high"], strict=True)
        ],
        payment_conversion=(frame["payers"] / frame["visitors"]).where(
            (frame["visitors"] >= LEAST_VISITORS) & (frame["payers"] >= LEAST_BUYERS)
        ),
        spend_per_buyer=frame["paid_amount"] / frame["payers"].where(frame["payers"] > 0),
        event=[_event_names(page.events, day) for day in frame["day"]],
        change=[" ".join(changed.get(day, ())) for day in frame["day"]],
    )
    columns = [
        ("day", "day_weekday"),
        ("paid_amount", "money"),
        ("usual", "text"),
        ("visitors", "int"),
        ("payment_conversion", "pct2"),
        ("spend_per_buyer", "money"),
        ("event", "text"),
        ("change", "text"),
    ]
    return page.table("normal", frame, columns, rows=recent)


def _moved(page: Page) -> Parts:
    n = page.numbers
    if math.isnan(n.split["visitor_days"]):
        return (
            page.muted("moved.not_comparable"),
            _margin_chart(page),
            more.break_even(page),
            _moved_table(page),
            more.buyers_table(page),
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
    return chart, _margin_chart(page), more.break_even(page), _moved_table(page), more.buyers_table(page)


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
                **more.against(page, name, kind),
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


def _mix(page: Page) -> Parts:
    n = page.numbers
    if n.mix is None or n.mix.code:
        return page.muted("mix.no_items"), _visitor_kinds(page), more.devices(page)
    names = {item.item_id: page.item_name(item.item_id, item.title) for item in n.items}
    parts = n.mix.parts.assign(
        label=[names[part] for part in n.mix.parts["part"]],
        total=lambda frame: frame["mix_effect"] + frame["rate_effect"],
    )
    top = parts.reindex(parts["total"].abs().sort_values(ascending=False, kind="stable").index)
    whole = pd.DataFrame(
        [
            {"label": page.text("mix.mix"), "value": n.mix.mix.estimate, "low": math.nan, "high": math.nan},
            {
                "label": page.text("mix.rate"),
                "value": n.mix.rate.estimate,
                "low": n.mix.rate.low,
                "high": n.mix.rate.high,
            },
        ]
    )
    real = not n.mix.rate.low <= 0 <= n.mix.rate.high
    title = page.text("mix.title_real" if real else "mix.title_noise", mix=n.mix.mix.estimate, rate=n.mix.rate.estimate)
    if n.mix.is_reversed:
        title = page.text("mix.title_reversed", mix=n.mix.mix.estimate, rate=n.mix.rate.estimate)
    alt = page.text(
        "mix.alt",
        change=n.mix.change.estimate,
        mix=n.mix.mix.estimate,
        rate=n.mix.rate.estimate,
        low=n.mix.rate.low,
        high=n.mix.rate.high,
    )
    chart = charts.chart_diverging(whole, id="mix", title=title, alt=alt, lang=page.lang, kind="pp")
    columns = [
        ("label", "text"),
        ("share_after", "pct"),
        ("share_before", "pct"),
        ("rate_after", "pct2"),
        ("rate_before", "pct2"),
        ("mix_effect", "pp"),
        ("rate_effect", "pp"),
    ]
    return chart, page.table("mix", top, columns, rows=5, signed=("mix_effect", "rate_effect")), more.devices(page)


def _visitor_kinds(page: Page) -> view.TablePart | view.TextPart | None:
    """Without items: visitors of item pages against all visitors (viewers of live and video are the rest)."""
    n = page.numbers
    if math.isnan(n.now.item_visitor_days):
        return page.muted("mix.no_item_visitors")
    if not n.comparable or math.isnan(n.before.item_visitor_days):
        return None
    rows = [
        {
            "label": page.text(f"mix.kind.{side}"),
            "visitors": one.visitor_days,
            "item_share": one.item_visitor_days / one.visitor_days if one.visitor_days else math.nan,
            "item_rate": one.payer_days / one.item_visitor_days if one.item_visitor_days else math.nan,
            "rate": one.payment_conversion,
        }
        for side, one in (("now", n.now), ("before", n.before))
    ]
    columns = [("label", "text"), ("visitors", "int"), ("item_share", "pct"), ("item_rate", "pct2"), ("rate", "pct2")]
    return page.table("kinds", pd.DataFrame(rows), columns)


def _items(page: Page) -> Parts:
    n = page.numbers
    if not n.items or n.pair is None:
        return (page.muted("items.missing"),)
    top = n.items[:10]
    frame = pd.DataFrame(
        [
            {
                "label": page.item_name(item.item_id, item.title),
                "value": item.paid_amount - item.paid_amount_base,
                "low": math.nan,
                "high": math.nan,
                "bold": item.real,
            }
            for item in top
        ]
    )
    real = [item for item in n.items if item.real]
    title = (
        page.text(
            "items.title_real", item=page.item_name(real[0].item_id, real[0].title), change=real[0].conversion.estimate
        )
        if real
        else page.text("items.title_none", count=len(n.items))
    )
    alt = page.text("items.alt", count=len(top), item=frame["label"].iloc[0], amount=float(frame["value"].iloc[0]))
    chart = charts.chart_diverging(frame, id="items", title=title, alt=alt, lang=page.lang, kind="signed_money")
    way = page.muted(f"items.way_{n.pair.way}", bases=len(n.pair.bases))
    return chart, _item_table(page), way, more.quadrant_chart(page), more.goods(page)


def _item_table(page: Page) -> view.TablePart:
    n = page.numbers
    whole = sum(item.paid_amount for item in n.items)
    change = whole - sum(item.paid_amount_base for item in n.items)
    change = change if abs(change) >= LEAST_CHANGE * whole else math.nan  # of hardly any change there are no shares
    quadrants = more.quadrant_words(page)
    rows = []
    for item in n.items:
        enough = item.visitors >= LEAST_VISITORS and item.buyers >= LEAST_BUYERS
        verdict = (
            "too_few"
            if not enough
            else "presale"
            if item.presale
            else "normal"
            if not item.real
            else "mend"
            if item.conversion.estimate < 0
            else "widen"
        )
        rate = proportion_interval(item.buyers, item.visitors) if enough else None
        rows.append(
            {
                "item": page.item_name(item.item_id, item.title),
                "id": f"…{item.item_id[-4:]}",
                "item_visitors": item.visitors,
                "conversion": labels.MISSING
                if rate is None
                else labels.text(
                    "common.with_range_by_orders" if item.presale else "common.with_range",
                    page.lang,
                    value=labels.format_value(rate.estimate, "pct2", page.lang),
                    range=labels.format_range(rate.low, rate.high, "pct2", page.lang),
                ),
                "conversion_change": item.conversion.estimate if enough else math.nan,
                "cart_rate": item.cart_users / item.visitors if item.visitors else math.nan,
                "paid_amount": item.paid_amount,
                "paid_change": item.paid_amount - item.paid_amount_base,
                "refunded_amount": item.refunded_amount,
                "share": item.paid_amount / whole if whole else math.nan,
                "search_visitors": item.search_visitors,
                "verdict": page.text(f"items.verdict.{verdict}"),
                "share_of_change": (item.paid_amount - item.paid_amount_base) / change,
                "quadrant": quadrants.get(item.item_id, labels.MISSING),
            }
        )
    columns = [
        ("item", "text"),
        ("verdict", "text"),
        ("item_visitors", "int"),
        ("conversion", "text"),
        ("conversion_change", "pp"),
        ("cart_rate", "pct"),
        ("paid_amount", "money"),
        ("paid_change", "signed_money"),
        ("refunded_amount", "money"),
        ("share", "pct"),
        ("search_visitors", "int"),
        ("share_of_change", "pct"),
        ("quadrant", "text"),
    ]
    return page.table(
        "items",
        pd.DataFrame(rows),
        columns,
        rows=10,
        signed=("paid_change", "conversion_change"),
        bars=("share",),
    )


def _service(page: Page) -> Parts:
    n = page.numbers
    recent = n.days[n.days["day"] > n.period.end - dt.timedelta(days=56)]
    weeks = recent.assign(day=pd.to_datetime(recent["day"]).dt.to_period("W-SUN").dt.start_time.dt.date)
    summed = weeks.groupby("day", as_index=False)[["refunded_amount", "paid_amount"]].sum(min_count=7)
    series = summed.assign(
        value=summed["refunded_amount"] / summed["paid_amount"], series=labels.heading("refund_share", page.lang)
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
        }
        for name in names
        if inside[name].notna().any()
    ]
    names = ["metric", "now", "before", "peer_mean"]
    frame = pd.DataFrame([*more.service_rows(page), *rows], columns=names).fillna(labels.MISSING)
    there = [name for name in names if name != "peer_mean" or (frame[name] != labels.MISSING).any()]
    return chart, more.score_words(page), page.table("service", frame, [(name, "text") for name in there], rows=6)


def _event_names(events: Sequence[Event], day: dt.date) -> str:
    return " ".join(dict.fromkeys(event.name for event in events if event.period.start <= day <= event.period.end))


def _last_or_sum(values: pd.Series, kind: str | None) -> float:
    known = values.dropna()
    if known.empty:
        return math.nan
    return float(known.sum() if kind else known.iloc[-1])


_BUILDERS: dict[str, Callable[[Page], Parts]] = {
    "normal": _normal,
    "moved": _moved,
    "mix": _mix,
    "items": _items,
    "funnel": more.funnel,
    "service": _service,
    "worked": more.worked,
}
