"""Processor seconds and peak memory of an import beside what a user would run instead, on one simulated workbook.

    .venv/bin/python benchmarks/intake.py [ROWS] [--fuzz N]

- pandas: `pandas.read_excel` (openpyxl) and cleaning by hand: header row, subtotal row, commas, per cent, dashes, ids.
- calamine: bare python-calamine and the same columns as NumPy arrays, without an account of rejected rows.
- shopnb: `import_files`, all columns checked, every row accounted for, Parquet written.

Each runs in a process of its own, one after the other and three times over, so that a busy machine is busy for all; the
fastest time and the peak memory above that of the bare imports are told. `--fuzz N` imports N mutated copies of small
exports instead and fails if one gives anything but an account.
"""

from __future__ import annotations

import argparse
import io
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

HEADER = [
    "统计日期", "商品ID", "商品名称", "主商品ID", "商品类型", "货号", "商品状态", "商品标签",
    "商品访客数", "商品浏览量", "平均停留时长", "商品详情页跳出率", "商品收藏人数", "商品加购件数",
    "商品加购人数", "下单买家数", "下单件数", "下单金额", "下单转化率", "支付买家数", "支付件数",
    "支付金额", "商品支付转化率", "支付新买家数", "支付老买家数", "老买家支付金额", "聚划算支付金额",
    "访客平均价值", "成功退款金额", "竞争力评分", "年累计支付金额", "月累计支付金额", "月累计支付件数",
    "搜索引导支付转化率", "搜索引导访客数", "搜索引导支付买家数", "结构化详情引导转化率",
    "结构化详情引导成交占比",
]  # fmt: skip
TEXTS = set(HEADER[:8])
WAYS = ("nothing", "pandas", "calamine", "shopnb")


def cells(random_: random.Random, row: int) -> list[str]:
    """One row of 商品_全部: all cells text, as the platform writes them."""
    filled = []
    for name in HEADER:
        if name == "统计日期":
            filled.append("2026-06-13")
        elif name in TEXTS:
            filled.append(f"6{row:011}" if name.endswith("ID") else f"{name}{row % 50}")
        elif name.endswith(("率", "占比")):
            filled.append(f"{random_.random() * 100:.2f}%")
        elif random_.random() < 0.1:
            filled.append("-")
        else:
            filled.append(f"{random_.randrange(20_000):,}")
    return filled


def write_workbook(path: Path, rows: int) -> None:
    """A workbook with four lines above the header, as 生意参谋 writes it."""
    import xlsxwriter

    random_ = random.Random(7)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("【生意参谋平台】1")
        for number, line in enumerate((["店铺"], ["2026-06-13"], [""], [""], HEADER)):
            sheet.write_row(number, 0, line)
        for row in range(rows):
            for column, cell in enumerate(cells(random_, row)):
                sheet.write_string(row + 5, column, cell)


def by_pandas(path: Path) -> int:
    """What a notebook from the web does."""
    import pandas as pd

    rows = pd.read_excel(path, header=4, dtype=str, engine="openpyxl")
    rows = rows[~rows["商品ID"].isin(["汇总", "合计"])].dropna(how="all")
    for name in [name for name in rows.columns if name not in TEXTS]:
        plain = rows[name].str.replace(",", "").replace("-", None)
        share = plain.str.endswith("%").fillna(False).astype(bool)
        rows[name] = pd.to_numeric(plain.str.rstrip("%"), errors="coerce").where(~share, lambda values: values / 100)
    rows["统计日期"] = pd.to_datetime(rows["统计日期"])
    rows.to_parquet(path.with_suffix(".pandas.parquet"))
    return len(rows)


def by_calamine(path: Path) -> int:
    """The bare reader and the plainest parsing of its columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    header, *rows = book.get_sheet_by_index(0).to_python()[4:]
    columns = {}
    for name, column in zip(header, zip(*rows, strict=True), strict=True):
        columns[name] = column if name in TEXTS else [number(cell) for cell in column]
    pq.write_table(pa.table(columns), path.with_suffix(".calamine.parquet"))
    return len(rows)


def number(cell: str) -> float | None:
    """A cell as the bare reader's user would parse it."""
    if cell == "-":
        return None
    plain = cell.replace(",", "")
    return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)


def by_shopnb(path: Path) -> int:
    """The import."""
    from shopnb.intake import import_files

    with tempfile.TemporaryDirectory() as folder:
        (account,) = import_files([path], folder)
    return account.kept


