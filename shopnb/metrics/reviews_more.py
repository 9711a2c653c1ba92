"""Beyond shares: clusters of one complaint, events of the change log, rivals, words that mark bad, size, new nouns.

Every function takes the judged reviews (`Said`) or rows of them; the denominator is reviews with text.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from shopnb import text
from shopnb.metrics.periods import Period
from shopnb.metrics.reviews import LEAST_MENTIONS, LEAST_REVIEWS, LEVEL, REAL_LEVEL, Said, complaining
from shopnb.metrics.reviews_bought import Bought, sides_of_change
from shopnb.stats import compare_proportions, holm

WINDOWS = (1, 2, 3, 5, 7)  # days within which the same complaint may gather
SHUFFLES = 199
FALSE_ALARM = 0.01  # chance that a quiet history of the same length raises any alarm
SCAN_DAYS = 60
EVENT_DAYS = 21  # reviews before and after an event
EVENT_LAG = {"客服": 0, "物流": 3}  # days until reviews can know of a change; goods and pages: `_GOODS_LAG`
_GOODS_LAG = 7
_PRIOR_WORDS = 500.0  # weight of the words of all reviews in the log-odds
_LEAST_WORD = 4  # reviews that hold a word
_ALIKE_LENGTH = 1.6  # times as long as ours: a rival's reviews were picked, not taken as they came


@dataclass(frozen=True)
class Cluster:
    """One complaint that gathers in a few days. `expected` is what its usual share would give."""

    aspect: str
    first: dt.date
    last: dt.date
    count: int
    reviews: int
    expected: float
    p_value: float  # chance of any such cluster of any complaint, had reviews come in any order


def clusters(said: Said, end: dt.date) -> list[Cluster]:
    """Complaints that gather within days, the strongest window of each aspect (scan statistic, Kulldorff 1997).

    The last `SCAN_DAYS` days are scanned with every window of `WINDOWS`. The bar is the strongest window of any aspect
    in `SHUFFLES` histories with the days of the reviews shuffled; what passes `FALSE_ALARM` is an alarm.
    """
    days = said.reviews["day"]
    inside = days.map(lambda day: day is not None and 0 <= (end - day).days < SCAN_DAYS).to_numpy(bool)
    named = [name for name in said.groups if name != "overall"]
    marked = np.column_stack([complaining(said, name).to_numpy(float)[inside] for name in named])
    often = marked.sum(axis=0) >= LEAST_MENTIONS
    if inside.sum() < LEAST_REVIEWS or not often.any():
        return []
    names, marked = [name for name, kept in zip(named, often, strict=True) if kept], marked[:, often]
    ago = np.array([SCAN_DAYS - 1 - (end - day).days for day in days[inside]])
    strength = _scan(ago, marked)
    random = np.random.default_rng(10)
    bars = np.array([max(best[0] for best in _scan(random.permutation(ago), marked)) for _ in range(SHUFFLES)])
    found = []
    for name, (value, first, last, count, whole, expected) in zip(names, strength, strict=True):
        chance = (1 + int((bars >= value).sum())) / (SHUFFLES + 1)
        if chance <= FALSE_ALARM and count >= LEAST_MENTIONS:
            start = end - dt.timedelta(days=SCAN_DAYS - 1)
            span = start + dt.timedelta(days=first), start + dt.timedelta(days=last)
            found.append(Cluster(name, *span, count, whole, expected, chance))
    return sorted(found, key=lambda one: (one.p_value, -one.count))


def _scan(ago: npt.NDArray[np.int64], marked: npt.NDArray[np.float64]) -> list[tuple[float, int, int, int, int, float]]:
    """Of each column the window with the largest likelihood ratio: its value, first and last day, counts."""
    whole = np.bincount(ago, minlength=SCAN_DAYS).astype(float)
    by_day = np.zeros((SCAN_DAYS, marked.shape[1]))
    np.add.at(by_day, ago, marked)
    all_marked, all_reviews = by_day.sum(axis=0), whole.sum()
    best: list[tuple[float, int, int, int, int, float]] = [(0.0, 0, 0, 0, 0, 0.0)] * marked.shape[1]
    sums, sizes = np.vstack([np.zeros(marked.shape[1]), by_day.cumsum(axis=0)]), np.r_[0.0, whole.cumsum()]
    for days in WINDOWS:
        count, size = sums[days:] - sums[:-days], sizes[days:] - sizes[:-days]
        expected = size[:, None] / all_reviews * all_marked
        rest, rest_expected = all_marked - count, all_marked - expected
        with np.errstate(divide="ignore", invalid="ignore"):
            inner = np.where(count > 0, count * np.log(count / expected), 0.0)
            outer = np.where(rest > 0, rest * np.log(rest / rest_expected), 0.0)
        value = np.where(count > expected, inner + outer, 0.0)
        for column, row in enumerate(value.argmax(axis=0)):
            if value[row, column] > best[column][0]:
                best[column] = (
                    float(value[row, column]), int(row), int(row + days - 1), int(count[row, column]),
                    int(size[row]), float(expected[row, column]),
                )  # fmt: skip
    return best


def around_changes(said: Said, changes: pd.DataFrame, end: dt.date, bought: Bought | None = None) -> pd.DataFrame:
    """Share of negative reviews before and after each event of the change log.

    With orders, a change of goods or page is judged by day of payment (a changed supplier is a batch): what was paid
    before against what was paid since, each by the reviews that came within `bought.age` days.

    Returns
    -------
    DataFrame, one row an event of the last 60 days with `LEAST_REVIEWS` reviews on both sides
        `day`, `object`, `change`, `item_id`, `lag` (days after it that count for neither side, because reviews lag
        orders), `paid` (by day of payment), `before`, `after` (shares), `reviews_before`, `reviews_after`,
        `change_low`, `change_high`, `real` (holds among all events together).
    """
    rows, chances = [], []
    for event in changes.itertuples():
        day = event.day.date() if hasattr(event.day, "date") else event.day
        if not 0 <= (end - day).days <= SCAN_DAYS:
            continue
        lag = EVENT_LAG.get(str(event.object), _GOODS_LAG)
        item = event.item_id if isinstance(event.item_id, str) else ""
        own = said.reviews if not item else said.reviews[said.reviews["item_id"] == item]
        sides, paid = _sides(said, own, day, lag, end, bought)
        (bad_before, before), (bad_after, after) = ((int(side["negative"].sum()), len(side)) for side in sides)
        if min(before, after) < LEAST_REVIEWS:
            continue
        gap = compare_proportions(bad_before, before, bad_after, after, level=LEVEL)
        chances.append(gap.p_value)
        rows.append(
            {
                "day": day, "object": event.object, "change": event.change, "item_id": item, "lag": 0 if paid else lag,
                "paid": paid,
                "before": bad_before / before, "after": bad_after / after, "reviews_before": before,
                "reviews_after": after, "change_low": gap.low, "change_high": gap.high,
            }
        )  # fmt: skip
    names = ["day", "object", "change", "item_id", "lag", "paid", "before", "after", "reviews_before", "reviews_after"]
    frame = pd.DataFrame(rows, columns=[*names, "change_low", "change_high"])
    return frame.assign(real=holm(chances, level=REAL_LEVEL) if chances else [])


def _sides(
    said: Said, own: pd.DataFrame, day: dt.date, lag: int, end: dt.date, bought: Bought | None
) -> tuple[list[pd.DataFrame], bool]:
    """Reviews before and after a change, and whether by day of payment."""
    before = Period(day - dt.timedelta(days=EVENT_DAYS), day - dt.timedelta(days=1))
    if bought is not None and lag == _GOODS_LAG:
        since = Period(day, day + dt.timedelta(days=EVENT_DAYS - 1))
        sides = sides_of_change(said, bought, own, (before, since), end)
        if min(map(len, sides)) >= LEAST_REVIEWS:
            return sides, True
    since = Period(day + dt.timedelta(days=lag), day + dt.timedelta(days=lag + EVENT_DAYS - 1))
    return [_of_days(own, before), _of_days(own, since)], False


def _of_days(rows: pd.DataFrame, span: Period) -> pd.DataFrame:
    return rows[rows["day"].map(lambda day: day is not None and span.start <= day <= span.end).astype(bool)]


@dataclass(frozen=True)
class Rival:
    """A rival's reviews beside ours, same days. `code` says why shares are not compared: few, or not alike."""

    name: str
    reviews: int
    own_reviews: int
    length: float  # median characters, theirs ÷ ours
    frame: pd.DataFrame  # aspect, own, theirs (shares of complaints), difference, low, high, real
    code: str | None = None


