"""What buyers praise and complain about, since when, about which item, and what to answer (pages.md 2.5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shopnb import labels, text, view
from shopnb.findings import Finding
from shopnb.findings.reviews import Seen, find_reviews
from shopnb.metrics import reviews as metrics
from shopnb.metrics import reviews_orders
from shopnb.metrics.periods import Period
from shopnb.pages import review_analysis_evidence, review_analysis_numbers, review_analysis_sections
from shopnb.pages.aspects import aspect_names
from shopnb.pages.base import Page
from shopnb.pages.record import Figure
from shopnb.pages.review_analysis_numbers import Numbers
from shopnb.stats import Estimate, compare_proportions

LEAST_WEEKS = 4  # of a small line on a card


class ReviewAnalysis(Page):
    """Reviews by aspect, time, item and side of the business, with the sentences behind every number."""

    slug = "review_analysis"
    days_behind = 7  # exported once a week
    needs = ("reviews",)
    uses = ("shop_daily", "item_period", "refunds", "orders", "items", "changes", "campaigns", "peers")
    section_keys = ("trend", "aspects", "three_way", "where", "evidence", "words", "money", "rival", "to_do")

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Language and aspects."""
        return {**super().choices(), "aspect": ("", *aspect_names(self))}

    def compute(self) -> Numbers:
        """The numbers, each worked out when it is asked for; the reviews are read, the period is checked."""
        self.choice("aspect")
        numbers = Numbers(self)
        _ = numbers.period
        return numbers

    def period(self) -> tuple[Period | None, Period | None]:
        """The period and the one before."""
        return self.numbers.period, self.numbers.compare

    def find(self) -> list[Finding]:
        """Complaints, reviews to answer, selling points."""
        n: Numbers = self.numbers
        fresh = [day for day in n.to_answer["day"] if n.end and (n.end - day).days < 2]
        seen = Seen(
            counts=n.counts,
            names=aspect_names(self),
            groups=n.said.groups,
            end=n.end,
            place=n.place,
            since=n.since,
            refunds=n.refunds,
            conversion=n.conversion,
            paid_since=(n.paid_since.first if n.paid_since else None) or (n.said_since.first if n.said_since else None),
            evidence=review_analysis_evidence.typical_clauses(self, n.lead.aspect, 2) if n.lead else [],
            period=n.period,
            to_answer=len(n.to_answer),
            within_two_days=len(fresh),
            answer_chance=float(1 - n.to_answer["chance"].clip(upper=0.5).mean()) if len(n.to_answer) else 0.0,
        )
        return find_reviews(seen)

    def figures(self) -> dict[str, Figure]:
        """Shares with their denominators."""
        n: Numbers = self.numbers
        size, before = float(len(n.now)), float(len(n.before))
        negative = metrics.share(float(n.now["negative"].sum()), size)
        earlier = metrics.share(float(n.before["negative"].sum()), before)
        shown = {
            "reviews_with_text": Figure(size, "count"),
            "reviews_with_text_before": Figure(before, "count"),
            "default_reviews": Figure(float(n.defaults), "count"),
            "mixed_reviews": Figure(float(metrics.mixed(n.said, n.now.index)), "count", n=size),
            "negative_share": _figure(negative, size),
            "negative_share_before": _figure(earlier, before),
            "negatives_per_1000_buyers": _per_thousand(n.behind("product", n.period), int(n.now["negative"].sum())),
            "logistics_negatives_per_1000_parcels": _per_thousand(
                reviews_orders.parcels_behind(n.trade_days, n.period), n.complaints("logistics", n.now)
            ),
        }
        check = n.said.check
        shown["error_own_marks"] = Figure(check.error, "share", n=float(check.marked), code="too_few")
        for one in n.counts:
            behind = n.behind(n.said.groups[one.aspect], n.period)
            shown[f"complaints_per_1000_{one.aspect}"] = _per_thousand(behind, one.negative)
            shown[f"negative_share_{one.aspect}"] = _figure(one.negative_share, size)
            shown[f"positive_share_{one.aspect}"] = _figure(one.positive_share, size)
        return {
            name: figure if math.isnan(figure.value) else Figure(**{**vars(figure), "code": None})
            for name, figure in shown.items()
        }

    # First screen

    def period_line(self) -> str:
        """The line under the title."""
        n: Numbers = self.numbers
        counted = {"text": len(n.now), "defaults": n.defaults}
        if n.period is None or n.compare is None:
            return self.text("period_undated", **counted)
        return self.text("period", now=self.span(n.period), compare=self.span(n.compare), **counted)

    def quiet(self) -> str:
        """What is said where nothing stands out."""
        return self.text("quiet", count=len(self.numbers.now))

    def verdict(self) -> str:
        """One sentence with one main figure."""
        n: Numbers = self.numbers
        now = metrics.share(float(n.now["negative"].sum()), len(n.now))
        before = metrics.share(float(n.before["negative"].sum()), len(n.before))
        names = aspect_names(self)
        if math.isnan(now.estimate):
            return self.text("verdict.too_few", count=len(n.now))
        values: dict[str, Any] = {"share": now.estimate, "low": now.low, "high": now.high, "before": before.estimate}
        if n.lead is None:
            return self.text("verdict.no_complaint", **values)
        values |= {"aspect": names[n.lead.aspect], "count": n.lead.negative, "mentions": n.lead.negative_share.estimate}
        if n.lead.real and n.lead.change.estimate > 0:
            values["mentions_before"] = n.lead.negative_before / n.lead.reviews_before
            if n.place and n.since and n.since.first:
                spot = review_analysis_numbers.spot_label(self, n.place.item_id, n.place.sku)
                return self.text("verdict.rose_here", **values, day=n.since.first, spot=spot)
            return self.text("verdict.rose", **values)
        return self.text("verdict.undated" if math.isnan(before.estimate) else "verdict.level", **values)

    def cards(self) -> list[view.Card]:
        """Four to six numbers."""
        n: Numbers = self.numbers
        names = aspect_names(self)
        count_line = (self.text("card.before", value=str(len(n.before))),) if n.compare else ()
        cards = [
            view.Card(
                self.text("card.with_text"),
                labels.format_value(len(n.now), "int", self.lang),
                lines=count_line,
                spark=self._weeks("negative", "reviews"),
                spark_alt=self.text("card.spark", name=self.text("card.with_text")),
            )
        ]
        cards.append(
            self._share_card(
                self.text("card.negative"),
                int(n.now["negative"].sum()),
                int(n.before["negative"].sum()),
                "negative",
            )
        )
        if n.lead:
            label = self.text("card.mentions", aspect=names[n.lead.aspect])
            cards.append(self._share_card(label, n.lead.negative, n.lead.negative_before, n.lead.aspect))
        now, before = n.complaints("logistics", n.now), n.complaints("logistics", n.before)
        cards.append(self._share_card(self.text("card.logistics"), now, before, "logistics"))
        return [*cards, *self._per_thousand_card(), *self._score_card()]

    def _per_thousand_card(self) -> list[view.Card]:
        """Negative reviews per 1,000 buyers: it moves less than the share when fewer happy people write."""
        n: Numbers = self.numbers
        behind, behind_before = n.behind("product", n.period), n.behind("product", n.compare)
        per = behind.per_thousand(int(n.now["negative"].sum()))
        if math.isnan(per.estimate):
            return []
        earlier = behind_before.per_thousand(int(n.before["negative"].sum()))
        lines = [self.text("card.range", range=f"{per.low:.1f}~{per.high:.1f}")]
        if not math.isnan(earlier.estimate) and behind.aligned == behind_before.aligned:
            lines.append(self.text("card.before", value=f"{earlier.estimate:.1f}"))
        suffix = self.text("card.by_payment" if behind.aligned else "card.by_day", first=n.lags[0], last=n.lags[1])
        return [view.Card(self.text("card.per_thousand"), f"{per.estimate:.1f}", suffix, tuple(lines))]

    def _weeks(self, what: str, name: str) -> tuple[float | None, ...]:
        """A number of the last weeks for the small line; none where there are fewer than four."""
        n: Numbers = self.numbers
        if n.period is None:
            return ()
        weeks = n.weeks(what)
        return tuple(float(value) for value in weeks[name].tail(9)) if len(weeks) >= LEAST_WEEKS else ()

    def _share_card(self, label: str, part: int, part_before: int, what: str) -> view.Card:
        n: Numbers = self.numbers
        now, before = metrics.share(part, len(n.now)), metrics.share(part_before, len(n.before))
        if math.isnan(now.estimate):
            return view.Card(label, labels.MISSING, lines=(self.text("card.too_few", part=part, whole=len(n.now)),))
        shown_range = labels.format_range(now.low, now.high, "pct", self.lang)
        lines = [self.text("card.range", range=shown_range)]
        tone: view.Tone = ""
        direction: view.Direction = ""
        if not math.isnan(before.estimate):
            change = compare_proportions(part_before, len(n.before), part, len(n.now), level=metrics.LEVEL)
            lines.append(self.text("card.than_before", change=change.estimate))
            direction = "level" if abs(change.estimate) < 0.0005 else "up" if change.estimate > 0 else "down"
            if not change.low <= 0 <= change.high:
                tone = "attention" if change.estimate > 0 else "good"
        value = labels.format_value(now.estimate, "pct", self.lang)
        spark = self._weeks(what, "value")
        return view.Card(label, value, "", tuple(lines), direction, tone, spark, self.text("card.spark", name=label))

    def _score_card(self) -> list[view.Card]:
        n: Numbers = self.numbers
        if n.period is None or n.shop_days.empty:
            return []
        known = n.shop_days[n.period.holds(n.shop_days["day"])]["description_score"].dropna()
        if known.empty:
            return []
        value = labels.format_value(float(known.iloc[-1]), "score", self.lang)
        return [view.Card(self.text("card.description"), value, lines=(self.text("card.slow"),))]

    def build_section(self, key: str) -> view.Section:
        """One section."""
        return review_analysis_sections.build(self, key)

    def health_notes(self) -> list[view.Note]:
        """What is counted, what is missing, how often the machine is wrong."""
        n: Numbers = self.numbers
        notes = [view.Note("error_rate", self._error_text())]
        if n.period is None:
            notes.append(view.Note("undated", self.text("health.undated"), "attention"))
        else:
            notes.append(view.Note("lag", self._lag_text()))
        if (n.said.reviews["item_id"] == "").all():
            notes.append(view.Note("no_items", self.text("health.no_items"), "attention"))
        notes.append(view.Note("not_all_buyers", self.text("health.not_all_buyers")))
        notes.append(view.Note("defaults", self.text("health.defaults", count=n.defaults)))
        notes.append(view.Note("mixed", self.text("health.mixed", count=metrics.mixed(n.said, n.now.index))))
        if hidden := metrics.masked(n.said):
            notes.append(view.Note("masked", self.text("health.masked", count=hidden)))
        for reason, count in n.said.aside.items():
            notes.append(view.Note(f"aside_{reason}", self.text(f"health.aside.{reason}", count=count)))
        return notes

    def _lag_text(self) -> str:
        n: Numbers = self.numbers
        return self.text("health.lag_own" if n.bought else "health.lag", first=n.lags[0], last=n.lags[1])

    def _error_text(self) -> str:
        check = self.numbers.said.check
        if math.isnan(check.error):
            return self.text("health.error_measured", wrong=round(100 * text.MEASURED_ERROR))
        values = {"wrong": round(100 * check.error), "shipped": round(100 * check.error_shipped), "count": check.marked}
        return self.text("health.error_adapted" if check.used else "health.error_own", **values)


def _per_thousand(behind: reviews_orders.Behind, marked: int) -> Figure:
    found = behind.per_thousand(marked)
    return Figure(found.estimate, "per_1000", found.low, found.high, behind.count, found.code)


def _figure(found: Estimate, whole: float) -> Figure:
    return Figure(found.estimate, "share", found.low, found.high, whole, found.code)
