"""What buyers say: which reviews count, which are negative, and about what, each with its denominator.

Belongs here: reading the reviews once, judging them, and counting by aspect, time, item and side of the business.
The denominator is always reviews with text; an aspect counts once a review.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd

from shopnb import text
from shopnb.memory import remembered
from shopnb.metrics.periods import Period
from shopnb.metrics.reviews_aside import reasons
from shopnb.schema import LINK_MASK, MASK
from shopnb.stats import ChangePoint, Estimate, compare_proportions, holm, proportion_interval, rate_change_point

LEVEL = 0.90  # 范围 on the page
REAL_LEVEL = 0.99  # all aspects together (Holm): a quiet shop is not alarmed by chance
LEAST_REVIEWS, LEAST_MENTIONS = (
    30,
    5,
)  # a share is printed from so many reviews on, a finding made from so many mentions
LEAST_CELL = 20  # reviews of an item or SKU from which its share is printed
HISTORY_DAYS = 120  # how far back a change is dated
PRIOR_REVIEWS = 60  # weight of "as many good as bad" when few reviews are there
GOOD_MARKS, BAD_MARKS = frozenset(("好评", "1", "good", "正面")), frozenset(("差评", "0", "bad", "负面"))


@dataclass(frozen=True)
class Said:
    """The reviews of a shop, judged.

    `reviews` has one row a review with text: `review_id`, `item_id`, `sku` ("" where unknown),
    `day` (date, None where unknown), `text`,
    `follow_up`, `stars`, `chance` (P(positive), adjusted to how often this shop's reviews are good), `negative`.
    `marked` is the shop's own mark, 1 good, 0 bad, NaN none; `negative` takes a bad mark for what it is.
    `opinions` has one row an opinion: `review` (row of `reviews`), `clause`, `aspect`, `opinion`, `polarity`.
    """

    reviews: pd.DataFrame
    opinions: pd.DataFrame
    defaults: pd.DataFrame  # `day` of reviews that the platform wrote
    aside: dict[str, int]  # reviews set aside, by reason: copy, template, advert, filler
    check: text.Adapted  # error on the shop's own marks, and whether the model was bent to them
    all_rows: int
    groups: Mapping[str, str]  # each aspect's side of the business: product, logistics or service

    @property
    def dated(self) -> bool:
        """Whether reviews have a time."""
        return bool(self.reviews["day"].notna().any())


@remembered
def read_reviews(
    reviews: ibis.Table,
    *,
    until: dt.date | None,
    item: str,
    own_names: Sequence[str],
    rival: str = "",
    own_words: Mapping[str, Any] | None = None,
) -> Said:
    """All reviews of the shop up to `until`, judged.

    Parameters
    ----------
    item : item id, "" for all. own_names : values of `shop` that mean this shop; rows without one are its own.
    rival : value of `shop` to read instead of the own ones.
    own_words : words and aspects of the trade, as `text.lexicon` takes them.
    """
    frame = reviews.to_pandas()
    frame = frame[frame["shop"] == rival if rival else frame["shop"].isna() | frame["shop"].isin(own_names)]
    frame["day"] = pd.to_datetime(frame["reviewed_at"]).dt.date.where(frame["reviewed_at"].notna(), None)
    if item:
        frame = frame[frame["item_id"] == item]
    if until is not None:
        frame = frame[frame["day"].isna() | (frame["day"] <= until)]
    frame = frame.sort_values(["reviewed_at", "review_id"], na_position="first", kind="stable")
    for name in ("text", "follow_up", "item_id", "sku"):
        frame[name] = frame[name].fillna("").astype(str)
    frame["read"] = frame["text"].mask(frame["text"].map(text.is_default), "").str.cat(frame["follow_up"], sep="\n")
    frame["read"] = frame["read"].str.strip()
    empty = frame["read"] == ""
    worded = frame[~empty]
    why = reasons(worded)
    kept = worded[why == ""].reset_index(drop=True)
    kept["marked"] = own_marks(kept)
    lexicon = text.lexicon(own_words)
    opinions = text.aspects(kept["read"].tolist(), lexicon=lexicon)
    check = text.adapted(kept["read"].tolist(), kept["marked"].to_numpy(float))
    judged = kept.assign(**_judged(kept, opinions, check.chance))
    columns = [
        "review_id",
        "item_id",
        "sku",
        "day",
        "text",
        "follow_up",
        "stars",
        "marked",
        "read",
        "chance",
        "negative",
    ]
    aside = {str(name): int(count) for name, count in why[why != ""].value_counts().items()}
    groups = text.aspect_groups(lexicon)
    return Said(judged[columns], opinions, frame.loc[empty, ["day"]], aside, check, len(frame), groups)


def rivals(reviews: ibis.Table, *, own_names: Sequence[str]) -> list[str]:
    """Other shops with reviews, most reviews first."""
    counted = reviews.group_by("shop").agg(reviews=reviews.count()).to_pandas().dropna(subset=["shop"])
    others = counted[~counted["shop"].isin(own_names)]
    return [str(name) for name in others.sort_values(["reviews", "shop"], ascending=[False, True])["shop"]]


def own_marks(kept: pd.DataFrame) -> pd.Series:
    """What the buyer marked: stars 1-2 or 差评 are bad (0), 4-5 or 好评 good (1); three stars, 中评 or nothing NaN."""
    written = kept["mark"].fillna("").astype(str).str.strip()
    stars = kept["stars"].astype(float)
    marks = pd.Series(math.nan, index=kept.index)
    marks = marks.mask(written.isin(GOOD_MARKS), 1.0).mask(written.isin(BAD_MARKS), 0.0)
    return marks.mask(stars >= 4, 1.0).mask(stars <= 2, 0.0)


def _judged(
    kept: pd.DataFrame, opinions: pd.DataFrame, plain: npt.NDArray[np.float64]
) -> dict[str, npt.NDArray[np.generic]]:
    """P(positive) and whether negative: the model at this shop's own share of good, overruled by unanimous words.

    A bad mark is negative whatever the words; a good mark proves nothing, for 默认 and 返现 make many of them.
    """
    chance = at_own_share(plain)
    good, bad = (
        kept.index.isin(opinions.loc[opinions["polarity"] == side, "review"]) for side in ("positive", "negative")
    )
    negative = np.where(good & ~bad, chance < 0.05, np.where(bad & ~good, plain < 0.5, chance < 0.5))
    return {"chance": chance, "negative": negative.astype(bool) | (kept["marked"].to_numpy(float) == 0)}


def at_own_share(chance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """P(positive) for a shop whose reviews are mostly good, from P under equal shares.

    The share of good reviews is estimated from the same numbers (EM; Saerens, Latinne, Decaestecker 2002), held
    towards one half by `PRIOR_REVIEWS` reviews so that a handful of them cannot run to 0 or 1.
    """
    share, adjusted = 0.5, chance
    for _ in range(60):
        adjusted = share * chance / np.maximum(share * chance + (1 - share) * (1 - chance), 1e-300)
        share = float((adjusted.sum() + PRIOR_REVIEWS / 2) / (len(chance) + PRIOR_REVIEWS))
        share = min(share, 0.95)
    return adjusted


def within(said: Said, period: Period | None) -> pd.DataFrame:
    """The reviews of a period; all of them where it is None."""
    if period is None:
        return said.reviews
    days = said.reviews["day"]
    return said.reviews[days.notna() & days.map(lambda day: day is not None and period.start <= day <= period.end)]


def share(part: float, whole: float, *, least: int = LEAST_REVIEWS) -> Estimate:
    """A share of reviews with its Wilson interval; code `too_few` below `least` reviews."""
    if whole < least:
        return Estimate(math.nan, code="too_few")
    return proportion_interval(part, whole, level=LEVEL)


@dataclass(frozen=True)
class AspectCount:
    """One aspect in two periods: reviews that complain of it and that praise it, out of reviews with text."""

    aspect: str
    negative: int
    positive: int
    negative_before: int
    positive_before: int
    reviews: int
    reviews_before: int
    real: bool = False  # the change of complaints survives the correction for many aspects

    @property
    def negative_share(self) -> Estimate:
        """Complaints ÷ reviews with text."""
        return share(self.negative, self.reviews)

    @property
    def positive_share(self) -> Estimate:
        """Praise ÷ reviews with text."""
        return share(self.positive, self.reviews)

    @property
    def change(self) -> Estimate:
        """Share of complaints now − before."""
        if min(self.reviews, self.reviews_before) < LEAST_REVIEWS:
            return Estimate(math.nan, code="too_few")
        return compare_proportions(self.negative_before, self.reviews_before, self.negative, self.reviews, level=LEVEL)


def aspect_counts(said: Said, now: pd.DataFrame, before: pd.DataFrame) -> list[AspectCount]:
    """Every aspect that either period speaks of, most complaints first."""
    counted = {side: _mentions(said, frame.index) for side, frame in (("now", now), ("before", before))}
    names = sorted({aspect for pairs in counted.values() for aspect, _ in pairs})

    def of(side: str, aspect: str, polarity: str) -> int:
        return counted[side].get((aspect, polarity), 0)

    found = [
        AspectCount(
            aspect,
            of("now", aspect, "negative"),
            of("now", aspect, "positive"),
            of("before", aspect, "negative"),
            of("before", aspect, "positive"),
            len(now),
            len(before),
        )
        for aspect in names
    ]
    tested = [one for one in found if one.aspect != "overall" and not math.isnan(one.change.p_value)]
    held = holm([one.change.p_value for one in tested], level=REAL_LEVEL)
    real = {one.aspect: hold for one, hold in zip(tested, held, strict=True)}
    marked = [AspectCount(**{**vars(one), "real": real.get(one.aspect, False)}) for one in found]
    return sorted(marked, key=lambda one: (-one.negative, -one.positive, one.aspect))


def _mentions(said: Said, rows: pd.Index) -> dict[tuple[str, str], int]:
    """(aspect, polarity) to the number of reviews; each review once."""
    chosen = said.opinions[said.opinions["review"].isin(rows)]
    once = chosen.drop_duplicates(["review", "aspect", "polarity"])
    counted = once.groupby(["aspect", "polarity"]).size()
    return {(str(key[0]), str(key[1])): int(count) for key, count in counted.items()}


def complaining(said: Said, aspect: str) -> pd.Series:
    """Which reviews complain of an aspect."""
    chosen = said.opinions[(said.opinions["aspect"] == aspect) & (said.opinions["polarity"] == "negative")]
    return pd.Series(said.reviews.index.isin(chosen["review"]), index=said.reviews.index)


def mixed(said: Said, rows: pd.Index) -> int:
    """How many reviews among `rows` both praise and complain."""
    good, bad = (
        set(said.opinions.loc[said.opinions["polarity"] == side, "review"]) for side in ("positive", "negative")
    )
    return len(good & bad & set(rows))


def masked(said: Said) -> int:
    """How many reviews hold something that was masked at the door: numbers, accounts, links, addresses, names."""
    marks = "|".join(map(re.escape, (MASK, LINK_MASK)))
    return int(said.reviews["read"].str.contains(marks, regex=True).sum())


def complaining_of_group(said: Said, group: str) -> pd.Series:
    """Which reviews complain of an aspect of product, logistics or service; a complaint of nothing named is none."""
    named = [aspect for aspect, side in said.groups.items() if side == group and aspect != "overall"]
    chosen = said.opinions[said.opinions["aspect"].isin(named) & (said.opinions["polarity"] == "negative")]
    return pd.Series(said.reviews.index.isin(chosen["review"]), index=said.reviews.index)


def weekly(said: Said, marked: pd.Series, end: dt.date) -> pd.DataFrame:
    """Share of marked reviews by week up to `end`.

    Returns
    -------
    DataFrame, one row a week (from Monday) with at least 10 reviews with text
        `day` (its Monday), `reviews`, `marked`, `value`, `low`, `high`, `defaults` (reviews by the platform).
    """
    known = said.reviews["day"].notna()
    days = pd.to_datetime(said.reviews.loc[known, "day"])
    recent = days > pd.Timestamp(end) - pd.Timedelta(days=HISTORY_DAYS)
    monday = (days[recent] - pd.to_timedelta(days[recent].dt.day_of_week, unit="D")).dt.date
    grouped = marked[known][recent].groupby(monday)
    frame = pd.DataFrame({"reviews": grouped.size(), "marked": grouped.sum()}).rename_axis("day").reset_index()
    frame = frame[frame["reviews"] >= 10].reset_index(drop=True)
    shares = [share(float(row.marked), float(row.reviews), least=10) for row in frame.itertuples()]
    default_days = pd.to_datetime(said.defaults["day"].dropna())
    by_week = (default_days - pd.to_timedelta(default_days.dt.day_of_week, unit="D")).dt.date.value_counts()
    return frame.assign(
        value=[one.estimate for one in shares],
        low=[one.low for one in shares],
        high=[one.high for one in shares],
        defaults=[int(by_week.get(day, 0)) for day in frame["day"]],
    )


@dataclass(frozen=True)
class Onset:
    """Since when a complaint is at its new rate. `first`, `low`, `high` are days; None with the code of `step`."""

    step: ChangePoint
    first: dt.date | None = None
    low: dt.date | None = None
    high: dt.date | None = None


def onset(said: Said, marked: pd.Series, end: dt.date) -> Onset:
    """The day on which the share of marked reviews stepped, within the last `HISTORY_DAYS`."""
    known = said.reviews["day"].map(lambda day: day is not None and 0 <= (end - day).days < HISTORY_DAYS).astype(bool)
    days = said.reviews.loc[known, "day"]
    grouped = marked[known].astype(float).groupby(days).agg(["sum", "size"]).sort_index()
    step = rate_change_point(grouped["sum"].to_numpy(float), grouped["size"].to_numpy(float))
    if step.code:
        return Onset(step)
    listed = list(grouped.index)
    return Onset(step, listed[step.first], listed[step.low], listed[step.high])


def places(now: pd.DataFrame, marked: pd.Series) -> pd.DataFrame:
    """Reviews and marked ones by item and SKU, most marked first.

    Returns
    -------
    DataFrame, one row an item and SKU ("" where unknown)
        `item_id`, `sku`, `reviews`, `marked`, `p_value` (one-sided: its share against all others').
    """
    keyed = now[["item_id", "sku"]].assign(marked=marked.reindex(now.index).to_numpy(bool))
    grouped = keyed.groupby(["item_id", "sku"], sort=True)["marked"].agg(["size", "sum"]).reset_index()
    grouped.columns = pd.Index(["item_id", "sku", "reviews", "marked"])
    whole, all_marked = len(now), int(keyed["marked"].sum())
    chances = []
    for row in grouped.itertuples():
        gap = compare_proportions(
            float(all_marked - row.marked), float(whole - row.reviews), float(row.marked), float(row.reviews)
        )
        chances.append(gap.p_value / 2 if gap.estimate > 0 else 1.0)
    return grouped.assign(p_value=chances).sort_values(["marked", "reviews", "sku"], ascending=[False, False, True])


def complaints_by_place(said: Said, now: pd.DataFrame) -> pd.Series:
    """Reviews that complain, indexed by item, SKU and named aspect; each review once an aspect."""
    bad = said.opinions[(said.opinions["polarity"] == "negative") & (said.opinions["aspect"] != "overall")]
    once = bad.drop_duplicates(["review", "aspect"])[["review", "aspect"]]
    placed = once.merge(now[["item_id", "sku"]], left_on="review", right_index=True)
    return placed.groupby(["item_id", "sku", "aspect"], sort=True).size()
