"""A shop folder: templates, settings, and which rows are in force."""

import csv
import io
import os
import zipfile
from datetime import date

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopnb.errors import InputError, MissingDataError
from shopnb.intake import import_files
from shopnb.schema import TABLES, VERSION
from shopnb.shop import new_shop, open_shop

DAILY = ["统计日期", "访客数", "支付金额"]


def write(path, rows, *, at=0):
    """A CSV whose file time is `at` seconds after 2026-09-01."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8-sig")
    os.utime(path, (1_788_220_800 + at, 1_788_220_800 + at))
    return path


def visitors(shop):
    rows = shop.table("shop_daily").execute().sort_values("day")
    return dict(zip(rows["day"].dt.day, rows["visitors"], strict=True))


def test_the_newest_export_wins_a_day_and_its_columns_are_not_mixed(tmp_path):
    """The later file lacks 支付金额: its days have none, rather than one from the earlier file."""
    write(tmp_path / "inbox/a.csv", [DAILY, ["2026-09-01", 10, 5], ["2026-09-02", 20, 5]])
    write(tmp_path / "inbox/b.csv", [DAILY[:2], ["2026-09-02", 21], ["2026-09-03", 30]], at=60)
    shop = open_shop(tmp_path)
    assert visitors(shop) == {1: 10, 2: 21, 3: 30}
    amounts = shop.table("shop_daily").execute().set_index("visitors")["paid_amount"]
    assert amounts[10] == 5
    assert amounts[[21, 30]].isna().all()
    assert shop.days("shop_daily") == (date(2026, 9, 1), date(2026, 9, 3))


def test_order_of_import_does_not_matter(tmp_path):
    late = write(tmp_path / "late.csv", [DAILY, ["2026-09-01", 2, 5]], at=60)
    early = write(tmp_path / "early.csv", [DAILY, ["2026-09-01", 1, 5]])
    import_files([late], tmp_path / "one")
    import_files([early], tmp_path / "one")
    assert visitors(open_shop(tmp_path / "one")) == {1: 2}


def test_a_row_that_a_restatement_dropped_is_gone(tmp_path):
    """Item sums of one day: the restated file no longer has the second item."""
    header = ["统计日期", "商品ID", "商品访客数", "支付金额"]
    write(tmp_path / "inbox/a.csv", [header, ["2026-09-01", "1001", 3, 5], ["2026-09-01", "1002", 4, 5]])
    write(tmp_path / "inbox/b.csv", [header, ["2026-09-01", "1001", 3, 4]], at=60)
    rows = open_shop(tmp_path).table("item_period").execute()
    assert list(rows["item_id"]) == ["1001"]
    assert list(rows["paid_amount"]) == [4]


def test_a_slice_may_be_null(tmp_path):
    """Two listings of one search without a day: the later one is the snapshot, none of the rows is lost or doubled."""
    header = ["关键词", "商品名称", "价格"]
    write(tmp_path / "inbox/a.csv", [header, ["杯", "甲", 1], ["杯", "乙", 2], ["碗", "丙", 3]])
    write(tmp_path / "inbox/b.csv", [header, ["杯", "丁", 4]], at=60)
    rows = open_shop(tmp_path).table("listing").execute()
    assert sorted(rows["title"]) == ["丁", "丙"]


def test_signs_in_a_folder_name_are_no_pattern(tmp_path):
    folder = tmp_path / "店 [1] a*"
    write(folder / "inbox/a.csv", [DAILY, ["2026-09-01", 10, 5]])
    assert visitors(open_shop(folder)) == {1: 10}


@settings(max_examples=8, deadline=None)
@given(st.lists(st.sets(st.integers(1, 28), min_size=1), min_size=1, max_size=6), st.randoms())
def test_rows_in_force_by_another_route(tmp_path_factory, exports, order):
    """Later exports overwrite the days they have: a dict says the same as the join."""
    folder = tmp_path_factory.mktemp("shop")
    expected, files = {}, []
    for number, days in enumerate(exports):
        rows = [[f"2026-08-{day:02}", number, 1] for day in sorted(days)]
        files.append(write(folder / f"{number}.csv", [DAILY, *rows], at=number * 60))
        expected |= dict.fromkeys(days, number)
    order.shuffle(files)
    import_files(files, folder)
    assert visitors(open_shop(folder)) == expected


def test_a_second_download_of_one_name_is_the_newer(tmp_path):
    for name, number in (("日报(1).csv", 2), ("日报(10).csv", 3), ("日报.csv", 1)):
        write(tmp_path / "inbox" / name, [DAILY, ["2026-09-01", number, 5]])
    assert visitors(open_shop(tmp_path)) == {1: 3}


def test_undo_takes_an_archive_whatever_its_name(tmp_path):
    (tmp_path / "inbox").mkdir()
    with zipfile.ZipFile(tmp_path / "inbox" / "热卖!.zip", "w") as archive:
        archive.writestr("a.csv", "统计日期,访客数\n2026-09-01,5\n")
        archive.writestr("b.csv", "统计日期,访客数\n2026-09-02,6\n")
    shop = open_shop(tmp_path)
    assert visitors(shop) == {1: 5, 2: 6}
    assert len(shop.undo(tmp_path / "inbox" / "热卖!.zip")) == 2
    assert not shop.has("shop_daily")


def test_undo_brings_the_older_export_back(tmp_path):
    write(tmp_path / "inbox/a.csv", [DAILY, ["2026-09-01", 10, 5]])
    write(tmp_path / "inbox/b.csv", [DAILY, ["2026-09-01", 11, 5]], at=60)
    shop = open_shop(tmp_path)
    (gone,) = shop.undo("b.csv")
    assert visitors(shop) == {1: 10}
    assert not list(tmp_path.rglob(f"*{gone.digest}*"))
    with pytest.raises(InputError, match="no_such_import"):
        shop.undo("b.csv")
    import_files([write(tmp_path / "other/a.csv", [DAILY, ["2026-09-05", 9, 5]])], tmp_path)
    shop.refresh()
    with pytest.raises(InputError, match="import_ambiguous"):
        shop.undo("a.csv")
    shop.undo(tmp_path / "other/a.csv")
    shop.undo(shop.accounts()[0].digest[:8])
    assert list(shop.tables) == []


def test_typed_tables_follow_their_files(tmp_path):
    header = ["商品ID", "简称", "品类"]
    file = write(tmp_path / "tables_in/items.csv", [header, ["1001", "甲杯", "杯"], ["1002", "乙杯", "杯"]])
    assert sorted(open_shop(tmp_path).table("items").execute()["short_name"]) == ["乙杯", "甲杯"]
    write(file, [header, ["1001", "新甲杯", "杯"]], at=60)
    assert list(open_shop(tmp_path).table("items").execute()["short_name"]) == ["新甲杯"]
    write(file, [header, ["1001", "甲杯", "杯"], ["1002", "乙杯", "杯"]], at=30)
    assert open_shop(tmp_path).table("items").count().execute() == 2
    file.unlink()
    assert not open_shop(tmp_path).has("items")


def test_a_typed_table_may_be_a_workbook(tmp_path):
    place = new_shop(tmp_path / "店", lang="zh")
    book = openpyxl.load_workbook(place / "tables_in/templates/items.xlsx")
    book.active.append(["600000000003", "长杯", "杯"])
    book.save(place / "tables_in/商品.xlsx")
    assert list(open_shop(place).table("items").execute()["item_id"]) == ["600000000003"]


def test_a_typed_table_that_breaks_keeps_its_last_rows(tmp_path):
    file = write(tmp_path / "tables_in/items.csv", [["商品ID", "简称"], ["1001", "甲杯"]])
    open_shop(tmp_path)
    write(file, [["x", "y"], ["1001", "甲杯"]])
    assert list(open_shop(tmp_path).table("items").execute()["short_name"]) == ["甲杯"]


def test_a_missing_table_says_where_to_get_it(tmp_path):
    shop = open_shop(new_shop(tmp_path / "店"))
    with pytest.raises(MissingDataError) as error:
        shop.table("traffic_period")
    assert error.value.code == "missing_table"
    assert "店铺来源" in error.value.parts("zh")["fix"]
    assert "Traffic sources" in error.value.parts("en")["problem"]


def test_every_table_has_its_words():
    from shopnb import labels

    for lang in labels.LANGUAGES:
        for table in TABLES:
            assert labels.has(f"intake.tables.{table}", lang)
            assert labels.has(f"intake.get.{table}", lang)


def test_a_new_shop_has_templates_that_do_not_count(tmp_path):
    place = new_shop(tmp_path / "店", name='他说"好"', platform="tmall", lang="zh")
    shop = open_shop(place)
    assert (shop.name, shop.settings.platform, shop.settings.margin_rate) == ('他说"好"', "tmall", None)
    assert list(shop.tables) == []
    for template in (place / "tables_in/templates").glob("*.xlsx"):
        sheet = openpyxl.load_workbook(template).active
        cells = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
        assert cells == list(csv.reader(template.with_suffix(".csv").read_text("utf-8-sig").splitlines()))
        assert {cell.number_format for row in sheet.iter_rows() for cell in row if cell.value} == {"@"}
    for template in (place / "tables_in/templates").glob("*.csv"):
        rows = list(csv.reader(template.read_text("utf-8-sig").splitlines()))
        assert len(rows) == 3, template
        assert {len(row) for row in rows} == {len(rows[0])}, template
        cells = [[cell.removeprefix("【示例】") for cell in row] for row in rows]
        (account,) = import_files([write(tmp_path / "filled" / template.name, cells)], tmp_path / "filled_shop")
        assert (account.table, account.kept) == (template.stem, 2), account
        assert not account.unknown_columns
    with pytest.raises(InputError, match="shop_exists"):
        new_shop(place)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("margin_rate = 42", "settings_value"),
        ("margin_rate = true", "settings_value"),
        ('platform = "ebay"', "settings_value"),
        ('currency = "dollars"', "settings_value"),
        ('time_zone = "Mars/Olympus"', "settings_value"),
        ("margn_rate = 0.4", "settings_unknown"),
        ("name = 店", "settings_unreadable"),
        ("[intake]\nmax_rejected_share = 2", "settings_value"),
    ],
)
def test_wrong_settings_are_named(tmp_path, text, code):
    (tmp_path / "shopnb.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        open_shop(tmp_path)
    assert error.value.code == code
    assert "shopnb.toml" in str(error.value)


def test_a_folder_that_is_not_there_names_both_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        open_shop("nowhere")
    assert error.value.code == "shop_not_found"
    assert error.value.values["places"].count("nowhere") == 2


def test_a_folder_with_files_only_is_a_shop(tmp_path):
    write(tmp_path / "a.csv", [DAILY, ["2026-09-01", 10, 5]])
    shop = open_shop(tmp_path)
    assert "shop_daily" in dir(shop.tables)
    assert shop.tables.shop_daily.count().execute() == 1
    assert list(shop.status()["rows"]) == [1]


def test_a_first_import_that_was_killed_is_taken_up_again(tmp_path):
    write(tmp_path / "inbox/a.csv", [DAILY, ["2026-09-01", 1, 5]])
    write(tmp_path / "inbox/b.csv", [DAILY, ["2026-09-02", 2, 5]])
    import_files([tmp_path / "inbox/a.csv"], tmp_path)
    (tmp_path / "tables/.first_import").touch()  # what a kill leaves behind
    assert visitors(open_shop(tmp_path)) == {1: 1, 2: 2}
    write(tmp_path / "inbox/c.csv", [DAILY, ["2026-09-03", 3, 5]])
    assert visitors(open_shop(tmp_path)) == {1: 1, 2: 2}


def test_tables_of_another_version_are_named_and_rebuilt(tmp_path, monkeypatch):
    write(tmp_path / "inbox/a.csv", [DAILY, ["2026-09-01", 1, 5]])
    gone = write(tmp_path / "b.csv", [DAILY, ["2026-09-02", 2, 5]])
    open_shop(tmp_path)
    import_files([gone], tmp_path)
    gone.unlink()
    monkeypatch.setattr("shopnb.intake.store.VERSION", VERSION + 1)
    with pytest.raises(InputError, match="tables_outdated") as caught:
        open_shop(tmp_path)
    assert f"--shop {tmp_path}" in caught.value.parts("en")["fix"]
    read, lost = import_files([], tmp_path, rebuild=True)
    assert (read.file, read.state) == ("inbox/a.csv", "imported")
    assert (lost.file, lost.error.code) == (str(gone), "file_not_found")
    assert visitors(open_shop(tmp_path)) == {1: 1}
    assert len(list((tmp_path / "tables").rglob("*.parquet"))) == 1


def test_the_key_is_readable_by_its_owner_only(tmp_path):
    write(tmp_path / "inbox/a.csv", [["userid", "version", "won"], ["116", "A", "1"], ["117", "B", "0"]])
    first = set(open_shop(tmp_path).table("ab_users").execute()["user_id"])
    key = tmp_path / ".key"
    assert len(bytes.fromhex(key.read_text())) == 32
    if os.name == "posix":
        assert key.stat().st_mode & 0o077 == 0
    import_files([tmp_path / "inbox"], tmp_path, rebuild=True)
    assert set(open_shop(tmp_path).table("ab_users").execute()["user_id"]) == first
