"""Sections of the traffic page beyond sources and words: lift of paid visitors, landing, what-if, the shop's parts."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from shopnb import charts, labels, view
from shopnb.metrics import traffic
from shopnb.metrics.moving import Move
from shopnb.metrics.periods import Period, strips
from shopnb.metrics.traffic_parts import DEVICES
from shopnb.metrics.traffic_stays import times_as_many
from shopnb.pages.base import Page
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.pages.traffic_sources_words import Parts, asked_for, spread_text

LANDING_ROWS, STAY_BARS, LIFT_DAYS = 8, 8, 120


def parts(page: Page) -> view.TablePart | None:
    """The shop's visitors by device, content, page and history (TR17, TR25, TR26), from the daily report."""
    n: Numbers = page.numbers
    found = n.parts.frame
    if found.empty:
        return None
    heading = "share_of_visitor_days"
    shown = found.assign(
        visitor_part=[page.text(f"who_came.part.{one}") for one in found["part"]],
        visitor_days=found["visitors"],
        visitors_change=found["visitors"] / found["visitors_before"].where(found["visitors_before"] > 0) - 1,
        conversion=[
            spread_text(page, row.rate_low, row.rate_high, row.rate, "pct2")
            if not math.isnan(row.rate)
            else page.text("too_few", visitors=row.visitors, buyers=row.payers)
            if row.part in DEVICES and not math.isnan(row.payers)
            else labels.MISSING
            for row in found.itertuples()
        ],
        paid_part=found["paid_share"],
        **{heading: found["share"]},
    )
    columns = [("visitor_part", "text"), ("visitor_days", "int")]
    columns += [("visitors_change", "signed_pct")] if shown["visitors_change"].notna().any() else []
    columns += [(heading, "pct"), ("conversion", "text"), ("paid_part", "pct")]
    table = page.table("parts", shown, columns, signed=("visitors_change",))
    return replace(table, caption=page.text("who_came.parts_caption"), folded=True)


def lift(page: Page) -> Parts:
    """Free visitors for each paid click, or why that cannot be told (TR8)."""
    found = page.numbers.lift
    if found.code == "no_clicks":
        return (page.muted("lift.no_clicks"),)
    series = found.frame.dropna(subset=["clicks", "free"]).tail(LIFT_DAYS)
    if found.code:
        title = page.text(f"lift.{found.code}", days=found.days, steps=found.steps)
    else:
        effect = found.effect
        key = "none" if effect.low <= 0 <= effect.high else "lifts" if effect.low > 0 else "takes"
        title = page.text(f"lift.{key}", effect=effect.estimate, low=effect.low, high=effect.high)
    if found.code or len(series) < 2:
        return (view.TextPart(title, muted=True),)
    lines = [
        pd.DataFrame({"day": series["day"], "series": page.text(f"lift.series.{name}"), "value": series[name]})
        for name in ("clicks", "free")
    ]
    chart = charts.chart_lines(
        pd.concat(lines, ignore_index=True), id="lift", title=title, alt=title, lang=page.lang, kind="int",
        value_title=page.text("lift.a_day"),
        spans=strips(page.events, Period(series["day"].iloc[0], series["day"].iloc[-1])),
    )  # fmt: skip
    return chart, view.TextPart(page.text("lift.used", days=found.days, steps=found.steps))


def landing(page: Page) -> Parts:
    """Who stayed of those who came, by source and by day, and where they went."""
    return _stays(page), _stay_table(page), _where_to(page), _survivors(page)


def _stays(page: Page) -> view.ChartPart | view.TextPart:
    """Bounce read as survivors by source (TR16): of 100 so many stay."""
    rows = asked_for(page, page.numbers.stays).head(STAY_BARS)
    if rows.empty:
        return page.muted("landing.no_leavers")
    ordered = rows.sort_values("stayed", ascending=False, kind="stable")
    whole = 1 - float(rows["leaving_visitors"].sum() / rows["visitors"].sum())
    frame = pd.DataFrame(
        {"label": ordered["label"], "value": ordered["stayed"], "low": ordered["stayed_low"],
         "high": ordered["stayed_high"]}
    )  # fmt: skip
    most, fewest = ordered.iloc[0], ordered.iloc[-1]
    times = times_as_many(rows)
    values = {
        "most": most["label"], "stays": 100 * float(most["stayed"]), "fewest": fewest["label"],
        "least": 100 * float(fewest["stayed"]), "times": times.estimate, "low": times.low, "high": times.high,
    }  # fmt: skip
    key = "stays_title" if len(rows) > 1 and times.is_known else "stays_title_one"
    title = page.text(f"landing.{key}", **values)
    alt = page.text("landing.stays_alt", count=len(rows), whole=100 * whole, title=title)
    return charts.chart_intervals(frame, id="stays", title=title, alt=alt, lang=page.lang, kind="pct", reference=whole)


