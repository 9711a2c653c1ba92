"""What people and tools do to a table on its way: each file says the same, or what is wrong with it is said."""

import io
from datetime import date

import openpyxl
import pytest
from test_intake import csv_bytes, stored, xlsx_bytes, zip_bytes

from shopnb.intake import dates, import_files, values
from shopnb.intake.faults import BadValue

HEADER = ["统计日期", "访客数", "支付金额", "支付买家数", "支付转化率"]
FIRST, SECOND = ["2026-09-01", "1,000", "1,234.50", "20", "2.00%"], ["2026-09-02", "1,100", "1,334.50", "22", "2.00%"]
ENGLISH = ["date", "visitors", "payers", "amount"]
PLAIN = [(date(2026, 9, 1), 1000, 1234.5, 20), (date(2026, 9, 2), 1100, 1334.5, 22)]


def csv_of(*rows, **dialect):
    return csv_bytes([HEADER, *rows], **dialect)


def read(tmp_path, data, name="a.csv"):
    (tmp_path / name).write_bytes(data)
    accounts = import_files([tmp_path / name], tmp_path / "shop")
    for account in accounts:
        assert account.read == account.kept + sum(account.dropped.values()) + sum(account.rejected.values())
    rows = stored(tmp_path / "shop", accounts[0]).to_pylist() if accounts[0].state == "imported" else []
    return accounts[0], rows


def html_of(first, rows):
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><body><table>{first}{cells}</table></body></html>".encode()


def xml_2003(*rows):
    def cell(text, place):
        return f'<Cell ss:Index="{place}"><Data ss:Type="String">{text}</Data></Cell>'

    lines = "".join("<Row>" + "".join(map(cell, row, range(1, 9))) + "</Row>" for row in rows)
    space = (
        'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'
    )
    sheet = f'<Worksheet ss:Name="a"><Table>{lines}</Table></Worksheet>'
    return f'<?xml version="1.0"?><Workbook {space}>{sheet}</Workbook>'.encode()


