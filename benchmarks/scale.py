"""Seconds and memory of one aggregation over many shops' source days: Ibis on DuckDB beside the same in pandas.

    .venv/bin/python benchmarks/scale.py [MILLIONS] [--shops N] [--threads N]

Rows are those of `traffic_period`, one a shop, day and source, in Parquet files of one shop group each. Asked is what
the traffic page asks: for every shop, week and source group the visitors, payers and payment, the conversion and the
value of a visitor, recomputed from their parts. Each way runs in a process of its own, imports not counted, and its
answer is compared with the other's. pandas reads only the columns that it needs, as a careful user would.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SOURCES = (
    ("平台流量", "手淘搜索"), ("平台流量", "手淘推荐"), ("平台流量", "其他猜你喜欢"), ("平台流量", "聚划算"),
    ("广告流量", "关键词推广"), ("广告流量", "精准人群推广"), ("广告流量", "智能场景"), ("广告流量", "淘宝客"),
    ("自主访问", "购物车"), ("自主访问", "我的淘宝"), ("内容渠道", "直播"), ("内容渠道", "短视频"),
)  # fmt: skip
COLUMNS = ["shop", "day", "source_1", "source_2", "visitors", "payers", "paid_amount"]
FILES = 20


def write_rows(folder: Path, rows: int, shops: int) -> None:
    """Parquet files with `rows` rows in all, the same for the same arguments."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(20260830)
    days = -(-rows // (shops * len(SOURCES)))
    each = -(-shops // FILES)
    calendar = pd.date_range(end="2026-08-30", periods=days).date
    for first in range(0, shops, each):
        members = range(first, min(first + each, shops))
        size = len(members) * days * len(SOURCES)
        grid = np.indices((len(members), days, len(SOURCES))).reshape(3, size)
        visitors = random.poisson(300, size)
        payers = random.binomial(visitors, 0.04)
        table = pa.table(
            {
                "shop": pa.array(np.array([f"shop{number:05}" for number in members])[grid[0]]),
                "day": pa.array(np.array(calendar)[grid[1]]),
                "source_1": pa.array(np.array([one for one, _ in SOURCES])[grid[2]]),
                "source_2": pa.array(np.array([two for _, two in SOURCES])[grid[2]]),
                "visitors": visitors,
                "payers": payers,
                "paid_amount": np.round(payers * random.gamma(8, 8.5, size), 2),
            }
        )
        pq.write_table(table, folder / f"{first:05}.parquet")


def by_ibis(folder: Path, threads: int) -> dict[str, float]:
    """The question through `metrics.aggregate`, the package's one place for sums, on DuckDB."""
    import ibis

    from shopnb.metrics.aggregate import aggregate
    from shopnb.schema import TABLES

    con = ibis.duckdb.connect(threads=threads)
    rows = con.read_parquet(str(folder / "*.parquet"))
    rows = rows.mutate(week=rows.day.truncate("W"))
    asked = aggregate(
        rows,
        TABLES["traffic_period"],
        by=["shop", "week", "source_1"],
        columns=["visitors", "payers", "paid_amount", "payment_conversion", "visitor_value"],
    )
    named = {shown: name for name, shown in asked.attrs["names"].items()}
    return told(asked.rename(columns={**named}).rename(columns={"visitors": "visitor_days", "payers": "payer_days"}))


def by_pandas(folder: Path, _: int) -> dict[str, float]:
    """The same with pandas on the whole table."""
    import pandas as pd

    rows = pd.read_parquet(folder, columns=[name for name in COLUMNS if name != "source_2"])
    rows["week"] = pd.to_datetime(rows["day"]).dt.to_period("W-SUN").dt.start_time
    grouped = rows.groupby(["shop", "week", "source_1"], as_index=False)[["visitors", "payers", "paid_amount"]].sum()
    asked = grouped.rename(columns={"visitors": "visitor_days", "payers": "payer_days"})
    return told(
        asked.assign(
            payment_conversion=asked["payer_days"] / asked["visitor_days"],
            visitor_value=asked["paid_amount"] / asked["visitor_days"],
        )
    )


def told(asked: Any) -> dict[str, float]:
    """What both answers must agree in."""
    return {
        "groups": float(len(asked)),
        **{name: float(asked[name].sum()) for name in ("visitor_days", "payer_days", "paid_amount")},
        **{name: float(asked[name].mean()) for name in ("payment_conversion", "visitor_value")},
    }


WAYS = {"nothing": None, "ibis": by_ibis, "pandas": by_pandas}


def measure(way: str, folder: Path, threads: int) -> None:
    """Run one way in this process and print its seconds, peak memory (MB) and answer as JSON."""
    import ibis
    import pandas as pd
    import pyarrow.parquet  # noqa: F401

    import shopnb.metrics.aggregate  # noqa: F401

    ibis.duckdb.connect().create_table("warm", pd.DataFrame({"shop": ["a"]})).to_pandas()
    start, worked = time.perf_counter(), time.process_time()
    asked = WAYS[way]
    answer = asked(folder, threads) if asked else {}
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    print(json.dumps({"seconds": seconds, "cpu": worked, "peak_mb": peak, "answer": answer}))


def main() -> None:
    """Write the rows once, run each way three times in turn, tell the fastest and the largest memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("millions", nargs="?", type=float, default=10.0)
    parser.add_argument("--shops", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--way", choices=tuple(WAYS))
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.way:
        measure(given.way, given.folder, given.threads)
        return
    with tempfile.TemporaryDirectory() as where:
        folder = Path(where)
        write_rows(folder, int(given.millions * 1e6), given.shops)
        runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
        for _ in range(3):
            for way in WAYS:
                command = [sys.executable, __file__, "--way", way, "--folder", where, "--threads", str(given.threads)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                runs[way].append(json.loads(done.stdout.splitlines()[-1]))
        answers = [runs[way][0]["answer"] for way in ("ibis", "pandas")]
        for name, value in answers[0].items():
            other = answers[1][name]
            assert abs(value - other) <= 1e-9 * abs(other), f"{name}: {value} and {other}"
        print(f"{given.millions:g} million rows of {given.shops} shops; both answers agree")
        for way, found in runs.items():
            seconds, worked, peak = (pick(run[name] for run in found) for pick, name in
                                     ((min, "seconds"), (min, "cpu"), (max, "peak_mb")))  # fmt: skip
            print(f"{way:8} {seconds:6.2f} s  {worked:6.2f} s of processor  {peak:7.0f} MB at most")


if __name__ == "__main__":
    main()
