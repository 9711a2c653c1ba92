"""The numbers of the shop overview from the shop's tables and the page's parameters."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import pandas as pd

from shopnb.findings.overview import MONTH_DAYS, Basis, find_overview, recheck
from shopnb.metrics import funnel, items, overview
from shopnb.metrics.big_orders import big_orders
from shopnb.metrics.changes import Recheck, outcomes
from shopnb.metrics.items import ItemChange, ItemPair
from shopnb.metrics.overview import Totals
from shopnb.metrics.peers import Peer, copied, peer, standing
from shopnb.metrics.periods import Period, normal_bases, resolve, same_period_last_year
from shopnb.metrics.plan import plan
from shopnb.metrics.service import refund_rate
from shopnb.metrics.stock import sold_units, stock_cover
from shopnb.pages.base import Page
from shopnb.pages.no_days import no_days
from shopnb.pages.shop_overview_numbers import PEER_METRICS, Numbers, mean
from shopnb.pages.shop_overview_parts import item_parts, source_parts
from shopnb.pages.source_naming import source_names
from shopnb.stats import Estimate, MixRate, mix_rate

WHOLE_SHOP = "全店"  # scope of a typed target
SMALL_SHOP_BUYERS = 10  # buyers a day below which pages are of 28 days (pages.md 2.0)


def compute(page: Page) -> Numbers:
    """Read the daily report and what adds to it."""
    unfinished = _unfinished(page)
    grain, compare = page.choice("grain"), page.choice("compare")
    days = overview.daily(page.shop.table("shop_daily"), until=page.day("end_date"))
    if len(days) > 1 and days["day"].iloc[-1] == unfinished:
        days = days.iloc[:-1]
    start, end = page.day("start_date"), page.day("end_date")
    if days.empty:
        raise no_days(page.slug, "shop_daily", page.shop.days("shop_daily"), end=end)
    first, last = days["day"].iloc[0], days["day"].iloc[-1]
    period = resolve(last, start=start, end=end, grain=grain or _grain(days))
    if not period.holds(days["day"]).any():
        raise no_days(page.slug, "shop_daily", (first, last), start=period.start, end=end)
    rate = page.margin_rate()
    now = overview.totals(days, period, margin_rate=rate)
    base_periods = normal_bases(period, page.calendar, days["day"].iloc[0], wanted=8)
    bases = overview.mean_totals(days, base_periods, margin_rate=rate)
    compared = _compared(page, compare, period, bases)
    pair = _pair(page, period, [base.period for base in bases], compared)
    moved = items.item_changes(pair, now_days=period.days) if pair else []
    refund_share = mean([base.refund_share for base in bases] or [now.refund_share])
    band = overview.band(_with_month_end(days, period.end), page.calendar)
    before = overview.totals(days, compared, margin_rate=rate)
    basis = Basis.of(rate, refund_share)
    typed = page.frame("peers")
    peers = {
        stage: peer(typed, metric, end=period.end, days=period.days) for stage, metric in funnel.PEER_METRICS.items()
    }
    split = overview.sales_split(now, before)
    last_year, event = _last_year(page, days, period, rate)
    ads = page.shop.table("ad_daily") if page.shop.has("ad_daily") else None
    item_period = page.shop.table("item_period") if page.shop.has("item_period") else None
    orders = page.shop.table("orders") if page.shop.has("orders") else None
    sold = pair.frame[pair.frame["which"] == "now"] if pair else None
    return Numbers(
        days=days,
        period=period,
        compare=compared,
        now=now,
        before=before,
        bases=bases,
        watched=overview.signals(now, bases),
        band=band[band["day"] <= period.end],
        split=split,
        item_parts=item_parts(page, period, compared, split),
        source_parts=source_parts(page, now, compared, split),
        pair=pair,
        scenes=_scenes(page, period, compared),
        items=moved,
        mix=_item_mix(moved),
        margin_rate=rate,
        basis=basis,
        target=plan(_targets(page, period.end), days, band, period.end, margin_rate=rate),
        peers={metric: peer(typed, metric, end=period.end, days=period.days) for metric in PEER_METRICS},
        last_year=last_year,
        last_year_event=event,
        funnel=_funnel(page, days, now, peers, basis),
        chat=funnel.chat(page.frame("service"), days, period),
        cart_or_favourite=funnel.cart_or_favourite(days, period),
        standing=standing(typed, period.end),
        copied=copied(typed, period.end),
        refund_rate=refund_rate(orders, period.end) if orders is not None else Estimate(math.nan),
        big_orders=big_orders(orders, period) if orders is not None else None,
        is_wholesale=page.shop.settings.platform == "1688",
        listing=funnel.listing(ads, days, sold, period),
        quadrants=items.quadrants(moved, items.paid_clicks(ads, period) if ads is not None else pd.DataFrame()),
        goods=items.goods_range(moved),
        stock=_stock(page, period),
        unfinished=unfinished,
        outcomes=outcomes(page.frame("changes"), days, item_period, page.calendar, period.end),
        rechecks=_rechecks(page, days, period, rate, basis),
    )


def _stock(page: Page, period: Period) -> pd.DataFrame:
    """How long stock lasts; sales are read only where there is a stock table."""
    counted = page.frame("stock")
    if counted.empty:
        return stock_cover(counted, sold_units(None, period), period)
    item_period = page.shop.table("item_period") if page.shop.has("item_period") else None
    return stock_cover(counted, sold_units(item_period, period), period)


def _unfinished(page: Page) -> dt.date | None:
    """The last day of the daily report where it was exported on that day itself: its numbers are not whole yet."""
    made = [one for one in page.shop.accounts("shop_daily") if one.kept and one.exported_at and one.days]
    newest = max(made, key=lambda one: one.exported_at or dt.datetime.min, default=None)  # noqa: DTZ901 - shop time
    if newest is None or newest.exported_at is None:
        return None
    last = dt.date.fromisoformat(newest.days[1])
    return last if newest.exported_at.date() <= last else None


def _compared(page: Page, compare: str, period: Period, bases: Sequence[Totals]) -> Period:
    if compare == "last_year":
        return same_period_last_year(period, page.calendar)[0]
    if compare == "same_weekday" or (compare == "auto" and period.days < 7):
        return bases[0].period if bases else period.shifted(-7)
    return period.before() if period.days % 7 == 0 or period.days > 7 else period.shifted(-7)


def _pair(page: Page, period: Period, bases: Sequence[Period], compared: Period) -> ItemPair | None:
    if not page.shop.has("item_period"):
        return None
    table = page.shop.table("item_period")
    return items.item_pair(table, period, bases) or items.item_pair(table, period, [compared])


def _targets(page: Page, end: dt.date) -> pd.DataFrame:
    """Goals of the whole shop: the typed table, else the month's payment from the shop's settings."""
    typed = page.frame("targets")
    whole = typed[typed["scope"].fillna("").isin(["", WHOLE_SHOP])]
    month = f"{end:%Y-%m}"
    goal = page.shop.settings.targets.get(month)
    if goal is None or (whole["period"] == month).any():
        return whole
    return pd.DataFrame([{**dict.fromkeys(typed.columns), "period": month, "paid_amount": goal}])


def _last_year(page: Page, days: pd.DataFrame, period: Period, rate: float) -> tuple[Totals | None, str]:
    """The same period a year ago where it is there, and the campaign that it was aligned by."""
    earlier, event = same_period_last_year(period, page.calendar)
    if earlier.start < days["day"].iloc[0]:
        return None, event
    found = overview.totals(days, earlier, margin_rate=rate)
    return (found if found.complete else None), event


def _funnel(page: Page, days: pd.DataFrame, now: Totals, peers: dict[str, Peer], basis: Basis) -> funnel.Funnel:
    clean = normal_bases(Period(now.period.end - dt.timedelta(days=6), now.period.end), page.calendar,
                         days["day"].iloc[0], wanted=funnel.WEEKS_BACK, back=2 * funnel.WEEKS_BACK)  # fmt: skip
    worth = now.spend_per_buyer * basis.share / now.period.days * MONTH_DAYS
    return funnel.funnel(days, now.period, peers, clean, worth=worth)


def _rechecks(page: Page, days: pd.DataFrame, period: Period, rate: float, basis: Basis) -> list[Recheck]:
    """What the period before put forward about items and ads, looked at again today."""
    earlier = period.before() if period.days >= 7 else period.shifted(-7)
    was = overview.totals(days, earlier, margin_rate=rate)
    if not was.complete:
        return []
    bases = normal_bases(earlier, page.calendar, days["day"].iloc[0], wanted=8)
    pair = _pair(page, earlier, bases, earlier.before())
    then = items.item_changes(pair, now_days=earlier.days) if pair else []
    pair_now = _pair(page, period, [earlier], earlier)
    since = items.item_changes(pair_now, now_days=period.days) if pair_now else []
    scenes, scenes_now = _scenes(page, earlier, earlier.before()), _scenes(page, period, earlier)
    names = {item.item_id: page.item_name(item.item_id, item.title) for item in then}
    found = find_overview(was, [], {}, then, basis=basis, short_names=names, scenes=scenes, totals_too=False)
    return recheck(found, since, scenes_now, earlier.end)


def _scenes(page: Page, now: Period, before: Period) -> list[overview.AdScene]:
    if not page.shop.has("ad_daily"):
        return []
    return overview.ad_scenes(page.shop.table("ad_daily"), now, before, source_names(page).scene)


def _grain(days: pd.DataFrame) -> str:
    """Four weeks for a shop of fewer than 10 buyers a day, a week for others; less where the report is shorter."""
    if len(days) < 7:
        return "day"
    is_small = days["payers"].tail(28).mean() < SMALL_SHOP_BUYERS
    return "four_weeks" if is_small and len(days) >= 28 else "week"


def _next_month(month: dt.date) -> dt.date:
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


def _with_month_end(days: pd.DataFrame, end: dt.date) -> pd.DataFrame:
    """The days up to `end`, and empty rows for the rest of its month: what is still to come."""
    known = days[days["day"] <= end]
    rest = (_next_month(end.replace(day=1)) - end).days - 1
    ahead = pd.DataFrame({"day": [end + dt.timedelta(days=turn + 1) for turn in range(rest)]})
    return known.merge(ahead, on="day", how="outer").sort_values("day", ignore_index=True)


def _item_mix(moved: Sequence[ItemChange]) -> MixRate | None:
    """Conversion of item visits split into which items they went to (mix) and how each sold (rate)."""
    if not moved:
        return None
    return mix_rate(
        {item.item_id: item.visitors_base for item in moved},
        {item.item_id: item.buyers_base / item.visitors_base for item in moved if item.visitors_base},
        {item.item_id: item.visitors for item in moved},
        {item.item_id: item.buyers / item.visitors for item in moved if item.visitors},
    )