SAME = {
    "notes under the table": csv_of(FIRST, SECOND, [""] * 5, ["注:不含退款"], ["制表人小王电话略", "", "", "", ""]),
    "two header rows": csv_bytes([["日期", "流量", "", "交易", ""], HEADER, FIRST, SECOND]),
    "group names above the names": csv_bytes(
        [["统计日期", "流量", "交易", "", ""], ["", *HEADER[1:]], FIRST, SECOND]
    ),
    "names under the whole and a part": csv_bytes(
        [["", "全部", "", "", "", "无线", ""], [*HEADER, "访客数", "支付金额"], [*FIRST, "9", "9"], [*SECOND, "9", "9"]]
    ),
    "merged cells of a web page": html_of(
        "<tr><th rowspan=2>统计日期</th><th>流量</th><th colspan=3>交易</th></tr>", [HEADER[1:], FIRST, SECOND]
    ),
    "an old web page": html_of("", [HEADER, FIRST, SECOND]).replace(b"</td>", b"").replace(b"</tr>", b""),
    "an XML spreadsheet": xml_2003(HEADER, FIRST, SECOND),
    "years of two digits": csv_of([FIRST[0][2:], *FIRST[1:]], [SECOND[0][2:].replace("-0", "-"), *SECOND[1:]]),
    "the greatest, and the change": csv_of(FIRST, SECOND, ["最大值", "1,100", "9", "9", ""], ["环比", "1%"]),
    "total and mean": csv_of(FIRST, SECOND, ["合计", "2,100", "2,569", "42", ""], ["日均", "1,050", "1,284", "21", ""]),
    "blanks between thousands": csv_of(
        ["2026-09-01", "1 000", "1 234.50", "20", "2.00 %"], ["2026-09-02", "1\u00a0100", "1\u202f334.5", "22", "2%"]
    ),
    "full width": csv_of(["2026－09－01", "１，０００", "１２３４．５０", "２０", "２．００％"], SECOND),
    "days as numbers": csv_of(["46266", *FIRST[1:]], ["46267", *SECOND[1:]]),
    "marks in the middle": csv_of(FIRST) + "\ufeff2026-09-02\u200b,\u20601100,1334.5\u200d,22,2%".encode(),
    "one end of line": csv_of(FIRST, SECOND).replace(b"\r\n", b"\r"),
    "three ends of line": csv_of(FIRST, SECOND).replace(b"\r\n", b"\n", 1).replace(b"\r\n", b"\r", 1),
    "separator named": b"sep=;\r\n" + csv_of(FIRST, SECOND, encoding="gb18030", delimiter=";"),
    "semicolons": csv_of(FIRST, SECOND, delimiter=";"),
    "bars": csv_of(FIRST, SECOND, delimiter="|"),
    "an empty column before": b"".join(b"," + line + b"\r\n" for line in csv_of(FIRST, SECOND)[3:].splitlines()),
    "tabs in quotes": "\r\n".join(",".join(f'"{c}\t"' for c in row) for row in (HEADER, FIRST, SECOND)).encode(),
    "header after 20 rows": csv_bytes([["说明"]] * 20 + [HEADER, FIRST, SECOND]),
    "invisible marks in headers": csv_of(FIRST, SECOND).replace("访客数".encode(), "访\u200b客\u200d数\u2060".encode()),
    "percent without its sign": csv_of([*FIRST[:4], "2"], [*SECOND[:4], "2.00"]),
    "ten thousands in the header": csv_bytes(
        [["统计日期", "访客数(千)", "支付金额（万元）", *HEADER[3:]], ["2026-09-01", "1", "0.12345", *FIRST[3:]],
         ["2026-09-02", "1.1", "1334.5元", *SECOND[3:]]]
    ),
    "sums under other headers": csv_of(FIRST, SECOND, ["", "全店合计", "2,569", "42", "2%"], ["-", "", "", "", "总计"]),
    "words beside numbers": csv_of(
        ["2026-09-01", "1000人", "￥1,234.50 元", "20人", "2%"], [*SECOND[:2], "RMB1334.5", "22", "2%"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_a_table_that_somebody_worked_on_says_the_same(tmp_path, name):
    account, rows = read(tmp_path, SAME[name])
    assert not account.rejected
    found = [(row["day"], row["visitors"], row["paid_amount"], row["payers"]) for row in rows]
    assert found == PLAIN
    assert [row["payment_conversion"] for row in rows] == [0.02, 0.02]


@pytest.mark.parametrize(
    ("first", "second"), [("01/09/2026", "13/09/2026"), ("09/01/2026", "09/13/2026"), ("01.09.2026", "13.09.2026")]
)
def test_dates_with_the_year_last_are_read_as_their_column_tells(tmp_path, first, second):
    account, rows = read(tmp_path, csv_bytes([ENGLISH, [first, "10", "1", "5"], [second, "10", "1", "5"]]))
    assert [row["day"] for row in rows] == [date(2026, 9, 1), date(2026, 9, 13)], account.error


def test_a_date_that_may_be_two_days_is_rejected(tmp_path):
    account, _ = read(tmp_path, csv_bytes([ENGLISH, ["01/09/2026", "10", "1", "5"], ["02/09/2026", "10", "1", "5"]]))
    assert account.rejected == {"date_ambiguous": 2}


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("05-Sep-26", date(2026, 9, 5)),
        ("5 Sep 2026", date(2026, 9, 5)),
        ("2026-09-06T00:00:00Z", date(2026, 9, 6)),
        ("2026-09-06T08:00:00+08:00", date(2026, 9, 6)),
        ("2026-9-8(二)", date(2026, 9, 8)),
        ("46266", date(2026, 9, 1)),
    ],
)
def test_a_date_of_another_tool(cell, day):
    assert dates.parse_date(cell, near=dates.parse_timestamp("2026-10-01", near=None)) == day


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("(123.50)", -123.5),
        ("（1,234）", -1234.0),
        ("−5", -5.0),
        ("1.234,50", 1234.5),
        ("12,3456", 123456.0),
        ("1,234,567.8", 1234567.8),
        ("-%", None),
        ("#REF!", None),
    ],
)
def test_a_number_of_another_tool(cell, number):
    assert values.parse_number(cell) == number


@pytest.mark.parametrize("cell", ["12,5", "1,23", "1,2345,6", "(12", "1.2.3"])
def test_a_comma_that_separates_no_thousands_is_no_number(cell):
    """12,5 would become 125."""
    with pytest.raises(BadValue):
        values.parse_number(cell)


def test_names_under_a_part_of_the_shop_are_not_the_shop(tmp_path):
    header = [["", "PC端", "", "无线端", ""], ["统计日期", "访客数", "支付金额", "访客数", "支付金额"]]
    account, _ = read(tmp_path, csv_bytes([*header, ["2026-09-01", "30", "100", "970", "4221"]]))
    assert account.error is not None


def test_a_banner_above_is_no_line_of_the_header(tmp_path):
    banner = ["店铺:禾木", "", "", "", "", "时间:2026-09"]
    account, rows = read(tmp_path, csv_bytes([banner, [*HEADER, "访客数"], [*FIRST, "7"], [*SECOND, "8"]]))
    assert [row["visitors"] for row in rows] == [1000, 1100]
    assert "header_below_banner" in {remark["code"] for remark in account.why}


