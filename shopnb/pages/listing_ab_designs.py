"""What the listing test page knows beside its chosen test: judged changes, product tests, votes, the record.

Belongs here: reading the shop's tables for these designs, and which of them is the page's own where no version test is
chosen. The judging is `metrics.listing_changes`, `listing_products` and `listing_log`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from shopnb.metrics.listing_ab import outcome_counts
from shopnb.metrics.listing_changes import ChangeSeen, item_units, judge_changes
from shopnb.metrics.listing_controls import outside_series
from shopnb.metrics.listing_disturbed import Disturbed, disturbed_days
from shopnb.metrics.listing_log import Record, finished, past_test, record_of
from shopnb.metrics.listing_money import Natural, natural_of
from shopnb.metrics.listing_products import ProductTest, Vote, judge_products, product_plans, read_votes
from shopnb.metrics.listing_rules import PARTS, Line, Rule, line_of, own_lines, rules_of
from shopnb.metrics.listing_tests import Counts, ListingTest, counts_of
from shopnb.metrics.periods import Event
from shopnb.shop import Shop

READ_TESTS = 20  # so many past tests are read again for the record
_PEER_NAMES = {"click_rate": ("点击率",), "cart_rate": ("加购率",), "payment": ("点击转化率",)}


@dataclass(frozen=True)
class Designs:
    """Everything that is lazily read from one shop for the page's other designs.

    `last_day`: the report's today, None for the last day there is. `events`: campaigns and festivals.
    """

    shop: Shop
    events: Sequence[Event]
    last_day: dt.date | None

    def _table(self, name: str) -> Any:
        return self.shop.table(name) if self.shop.has(name) else None

    def _frame(self, name: str) -> pd.DataFrame:
        table = self._table(name)
        return pd.DataFrame() if table is None else table.to_pandas()

    @cached_property
    def today(self) -> dt.date:
        """The last day that any series has, unless a day is given."""
        ends = [self.shop.days(name) for name in ("item_period", "item_trend", "ad_daily") if self.shop.has(name)]
        found = max((span[1] for span in ends if span), default=dt.date.max)
        return self.last_day or found

    @cached_property
    def logged(self) -> pd.DataFrame:
        """The change log; empty with its columns where there is none."""
        frame = self._frame("changes")
        return frame if len(frame) else pd.DataFrame(columns=["day", "object", "item_id", "change"])

    @cached_property
    def changes(self) -> list[ChangeSeen]:
        """Changes of items with a metric, judged, the newest first."""
        if self.logged.empty:
            return []
        read = ("item_period", "item_trend", "ad_daily", "refunds")
        units = item_units(*(self._table(name) for name in read))
        items = self._frame("items")
        known = items.dropna(subset=["category"]) if len(items) else pd.DataFrame(columns=["item_id", "category"])
        categories = dict(zip(known["item_id"], known["category"], strict=True))
        outside = outside_series(self._frame("peers"), self._table("market_index"))
        return judge_changes(
            self.logged, units, events=self.events, categories=categories, last_day=self.today, outside=outside
        )

    def natural(self, item_ids: Sequence[str], end: dt.date) -> Natural | None:
        """Natural exposure of the tested items, as far as an export tells it."""
        return natural_of(self._table("traffic_detail"), self._table("ad_daily"), item_ids, end)

    @cached_property
    def plans(self) -> pd.DataFrame:
        """Plans that may be product tests."""
        ads = self._table("ad_daily")
        return product_plans(ads) if ads is not None else pd.DataFrame(columns=["plan", "named"])

    def product_test(self, plan: str) -> ProductTest:
        """One plan, its items judged."""
        given = {rate: line.value for rate, line in self.peer_lines.items()}
        changed = self._page_changed(dt.date.max)
        return judge_products(self._table("ad_daily"), plan, peers=given, detail_changed=changed)

    @cached_property
    def peer_lines(self) -> dict[str, Line]:
        """Rates of the peers as last typed in."""
        peers = self._frame("peers")
        given = {}
        for rate, names in _PEER_NAMES.items():
            found = peers[peers["metric"].isin(names)].dropna(subset=["peer_mean"]) if len(peers) else peers
            if len(found):
                last = found.sort_values("noted_on").iloc[-1]
                given[rate] = Line(float(last["peer_mean"]), "peers", pd.Timestamp(last["noted_on"]).date())
        return given

    def _page_changed(self, before: dt.date) -> set[str]:
        """Items whose detail page was changed before a day."""
        detail = self.logged[self.logged["change"] == "详情"].dropna(subset=["item_id", "day"])
        return set(detail.loc[pd.to_datetime(detail["day"]).dt.date < before, "item_id"])

    def rules(self, counts: Counts, control: str) -> Sequence[Rule]:
        """LT9 to LT11 for the version in use of a dated test."""
        if not counts.dated:
            return ()
        first = min(counts.daily["day"])
        own = own_lines(self._table("ad_daily"), first)
        lines = {metric: line_of(metric, own, self.peer_lines) for metric in PARTS}
        frames = {metric: outcome_counts(counts, metric) for metric in PARTS}
        mine = {metric: frame[frame["variant"] == control] for metric, frame in frames.items()}
        known = {metric: line for metric, line in lines.items() if line is not None}
        changed = bool(self._page_changed(first) & set(counts.item_ids))
        return rules_of(mine, known, detail_changed=changed)

    @cached_property
    def products(self) -> ProductTest | None:
        """The product test to show: the newest of those named so; None without one."""
        named = self.plans[self.plans["named"].astype(bool)] if len(self.plans) else self.plans
        return self.product_test(str(named["plan"].iloc[0])) if len(named) else None

    @cached_property
    def votes(self) -> list[Vote]:
        """Votes, the newest first."""
        frame = self._frame("votes")
        return read_votes(frame) if len(frame) else []

    @cached_property
    def others(self) -> list[ListingTest]:
        """Product tests, judged changes and votes in the form of tests, after which the page can be asked."""
        made = [
            ListingTest(row.plan, "products", int(row.items), float(row.impressions), row.first, row.last, (row.plan,))
            for row in self.plans.itertuples()
        ]
        made += [
            ListingTest(change_name(one), "changes", 2, 0.0, one.first, one.last, (change_name(one),))
            for one in self.changes
        ]
        return made + [
            ListingTest(vote.question, "votes", len(vote.options), vote.total, vote.day, vote.day, (vote.question,))
            for vote in self.votes
        ]

    def record(self, tests: Sequence[ListingTest], chosen: str) -> Record:
        """What the finished tests of the tables came to, the chosen one left out."""
        dated = [test for test in tests if test.source in ("ab_daily", "ad_daily") and test.first and test.last]
        long = [test for test in dated if test.last and test.first and (test.last - test.first).days >= 4]
        found, items = [], {}
        for test in long[:READ_TESTS]:
            counts = counts_of(self.shop.table(test.source), test)
            read = past_test(counts) if len(counts.daily) else None
            if read is not None:
                found.append(read)
                items[test.name] = counts.item_ids
        return record_of(finished(found, but=chosen, last_day=self.last_day), self.changes, items, self.logged)

    def disturbed(self, item_ids: Sequence[str], first: dt.date, last: dt.date) -> Disturbed:
        """Prices and campaigns that changed after the first day of a test of these items and before its end."""
        typed = self._frame("campaigns")
        named = typed.dropna(subset=["item_ids"]) if len(typed) else pd.DataFrame(columns=["name", "item_ids"])
        joins = [
            {str(name) for name, items in zip(named["name"], named["item_ids"], strict=True) if item in str(items)}
            for item in item_ids
        ]
        return disturbed_days(
            item_ids,
            self.logged,
            self.events,
            joined=set().union(*joins),
            narrow=set(named["name"]),
            span=(first, last),
        )


def change_name(change: ChangeSeen) -> str:
    """A name that a parameter can hold."""
    return f"{change.day.isoformat()} {change.kind} {change.item_id}"
