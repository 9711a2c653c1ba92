"""The numbers of the shop overview from the shop's tables and the page's parameters."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import ibis
import pandas as pd

from shopnb.derived import PartOf, derived
from shopnb.findings.overview import MONTH_DAYS, Basis, find_overview, recheck
from shopnb.metrics import funnel, items, overview
from shopnb.metrics.big_orders import BigOrders, big_orders
from shopnb.metrics.changes import Outcome, Recheck, outcomes
from shopnb.metrics.funnel import Chat, Funnel, Listing
from shopnb.metrics.items import ItemChange, ItemPair, Quadrants, Range
from shopnb.metrics.overview import AdScene, Signal, Totals
from shopnb.metrics.peers import Copied, Peer, Standing, copied, peer, standing
from shopnb.metrics.periods import Period, normal_bases, resolve, same_period_last_year
from shopnb.metrics.plan import Plan, plan
from shopnb.metrics.service import refund_rate
from shopnb.metrics.stock import sold_units, stock_cover
from shopnb.pages.base import Page
from shopnb.pages.no_days import no_days
from shopnb.pages.shop_overview_parts import Parts, item_parts, source_parts
from shopnb.pages.shop_overview_wording import LEAST_BUYERS, LEAST_VISITORS, LEAST_WHOLESALE_BUYERS, PEER_METRICS, mean
from shopnb.pages.source_naming import source_names
from shopnb.schema import TABLES
from shopnb.stats import Estimate, MixRate, mix_rate

WHOLE_SHOP = "全店"  # scope of a typed target
SMALL_SHOP_BUYERS = 10  # buyers a day below which pages are of 28 days (pages.md 2.0)


class Numbers(PartOf[Page]):
    """All numbers of the page, each worked out when it is first asked for, from the parameters it reads."""

    def _table(self, name: str) -> ibis.Table | None:
        return self._whole.shop.table(name) if self._whole.shop.has(name) else None

    # Days and periods

    @derived
    def unfinished(self) -> dt.date | None:
        """A last day left out because it was exported before it was over."""
        return _unfinished(self._whole)

    @derived
    def _all_days(self) -> pd.DataFrame:
        return overview.daily(self._whole.shop.table("shop_daily"))

    @derived
    def days(self) -> pd.DataFrame:
        """The daily report up to the last day."""
        page, days = self._whole, self._all_days
        until = page.day("end_date")
        if until is not None:
            days = days[days["day"] <= until]
        if len(days) > 1 and days["day"].iloc[-1] == self.unfinished:
            days = days.iloc[:-1]
        if days.empty:
            raise no_days(page.slug, "shop_daily", page.shop.days("shop_daily"), end=page.day("end_date"))
        return days

    @derived
    def period(self) -> Period:
        """The days looked at."""
        page, days = self._whole, self.days
        first, last = days["day"].iloc[0], days["day"].iloc[-1]
        start, end = page.day("start_date"), page.day("end_date")
        period = resolve(last, start=start, end=end, grain=page.choice("grain") or _grain(days))
        if not period.holds(days["day"]).any():
            raise no_days(page.slug, "shop_daily", (first, last), start=period.start, end=end)
        return period

    @derived
    def _base_periods(self) -> list[Period]:
        return normal_bases(self.period, self._whole.calendar, self.days["day"].iloc[0], wanted=8)

    @derived
    def compare(self) -> Period:
        """The days compared with."""
        return _compared(self._whole, self._whole.choice("compare"), self.period, [one.period for one in self._bases])

    @property
    def _earlier(self) -> Period:
        """The period whose findings are looked at again."""
        return self.period.before() if self.period.days >= 7 else self.period.shifted(-7)

    @property
    def _year_ago(self) -> Period:
        return same_period_last_year(self.period, self._whole.calendar)[0]

    # The shop as a whole

    @property
    def margin_rate(self) -> float:
        """Share of payment left after goods, packing, parcel and platform fees; NaN when nobody typed it."""
        return self._whole.margin_rate()

    @derived
    def _sums(self) -> dict[Period, Totals]:
        """Totals without a margin of all periods that are surely asked for."""
        return overview.totals_of(self.days, [self.period, *self._base_periods, self._earlier, self._year_ago])

    @derived
    def _compared(self) -> Totals:
        """The period compared with, without a margin; mostly one of the others."""
        return self._sums.get(self.compare) or overview.totals_of(self.days, [self.compare])[self.compare]

    @property
    def _bases(self) -> list[Totals]:
        """Normal periods that are there whole, without a margin."""
        found = [self._sums[period] for period in self._base_periods]
        return [one for one in found if one.complete and not math.isnan(one.paid_amount)]

    @derived
    def now(self) -> Totals:
        """The period."""
        return self._sums[self.period].at(self.margin_rate)

    @derived
    def before(self) -> Totals:
        """The period compared with."""
        return self._compared.at(self.margin_rate)

    @derived
    def bases(self) -> list[Totals]:
        """The normal periods."""
        return [one.at(self.margin_rate) for one in self._bases]

    @derived
    def watched(self) -> dict[str, Signal]:
        """Numbers against their normal range."""
        return overview.signals(self.now, self.bases)

    @derived
    def _whole_band(self) -> pd.DataFrame:
        return overview.band(_with_month_end(self.days, self.period.end), self._whole.calendar)

    @property
    def band(self) -> pd.DataFrame:
        """Normal range of payment by day, up to the last day."""
        return self._whole_band[self._whole_band["day"] <= self.period.end]

    @derived
    def split(self) -> dict[str, float]:
        """The change of payment by factor."""
        return overview.sales_split(self._sums[self.period], self._compared)

    @derived
    def item_parts(self) -> Parts:
        """What each item did to it."""
        return item_parts(self._whole, items.item_pair(self._item_rows, self.period, [self.compare]), self.split)

    @derived
    def source_parts(self) -> Parts:
        """What each source did to it."""
        return source_parts(self._whole, self._sums[self.period], self.compare, self.split)

    @derived
    def last_year(self) -> Totals | None:
        """The same period a year ago where it is there."""
        found = self._sums[self._year_ago]
        return found.at(self.margin_rate) if found.complete else None

    @derived
    def target(self) -> Plan | None:
        """The month's goal."""
        wanted = _targets(self._whole, self.period.end)
        return plan(wanted, self.days, self._whole_band, self.period.end, margin_rate=self.margin_rate)

    @property
    def basis(self) -> Basis:
        """What findings are reckoned in."""
        return Basis.of(self.margin_rate, mean([base.refund_share for base in self.bases] or [self.now.refund_share]))

    @property
    def is_wholesale(self) -> bool:
        """1688: few buyers, big orders."""
        return self._whole.shop.settings.platform == "1688"

    # Items and ads

    @derived
    def _item_rows(self) -> pd.DataFrame:
        """The rows of items of all periods that are asked for."""
        earlier = self._earlier
        periods = [self.period, self.compare, *self._base_periods, earlier, *self._earlier_bases, earlier.before()]
        table = self._table("item_period")
        if table is None:
            table = ibis.memtable(TABLES["item_period"].arrow_schema.empty_table())
        return items.item_rows(table, periods)

    @derived
    def _earlier_bases(self) -> list[Period]:
        return normal_bases(self._earlier, self._whole.calendar, self.days["day"].iloc[0], wanted=8)

    def _pair(self, period: Period, bases: Sequence[Period], otherwise: Period) -> ItemPair | None:
        """Items beside normal periods, else beside one other."""
        rows = self._item_rows
        return items.item_pair(rows, period, bases) or items.item_pair(rows, period, [otherwise])

    @derived
    def pair(self) -> ItemPair | None:
        """Items of the period beside normal ones."""
        return self._pair(self.period, [one.period for one in self._bases], self.compare)

    @derived
    def items(self) -> list[ItemChange]:
        """How each item moved."""
        return items.item_changes(self.pair, now_days=self.period.days) if self.pair else []

    @derived
    def mix(self) -> MixRate | None:
        """Conversion split into which items were visited and how each sold."""
        return _item_mix(self.items)

    @derived
    def scenes(self) -> list[AdScene]:
        """Ads by scene."""
        return _scenes(self._whole, self.period, self.compare)

    @derived
    def quadrants(self) -> Quadrants | None:
        """Items by visitors and conversion."""
        ads = self._table("ad_daily")
        return items.quadrants(self.items, items.paid_clicks(ads, self.period) if ads is not None else pd.DataFrame())

    @derived
    def goods(self) -> Range | None:
        """How broad the sales are."""
        return items.goods_range(self.items)

    @derived
    def stock(self) -> pd.DataFrame:
        """How long stock lasts, from `metrics.stock`."""
        return _stock(self._whole, self.period)

    @derived
    def listing(self) -> Listing | None:
        """From impressions of ads to buyers."""
        sold = self.pair.frame[self.pair.frame["which"] == "now"] if self.pair else None
        return funnel.listing(self._table("ad_daily"), self.days, sold, self.period)

    # Funnel, peers, orders

    @derived
    def _typed_peers(self) -> pd.DataFrame:
        return self._whole.frame("peers")

    def _peers(self, metrics: Mapping[str, str]) -> dict[str, Peer]:
        end, days = self.period.end, self.period.days
        return {name: peer(self._typed_peers, metric, end=end, days=days) for name, metric in metrics.items()}

    @derived
    def peers(self) -> dict[str, Peer]:
        """What was typed in of peers, by its name there."""
        return self._peers({name: name for name in PEER_METRICS})

    @derived
    def funnel(self) -> Funnel:
        """From visitors to buyers."""
        return _funnel(self._whole, self.days, self.now, self._peers(funnel.PEER_METRICS), self.basis)

    @derived
    def chat(self) -> Chat | None:
        """What customer service did."""
        return funnel.chat(self._whole.frame("service"), self.days, self.period)

    @derived
    def cart_or_favourite(self) -> tuple[float, float]:
        """Bounds of 收藏加购率, NaN where unknown."""
        return funnel.cart_or_favourite(self.days, self.period)

    @derived
    def standing(self) -> Standing | None:
        """The shop's place among peers."""
        return standing(self._typed_peers, self.period.end)

    @derived
    def copied(self) -> list[Copied]:
        """Numbers copied from the back office."""
        return copied(self._typed_peers, self.period.end)

    @derived
    def refund_rate(self) -> Estimate:
        """Of orders, by payment day."""
        orders = self._table("orders")
        return refund_rate(orders, self.period.end) if orders is not None else Estimate(math.nan)

    @derived
    def big_orders(self) -> BigOrders | None:
        """Orders that carry a period."""
        orders = self._table("orders")
        return big_orders(orders, self.period) if orders is not None else None

    # What was done

    @derived
    def outcomes(self) -> list[Outcome]:
        """What became of changes in the log."""
        return outcomes(
            self._whole.frame("changes"), self.days, self._table("item_period"), self._whole.calendar, self.period.end
        )

    @derived
    def rechecks(self) -> list[Recheck]:
        """What the period before put forward about items and ads, looked at again."""
        was, earlier, page = self._sums[self._earlier], self._earlier, self._whole
        if not was.complete:
            return []
        then, since = self._then
        scenes, scenes_now = self._scenes_then
        names = {item.item_id: page.item_name(item.item_id, item.title) for item in then}
        was = was.at(self.margin_rate)
        found = find_overview(was, [], {}, then, basis=self.basis, short_names=names, scenes=scenes, totals_too=False)
        return recheck(found, since, scenes_now, earlier.end)

    @derived
    def _then(self) -> tuple[list[ItemChange], list[ItemChange]]:
        """How items had moved in the earlier period, and how they have since."""
        period, earlier = self.period, self._earlier
        pair, pair_now = (
            self._pair(earlier, self._earlier_bases, earlier.before()),
            self._pair(period, [earlier], earlier),
        )
        then = items.item_changes(pair, now_days=earlier.days) if pair else []
        return then, items.item_changes(pair_now, now_days=period.days) if pair_now else []

    @derived
    def _scenes_then(self) -> tuple[list[AdScene], list[AdScene]]:
        page, earlier = self._whole, self._earlier
        return _scenes(page, earlier, earlier.before()), _scenes(page, self.period, earlier)

    @property
    def comparable(self) -> bool:
        """Whether both periods have all their days."""
        return self.now.complete and self.before.complete

    @property
    def enough(self) -> bool:
        """Whether the volume carries a conversion rate."""
        return self.now.visitor_days >= LEAST_VISITORS and self.now.payer_days >= self.least_buyers

    @property
    def least_buyers(self) -> int:
        """Buyers from which a rate of the shop is printed."""
        return LEAST_WHOLESALE_BUYERS if self.is_wholesale else LEAST_BUYERS


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


