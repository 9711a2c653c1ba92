"""Counting reviews: shares, changes, onset and places against numbers worked out by hand."""

import datetime as dt
import math
from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest

from shopnb import text
from shopnb.metrics import reviews as metrics
from shopnb.metrics import reviews_more as more
from shopnb.metrics import reviews_orders as orders
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
    assert (len(said.reviews), said.aside) == (4, {"copy": 999})


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


def judged(rows):
    return read([(day, said, {"item_id": "1", **more}) for day, said, more in rows])


def varied(first, days, each, said):
    """`each` reviews a day, no two alike."""
    return [
        (first + dt.timedelta(days=turn), f"{said},第{turn}天{place}", {})
        for turn in range(days)
        for place in range(each)
    ]


def test_copies_templates_adverts_and_filler_are_set_aside_and_counted():
    template = "宝贝收到了非常满意质量很好物流很快卖家服务态度好"
    rows = [(END - dt.timedelta(days=turn), template + "!" * turn, {}) for turn in range(4)]
    rows += [
        (END, "需要好评返现的加微信联系我吧", {}),
        (END, "凑字数" * 20, {}),
        (END, "杯子不错", {}),
        (END, "杯子不错", {}),
    ]
    said = read(rows)
    assert said.aside == {"template": 3, "advert": 1, "filler": 1}
    assert len(said.reviews) == 3


def test_a_bad_mark_is_negative_and_a_good_one_proves_nothing():
    said = read([(END, "嗯", {"stars": 1.0}), (END, "漏水,差评", {"stars": 5.0}), (END, "还行", {"mark": "差评"})])
    assert said.reviews["negative"].all()
    assert math.isnan(said.check.error)  # three marks say nothing of the machine


def test_a_cluster_is_found_and_chance_raises_none():
    quiet = varied(END - dt.timedelta(days=59), 60, 5, "保温好")
    leaks = [(END - dt.timedelta(days=59 - turn * 10), f"漏水了{turn}", {}) for turn in range(6)]
    assert more.clusters(judged(quiet + leaks), END) == []
    burst = [(END - dt.timedelta(days=10 + turn % 2), f"漏水了,差评{turn}", {}) for turn in range(8)]
    found = more.clusters(judged(quiet + leaks + burst), END)
    assert [(one.aspect, one.count >= 8) for one in found] == [("leak", True)]
    assert found[0].first <= END - dt.timedelta(days=11) <= END - dt.timedelta(days=10) <= found[0].last


def test_an_event_is_judged_by_reviews_on_both_sides_of_its_lag():
    event = END - dt.timedelta(days=40)
    before = varied(event - dt.timedelta(days=21), 21, 2, "很好用,喜欢")
    after = varied(event + dt.timedelta(days=7), 21, 2, "漏水,差评")
    changes = pd.DataFrame(
        {"day": [event, END], "object": ["商品", "商品"], "change": ["换供应商", "降价"], "item_id": ["1", None]}
    )
    found = more.around_changes(judged(before + after), changes, END)
    assert found[["change", "before", "after", "reviews_before", "reviews_after", "real"]].values.tolist() == [
        ["换供应商", 0.0, 1.0, 42, 42, True]
    ]


def test_a_rival_is_compared_over_the_same_days_and_not_when_picked():
    own = judged(varied(END - dt.timedelta(days=29), 30, 2, "保温好,不漏水"))
    worse = judged(varied(END - dt.timedelta(days=59), 60, 2, "盖子漏水,差评"))
    found = more.beside_rival(own, worse, "对手", asked=NOW)
    leak = found.frame.set_index("aspect").loc["leak"]
    assert (found.code, found.reviews, found.own_reviews) == (None, 60, 60)
    assert (leak["own"], leak["theirs"], leak["real"]) == (0.0, 1.0, True)
    long = judged(varied(END - dt.timedelta(days=29), 30, 2, "盖子漏水,差评," + "用了很久想说说自己的感受" * 3))
    assert more.beside_rival(own, long, "对手", asked=NOW).code == "not_alike"
    assert more.beside_rival(own, judged([(END, "漏", {})]), "对手", asked=NOW).code == "too_few"


def test_words_that_mark_bad_lean_the_right_way():
    said = judged(varied(END, 1, 20, "密封圈漏水,差评") + varied(END, 1, 40, "颜值很高,保温好"))
    found = more.marking_words(said.reviews).set_index("word")["z"]
    assert found["密封圈"] > 1.96
    assert found["颜值"] < -1.96


def test_sizes_that_miss_one_way_are_told_from_both_ways():
    big = [(END, f"尺码偏大{turn}", {}) for turn in range(9)]
    said = judged([*big, (END, "有点小", {}), (END, "大小合适", {})])
    row = more.sizing(said, said.reviews).iloc[0]
    assert row[["big", "small", "right"]].tolist() == [9, 1, 1]
    assert row["chance"] == pytest.approx(22 / 1024)  # 2 · (10 + 1) / 2¹⁰
    assert row["worn"]
    cream = judged([(END, f"太小了,一小瓶{turn}", {}) for turn in range(9)])
    assert not more.sizing(cream, cream.reviews).iloc[0]["worn"]  # nobody can choose another size of it


