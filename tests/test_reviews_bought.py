"""Reviews beside their orders: by day of payment at equal age, changes as batches, refunds of the very orders."""

import datetime as dt

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from test_reviews import END, NOW, table

from shopnb.metrics import reviews as metrics
from shopnb.metrics import reviews_bought as bought
from shopnb.metrics import reviews_more as more
from shopnb.schema import TABLES

DAYS = [END - dt.timedelta(days=turn) for turn in range(59, -1, -1)]


def rows_of(name, frame):
    return ibis.memtable(pa.Table.from_pylist(frame.to_dict("records"), schema=TABLES[name].arrow_schema))


def orders_of(per_day=10, days=DAYS):
    frame = pd.DataFrame(
        [(f"{day:%m%d}{place:03}", pd.Timestamp(day), 50.0) for day in days for place in range(per_day)]
    )
    frame.columns = ["order_id", "paid_at", "paid_amount"]
    return rows_of("orders", frame)


def reviews_of(days, *, lag, complaint_lag, leaks_from):
    """Two written reviews of each day's orders: one good after `lag` days, one that leaks from a day on, else good."""
    rows = []
    for day in days:
        leaks = day >= leaks_from
        late = complaint_lag if leaks else lag
        for place, (after, said) in enumerate(((lag, "保温好"), (late, "盖子漏水,差评" if leaks else "颜色好看"))):
            written = day + dt.timedelta(days=after)
            if written <= END:
                rows.append((written, f"{said}{day:%m%d}", {"order_id": f"{day:%m%d}{place:03}", "item_id": "1"}))
    return table(rows)


@pytest.fixture(scope="module")
def joined():
    reviews = reviews_of(DAYS, lag=12, complaint_lag=5, leaks_from=END - dt.timedelta(days=29))
    said = metrics.read_reviews(reviews, until=None, item="", own_names=())
    return reviews, said, bought.join_orders(said, reviews, orders_of(), END)


def test_days_of_payment_and_lags_come_from_the_orders(joined):
    _, said, found = joined
    assert found.known == len(said.reviews)
    assert found.paid.iloc[0] == DAYS[0]
    assert set(found.orders) == {10.0}
    # old enough are the orders of 30 days whose reviews came after 12, and of 5 days whose leaks came after 5
    assert (found.lags, found.age) == ((12, 12), 12)


def test_days_of_payment_are_compared_at_equal_age(joined):
    _, said, found = joined
    days = bought.by_payment(said, found, metrics.complaining(said, "leak"), END)
    assert days["day"].max() == END - dt.timedelta(days=found.age)  # younger days have only their early complaints
    first = days[days["day"] < END - dt.timedelta(days=29)]
    later = days[days["day"] >= END - dt.timedelta(days=29)]
    assert (first["marked"].sum(), set(first["reviews"])) == (0, {2})
    assert (set(later["marked"]), set(later["reviews"])) == ({1}, {2})
    assert bought.since_payment(days).first == END - dt.timedelta(days=29)


def test_weeks_of_payment_add_up_and_count_per_thousand_orders(joined):
    _, said, found = joined
    days = bought.by_payment(said, found, metrics.complaining(said, "leak"), END)
    weeks = bought.weeks_of_payment(days)
    assert weeks["orders"].sum() == days["orders"].sum()
    whole = weeks[(weeks["orders"] == 70) & (weeks["marked"] == 7)].iloc[0]
    assert whole["marked_value"] == pytest.approx(100)
    assert whole["marked_low"] < 100 < whole["marked_high"]
    assert bought.weeks_of_payment(days.iloc[:0]).empty


def test_complaints_that_come_early_are_no_rise_of_the_last_days():
    quiet = reviews_of(DAYS, lag=12, complaint_lag=5, leaks_from=dt.date(2027, 1, 1))
    rows = [(day + dt.timedelta(days=4), f"盖子漏水{day}", {"order_id": f"{day:%m%d}003"}) for day in DAYS[::4][:-1]]
    early = table(rows)
    both = ibis.union(quiet, early.mutate(review_id=early.review_id + "x"))
    said = metrics.read_reviews(both, until=None, item="", own_names=())
    found = bought.join_orders(said, both, orders_of(), END)
    days = bought.by_payment(said, found, metrics.complaining(said, "leak"), END)
    assert bought.since_payment(days).step.code == "no_change"


def test_orders_that_do_not_match_say_nothing(joined):
    reviews, said, _ = joined
    other = orders_of()
    other = other.mutate(order_id=other.order_id + "z")
    assert bought.join_orders(said, reviews, other, END) is None
    unpaid = orders_of().mutate(paid_at=ibis.null("timestamp"))
    assert bought.join_orders(said, reviews, unpaid, END) is None
    assert bought.join_orders(said, reviews, orders_of(days=DAYS[-20:]), END) is None  # too young to know the lag


def test_a_changed_supplier_is_judged_by_payment(joined):
    _, said, found = joined
    event = END - dt.timedelta(days=29)
    changes = pd.DataFrame({"day": [event], "object": ["商品"], "change": ["供应商"], "item_id": ["1"]})
    row = more.around_changes(said, changes, END, found).iloc[0]
    # 21 days paid before: two good ones each; days paid since and old enough: one of two leaks
    ripe = 29 - found.age + 1
    assert (row["paid"], row["before"], row["reviews_before"], row["lag"]) == (True, 0.0, 42, 0)
    assert (row["after"], row["reviews_after"]) == (0.5, 2 * min(ripe, 21))
    by_review = more.around_changes(said, changes, END).iloc[0]
    assert not by_review["paid"]
    service = more.around_changes(said, changes.assign(object="客服"), END, found).iloc[0]
    assert not service["paid"]


def test_refunds_are_those_of_the_very_orders(joined):
    reviews, said, _ = joined
    event = END - dt.timedelta(days=29)
    frame = pd.DataFrame(
        {
            "refund_id": ["a", "b", "c", "d"],
            "order_id": [f"{event:%m%d}001", f"{event:%m%d}001", f"{event:%m%d}000", "none"],
            "refunded_amount": [10.0, 5.0, 7.0, 100.0],
        }
    )
    leaking = said.reviews.index[metrics.complaining(said, "leak")]
    seen = bought.refunded(said, leaking, reviews, rows_of("refunds", frame))
    assert (seen.cases, seen.amount, seen.cases_before, seen.amount_before) == (1, 15.0, 2, 22.0)


def test_span_of_payment_needs_five_known_orders(joined):
    _, said, found = joined
    now = metrics.within(said, NOW)
    assert bought.paid_span(found, now.index[:4]) is None
    low, high = bought.paid_span(found, said.reviews.index)
    assert DAYS[0] <= low < high <= DAYS[-1]