def run(way: str, path: Path) -> None:
    """One way in this process: seconds and peak memory to standard output."""
    import resource

    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import python_calamine  # noqa: F401

    import shopnb.intake  # noqa: F401

    ways = {"pandas": by_pandas, "calamine": by_calamine, "shopnb": by_shopnb, "nothing": lambda _: 0}
    start = time.process_time()
    rows = ways[way](path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.process_time() - start, peak, rows)


def measure(rows: int, repeats: int) -> None:
    """All ways on one workbook, then the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "商品_全部_2026-06-13_2026-06-13.xlsx"
        write_workbook(path, rows)
        print(f"{rows:,} rows x {len(HEADER)} columns, {path.stat().st_size / 1e6:.0f} MB")
        tries = [{way: _measured(way, path) for way in WAYS} for _ in range(repeats)]
    found = {way: (min(one[way][0] for one in tries), max(one[way][1] for one in tries)) for way in WAYS}
    for way in WAYS[1:]:
        print(f"{way:10} {found[way][0]:8.2f} s {found[way][1] - found['nothing'][1]:8.0f} MB more than the imports")
    print(f"pandas / shopnb   {found['pandas'][0] / found['shopnb'][0]:.1f} times the seconds (aim: 8)")
    print(f"shopnb / calamine {found['shopnb'][0] / found['calamine'][0]:.2f} times the seconds (aim: at most 2)")


def _measured(way: str, path: Path) -> tuple[float, float]:
    command = [sys.executable, __file__, "--way", way, "--path", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(said[0]), float(said[1])


def mutated(random_: random.Random, data: bytes) -> bytes:
    """Bytes flipped, cut, doubled or moved."""
    changed = bytearray(data)
    for _ in range(random_.choice([1, 1, 3, 20])):
        at = random_.randrange(len(changed))
        kind = random_.randrange(5)
        if kind == 0:
            changed[at] = random_.randrange(256)
        elif kind == 1:
            del changed[at : at + random_.randrange(1, 600)]
        elif kind == 2:
            changed[at:at] = changed[at : at + random_.randrange(1, 600)]
        elif kind == 3:
            changed[at : at + 4] = random_.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b'"', b"\xff\xfe", b"-1,2"])
        else:
            del changed[max(at, 20) :]
        if not changed:
            return b"x"
    return bytes(changed)


def seeds() -> dict[str, bytes]:
    """Small exports in every form."""
    import xlsxwriter
    import xlwt

    random_ = random.Random(3)
    table = [["店铺"], ["2026-06-13"], [""], [""], HEADER, *[cells(random_, row) for row in range(30)]]
    xlsx, xls = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(xlsx, {"in_memory": True}) as book:
        sheet = book.add_worksheet("a")
        for number_, row in enumerate(table):
            sheet.write_row(number_, 0, row)
    old = xlwt.Workbook()
    page = old.add_sheet("a")
    for i, row in enumerate(table):
        for j, cell in enumerate(row):
            page.write(i, j, cell)
    old.save(xls)
    text = "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in table)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("商品.csv", text.encode("gb18030"))
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in table)
    return {
        "a.csv": text.encode("utf-8-sig"), "b.csv": text.encode("gb18030"), "c.csv": text.encode("utf-16"),
        "d.xlsx": xlsx.getvalue(), "e.xls": xls.getvalue(), "f.zip": packed.getvalue(),
        "g.xls": f"<html><table>{rows}</table></html>".encode(),
    }  # fmt: skip


def fuzz(count: int) -> None:
    """Import mutated files; every one must give accounts in which every row is accounted for."""
    from shopnb.intake import import_files

    random_ = random.Random(11)
    given = list(seeds().items())
    told: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(count):
            name, data = given[turn % len(given)]
            path = Path(folder) / f"{turn}_{name}"
            path.write_bytes(mutated(random_, data))
            for account in import_files([path], Path(folder) / "shop"):
                left = account.kept + sum(account.dropped.values()) + sum(account.rejected.values())
                if account.state != "refused" and left != account.read:
                    raise SystemExit(f"{path}: {account}")
                code = account.error.code if account.error else account.state
                told[code] = told.get(code, 0) + 1
            path.unlink()
    print(dict(sorted(told.items(), key=lambda one: -one[1])))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="?", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--fuzz", type=int, default=0)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--path", type=Path)
    given = parser.parse_args()
    if given.way:
        run(given.way, given.path)
    elif given.fuzz:
        fuzz(given.fuzz)
    else:
        measure(given.rows, given.repeats)


if __name__ == "__main__":
    main()