def test_own_marks_bend_the_model_only_where_that_helps():
    strange = [f"蓝鲸{turn}" for turn in range(60)] + [f"红鲤{turn}" for turn in range(60)]
    marks = np.array([0.0] * 60 + [1.0] * 60)
    found = text.adapted(strange, marks)
    assert found.used
    assert found.error < 0.05 < found.error_shipped
    noise = np.random.default_rng(3).permutation(marks)
    assert text.adapted(["质量很好", "质量很差"] * 60, np.array([1.0, 0.0] * 60)).error == 0
    assert text.adapted(strange, noise).error > 0.35  # nothing to learn, and it is said


def test_log_odds_of_a_word_by_hand():
    now = pd.DataFrame({"read": ["漏水"] * 60 + ["保温"] * 60, "negative": [True] * 60 + [False] * 60})
    found = more.marking_words(now).set_index("word")
    # the prior of 500 is shared 250 : 250; odds 310/250 against 250/310, variance 1/310 + 1/250
    assert found.loc["漏水", "z"] == pytest.approx(2 * math.log(1.24) / math.sqrt(1 / 310 + 1 / 250))
    assert found.loc["漏水", ["negative", "other"]].tolist() == [60, 0]
    assert found.loc["保温", "z"] == pytest.approx(-found.loc["漏水", "z"])
    assert more.marking_words(now.assign(read="漏水")).empty  # one word marks nothing


def test_alarms_of_quiet_shops_are_as_rare_as_said():
    random = np.random.default_rng(4)
    kinds = random.choice(["保温好", "漏水", "有点重", "物流慢", "客服态度差"], 240, p=[0.8, 0.08, 0.04, 0.05, 0.03])
    said = judged([(END, f"{kind}{turn}", {}) for turn, kind in enumerate(kinds)])
    alarms = 0
    for _ in range(10):
        days = [END - dt.timedelta(days=int(ago)) for ago in random.integers(0, 60, len(said.reviews))]
        alarms += bool(more.clusters(replace(said, reviews=said.reviews.assign(day=days)), END))
    assert alarms <= 1  # 1 % each: two of ten have a chance of 0.4 %


def test_buyers_behind_reviews_are_those_who_paid_seven_to_twenty_days_before():
    days = pd.DataFrame({"day": [END - dt.timedelta(days=turn) for turn in range(60)]})
    days = days.assign(
        payers=[100.0 if turn < 30 else 200.0 for turn in range(60)], paid_orders=1.0, parcels_signed=50.0
    )
    found = orders.buyers_behind(days, NOW)
    # of 30 days shifted by 7 … 20, that many lie in the dearer month: mean 13.5
    assert found.aligned
    assert found.count == pytest.approx(30 * 100 + 13.5 * 100)
    assert found.per_thousand(9).estimate == pytest.approx(9 / 4.35)
    assert orders.parcels_behind(days, NOW).count == 1500
    short = orders.buyers_behind(days.head(30), NOW)
    assert (short.count, short.aligned) == (3000, False)
    assert orders.buyers_behind(days.head(20), NOW).per_thousand(3).code == "missing_table"


def test_day_of_payment_is_dated_and_late_refunds_make_no_fall():
    days = pd.DataFrame({"day": [END - dt.timedelta(days=59 - turn) for turn in range(60)], "paid_orders": 100.0})
    paid = [day for turn, day in enumerate(days["day"]) for _ in range(4 if 35 <= turn < 53 else turn % 5 == 0)]
    frame = pd.DataFrame(
        {"item_id": "1", "reason": "质量问题", "paid_at": pd.to_datetime(paid), "refunded_amount": 50.0}
    )
    frame = frame.assign(applied_at=frame["paid_at"] + pd.Timedelta(days=1), closed_at=frame["paid_at"])
    found = orders.paid_since(ibis.memtable(frame), "1", days, END)
    assert found.first == days["day"][35]
    assert found.step.rate_after == pytest.approx(0.04)
    level = frame.assign(paid_at=pd.to_datetime([days["day"][turn % 50] for turn in range(len(frame))]))
    assert orders.paid_since(ibis.memtable(level), "1", days, END).first is None
    assert orders.paid_since(ibis.memtable(frame), "2", days, END).step.code == "too_few"


def test_mixed_reviews_are_counted_and_selling_points_are_no_claims():
    rows = ["颜色好看,但是漏水", "但价格很便宜", "价格比超市便宜", "价格是最便宜的", "漏水"]
    said = read([(END, text, {}) for text in rows])
    assert metrics.mixed(said, said.reviews.index) == 1
    assert more.praise_words(said, said.reviews, "price") == ["价格很便宜"]
    assert [more.plain_clause(one) for one in ("可惜装满就漏!", "但是有点重", "就是")] == ["装满就漏", "有点重", ""]
