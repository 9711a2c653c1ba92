"""The one aggregation: every arithmetic class, against sums by hand and by pandas."""

from __future__ import annotations

import datetime as dt
import math

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopnb.errors import InputError
from shopnb.metrics.aggregate import aggregate
from shopnb.schema import TABLES

SHOP, SOURCES, ADS, ITEMS = (TABLES[name] for name in ("shop_daily", "traffic_period", "ad_daily", "item_period"))
FIRST = dt.date(2026, 8, 24)


def shop_days(**columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame({"day": [FIRST + dt.timedelta(days=k) for k in range(length)], **columns})


def test_visitors_of_days_are_visitor_days_and_conversion_is_recomputed():
    days = shop_days(visitors=[100, 300], payers=[10, 6], paid_amount=[500.0, 700.0], payment_conversion=[0.1, 0.02])
    week = aggregate(days, SHOP, columns=["visitors", "payment_conversion", "spend_per_buyer", "paid_amount"])
    assert week.to_dict("records") == [
        {"visitor_days": 400, "payment_conversion": 0.04, "spend_per_buyer": 75, "paid_amount": 1200}
    ]
    assert week.attrs["codes"] == {}
    assert week.attrs["names"]["visitors"] == "visitor_days"


def test_grouped_by_day_people_keep_their_name_and_means_their_value():
    days = shop_days(visitors=[100, 300], bounce_rate=[0.5, 0.7])
    daily = aggregate(days, SHOP, by=["day"], columns=["visitors", "bounce_rate"])
    assert list(daily.columns) == ["day", "visitors", "bounce_rate"]
    assert daily["bounce_rate"].tolist() == [0.5, 0.7]
    week = aggregate(days.assign(week=1), SHOP, by=["week"], columns=["bounce_rate"])
    assert math.isnan(week.loc[0, "bounce_rate"])
    assert week.attrs["codes"] == {"bounce_rate": "mean_of_means"}


def test_zero_and_missing_denominators_are_not_zero():
    days = shop_days(visitors=[0, 0], payers=[0, 0])
    week = aggregate(days, SHOP, columns=["payment_conversion"])
    assert math.isnan(week.loc[0, "payment_conversion"])
    assert week.attrs["codes"] == {"payment_conversion": "zero_denominator"}
    # a day whose payers are unknown must not lower the conversion
    gap = aggregate(shop_days(visitors=[100, 300], payers=[10, None]), SHOP, columns=["payment_conversion", "payers"])
    assert gap.loc[0, "payment_conversion"] == pytest.approx(0.1)
    assert gap.attrs["codes"] == {"payment_conversion": "partly_missing", "payer_days": "partly_missing"}
    none = aggregate(shop_days(visitors=[None, None]), SHOP, columns=["visitors"])
    assert math.isnan(none.loc[0, "visitor_days"])
    assert none.attrs["codes"] == {"visitor_days": "missing"}


def source_rows(**changes):
    rows = pd.DataFrame(
        {
            "start_on": [FIRST] * 3,
            "end_on": [FIRST + dt.timedelta(days=6)] * 3,
            "rule": ["last"] * 3,
            "source_1": ["paid", "paid", "free"],
            "source_2": ["a", "b", "c"],
            "source_3": ["", "", ""],
            "visitors": [100, 50, 200],
            "payers": [5, 5, 4],
        }
    )
    return rows.assign(**changes)


def test_people_over_sources_overlap_and_say_so():
    by_source = aggregate(source_rows(), SOURCES, by=["end_on", "source_1"], columns=["visitors", "payment_conversion"])
    assert by_source["visitors_overlapping"].tolist() == [200, 150]
    assert by_source["payment_conversion"].tolist() == pytest.approx([0.02, 10 / 150])
    assert by_source.attrs["codes"]["visitors_overlapping"] == "people_overlap"
    keys = ["end_on", "source_1", "source_2", "source_3"]
    assert aggregate(source_rows(), SOURCES, by=keys, columns=["visitors"])["visitors"].sum() == 350


def test_two_rules_or_overlapping_periods_are_never_added():
    with pytest.raises(ValueError, match="rule"):
        aggregate(source_rows(rule=["last", "last", "each"]), SOURCES, columns=["visitors"])
    long = [FIRST, FIRST, FIRST - dt.timedelta(days=23)]
    with pytest.raises(ValueError, match="overlapping"):
        aggregate(source_rows(start_on=long), SOURCES, columns=["payers"])


def test_platform_ratio_stands_where_a_single_row_lacks_its_parts():
    rows = source_rows(payers=[None] * 3, payment_conversion=[0.05, 0.1, 0.02])
    keys = ["end_on", "source_1", "source_2", "source_3"]
    single = aggregate(rows, SOURCES, by=keys, columns=["payment_conversion"])
    assert sorted(single["payment_conversion"]) == [0.02, 0.05, 0.1]
    pooled = aggregate(rows, SOURCES, by=["end_on", "source_1"], columns=["payment_conversion"])
    assert math.isnan(pooled.set_index("source_1").loc["paid", "payment_conversion"])


def test_running_total_is_the_last_day_and_an_index_is_withheld():
    days = shop_days(description_score=[4.8, 4.9, None])
    assert aggregate(days, SHOP, columns=["description_score"]).loc[0, "description_score"] == 4.9
    items = pd.DataFrame(
        {
            "start_on": [FIRST] * 2,
            "end_on": [FIRST] * 2,
            "item_id": ["1", "2"],
            "year_paid_amount": [10.0, 20.0],
        }
    )
    both = aggregate(items, ITEMS, by=["end_on"], columns=["year_paid_amount"])
    assert math.isnan(both.loc[0, "year_paid_amount"])
    assert both.attrs["codes"] == {"year_paid_amount": "running_total"}
    words = pd.DataFrame(
        {
            "category": ["c"] * 2,
            "start_on": [FIRST] * 2,
            "end_on": [FIRST] * 2,
            "word": ["a", "b"],
            "search_popularity_low": [5000.0, 1.0],
            "search_popularity_high": [10000.0, 2.0],
        }
    )
    index = aggregate(words, TABLES["search_rank"], by=["category"], columns=["search_popularity"])
    assert index.attrs["codes"]["search_popularity_high"] == "index_not_added"
    assert index["search_popularity_low"].isna().all()


def test_labels_and_missing_columns_are_refused():
    days = shop_days(visitors=[1])
    with pytest.raises(ValueError, match="label"):
        aggregate(days, SHOP, columns=["day"])
    with pytest.raises(InputError) as caught:
        aggregate(days, SHOP, columns=["payment_conversion"])
    assert caught.value.code == "missing_columns"
    assert "payers" in caught.value.text("en")


def test_an_empty_table_has_no_zero():
    none = aggregate(shop_days(visitors=[1.0], payers=[1.0]).head(0), SHOP, columns=["visitors", "payment_conversion"])
    assert len(none) == 1
    assert none.isna().all(axis=None)


def test_ibis_and_pandas_give_the_same():
    days = shop_days(visitors=[100, 300, 5], payers=[10, 6, 1]).assign(week=[1, 1, 2])
    names = ["visitors", "payment_conversion"]
    connection = ibis.duckdb.connect()
    lazy = connection.create_table("days", days)
    pd.testing.assert_frame_equal(
        aggregate(lazy, SHOP, by=["week"], columns=names), aggregate(days, SHOP, by=["week"], columns=names)
    )


counts = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 500), st.integers(0, 50)), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None)
@given(counts)
def test_sums_and_ratios_equal_pandas(rows):
    days = shop_days(visitors=[r[1] for r in rows], payers=[r[2] for r in rows]).assign(group=[r[0] for r in rows])
    ours = aggregate(days, SHOP, by=["group"], columns=["visitors", "payers", "payment_conversion"]).set_index("group")
    sums = days.groupby("group")[["visitors", "payers"]].sum()
    np.testing.assert_array_equal(ours["visitor_days"], sums["visitors"])
    expected = sums["payers"] / sums["visitors"].replace(0, np.nan)
    np.testing.assert_allclose(ours["payment_conversion"], expected)
