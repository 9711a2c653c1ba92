"""Changes of the log on the listing test page: the table, the series beside its control, dates without a change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopnb import calendar, charts, labels, view
from shopnb.metrics.listing_changes import ChangeSeen
from shopnb.pages.listing_ab_wording import Part, Parts, with_range
from shopnb.stats import Estimate

if TYPE_CHECKING:
    from shopnb.pages.listing_ab import ListingAb

SHOWN_CHANGES = 10
KINDS = {
    "主图": "main_image", "SKU图": "sku_image", "标题": "title", "详情": "detail", "价格": "price", "优惠": "offer",
    "赠品": "gift",
}  # fmt: skip


def kind_text(page: ListingAb, name: str) -> str:
    """A kind of change, or a campaign of the calendar, as the report's language has it; typed names stay."""
    return page.text(f"change_kind.{KINDS[name]}") if name in KINDS else calendar.named(name, page.lang)


def item_of(page: ListingAb, change: ChangeSeen) -> str:
    """The short name of a change's item, else the end of its id."""
    return page.short_names.get(change.item_id) or f"…{change.item_id[-4:]}"


def effect_text(page: ListingAb, change: ChangeSeen, *, ends: bool = True) -> str:
    """The net effect in words."""
    effect: Estimate = change.effect
    if not change.is_share:
        effect = Estimate(math.expm1(effect.estimate), math.expm1(effect.low), math.expm1(effect.high))
    kind = "pp" if change.is_share else "pct"
    if not ends:
        return labels.format_value(effect.estimate, kind, page.lang)
    return with_range(page, effect, kind)


def before_after(page: ListingAb) -> Parts:
    """Parts of the section: series beside control, placebo dates, every judged change."""
    changes = page.designs.changes
    kinds = {
        "change_day": "day", "item": "text", "changed": "text", "conclusion": "text", "judged_metric": "text",
        "net_change": "text", "refund_change": "text", "brake_change": "text", "value_before": "text",
        "value_after": "text", "control_change": "text", "control_kind": "text",
    }  # fmt: skip
    if not changes:
        return (page.muted("before_after.no_series" if len(page.designs.logged) else "before_after.none"),)
    rows = [_change_row(page, change) for change in changes]
    unknown = [name for name in kinds if all(row[name] == labels.MISSING for row in rows)]
    kinds = {name: kind for name, kind in kinds.items() if name not in unknown}
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
            "before_after.brake", metric=page.text(f"metric.{change.brake_metric}"), change=with_range(
                page, change.brake, "pp"
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
        "control_kind": page.text(f"before_after.control_{change.control or 'none'}"),
        "control_change": labels.format_value(control, "pp" if change.is_share else "pct", page.lang),
        "net_change": effect_text(page, change) if change.is_judged else labels.MISSING,
        "brake_change": brake or labels.MISSING,
        "refund_change": with_range(page, change.refunds, "pp") if change.refunds.is_known else labels.MISSING,
        "conclusion": _conclusion(page, change),
    }


def _conclusion(page: ListingAb, change: ChangeSeen) -> str:
    return page.text(f"before_after.state.{change.state}", near=near_text(page, change))


def near_text(page: ListingAb, change: ChangeSeen) -> str:
    """What else changed near a change."""
    return page.listed([kind_text(page, name) for name in change.near])


def _series_chart(page: ListingAb, change: ChangeSeen) -> Part:
    """The item and its control, day by day, both as a multiple of their own level before the change."""
    if change.series is None or change.series.empty:
        return page.muted("before_after.no_chart")
    lines = []
    for column, name in (
        ("shown", item_of(page, change)),
        ("shown_control", page.text(f"before_after.control_{change.control or 'none'}")),
    ):
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


def _controls_line(page: ListingAb, change: ChangeSeen) -> str:
    if change.control in ("same", "items"):
        return page.text("card.controls", count=change.controls)
    return page.text(f"before_after.control_{change.control or 'none'}")


def change_cards(page: ListingAb, change: ChangeSeen) -> list[view.Card]:
    """Before, after, control, net, placebo dates."""
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
                  lines=(_controls_line(page, change),)),
        view.Card(page.text("card.net"), effect_text(page, change, ends=False) if change.is_judged
                  else labels.MISSING, lines=(_conclusion(page, change),)),
        view.Card(page.text("card.placebo"), labels.format_value(share, "pct0", page.lang),
                  lines=(page.text("card.placebos", count=len(effect.placebos)),)),
    ]  # fmt: skip
