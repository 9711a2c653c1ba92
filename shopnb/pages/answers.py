"""What a page offers to the hand: choices from the shop's tables, periods by name, dials beside a section.

Belongs here: reading them off a page's numbers. Every dial sets a parameter; the section it stands at is its static
twin in a headless run.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shopnb import labels, widgets
from shopnb.errors import ShopnbError
from shopnb.metrics import reviews, traffic
from shopnb.metrics.periods import presets
from shopnb.pages import brushes
from shopnb.pages.aspects import aspect_names
from shopnb.pages.wording import days_text
from shopnb.stats import compare_proportions
from shopnb.widgets import Dial, Span

if TYPE_CHECKING:
    from shopnb.pages.base import Page

BUTTONS = 8  # aspects that have a button, those complained of most
MOVED = (100.0, 5000.0, 100.0)  # visitors moved by the slider: least, most, step
EFFECT = (0.0, 0.02, 0.0005)  # smallest difference worth a switch, share points


def offered(page: Page) -> Mapping[str, Sequence[Any]]:
    """Parameter name to what its control offers: the values that are checked, and more from the shop's tables."""
    more = _OFFERED.get(page.slug)
    return {**page.choices(), **(more(page) if more else {})}


def spans(page: Page) -> list[Span]:
    """Periods by name: the exports there are for a page of exports, else yesterday to the last campaign."""
    if page.slug == "traffic_sources":
        found = [one.period for one in traffic.slices(page.shop.table("traffic_period")) if one.period]
        return [
            Span(days_text(one, page.lang), one.start.isoformat(), one.end.isoformat()) for one in dict.fromkeys(found)
        ]
    last = page.last_day(page.shop)
    if not last or page.slug == "market_sizing":  # its period is the day of a snapshot
        return []
    named = presets(dt.date.fromisoformat(last), page.events)
    return [
        Span(labels.text(f"widgets.spans.{name}", page.lang), one.start.isoformat(), one.end.isoformat())
        for name, one in named.items()
    ]


def dials(page: Page, section: str) -> Sequence[Dial]:
    """The dials of a section; none where the page cannot be made with the parameters in force."""
    made = _DIALS.get((page.slug, section))
    try:
        return made(page) if made else ()
    except ShopnbError:
        return ()


def show(page: Page, section: str) -> None:
    """Show what the hand may ask beside a section: dials, a brush, and the calculator where a test is planned."""
    widgets.answers(page, section)
    if brushes.has_place(page, section):
        widgets.brushing(page, section)
    if (page.slug, section) == ("listing_ab", "planner") and widgets.is_interactive() and (first := four_numbers(page)):
        lang = page.lang
        widgets.calculator(lambda *numbers: rates_compared(*numbers, lang=lang), first, lang)


def _sources(page: Page) -> Mapping[str, Sequence[Any]]:
    names = [str(name) for name in page.numbers.wide["label"]]
    return {"sources": names, "from_source": ["", *names], "to_source": ["", *names]}


def _versions(page: Page) -> Mapping[str, Sequence[Any]]:
    arms = [arm.variant for arm in page.numbers.comparison.arms]
    metrics = ["auto", *dict.fromkeys([page.numbers.comparison.metric, *page.numbers.others])]
    return {"control": ["", *arms], "metric": metrics} if arms else {}


def _reviewed(page: Page) -> Mapping[str, Sequence[Any]]:
    from shopnb.pages.review_analysis_numbers import OWN  # its module builds on Page, which asks this one

    table = page.shop.table("reviews")
    own_names = (page.shop.name, *OWN)
    of_shops = table.group_by("item_id", "shop").agg(reviews=table.count()).to_pandas().dropna(subset=["item_id"])
    own = of_shops[of_shops["shop"].isna() | of_shops["shop"].isin(own_names)]
    ids = own.sort_values("reviews", ascending=False, kind="stable")["item_id"].drop_duplicates()
    items = [(page.short_names.get(one, one), one) for one in ids]
    every = labels.text("widgets.every_item", page.lang)
    return {"item": [(every, ""), *items], "rival": ["", *reviews.rivals(table, own_names=own_names)]}


def _windows(page: Page) -> Mapping[str, Sequence[Any]]:
    return {"sold_window_days": [(labels.text(f"widgets.sold_window.{days}", page.lang), days)
                                 for days in (0, 30, 90, 365)]}  # fmt: skip


def _moving(page: Page) -> list[Dial]:
    low, high, step = MOVED
    value = float(page.given["moved_visitors"])
    return [
        Dial("from_source"),
        Dial("to_source"),
        Dial("moved_visitors", value=value, low=min(low, value), high=max(high, value), step=step),
    ]