def test_of_two_columns_of_one_name_the_first_is_read_and_named(tmp_path):
    account, rows = read(tmp_path, csv_bytes([[*HEADER, "访客数"], [*FIRST, "7"], [*SECOND, "8"]]))
    assert [row["visitors"] for row in rows] == [1000, 1100]
    assert {"code": "header_twice", "headers": "访客数"} in account.unsure


def test_a_sheet_of_ten_thousand_columns_is_refused_at_once(tmp_path):
    header = [*HEADER, *(f"列{number}" for number in range(10_000))]
    account, _ = read(tmp_path, csv_bytes([header, [*FIRST, *["1"] * 10_000]]))
    assert account.error.code == "sheet_too_wide"


@pytest.mark.parametrize(
    ("row", "reason"),
    [(["2062-09-03", *FIRST[1:]], "date_out_of_range"), (["2026-09-03", "-5", *FIRST[2:]], "below_zero")],
)
def test_a_slip_of_the_keys_costs_its_row(tmp_path, row, reason):
    more = [[f"2026-09-{day:02}", *FIRST[1:]] for day in range(4, 12)]
    account, rows = read(tmp_path, csv_of(FIRST, SECOND, row, *more))
    assert (account.rejected, len(rows)) == ({reason: 1}, 10)


def test_refunds_may_be_negative(tmp_path):
    _, (row,) = read(tmp_path, csv_bytes([[*HEADER, "成功退款金额"], [*FIRST, "-12.5"]]))
    assert row["refunded_amount"] == -12.5


def test_a_hidden_sheet_is_left_out(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([HEADER, FIRST, SECOND], [HEADER, ["2026-08-01", 1, 1, 1, 1]])))
    book.worksheets[1].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    account, rows = read(tmp_path, out.getvalue(), "a.xlsx")
    assert [row["day"] for row in rows] == [date(2026, 9, 1), date(2026, 9, 2)]
    assert account.part == 1


def test_formulas_that_were_never_computed_are_named(tmp_path):
    """A tool wrote them; only a spreadsheet computes them when it opens the file."""
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append([date(2026, 9, 1), 1000, 1234.5, 20, "=D2/B2"])
    out = io.BytesIO()
    book.save(out)
    account, rows = read(tmp_path, out.getvalue(), "a.xlsx")
    assert rows[0]["payment_conversion"] is None
    assert {"code": "formulas_without_value", "cells": 1} in account.unsure


def test_a_review_with_one_word_is_no_note(tmp_path):
    rows = [
        ["评论", "商品id", "评价时间", "颜色分类"],
        ["保温杯很好用值得买", "", "", ""],
        ["注意别买大的那个", "", "", ""],
    ]
    account, found = read(tmp_path, csv_bytes(rows))
    assert len(found) == 2, account.dropped


def test_lengths_of_time(tmp_path):
    header = ["统计日期", "访客数", "平均停留时长", "支付金额"]
    cells = ["00:01:20", "80.5秒", "1分20秒", "1:00:05", "12", "-"]
    rows = [[f"2026-09-0{number}", "5", cell, "1"] for number, cell in enumerate(cells, 1)]
    account, found = read(tmp_path, csv_bytes([header, *rows]))
    assert [row["dwell_seconds"] for row in found] == [80.0, 80.5, 80.0, 3605.0, 12.0, None], account.rejected


def test_no_refund_is_no_fault(tmp_path):
    header = ["订单编号", "买家实际支付金额", "订单创建时间", "宝贝标题", "退款金额"]
    rows = [["4001", "5", "2026-09-01 10:00:00", "杯", "无退款申请"], ["4002", "5", "2026-09-01 10:00:00", "杯", "3.5"]]
    _, found = read(tmp_path, csv_bytes([header, *rows]))
    assert [row["refunded_amount"] for row in found] == [None, 3.5]


def test_a_name_that_leads_out_of_an_archive_is_only_a_name(tmp_path):
    data = zip_bytes({"../../evil.csv": csv_of(FIRST), "C:\\\\a\\\\b.csv": csv_of(SECOND)})
    (tmp_path / "a.zip").write_bytes(data)
    found = import_files([tmp_path / "a.zip"], tmp_path / "shop")
    assert [account.state for account in found] == ["imported", "imported"]
    assert not any(".." in account.file.split("!/")[1] for account in found)
    assert not list(tmp_path.parent.glob("**/evil.csv"))
