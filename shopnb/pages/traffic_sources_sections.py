"""The sections of the traffic page: each a question with its chart, table and how to read it; and the first of them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from shopnb import charts, sources, view
from shopnb.metrics import traffic
from shopnb.pages import traffic_sources_more as more
from shopnb.pages import traffic_sources_search as search
from shopnb.pages.base import Page
from shopnb.pages.source_naming import group_word
from shopnb.pages.traffic_sources_matrix import matrix
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.pages.traffic_sources_rates import mix_rate
from shopnb.pages.traffic_sources_words import SHOWN_SOURCES, Parts, asked_for


def build(page: Page, key: str) -> view.Section:
    """One section by key; `page.numbers` are those of the traffic page."""
    return view.Section(
        key,
        page.text(f"{key}.question"),
        tuple(part for part in _BUILDERS[key](page) if part),
        page.text(f"{key}.how_to_read"),
    )


def _group_order(group: str) -> tuple[int, str]:
    return (sources.GROUPS.index(group) if group in sources.GROUPS else len(sources.GROUPS), group)


def _who_came(page: Page) -> Parts:
    n: Numbers = page.numbers
    by = "group" if len(set(n.wide["group"])) > 1 else "source_1"
    sums = n.wide.groupby(by, sort=False)[["visitors", "visitors_before"]].sum(min_count=1)
    largest = sums.sort_values("visitors", ascending=False, kind="stable").index
    order = sorted(sums.index, key=_group_order) if by == "group" else list(largest)
    sides = [("now", "visitors"), *([("before", "visitors_before")] if n.before else [])]
    frame = pd.DataFrame(
        [
            {
                "label": group_word(name, page.lang),
                "series": page.text(f"series.{side}"),
                "value": float(sums.loc[name, column]),
            }
            for name in order
            for side, column in sides
        ]
    )
    title = _title(page, sums)
    alt = page.text("who_came.alt", count=len(order), visitors=n.now.visitors, title=title)
    chart = charts.chart_paired(frame, id="who_came", title=title, alt=alt, lang=page.lang, kind="int")
    note = page.muted(f"who_came.base_{n.reach.kind or 'sum'}", visitors=n.reach.base)
    return chart, _tree(page), note, more.parts(page)


def _title(page: Page, sums: pd.DataFrame) -> str:
    """The group that changed most, or the largest one where there is nothing before."""
    n: Numbers = page.numbers
    if n.before:
        moved = sums["visitors"].fillna(0) - sums["visitors_before"].fillna(0)
        lead = moved.abs().idxmax()
        return page.text("who_came.title", group=group_word(lead, page.lang), extra=float(moved[lead]))
    lead = sums["visitors"].idxmax()
    share = float(sums.loc[lead, "visitors"]) / n.now.visitors if n.now.visitors else 0.0
    return page.text("who_came.title_alone", group=group_word(lead, page.lang), share=share)


def _tree(page: Page) -> view.TablePart:
    n: Numbers = page.numbers
    rows = asked_for(page, n.wide)
    rows = rows.assign(turn=[_group_order(group) for group in rows["group"]])
    rows = rows.sort_values(["turn", "visitors"], ascending=[True, False], kind="stable")
    base = n.reach.base if n.reach.kind else n.now.visitors
    share = f"share_of_{n.reach.kind or 'sum'}"
    shown = rows.assign(
        source=rows["label"],
        group=[group_word(group, page.lang) for group in rows["group"]],
        visitors_change=rows["visitors"] / rows["visitors_before"].where(rows["visitors_before"] > 0) - 1,
        **{share: rows["visitors"] / base if base else float("nan")},
    )
    levels = [level for level in traffic.LEVELS if ((rows[level] != "") & (rows[level] != rows["name"])).any()]
    columns = [("source", "text"), ("visitors", "int")]
    columns += [("visitors_change", "signed_pct")] if n.before else []
    columns += [(share, "pct")]
    columns += [("new_visitors", "int")] if rows["new_visitors"].notna().any() else []
    columns += [("group", "text")] if len(set(n.wide["group"])) > 1 else []
    columns += [(level, "text") for level in levels]
    return page.table("who_came", shown, columns, rows=SHOWN_SOURCES, signed=("visitors_change",), bars=(share,))


_BUILDERS: dict[str, Callable[[Page], Parts]] = {
    "who_came": _who_came,
    "mix_rate": mix_rate,
    "matrix": matrix,
    "free_search": search.free_search,
    "words": search.words,
    "lift": more.lift,
    "landing": more.landing,
    "what_if": more.what_if,
}