def beside_rival(own: Said, rival: Said, name: str, *, asked: Period | None) -> Rival:
    """Shares of complaints by aspect, ours and the rival's, over the days that both cover inside `asked`.

    Like with like: same days where both are dated, else all of both; default reviews and copies left out on both
    sides. Reviews much longer than ours were picked (最有帮助), not taken as they came: code `not_alike`.
    """
    mine, theirs = own.reviews, rival.reviews
    if own.dated and rival.dated:
        low = max(mine["day"].dropna().min(), theirs["day"].dropna().min())
        high = min(mine["day"].dropna().max(), theirs["day"].dropna().max())
        if asked is not None:
            low, high = max(low, asked.start), min(high, asked.end)
        mine, theirs = (_of_days(side, Period(low, high)) for side in (mine, theirs))
    empty = pd.DataFrame(columns=["aspect", "own", "theirs", "difference", "low", "high", "real"])
    if min(len(mine), len(theirs)) < LEAST_REVIEWS:
        return Rival(name, len(theirs), len(mine), math.nan, empty, "too_few")
    length = float(theirs["read"].str.len().median() / max(mine["read"].str.len().median(), 1))
    code = None if 1 / _ALIKE_LENGTH <= length <= _ALIKE_LENGTH else "not_alike"
    rows, chances = [], []
    for aspect in own.groups:
        counts = [
            int(complaining(said, aspect)[rows_of.index].sum()) for said, rows_of in ((own, mine), (rival, theirs))
        ]
        if sum(counts) < LEAST_MENTIONS or aspect == "overall":
            continue
        gap = compare_proportions(counts[1], len(theirs), counts[0], len(mine), level=LEVEL)
        chances.append(gap.p_value)
        rows.append((aspect, counts[0] / len(mine), counts[1] / len(theirs), gap.estimate, gap.low, gap.high))
    real = [bool(held) and code is None for held in holm(chances, level=REAL_LEVEL)] if chances else []
    frame = pd.DataFrame(rows, columns=empty.columns[:-1]).assign(real=real)
    order = frame["difference"].abs().sort_values(ascending=False).index
    return Rival(name, len(theirs), len(mine), length, frame.loc[order].reset_index(drop=True), code)


