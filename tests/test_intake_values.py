"""Cells to values: each form that the design lists, with the value worked out by hand."""

# ruff: noqa: DTZ001 - times are shop times

import contextlib
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopnb.intake import dates, masking, personal, values
from shopnb.intake.faults import BadValue

NEAR = datetime(2026, 9, 17, 10, 0)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1,855", 1855),
        ("53.83%", 0.5383),
        ("173%", 1.73),
        ("-", None),
        ("--", None),
        ("\\N", None),
        ("NULL", None),
        ("nan", None),
        ("", None),
        (None, None),
        ('="123"', 123),
        ("'123", 123),
        ("35188 ", 35188),
        ("1.2万", 12000),
        ("1.02亿", 102_000_000),
        ("1,234.56元", 1234.56),
        ("¥59.90", 59.9),
        ("１，２３４．５", 1234.5),
        ("-3.5", -3.5),
        ("15天", 15),
        (431.0, 431),
        (float("nan"), None),
    ],
)
def test_number(cell, number):
    assert values.parse_number(cell) == number


@pytest.mark.parametrize(
    ("cell", "ends"),
    [
        ("5000 ~ 1万", (5000, 10000)),
        ("500+人付款", (500, None)),
        ("20万+人付款", (200_000, None)),
        ("8.0万+人付款", (80_000, None)),
        ("400人付款", (400, 400)),
        ("1% ~ 2.5%", (0.01, 0.025)),
        ("0 ~ 1%", (0, 0.01)),
        ("12.00-35.00", (12, 35)),
        ("12.00 - 35.00", (12, 35)),
        ("月销 1000+", (1000, None)),
        ("10万以上", (100_000, None)),
        ("50以下", (None, 50)),
        ("59.90", (59.9, 59.9)),
        (59.9, (59.9, 59.9)),
        ("-", (None, None)),
        ("", (None, None)),
    ],
)
def test_range(cell, ends):
    assert values.parse_range(cell) == ends


@pytest.mark.parametrize(
    ("parse", "cell", "reason"),
    [
        (values.parse_number, "abc", "not_a_number"),
        (values.parse_int, "1e999", "not_a_number"),
        (values.parse_number, "5000 ~ 1万", "range_in_number_column"),
        (values.parse_int, "3.5", "not_a_whole_number"),
        (values.parse_range, "9 ~ 5", "range_backwards"),
        (values.parse_id, 3.5e17, "id_rounded"),
        (values.parse_id, "5.49475E+11", "id_rounded"),
        (values.parse_bool, "也许", "not_yes_or_no"),
    ],
)
def test_unreadable(parse, cell, reason):
    with pytest.raises(BadValue) as fault:
        parse(cell)
    assert fault.value.reason == reason


def test_ids_stay_text():
    assert values.parse_id("00123") == "00123"
    assert values.parse_id('="4000123456789012345"') == "4000123456789012345"
    assert values.parse_id("'600000000001") == "600000000001"
    assert values.parse_id(549474661845.0) == "549474661845"


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-06-13", datetime(2026, 6, 13)),
        ("20260613", datetime(2026, 6, 13)),
        ("2026/6/13", datetime(2026, 6, 13)),
        ("2026年6月13日", datetime(2026, 6, 13)),
        ("2026-06-13 10:22:33", datetime(2026, 6, 13, 10, 22, 33)),
        ("2026/6/3 9:05", datetime(2026, 6, 3, 9, 5)),
        ("2026-06-13 周六", datetime(2026, 6, 13)),
        ("2026-06-13(星期六)", datetime(2026, 6, 13)),
        ("8.24", datetime(2026, 8, 24)),
        ("8月24日", datetime(2026, 8, 24)),
        ("12月30日", datetime(2025, 12, 30)),
        ("8.1", datetime(2026, 8, 1)),
        (8.24, datetime(2026, 8, 24)),
        (8.07, datetime(2026, 8, 7)),
        (20260613.0, datetime(2026, 6, 13)),
        (46186.0, datetime(2026, 6, 13)),
        (date(2026, 6, 13), datetime(2026, 6, 13)),
        ("Sat, Oct 11", datetime(2025, 10, 11)),
    ],
)
def test_timestamp(cell, moment):
    assert dates.parse_timestamp(cell, near=NEAR) == moment


