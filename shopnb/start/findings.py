"""A finding's action as a row of the change log, so that the next report can say what came of it.

Belongs here: which object and which kind of change an action is. Kinds that the listing page judges are named as it
names them; the rest is the action in its own words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from shopnb.start.past import PastRun

OBJECTS = {"listing_ab": "商品", "review_analysis": "商品", "market_sizing": "商品", "traffic_sources": "推广"}
_ADS = "ad_"  # findings about a plan of the ad platform
_BUDGET, _IMAGE = "推广预算", "主图"


def newest_findings(runs: Sequence[PastRun]) -> list[tuple[PastRun, Mapping[str, Any]]]:
    """The findings with an action of the newest run of each report, the largest money first."""
    newest: dict[str, PastRun] = {}
    for run in runs:
        if run.record:
            newest.setdefault(run.report, run)
    found = [(run, one) for run in newest.values() for one in run.record["findings"] if one.get("action")]
    return sorted(found, key=lambda pair: -abs(pair[1].get("amount") or 0.0))


def as_change(run: PastRun, finding: Mapping[str, Any], today: dt.date) -> dict[str, str]:
    """The row of the change log that says that the action was taken today.

    Parameters
    ----------
    run : the report that found it. finding : one of its record's `findings`.
    """
    values = finding.get("values") or {}
    code = str(finding["code"])
    if code.startswith(_ADS):
        thing, change = "推广", _BUDGET
    elif run.report == "listing_ab" and code.startswith("listing_switch"):
        thing, change = "商品", _IMAGE
    else:
        thing, change = OBJECTS.get(run.report, "店铺"), str(finding["action"])
    return {
        "day": today.isoformat(),
        "object": thing,
        "item_id": str(values.get("item_id") or ""),
        "change": change,
        "after": str(finding["action"]) if change != finding["action"] else "",
        "owner": str(finding.get("owner") or ""),
        "review_on": str(finding.get("review_on") or ""),
        "note": str(finding["text"]),
    }
