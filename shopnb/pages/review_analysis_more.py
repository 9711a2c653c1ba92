"""Sections of the review page beyond shares: alarms, the change log, sizes, words, tests to make, a rival."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from shopnb import charts, labels, view
from shopnb.findings.reviews import LEAST_PRAISE, OWNERS
from shopnb.metrics import reviews as metrics
from shopnb.metrics import reviews_more as more
from shopnb.pages.aspects import aspect_names
from shopnb.pages.base import Page
from shopnb.pages.review_analysis_numbers import Numbers, item_label
from shopnb.stats import Estimate

Parts = tuple[view.ChartPart | view.TablePart | view.TextPart, ...]
Part = view.TablePart | view.TextPart
TESTS = 4  # selling points turned into tests
CHANGES = 4  # complaints turned into changes of page or words


NOTHING = view.TextPart("")  # holds the place of a part that has nothing to say: another line of the section says why


def known_columns(frame: pd.DataFrame, columns: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The columns of which anything is known; the first always."""
    kept = [name for name in frame if not frame[name].map(lambda cell: pd.isna(cell) or cell == labels.MISSING).all()]
    return [one for place, one in enumerate(columns) if not place or one[0] in kept]


def alarm_line(page: Page) -> view.TextPart:
    """Complaints that gathered within days."""
    n: Numbers = page.numbers
    if n.period is None:
        return NOTHING
    if not n.clusters:
        return page.muted("trend.no_alarm", days=more.SCAN_DAYS)
    names = aspect_names(page)
    told = [
        page.text(
            "trend.alarm", aspect=names[one.aspect], first=one.first, last=one.last, count=one.count,
            whole=one.reviews, expected=f"{one.expected:.1f}",
        )
        for one in n.clusters[:3]
    ]  # fmt: skip
    return view.TextPart("".join(told) + page.text("trend.alarm_chance", share=more.FALSE_ALARM))


def changes_table(page: Page) -> Part:
    """Negative shares before and after each event of the change log."""
    n: Numbers = page.numbers
    if n.period is None:
        return NOTHING
    if n.changes.empty:
        return page.muted("trend.no_changes", count=metrics.LEAST_REVIEWS)
    shown = [
        {
            "day": row.day,
            "change": f"{row.object} {row.change}" + (f" {item_label(page, row.item_id)}" if row.item_id else ""),
            "counted_by": page.text("trend.by_payment" if row.paid else "trend.by_review"),
            "negative_before": _share(page, row.before, row.reviews_before),
            "negative_after": _share(page, row.after, row.reviews_after),
            "negative_change": row.after - row.before,
            "change_range": labels.format_range(row.change_low, row.change_high, "pp", page.lang),
            "is_real": change_told(page, row.after - row.before, row.change_low, row.change_high, real=row.real),
        }
        for row in n.changes.itertuples()
    ]
    columns = [
        ("day", "day"), ("change", "text"), ("counted_by", "text"), ("negative_before", "text"),
        ("negative_after", "text"), ("change_range", "text"), ("is_real", "text"),
    ]  # fmt: skip
    return page.table("changes", pd.DataFrame(shown), columns)


def change_told(page: Page, change: float, low: float, high: float, *, real: bool) -> str:
    """A change of a share in words; a dash where the period before is not known.

    `real` holds among all rows together; a range that leaves out 0 without that is neither chance nor sure.
    """
    if math.isnan(change):
        return labels.MISSING
    return page.text("aspects.real", change=change) if real else page.text(_not_sure(low, high))


def _not_sure(low: float, high: float) -> str:
    return "aspects.noise" if low <= 0 <= high else "aspects.unsure"


def _share(page: Page, value: float, whole: int) -> str:
    return page.text("share_of", share=value, whole=whole)


def ranged(page: Page, found: Estimate, part: int = 0, whole: int = 0) -> str:
    """A share with its range, or the bare counts where there are too few."""
    if math.isnan(found.estimate):
        return page.text("counts", part=part, whole=whole)
    value = labels.format_value(found.estimate, "pct", page.lang)
    shown = labels.format_range(found.low, found.high, "pct", page.lang)
    return labels.text("common.with_range", page.lang, value=value, range=shown)


def per_thousand(page: Page, found: Estimate) -> str:
    """So many in 1,000, with the range; a dash where the buyers or parcels behind are not known."""
    if math.isnan(found.estimate):
        return labels.MISSING
    value, low, high = (f"{number:.1f}" for number in (found.estimate, found.low, found.high))
    shown = labels.text("common.range", page.lang, low=low, high=high)
    return labels.text("common.with_range", page.lang, value=value, range=shown)


def words(page: Page) -> Parts:
    """Words that mark bad from good; selling points as tests; nouns that deserve an aspect."""
    return _marking(page), _tests(page), _own_aspects(page)


def _marking(page: Page) -> Part:
    n: Numbers = page.numbers
    found = n.marking_words
    if found.empty:
        return page.muted("words.none")
    shown = found.assign(
        marks=[page.text("words.bad" if z > 0 else "words.good") for z in found["z"]], strength=found["z"].abs()
    ).rename(columns={"negative": "negative_count", "other": "other_count"})
    columns = [
        ("marks", "text"), ("word", "text"), ("negative_count", "int"), ("other_count", "int"), ("strength", "ratio"),
    ]  # fmt: skip
    return page.table("marking_words", shown, columns, rows=12)


