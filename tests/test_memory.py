"""What a moved control leaves as it was is not computed again; what it changes is."""

import ibis
import pandas as pd
import pytest

from shopnb.memory import Memory, remembered, remembering

TABLE = ibis.memtable({"day": [1, 2, 3], "paid": [10.0, 20.0, 40.0]})


@pytest.fixture
def asked():
    return []


@pytest.fixture
def total(asked):
    @remembered
    def total(frame, *, upto=99):
        asked.append(upto)
        return frame[frame["day"] <= upto].assign(paid=lambda rows: rows["paid"].cumsum())

    return total


def frame(paid=40.0):
    return pd.DataFrame({"day": [1, 2, 3], "paid": [10.0, 20.0, paid]})


def test_equal_content_is_computed_once_and_any_difference_anew(total, asked):
    with remembering(Memory()):
        first, again = total(frame(), upto=2), total(frame(), upto=2)
        assert asked == [2]
        pd.testing.assert_frame_equal(first, again)
        total(frame(41.0), upto=2)
        total(frame(), upto=3)
        total(frame(), upto=3.0)
    assert asked == [2, 2, 3, 3.0]


def test_whoever_changes_a_result_changes_his_own(total):
    with remembering(Memory()):
        mine = total(frame())
        mine["paid"] = 0.0
        assert total(frame())["paid"].tolist() == [10.0, 30.0, 70.0]


def test_without_a_memory_nothing_is_kept(total, asked):
    total(frame())
    with remembering(None):
        total(frame())
    assert len(asked) == 2


def test_questions_to_tables_are_told_apart_by_what_they_ask(asked):
    @remembered
    def paid(table):
        asked.append(1)
        return float(table.paid.sum().execute())

    with remembering(Memory()):
        sums = [paid(TABLE.filter(TABLE.day <= day)) for day in (1, 2, 1, 2)]
    assert sums == [10.0, 30.0, 10.0, 30.0]
    assert len(asked) == 2


def test_the_oldest_result_goes_first(total, asked):
    with remembering(Memory(entries=2)):
        for upto in (1, 2, 1, 3, 1, 2):
            total(frame(), upto=upto)
    assert asked == [1, 2, 3, 2]


def test_what_does_not_pickle_is_computed_each_time(asked):
    @remembered
    def applied(function):
        asked.append(1)
        return function()

    with remembering(Memory()):
        assert applied(lambda: 1) + applied(lambda: 2) == 3
    assert len(asked) == 2
