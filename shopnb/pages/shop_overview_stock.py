"""The overview's stock: items that fell while sizes of them were out, and how long everything lasts (PF20, PF22)."""

from __future__ import annotations

from dataclasses import replace

from shopnb import view
from shopnb.pages.base import Page

MOST_DAYS = 999  # cover beyond it is shown as not known: nothing sold


def stock(page: Page) -> tuple[view.TextPart | view.TablePart | None, ...]:
    """What the stock says beside the items; nothing without a count of stock."""
    return () if page.numbers.stock.empty else (_out(page), _table(page))


def _out(page: Page) -> view.TextPart | None:
    """Items that really fell while sizes of them were sold out: look there before a page is changed."""
    n = page.numbers
    lacking = n.stock[n.stock["state"].isin(["out", "broken"])]
    fell = {one.item_id: one.title for one in n.items if one.real and one.conversion.estimate < 0}
    told = [
        page.text("items.stock.fell", item=page.item_name(row.item_id, fell[row.item_id]), out=row.out, skus=row.skus,
                  day=row.day)
        for row in lacking.itertuples()
        if row.item_id in fell
    ]  # fmt: skip
    return view.TextPart(" ".join(told)) if told else None


def _table(page: Page) -> view.TablePart:
    """How long the stock of each item lasts, and which sizes are out (PF20, PF22)."""
    n = page.numbers
    titles = {one.item_id: one.title for one in n.items}
    rows = n.stock.assign(
        item=[page.item_name(one, titles.get(one, one)) for one in n.stock["item_id"]],
        verdict=[page.text(f"items.stock.state.{state}") for state in n.stock["state"]],
        cover_days=n.stock["cover_days"].where(n.stock["cover_days"] < MOST_DAYS),
        out_of_skus=[f"{row.out}/{row.skus}" for row in n.stock.itertuples()],
    )
    columns = [("item", "text"), ("verdict", "text"), ("available", "int"), ("cover_days", "days"),
               ("out_of_skus", "text"), ("days_out", "int"), ("in_transit", "int"), ("lead_days", "days")]  # fmt: skip
    table = page.table("stock", rows, columns, rows=10)
    counts = {state: int((n.stock["state"] == state).sum()) for state in ("out", "broken", "short", "slow")}
    return replace(table, caption=page.text("items.stock.caption", **counts), folded=True)
