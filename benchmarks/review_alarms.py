"""How often the review page raises an alarm in shops where nothing happens, and how soon where something does.

    .venv/bin/python benchmarks/review_alarms.py [SHOPS] [--seed N]

Shops are drawn with reviews by day (weekends and one burst after a campaign), a constant share of each complaint, and
a page that is looked at every morning of a month. Told are, for shops of three sizes: looks with a cluster of one
complaint, months with at least one new cluster (daily looks, and one look a week), months with a complaint said to
have risen, looks at which its start is dated. Then one complaint is trebled on day 10 of the month: months in which it
is told, and the days until then. No text is read: what is said of each review is drawn.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time

import numpy as np
import pandas as pd

from shopnb import text
from shopnb.metrics import reviews as metrics
from shopnb.metrics import reviews_more as more
from shopnb.metrics.periods import Period

FIRST, DAYS, MONTH = dt.date(2026, 5, 1), 120, 30  # looks are made on the last MONTH days
SHARES = {
    "quality": 0.03,
    "leak": 0.015,
    "logistics": 0.02,
    "size": 0.02,
    "smell": 0.01,
    "service": 0.01,
    "match": 0.015,
}
RISES, TIMES = "leak", 3.0
SIZES = (3, 15, 60)  # reviews with text a day


def drawn(random: np.random.Generator, per_day: float, rises_on: int | None) -> metrics.Said:
    """One shop's judged reviews; with `rises_on` one complaint is `TIMES` as frequent from that day of the month."""
    day = np.arange(DAYS)
    rate = per_day * np.where(day % 7 >= 5, 1.3, 1.0)
    burst = int(random.integers(20, DAYS - 20))
    rate[burst : burst + 10] *= 2.5
    days = np.repeat(day, random.poisson(rate))
    rows = []
    for aspect, share in SHARES.items():
        chance = np.full(len(days), share)
        if rises_on is not None and aspect == RISES:
            chance[days >= DAYS - MONTH + rises_on] *= TIMES
        rows += [(row, "x", aspect, "x", "negative") for row in np.flatnonzero(random.random(len(days)) < chance)]
    opinions = pd.DataFrame(rows, columns=["review", "clause", "aspect", "opinion", "polarity"])
    reviews = pd.DataFrame({"day": [FIRST + dt.timedelta(days=int(one)) for one in days]})
    reviews = reviews.assign(negative=reviews.index.isin(opinions["review"]), item_id="1", sku="", read="x")
    check = text.adapted(["x"], np.array([np.nan]))
    return metrics.Said(reviews, opinions, reviews.iloc[:0][["day"]], {}, check, len(reviews), text.aspect_groups())


def until(said: metrics.Said, end: dt.date) -> metrics.Said:
    """What is known on the evening of a day."""
    kept = said.reviews[said.reviews["day"] <= end]
    opinions = said.opinions[said.opinions["review"].isin(kept.index)]
    return metrics.Said(kept, opinions, said.defaults, {}, said.check, len(kept), said.groups)


def month(random: np.random.Generator, per_day: float, rises_on: int | None = None) -> dict[str, list[object]]:
    """Every look of a month: aspects that cluster, aspects said to have risen, whether a start is dated."""
    said = drawn(random, per_day, rises_on)
    looks: dict[str, list[object]] = {"clusters": [], "risen": [], "dated": []}
    for ago in range(MONTH - 1, -1, -1):
        end = FIRST + dt.timedelta(days=DAYS - 1 - ago)
        known = until(said, end)
        period = Period(end - dt.timedelta(days=29), end)
        now, before = metrics.within(known, period), metrics.within(known, period.before())
        counts = metrics.aspect_counts(known, now, before)
        risen = {one.aspect for one in counts if one.real and one.change.estimate > 0 and one.negative >= 5}
        looks["clusters"].append({one.aspect for one in more.clusters(known, end)})
        looks["risen"].append(risen)
        lead = next((one.aspect for one in counts if one.aspect in risen), counts[0].aspect if counts else "")
        looks["dated"].append(metrics.onset(known, metrics.complaining(known, lead), end).first is not None)
    return looks


def share(hits: list[bool]) -> str:
    """So many of so many."""
    return f"{sum(hits)}/{len(hits)} ({sum(hits) / max(len(hits), 1):.1%})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shops", nargs="?", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.perf_counter()
    for per_day in SIZES:
        random = np.random.default_rng([given.seed, per_day])
        quiet = [month(random, per_day) for _ in range(given.shops)]
        print(f"{per_day} reviews with text a day, {given.shops} quiet shops, a look every morning of {MONTH} days")
        print("  looks with a cluster              ", share([bool(one) for look in quiet for one in look["clusters"]]))
        print("  months with a cluster, daily looks", share([any(look["clusters"]) for look in quiet]))
        print("  months with a cluster, weekly look", share([any(look["clusters"][6::7]) for look in quiet]))
        print("  looks with a complaint that rose  ", share([bool(one) for look in quiet for one in look["risen"]]))
        print("  months with such a complaint      ", share([any(look["risen"]) for look in quiet]))
        print("  looks that date a start           ", share([bool(one) for look in quiet for one in look["dated"]]))
        loud = [month(random, per_day, 10) for _ in range(max(given.shops // 2, 1))]
        for name in ("clusters", "risen"):
            told = [[RISES in one for one in look[name]].index(True) - 10 for look in loud if any(
                RISES in one for one in look[name])]  # fmt: skip
            after = [days for days in told if days >= 0]
            middle = f"{np.median(after):.0f} days after it began" if after else "-"
            print(f"  {RISES} x {TIMES:.0f} on day 10, told by {name:9}", f"{len(after)}/{len(loud)}, half by {middle}")
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
