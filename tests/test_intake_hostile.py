"""Files that would lose rows, memory or the process: open quotes, long sheets, locked files, mutated bytes."""

import csv
import io
import random
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_intake import csv_bytes, stored, xls_bytes, xlsx_bytes

from shopnb.intake import import_files, sheets, textfile

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import intake as benchmark

HEADER = ["订单编号", "买家实际支付金额", "订单创建时间", "宝贝标题"]


def orders(count):
    return [[f"4000{number:08}", "5.0", f"2026-09-{number % 28 + 1:02} 10:00:00", "杯"] for number in range(count)]


def read(folder, name, data):
    (folder / name).write_bytes(data)
    (account,) = import_files([folder / name], folder / "shop")
    assert account.read == account.kept + sum(account.dropped.values()) + sum(account.rejected.values())
    return account


def test_an_open_quote_costs_its_own_row_only(tmp_path):
    """Line 5 opens a quote that only line 12 would close; the stray one there is part of its text."""
    lines = csv_bytes([HEADER, *orders(30)]).decode("utf-8-sig").splitlines()
    lines[4] = lines[4].replace(",杯", ',"杯')
    lines[11] = lines[11] + '"'
    account = read(tmp_path, "a.csv", "\r\n".join(lines).encode())
    assert (account.read, account.kept, account.rejected) == (30, 29, {"open_quote": 1})
    listed = (tmp_path / "shop/tables/rejected" / f"{account.stem}.csv").read_text("utf-8-sig").splitlines()
    assert [row[2] for row in csv.reader(listed[1:])] == ["5"]


def test_an_open_quote_at_the_end_of_a_long_file_is_one_row(tmp_path):
    data = csv_bytes([HEADER, *orders(3000)]).replace(b"400000000100,5.0", b'400000000100,"5.0')
    account = read(tmp_path, "a.csv", data)
    assert (account.kept, account.rejected) == (2999, {"open_quote": 1})


