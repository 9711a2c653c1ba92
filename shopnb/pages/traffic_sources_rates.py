"""Section "mix or rate" of the traffic page: conversion and value a visitor split by source, by level, by item."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from shopnb import charts, labels, view
from shopnb.pages.base import Page
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.pages.traffic_sources_words import (
    SHOWN_SOURCES,
    Parts,
    asked_for,
    need_file,
    rate_heading,
    rate_text,
    spread_text,
    way,
)
from shopnb.pages.wording import with_range
from shopnb.stats import Estimate, MixRate

SHOWN_BARS, SHOWN_CELLS = 6, 10
SHOWN_RATE = 100  # a rate of one item by one source is printed from so many visitors on (pages.md 4.2)


def mix_rate(page: Page) -> Parts:
    """The change of conversion, then of value a visitor, in parts that sum to it."""
    n: Numbers = page.numbers
    if n.before is None:
        return need_file(page), page.muted("mix_rate.alone"), _rates(page)
    if n.mix is None or n.mix.code:
        return page.muted("mix_rate.no_rate"), page.muted("mix_rate.alone"), _rates(page)
    return (
        _whole(page, n.mix), _contributors(page), _mix_table(page), _value_chart(page), _value_table(page),
        _levels(page), _items(page),
    )  # fmt: skip


def _whole(page: Page, found: MixRate) -> view.ChartPart:
    n: Numbers = page.numbers
    mix, rate, change = found.mix, found.rate, found.change
    frame = pd.DataFrame(
        [
            {"label": page.text(f"mix_rate.{name}"), "value": one.estimate, "low": one.low, "high": one.high}
            for name, one in (("mix", mix), ("rate", rate))
        ]
    )
    key = "reversed" if found.is_reversed and n.rate_state != "noise" else n.rate_state
    title = page.text(f"mix_rate.title_{key}", mix=mix.estimate, rate=rate.estimate)
    values = {"change": change.estimate, "mix": mix.estimate, "rate": rate.estimate, "low": rate.low, "high": rate.high}
    alt = page.text("mix_rate.alt", **values, way=way(page))
    return charts.chart_diverging(frame, id="mix_rate", title=title, alt=alt, lang=page.lang, kind="pp")


def _mix_parts(page: Page) -> pd.DataFrame:
    n: Numbers = page.numbers
    assert n.mix is not None
    names = n.sources[["source", "label", "group", "real", "enough", "enough_before", "buyers", "visitors"]]
    parts = n.mix.parts.rename(columns={"part": "source"}).merge(names, on="source", how="left")
    size = (parts["mix_effect"] + parts["rate_effect"]).abs()
    return parts.reindex(size.sort_values(ascending=False, kind="stable").index)


def _contributors(page: Page) -> view.ChartPart:
    parts = asked_for(page, _mix_parts(page)).head(SHOWN_BARS)
    frame = pd.DataFrame(
        {
            "label": parts["label"],
            "value": parts["rate_effect"],
            "low": parts["rate_effect_low"],
            "high": parts["rate_effect_high"],
            "bold": parts["real"],
        }
    )
    real = parts[parts["real"]]
    title = (
        page.text("mix_rate.source_real", source=_listed(page, real["label"].head(2).tolist()))
        if len(real)
        else page.text("mix_rate.source_noise", count=len(_mix_parts(page)))
    )
    alt = page.text(
        "mix_rate.sources_alt",
        count=len(frame),
        source=parts["label"].iloc[0],
        effect=float(parts["rate_effect"].iloc[0]),
    )
    return charts.chart_intervals(frame, id="mix_sources", title=title, alt=alt, lang=page.lang, kind="pp")


def _listed(page: Page, names: list[str]) -> str:
    return labels.text("common.list_mark", page.lang).join(names)


def _mix_table(page: Page) -> view.TablePart:
    parts = asked_for(page, _mix_parts(page))
    heading = rate_heading(page)
    shown = parts.assign(
        source=parts["label"],
        **{heading: [rate_text(page, row.buyers, row.visitors, row.enough) for row in parts.itertuples()]},
        rate_before=parts["rate_before"].where(parts["enough_before"]),
    )
    columns = [
        ("source", "text"), ("share_after", "pct"), ("share_before", "pct"), (heading, "text"), ("rate_before", "pct2"),
        ("mix_effect", "pp"), ("rate_effect", "pp"),
    ]  # fmt: skip
    return page.table("mix_rate", shown, columns, rows=SHOWN_SOURCES, signed=("mix_effect", "rate_effect"))


def _rates(page: Page) -> view.TablePart | view.TextPart:
    """Without a period before: each source's conversion with its range."""
    n: Numbers = page.numbers
    if not n.way:
        return page.muted("mix_rate.no_rate")
    rows = asked_for(page, n.sources)
    heading = rate_heading(page)
    shown = rows.assign(
        source=rows["label"],
        share_of_sum=rows["visitors"] / n.now.visitors,
        **{heading: [rate_text(page, row.buyers, row.visitors, row.enough) for row in rows.itertuples()]},
    )
    columns = [("source", "text"), ("visitors", "int"), ("share_of_sum", "pct"), (heading, "text")]
    return page.table("rates", shown, columns, rows=SHOWN_SOURCES)


