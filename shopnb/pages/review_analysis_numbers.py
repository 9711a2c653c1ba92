"""The numbers of the review page, computed once for a set of parameters."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import pandas as pd

from shopnb.errors import MissingDataError, ParameterError
from shopnb.findings.reviews import Place, leading
from shopnb.metrics import items, reviews_bought, reviews_orders
from shopnb.metrics import reviews as metrics
from shopnb.metrics import reviews_more as more
from shopnb.metrics.overview import daily
from shopnb.metrics.periods import Period, normal_bases
from shopnb.metrics.reviews import AspectCount, Onset, Said
from shopnb.metrics.reviews_orders import Behind, RefundsSeen
from shopnb.pages.aspects import own_words
from shopnb.pages.base import Page

DAYS = 30  # reviews are compared 30 days against the 30 before
OWN = ("", "own", "本店", "自己")  # what people write for their own shop beside rivals
ANSWER_DAYS = 7  # negative reviews so recent are to be answered


@dataclass(frozen=True)
class Numbers:
    """All numbers of the page. Periods are None where the reviews have no days: then `now` is all of them."""

    said: Said
    period: Period | None
    compare: Period | None
    now: pd.DataFrame
    before: pd.DataFrame
    counts: list[AspectCount]
    lead: AspectCount | None
    since: Onset | None
    spots: pd.DataFrame  # of the leading complaint
    place: Place | None
    refunds: RefundsSeen | None
    shop_days: pd.DataFrame  # daily report, empty where there is none
    trade_days: pd.DataFrame  # buyers, orders, parcels a day
    paid_since: Onset | None  # day of payment from which the place's item is refunded for faults; None: not looked
    bought: reviews_bought.Bought | None  # reviews joined to orders; None where order ids or orders are missing
    paid_days: pd.DataFrame  # reviews by day of payment, at equal age
    said_since: Onset | None  # day of payment from which the leading complaint is written more often
    refunded: RefundsSeen | None  # of the orders whose reviews make that complaint
    conversion: items.ItemChange | None  # of the place's item, last 7 days against normal weeks before the onset
    to_answer: pd.DataFrame
    clusters: list[more.Cluster]
    changes: pd.DataFrame  # events of the change log with shares before and after
    rival: more.Rival | None  # None without reviews of another shop

    @property
    def end(self) -> dt.date | None:
        """The page's "today"."""
        return self.period.end if self.period else None

    @property
    def defaults(self) -> int:
        """Reviews of the period that the platform wrote."""
        days = self.said.defaults["day"]
        if self.period is None:
            return len(days)
        return sum(1 for day in days if day is not None and self.period.start <= day <= self.period.end)

    def complaints(self, group: str, rows: pd.DataFrame) -> int:
        """Reviews among `rows` that complain of product, logistics or service."""
        return int(metrics.complaining_of_group(self.said, group)[rows.index].sum())

    def behind(self, group: str, period: Period | None) -> Behind:
        """What a group of complaints is counted on: parcels for logistics where known, buyers for all else."""
        parcels = reviews_orders.parcels_behind(self.trade_days, period)
        if group == "logistics" and not math.isnan(parcels.count):
            return parcels
        return reviews_orders.buyers_behind(self.trade_days, period, lags=self.lags)

    @property
    def lags(self) -> tuple[int, int]:
        """Days from payment to review, first and last: this shop's own where its orders are known."""
        return self.bought.lags if self.bought else reviews_orders.LAGS

    @property
    def lead_known(self) -> int:
        """Reviews that make the leading complaint and whose order is known."""
        if self.lead is None or self.bought is None:
            return 0
        return int(self.bought.paid[metrics.complaining(self.said, self.lead.aspect)].notna().sum())


def compute(page: Page) -> Numbers:
    """Read, judge and count the reviews; date and place the leading complaint."""
    table = page.shop.table("reviews")
    own_names = (page.shop.name, *OWN)
    said = metrics.read_reviews(
        table, until=page.day("end_date"), item=page.given["item"], own_names=own_names,
        own_words=own_words(page),
    )  # fmt: skip
    if not said.all_rows:
        if page.given["item"]:
            known = table.select("item_id").distinct().to_pandas()["item_id"].dropna()
            raise ParameterError(
                "parameter_choice", report=page.slug, name="item", found=page.given["item"], allowed=", ".join(known)
            )
        raise MissingDataError("no_days", report=page.slug, table="reviews", end=page.given["end_date"])
    period, compare = _periods(page, said)
    now = metrics.within(said, period)
    before = metrics.within(said, compare) if compare else said.reviews.iloc[:0]
    counts = metrics.aspect_counts(said, now, before)
    lead = _lead(page, counts)
    marked = metrics.complaining(said, lead.aspect) if lead else pd.Series(False, index=said.reviews.index)
    since = metrics.onset(said, marked, period.end) if period else None
    spots = metrics.places(now, marked) if len(now) else pd.DataFrame()
    place = _place(page, spots, lead)
    trade = reviews_orders.trade_days(page.shop.table("shop_daily") if page.shop.has("shop_daily") else None)
    refunds = paid = None
    if place and place.item_id and period and compare and page.shop.has("refunds"):
        refunds = reviews_orders.fault_refunds(page.shop.table("refunds"), place.item_id, period, compare)
        paid = reviews_orders.paid_since(page.shop.table("refunds"), place.item_id, trade, period.end)
    bought = _bought(page, said, period)
    paid_days = reviews_bought.by_payment(said, bought, marked, period.end) if bought and period else pd.DataFrame()
    return Numbers(
        said=said,
        period=period,
        compare=compare,
        now=now,
        before=before,
        counts=counts,
        lead=lead,
        since=since,
        spots=spots,
        place=place,
        refunds=refunds,
        shop_days=daily(page.shop.table("shop_daily")) if page.shop.has("shop_daily") else pd.DataFrame(),
        trade_days=trade,
        paid_since=paid,
        bought=bought,
        paid_days=paid_days,
        said_since=reviews_bought.since_payment(paid_days) if bought and lead else None,
        refunded=_refunded(page, said, marked) if bought and lead else None,
        conversion=_conversion(page, place, since, period),
        to_answer=_to_answer(now, period),
        clusters=more.clusters(said, period.end) if period else [],
        changes=more.around_changes(said, page.frame("changes"), period.end, bought) if period else pd.DataFrame(),
        rival=_rival(page, said, period, own_names),
    )


