"""Write the sample shops into a folder: `python tools/make_sample.py --out DIR [--seed N]`.

The same seed gives the same files. `--only sample` leaves the tiny shop out.
"""

from __future__ import annotations

import argparse
import shutil
from datetime import date, timedelta
from pathlib import Path

from sample.ads import KIDS_IMAGE, MAIN_IMAGE, AdBook, write_creatives, write_scenes
from sample.catalogue import SHOP_NAME
from sample.daily import write_daily
from sample.items import ItemBook, write_items
from sample.listing import KIDS, LARGE, write_listing
from sample.orders import write_orders, write_refunds
from sample.plan import END
from sample.reviews import write_reviews
from sample.searches import write_searches
from sample.small import write_small
from sample.sources import write_five_columns, write_sources
from sample.title_test import write_title_test
from sample.touches import EVERY, LAST, SourceBook
from sample.typed import write_typed
from sample.world import Setting, World, last_days, simulate

SEED = 20260054
DAILY_EXPORTS = (  # made on, last day shown; 30 days each, overlapping
    (date(2026, 6, 24), date(2026, 6, 23)),
    (date(2026, 7, 10), date(2026, 7, 9)),
    (date(2026, 7, 24), date(2026, 7, 23)),
    (date(2026, 8, 13), date(2026, 8, 12)),
    (date(2026, 8, 24), date(2026, 8, 23)),
    (date(2026, 8, 31), END),
)
MADE_ON = date(2026, 8, 31)
WEEKS = 6
ITEM_DAYS = 14
ORDER_DAYS = 14
OLDER_ORDERS, OLDER_ORDER_DAYS = (date(2026, 8, 17), date(2026, 8, 16)), 28  # made on, last day; for reviews by payment
CONFIG = """\
name = "{name}"
platform = "tmall"
currency = "CNY"
time_zone = "Asia/Shanghai"
margin_rate = 0.42
sample = true
"""


def empty_folder(folder: Path) -> None:
    """A shop folder with an empty inbox; what an older run wrote or had imported is removed, TRUTH.md stays."""
    shutil.rmtree(folder / "tables", ignore_errors=True)
    for part in ("inbox", "tables_in"):
        shutil.rmtree(folder / part, ignore_errors=True)
        (folder / part).mkdir(parents=True)


def write_sample(folder: Path, world: World) -> None:
    """The sample shop: every export file, the typed tables and the configuration."""
    empty_folder(folder)
    inbox = folder / "inbox"
    (folder / "shopnb.toml").write_bytes(CONFIG.format(name=SHOP_NAME).encode())
    for made_on, last in DAILY_EXPORTS:
        write_daily(inbox, world, made_on, last)
    write_shop_side(inbox, world)
    write_traffic_side(inbox, world)
    write_typed(folder / "tables_in")
    write_title_test(folder / "tables_in", world)


def write_shop_side(inbox: Path, world: World) -> None:
    """Items, the market around them, and what buyers did after they paid."""
    book = ItemBook(world)
    days = last_days(END, 7 * WEEKS)
    for week in range(WEEKS):
        write_items(inbox, book, days[7 * week], days[7 * week + 6])
    for day in days[-ITEM_DAYS:]:
        write_items(inbox, book, day, day)
    write_listing(inbox, book, LARGE, END)
    write_listing(inbox, book, KIDS, END - timedelta(days=1))
    write_searches(inbox, world, days[-7], END)
    write_reviews(inbox, world, last_days(END, 60), MADE_ON)
    write_refunds(inbox, world, last_days(END, 60), MADE_ON)
    write_orders(inbox, world, last_days(END, ORDER_DAYS), MADE_ON)
    write_orders(inbox, world, last_days(OLDER_ORDERS[1], OLDER_ORDER_DAYS), OLDER_ORDERS[0], zipped=True)


def write_traffic_side(inbox: Path, world: World) -> None:
    """Sources of several periods, two of them under another rule, and the ad reports."""
    book = SourceBook(world)
    days = last_days(END, 28)
    before, last = (days[14], days[20]), (days[21], days[27])
    for start, end in (before, last):
        write_sources(inbox, book, start, end, EVERY)
        write_sources(inbox, book, start, end, LAST, copy=1)
    for start, end in ((days[20], days[20]), (END, END), (last_days(END, 30)[0], END)):
        write_sources(inbox, book, start, end, EVERY)
    for first in (0, 7):
        write_five_columns(inbox, book, days[first], days[first + 6])
    ads = AdBook(book)
    for made_on, last_day in DAILY_EXPORTS[-2:]:
        write_scenes(inbox, ads, made_on, last_days(last_day, 30))
    write_creatives(inbox, ads, KIDS_IMAGE, date(2026, 8, 4))
    write_creatives(inbox, ads, MAIN_IMAGE, MADE_ON)


def main() -> None:
    """Parse the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="folder that gets sample/ and sample-small/")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    parser.add_argument("--only", choices=("sample", "sample-small"), help="write one of the two shops")
    arguments = parser.parse_args()
    if arguments.only != "sample-small":
        write_sample(arguments.out / "sample", simulate(Setting(arguments.seed)))
    if arguments.only != "sample":
        empty_folder(arguments.out / "sample-small")
        write_small(arguments.out / "sample-small", arguments.seed)


if __name__ == "__main__":
    main()
