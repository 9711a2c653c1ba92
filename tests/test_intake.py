"""Files to tables: dialects, recognition, the account of every row, personal data, killed imports."""

# ruff: noqa: DTZ001, DTZ006 - times are shop times

import csv
import errno
import gzip
import io
import json
import re
import subprocess
import sys
import time
import zipfile
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shopnb.intake
from shopnb import labels
from shopnb.intake import import_files, read_accounts
from shopnb.intake.leftovers import one_more_import
from shopnb.schema import TABLES
from shopnb.shop import open_shop

HEADER = ["统计日期", "访客数", "支付金额", "支付买家数", "支付转化率", "没见过的列"]
ROWS = [["2026-09-16", "1,855", "10,638.5", "12", "0.65%", "x"], ["2026-09-15", "-", "0", "0", "0.00%", "y"]]


def csv_bytes(rows, *, encoding="utf-8-sig", delimiter=","):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"表{number}")
        for row in rows:
            sheet.append(row)
            for cell in sheet[sheet.max_row] if row else []:
                if cell.data_type == "f":
                    cell.data_type = "s"  # `="123"` as a text, not as a formula
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls_bytes(rows):
    book = xlwt.Workbook()
    sheet = book.add_sheet("【生意参谋平台】1")
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def html_bytes(rows):
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><meta charset=utf-8><table>{cells}</table></html>".encode()