def test_line_breaks_inside_closed_quotes_are_text(tmp_path):
    texts = ["杯子很好\n保温也好,推荐\n,下次再来", "一般\r\n般", '他说"好"\n是的']
    rows = [["评论", "商品id", "评价时间"], *[[text, f"60000000000{n}", "2026-09-01"] for n, text in enumerate(texts)]]
    account = read(tmp_path, "a.csv", csv_bytes(rows))
    assert (account.kept, account.rejected) == (3, {})
    assert [text.replace("\r", "") for text in stored(tmp_path / "shop", account).column("text").to_pylist()] == [
        text.replace("\r", "") for text in texts
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(' ,"\n杯a1;', max_size=6), min_size=3, max_size=3), min_size=1, max_size=6))
def test_any_well_formed_table_is_read_as_the_standard_reader_does(rows):
    """Text cells only: no line inside a record can look like a row of numbers."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    text.seek(0)
    lone = [row for row in rows if any(cell.strip(' "\n').strip("1,") == "" and cell.strip() for cell in row)]
    if not lone:
        assert list(textfile._rows(iter(text.readlines()), ",")) == rows


@pytest.mark.parametrize("write", [csv_bytes, xlsx_bytes, xls_bytes])
def test_the_size_of_the_pieces_changes_nothing(tmp_path, monkeypatch, write):
    rows = [["导出说明"], HEADER, *orders(40), *orders(3), ["", "", "", ""], ["x", "abc", "2026-09-01", "杯"], ["合计"]]
    data = write(rows)
    whole = read(tmp_path, "a.csv", data)
    table = stored(tmp_path / "shop", whole)
    for size in (3, 7, 46):
        monkeypatch.setattr(sheets, "PIECE_ROWS", size)
        (account,) = import_files([tmp_path / "a.csv"], tmp_path / f"shop{size}")
        counts = (account.kept, account.dropped, account.rejected, account.days, account.unsure)
        assert counts == (whole.kept, whole.dropped, whole.rejected, whole.days, whole.unsure)
        assert stored(tmp_path / f"shop{size}", account).equals(table)
        assert not list((tmp_path / f"shop{size}").rglob("*.tmp"))


def test_a_long_file_tells_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "PIECE_ROWS", 100)
    (tmp_path / "a.csv").write_bytes(csv_bytes([HEADER, *orders(350)]))
    told = []
    import_files([tmp_path / "a.csv"], tmp_path / "shop", progress=lambda *step: told.append(step))
    assert told[0] == (0, 1, "a.csv")
    assert [step[:2] for step in told[1:-1]] == [(0, 1)] * 3
    assert told[-2][2] == "a.csv 100%"


def test_a_refused_long_file_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "PIECE_ROWS", 10)
    bad = [["x", "abc", "2026-09-01", "杯"]] * 60
    (tmp_path / "a.csv").write_bytes(csv_bytes([HEADER, *orders(40), *bad]))
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "shop")
    assert (account.error.code, account.rejected) == ("too_many_rejected", {"not_a_number": 60})
    assert not [path for path in (tmp_path / "shop" / "tables").rglob("*") if path.is_file()]


def test_a_file_that_a_spreadsheet_holds_is_tried_again_then_named(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_bytes(csv_bytes([HEADER, *orders(3)]))
    true_open, tries = Path.open, []

    def held(path, *arguments, **named):
        if path.name == "a.csv":
            tries.append(path)
            if len(tries) in range(1, held.until):
                raise PermissionError
        return true_open(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", held)
    monkeypatch.setattr("shopnb.intake.containers.WAITS", (0.0, 0.0, 0.0))
    held.until = 4
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "shop")
    assert account.kept == 3
    held.until = 10**6
    (account,) = import_files([tmp_path / "a.csv"], tmp_path / "shop2")
    assert account.error.code == "file_locked"


def test_a_workbook_too_large_is_to_be_saved_as_csv(tmp_path, monkeypatch):
    monkeypatch.setattr("shopnb.intake.workbook.MAX_CELLS", 50)
    account = read(tmp_path, "a.xlsx", xlsx_bytes([HEADER, *orders(40)]))
    assert account.error.code == "workbook_too_large"
    assert "CSV" in account.error.parts("zh")["fix"]
    monkeypatch.setattr("shopnb.intake.workbook.MAX_SHEET_BYTES", 50)
    assert read(tmp_path, "b.xlsx", xlsx_bytes([HEADER])).error.code == "workbook_too_large"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), name=st.sampled_from(sorted(set(benchmark.seeds()) - {"e.xls"})))
def test_mutated_files_give_an_account(tmp_path_factory, seed, name):
    data = benchmark.mutated(random.Random(seed), benchmark.seeds()[name])
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / name).write_bytes(data)
    for account in import_files([folder / name], folder / "shop"):
        left = account.kept + sum(account.dropped.values()) + sum(account.rejected.values())
        assert account.read == left
        assert (account.state == "refused") == (account.error is not None)


def test_damaged_old_workbooks_cannot_take_the_process_down(tmp_path):
    data = benchmark.seeds()["e.xls"]
    for seed in range(12):
        (tmp_path / f"{seed}.xls").write_bytes(benchmark.mutated(random.Random(seed), data))
    assert len(import_files([tmp_path], tmp_path / "shop")) == 12


def test_a_hundred_thousand_bad_rows_are_counted(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/shopnb.toml").write_text("[intake]\nmax_rejected_share = 1\n")
    bad = [[f"{number}", "abc", "2026-09-01", "杯"] for number in range(100_000)]
    account = read(tmp_path, "a.csv", csv_bytes([HEADER, *orders(5), *bad]))
    assert (account.kept, account.rejected) == (5, {"not_a_number": 100_000})
    (listed,) = (tmp_path / "shop/tables/rejected").iterdir()
    assert listed.read_bytes().count(b"\r\n") == 100_001
    assert len(list((tmp_path / "shop/tables/imports").iterdir())) == 1