def _planning(page: Page) -> list[Dial]:
    low, high, step = EFFECT
    value = float(page.given["min_effect"])
    slider = Dial("min_effect", value=value, low=low, high=max(high, value), step=step, is_share=True)
    return [slider, Dial("planned_days", value=float(page.given["planned_days"]), low=0, high=60, step=1)]


def _reading(page: Page) -> list[Dial]:
    counts = sorted(page.numbers.counts, key=lambda one: -one.negative)[:BUTTONS]
    lead = page.numbers.lead
    if lead and all(one.aspect != lead.aspect for one in counts):
        counts = [lead, *counts]
    names = aspect_names(page)
    buttons = [(f"{names[one.aspect]} {one.negative}", one.aspect) for one in counts if one.negative]
    return [Dial("item"), Dial("start_date"), Dial("end_date"), Dial("aspect", buttons=buttons)]


def _edges(page: Page) -> list[Dial]:
    edges = [float(one) for one in page.numbers.bands.edges]
    base = [f"{one:.6g}" for one in edges]
    ends = [0.0, *edges, 2 * edges[-1]] if edges else []
    return [
        Dial(
            "bands", entry=str(place), value=edge,
            low=min(math.ceil(ends[place]) + 1, edge), high=max(math.floor(ends[place + 2]) - 1, edge),
            label=labels.text("widgets.edge", page.lang, place=place + 1), base=base,
        )
        for place, edge in enumerate(edges)
    ]  # fmt: skip


def _reaching(page: Page) -> list[Dial]:
    n = page.numbers
    reach, costs = n.reach, n.costs

    def share(name: str, value: float, high: float, step: float = 0.01) -> Dial:
        value = 0.0 if math.isnan(value) else value
        label = labels.text(f"widgets.assumed.{name}", page.lang)
        return Dial(
            "assumptions", entry=name, label=label, value=value, high=max(high, value), step=step, is_share=True
        )

    def money(name: str, value: float, otherwise: float) -> Dial:
        top = otherwise if math.isnan(otherwise) else max(otherwise, value if not math.isnan(value) else 0.0)
        label = labels.text(f"widgets.assumed.{name}", page.lang)
        high = math.ceil(2 * top) if not math.isnan(top) and top > 0 else 200
        return Dial(
            "assumptions", entry=name, label=label, value=0.0 if math.isnan(value) else value, high=high, step=1
        )

    return [
        share("share_low", reach.share.low, 0.05, 0.0005),
        share("share_high", reach.share.high, 0.05, 0.0005),
        money("price", reach.price, reach.price),
        money("unit_cost", costs.unit_cost, reach.price),
        share("ads_rate", costs.ads_rate, 0.5),
        share("refund_rate", costs.refund_rate, 0.6),
    ]


def _weighing(page: Page) -> list[Dial]:
    choice = page.numbers.choice
    return [
        Dial(
            "assumptions", f"weight_{name}", page.text(f"criteria.{name}"), weight, high=1.0, step=0.05,
        )
        for name, weight in choice.used.items()
    ]  # fmt: skip


def rates_compared(shown_a: float, hit_a: float, shown_b: float, hit_b: float, *, lang: str) -> str:
    """Two rates from four numbers in one sentence: the difference, its range, and what it says."""
    found = compare_proportions(hit_a, shown_a, hit_b, shown_b)
    if not found.is_known:
        return labels.text("widgets.calculator.impossible", lang)
    level = "level" if found.low <= 0 <= found.high else "higher" if found.low > 0 else "lower"
    return labels.text(
        f"widgets.calculator.{level}",
        lang,
        first=labels.format_value(hit_a / shown_a, "pct2", lang),
        second=labels.format_value(hit_b / shown_b, "pct2", lang),
        gap=labels.format_value(abs(found.estimate), "pp", lang).removeprefix("+"),
        range=labels.format_range(found.low * 100, found.high * 100, "ratio", lang),
        p=found.p_value,
    )


def four_numbers(page: Page) -> tuple[float, float, float, float] | None:
    """Trials and successes of the current version and of the best other one; None without two versions of counts."""
    made = page.numbers.comparison
    other = made.best or next((arm for arm in made.arms if arm is not made.current), None)
    if made.current is None or other is None or not made.is_share or other.variant == made.current.variant:
        return None
    return made.current.trials, made.current.successes, other.trials, other.successes


_OFFERED: dict[str, Callable[[Any], Mapping[str, Sequence[Any]]]] = {
    "traffic_sources": _sources,
    "listing_ab": _versions,
    "review_analysis": _reviewed,
    "market_sizing": _windows,
}
_DIALS: dict[tuple[str, str], Callable[[Any], Sequence[Dial]]] = {
    ("traffic_sources", "what_if"): _moving,
    ("listing_ab", "planner"): _planning,
    ("review_analysis", "evidence"): _reading,
    ("market_sizing", "bands"): _edges,
    ("market_sizing", "reach"): _reaching,
    ("market_sizing", "categories"): _weighing,
}
