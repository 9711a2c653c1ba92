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
from shopnb.metrics.market import CRITERIA
from shopnb.metrics.periods import Period, presets
from shopnb.pages import brushes
from shopnb.pages.aspects import aspect_names
from shopnb.pages.wording import days_text
from shopnb.stats import compare_proportions
from shopnb.view import TablePart
from shopnb.widgets import Dial, Span

if TYPE_CHECKING:
    from shopnb.pages.base import Page
    from shopnb.pages.market_sizing_numbers import Assumptions

BUTTONS = 8  # aspects that have a button, those complained of most
MOVED = (100.0, 5000.0, 100.0)  # visitors moved by the slider: least, most, step
EFFECT = (0.0, 0.02, 0.0005)  # smallest difference worth a switch, share points
REACHED = ("bands", "share", "margin")  # steps of the ladder that stand beside the price bands


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
    if page.slug == "listing_ab":
        named = {name: one for name, one in named.items() if _is_in_test(page, one)}
    return [
        Span(labels.text(f"widgets.spans.{name}", page.lang), one.start.isoformat(), one.end.isoformat())
        for name, one in named.items()
    ]


def _is_in_test(page: Page, period: Period) -> bool:
    """Whether the test that the page is about has a day in a period."""
    test = page.numbers.test
    return bool(test.first and test.last and period.overlaps(Period(test.first, test.last)))


def dials(page: Page, section: str) -> Sequence[Dial]:
    """The dials of a section; none where the page cannot be made with the parameters in force."""
    made = _DIALS.get((page.slug, section))
    try:
        return made(page) if made else ()
    except ShopnbError:
        return ()


def told(page: Page, section: str) -> str:
    """What follows the dials of a section far below them: money within reach beside the price bands; else ""."""
    if (page.slug, section) != ("market_sizing", "bands"):
        return ""
    parts = page.section_shown("reach").parts
    ladder = next((part.frame for part in parts if isinstance(part, TablePart) and part.id == "reach"), None)
    if ladder is None:
        return ""
    names = [page.text(f"reach.step.{step}") for step in REACHED]
    rows = ladder[ladder["measure"].isin(names)].itertuples()
    return labels.text("widgets.reached", page.lang, steps=" · ".join(f"{row.measure} {row.value}" for row in rows))


def show(page: Page, section: str) -> None:
    """Show what the hand may ask beside a section: dials, a brush, and the calculator where a test is planned."""
    widgets.answers(page, section)
    if brushes.has_place(page, section):
        widgets.brushing(page, section)
    if (page.slug, section) == ("listing_ab", "planner"):
        widgets.calculator(page, lambda: four_numbers(page), lambda *four: rates_compared(*four, lang=page.lang))


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
    made = page.numbers.comparison
    effect = float(page.given["min_effect"]) or (made.zone if made.is_share and math.isfinite(made.zone) else 0.0)
    days = float(page.given["planned_days"])
    return [
        Dial("min_effect", value=effect, low=low, high=max(high, effect), step=step, is_share=True),
        Dial("planned_days", label=labels.text("widgets.planned_days", page.lang), value=days, high=max(60, days)),
    ]


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
            low=min(math.ceil(ends[place]) + 1, math.floor(edge)),
            high=max(math.floor(ends[place + 2]) - 1, math.floor(edge) + 1),
            label=labels.text("widgets.edge", page.lang, place=place + 1), base=base,
        )
        for place, edge in enumerate(edges)
    ]  # fmt: skip


def _assumed(page: Page) -> Assumptions:
    """What the operator wrote of costs, shares and weights."""
    from shopnb.pages.market_sizing_numbers import read_assumptions  # its module builds on Page, which asks this one

    return read_assumptions(page.given["assumptions"])


def _reaching(page: Page) -> list[Dial]:
    n = page.numbers
    reach, costs = n.reach, n.costs

    def share(name: str, value: float, high: float, step: float = 0.01, along: Sequence[str] = ()) -> Dial:
        value = 0.0 if math.isnan(value) else value
        label = labels.text(f"widgets.assumed.{name}", page.lang)
        return Dial("assumptions", name, label, value, high=max(high, value), step=step, is_share=True, along=along)

    def money(name: str, value: float) -> Dial:
        known = [one for one in (reach.price, value) if not math.isnan(one) and one > 0]
        label = labels.text(f"widgets.assumed.{name}", page.lang)
        high = math.ceil(2 * max(known)) if known else 200
        value = 0.0 if math.isnan(value) else max(value, 0.0)
        return Dial("assumptions", entry=name, label=label, value=value, high=high, step=0.5)

    typed, said = _assumed(page).values, costs.unit_cost
    low, high = typed.get("share_low", reach.share.low), typed.get("share_high", reach.share.high)
    by_margin = reach.price * (1 - costs.fee_rate - costs.margin_rate)  # a cost that leaves as much
    return [
        share("share_low", low, 0.05, 0.0005, [f"share_high={high:.6g}"] if high > 0 else []),
        share("share_high", high, 0.05, 0.0005, [f"share_low={low:.6g}"] if low > 0 else []),
        money("price", reach.price),
        money("unit_cost", by_margin if math.isnan(said) else said),
        share("ads_rate", costs.ads_rate, 0.5),
        share("refund_rate", costs.refund_rate, 0.6),
    ]


def _weighing(page: Page) -> list[Dial]:
    """The weights as written, of what all categories have; the section tells what each is of the whole."""
    choice = page.numbers.choice
    if choice.code == "one_category":
        return []
    written = _assumed(page).weights
    weights = {name: written.get(name, usual) for name, (usual, *_) in CRITERIA.items() if name not in choice.left_out}
    words = {name: labels.text("widgets.weight", page.lang, name=page.text(f"criteria.{name}")) for name in weights}
    return [
        Dial("assumptions", f"weight_{name}", words[name], weight, high=max(1.0, weight), step=0.05)
        for name, weight in weights.items()
    ]


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