def marking_words(now: pd.DataFrame, *, most: int = 12) -> pd.DataFrame:
    """Words that mark negative from other reviews: log-odds with a prior of all words (Monroe et al. 2008).

    Returns
    -------
    DataFrame, one row a word, the surest first, up to `most` of each side
        `word`, `negative`, `other` (reviews that hold it), `z` (log-odds ÷ its error; > 0 marks negative).
    """
    held = text.review_words(now["read"].tolist())
    bad = now["negative"].to_numpy(bool)
    rows = pd.DataFrame(
        [(word, side) for words, side in zip(held, bad, strict=True) for word in words], columns=["word", "bad"]
    )
    counted = rows.groupby("word")["bad"].agg(["sum", "size"]).query(f"size >= {_LEAST_WORD}")
    if len(counted) < 2:  # one word marks nothing
        return pd.DataFrame(columns=["word", "negative", "other", "z"])
    first, second = counted["sum"].to_numpy(float), (counted["size"] - counted["sum"]).to_numpy(float)
    prior = counted["size"].to_numpy(float) / max(counted["size"].sum(), 1) * _PRIOR_WORDS
    odds = [
        np.log((side + prior) / (side.sum() + _PRIOR_WORDS - side - prior)) for side in (first, second)
    ]  # fmt: skip
    z = (odds[0] - odds[1]) / np.sqrt(1 / (first + prior) + 1 / (second + prior))
    frame = pd.DataFrame({"word": counted.index, "negative": first.astype(int), "other": second.astype(int), "z": z})
    sure = frame[frame["z"].abs() >= 1.96].sort_values(["z", "word"], ascending=[False, True])
    return pd.concat([sure[sure["z"] > 0].head(most), sure[sure["z"] < 0].tail(most)], ignore_index=True)


