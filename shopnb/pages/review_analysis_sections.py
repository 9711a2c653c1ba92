"""The sections of the review page: each a question with its chart, table and how to read it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pandas as pd

from shopnb import charts, labels, text, view
from shopnb.findings.reviews import OWNERS
from shopnb.metrics import reviews as metrics
from shopnb.metrics.periods import Period, events_in
from shopnb.metrics.reviews import AspectCount
from shopnb.pages import review_analysis_more as more
from shopnb.pages.base import Page
from shopnb.pages.review_analysis_numbers import ANSWER_DAYS, Numbers, aspect_names, item_label, spot_label
from shopnb.stats import Estimate

Parts = tuple[view.ChartPart | view.TablePart | view.TextPart, ...]
GROUPS = ("product", "logistics", "service")
SCORES = {"product": "description_score", "logistics": "logistics_score", "service": "service_score"}
TYPICAL, NEWEST, RANDOM = 5, 3, 10
_SEED = 10
_SHOWN = 400  # characters of a review that a table shows


def build(page: Page, key: str) -> view.Section:
    """One section by key; `page.numbers` are those of the review page."""
    return view.Section(key, page.text(f"{key}.question"), _BUILDERS[key](page), page.text(f"{key}.how_to_read"))


def _ranged(page: Page, found: Estimate, part: int, whole: int) -> str:
    """A share with its range, or the bare counts where there are too few."""
    if math.isnan(found.estimate):
        return page.text("counts", part=part, whole=whole)
    value = labels.format_value(found.estimate, "pct", page.lang)
    shown = labels.format_range(found.low, found.high, "pct", page.lang)
    return labels.text("common.with_range", page.lang, value=value, range=shown)


def _trend(page: Page) -> Parts:
    n: Numbers = page.numbers
    if n.period is None:
        rest = page.muted("trend.no_weeks"), more.changes_table(page)
        return page.muted("trend.undated"), page.muted("trend.no_onset"), more.alarm_line(page), *rest
    weeks = metrics.weekly(n.said, n.said.reviews["negative"], n.period.end)
    if len(weeks) < 2:
        rest = page.muted("trend.no_weeks"), more.changes_table(page)
        return page.muted("trend.too_few"), _onset_line(page), more.alarm_line(page), *rest
    all_negative = page.text("trend.negative")
    parts = [weeks.assign(series=all_negative)]
    if n.lead:
        marked = metrics.complaining(n.said, n.lead.aspect)
        name = page.text("trend.mentions", aspect=aspect_names(page)[n.lead.aspect])
        parts.append(metrics.weekly(n.said, marked, n.period.end).assign(series=name))
    title = page.text(
        "trend.title", last=float(weeks["value"].iloc[-1]), low=float(weeks["value"].min()),
        high=float(weeks["value"].max()), weeks=len(weeks),
    )  # fmt: skip
    chart = charts.chart_lines(
        pd.concat(parts, ignore_index=True)[["day", "series", "value", "low", "high"]],
        id="trend", title=title, alt=title, lang=page.lang, kind="pct", value_title=page.text("trend.axis"), zero=True,
    )  # fmt: skip
    return chart, _onset_line(page), more.alarm_line(page), _week_table(page, weeks), more.changes_table(page)


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
            _ranged(page, metrics.share(row.marked, row.reviews), int(row.marked), int(row.reviews))
            for row in weeks.itertuples()
        ]
    ).rename(columns={"day": "week", "reviews": "reviews_with_text", "marked": "negative_count"})
    columns = [
        ("week", "day"), ("reviews_with_text", "int"), ("negative_count", "int"), ("negative_range", "text"),
        ("defaults", "int"),
    ]  # fmt: skip
    return page.table("trend", shown.iloc[::-1], columns)


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
    names = aspect_names(page)
    rows = [
        {
            "aspect": names[one.aspect],
            "negative_count": one.negative,
            "negative_range": _ranged(page, one.negative_share, one.negative, one.reviews),
            "negative_change": one.change.estimate,
            "positive_count": one.positive,
            "positive_range": _ranged(page, one.positive_share, one.positive, one.reviews),
            "is_real": labels.MISSING
            if math.isnan(one.change.estimate)
            else page.text("aspects.real" if one.real else "aspects.noise"),
            "typical": " / ".join(_typical_clauses(page, one.aspect, 2)),
        }
        for one in spoken
    ]
    columns = [
        ("aspect", "text"), ("negative_count", "int"), ("negative_range", "text"), ("negative_change", "pp"),
        ("is_real", "text"), ("positive_count", "int"), ("positive_range", "text"), ("typical", "text"),
    ]  # fmt: skip
    return page.table("aspects", pd.DataFrame(rows, columns=[name for name, _ in columns]), columns)


def _typical_clauses(page: Page, aspect: str, count: int) -> list[str]:
    """The clauses that stand best for what is said of an aspect: complaints if there are any, else praise."""
    n: Numbers = page.numbers
    said = n.said.opinions[n.said.opinions["review"].isin(n.now.index) & (n.said.opinions["aspect"] == aspect)]
    bad = said[said["polarity"] == "negative"]
    by_letters = {"".join(filter(str.isalnum, clause)): clause for clause in (bad if len(bad) else said)["clause"]}
    clauses = list(by_letters.values())
    order = np.argsort(-text.typicality(clauses), kind="stable")
    return [clauses[place][:40] for place in order[:count]]


def _three_way(page: Page) -> Parts:
    n: Numbers = page.numbers
    marked = {group: metrics.complaining_of_group(n.said, group) for group in GROUPS}
    chart: view.ChartPart | view.TextPart = page.muted("three_way.no_weeks")
    if n.period:
        weeks = [
            metrics.weekly(n.said, marked[group], n.period.end).assign(series=page.text(f"group.{group}"))
            for group in GROUPS
        ]
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
    return chart, _three_way_table(page, marked)


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
                "negative_range": _ranged(page, metrics.share(now, len(n.now)), now, len(n.now)),
                "negative_change": change,
                "dsr": _score(n, SCORES[group], -1),
                "dsr_change": _score(n, SCORES[group], -1) - _score(n, SCORES[group], 0),
                "owner": labels.text(f"findings.owner.{OWNERS[group]}", page.lang),
            }
        )
    columns = [
        ("side", "text"), ("negative_count", "int"), ("negative_range", "text"), ("negative_change", "pp"),
        ("dsr", "score"), ("dsr_change", "score"), ("owner", "text"),
    ]  # fmt: skip
    return page.table("three_way", pd.DataFrame(rows), columns)


def _score(n: Numbers, name: str, place: int) -> float:
    """A score of the shop on the first (0) or last (-1) day of the period that has one; NaN without."""
    if n.period is None or n.shop_days.empty:
        return math.nan
    known = n.shop_days[n.period.holds(n.shop_days["day"])][name].dropna()
    return float(known.iloc[place]) if len(known) else math.nan


def _where(page: Page) -> Parts:
    n: Numbers = page.numbers
    if n.now.empty or (n.now["item_id"] == "").all():
        return page.muted("where.no_items"), page.muted("where.no_sku"), *_where_more(page)
    worst = [one for one in n.counts if one.negative and one.aspect != "overall"][:6]
    spots = metrics.places(n.now, n.said.reviews["negative"])
    spots = spots.sort_values(["reviews", "item_id", "sku"], ascending=[False, True, True])
    shown = spots.head(10)
    if not worst or (shown["reviews"] < metrics.LEAST_CELL).all():
        return page.muted("where.too_few", count=metrics.LEAST_CELL), _where_table(page, spots), *_where_more(page)
    names = aspect_names(page)
    counted = metrics.complaints_by_place(n.said, n.now)
    cells = []
    for row in shown.itertuples():
        for one in worst:
            count = int(counted.get((row.item_id, row.sku, one.aspect), 0))
            enough = row.reviews >= metrics.LEAST_CELL
            share = count / row.reviews
            written = labels.format_value(share, "pct", page.lang) if enough else f"{count}/{row.reviews}"
            cells.append((spot_label(page, row.item_id, row.sku), names[one.aspect], share, written, enough))
    frame = pd.DataFrame(cells, columns=["row", "column", "value", "text", "enough"])
    title = page.text("where.title_none")
    if n.place and n.lead:
        here = n.spots.iloc[0]
        title = page.text(
            "where.title", spot=spot_label(page, n.place.item_id, n.place.sku), aspect=names[n.lead.aspect],
            count=n.place.marked, whole=int(here["reviews"]),
        )  # fmt: skip
    chart = charts.chart_heat(frame, id="where", title=title, alt=title, lang=page.lang)
    return chart, _where_table(page, spots), *_where_more(page)


def _where_more(page: Page) -> Parts:
    return more.sku_table(page), more.sizing_table(page)


def _where_table(page: Page, spots: pd.DataFrame) -> view.TablePart:
    n: Numbers = page.numbers
    names = aspect_names(page)
    most: dict[tuple[str, str], tuple[str, int]] = {}
    for (item_id, sku, aspect), count in metrics.complaints_by_place(n.said, n.now).items():
        if count > most.get((item_id, sku), ("", 0))[1]:
            most[item_id, sku] = aspect, int(count)
    rows = []
    for row in spots.itertuples():
        aspect, count = most.get((row.item_id, row.sku), ("", 0))
        found = metrics.share(row.marked, row.reviews, least=metrics.LEAST_CELL)
        rows.append(
            {
                "item": item_label(page, row.item_id) if row.item_id else labels.MISSING,
                "sku": row.sku or labels.MISSING,
                "reviews_with_text": row.reviews,
                "negative_range": _ranged(page, found, int(row.marked), int(row.reviews)),
                "most_said": page.text("where.most", aspect=names[aspect], count=count) if count else labels.MISSING,
            }
        )
    columns = [
        ("item", "text"), ("sku", "text"), ("reviews_with_text", "int"), ("negative_range", "text"),
        ("most_said", "text"),
    ]  # fmt: skip
    return page.table("where", pd.DataFrame(rows, columns=[name for name, _ in columns]), columns, rows=10)


def _evidence(page: Page) -> Parts:
    n: Numbers = page.numbers
    rows: list[dict[str, object]] = []
    if n.lead:
        marked = metrics.complaining(n.said, n.lead.aspect)
        chosen = n.now[marked[n.now.index]]
        said = n.said.opinions[n.said.opinions["aspect"] == n.lead.aspect]
        clauses = said[said["polarity"] == "negative"].groupby("review")["clause"].first()
        order = np.argsort(-text.typicality(clauses.reindex(chosen.index).tolist()), kind="stable")
        typical = chosen.iloc[order].drop_duplicates("text").head(TYPICAL)
        newest = chosen[~chosen.index.isin(typical.index)].iloc[::-1].head(NEWEST)
        rows += [_evidence_row(page, row, "typical") for row in typical.index]
        rows += [_evidence_row(page, row, "newest") for row in newest.index]
    pool = sorted(n.now.index, key=lambda row: str(n.now.loc[row, "review_id"]))
    drawn = random.Random(_SEED).sample(pool, min(RANDOM, len(pool)))  # noqa: S311 - a fixed draw, not a secret
    rows += [_evidence_row(page, row, "random") for row in drawn]
    columns = [
        ("kind", "text"), ("day", "day"), ("spot", "text"), ("review_text", "text"), ("follow_up", "text"),
        ("opinions", "text"), ("judged_as", "text"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=[name for name, _ in columns])
    return (page.table("evidence", frame, columns),)


def _evidence_row(page: Page, row: int, kind: str) -> dict[str, object]:
    n: Numbers = page.numbers
    review = n.said.reviews.loc[row]
    names = aspect_names(page)
    said = n.said.opinions[n.said.opinions["review"] == row].drop_duplicates(["aspect", "polarity"])
    heard = labels.text("common.list_mark", page.lang).join(
        page.text(f"evidence.heard.{one.polarity}", aspect=names[one.aspect], word=one.opinion)
        for one in said.itertuples()
    )
    both = {"positive", "negative"} <= set(said["polarity"])
    judged = "mixed" if both else "negative" if review["negative"] else "not_negative"
    return {
        "kind": page.text(f"evidence.{kind}"),
        "day": review["day"],
        "spot": spot_label(page, review["item_id"], review["sku"]) or labels.MISSING,
        "review_text": review["text"][:_SHOWN],
        "follow_up": review["follow_up"][:_SHOWN] or labels.MISSING,
        "opinions": heard or labels.MISSING,
        "judged_as": page.text(f"evidence.{judged}"),
    }


def _money(page: Page) -> Parts:
    n: Numbers = page.numbers
    if not page.shop.has("refunds"):
        return (page.muted("money.no_refunds"),)
    if n.refunds is None or n.place is None:
        return (page.muted("money.no_place"),)
    row = {
        "problem": page.text("money.problem", item=n.place.name),
        "refund_cases": n.refunds.cases,
        "refunded_amount": n.refunds.amount,
        "refund_cases_before": n.refunds.cases_before,
        "refunded_before": n.refunds.amount_before,
        "explained": page.text("money.explained"),
    }
    columns = [
        ("problem", "text"), ("refund_cases", "int"), ("refunded_amount", "money"), ("refund_cases_before", "int"),
        ("refunded_before", "money"), ("explained", "text"),
    ]  # fmt: skip
    return (page.table("money", pd.DataFrame([row]), columns),)


def _to_do(page: Page) -> Parts:
    n: Numbers = page.numbers
    if n.period is None:
        return page.muted("to_do.undated"), more.changes_to_make(page)
    if n.to_answer.empty:
        return page.muted("to_do.none", days=ANSWER_DAYS), more.changes_to_make(page)
    names, groups = aspect_names(page), text.aspect_groups()
    rows = []
    for index, review in n.to_answer.iterrows():
        said = n.said.opinions[(n.said.opinions["review"] == index) & (n.said.opinions["polarity"] == "negative")]
        aspects = list(dict.fromkeys(said["aspect"]))
        first = next((aspect for aspect in aspects if aspect != "overall"), "overall")
        own = f"to_do.points.{first}"
        rows.append(
            {
                "day": review["day"],
                "spot": spot_label(page, review["item_id"], review["sku"]) or labels.MISSING,
                "problem": labels.text("common.list_mark", page.lang).join(names[one] for one in aspects)
                or labels.MISSING,
                "review_text": review["text"][:_SHOWN],
                "points": page.text(own if page.has_text(own) else f"to_do.points.{groups[first]}"),
                "days_ago": (n.period.end - review["day"]).days,
            }
        )
    columns = [
        ("day", "day"), ("days_ago", "int"), ("spot", "text"), ("problem", "text"), ("review_text", "text"),
        ("points", "text"),
    ]  # fmt: skip
    return page.table("to_do", pd.DataFrame(rows), columns, rows=20), more.changes_to_make(page)


_BUILDERS: dict[str, Callable[[Page], Parts]] = {
    "trend": _trend,
    "aspects": _aspects,
    "three_way": _three_way,
    "where": _where,
    "evidence": _evidence,
    "money": _money,
    "words": more.words,
    "rival": more.rival,
    "to_do": _to_do,
}
