"""How often a report finds something where nothing was planted, on many newly drawn copies of the sample shop.

    .venv/bin/python benchmarks/false_findings.py [SHOPS] [--seed N]

Each shop is drawn by the generator of the sample with another seed and without its planted truths: no leaking item,
no change of traffic, no overspending. Its exports are written, imported and read by both pages. Two ad scenes lose
money in every such world by construction (TRUTH.md 3 and 8); anything else that a page puts forward is false. Told are
the shares of shops with a false finding in the last week, the alarms of the overview in a month of such weeks (findings
of all its rules), ordinary days called odd by the daily band in a month, and the share of ordinary days inside it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[1]
sys.path.insert(0, str(REPO / "tools"))

STANDING = ("精准人群推广", "智能场景")
ORDINARY_WEEKS = ("2026-07-26", "2026-08-02", "2026-08-09")  # four lengths of a week make a month with the last one


def quiet_shop(folder: Path, seed: int) -> Path:
    """A shop folder whose exports were drawn without planted truths; only the files that the two pages read."""
    from make_sample import CONFIG, DAILY_EXPORTS, END, ITEM_DAYS, WEEKS, empty_folder
    from sample.ads import AdBook, write_scenes
    from sample.daily import write_daily
    from sample.items import ItemBook, write_items
    from sample.sources import write_sources
    from sample.touches import EVERY, SourceBook
    from sample.typed import write_typed
    from sample.world import Setting, last_days, simulate

    world = simulate(Setting(seed, planted=False))
    empty_folder(folder)
    (folder / "shopnb.toml").write_bytes(CONFIG.format(name=f"quiet {seed}").encode())
    inbox = folder / "inbox"
    for made_on, last in DAILY_EXPORTS:
        write_daily(inbox, world, made_on, last)
    items, days = ItemBook(world), last_days(END, 7 * WEEKS)
    for week in range(WEEKS):
        write_items(inbox, items, days[7 * week], days[7 * week + 6])
    for day in days[-ITEM_DAYS:]:
        write_items(inbox, items, day, day)
    sources = SourceBook(world)
    for first in (-14, -7):
        write_sources(inbox, sources, days[first], days[first + 6], EVERY)
    write_scenes(inbox, AdBook(sources), date(2026, 8, 31), last_days(END, 30))
    write_typed(folder / "tables_in")
    for told in ("changes", "ab_daily"):  # what was changed in the sample was not changed here
        (folder / "tables_in" / f"{told}.csv").unlink(missing_ok=True)
    return folder


def read(folder: Path, report: str, end: str = "") -> Any:
    """One page of a shop, its week up to `end` ("": the last)."""
    from shopnb import open_page

    return open_page(report, shop=str(folder), start_date="", end_date=end, lang="zh")


def false_findings(page: Any) -> list[str]:
    """Codes of what a page puts forward although nothing was planted; to be confirmed is not put forward."""
    lead = [one for one in page.found if one.is_sure]
    return [one.code for one in lead if not {one.values.get("scene"), one.values.get("source")} & set(STANDING)]


def ordinary_days(page: Any) -> tuple[int, int, int]:
    """Days of an overview without an event that have an expected band, those inside it, and those called odd."""
    from shopnb.metrics.periods import event_days

    band = page.numbers.band
    known = band[band["low"].notna() & ~event_days(page.events, band["day"])]
    return len(known), int(known["value"].between(known["low"], known["high"]).sum()), int(known["outside"].sum())


def main() -> None:
    """Draw the shops one after the other and tell the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("shops", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=9000, help="seed of the first shop")
    given = parser.parse_args()
    sys.path.insert(0, str(REPO))
    false: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    alarms = days = inside = odd = 0
    for turn in range(given.shops):
        with tempfile.TemporaryDirectory() as where:
            folder = quiet_shop(Path(where) / "shop", given.seed + turn)
            pages = {report: read(folder, report) for report in ("shop_overview", "traffic_sources")}
            found = {report: false_findings(page) for report, page in pages.items()}
            earlier = [false_findings(read(folder, "shop_overview", end)) for end in ORDINARY_WEEKS]
            more = ordinary_days(pages["shop_overview"])
        days, inside, odd = (so_far + one for so_far, one in zip((days, inside, odd), more, strict=True))
        for report, seen in found.items():
            false[report] += bool(seen)
            codes.update(f"{report}: {code}" for code in seen)
        false["either"] += any(found.values())
        alarms += len(found["shop_overview"]) + sum(map(len, earlier))
        codes.update(f"earlier: {code}" for week in earlier for code in week)
        told = ", ".join(f"{name} {count}/{turn + 1}" for name, count in sorted(false.items()))
        print(
            f"{turn + 1:4} shops with a false finding: {told}; alarms a month {alarms / (turn + 1):.2f}; "
            f"odd days a month {30 * odd / days:.2f}; band holds {inside / days:.3f} of {days} days",
            flush=True,
        )
    print("\n".join(f"{count:5} {code}" for code, count in codes.most_common()))


if __name__ == "__main__":
    main()
