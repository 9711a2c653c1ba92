"""The numbers of the review page."""

from __future__ import annotations

import datetime as dt
import math

import ibis
import pandas as pd

from shopnb import labels
from shopnb.derived import PartOf, derived
from shopnb.errors import MissingDataError, ParameterError, ShopnbError
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
from shopnb.pages.no_days import no_days

DAYS = 30  # reviews are compared 30 days against the 30 before
OWN = ("", "own", "本店", "自己")  # what people write for their own shop beside rivals
GROUPS = ("product", "logistics", "service")  # sides of a trade that reviews complain of
ANSWER_DAYS = 7  # negative reviews so recent are to be answered
LISTED = 8  # items that an error names, those reviewed most


class Numbers(PartOf[Page]):
    """All numbers of the page, each worked out when it is first asked for, from the parameters it reads.

    Periods are None where the reviews have no days: then `now` is all of them.
    """

    @property
    def _reviews(self) -> ibis.Table:
        return self._whole.shop.table("reviews")

    @property
    def _own_names(self) -> tuple[str, ...]:
        return (self._whole.shop.name, *OWN)

    def _table(self, name: str) -> ibis.Table | None:
        return self._whole.shop.table(name) if self._whole.shop.has(name) else None

    @derived
    def said(self) -> Said:
        """The reviews up to the last day, judged."""
        item, until = self.given["item"], self._whole.day("end_date")
        said = metrics.read_reviews(
            self._reviews, until=until, item=item, own_names=self._own_names, own_words=own_words(self._whole)
        )
        if said.all_rows:
            return said
        raise _nothing_read(self._whole, self._own_names)

    @derived
    def _there(self) -> tuple[dt.date, dt.date] | None:
        """First and last day with a review; None where reviews have no time."""
        if not self.said.dated:
            return None
        days = [*self.said.reviews["day"].dropna(), *self.said.defaults["day"].dropna()]
        return min(days), max(days)

    @derived
    def end(self) -> dt.date | None:
        """The page's "today"; None where reviews have no time."""
        return self._whole.day("end_date") or self._there[1] if self._there else None

    @derived
    def period(self) -> Period | None:
        """The last 30 days of reviews unless given; None where reviews have no time."""
        end, there, page = self.end, self._there, self._whole
        if end is None or there is None:
            return None
        period = Period(page.day("start_date") or end - dt.timedelta(days=DAYS - 1), end)
        if period.end < there[0] or period.start > there[1]:
            raise no_days(page.slug, "reviews", there, start=period.start, end=page.day("end_date"))
        return period

    @property
    def compare(self) -> Period | None:
        """As many days before."""
        return self.period.before() if self.period else None

    @derived
    def now(self) -> pd.DataFrame:
        """Reviews of the period."""
        return metrics.within(self.said, self.period)

    @derived
    def before(self) -> pd.DataFrame:
        """Reviews of the period compared with."""
        return metrics.within(self.said, self.compare) if self.compare else self.said.reviews.iloc[:0]

    @derived
    def counts(self) -> list[AspectCount]:
        """Complaints and praise of each aspect."""
        return metrics.aspect_counts(self.said, self.now, self.before)

    def marked(self, what: str) -> pd.Series:
        """Which reviews are `negative`, or complain of `product`, `logistics` or `service`, or of an aspect."""
        return self.kept.value(f"Numbers.marked.{what}", self.given, lambda: self._marked_anew(what))

    def _marked_anew(self, what: str) -> pd.Series:
        if what == "negative":
            return self.said.reviews["negative"]
        if what in GROUPS:
            return metrics.complaining_of_group(self.said, what)
        return metrics.complaining(self.said, what)

    def weeks(self, what: str) -> pd.DataFrame:
        """The share of them by week up to the last day of the period, which there must be."""
        return self.kept.value(f"Numbers.weeks.{what}", self.given, lambda: self._weeks_anew(what))

    def _weeks_anew(self, what: str) -> pd.DataFrame:
        if self.end is None:
            raise ValueError("reviews without days have no weeks")
        return metrics.weekly(self.said, self.marked(what), self.end)

    @derived
    def opinions(self) -> dict[str, pd.DataFrame]:
        """Aspect to what the reviews of the period say of it, in their order."""
        said = self.said.opinions
        return dict(iter(said[said["review"].isin(self.now.index)].groupby("aspect")))

    @derived
    def marking_words(self) -> pd.DataFrame:
        """Words that mark bad from good; none where there are too few reviews."""
        return more.marking_words(self.now) if len(self.now) >= metrics.LEAST_REVIEWS else pd.DataFrame()

    @derived
    def new_nouns(self) -> pd.DataFrame:
        """Nouns that deserve an aspect."""
        return more.own_aspects(self.now, own_words=own_words(self._whole))

    @derived
    def trade_days(self) -> pd.DataFrame:
        """Buyers, orders, parcels a day."""
        return reviews_orders.trade_days(self._table("shop_daily"))

    @derived
    def shop_days(self) -> pd.DataFrame:
        """The daily report; empty where there is none."""
        found = self._table("shop_daily")
        return pd.DataFrame() if found is None else daily(found)

    @derived
    def to_answer(self) -> pd.DataFrame:
        """Negative reviews that are to be answered."""
        return _to_answer(self.now, self.period)

    @derived
    def clusters(self) -> list[more.Cluster]:
        """Complaints that came together."""
        return more.clusters(self.said, self.end) if self.end else []

    @derived
    def changes(self) -> pd.DataFrame:
        """Events of the change log with shares before and after."""
        if self.end is None:
            return pd.DataFrame()
        return more.around_changes(self.said, self._whole.frame("changes"), self.end, self.bought)

    @derived
    def rival(self) -> more.Rival | None:
        """The rival asked for, else the one with most reviews, beside the own ones; None without reviews of another."""
        known = metrics.rivals(self._reviews, own_names=self._own_names)
        asked = self.given["rival"]
        if asked and asked not in known:
            raise ParameterError(
                "parameter_choice", report=self._whole.slug, name="rival", found=asked, allowed=known or labels.MISSING
            )
        if not known:
            return None
        name, until = asked or known[0], self._whole.day("end_date")
        theirs = metrics.read_reviews(
            self._reviews, until=until, item="", own_names=(), rival=name, own_words=own_words(self._whole)
        )
        return more.beside_rival(self.said, theirs, name, asked=self.period)

    @derived
    def bought(self) -> reviews_bought.Bought | None:
        """Reviews beside their orders, where both files name them."""
        orders = self._table("orders")
        if self.end is None or orders is None:
            return None
        return reviews_bought.join_orders(self.said, self._reviews, orders, self.end)

    # The leading complaint

    @derived
    def lead(self) -> AspectCount | None:
        """The aspect asked for, else the leading complaint."""
        return _lead(self._whole, self.counts)

    @property
    def _marked(self) -> pd.Series:
        """Which reviews make it."""
        if self.lead is None:
            return pd.Series(False, index=self.said.reviews.index)
        return self.marked(self.lead.aspect)

    @derived
    def since(self) -> Onset | None:
        """Since when it is more frequent."""
        return metrics.onset(self.said, self._marked, self.end) if self.end else None

    @derived
    def spots(self) -> pd.DataFrame:
        """Items and SKUs it is about."""
        return metrics.places(self.now, self._marked) if len(self.now) else pd.DataFrame()

    @derived
    def place(self) -> Place | None:
        """Where it gathers."""
        return _place(self._whole, self.spots, self.lead)

    @derived
    def refunds(self) -> RefundsSeen | None:
        """Refunds of that item for faults; None: not looked."""
        refunds = self._table("refunds")
        if not (self.place and self.place.item_id and self.period and self.compare) or refunds is None:
            return None
        return reviews_orders.fault_refunds(refunds, self.place.item_id, self.period, self.compare)

    @derived
    def paid_since(self) -> Onset | None:
        """Day of payment from which that item is refunded for faults; None: not looked."""
        refunds = self._table("refunds")
        if not (self.place and self.place.item_id and self.end) or refunds is None:
            return None
        return reviews_orders.paid_since(refunds, self.place.item_id, self.trade_days, self.end)

    @derived
    def paid_days(self) -> pd.DataFrame:
        """Reviews by day of payment, at equal age."""
        if self.bought is None or self.end is None:
            return pd.DataFrame()
        return reviews_bought.by_payment(self.said, self.bought, self._marked, self.end)

    @derived
    def said_since(self) -> Onset | None:
        """Day of payment from which the complaint is written more often."""
        return reviews_bought.since_payment(self.paid_days) if self.bought and self.lead else None

    @derived
    def refunded(self) -> RefundsSeen | None:
        """Refunds of the orders whose reviews make the complaint."""
        refunds = self._table("refunds")
        if not (self.bought and self.lead) or refunds is None:
            return None
        rows = self.said.reviews.index[self._marked.to_numpy(bool)]
        return reviews_bought.refunded(self.said, rows, self._reviews, refunds)

    @derived
    def conversion(self) -> items.ItemChange | None:
        """Of the place's item, the last 7 days against normal weeks before the onset."""
        return _conversion(self._whole, self.place, self.since, self.period)

    @property
    def defaults(self) -> int:
        """Reviews of the period that the platform wrote."""
        days = self.said.defaults["day"]
        if self.period is None:
            return len(days)
        return sum(1 for day in days if day is not None and self.period.start <= day <= self.period.end)

    def complaints(self, group: str, rows: pd.DataFrame) -> int:
        """Reviews among `rows` that complain of product, logistics or service."""
        return int(self.marked(group)[rows.index].sum())

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
        return int(self.bought.paid[self.marked(self.lead.aspect)].notna().sum())


