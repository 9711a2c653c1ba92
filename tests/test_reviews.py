"""Counting reviews: shares, changes, onset and places against numbers worked out by hand."""

import datetime as dt
import math

import ibis
import numpy as np
import pandas as pd
import pytest

from shopnb.metrics import reviews as metrics
from shopnb.metrics.periods import Period
from shopnb.schema import TABLES
from shopnb.stats import rate_change_point

END = dt.date(2026, 8, 30)
NOW, BEFORE = Period(dt.date(2026, 8, 1), END), Period(dt.date(2026, 7, 2), dt.date(2026, 7, 31))


def table(rows):
    """A review table of (day or None, text, more columns)."""
    names = TABLES["reviews"].arrow_schema.names
    frame = pd.DataFrame(
        [
            dict.fromkeys(names)
            | {"review_id": f"r{turn:05}", "reviewed_at": pd.Timestamp(day) if day else None, "text": said, **more}
            for turn, (day, said, more) in enumerate(rows)
        ],
        columns=names,
    )
    frame["reviewed_at"] = pd.to_datetime(frame["reviewed_at"])
    frame["stars"] = frame["stars"].astype("float")
    return ibis.memtable(frame, schema=ibis.schema(TABLES["reviews"].arrow_schema))


def read(rows, **given):
    return metrics.read_reviews(table(rows), **({"until": None, "item": "", "own_names": ()} | given))


def many(day_from, days, said, more=None):
    return [(day_from + dt.timedelta(days=turn), said, more or {}) for turn in range(days)]


def test_default_and_empty_reviews_are_not_in_the_denominator():
    said = read([(END, "此用户没有填写评价。", {}), (END, None, {"stars": 5.0}), (END, "很好", {})])
    assert (len(said.reviews), len(said.defaults), said.all_rows) == (1, 2, 3)


def test_an_aspect_counts_once_a_review():
    said = read([(END, "漏水,真的漏水,一直漏水", {})] + many(dt.date(2026, 8, 1), 29, "颜色好看"))
    counts = {one.aspect: one for one in metrics.aspect_counts(said, said.reviews, said.reviews.iloc[:0])}
    assert counts["leak"].negative == 1
    assert counts["leak"].negative_share.estimate == pytest.approx(1 / 30)
    assert math.isnan(counts["leak"].change.estimate)


def test_no_share_from_few_reviews():
    assert metrics.share(2, 29).code == "too_few"
    found = metrics.share(3, 30)
    # Wilson at 90 %: z = 1.6449; centre (0.1 + z²/60) / (1 + z²/30), by hand
    z = 1.6448536
    centre, spread = (0.1 + z * z / 60) / (1 + z * z / 30), z * math.sqrt(0.09 / 30 + z * z / 3600) / (1 + z * z / 30)
    assert (found.low, found.high) == pytest.approx((centre - spread, centre + spread))


def test_copies_of_one_day_count_once_short_ones_all():
    long_text = "这个杯子真的非常好用,颜色也很好看,推荐大家购买"
    said = read([(END, long_text, {})] * 1000 + [(END, "好", {})] * 3)
    assert (len(said.reviews), said.copies) == (4, 999)


def test_rival_reviews_are_left_out():
    said = read(
        [(END, "很好", {"shop": "对手"}), (END, "很好", {"shop": "我店"}), (END, "不错", {})], own_names=("我店",)
    )
    assert len(said.reviews) == 2


def test_praise_alone_is_not_negative_complaint_alone_is():
    said = read(
        [(END, "没有异味,不起球,物流快", {}), (END, "漏水,差评", {}), (END, "</script><script>alert(1)</script>", {})]
    )
    assert said.reviews["negative"].tolist()[:2] == [False, True]


def test_own_share_moves_the_line():
    chance = np.array([0.99] * 95 + [0.4] * 5)
    adjusted = metrics.at_own_share(chance)
    assert (adjusted[-5:] > 0.5).all()  # among mostly good reviews 0.4 is more likely good
    assert metrics.at_own_share(np.array([0.4])) == pytest.approx([0.4], abs=0.03)


def test_step_is_dated_and_noise_is_not():
    trials = np.full(60, 10.0)
    step = np.r_[np.zeros(40), np.full(20, 3.0)]
    found = rate_change_point(step, trials)
    assert (found.first, found.rate_before, found.rate_after) == (40, 0.0, 0.3)
    assert found.low <= 40 <= found.high
    assert rate_change_point(np.zeros(60), trials).code == "too_few"


def test_false_alarms_of_the_onset_are_rare():
    random = np.random.default_rng(1)
    series = (random.binomial(12, 0.05, 60).astype(float) for _ in range(100))
    alarms = sum(rate_change_point(one, np.full(60, 12.0)).code is None for one in series)
    assert alarms <= 4  # 1 % each, 100 series


def test_place_is_compared_with_all_others():
    bad, good = {"item_id": "1", "sku": "雾蓝"}, {"item_id": "1", "sku": "奶白"}
    said = read(many(dt.date(2026, 8, 1), 10, "漏水", bad) + many(dt.date(2026, 8, 1), 30, "很好", good))
    spots = metrics.places(said.reviews, metrics.complaining(said, "leak"))
    assert spots.iloc[0][["sku", "reviews", "marked"]].tolist() == ["雾蓝", 10, 10]
    assert spots.iloc[0]["p_value"] < 0.001
    assert spots.iloc[1]["p_value"] == 1.0


def test_periods_include_both_ends():
    said = read([(day, "很好", {}) for day in (NOW.start, NOW.end, BEFORE.end, None)])
    assert [len(metrics.within(said, period)) for period in (NOW, BEFORE, None)] == [2, 1, 4]