def _stay_table(page: Page) -> view.TablePart | None:
    rows = asked_for(page, page.numbers.stays)
    if rows.empty:
        return None
    shown = rows.assign(
        source=rows["label"],
        item_visitors=rows["visitors"],
        stayed_range=[
            spread_text(page, row.stayed_low, row.stayed_high, row.stayed, "pct") for row in rows.itertuples()
        ],
        views_per_visitor=rows["views"],
    )
    columns = [("source", "text"), ("item_visitors", "int"), ("leaving_visitors", "int"), ("stayed_range", "text")]
    columns += [("stayed_before", "pct")] if rows["stayed_before"].notna().any() else []
    columns += [("views_per_visitor", "ratio")] if rows["views"].notna().any() else []
    return page.table("stays", shown, columns, rows=LANDING_ROWS)


def _where_to(page: Page) -> view.TablePart | view.TextPart:
    n: Numbers = page.numbers
    wanted = {"item_visitors": "item_per_100", "shop_page_visitors": "shop_per_100", "video_visitors": "video_per_100",
              "cart_users": "cart_per_100"}  # fmt: skip
    there = {name: head for name, head in wanted.items() if n.sources[name].notna().any()}
    if not set(there) - {"cart_users"}:
        return page.muted("landing.missing")
    rows = asked_for(page, n.sources)
    rows = rows[rows["visitors"] >= traffic.LEAST_VISITORS]
    shown = rows.assign(
        source=rows["label"], **{head: rows[name] / rows["visitors"] * 100 for name, head in there.items()}
    )
    columns = [("source", "text"), ("visitors", "int"), *((head, "int") for head in there.values())]
    return page.table("landing", shown, columns, rows=LANDING_ROWS, bars=tuple(there.values()))


def _survivors(page: Page) -> view.TextPart:
    """The shop's own bounce read as survivors, day by day (TR15, TR16), and pages a visitor (TR31)."""
    n: Numbers = page.numbers
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
    if before.empty or not before.median():
        text = page.text("landing.survivors", **values)
    else:
        ratio = values["typical"] / float(before.median())
        text = page.text("landing.survivors_before", **values, before=float(before.median()), ratio=ratio)
    if not math.isnan(n.parts.views):
        text += page.text("landing.views", views=n.parts.views)
    return view.TextPart(text)


def what_if(page: Page) -> Parts:
    """Moves of visitors as ranges, with the caution on diminishing returns."""
    asked: Move | None = page.numbers.move
    if asked is None:
        return (page.muted("what_if.none"),)
    known = asked.margin.is_known
    money = asked.margin if known else asked.buyers
    kind = "signed_money" if known else "signed"
    values = {"visitors": asked.visitors, "giver": asked.giver, "taker": asked.taker}
    key = "unsure" if money.low <= 0 <= money.high else "gain" if money.low > 0 else "loss"
    amount = page.text(
        f"what_if.{'margin' if known else 'buyers'}_amount",
        value=labels.format_value(_whole(money.estimate, known), kind, page.lang),
        range=labels.format_range(_whole(money.low, known), _whole(money.high, known), kind, page.lang),
    )
    title = page.text(f"what_if.title_{key}", **values, amount=amount)
    rows = []
    for one in page.numbers.moves:
        found = one.margin if known else one.buyers
        rows.append({"label": page.text("what_if.row", visitors=one.visitors), "value": _whole(found.estimate, known),
                     "low": _whole(found.low, known), "high": _whole(found.high, known)})  # fmt: skip
    chart = charts.chart_diverging(pd.DataFrame(rows), id="what_if", title=title, alt=title, lang=page.lang, kind=kind)
    told = {
        "buyers": labels.format_value(round(asked.buyers.estimate), "signed", page.lang),
        "buyers_range": labels.format_range(round(asked.buyers.low), round(asked.buyers.high), "signed", page.lang),
    }
    text = page.text("what_if.told" if known else "what_if.told_no_margin", **values, **told)
    if asked.visitors < asked.asked:
        text += page.text("what_if.capped", giver=asked.giver, visitors=asked.visitors)
    return chart, view.TextPart(text)


def _whole(value: float, is_money: bool) -> float:
    """People are whole."""
    return value if is_money else float(round(value))
