"""The sections of the review page: each a question with its chart, table and how to read it."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from shopnb import charts, labels, view
from shopnb.findings.reviews import OWNERS
from shopnb.metrics import reviews as metrics
from shopnb.metrics.peers import peer
from shopnb.metrics.periods import Period, events_in
from shopnb.metrics.reviews import AspectCount
from shopnb.metrics.service import scores
from shopnb.pages import review_analysis_evidence as evidence
from shopnb.pages import review_analysis_more as more
from shopnb.pages import review_analysis_payment as payment
from shopnb.pages import review_analysis_where as where
from shopnb.pages.aspects import aspect_names
from shopnb.pages.base import Page
from shopnb.pages.review_analysis_numbers import GROUPS, Numbers
from shopnb.stats import Estimate

Parts = tuple[view.ChartPart | view.TablePart | view.TextPart, ...]
SCORES = {"product": "description_score", "logistics": "logistics_score", "service": "service_score"}


def build(page: Page, key: str) -> view.Section:
    """One section by key; `page.numbers` are those of the review page."""
    return view.Section(key, page.text(f"{key}.question"), _BUILDERS[key](page), page.text(f"{key}.how_to_read"))


def _trend(page: Page) -> Parts:
    n: Numbers = page.numbers
    if n.period is None:
        return page.muted("trend.undated"), *[more.NOTHING] * 6
    weeks = n.weeks("negative")
    if len(weeks) < 2:
        rest = more.NOTHING, *_by_payment(page)
        return page.muted("trend.too_few"), _onset_line(page), more.alarm_line(page), *rest
    all_negative = page.text("trend.negative")
    parts = [weeks.assign(series=all_negative)]
    if n.lead:
        name = page.text("trend.mentions", aspect=aspect_names(page)[n.lead.aspect])
        parts.append(n.weeks(n.lead.aspect).assign(series=name))
    title = page.text(
        "trend.title", last=float(weeks["value"].iloc[-1]), part=int(weeks["marked"].iloc[-1]),
        whole=int(weeks["reviews"].iloc[-1]), low=float(weeks["value"].min()), high=float(weeks["value"].max()),
        weeks=len(weeks),
    )  # fmt: skip
    chart = charts.chart_lines(
        pd.concat(parts, ignore_index=True)[["day", "series", "value", "low", "high"]],
        id="trend", title=title, alt=title, lang=page.lang, kind="pct", value_title=page.text("trend.axis"), zero=True,
    )  # fmt: skip
    return chart, _onset_line(page), more.alarm_line(page), _week_table(page, weeks), *_by_payment(page)


def _by_payment(page: Page) -> Parts:
    return payment.payment_line(page), payment.payment_table(page), more.changes_table(page)


def _onset_line(page: Page) -> view.TextPart:
    """Since when the leading complaint is at its rate, with the days that fit as well."""
    n: Numbers = page.numbers
    if n.lead is None or n.since is None or n.since.first is None or n.since.low is None or n.since.high is None:
        return page.muted("trend.no_onset")
    near = events_in(page.events, Period(n.since.low, n.since.high))
    values = {
        "aspect": aspect_names(page)[n.lead.aspect], "day": n.since.first, "low": n.since.low, "high": n.since.high,
        "before": n.since.step.rate_before, "after": n.since.step.rate_after,
    }  # fmt: skip
    sentence = page.text("trend.onset", **values)
    if near:
        names = labels.text("common.list_mark", page.lang).join(dict.fromkeys(event.name for event in near))
        sentence += page.text("trend.onset_event", names=names)
    return view.TextPart(sentence)


def _week_table(page: Page, weeks: pd.DataFrame) -> view.TablePart:
    shown = weeks.assign(
        negative_range=[
            more.ranged(page, Estimate(row.value, row.low, row.high), int(row.marked), int(row.reviews))
            for row in weeks.itertuples()
        ]
    ).rename(columns={"day": "week", "reviews": "reviews_with_text", "marked": "negative_count"})
    columns = [
        ("week", "day"), ("reviews_with_text", "int"), ("negative_count", "int"), ("negative_range", "text"),
        ("defaults", "int"),
    ]  # fmt: skip
    return page.table("trend", shown.iloc[::-1], columns, rows=9)


def _aspects(page: Page) -> Parts:
    n: Numbers = page.numbers
    spoken = [one for one in n.counts if one.negative + one.positive]
    if not spoken or len(n.now) < metrics.LEAST_REVIEWS:
        return page.muted("aspects.too_few", count=len(n.now)), _aspect_table(page, spoken)
    names = aspect_names(page)
    named = [one for one in spoken if one.aspect != "overall"]
    top = sorted(named, key=lambda one: (-max(one.negative, one.positive / 3), one.aspect))[:8]
    rows = []
    for one in top:
        for side, found in (("complain", one.negative_share), ("praise", one.positive_share)):
            series = page.text(f"aspects.{side}")
            rows.append((names[one.aspect], series, found.estimate, found.low, found.high))
    frame = pd.DataFrame(rows, columns=["label", "series", "value", "low", "high"])
    worst, best = max(named, key=lambda one: one.negative), max(named, key=lambda one: one.positive)
    clear = worst.negative >= metrics.LEAST_MENTIONS
    title = page.text(
        "aspects.title" if clear else "aspects.title_quiet",
        worst=names[worst.aspect], bad=worst.negative_share.estimate, best=names[best.aspect],
        good=best.positive_share.estimate,
    )  # fmt: skip
    chart = charts.chart_paired(frame, id="aspects", title=title, alt=title, lang=page.lang, kind="pct")
    return chart, _aspect_table(page, spoken)


def _aspect_table(page: Page, spoken: list[AspectCount]) -> view.TablePart:
    n: Numbers = page.numbers
    names = aspect_names(page)
    rows = [
        {
            "aspect": names[one.aspect],
            "negative_count": one.negative,
            "negative_range": more.ranged(page, one.negative_share, one.negative, one.reviews),
            "per_thousand": more.per_thousand(
                page, n.behind(n.said.groups[one.aspect], n.period).per_thousand(one.negative)
            ),
            "positive_range": more.ranged(page, one.positive_share, one.positive, one.reviews),
            "is_real": more.change_told(page, one.change.estimate, one.change.low, one.change.high, real=one.real),
            "typical": " / ".join(evidence.typical_clauses(page, one.aspect, 2)),
        }
        for one in spoken
    ]
    columns = [
        ("aspect", "text"), ("negative_count", "int"), ("negative_range", "text"), ("is_real", "text"),
        ("per_thousand", "text"), ("positive_range", "text"), ("typical", "text"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=[name for name, _ in columns])
    return page.table("aspects", frame, more.known_columns(frame, columns), rows=14)


def _three_way(page: Page) -> Parts:
    n: Numbers = page.numbers
    marked = {group: n.marked(group) for group in GROUPS}
    chart: view.ChartPart | view.TextPart = page.muted("three_way.no_weeks")
    if n.period:
        weeks = [n.weeks(group).assign(series=page.text(f"group.{group}")) for group in GROUPS]
        if len(weeks[0]) >= 2:
            counts = {group: int(marked[group][n.now.index].sum()) for group in GROUPS}
            most = max(GROUPS, key=lambda group: counts[group])
            clear = counts[most] >= metrics.LEAST_MENTIONS
            key = "three_way.title" if clear else "three_way.title_quiet"
            title = page.text(key, group=page.text(f"group.{most}"), count=counts[most], whole=len(n.now))
            lines = pd.concat(weeks, ignore_index=True)[["day", "series", "value"]]
            chart = charts.chart_lines(
                lines, id="three_way", title=title, alt=title, lang=page.lang, kind="pct",
                value_title=page.text("three_way.axis"), zero=True,
            )  # fmt: skip
    return chart, _three_way_table(page, marked), _scores_line(page)


def _scores_line(page: Page) -> view.TextPart:
    """The three scores read together (RV2, RV3), beside the peers' (RV16)."""
    n: Numbers = page.numbers
    found = scores(n.shop_days, n.period, n.compare) if n.period and n.compare and not n.shop_days.empty else None
    if found is None:
        return page.muted("three_way.no_scores")
    told = page.text(f"three_way.reading.{found.reading or 'unknown'}")
    mark = labels.text("common.list_mark", page.lang)
    below = [
        page.text("three_way.below", score=labels.heading(name, page.lang), own=found.now[name], peers=mean)
        for name in SCORES.values()
        if (mean := _peer_score(page, name)) > found.now[name]
    ]
    known = any(not math.isnan(_peer_score(page, name)) for name in SCORES.values())
    if known:
        told += (
            page.text("three_way.peers_below", listed=mark.join(below)) if below else page.text("three_way.peers_met")
        )
    else:
        told += page.text("three_way.no_peers")
    return view.TextPart(told)


