"""The page opened every day: normal or not, what moved sales, which items, refunds and service (pages.md 2.1)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import pandas as pd

from shopnb import labels, view
from shopnb.errors import MissingDataError
from shopnb.findings import Finding
from shopnb.findings.overview import MONTH_DAYS, Basis, find_overview, recheck
from shopnb.metrics import funnel, gates, items, overview
from shopnb.metrics.changes import Recheck, due, outcomes
from shopnb.metrics.items import ItemChange, ItemPair
from shopnb.metrics.overview import Totals
from shopnb.metrics.peers import Peer, peer
from shopnb.metrics.periods import Period, events_in, normal_bases, resolve, same_period_last_year
from shopnb.metrics.plan import plan
from shopnb.pages import shop_overview_sections as sections
from shopnb.pages.base import Figure, Page
from shopnb.pages.shop_overview_numbers import PEER_METRICS, Numbers, change_text
from shopnb.pages.source_naming import source_names
from shopnb.stats import MixRate, mix_rate, proportion_interval

GRAINS = ("", "day", "week", "four_weeks", "month")
COMPARES = ("auto", "previous", "same_weekday", "last_year")
DUE_SHOWN = 5  # lines of today's list
WHOLE_SHOP = "全店"  # scope of a typed target
SMALL_SHOP_BUYERS = 10  # buyers a day below which pages are of 28 days (pages.md 2.0)


class ShopOverview(Page):
    """Shop overview: day, week, four weeks or month, from the daily report alone."""

    slug = "shop_overview"
    needs = ("shop_daily",)
    uses = ("item_period", "ad_daily", "orders", "campaigns", "changes", "targets", "items", "peers", "service")
    section_keys = ("normal", "moved", "mix", "items", "funnel", "service", "worked")

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Language, grain and comparison."""
        return {**super().choices(), "grain": GRAINS, "compare": COMPARES}

    # Numbers

    def compute(self) -> Numbers:
        """Read the daily report and what adds to it."""
        grain, compare = self.choice("grain"), self.choice("compare")
        days = overview.daily(self.shop.table("shop_daily"), until=self.day("end_date"))
        if len(days) > 1 and days["day"].iloc[-1] == self._unfinished:
            days = days.iloc[:-1]
        if days.empty:
            raise MissingDataError("no_days", report=self.slug, table="shop_daily", end=self.given["end_date"])
        period = resolve(
            days["day"].iloc[-1], start=self.day("start_date"), end=self.day("end_date"), grain=grain or _grain(days)
        )
        if not period.holds(days["day"]).any():
            raise MissingDataError(
                "no_days_in_period",
                report=self.slug,
                start=period.start,
                end=period.end,
                first=days["day"].iloc[0],
                last=days["day"].iloc[-1],
            )
        rate = self.margin_rate()
        now = overview.totals(days, period, margin_rate=rate)
        base_periods = normal_bases(period, self.events, days["day"].iloc[0], wanted=8)
        bases = overview.mean_totals(days, base_periods, margin_rate=rate)
        compared = self._compared(compare, period, bases)
        pair = self._pair(period, [base.period for base in bases], compared)
        moved = items.item_changes(pair, now_days=period.days) if pair else []
        refund_share = _mean([base.refund_share for base in bases] or [now.refund_share])
        band = overview.band(_with_month_end(days, period.end), self.events)
        before = overview.totals(days, compared, margin_rate=rate)
        basis = Basis.of(rate, refund_share)
        typed = self.frame("peers")
        peers = {
            stage: peer(typed, metric, end=period.end, days=period.days)
            for stage, metric in funnel.PEER_METRICS.items()
        }
        last_year, event = self._last_year(days, period, rate)
        ads = self.shop.table("ad_daily") if self.shop.has("ad_daily") else None
        item_period = self.shop.table("item_period") if self.shop.has("item_period") else None
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
            split=overview.sales_split(now, before),
            pair=pair,
            scenes=self._scenes(period, compared),
            items=moved,
            mix=_item_mix(moved),
            margin_rate=rate,
            basis=basis,
            target=plan(self._targets(period.end), days, band, period.end, margin_rate=rate),
            peers={metric: peer(typed, metric, end=period.end, days=period.days) for metric in PEER_METRICS},
            last_year=last_year,
            last_year_event=event,
            funnel=self._funnel(days, now, peers, basis),
            chat=funnel.chat(self.frame("service"), days, period),
            listing=funnel.listing(ads, days, sold, period),
            quadrants=items.quadrants(moved, items.paid_clicks(ads, period) if ads is not None else pd.DataFrame()),
            goods=items.goods_range(moved),
            outcomes=outcomes(self.frame("changes"), days, item_period, self.events, period.end),
            rechecks=self._rechecks(days, period, rate, basis),
        )

    @cached_property
    def _unfinished(self) -> dt.date | None:
        """The last day of the daily report where it was exported on that day itself: its numbers are not whole yet."""
        made = [one for one in self.shop.accounts("shop_daily") if one.kept and one.exported_at and one.days]
        newest = max(made, key=lambda one: one.exported_at or dt.datetime.min, default=None)  # noqa: DTZ901 - shop time
        if newest is None or newest.exported_at is None:
            return None
        last = dt.date.fromisoformat(newest.days[1])
        return last if newest.exported_at.date() <= last else None

    def _compared(self, compare: str, period: Period, bases: Sequence[Totals]) -> Period:
        if compare == "last_year":
            return same_period_last_year(period, self.events)[0]
        if compare == "same_weekday" or (compare == "auto" and period.days < 7):
            return bases[0].period if bases else period.shifted(-7)
        return period.before() if period.days % 7 == 0 or period.days > 7 else period.shifted(-7)

    def _pair(self, period: Period, bases: Sequence[Period], compared: Period) -> ItemPair | None:
        if not self.shop.has("item_period"):
            return None
        table = self.shop.table("item_period")
        return items.item_pair(table, period, bases) or items.item_pair(table, period, [compared])

    def _targets(self, end: dt.date) -> pd.DataFrame:
        """Goals of the whole shop: the typed table, else the month's payment from the shop's settings."""
        typed = self.frame("targets")
        whole = typed[typed["scope"].fillna("").isin(["", WHOLE_SHOP])]
        month = f"{end:%Y-%m}"
        goal = self.shop.settings.targets.get(month)
        if goal is None or (whole["period"] == month).any():
            return whole
        return pd.DataFrame([{**dict.fromkeys(typed.columns), "period": month, "paid_amount": goal}])

    def _last_year(self, days: pd.DataFrame, period: Period, rate: float) -> tuple[Totals | None, str]:
        """The same period a year ago where it is there, and the campaign that it was aligned by."""
        earlier, event = same_period_last_year(period, self.events)
        if earlier.start < days["day"].iloc[0]:
            return None, event
        found = overview.totals(days, earlier, margin_rate=rate)
        return (found if found.complete else None), event

    def _funnel(self, days: pd.DataFrame, now: Totals, peers: dict[str, Peer], basis: Basis) -> funnel.Funnel:
        clean = normal_bases(Period(now.period.end - dt.timedelta(days=6), now.period.end), self.events,
                             days["day"].iloc[0], wanted=funnel.WEEKS_BACK, back=2 * funnel.WEEKS_BACK)  # fmt: skip
        worth = now.spend_per_buyer * basis.share / now.period.days * MONTH_DAYS
        return funnel.funnel(days, now.period, peers, clean, worth=worth)

    def _rechecks(self, days: pd.DataFrame, period: Period, rate: float, basis: Basis) -> list[Recheck]:
        """What the period before put forward about items and ads, looked at again today."""
        earlier = period.before() if period.days >= 7 else period.shifted(-7)
        was = overview.totals(days, earlier, margin_rate=rate)
        if not was.complete:
            return []
        bases = normal_bases(earlier, self.events, days["day"].iloc[0], wanted=8)
        pair = self._pair(earlier, bases, earlier.before())
        then = items.item_changes(pair, now_days=earlier.days) if pair else []
        pair_now = self._pair(period, [earlier], earlier)
        since = items.item_changes(pair_now, now_days=period.days) if pair_now else []
        scenes, scenes_now = self._scenes(earlier, earlier.before()), self._scenes(period, earlier)
        names = {item.item_id: self.item_name(item.item_id, item.title) for item in then}
        found = find_overview(was, [], {}, then, basis=basis, short_names=names, scenes=scenes, totals_too=False)
        return recheck(found, since, scenes_now, earlier.end)

    def _scenes(self, now: Period, before: Period) -> list[overview.AdScene]:
        if not self.shop.has("ad_daily"):
            return []
        return overview.ad_scenes(self.shop.table("ad_daily"), now, before, source_names(self).scene)

    def period(self) -> tuple[Period | None, Period | None]:
        """The period and the one compared with."""
        return self.numbers.period, self.numbers.compare

    def find(self) -> list[Finding]:
        """Findings from totals, signals and items."""
        n = self.numbers
        if not n.now.complete:
            return []
        names = {item.item_id: self.item_name(item.item_id, item.title) for item in n.items}
        return find_overview(n.now, n.bases, n.watched, n.items, basis=n.basis, short_names=names, scenes=n.scenes)

    def figures(self) -> dict[str, Figure]:
        """Totals of the period, the exact split, the normal range."""
        n, now = self.numbers, self.numbers.now
        conversion = proportion_interval(now.payer_days, now.visitor_days)
        missing = None if now.complete else "missing_days"
        no_rate = "no_margin_rate" if math.isnan(n.margin_rate) else "missing_column"
        sales = n.watched["paid_amount"]
        known_until = max(n.days["day"].iloc[-1], n.period.end)
        open_refunds = "refunds_open" if gates.refunds_open(n.period.end, known_until=known_until) else missing
        shown = {
            "paid_amount": Figure(now.paid_amount, "CNY", n=now.period.days, code=missing),
            "paid_net_amount": Figure(
                now.paid_net_amount, "CNY", code="missing_column" if math.isnan(now.refunded_amount) else open_refunds
            ),
            "paid_amount_normal": Figure(
                sales.base, "CNY", sales.low, sales.high, len(n.bases), "too_few_normal_periods"
            ),
            "visitor_days": Figure(now.visitor_days, "count", code=missing),
            "payer_days": Figure(now.payer_days, "count", code=missing),
            "payment_conversion": Figure(
                conversion.estimate if n.enough else math.nan,
                "share",
                conversion.low,
                conversion.high,
                now.visitor_days,
                missing if n.enough else "too_few_orders",
            ),
            "spend_per_buyer": Figure(now.spend_per_buyer, "CNY", n=now.payer_days, code=missing),
            "ad_share": Figure(now.ad_share, "share", code="missing_column"),
            "refund_share": Figure(now.refund_share, "share", code="missing_column"),
            "margin": Figure(now.margin, "CNY", code=no_rate),
            "paid_amount_compare": Figure(
                n.before.paid_amount, "CNY", code=None if n.before.complete else "missing_days"
            ),
            "cart_user_days": Figure(now.cart_user_days, "count", code="missing_column"),
        }
        effects = {f"effect_{part}": Figure(value, "CNY", code="not_comparable") for part, value in n.split.items()}
        return {name: _settled(figure) for name, figure in {**shown, **effects}.items()}

    # First screen

    def period_line(self) -> str:
        """The line under the title."""
        n = self.numbers
        line = self.text("period", now=self.span(n.period), compare=self.span(n.compare))
        return line + (self.text("period_bases", count=len(n.bases)) if n.bases else "")

    def verdict(self) -> str:
        """One sentence with one main figure."""
        n, sales = self.numbers, self.numbers.watched["paid_amount"]
        if not n.now.complete:
            return self.text("verdict.missing_days", have=n.period.days - len(n.now.missing_days), want=n.period.days)
        values = {"paid": n.now.paid_amount, "margin": n.now.margin, "payers": n.now.payer_days}
        if math.isnan(sales.low):
            if not n.comparable or not n.before.paid_amount:
                return self.text("verdict.too_few_days", **values, days=len(n.days))
            change = n.now.paid_amount / n.before.paid_amount - 1
            return self.text("verdict.no_base", **values, change=change)
        state = (
            "normal" if sales.low <= n.now.paid_amount <= sales.high else "above" if sales.direction > 0 else "below"
        )
        sentence = self.text(f"verdict.{state}", **values, low=sales.low, high=sales.high)
        usual = _mean([base.margin for base in n.bases])
        if math.isnan(usual) or usual <= 0:
            return sentence + self.text("verdict.stop")
        change = n.now.margin - usual
        key = "margin_level" if abs(change) < 0.1 * usual else "margin_up" if change > 0 else "margin_down"
        return sentence + self.text(f"verdict.{key}", **values, change=abs(change), share=change / usual)

    def progress(self) -> view.Progress | None:
        """How far the month's target is reached."""
        goal = self.numbers.target
        if goal is None or goal.goal <= 0:
            return None
        key = "progress" if goal.expected > goal.reached else "progress_done"
        text = self.text(
            key,
            month=goal.month,
            goal=goal.goal,
            reached=goal.reached,
            expected=goal.expected,
            low=goal.low,
            high=goal.high,
            gap=goal.goal - goal.reached,
        )
        return view.Progress(text, goal.reached / goal.goal)

    def cards(self) -> list[view.Card]:
        """Four to six numbers."""
        n = self.numbers
        cards = [self._card("paid_amount", "money", up_is_good=True)]
        if not math.isnan(n.now.margin):
            cards.append(self._card("margin", "money", up_is_good=True))
        cards.append(self._card("visitor_days", "int", up_is_good=True))
        cards.append(self._card("payment_conversion", "pct2", up_is_good=True))
        if not n.enough or math.isnan(n.now.margin):
            cards.append(self._card("cart_user_days", "int", up_is_good=True))
        for name in ("ad_share", "refund_share"):
            if not math.isnan(getattr(n.now, name)):
                cards.append(self._card(name, "pct", up_is_good=False))
        return cards[:6]

    def _card(self, name: str, kind: str, *, up_is_good: bool) -> view.Card:
        n = self.numbers
        value = getattr(n.now, name)
        if name == "payment_conversion" and not n.enough:
            text = self.text("too_few", visitors=n.now.visitor_days, payers=n.now.payer_days)
            return view.Card(labels.heading(name, self.lang), labels.MISSING, lines=(text,))
        usual = _mean([getattr(base, name) for base in n.bases])
        lines = []
        if n.comparable:
            lines.append(self.text("than_before", change=change_text(value, getattr(n.before, name), kind, self.lang)))
        if not math.isnan(usual):
            lines.append(self.text("than_usual", change=change_text(value, usual, kind, self.lang)))
        signal = n.watched.get("refund_load" if name == "refund_share" else name)
        tone: view.Tone = ""
        if signal and signal.stands_out:
            tone = "good" if (signal.direction > 0) == up_is_good else "attention"
        compared = getattr(n.before, name) if n.comparable else usual
        direction: view.Direction = (
            ""
            if math.isnan(compared) or math.isclose(value, compared, rel_tol=1e-6)
            else "up"
            if value > compared
            else "down"
        )
        return view.Card(
            label=labels.heading(name, self.lang),
            suffix=self.text(f"suffix.{name}") if self.has_text(f"suffix.{name}") else "",
            value=labels.format_value(value, kind, self.lang),
            lines=tuple(lines),
            direction=direction,
            tone=tone,
            spark=_spark(n.days, name, n.margin_rate, n.period.end),
            spark_alt=self.text("spark", name=labels.heading(name, self.lang)),
        )

    def due(self) -> list[str]:
        """Changes and earlier findings to look at again, at most five, each with what came of it."""
        n = self.numbers
        lines = [
            self.text(
                "due",
                day=one.day,
                object=self.short_names.get(one.item_id, one.object),
                change=one.change,
                metric=one.metric or labels.MISSING,
                owner=one.owner or labels.MISSING,
                state=self.text(f"worked.state.{one.state}"),
            )
            for one in due(n.outcomes, n.period)
        ]
        lines += [
            self.text(
                f"recheck.{one.code}",
                object=one.object,
                then=one.then,
                now=one.now,
                day=one.found_on,
                state=self.text(f"worked.state.{one.state}"),
            )  # fmt: skip
            for one in n.rechecks
        ]
        return lines[:DUE_SHOWN]

    def quiet(self) -> str:
        """What is said where nothing stands out."""
        n = self.numbers
        if not n.now.complete or len(n.bases) < 3:
            return self.text("quiet_unknown", bases=len(n.bases))
        return self.text("quiet", items=len(n.items))

    def health_notes(self) -> list[view.Note]:
        """Missing days, campaigns in the base, what is not final."""
        n = self.numbers
        notes = []
        listed = labels.text("common.list_mark", self.lang)
        if self._unfinished:
            notes.append(view.Note("partial_day", self.text("health.partial_day", day=self._unfinished), "attention"))
        for which, totals in (("now", n.now), ("before", n.before)):
            if totals.missing_days:
                days = listed.join(labels.format_value(day, "day_short", self.lang) for day in totals.missing_days[:7])
                notes.append(
                    view.Note(
                        "missing_days",
                        self.text(f"health.missing_{which}", days=days, count=len(totals.missing_days)),
                        "attention",
                    )
                )
        if n.now.complete:
            key = "health.complete_day" if n.period.days == 1 else "health.complete"
            notes.append(
                view.Note("complete", self.text(key, start=n.period.start, end=n.period.end, days=n.period.days))
            )
        spoiled = events_in(self.events, n.compare)
        if spoiled:
            notes.append(
                view.Note(
                    "base_holds_event",
                    self.text("health.base_event", names=listed.join(event.name for event in spoiled)),
                )
            )
        if not math.isnan(n.now.refunded_amount):
            notes.append(view.Note("refunds_older", self.text("health.refunds")))
        if math.isnan(n.margin_rate):
            notes.append(view.Note("no_margin_rate", self.text("health.no_margin_rate")))
        return notes

    def build_section(self, key: str) -> view.Section:
        """One section by key."""
        return sections.build(self, key)