def _tests(page: Page) -> Part:
    n: Numbers = page.numbers
    names, groups = aspect_names(page), n.said.groups
    praised = [one for one in n.counts if groups[one.aspect] == "product" and one.aspect != "overall"]
    praised.sort(key=lambda one: (-one.positive, one.aspect))
    rows = []
    for one in praised[:TESTS]:
        said = more.praise_words(n.said, n.now, one.aspect)
        if not said or not one.positive_share.estimate >= LEAST_PRAISE:
            continue
        rows.append(
            {
                "positive_range": ranged(page, one.positive_share),
                "buyer_words": labels.text("common.list_mark", page.lang).join(said),
                "test_name": page.text("words.test_name", aspect=names[one.aspect]),
                "version_a": page.text("words.version_a"),
                "version_b": page.text("words.version_b", word=said[0]),
            }
        )
    if not rows:
        return page.muted("words.no_tests")
    columns = [
        ("test_name", "text"), ("positive_range", "text"), ("buyer_words", "text"), ("version_a", "text"),
        ("version_b", "text"),
    ]  # fmt: skip
    return page.table("test_ideas", pd.DataFrame(rows), columns)


def _own_aspects(page: Page) -> Part:
    n: Numbers = page.numbers
    found = n.new_nouns
    if found.empty:
        return NOTHING
    shown = found.rename(columns={"negative": "negative_count", "positive": "positive_count"})
    columns = [
        ("word", "text"), ("mentions", "int"), ("negative_count", "int"), ("positive_count", "int"),
    ]  # fmt: skip
    return page.table("own_aspects", shown.rename(columns={"reviews": "mentions"}), columns)


def rival(page: Page) -> Parts:
    """Shares of complaints beside a rival's, like with like."""
    n: Numbers = page.numbers
    if n.rival is None:
        return page.muted("rival.none"), NOTHING
    found = n.rival
    counted = {"rival": found.name, "theirs": found.reviews, "own": found.own_reviews}
    if found.code == "too_few" or found.frame.empty:
        return page.muted("rival.too_few", **counted, count=metrics.LEAST_REVIEWS), page.muted("rival.how")
    names = aspect_names(page)
    top = found.frame.head(8)
    sides = ("own", page.text("rival.own"), found.own_reviews), ("theirs", found.name, found.reviews)
    bars = []
    for row in top.itertuples():
        for side, series, whole in sides:
            seen = metrics.share(getattr(row, side) * whole, whole)
            bars.append((names[row.aspect], series, seen.estimate, seen.low, seen.high))
    apart = found.frame[found.frame["real"]]
    if found.code:
        note = page.text("rival.not_alike", times=f"{found.length:.1f}")
    elif apart.empty:
        note = page.text("rival.alike", **counted)
    else:
        first = apart.iloc[0]
        note = page.text(
            "rival.apart", aspect=names[first["aspect"]], mine=first["own"], rivals=first["theirs"], **counted
        )
    chart = charts.chart_paired(
        pd.DataFrame(bars, columns=["label", "series", "value", "low", "high"]),
        id="rival", title=note, alt=note, lang=page.lang, kind="pct",
    )  # fmt: skip
    rows = found.frame.assign(
        aspect=[names[one] for one in found.frame["aspect"]],
        own_complaints=found.frame["own"],
        rival_complaints=found.frame["theirs"],
        rival_difference=found.frame["difference"],
        change_range=[labels.format_range(row.low, row.high, "pp", page.lang) for row in found.frame.itertuples()],
        is_real=[
            page.text("rival.real" if row.real else _not_sure(row.low, row.high)) for row in found.frame.itertuples()
        ],
    )
    columns = [
        ("aspect", "text"), ("own_complaints", "pct"), ("rival_complaints", "pct"), ("rival_difference", "pp"),
        ("change_range", "text"), ("is_real", "text"),
    ]  # fmt: skip
    return chart, page.table("rival", rows, columns, rows=10)


def changes_to_make(page: Page) -> Part:
    """What page, service words or parcels should change, from the most frequent complaints."""
    n: Numbers = page.numbers
    names, groups = aspect_names(page), n.said.groups
    worst = [one for one in n.counts if one.aspect != "overall" and one.negative >= metrics.LEAST_MENTIONS]
    if not worst:
        return page.muted("to_do.no_changes", count=metrics.LEAST_MENTIONS)
    rows = []
    for one in worst[:CHANGES]:
        own = f"to_do.change.{one.aspect}"
        rows.append(
            {
                "problem": names[one.aspect],
                "negative_count": one.negative,
                "to_change": page.text(own if page.has_text(own) else f"to_do.change.{groups[one.aspect]}"),
                "owner": labels.text(f"findings.owner.{OWNERS[groups[one.aspect]]}", page.lang),
            }
        )
    columns = [("problem", "text"), ("negative_count", "int"), ("to_change", "text"), ("owner", "text")]
    return page.table("to_change", pd.DataFrame(rows), columns)