def own_aspects(now: pd.DataFrame, *, own_words: Mapping[str, Any] | None = None, most: int = 8) -> pd.DataFrame:
    """Nouns of the shop's goods that the lexicon lacks and that buyers judge: candidates for aspects of their own.

    Returns
    -------
    DataFrame, one row a noun in at least `LEAST_MENTIONS` reviews, most frequent first
        `word`, `reviews`, `negative`, `positive` (reviews whose clause with it says so).
    """
    nouns = text.new_nouns(now["read"].tolist(), lexicon=text.lexicon(own_words))
    found = [(word, sign) for one in nouns for word, sign in one.items()]
    frame = pd.DataFrame(found, columns=["word", "sign"])
    grouped = frame.groupby("word")["sign"].agg(
        reviews="size", negative=lambda signs: int((signs < 0).sum()), positive=lambda signs: int((signs > 0).sum())
    )
    often = grouped[grouped["reviews"] >= LEAST_MENTIONS].reset_index()
    return often.sort_values(["reviews", "word"], ascending=[False, True]).head(most).reset_index(drop=True)


_BIG, _SMALL = re.compile("大|肥|松|长|宽"), re.compile("小|紧|短|窄|瘦")


_WORN = re.compile("[尺大小加]码|码数|[0-9SMLX]码|合身|上身|试穿|穿着|裤|鞋|袖")
_WORN_SHARE = 0.2  # of the reviews on an item's size from which it is one that is worn


def sizing(said: Said, now: pd.DataFrame) -> pd.DataFrame:
    """Which way sizes miss, by item: reviews that say too big, too small, right.

    Returns
    -------
    DataFrame, one row an item with at least `LEAST_MENTIONS` complaints of size
        `item_id`, `big`, `small`, `right`, `chance` (two-sided, of so uneven a split if both were alike), `worn`
        (`_WORN_SHARE` of these reviews speak of sizes to choose: the answer is another size, not another picture).
    """
    spoken = said.opinions[(said.opinions["aspect"] == "size") & said.opinions["review"].isin(now.index)]
    bad, good = (spoken[spoken["polarity"] == side] for side in ("negative", "positive"))
    ways = {
        "big": bad[bad["opinion"].str.contains(_BIG)],
        "small": bad[bad["opinion"].str.contains(_SMALL)],
        "right": good,
    }
    items = now["item_id"]
    counted = pd.DataFrame(
        {way: items[items.index.isin(rows["review"])].value_counts() for way, rows in ways.items()}
    ).fillna(0)
    frame = counted.astype(int).rename_axis("item_id").reset_index()
    frame = frame[frame["big"] + frame["small"] >= LEAST_MENTIONS].sort_values("item_id").reset_index(drop=True)
    chances = [_even_chance(int(row.big), int(row.small)) for row in frame.itertuples()]
    on_size = items.index.isin(spoken["review"])
    worn = now.loc[on_size, "read"].str.contains(_WORN).groupby(items[on_size]).mean()
    return frame.assign(chance=chances, worn=frame["item_id"].map(worn).fillna(0) >= _WORN_SHARE)


def _even_chance(first: int, second: int) -> float:
    whole, most = first + second, max(first, second)
    return float(min(1.0, 2 * sum(math.comb(whole, k) for k in range(most, whole + 1)) / 2**whole))


_LINKING = re.compile("^(?:但是?|可惜|不过|而且|并且|可是|就是|只是|还有|的|了|也|又)+")
# superlatives, promises and comparisons with others: no words for an advertisement
_NOT_TO_CLAIM = re.compile("最|第一|比|超级|绝对|百分百|顶级|永久|国家|一定|好多")


def plain_clause(clause: str) -> str:
    """A clause without signs and without the linking words in front of it (就是有点重 → 有点重)."""
    return _LINKING.sub("", "".join(filter(str.isalnum, clause)))


def praise_words(said: Said, now: pd.DataFrame, aspect: str, *, most: int = 3) -> list[str]:
    """What buyers say in praise of an aspect, in their own short clauses (3 to 12 characters), most typical first.

    Linking words in front go; clauses with superlatives or comparisons are left out.
    """
    chosen = said.opinions[(said.opinions["aspect"] == aspect) & (said.opinions["polarity"] == "positive")]
    inside = chosen.loc[chosen["review"].isin(now.index) & chosen["clause"].str.len().between(3, 12), "clause"]
    plain = map(plain_clause, inside)
    clauses = list(dict.fromkeys(clause for clause in plain if len(clause) >= 3 and not _NOT_TO_CLAIM.search(clause)))
    order = np.argsort(-text.typicality(clauses), kind="stable")
    return [clauses[place] for place in order[:most]]