def _bought(page: Page, said: Said, period: Period | None) -> reviews_bought.Bought | None:
    """Reviews beside their orders, where both files name them."""
    if period is None or not page.shop.has("orders"):
        return None
    return reviews_bought.join_orders(said, page.shop.table("reviews"), page.shop.table("orders"), period.end)


def _refunded(page: Page, said: Said, marked: pd.Series) -> RefundsSeen | None:
    if not page.shop.has("refunds"):
        return None
    rows = said.reviews.index[marked.to_numpy(bool)]
    return reviews_bought.refunded(said, rows, page.shop.table("reviews"), page.shop.table("refunds"))


def _rival(page: Page, said: Said, period: Period | None, own_names: tuple[str, ...]) -> more.Rival | None:
    """The rival asked for, else the one with most reviews, beside the own ones."""
    table = page.shop.table("reviews")
    known = metrics.rivals(table, own_names=own_names)
    asked = page.given["rival"]
    if asked and asked not in known:
        raise ParameterError(
            "parameter_choice", report=page.slug, name="rival", found=asked, allowed=", ".join(known) or "-"
        )
    if not known:
        return None
    name = asked or known[0]
    theirs = metrics.read_reviews(
        table, until=page.day("end_date"), item="", own_names=(), rival=name,
        own_words=own_words(page),
    )  # fmt: skip
    return more.beside_rival(said, theirs, name, asked=period)


def _periods(page: Page, said: Said) -> tuple[Period | None, Period | None]:
    """The last 30 days of reviews and the 30 before, unless given; None where reviews have no time."""
    if not said.dated:
        return None, None
    days = [*said.reviews["day"].dropna(), *said.defaults["day"].dropna()]
    end = page.day("end_date") or max(days)
    period = Period(page.day("start_date") or end - dt.timedelta(days=DAYS - 1), end)
    if period.end < min(days) or period.start > max(days):
        raise MissingDataError(
            "no_days_in_period", report=page.slug, start=period.start, end=period.end, first=min(days), last=max(days)
        )
    return period, period.before()


def _lead(page: Page, counts: list[AspectCount]) -> AspectCount | None:
    """The aspect asked for, else the leading complaint."""
    asked = page.given["aspect"]
    if not asked:
        return leading(counts)
    return next((one for one in counts if one.aspect == asked), None)


def _place(page: Page, spots: pd.DataFrame, lead: AspectCount | None) -> Place | None:
    """Where the complaint gathers, when one item and SKU stands out against all others."""
    if lead is None or spots.empty or (spots["item_id"] == "").all():
        return None
    top = spots.iloc[0]
    if top["marked"] < metrics.LEAST_MENTIONS or top["p_value"] * len(spots) > 1 - metrics.REAL_LEVEL:
        return None
    return Place(top["item_id"], item_label(page, top["item_id"]), top["sku"], int(top["marked"]))


def item_label(page: Page, item_id: str) -> str:
    """The short name of an item, else the end of its id."""
    return page.short_names.get(item_id) or f"…{item_id[-4:]}"


def spot_label(page: Page, item_id: str, sku: str) -> str:
    """Item and SKU as shown together."""
    parts = [item_label(page, item_id) if item_id else "", sku]
    return "·".join(part for part in parts if part)


def _conversion(page: Page, place: Place | None, since: Onset | None, period: Period | None) -> items.ItemChange | None:
    """Conversion of the item where the complaint gathers, the last 7 days against normal weeks before it began."""
    if place is None or period is None or not page.shop.has("item_period"):
        return None
    table = page.shop.table("item_period")
    week = Period(period.end - dt.timedelta(days=6), period.end)
    known = page.shop.days("item_period")
    bases = normal_bases(week, page.calendar, known[0] if known else week.start, wanted=8)
    if since and since.low:
        bases = [one for one in bases if one.end < since.low]
    pair = items.item_pair(table, week, bases) if bases else None
    moved = items.item_changes(pair, now_days=week.days) if pair else []
    return next((one for one in moved if one.item_id == place.item_id and one.visitors and one.payers), None)


def _to_answer(now: pd.DataFrame, period: Period | None) -> pd.DataFrame:
    """Negative reviews of the last days, newest first."""
    if period is None:
        return now.iloc[:0]
    recent = now["day"].map(lambda day: (period.end - day).days < ANSWER_DAYS).astype(bool)
    return now[recent & now["negative"]].iloc[::-1]