def _nothing_read(page: Page, own_names: tuple[str, ...]) -> ShopnbError:
    """Why there is no review to read: none of the shop's own, none of the item, or none that early."""
    frame = page.shop.table("reviews").select("shop", "item_id", "reviewed_at").to_pandas()
    own = frame[frame["shop"].isna() | frame["shop"].isin(own_names)]
    if own.empty:
        known = sorted(frame["shop"].unique())
        return MissingDataError("no_own_reviews", report=page.slug, shop=page.shop.name, known=known)
    item = page.given["item"]
    of_item = own[own["item_id"] == item] if item else own
    if of_item.empty:
        ids = own["item_id"].dropna().value_counts().index
        return ParameterError("parameter_choice", report=page.slug, name="item", found=item, allowed=[*ids[:LISTED]])
    days = of_item["reviewed_at"].dropna().dt.date
    return no_days(page.slug, "reviews", (min(days), max(days)), end=page.day("end_date"))


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
    pair = items.item_pair(items.item_rows(table, [week, *bases]), week, bases) if bases else None
    moved = items.item_changes(pair, now_days=week.days) if pair else []
    return next((one for one in moved if one.item_id == place.item_id and one.visitors and one.payers), None)


def _to_answer(now: pd.DataFrame, period: Period | None) -> pd.DataFrame:
    """Negative reviews of the last days, newest first."""
    if period is None:
        return now.iloc[:0]
    recent = now["day"].map(lambda day: (period.end - day).days < ANSWER_DAYS).astype(bool)
    return now[recent & now["negative"]].iloc[::-1]