def _compared(page: Page, compare: str, period: Period, bases: Sequence[Period]) -> Period:
    if compare == "last_year":
        return same_period_last_year(period, page.calendar)[0]
    if compare == "same_weekday" or (compare == "auto" and period.days < 7):
        return bases[0] if bases else period.shifted(-7)
    return period.before() if period.days % 7 == 0 or period.days > 7 else period.shifted(-7)


def _targets(page: Page, end: dt.date) -> pd.DataFrame:
    """Goals of the whole shop: the typed table, else the month's payment from the shop's settings."""
    typed = page.frame("targets")
    whole = typed[typed["scope"].fillna("").isin(["", WHOLE_SHOP])]
    month = f"{end:%Y-%m}"
    goal = page.shop.settings.targets.get(month)
    if goal is None or (whole["period"] == month).any():
        return whole
    return pd.DataFrame([{**dict.fromkeys(typed.columns), "period": month, "paid_amount": goal}])


def _funnel(page: Page, days: pd.DataFrame, now: Totals, peers: dict[str, Peer], basis: Basis) -> funnel.Funnel:
    clean = normal_bases(Period(now.period.end - dt.timedelta(days=6), now.period.end), page.calendar,
                         days["day"].iloc[0], wanted=funnel.WEEKS_BACK, back=2 * funnel.WEEKS_BACK)  # fmt: skip
    worth = now.spend_per_buyer * basis.share / now.period.days * MONTH_DAYS
    return funnel.funnel(days, now.period, peers, clean, worth=worth)


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
