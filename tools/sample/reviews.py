"""商品评价: the table that review plug-ins save, newest first, default reviews included. Nicknames are fakes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from sample.aftermath import COMPLAINT, PRAISE, Review
from sample.catalogue import ITEMS
from sample.review_text import DEFAULT, follow_up_text, negative_text, neutral_text, positive_text
from sample.workbook import Cell, write_xlsx
from sample.world import Order, World

HEADER = ["评论", "昵称", "追评内容", "追评时间", "评价时间", "商品id", "颜色分类", "评价分类", "skuid", "订单编号"]
FOLLOWED_UP = 0.04


def sku_id(item: int, sku: int) -> str:
    """A made-up 13-digit SKU id."""
    return f"5{ITEMS[item].item_id[-7:]}{sku + 1:05d}"


def review_row(order: Order, review: Review, world: World) -> list[Cell]:
    """One review; its words depend on the order only, so that exports of different days agree."""
    draw = world.stream(f"review/{order.number}")
    line = order.lines[0]
    item = ITEMS[line.item]
    follow_up = follow_up_at = ""
    if review.is_default:
        text = DEFAULT
    elif review.says == COMPLAINT:
        text = negative_text(draw, item, review.complaint)
    else:
        text = positive_text(draw, item) if review.says == PRAISE else neutral_text(draw)
    later = review.at + timedelta(days=draw.whole(3, 9), hours=draw.whole(0, 5))
    if not review.is_default and draw.happens(FOLLOWED_UP) and later.date() <= world.setting.end:
        follow_up, follow_up_at = follow_up_text(draw, review.complaint), f"{later:%Y-%m-%d %H:%M:%S}"
    nickname = f"测试昵称{order.buyer % 1000:03d}***"
    colour = item.skus[line.sku].name.removeprefix("颜色分类:").split(";")[0]
    mark = "默认评价" if review.is_default else "有图评价" if draw.happens(0.27) else "文字评价"
    moment = f"{review.at:%Y-%m-%d %H:%M:%S}"
    sku = sku_id(line.item, line.sku)
    return [text, nickname, follow_up, follow_up_at, moment, item.item_id, colour, mark, sku, order.number]


def write_reviews(folder: Path, world: World, days: Sequence[date], made_on: date) -> None:
    """All reviews of some days."""
    wanted = set(days)
    found = [(o.review, o) for o in world.orders() if o.review and o.review.at.date() in wanted]
    found.sort(key=lambda pair: (pair[0].at, pair[1].number), reverse=True)
    rows: list[Sequence[Cell]] = [HEADER, *(review_row(order, review, world) for review, order in found)]
    write_xlsx(folder / f"商品评价_{made_on:%Y%m%d}.xlsx", "评价", rows)