def _value_chart(page: Page) -> view.ChartPart | view.TextPart:
    """Payment a visitor: mix, conversion and spend a buyer, summing to the change."""
    n: Numbers = page.numbers
    if n.value is None:
        return page.muted("mix_rate.no_value")
    split = n.value.split
    parts = {"mix": split.mix, "value_conversion": n.value.conversion, "value_spend": n.value.spend}
    frame = pd.DataFrame(
        [
            {"label": page.text(f"mix_rate.{name}"), "value": one.estimate, "low": one.low, "high": one.high}
            for name, one in parts.items()
        ]
    )
    sizes = {name.removeprefix("value_"): one.estimate for name, one in parts.items()}
    lead = max(sizes, key=lambda name: abs(sizes[name]))
    key = "value_title" if not split.change.low <= 0 <= split.change.high else "value_title_level"
    title = page.text(
        f"mix_rate.{key}",
        change=split.change.estimate,
        lead=page.text(f"mix_rate.value_lead.{lead}"),
        effect=sizes[lead],
    )
    alt = page.text("mix_rate.value_alt", change=with_range(page.lang, split.change, "signed_money"), **sizes)
    return charts.chart_diverging(frame, id="value", title=title, alt=alt, lang=page.lang, kind="signed_money")


def _value_table(page: Page) -> view.TablePart | None:
    n: Numbers = page.numbers
    if n.value is None:
        return None
    names = n.sources[["source", "label", "group", "enough", "enough_before"]]
    parts = asked_for(page, n.value.parts.rename(columns={"part": "source"}).merge(names, on="source", how="left"))
    size = (parts["mix_effect"] + parts["conversion_effect"] + parts["spend_effect"]).abs()
    parts = parts.reindex(size.sort_values(ascending=False, kind="stable").index)
    shown = parts.assign(
        source=parts["label"],
        visitor_value=parts["value_after"].where(parts["enough"]),
        visitor_value_before=parts["value_before"].where(parts["enough_before"]),
        mix_effect_money=parts["mix_effect"],
    )
    effects = ("mix_effect_money", "conversion_effect", "spend_effect")
    columns = [("source", "text"), ("visitor_value", "money2"), ("visitor_value_before", "money2"),
               *((name, "signed_money") for name in effects)]  # fmt: skip
    table = page.table("value", shown, columns, rows=SHOWN_SOURCES, signed=effects)
    return replace(table, caption=page.text("mix_rate.value_caption"), folded=True)


def _levels(page: Page) -> view.TablePart | None:
    """Both splits at each level of the tree, and by item and source where those files are there."""
    n: Numbers = page.numbers
    splits = [*n.levels, *([n.item_split[0]] if n.item_split else [])]
    if not splits:
        return None
    rows = [
        {
            "level": page.text(f"mix_rate.level.{one.depth}"),
            "parts": one.parts,
            "mix_effect_range": with_range(page.lang, one.split.mix, "pp"),
            "rate_effect_range": with_range(page.lang, one.split.rate, "pp"),
            "conclusion": page.text("mix_rate.simpson" if one.split.is_reversed else "mix_rate.same_way"),
            "value_mix_range": _money_range(page, one.value.mix if one.value else None),
            "value_rate_range": _money_range(page, one.value.rate if one.value else None),
        }
        for one in splits
    ]
    columns = [(name, "text") for name in ("level", "mix_effect_range", "rate_effect_range", "conclusion")]
    columns += [(name, "text") for name in ("value_mix_range", "value_rate_range") if any(row[name] for row in rows)]
    table = page.table("levels", pd.DataFrame(rows), [*columns, ("parts", "int")])
    return replace(table, caption=page.text("mix_rate.levels_caption"), folded=True)


def _money_range(page: Page, found: Estimate | None) -> str:
    return "" if found is None else with_range(page.lang, found, "signed_money")


def _items(page: Page) -> view.TablePart | view.TextPart:
    """Item × source: where within the shop conversion moved, the largest cells first."""
    n: Numbers = page.numbers
    if n.item_split is None:
        return page.muted("mix_rate.no_items")
    level, cells = n.item_split
    size = (cells["mix_effect"] + cells["rate_effect"]).abs()
    cells = cells.reindex(size.sort_values(ascending=False, kind="stable").index)
    titles = {one.item_id: page.item_name(one.item_id, one.title) for one in n.items}
    shown = cells.assign(
        item=[page.short_names.get(item) or titles.get(item, item) for item in cells["item_id"]],
        source=cells["name"],
        rate_effect_range=[
            spread_text(page, row.rate_effect_low, row.rate_effect_high, row.rate_effect, "pp")
            if row.visitors > 0 and row.visitors_before > 0
            else labels.MISSING
            for row in cells.itertuples()
        ],
        rate_after=cells["rate_after"].where(cells["visitors"] >= SHOWN_RATE),
        rate_before=cells["rate_before"].where(cells["visitors_before"] >= SHOWN_RATE),
    )
    columns = [
        ("item", "text"), ("source", "text"), ("visitors", "int"), ("share_after", "pct"), ("share_before", "pct"),
        ("rate_after", "pct2"), ("rate_before", "pct2"), ("mix_effect", "pp"), ("rate_effect_range", "text"),
    ]  # fmt: skip
    table = page.table("item_sources", shown, columns, rows=SHOWN_CELLS, signed=("mix_effect",))
    mix, rate = level.split.mix, level.split.rate
    key = "reversed" if level.split.is_reversed else "level" if rate.low <= 0 <= rate.high else "moved"
    caption = page.text(
        f"mix_rate.items_{key}", parts=level.parts, mix=mix.estimate, rate=with_range(page.lang, rate, "pp")
    )
    return replace(table, caption=caption, folded=True)