def _peer_score(page: Page, name: str) -> float:
    """The peers' mean of a score as copied from the back office; NaN where nobody did within 60 days."""
    n: Numbers = page.numbers
    if n.end is None or n.period is None:
        return math.nan
    return peer(page.frame("peers"), labels.heading(name, "zh"), end=n.end, days=n.period.days).mean


def _three_way_table(page: Page, marked: dict[str, pd.Series]) -> view.TablePart:
    n: Numbers = page.numbers
    rows = []
    for group in GROUPS:
        now, before = (int(marked[group][side.index].sum()) for side in (n.now, n.before))
        change = math.nan
        if min(len(n.now), len(n.before)) >= metrics.LEAST_REVIEWS:
            change = now / len(n.now) - before / len(n.before)
        rows.append(
            {
                "side": page.text(f"group.{group}"),
                "negative_count": now,
                "negative_range": more.ranged(page, metrics.share(now, len(n.now)), now, len(n.now)),
                "negative_change": change,
                "per_thousand": _per_thousand(page, group),
                "dsr": _score(n, SCORES[group], -1),
                "dsr_change": _score(n, SCORES[group], -1) - _score(n, SCORES[group], 0),
                "dsr_peers": _peer_score(page, SCORES[group]),
                "owner": labels.text(f"findings.owner.{OWNERS[group]}", page.lang),
            }
        )
    columns = [
        ("side", "text"), ("negative_count", "int"), ("negative_range", "text"), ("negative_change", "pp"),
        ("per_thousand", "text"), ("dsr", "score"), ("dsr_change", "score"), ("dsr_peers", "score"), ("owner", "text"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    return page.table("three_way", frame, more.known_columns(frame, columns))


def _per_thousand(page: Page, group: str) -> str:
    """Complaints of a side per 1,000 parcels (logistics, where known) or buyers, with range and the period before."""
    n: Numbers = page.numbers
    now, before = (
        n.behind(group, period).per_thousand(n.complaints(group, rows))
        for period, rows in ((n.period, n.now), (n.compare, n.before))
    )
    if math.isnan(now.estimate):
        return labels.MISSING
    told = more.per_thousand(page, now)
    return (
        told
        if math.isnan(before.estimate)
        else told + page.text("three_way.per_before", value=f"{before.estimate:.1f}")
    )


def _score(n: Numbers, name: str, place: int) -> float:
    """A score of the shop on the first (0) or last (-1) day of the period that has one; NaN without."""
    if n.period is None or n.shop_days.empty:
        return math.nan
    known = n.shop_days[n.period.holds(n.shop_days["day"])][name].dropna()
    return float(known.iloc[place]) if len(known) else math.nan


_BUILDERS: dict[str, Callable[[Page], Parts]] = {
    "trend": _trend,
    "aspects": _aspects,
    "three_way": _three_way,
    "where": where.where,
    "evidence": evidence.evidence,
    "money": evidence.money,
    "words": more.words,
    "rival": more.rival,
    "to_do": evidence.to_do,
}
