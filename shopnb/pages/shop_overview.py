"""The page opened every day: normal or not, what moved sales, which items, refunds and service (pages.md 2.1)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import pandas as pd

from shopnb import labels, view
from shopnb.findings import Finding
from shopnb.findings.overview import find_overview
from shopnb.metrics import gates
from shopnb.metrics.changes import due
from shopnb.metrics.periods import Period, events_in
from shopnb.pages import shop_overview_sections as sections
from shopnb.pages.base import Page
from shopnb.pages.record import Figure
from shopnb.pages.shop_overview_numbers import Numbers
from shopnb.pages.shop_overview_wording import change_text, mean
from shopnb.stats import proportion_interval

GRAINS = ("", "day", "week", "four_weeks", "month")
COMPARES = ("auto", "previous", "same_weekday", "last_year")
DUE_SHOWN = 5  # lines of today's list
WHOLE_SHOP = "全店"  # scope of a typed target
SMALL_SHOP_BUYERS = 10  # buyers a day below which pages are of 28 days (pages.md 2.0)


class ShopOverview(Page):
    """Shop overview: day, week, four weeks or month, from the daily report alone."""

    slug = "shop_overview"
    needs = ("shop_daily",)
    uses = ("item_period", "ad_daily", "orders", "campaigns", "changes", "targets", "items", "peers", "service",
            "traffic_period", "stock")  # fmt: skip
    remarks = ("order_lines",)
    section_keys = ("normal", "moved", "mix", "items", "funnel", "service", "worked")

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Language, grain and comparison."""
        return {**super().choices(), "grain": GRAINS, "compare": COMPARES}

    # Numbers

    def compute(self) -> Numbers:
        """The numbers, each worked out when it is asked for; there must be days in the period."""
        numbers = Numbers(self)
        _ = numbers.period
        return numbers

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
                key = "too_few_days_paid" if math.isnan(n.now.payer_days) else "too_few_days"
                return self.text(f"verdict.{key}", **values, days=len(n.days))
            change = n.now.paid_amount / n.before.paid_amount - 1
            return self.text("verdict.no_base", **values, change=change)
        state = (
            "normal" if sales.low <= n.now.paid_amount <= sales.high else "above" if sales.direction > 0 else "below"
        )
        sentence = self.text(f"verdict.{state}", **values, low=sales.low, high=sales.high)
        usual = mean([base.margin for base in n.bases])
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
        if n.is_wholesale:
            return self._wholesale_cards()
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

    def _wholesale_cards(self) -> list[view.Card]:
        """The numbers that a 1688 shop looks at (pages.md 2.6); those that its files do not have are left out."""
        wanted = {"impressions": "int", "visitor_days": "int", "enquiries": "int", "payer_days": "int",
                  "paid_amount": "money", "returning_share": "pct", "margin": "money"}  # fmt: skip
        known = {name: kind for name, kind in wanted.items() if not math.isnan(getattr(self.numbers.now, name))}
        return [self._card(name, kind, up_is_good=True) for name, kind in known.items()][:6]

    def _card(self, name: str, kind: str, *, up_is_good: bool) -> view.Card:
        n = self.numbers
        value = getattr(n.now, name)
        if name == "payment_conversion" and not n.enough:
            text = self.text("too_few", visitors=n.now.visitor_days, payers=n.now.payer_days)
            return view.Card(labels.heading(name, self.lang), labels.MISSING, lines=(text,))
        usual = mean([getattr(base, name) for base in n.bases])
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
            suffix=self._suffix(name),
            value=labels.format_value(value, kind, self.lang),
            lines=tuple(lines),
            direction=direction,
            tone=tone,
            spark=_spark(n.days, name, n.margin_rate, n.period.end),
            spark_alt=self.text("spark", name=labels.heading(name, self.lang)),
        )

    def _suffix(self, name: str) -> str:
        """How a card's number is counted, in small type."""
        key = "suffix.with_freight" if name == "paid_amount" and self.numbers.is_wholesale else f"suffix.{name}"
        return self.text(key) if self.has_text(key) else ""

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
        if n.unfinished:
            notes.append(view.Note("partial_day", self.text("health.partial_day", day=n.unfinished), "attention"))
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


_PEOPLE = {"visitor_days": "visitors", "payer_days": "payers", "cart_user_days": "cart_users"}  # a day's are people
_SHARES = {
    "returning_share": ("returning_payers", "payers"), "payment_conversion": ("payers", "visitors"),
    "ad_share": ("ad_cost", "paid_amount"), "refund_share": ("refunded_amount", "paid_amount"),
}  # fmt: skip


def _spark(days: pd.DataFrame, name: str, margin_rate: float, end: dt.date) -> tuple[float | None, ...]:
    """The last 28 days of a number, None where it is not known."""
    known = days[(days["day"] <= end) & (days["day"] > end - dt.timedelta(days=28))].set_index("day")
    commission = known["affiliate_commission"].fillna(0)
    if name == "margin":
        kept = (known["paid_amount"] - known["refunded_amount"].fillna(0)) * margin_rate
        series = kept - known["ad_cost"].fillna(0) - commission
    elif name in _SHARES:
        part, whole = _SHARES[name]
        top = known["ad_cost"] + commission if part == "ad_cost" else known[part]
        series = top / known[whole].where(known[whole] > 0)
    else:
        series = known[_PEOPLE.get(name, name)]
    every = [end - dt.timedelta(days=27 - turn) for turn in range(28)]
    return tuple(None if math.isnan(value := float(series.get(day, math.nan))) else value for day in every)