def test_plans_may_lie_ahead():
    assert dates.parse_date("11月11日", near=NEAR, future=True) == date(2026, 11, 11)
    assert dates.parse_date("11月11日", near=NEAR) == date(2025, 11, 11)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("13.45", "not_a_date"),
        ("2026-02-30", "not_a_date"),
        (8.1, "date_ambiguous"),
        ("1899-01-01", "date_out_of_range"),
    ],
)
def test_not_a_date(cell, reason):
    with pytest.raises(BadValue) as fault:
        dates.parse_timestamp(cell, near=NEAR)
    assert fault.value.reason == reason


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("2026-08", "2026-08"),
        ("2026/8", "2026-08"),
        ("2026年8月", "2026-08"),
        ("202608", "2026-08"),
        ("8月", "2026-08"),
        (datetime(2026, 8, 1), "2026-08"),
        ("2026/8/24", "2026-08-24"),
        (datetime(2026, 8, 24), "2026-08-24"),
    ],
)
def test_month_or_day(cell, period):
    assert dates.parse_month_or_day(cell, near=NEAR) == period


def test_a_day_without_a_time_ends_with_the_day():
    assert dates.parse_end("9.10", near=NEAR) == datetime(2026, 9, 10, 23, 59, 59)
    assert dates.parse_end("2026-09-10 20:00", near=NEAR) == datetime(2026, 9, 10, 20)


def test_period():
    week = (date(2026, 6, 7), date(2026, 6, 13))
    assert dates.parse_period("2026-06-07 ~ 2026-06-13", near=NEAR) == week
    assert dates.parse_period("2026-06-13", near=NEAR) == (week[1], week[1])
    assert dates.parse_date("2026-06-13 ~ 2026-06-13", near=NEAR) == week[1]
    with pytest.raises(BadValue, match="period_not_a_day"):
        dates.parse_date("2026-06-07 ~ 2026-06-13", near=NEAR)
    assert dates.period_in("【生意参谋平台】商品_全部_2026-06-07_2026-06-13") == week
    assert dates.period_in("排行_20260613") == (week[1], week[1])
    assert dates.period_in("月饼") is None


def test_export_time():
    assert dates.stamp_in("营销场景报表_20260916_101112") == datetime(2026, 9, 16, 10, 11, 12)
    assert dates.stamp_in("日报_20260916_0a1b2c3d") == datetime(2026, 9, 16)
    assert dates.stamp_in("商品_全部_2026-06-07_2026-06-13") is None
    assert dates.banner_stamp("导出时间:2026-09-16 10:00:00") == datetime(2026, 9, 16, 10)


@given(st.floats(-1e9, 1e9).map(lambda x: round(x, 2)))
def test_thousands_are_read_back(number):
    assert values.parse_number(f"{number:,.2f}") == number


@given(
    st.dates(date(2003, 1, 1), date(2099, 12, 31)), st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y年%m月%d日"])
)
def test_dates_are_read_back(day, form):
    assert dates.parse_date(day.strftime(form), near=NEAR) == day


@given(st.text(max_size=30))
def test_any_text_is_a_value_or_a_named_fault(text):
    for parse in (values.parse_number, values.parse_int, values.parse_range, values.parse_id, values.parse_bool):
        with contextlib.suppress(BadValue):
            parse(text)
    with contextlib.suppress(BadValue):
        dates.parse_period(text, near=NEAR)


@pytest.mark.parametrize(
    ("header", "is_personal"),
    [
        ("收货人姓名", True),
        ("联系手机", True),
        ("收货地址", True),
        ("买家支付宝账号", True),
        ("买家会员名", True),
        ("物流单号", True),
        ("买家留言", True),
        ("发票抬头", True),
        ("子账号", True),
        ("会员成交人数", False),
        ("会员成交金额", False),
        ("支付买家数", False),
        ("旺旺咨询量", False),
        ("店铺名称", False),
    ],
)
def test_personal_headers(header, is_personal):
    assert personal.is_personal(header) == is_personal


def test_phones_are_masked_and_item_ids_are_not():
    assert "13800138000" not in personal.mask_phones("打13800138000找我")
    assert personal.mask_phones("编号549474661845") == "编号549474661845"


def test_id_cards_and_mail_addresses_are_masked_in_what_people_wrote():
    text = masking.masked("身份证11010119900307123X,邮箱 a.b-c@example.com.cn 联系<U+0001F60A>")
    assert text == "身份证[…],邮箱 […] 联系😊"
    assert masking.masked("订单 400012345678900001 已收到") == "订单 […] 已收到"  # numbers of one's purchase go too


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(st.from_regex(r"-?[\d,]{1,9}(\.\d{0,4})?%?", fullmatch=True), st.text(max_size=5)), max_size=9)
)
def test_many_cells_are_read_as_each_alone_is(texts):
    """What is read together equals what the parser of one cell says; the rest is left to it."""
    for whole, parse in ((False, values.parse_number), (True, values.parse_int)):
        for text, number in values.plain_numbers(texts, whole=whole).items():
            assert number == parse(text)