def zip_bytes(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


BANNER = [["店铺:某店"], ["统计日期:按天"], [], ["说明", "数据仅供参考"]]
TABLE = [HEADER, *ROWS]
DIALECTS = {
    "utf8.csv": csv_bytes(TABLE, encoding="utf-8"),
    "bom.csv": csv_bytes(TABLE),
    "gb.csv": csv_bytes(TABLE, encoding="gb18030"),
    "utf16.csv": csv_bytes(TABLE, encoding="utf-16", delimiter="\t"),
    "utf16_no_bom.txt": csv_bytes(TABLE, encoding="utf-16-le", delimiter="\t"),
    "tabs.xls": csv_bytes(TABLE, encoding="gb18030", delimiter="\t"),
    "banner.xlsx": xlsx_bytes([*BANNER, *TABLE]),
    "biff_named_xlsx.xlsx": xls_bytes([*BANNER, *TABLE]),
    "html.xls": html_bytes(TABLE),
    "zipped.zip": zip_bytes({"报表/日报.csv": csv_bytes(TABLE, encoding="gb18030")}),
    "zip_in_zip.zip": zip_bytes({"a.zip": zip_bytes({"日报.csv": csv_bytes(TABLE)})}),
    "packed.csv.gz": gzip.compress(csv_bytes(TABLE)),
}


def stored(folder, account):
    return pq.read_table(folder / "tables" / account.table / f"{account.stem}.parquet")


@pytest.mark.parametrize("name", DIALECTS)
def test_one_table_in_every_dialect(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(DIALECTS[name])
    (account,) = import_files([file], tmp_path / "shop")
    assert (account.state, account.kind, account.read, account.kept) == ("imported", "shop_daily", 2, 2)
    assert account.days == ["2026-09-15", "2026-09-16"]
    assert account.unknown_columns == ["没见过的列"]
    rows = stored(tmp_path / "shop", account)
    assert rows.schema.equals(TABLES["shop_daily"].arrow_schema)
    assert rows.column("visitors").to_pylist() == [1855, None]
    assert rows.column("paid_amount").to_pylist() == [10638.5, 0]
    assert rows.column("payment_conversion").to_pylist() == [0.0065, 0]
    assert file.read_bytes() == DIALECTS[name]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_few_damaged_characters_do_not_stop_a_file(tmp_path, encoding):
    """A database cuts a review in the middle of a character: one byte is missing."""
    whole = csv_bytes([["评论", "商品id"], ["很好的杯", "1001"], ["保温不错", "1002"]], encoding=encoding)
    cup = "杯".encode(encoding)
    (tmp_path / "a.csv").write_bytes(whole.replace(cup, cup[:1]))
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "shop")
    assert account.kept >= 1, account
    assert {"code": "damaged_text", "characters": 1} in account.unsure
    texts = stored(tmp_path / "shop", account).column("text").to_pylist()
    assert texts[0].startswith("很好的")
    assert texts[-1] == "保温不错"


def circular_xls():
    """A workbook whose sector table chains its first sector to itself."""
    data = bytearray(xls_bytes(TABLE))
    table = (int.from_bytes(data[76:80], "little") + 1) * 512
    data[table : table + 4] = bytes(4)
    return bytes(data)


BROKEN = {
    "circular.xls": (circular_xls(), "file_unreadable"),
    "cut.xls": (xls_bytes(TABLE)[:2500], "file_unreadable"),
    "open_quote.csv": (csv_bytes(TABLE) + b'2026-09-01,"' + b"x" * 11_000_000, "too_many_rejected"),
    "empty.csv": (b"", "file_empty"),
    "blank.csv": (b"\r\n ,, \r\n", "file_empty"),
    "cut.zip": (DIALECTS["zipped.zip"][:60], "archive_broken"),
    "cut.csv.gz": (DIALECTS["packed.csv.gz"][:-20], "archive_broken"),
    "cut.xlsx": (DIALECTS["banner.xlsx"][:900], "archive_broken"),
    "pictures.zip": (zip_bytes({"a.png": b"x"}), "archive_without_exports"),
    "shot.xlsx": (b"\x89PNG\r\n\x1a\n" + b"tEXt \xe5\xa5\xbd\n" * 40, "not_a_table"),
    "manual.csv": ("%PDF-1.4\n1 0 obj\n好用的杯子\n".encode(), "not_a_table"),
    "clip.csv": (b"....ftypisom\x01\x02\x03\x04\n" * 30, "not_a_table"),
    "program.xls": (bytes([77, 90, 3, 0, 1, 0, 0, 0, 9, 0]) * 50, "not_a_table"),
    "noise.csv": (bytes(range(128, 256)) * 9, "file_unreadable"),
    "not_an_export.csv": (csv_bytes([["a", "b"], ["1", "2"]]), "unknown_file"),
    "no_rows.csv": (csv_bytes([HEADER]), "no_rows"),
    "lacks_day.csv": (csv_bytes([["访客数", "支付金额"], ["1", "2"]]), "unknown_columns"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_with_a_reason(tmp_path, name):
    data, code = BROKEN[name]
    (tmp_path / name).write_bytes(data)
    (account,) = import_files([tmp_path / name], tmp_path / "shop")
    assert (account.state, account.error.code) == ("refused", code)
    for lang in ("zh", "en"):
        error = account.as_record(lang)["error"]
        assert name in error["problem"]
    assert not list((tmp_path / "shop").rglob("*.parquet"))


def test_missing_file_is_refused(tmp_path):
    (account,) = import_files([tmp_path / "no.csv"], tmp_path / "shop")
    assert account.error.code == "file_not_found"


def test_password_is_named(tmp_path):
    """An encrypted workbook is an OLE file with a stream EncryptedPackage."""
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "a.xlsx").write_bytes(ole)
    (account,) = import_files([tmp_path / "a.xlsx"], tmp_path / "shop")
    assert account.error.code == "file_encrypted"


def test_zip_bomb_is_not_opened(tmp_path):
    (tmp_path / "bomb.zip").write_bytes(zip_bytes({"a.csv": bytes(90_000_000)}))
    (account,) = import_files([tmp_path / "bomb.zip"], tmp_path / "shop")
    assert account.error.code == "archive_too_large"


def test_rows_left_out_are_counted_by_reason(tmp_path):
    rows = [
        HEADER,
        ["2026-09-16", "5", "1", "1", "20%", ""],
        ["2026-09-15", "abc", "1", "1", "20%", ""],
        HEADER,
        ["", "", "", "", "", ""],
        ["2026-09-16", "5", "1", "1", "20%", ""],
        ["", "5", "1", "1", "20%", ""],
        ["2026-09-14", "5", "1", "1", "20%", "", "", "9"],
        *[[f"2026-08-{day:02}", "5", "1", "1", "20%", ""] for day in range(1, 29)],
        ["合计", "10", "2", "2", "20%", ""],
    ]
    (tmp_path / "a.csv").write_bytes(csv_bytes(rows))
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "shop")
    assert account.dropped == {"repeated_header": 1, "empty_row": 1, "subtotal": 1, "duplicate_key": 1}
    assert account.rejected == {"not_a_number": 1, "missing_value": 1, "too_many_cells": 1}
    assert (account.read, account.kept) == (36, 29)
    listed = (tmp_path / "shop" / "tables" / "rejected" / f"{account.stem}.csv").read_text("utf-8-sig")
    assert list(csv.reader(listed.splitlines()))[1][2:] == ["3", "访客数", "abc", "not_a_number"]


def test_too_many_rejected_rows_refuse_the_file(tmp_path):
    rows = [HEADER, ["2026-09-16", "5", "1", "1", "20%", ""], ["2026-09-15", "abc", "1", "1", "20%", ""]]
    (tmp_path / "a.csv").write_bytes(csv_bytes(rows))
    shop = tmp_path / "shop"
    (account,) = import_files([tmp_path / "a.csv"], shop)
    assert account.error.code == "too_many_rejected"
    assert "not" not in account.error.parts("zh")["problem"]
    (shop / "shopnb.toml").write_text("[intake]\nmax_rejected_share = 0.5\n")
    (account,) = import_files([tmp_path / "a.csv"], shop)
    assert (account.state, account.kept) == ("imported", 1)


def test_same_bytes_change_nothing(tmp_path):
    (tmp_path / "a.csv").write_bytes(csv_bytes(TABLE))
    shop = tmp_path / "shop"
    import_files([tmp_path / "a.csv"], shop)
    before = {path: path.stat().st_mtime_ns for path in shop.rglob("*") if path.is_file()}
    (account,) = import_files([tmp_path / "a.csv"], shop)
    assert account.state == "unchanged"
    assert {path: path.stat().st_mtime_ns for path in shop.rglob("*") if path.is_file()} == before
    (account,) = import_files([tmp_path / "a.csv"], shop, rebuild=True)
    assert account.state == "imported"


SOURCES = [["一级来源", "二级来源", "访客数"], ["平台流量", "手淘搜索", "400"]]


def test_the_same_bytes_under_another_week_are_another_import(tmp_path):
    """The period stands in the name only; a copy that the browser numbered says nothing new."""
    names = ["2026-09-01_2026-09-07", "2026-09-08_2026-09-14", "2026-09-08_2026-09-14(1)"]
    for name in names:
        (tmp_path / f"流量来源_{name}.csv").write_bytes(csv_bytes(SOURCES))
    found = import_files([tmp_path / f"流量来源_{name}.csv" for name in names], tmp_path / "shop")
    assert [account.state for account in found] == ["imported", "imported", "unchanged"]
    assert [account.days for account in found[:2]] == [["2026-09-01", "2026-09-07"], ["2026-09-08", "2026-09-14"]]
    opened = open_shop(tmp_path / "shop")
    assert opened.table("traffic_period").count().execute() == 2
    opened.undo(f"流量来源_{names[0]}.csv")
    assert opened.days("traffic_period") == (date(2026, 9, 8), date(2026, 9, 14))


def test_the_name_of_a_file_that_has_its_days_itself_counts_for_nothing(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(csv_bytes(TABLE))
    found = import_files([tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "shop")
    assert [account.state for account in found] == ["imported", "unchanged"]


def test_half_written_files_are_cleared_by_the_next_import_unless_one_is_going_on(tmp_path):
    shop = tmp_path / "shop"
    (tmp_path / "a.csv").write_bytes(csv_bytes(TABLE))
    left = shop / "tables" / "shop_daily" / ".0.123.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    with one_more_import(shop):
        left.write_bytes(b"being written")
        import_files([tmp_path / "a.csv"], shop)
        assert left.exists()
    import_files([tmp_path / "a.csv"], shop)
    assert not left.exists()


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_bytes(csv_bytes(TABLE))

    def full(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "shop")
    assert account.error.code == "import_disk_full"
    monkeypatch.undo()
    assert not list((tmp_path / "shop").rglob("*.parquet"))
    assert not read_accounts(tmp_path / "shop")


def test_three_sheets_are_three_entries_and_others_are_named(tmp_path):
    items = [["统计日期", "商品ID", "商品访客数", "支付金额"], ["2026-09-16", "600000000001", "3", "5"]]
    notes = [["说明"], ["本表仅供参考"]]
    listing = [["商品名称", "售价", "付款情况"], ["杯子", "12.00-35.00", "500+人付款"]]
    (tmp_path / "a.xlsx").write_bytes(xlsx_bytes(TABLE, items, notes, listing))
    accounts = import_files([tmp_path / "a.xlsx"], tmp_path / "shop")
    assert [account.table for account in accounts] == ["shop_daily", "item_period", "listing"]
    assert {"code": "sheet_not_used", "sheet": "表2"} in accounts[0].unsure
    row = stored(tmp_path / "shop", accounts[2]).to_pylist()[0]
    assert (row["price_low"], row["price_high"], row["sold_low"], row["sold_high"]) == (12, 35, 500, None)
    assert (row["sold_text"], row["position"], row["query"]) == ("500+人付款", 1, "a")


def test_period_of_the_file_name_holds_for_sums(tmp_path):
    rows = [["统计日期", "商品ID", "商品访客数", "支付金额"], ["2026-06-13", "600000000001", "3", "5"]]
    name = "【生意参谋平台】商品_全部_2026-06-07_2026-06-13.xls"
    (tmp_path / name).write_bytes(xls_bytes([*BANNER, *rows]))
    (account,) = import_files([tmp_path / name], tmp_path / "shop")
    row = stored(tmp_path / "shop", account).to_pylist()[0]
    assert (str(row["start_on"]), str(row["end_on"])) == ("2026-06-07", "2026-06-13")
    assert account.unsure[0]["code"] == "period_of_name_kept"


def test_export_time_comes_from_name_then_banner_then_file(tmp_path):
    for name, lines in (("日报_20260917_a1.csv", []), ("b.csv", [["导出时间:2026-09-18 08:00:00"]]), ("c.csv", [])):
        (tmp_path / name).write_bytes(csv_bytes([*lines, *TABLE, [name]]))
    first, second, third = import_files([tmp_path], tmp_path / "shop")
    stamps = {account.file.rsplit("/")[-1]: account.exported_at for account in (first, second, third)}
    assert stamps["日报_20260917_a1.csv"] == datetime(2026, 9, 17)
    assert stamps["b.csv"] == datetime(2026, 9, 18, 8)
    modified = datetime.fromtimestamp((tmp_path / "c.csv").stat().st_mtime, ZoneInfo("Asia/Shanghai"))
    assert stamps["c.csv"] == modified.replace(microsecond=0, tzinfo=None)


def test_a_rounded_id_is_rejected(tmp_path):
    head = ["订单编号", "买家实际支付金额", "订单创建时间"]
    good = [[f"40001234567890{day:05}", 5.0, "2026-09-16 10:00:00"] for day in range(9)]
    (tmp_path / "a.xlsx").write_bytes(xlsx_bytes([head, *good, [40001234567890123.0, 5.0, "2026-09-16 10:00:00"]]))
    (account,) = import_files([tmp_path / "a.xlsx"], tmp_path / "shop")
    assert account.rejected == {"id_rounded": 1}
    assert stored(tmp_path / "shop", account).column("order_id")[0].as_py() == "4000123456789000000"


def test_a_kind_needs_no_python(tmp_path):
    shop = tmp_path / "shop"
    (shop / "exports").mkdir(parents=True)
    (shop / "exports" / "mine.toml").write_text(
        'table = "shop_daily"\nneeds = ["Tag"]\n[aliases]\nday = ["Tag"]\nvisitors = ["Besucher"]\n', "utf-8"
    )
    (tmp_path / "a.csv").write_bytes(csv_bytes([["Tag", "Besucher"], ["2026-09-16", "7"]]))
    (account,) = import_files([tmp_path / "a.csv"], shop)
    assert (account.kind, account.table, account.kept) == ("mine", "shop_daily", 1)


ORDER_HEADER = next(
    csv.reader(
        [
            "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,"
            "买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址,运送方式,联系电话,联系手机,订单创建时间,订单付款时间,宝贝标题,"
            "宝贝种类,物流单号,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,"
            "分阶段订单信息,定金排名,修改后的sku,修改后的收货地址,异常信息"
        ]
    )
)
SECRETS = {
    "买家会员名": "假名张三三",
    "买家支付宝账号": "fake@example.com",
    "买家留言": "假留言请送到门口",
    "收货人姓名": "假收货人李四",
    "收货地址": "浙江省 杭州市 假地址路 99 号",
    "联系电话": "0571-88880000",
    "联系手机": "'13900001111",
    "物流单号": "No:YT9988776655443",
    "订单备注": "假备注红包",
    "发票抬头": "假抬头有限公司",
    "修改后的收货地址": "浙江省 杭州市 假新址巷 7 号",
}


def order(number, **changes):
    values = {
        "订单编号": f'="40001234567890{number:05}"',
        "买家应付货款": "68.00",
        "总金额": "68.00",
        "买家实际支付金额": "68.00",
        "订单状态": "交易成功",
        "订单创建时间": "2026-09-16 10:22:33",
        "订单付款时间": "2026-09-16 10:23:00",
        "宝贝标题": "保温杯",
        "宝贝总数量": "1",
        **SECRETS,
        **changes,
    }
    return [values.get(name, "") for name in ORDER_HEADER]


def test_personal_data_is_in_no_file(tmp_path):
    shifted = order(90)
    shifted.insert(3, "假名错列王五")  # one cell too many: everything after it stands in the wrong column
    swapped = order(91, 总金额="假名错位赵六", 买家应付邮费="13900001111")
    rows = [ORDER_HEADER, *[order(number) for number in range(12)], shifted, swapped]
    (tmp_path / "ExportOrderList202609171000.csv").write_bytes(csv_bytes(rows, encoding="gb18030"))
    shop = tmp_path / "shop"
    (account,) = import_files([tmp_path / "ExportOrderList202609171000.csv"], shop)
    assert (account.table, account.kept) == ("orders", 12)
    assert {"收货人姓名", "联系手机", "发票抬头", "修改后的收货地址"} <= set(account.personal_columns)
    kept = stored(shop, account).to_pylist()
    assert {row["province"] for row in kept} == {"浙江"}
    assert kept[0]["order_id"] == "4000123456789000000"
    assert len({row["buyer_id"] for row in kept}) == 1
    texts = [str(kept), json.dumps(account.as_record("zh"), ensure_ascii=False)]
    for path in shop.rglob("*"):
        if path.is_file():
            texts.append(path.read_bytes().decode("utf-8", errors="ignore"))
    for secret in [
        *SECRETS.values(),
        "假名错列王五",
        "假名错位赵六",
        "13900001111",
        "假地址路",
        "假名",
        "YT9988776655443",
    ]:
        assert not any(secret in text for text in texts), secret


ORDERS_70 = (
    "订单编号,买家会员名,买家会员昵称,支付单号,支付详情,买家应付货款,买家应付邮费,买家支付积分,总金额,"
    "返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址,运送方式,联系电话,"
    "联系手机,虚拟号过期时间,订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流单号,物流公司,订单备注,"
    "宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,"
    "特权订金订单id,是否上传合同照片,是否上传小票,是否代付,定金排名,修改后的sku,修改后的收货地址,异常信息,"
    "天猫卡券抵扣,集分宝抵扣,是否是O2O交易,新零售交易类型,新零售导购门店名称,新零售导购门店id,"
    "新零售发货门店名称,新零售发货门店id,退款金额,预约门店,确认收货时间,打款商家金额,含应开票给个人的个人红包,"
    "是否信用购,体验期结束时间,前N有礼,配送类型,直播返现状态,返现金额,延迟发货自动赔付金额,新零售成交门店昵称,"
    "新零售成交门店id,新零售成交经销商id,预售订单,发货时间,商家备忘,主订单编号"
)
HONEST = {
    "订单编号": "4000123456789000001",
    "买家应付货款": "68",
    "买家应付邮费": "0",
    "总金额": "68",
    "买家实际支付金额": "68",
    "订单状态": "交易成功",
    "订单创建时间": "2026-09-16 10:22:33",
    "订单付款时间": "2026-09-16 10:23:00",
    "宝贝标题": "保温杯",
    "宝贝总数量": "1",
    "订单关闭原因": "",
    "分阶段订单信息": "",
    "退款金额": "",
}


@pytest.mark.slow
def test_personal_data_is_in_no_report_and_no_log(tmp_path):
    """Every column of the widest order sheet that is not about goods, money or days holds a secret."""
    header = ORDERS_70.split(",")
    secrets = {name: f"假密{place:02}王" for place, name in enumerate(header) if name not in HONEST}
    rows = [header, [(HONEST | secrets)[name] for name in header]]
    shop = tmp_path / "shop"
    (shop / "inbox").mkdir(parents=True)
    (shop / "inbox/ExportOrderList202609171000.csv").write_bytes(csv_bytes(rows, encoding="gb18030"))
    days = [
        ["统计日期", "访客数", "支付买家数", "支付金额"],
        *([f"2026-09-{day:02}", "100", "9", "600"] for day in range(1, 17)),
    ]
    (shop / "inbox/日报_20260917.csv").write_bytes(csv_bytes(days))
    reviews = [["评论", "昵称"], *([f"很好用,联系我1380013800{turn}吧", f"假密昵称{turn}"] for turn in range(9))]
    (shop / "inbox/评价.csv").write_bytes(csv_bytes(reviews))
    said = []
    run = ["run", "shop_overview", "review_analysis", "--out", tmp_path / "out"]
    for words in (["import", shop / "inbox"], run):
        command = [sys.executable, "-m", "shopnb", *map(str, words), "--shop", str(shop)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
        said += [done.stdout, done.stderr]
    written = [path for path in (*(tmp_path / "out").rglob("*"), *(shop / "tables").rglob("*")) if path.is_file()]
    assert {path.suffix for path in written} >= {".html", ".json", ".ipynb", ".parquet"}, said
    for path in written:
        is_table = path.suffix == ".parquet"
        said.append(str(pq.read_table(path).to_pylist()) if is_table else path.read_text("utf-8", errors="ignore"))
    for secret in ("假密", "1380013800"):
        assert not any(secret in text for text in said), secret


def test_masked_buyers_are_nobody(tmp_path):
    rows = [ORDER_HEADER, *[order(number, 买家会员名="t**3") for number in range(3)]]
    (tmp_path / "a.csv").write_bytes(csv_bytes(rows))
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "shop")
    assert stored(tmp_path / "shop", account).column("buyer_id").to_pylist() == [None] * 3


def test_typed_tables_take_loose_dates_and_list_bad_rows(tmp_path):
    rows = [
        ["日期", "时间", "对象", "商品ID", "改了什么", "负责人"],
        ["8.24", "10:30", "商品", "600000000001", "主图", "小李"],
        ["8月25日", "", "推广", "", "推广预算", ""],
        ["", "", "商品", "", "标题", ""],
        ["【示例】2026-09-01", "", "商品", "", "主图", ""],
    ]
    (tmp_path / "随便叫什么.csv").write_bytes(csv_bytes(rows, encoding="gb18030"))
    (account,) = import_files([tmp_path / "随便叫什么.csv"], tmp_path / "shop")
    assert (account.state, account.table, account.kept) == ("imported", "changes", 2)
    assert (account.rejected, account.dropped) == ({"missing_value": 1}, {"example_row": 1})
    days = stored(tmp_path / "shop", account).column("day").to_pylist()
    assert [(day.month, day.day) for day in days] == [(8, 24), (8, 25)]


REAL = {  # file: table, rows as the folder's own index states them
    "sycm_shop_daily_119cols_1row.csv": ("shop_daily", 1),
    "sycm_search_rank_yugang_20260804.csv": ("search_rank", 267),
    "alimama_scene_report_71cols_2rows_gb18030.csv": ("ad_daily", 2),
    "流量练习数据.csv": ("traffic_period", 22),
    "月饼.xlsx": ("listing", 4520),
    "taobao_search_python_4404.xlsx": ("listing", 4404),
    "双十一淘宝美妆数据_gbk.csv": ("listing", 27598),
    "tmall_order_report_second.csv": ("orders", 28010),
    "online_shopping_8_cats.csv.gz": ("reviews", 37838),
    "yanxuan_1006006_gbk.csv": ("reviews", 11436),
    "cookie_cats.csv.gz": ("ab_users", 90189),
    "udacity_screener_Control.csv": ("ab_daily", 37),
    "udacity_screener_Experiment.csv": ("ab_daily", 37),
}


def test_every_row_of_the_real_files_is_accounted_for(tmp_path, shared_data):
    accounts = {account.file.rsplit("/", 1)[-1]: account for account in import_files([shared_data], tmp_path / "shop")}
    for account in accounts.values():
        assert account.read == account.kept + sum(account.dropped.values()) + sum(account.rejected.values())
        assert not account.rejected
    for name, (table, rows) in REAL.items():
        account = accounts[name]
        assert (account.state, account.table, account.read) == ("imported", table, rows)
        empty = account.dropped.get("no_content", 0)  # reviews without text, mark or stars
        assert account.kept == rows - empty
        assert stored(tmp_path / "shop", account).num_rows == account.kept
    assert accounts["BreadBasket_DMS.csv"].error.code == "unknown_file"


def test_real_daily_report(tmp_path, shared_data):
    (account,) = import_files([shared_data / "exports" / "sycm_shop_daily_119cols_1row.csv"], tmp_path)
    row = stored(tmp_path, account).to_pylist()[0]
    assert account.unknown_columns == ["店铺名称"]
    assert (row["visitors"], row["visitors_wireless"], row["visitors_pc"]) == (431, 418, 14)
    assert (row["page_views"], row["bounce_rate"], row["visitor_value_pc"]) == (1855, 0.5383, None)


def test_real_python_listing(tmp_path, shared_data):
    (account,) = import_files([shared_data / "listings" / "taobao_search_python_4404.xlsx"], tmp_path)
    rows = stored(tmp_path, account).to_pylist()
    assert rows[0]["is_paid_slot"] is True
    assert (rows[1]["item_id"], rows[1]["shop_name"]) == ("549474661845", "电子奔腾图书专营店")
    assert (rows[1]["sold_low"], rows[1]["sold_high"], rows[1]["is_tmall"]) == (1935, 1935, True)


KILLED = """
import sys
from shopnb.intake import import_files, read_accounts
from shopnb.intake.leftovers import one_more_import
print("ready", flush=True)
import_files([sys.argv[1]], sys.argv[2])
"""


def test_a_killed_import_leaves_the_old_state(tmp_path):
    shop = tmp_path / "shop"
    (tmp_path / "old.csv").write_bytes(csv_bytes(TABLE))
    (old,) = import_files([tmp_path / "old.csv"], shop)
    days = [f"20{y:02}-{m:02}-{d:02}" for y in range(10, 26) for m in range(1, 13) for d in range(1, 29)]
    big = [HEADER, *[[day, "5", "1", "1", "20%", ""] for day in days]]
    (tmp_path / "big.csv").write_bytes(csv_bytes(big))
    for delay in (0.0, 0.02, 0.05, 0.1, 0.2):
        command = [sys.executable, "-c", KILLED, str(tmp_path / "big.csv"), str(shop)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.communicate()
        for path in (shop / "tables" / "imports").glob("*.json"):
            entry = json.loads(path.read_text("utf-8"))["entries"][0]
            assert (
                pq.read_table(shop / "tables" / "shop_daily" / f"{entry['digest']}.parquet").num_rows == entry["kept"]
            )
        assert stored(shop, old).num_rows == 2
    (account,) = import_files([tmp_path / "big.csv"], shop)
    assert account.state in {"imported", "unchanged"}


CELLS = {
    "visitors": ("访客数", st.integers(0, 10**6), [str, lambda n: f"{n:,}", lambda n: f" {n} ", lambda n: f'="{n}"']),
    "paid_amount": (
        "支付金额",
        st.integers(0, 10**8).map(lambda n: n / 100),
        [lambda x: f"{x:,.2f}", lambda x: f"{x}元"],
    ),
    "payment_conversion": (
        "支付转化率",
        st.integers(0, 10_000).map(lambda n: n / 10_000),
        [lambda x: f"{x * 100:.2f}%"],
    ),
}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_table_in_a_random_dialect_is_read_back(tmp_path_factory, data):
    draw = data.draw
    folder = tmp_path_factory.mktemp("dialect")
    names = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, unique=True))
    days = draw(
        st.lists(
            st.dates(datetime(2020, 1, 1).date(), datetime(2026, 9, 1).date()), min_size=1, max_size=5, unique=True
        )
    )
    form = draw(st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y年%m月%d日"]))
    header, rows, expected = ["统计日期"], [[day.strftime(form)] for day in days], {"day": days}
    for name in names:
        title, numbers, forms = CELLS[name]
        header.append(draw(st.sampled_from([title, f" {title} ", f"{title}(元)"])))
        write = draw(st.sampled_from(forms))
        expected[name] = [draw(st.none() | numbers) for _ in days]
        for row, number in zip(rows, expected[name], strict=True):
            row.append(draw(st.sampled_from(["-", "--", "NULL", "\\N", ""])) if number is None else write(number))
    banner = [["导出说明", "x"]] * draw(st.integers(0, 7))
    table = [*banner, header, *rows]
    if draw(st.booleans()):
        encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
        payload = csv_bytes(table, encoding=encoding, delimiter=draw(st.sampled_from(",\t")))
    else:
        payload = draw(st.sampled_from([xlsx_bytes, xls_bytes, html_bytes]))(table)
    (folder / "a.csv").write_bytes(payload)
    (account,) = import_files([folder / "a.csv"], folder / "shop")
    assert account.kept == len(days), account
    found = stored(folder / "shop", account)
    for name, values in expected.items():
        assert found.column(name).to_pylist() == values


def test_every_code_has_its_sentence_in_both_languages():
    """Codes are read from the source: reasons, remarks and errors that an import can give."""
    source = "".join(path.read_text("utf-8") for path in Path(shopnb.intake.__file__).parent.glob("*.py"))
    wanted = {f"intake.rejected.{code}" for code in re.findall(r'BadValue\("(\w+)"', source)}
    wanted |= {f"intake.rejected.{code}" for code in ("missing_value", "too_many_cells")}
    wanted |= {f"intake.remarks.{code}" for code in re.findall(r'\{"code": "(\w+)"', source)}
    wanted |= {f"intake.remarks.period_from_{place}" for place in ("file_name", "banner")}
    wanted |= {f"intake.dropped.{code}" for code in re.findall(r'dropped\["(\w+)"\]', source)}
    wanted |= {f"intake.dropped.{code}" for code in re.findall(r'keep\(\[.*\], "(\w+)"\)', source)}
    wanted |= {f"errors.{code}.problem" for code in re.findall(r'InputError\(\s*"(\w+)"', source)}
    assert len(wanted) > 45
    for lang in labels.LANGUAGES:
        assert [key for key in sorted(wanted) if not labels.has(key, lang)] == []
