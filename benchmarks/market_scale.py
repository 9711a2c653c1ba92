"""Seconds, processor seconds and memory of sizing one large search listing, step by step.

    .venv/bin/python benchmarks/market_scale.py [MILLIONS]

The listing lies in Parquet with the columns of the table `listing`; each step is a call that the market page makes.
Aim: a million lines in under ten seconds. On a busy machine the processor seconds tell.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
from calibration_market import steps_of_one_digit

from shopnb.metrics import market

SEED = 20_261_122
WORDS = ("保温杯", "不锈钢", "大容量", "吸管", "儿童", "便携", "户外", "水壶", "学生", "茶杯")


def write_listing(file: Path, lines: int) -> None:
    """One snapshot: a ladder of one-digit steps, shops of very different size, titles of five words."""
    rng = np.random.default_rng(SEED)
    low, high = steps_of_one_digit(np.floor(rng.lognormal(4.5, 2, lines)), open_from=1e5)
    price = np.round(rng.lognormal(4, 0.6, lines), 2)
    picked = rng.integers(0, len(WORDS), (lines, 5))
    blank = dict.fromkeys(["item_id", "brand", "service"], pd.Series([None] * lines, dtype="string"))
    frame = pd.DataFrame(
        {
            "query": "杯", "snapshot_on": pd.Timestamp("2026-08-30").date(), "position": np.arange(lines),
            "title": ["".join(WORDS[one] for one in row) + str(turn) for turn, row in enumerate(picked.tolist())],
            "shop_name": [f"店{int(one)}" for one in rng.pareto(1, lines) * 50], "place": "浙江 杭州",
            "price_low": price, "price_high": price, "sold_low": low,
            "sold_high": np.where(np.isinf(high), np.nan, high),
            "comments": np.nan, "freight": np.nan, "is_tmall": True, "is_paid_slot": False, **blank,
        }
    )  # fmt: skip
    frame.to_parquet(file)


def measured(name: str, step: Callable[[], Any]) -> Any:
    """What a step gives; its seconds are printed."""
    wall, worked = time.perf_counter(), time.process_time()
    found = step()
    print(f"{name:14}{time.perf_counter() - wall:8.2f} s {time.process_time() - worked:8.2f} s of processor")
    return found


def main() -> None:
    """Write the listing, then size it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("millions", nargs="?", type=float, default=1.0)
    lines = int(parser.parse_args().millions * 1e6)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "listing.parquet"
        write_listing(file, lines)
        listing = ibis.duckdb.connect(threads=1).read_parquet(str(file))
        wall, worked = time.perf_counter(), time.process_time()
        found = measured("snapshots", lambda: market.snapshots(listing)).iloc[0]
        rows = measured("lines", lambda: market.lines_of(listing, found["query"], found["snapshot_on"]))
        goods = measured("goods", lambda: market.listing_goods(rows))
        size = measured("size", lambda: market.market_size(goods))
        bands = measured("bands", lambda: market.price_bands(goods, own_shop="店3"))
        measured("concentration", lambda: market.concentration(goods, own_shop="店3"))
        measured("places", lambda: market.concentration(goods, by="place"))
        measured("words", lambda: market.title_word_shares(goods, edges=bands.edges))
        measured("page one", lambda: market.page_one(goods))
        wall, worked = time.perf_counter() - wall, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    print(f"{lines:,} lines: {wall:.1f} s, {worked:.1f} s of processor, {peak:.0f} MB at most (the writing included)")
    print(f"{size.money.estimate:.4g} ({size.money.low:.4g} to {size.money.high:.4g})")


if __name__ == "__main__":
    main()
