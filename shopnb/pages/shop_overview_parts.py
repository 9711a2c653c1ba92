"""The overview's sales split carried down to items and to sources: what is read, and the tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from shopnb import labels, sources, view
from shopnb.metrics import traffic
from shopnb.metrics.items import ItemPair
from shopnb.metrics.overview import SPLIT_PARTS, Totals
from shopnb.metrics.periods import Period
from shopnb.metrics.sales_parts import sales_parts
from shopnb.pages.base import Page
from shopnb.pages.source_naming import source_names

LEAST_TOLD = 0.5  # of the currency; below it a line of the table says nothing


@dataclass(frozen=True)
class Parts:
    """The split by one kind of part, the names of the parts, and the rule that sources were counted by ("" for items).

    `rows` are those of `metrics.sales_parts`; empty where the exports of the two periods are not there.
    """

    rows: pd.DataFrame
    names: dict[str, str]
    rule: str = ""

    @property
    def lead(self) -> pd.Series | None:
        """The part that did most to the change; None without parts."""
        own = self.rows[self.rows["kind"] == "part"]
        return None if own.empty else own.iloc[0]


def item_parts(page: Page, pair: ItemPair | None, split: Mapping[str, float]) -> Parts:
    """The split by item, from item exports of the two periods compared; None where either is not there."""
    if pair is None:
        return Parts(_nothing(split), {})
    wide = pair.frame.pivot_table(
        index="item_id", columns="which", values=["item_visitors", "payers", "paid_amount"], aggfunc="sum"
    )
    sides = {"now": "", "base": "_before"}
    columns = {"item_visitors": "visitors", "payers": "buyers", "paid_amount": "paid_amount"}
    wide.columns = [f"{columns[name]}{sides[side]}" for name, side in wide.columns]
    titles = pair.frame.groupby("item_id")["item_title"].first()
    names = {str(key): page.item_name(str(key), title) for key, title in titles.items()}
    return Parts(sales_parts(wide.fillna(0.0).rename_axis("part").reset_index(), split), names)


def source_parts(page: Page, now: Totals, before: Period, split: Mapping[str, float]) -> Parts:
    """The split by source, from source exports of the two periods compared under one rule.

    Where several rules have both periods, the one whose payments come nearest to the shop's: a rule that counts a
    purchase for every source on its way counts it more than once.
    """
    if not page.shop.has("traffic_period"):
        return Parts(_nothing(split), {})
    table = page.shop.table("traffic_period")
    there = {(one.period, one.rule) for one in traffic.slices(table)}
    rules = sorted(rule for period, rule in there if period == now.period and (before, rule) in there)
    found = []
    for rule in rules:
        raw = [traffic.source_rows(table, traffic.Slice(period, rule)) for period in (now.period, before)]
        raw = [side[side["source_1"] != ""] for side in raw]
        if traffic.conversion_way(raw) != "payment":
            continue
        bought = [traffic.with_buyers(side, "payment") for side in raw]
        wide = traffic.joined(*(sources.named(side, source_names(page), traffic.LEVELS) for side in bought))
        if wide[["paid_amount", "paid_amount_before"]].notna().all(axis=None):
            found.append((abs(float(wide["paid_amount"].sum()) - now.paid_amount), rule, wide))
    if not found:
        return Parts(_nothing(split), {})
    _, rule, wide = min(found, key=lambda one: one[:2])
    names = dict(zip(wide["source"], sources.shown_names(wide), strict=True))
    return Parts(sales_parts(wide.rename(columns={"source": "part"}), split), names, rule)


def _nothing(split: Mapping[str, float]) -> pd.DataFrame:
    return sales_parts(pd.DataFrame(columns=["part"]), split)


def parts_tables(page: Page) -> tuple[view.TablePart | view.TextPart | None, ...]:
    """What each item and each source did to the change, by factor; a grey line where an export is missing."""
    n = page.numbers
    return _table(page, n.item_parts, "items"), _table(page, n.source_parts, "sources")


def _table(page: Page, found: Parts, which: str) -> view.TablePart | view.TextPart | None:
    if math.isnan(page.numbers.split["visitor_days"]):
        return None
    lead = found.lead
    if lead is None:
        return page.muted(f"parts.{which}_missing", start=page.numbers.compare.start, end=page.numbers.compare.end)
    numbers = [*SPLIT_PARTS, "total"]
    told = found.rows[(found.rows["kind"] == "shop") | (found.rows[numbers].abs() >= LEAST_TOLD).any(axis=1)]
    told = told.assign(**{name: told[name].where(told[name].abs() >= LEAST_TOLD, 0.0) for name in numbers})
    frame = told.assign(
        label=[_name(page, found, row.kind, row.part) for row in told.itertuples()],
        **{f"effect_{name}": told[name] for name in SPLIT_PARTS},
    )
    effects = [(f"effect_{name}", "signed_money") for name in SPLIT_PARTS]
    shown = [("label", "text"), ("total", "signed_money"), *effects]
    table = page.table(f"parts_{which}", frame, shown, signed=[name for name, kind in shown if kind != "text"])
    factor = max(SPLIT_PARTS, key=lambda name: abs(lead[name]))
    caption = page.text(
        f"parts.{which}",
        part=found.names[lead["part"]],
        total=lead["total"],
        factor=page.text(f"parts.factor.{factor}"),
        rule=found.rule or labels.MISSING,
    )
    return replace(table, caption=caption, folded=which == "sources")


def _name(page: Page, found: Parts, kind: str, part: str) -> str:
    if kind == "part":
        return found.names[part]
    return page.text(f"parts.kind.{kind}", count=int(part) if part else 0)