def _grain(days: pd.DataFrame) -> str:
    """Four weeks for a shop of fewer than 10 buyers a day, a week for others, a day where there is only one."""
    if len(days) < 2:
        return "day"
    return "four_weeks" if days["payers"].tail(28).mean() < SMALL_SHOP_BUYERS else "week"


def _next_month(month: dt.date) -> dt.date:
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


def _with_month_end(days: pd.DataFrame, end: dt.date) -> pd.DataFrame:
    """The days up to `end`, and empty rows for the rest of its month: what is still to come."""
    known = days[days["day"] <= end]
    rest = (_next_month(end.replace(day=1)) - end).days - 1
    ahead = pd.DataFrame({"day": [end + dt.timedelta(days=turn + 1) for turn in range(rest)]})
    return known.merge(ahead, on="day", how="outer").sort_values("day", ignore_index=True)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _settled(figure: Figure) -> Figure:
    """A known number needs no code unless it is to change yet; an unknown one has no interval."""
    if math.isnan(figure.value):
        return Figure(math.nan, figure.unit, n=figure.n, code=figure.code or "missing_column")
    return Figure(
        figure.value,
        figure.unit,
        figure.low,
        figure.high,
        figure.n,
        figure.code if figure.code in {"missing_days", "refunds_open"} else None,
    )


def _spark(days: pd.DataFrame, name: str, margin_rate: float, end: dt.date) -> tuple[float | None, ...]:
    """The last 28 days of a number, None where it is not known."""
    known = days[(days["day"] <= end) & (days["day"] > end - dt.timedelta(days=28))].set_index("day")
    paid = known["paid_amount"].where(known["paid_amount"] > 0)
    series = {
        "paid_amount": known["paid_amount"],
        "margin": (known["paid_amount"] - known["refunded_amount"].fillna(0)) * margin_rate
        - known["ad_cost"].fillna(0)
        - known["affiliate_commission"].fillna(0),
        "visitor_days": known["visitors"],
        "payment_conversion": known["payers"] / known["visitors"].where(known["visitors"] > 0),
        "cart_user_days": known["cart_users"],
        "ad_share": (known["ad_cost"] + known["affiliate_commission"].fillna(0)) / paid,
        "refund_share": known["refunded_amount"] / paid,
    }[name]
    every = [end - dt.timedelta(days=27 - turn) for turn in range(28)]
    return tuple(None if math.isnan(value := float(series.get(day, math.nan))) else value for day in every)


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
