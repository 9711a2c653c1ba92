"""The sales split carried down to items and sources: exact by row, by column and for any counts."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopnb.metrics.overview import SPLIT_PARTS
from shopnb.metrics.sales_parts import sales_parts
from shopnb.stats import decompose_product

COLUMNS = ["visitors", "buyers", "paid_amount", "visitors_before", "buyers_before", "paid_amount_before"]


def parts_of(*rows):
    return pd.DataFrame([dict(zip(["part", *COLUMNS], row, strict=True)) for row in rows], columns=["part", *COLUMNS])


def split_of(before, now):
    sides = [dict(zip(SPLIT_PARTS, (v, b / v, p / b), strict=True)) for v, b, p in (before, now)]
    return decompose_product(*sides).effects


@st.composite
def sides(draw):
    visitors = draw(st.integers(0, 100_000))
    buyers = draw(st.integers(0, visitors)) if visitors else 0
    return visitors, buyers, draw(st.floats(0.01, 1e6)) if buyers else 0.0


@settings(deadline=None)
@given(st.lists(st.tuples(sides(), sides()), min_size=1, max_size=12), st.integers(1, 10))
def test_rows_and_columns_add_up_for_any_counts(pairs, shown):
    now = [sum(one[0][place] for one in pairs) * 0.9 for place in range(3)]  # people of several parts, once
    before = [sum(one[1][place] for one in pairs) * 0.8 for place in range(3)]
    parts = parts_of(*((str(turn), *is_now, *was) for turn, (is_now, was) in enumerate(pairs)))
    if not (now[1] and before[1]):
        assert sales_parts(parts, dict.fromkeys(SPLIT_PARTS, 1.0)).empty
        return
    shop = split_of(before, now)
    found = sales_parts(parts, shop, shown=shown)
    size = max(now[2], before[2], *found[list(SPLIT_PARTS)].abs().to_numpy().ravel(), 1.0)
    for row in found.itertuples():
        assert abs(math.fsum(getattr(row, name) for name in SPLIT_PARTS) - row.total) <= 1e-9 * size
    above, last = found[found["kind"] != "shop"], found[found["kind"] == "shop"].iloc[0]
    for name in (*SPLIT_PARTS, "total"):
        assert abs(math.fsum(above[name]) - last[name]) <= 1e-9 * size
    assert abs(last["total"] - (now[2] - before[2])) <= 1e-9 * size
    of_parts = math.fsum(above.loc[above["kind"].isin(["part", "others"]), "total"])
    assert abs(of_parts - math.fsum(was[2] * -1 + is_now[2] for is_now, was in pairs)) <= 1e-9 * size
    assert abs(above.loc[above["kind"] == "mix", "total"].iloc[0]) <= 1e-9 * size


def test_two_items_by_hand():
    # a sells the same to twice the visitors; b converts half as many of the same visitors, each spending the same
    parts = parts_of(("a", 200, 20, 1000.0, 100, 10, 500.0), ("b", 100, 5, 500.0, 100, 10, 1000.0))
    found = sales_parts(parts, split_of((200, 20, 1500.0), (300, 25, 1500.0))).set_index("part")
    assert found.loc["a", list(SPLIT_PARTS)].tolist() == pytest.approx([500, 0, 0])
    assert found.loc["b", list(SPLIT_PARTS)].tolist() == pytest.approx([0, -500, 0])
    # of one basis with the shop, nothing is counted twice; what is left is the mix, and it sums to nothing
    kinds = found.set_index("kind")
    assert kinds.loc["overlap", list(SPLIT_PARTS)].tolist() == pytest.approx([0, 0, 0])
    assert kinds.loc["mix", "total"] == pytest.approx(0)
    # the mean buyer spent ¥75 and now ¥60: all of that is who bought, for both items kept their price
    assert kinds.loc["mix", "spend_per_buyer"] == pytest.approx(kinds.loc["shop", "spend_per_buyer"])
    assert kinds.loc["shop", "spend_per_buyer"] < 0


def test_a_new_part_is_all_visitors_and_an_impossible_one_is_left_to_the_rest():
    new = ("new", 50, 5, 300.0, 0, 0, 0.0)
    gone = ("gone", 0, 0, 0.0, 40, 2, 90.0)
    odd = ("odd", 0, 3, 70.0, 10, 1, 20.0)  # paid for without a visit in the period
    steady = ("steady", 100, 10, 500.0, 100, 10, 500.0)
    found = sales_parts(parts_of(new, gone, odd, steady), split_of((150, 13, 610.0), (150, 18, 870.0))).set_index(
        "part"
    )
    assert found.loc["new", list(SPLIT_PARTS)].tolist() == pytest.approx([300, 0, 0])
    assert found.loc["gone", list(SPLIT_PARTS)].tolist() == pytest.approx([-90, 0, 0])
    assert "odd" not in found.index
    assert found.set_index("kind").loc["overlap", "total"] == pytest.approx(50)  # the odd one's 70 - 20


def test_without_the_shops_split_there_is_none():
    parts = parts_of(("a", 200, 20, 1000.0, 100, 10, 500.0))
    assert sales_parts(parts, dict.fromkeys(SPLIT_PARTS, math.nan)).empty
    assert sales_parts(parts_of(), dict.fromkeys(SPLIT_PARTS, 1.0)).empty
