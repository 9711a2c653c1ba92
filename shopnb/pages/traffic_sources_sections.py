"""The sections of the traffic page: each a question with its chart, table and how to read it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pandas as pd

from shopnb import charts, labels, sources, view
from shopnb.metrics import traffic
from shopnb.metrics.peers import Peer
from shopnb.metrics.peers import peer as find_peer
from shopnb.metrics.periods import Period
from shopnb.pages import traffic_sources_more as more
from shopnb.pages.base import Page
from shopnb.pages.source_naming import group_word, rename_notes
from shopnb.pages.traffic_sources_numbers import Numbers
from shopnb.stats import proportion_interval

SHOWN_SOURCES, SHOWN_BARS, LANDING_ROWS = 12, 6, 8
Parts = tuple[view.ChartPart | view.TablePart | view.TextPart | None, ...]


def build(page: Page, key: str) -> view.Section:
    """One section by key; `page.numbers` are those of the traffic page."""
    return view.Section(
        key,
        page.text(f"{key}.question"),
        tuple(part for part in _BUILDERS[key](page) if part),
        page.text(f"{key}.how_to_read"),
    )


def chosen(page: Page, frame: pd.DataFrame, asked: Sequence[str]) -> pd.Series:
    """Which sources are asked for: by shown name, any level of their path, or group (as word or id); [] is all."""
    wanted = {sources.plain_name(word) for word in asked}
    if not wanted:
        return pd.Series(True, index=frame.index)
    named = [
        {*path.split("/"), sources.plain_name(label), group, group_word(group, page.lang)}
        for path, label, group in zip(frame["source"], frame["label"], frame["group"], strict=True)
    ]
    return pd.Series([bool(wanted & names) for names in named], index=frame.index)


def _asked(page: Page, frame: pd.DataFrame) -> pd.DataFrame:
    return frame[chosen(page, frame, page.given["sources"])]


def _group_order(group: str) -> tuple[int, str]:
    return (sources.GROUPS.index(group) if group in sources.GROUPS else len(sources.GROUPS), group)


def _need_file(page: Page) -> view.TextPart:
    """Why there is no comparison, and which file to download."""
    n: Numbers = page.numbers
    if n.period is None:
        return page.muted("need.undated")
    earlier, rule = n.period.before(), page.text("rule_unknown")
    return page.muted(
        f"need.{n.choice.reason}",
        start=earlier.start,
        end=earlier.end,
        rule=n.choice.now.rule or rule,
        other=n.choice.other_rule or rule,
    )


def _who_came(page: Page) -> Parts:
    n: Numbers = page.numbers
    by = "group" if len(set(n.wide["group"])) > 1 else "source_1"
    sums = n.wide.groupby(by, sort=False)[["visitors", "visitors_before"]].sum(min_count=1)
    order = sorted(sums.index, key=_group_order) if by == "group" else list(sums.index)
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
    if n.before:
        moved = sums["visitors"].fillna(0) - sums["visitors_before"].fillna(0)
        lead = moved.abs().idxmax()
        title = page.text("who_came.title", group=group_word(lead, page.lang), extra=float(moved[lead]))
    else:
        lead = sums["visitors"].idxmax()
        share = float(sums.loc[lead, "visitors"]) / n.now.visitors
        title = page.text("who_came.title_alone", group=group_word(lead, page.lang), share=share)
    alt = page.text("who_came.alt", count=len(order), visitors=n.now.visitors, title=title)
    chart = charts.chart_paired(frame, id="who_came", title=title, alt=alt, lang=page.lang, kind="int")
    note = page.muted(f"who_came.base_{n.reach.kind or 'sum'}", visitors=n.reach.base)
    return chart, _tree(page), note


def _tree(page: Page) -> view.TablePart:
    n: Numbers = page.numbers
    rows = _asked(page, n.wide)
    rows = rows.assign(turn=[_group_order(group) for group in rows["group"]])
    rows = rows.sort_values(["turn", "visitors"], ascending=[True, False], kind="stable")
    base = n.reach.base if n.reach.kind else n.now.visitors
    share = f"share_of_{n.reach.kind or 'sum'}"
    shown = rows.assign(
        source=rows["label"],
        group=[group_word(group, page.lang) for group in rows["group"]],
        visitors_change=rows["visitors"] / rows["visitors_before"].where(rows["visitors_before"] > 0) - 1,
        **{share: rows["visitors"] / base},
    )
    levels = [level for level in traffic.LEVELS if ((rows[level] != "") & (rows[level] != rows["name"])).any()]
    columns = [("source", "text"), ("visitors", "int")]
    columns += [("visitors_change", "signed_pct")] if n.before else []
    columns += [(share, "pct")]
    columns += [("new_visitors", "int")] if rows["new_visitors"].notna().any() else []
    columns += [("group", "text")] if len(set(n.wide["group"])) > 1 else []
    columns += [(level, "text") for level in levels]
    return page.table("who_came", shown, columns, rows=SHOWN_SOURCES, signed=("visitors_change",), bars=(share,))


def _mix_rate(page: Page) -> Parts:
    n: Numbers = page.numbers
    if n.before is None:
        return _need_file(page), page.muted("mix_rate.alone"), _rates(page)
    if n.mix is None or n.mix.code:
        return (page.muted("mix_rate.no_rate"), page.muted("mix_rate.alone"), _rates(page))
    mix, rate, change = n.mix.mix, n.mix.rate, n.mix.change
    frame = pd.DataFrame(
        [
            {"label": page.text("mix_rate.mix"), "value": mix.estimate, "low": math.nan, "high": math.nan},
            {"label": page.text("mix_rate.rate"), "value": rate.estimate, "low": rate.low, "high": rate.high},
        ]
    )
    key = "reversed" if n.mix.is_reversed and n.rate_state != "noise" else n.rate_state
    title = page.text(f"mix_rate.title_{key}", mix=mix.estimate, rate=rate.estimate)
    values = {"change": change.estimate, "mix": mix.estimate, "rate": rate.estimate, "low": rate.low, "high": rate.high}
    alt = page.text("mix_rate.alt", **values, way=_way(page))
    whole = charts.chart_diverging(frame, id="mix_rate", title=title, alt=alt, lang=page.lang, kind="pp")
    return whole, _contributors(page), _mix_table(page), more.level_table(page)


def _way(page: Page) -> str:
    return page.text(f"way.{page.numbers.way}")


def _mix_parts(page: Page) -> pd.DataFrame:
    n: Numbers = page.numbers
    assert n.mix is not None
    names = n.sources[["source", "label", "group", "real", "enough", "enough_before", "buyers", "visitors"]]
    parts = n.mix.parts.rename(columns={"part": "source"}).merge(names, on="source", how="left")
    size = (parts["mix_effect"] + parts["rate_effect"]).abs()
    return parts.reindex(size.sort_values(ascending=False, kind="stable").index)


def _contributors(page: Page) -> view.ChartPart:
    parts = _asked(page, _mix_parts(page)).head(SHOWN_BARS)
    frame = pd.DataFrame(
        {
            "label": parts["label"],
            "value": parts["rate_effect"],
            "low": parts["rate_effect_low"],
            "high": parts["rate_effect_high"],
            "bold": parts["real"],
        }
    )
    real = parts[parts["real"]]
    title = (
        page.text("mix_rate.source_real", source=", ".join(real["label"].head(2)))
        if len(real)
        else page.text("mix_rate.source_noise", count=len(_mix_parts(page)))
    )
    alt = page.text(
        "mix_rate.sources_alt",
        count=len(frame),
        source=parts["label"].iloc[0],
        effect=float(parts["rate_effect"].iloc[0]),
    )
    return charts.chart_intervals(frame, id="mix_sources", title=title, alt=alt, lang=page.lang, kind="pp")


def _with_range(page: Page, buyers: float, visitors: float, enough: bool) -> str:
    """A rate with its range, or that there are too few behind it."""
    if math.isnan(buyers) or math.isnan(visitors):
        return labels.MISSING
    if not enough:
        return page.text("too_few", visitors=visitors, buyers=buyers)
    rate = proportion_interval(buyers, visitors, level=traffic.LEVEL)
    return labels.text(
        "common.with_range",
        page.lang,
        value=labels.format_value(rate.estimate, "pct2", page.lang),
        range=labels.format_range(rate.low, rate.high, "pct2", page.lang),
    )


def _rate_heading(page: Page) -> str:
    return "order_rate_range" if page.numbers.way == "order" else "conversion"


def _mix_table(page: Page) -> view.TablePart:
    parts = _asked(page, _mix_parts(page))
    heading = _rate_heading(page)
    shown = parts.assign(
        source=parts["label"],
        **{heading: [_with_range(page, row.buyers, row.visitors, row.enough) for row in parts.itertuples()]},
        rate_before=parts["rate_before"].where(parts["enough_before"]),
    )
    columns = [
        ("source", "text"), ("share_after", "pct"), ("share_before", "pct"), (heading, "text"), ("rate_before", "pct2"),
        ("mix_effect", "pp"), ("rate_effect", "pp"),
    ]  # fmt: skip
    return page.table("mix_rate", shown, columns, rows=SHOWN_SOURCES, signed=("mix_effect", "rate_effect"))


def _rates(page: Page) -> view.TablePart | view.TextPart:
    """Without a period before: each source's conversion with its range."""
    n: Numbers = page.numbers
    if not n.way:
        return page.muted("mix_rate.no_rate")
    rows = _asked(page, n.sources)
    heading = _rate_heading(page)
    shown = rows.assign(
        source=rows["label"],
        share_of_sum=rows["visitors"] / n.now.visitors,
        **{heading: [_with_range(page, row.buyers, row.visitors, row.enough) for row in rows.itertuples()]},
    )
    columns = [("source", "text"), ("visitors", "int"), ("share_of_sum", "pct"), (heading, "text")]
    return page.table("rates", shown, columns, rows=SHOWN_SOURCES)


def _matrix(page: Page) -> Parts:
    n: Numbers = page.numbers
    if not n.way:
        none = page.muted("matrix.no_rate"), page.muted("matrix.no_margin_chart")
        return *none, _matrix_table(page), _basis(page), more.regions(page)
    return _scatter(page), _margins(page), _matrix_table(page), _basis(page), more.regions(page)


def _scatter(page: Page) -> view.ChartPart | view.TextPart:
    n: Numbers = page.numbers
    rows = _asked(page, n.sources)
    rows = rows[rows["rate"].notna() & (rows["source"] != traffic.POOLED)]
    if rows.empty:
        return page.muted("matrix.too_few")
    frame = pd.DataFrame(
        {
            "label": rows["label"], "x": rows["visitors"], "y": rows["rate"], "y_low": rows["rate_low"],
            "y_high": rows["rate_high"], "size": rows["paid_amount"],
        }
    )  # fmt: skip
    mean = n.now.conversion.estimate
    best = rows.loc[rows["rate"].idxmax()]
    more = rows[rows["verdict"] == "more"].sort_values("margin", ascending=False)
    names = labels.text("common.list_mark", page.lang).join(more["label"].head(3))
    title = (
        page.text("matrix.title_more", sources=names)
        if len(more)
        else page.text("matrix.title", source=best["label"], rate=float(best["rate"]), mean=mean)
    )
    alt = page.text(
        "matrix.alt", count=len(rows), source=best["label"], rate=float(best["rate"]), mean=mean, way=_way(page)
    )
    return charts.chart_scatter(
        frame, id="matrix", title=title, alt=alt, lang=page.lang, x_kind="number", y_kind="pct",
        x_title=labels.heading("visitors", page.lang), y_title=_way(page), y_line=mean,
    )  # fmt: skip


def _margins(page: Page) -> view.ChartPart | view.TextPart:
    n: Numbers = page.numbers
    if math.isnan(n.worth.margin_rate):
        return page.muted("matrix.no_margin_rate")
    if not n.spending.known:
        return page.muted(
            "matrix.no_ads" if not n.spending.missing else "matrix.ads_missing_days", days=len(n.spending.missing)
        )
    rows = _asked(page, n.sources)
    rows = rows[rows["margin"].notna() & (rows["source"] != traffic.POOLED)].sort_values("margin", ascending=False)
    if rows.empty:
        return page.muted("matrix.no_margin_chart")
    frame = pd.DataFrame(
        {
            "label": rows["label"], "value": rows["margin"], "low": rows["margin_low"], "high": rows["margin_high"],
            "bold": rows["margin_high"] < 0,
        }
    )  # fmt: skip
    losing = rows[rows["margin_high"] < 0]
    worst = rows.iloc[-1]
    title = (
        page.text("matrix.margin_losing", source=worst["label"], loss=-float(worst["margin"]))
        if len(losing)
        else page.text("matrix.margin_fine")
    )
    alt = page.text("matrix.margin_alt", count=len(rows), source=worst["label"], margin=float(worst["margin"]))
    return charts.chart_diverging(frame, id="margins", title=title, alt=alt, lang=page.lang, kind="money2")


def _matrix_table(page: Page) -> view.TablePart:
    n: Numbers = page.numbers
    rows = _asked(page, n.sources)
    heading, people = _rate_heading(page), "orderers" if n.way == "order" else "payers"
    visitors = rows["visitors"].where(rows["visitors"] > 0)
    shown = rows.assign(
        source=rows["label"],
        cart_rate=rows["cart_users"] / visitors,
        spend_per_buyer=rows["spend"].where(rows["enough"]),
        visitor_value=rows["value"].where(rows["enough"]),
        ad_cost=rows["cost"].where(rows["group"] == "paid"),
        margin_per_visitor=rows["margin"],
        verdict=[page.text(f"matrix.verdict.{one}") for one in rows["verdict"]],
        **{
            heading: [_with_range(page, row.buyers, row.visitors, row.enough) for row in rows.itertuples()],
            people: rows["buyers"],
        },
    )
    optional = [
        (heading, "text"), ("margin_per_visitor", "money2"), ("ad_cost", "money"), ("visitor_value", "money2"),
        ("spend_per_buyer", "money2"), (people, "int"), ("cart_users", "int"), ("cart_rate", "pct"),
    ]  # fmt: skip
    there = [(name, kind) for name, kind in optional if shown[name].notna().any()]
    columns = [("source", "text"), ("verdict", "text"), ("visitors", "int"), *there]
    return page.table("matrix", shown, columns, rows=SHOWN_SOURCES, signed=("margin_per_visitor",))


def _basis(page: Page) -> view.TextPart:
    """How a visitor's margin is counted, or what is missing for it."""
    n: Numbers = page.numbers
    if math.isnan(n.worth.margin_rate):
        return page.muted("matrix.formula")
    refund = n.worth.refund_share
    key = "matrix.basis" if not math.isnan(refund) else "matrix.basis_no_refunds"
    text = page.text(key, margin=n.worth.margin_rate, refund=refund, break_even=n.worth.break_even)
    return view.TextPart(text)


def _free_search(page: Page) -> Parts:
    n: Numbers = page.numbers
    history = n.history
    chart: view.ChartPart | view.TextPart = page.muted("free_search.no_history", count=len(history))
    if len(history) >= 3:
        series = pd.DataFrame(
            {
                "day": history["end_on"],
                "series": page.text("free_search.series"),
                "value": history["search_visitors"],
            }
        )
        low, high = float(history["search_visitors"].min()), float(history["search_visitors"].max())
        title = page.text("free_search.title", now=n.now.search_visitors, low=low, high=high, count=len(history))
        chart = charts.chart_lines(series, id="free_search", title=title, alt=title, lang=page.lang, kind="int")
    columns = [(name, "text") for name in ("check", "own", "reference", "conclusion", "origin")]
    return chart, page.table("free_search", pd.DataFrame(_checks(page)), columns)


def _checks(page: Page) -> list[dict[str, str]]:
    """The three lines: visitors, share of free search, and how its visitors convert; peers first, else own history."""
    n: Numbers = page.numbers
    rows = [_check(page, "visitors", n.reach.base, "int", "访客数", math.nan)]
    was = n.search_share("_before")
    rows.append(_check(page, "share", n.search_share(), "pct", "免费搜索占比", was))
    search = n.wide[n.wide["group"] == "free_search"]
    rate = rate_before = math.nan
    if n.way and len(search) and search["visitors"].sum() >= traffic.LEAST_VISITORS:
        rate = float(search["buyers"].sum(min_count=1)) / float(search["visitors"].sum())
        earlier = float(search["visitors_before"].sum())
        rate_before = float(search["buyers_before"].sum(min_count=1)) / earlier if earlier else math.nan
    rows.append(_check(page, "rate", rate, "pct2", "搜索支付转化率", rate_before))
    if n.words is not None:
        rows.append(_check(page, "words", n.words.mean, "pct2", "引导支付转化率", math.nan))
    return rows


def _check(page: Page, key: str, own: float, kind: str, metric: str, before: float) -> dict[str, str]:
    n: Numbers = page.numbers
    typed = Peer() if n.period is None else find_peer(n.peers, metric, end=n.period.end, days=n.period.days)
    peer, noted = typed.mean, typed.noted_on
    lang, by_days = page.lang, n.reach.kind == "visitor_days" and key not in ("rate", "words") and not math.isnan(own)
    if not math.isnan(peer) and not math.isnan(own):
        reference = page.text("free_search.peer", value=labels.format_value(peer, kind, lang))
        # visitor-days are more than people: visitors read high, a share of them reads low
        proven = n.reach.kind == "distinct" or key != "share"
        conclusion = "below" if own < peer and proven else "above"
        origin = page.text("free_search.origin_peers", day=noted)
    else:
        known = not math.isnan(before)
        value = labels.format_value(before, kind, lang)
        reference = page.text("free_search.before", value=value) if known else labels.MISSING
        conclusion, origin = "unknown", page.text("free_search.origin_none")
    return {
        "check": page.text(f"free_search.check.{key}"),
        "own": labels.format_value(own, kind, lang) + (page.text("free_search.days") if by_days else ""),
        "reference": reference,
        "conclusion": page.text(f"free_search.conclusion.{conclusion}"),
        "origin": origin,
    }


def _landing(page: Page) -> Parts:
    n: Numbers = page.numbers
    parts = {"item_visitors": "item_per_100", "shop_page_visitors": "shop_per_100", "video_visitors": "video_per_100",
             "cart_users": "cart_per_100"}  # fmt: skip
    there = {name: head for name, head in parts.items() if n.sources[name].notna().any()}
    if not set(there) - {"cart_users"}:
        return page.muted("landing.missing"), more.survivors(page)
    rows = _asked(page, n.sources)
    rows = rows[rows["visitors"] >= traffic.LEAST_VISITORS]
    shown = rows.assign(
        source=rows["label"], **{head: rows[name] / rows["visitors"] * 100 for name, head in there.items()}
    )
    columns = [("source", "text"), ("visitors", "int"), *((head, "int") for head in there.values())]
    return page.table("landing", shown, columns, rows=LANDING_ROWS, bars=tuple(there.values())), more.survivors(page)


def _shown_days(n: Numbers) -> Period | None:
    """From the first day compared with to the last day shown; None where the export has no days."""
    return n.period and Period((n.compare or n.period).start, n.period.end)


def health(page: Page) -> list[view.Note]:
    """What may mislead, the most important first."""
    n: Numbers = page.numbers
    listed = labels.text("common.list_mark", page.lang)
    notes = []

    def note(code: str, tone: view.Tone = "", key: str = "", **values: object) -> None:
        notes.append(view.Note(code, page.text(f"health.{key or code}", **values), tone))

    if n.choice.reason:
        notes.append(view.Note(n.choice.reason, _need_file(page).text, "attention"))
    if n.choice.skipped:
        note("newer_alone", "attention", start=n.choice.skipped.start, end=n.choice.skipped.end)
    if n.reach.kind == "distinct" and n.reach.distinct:
        note("overlap", ratio=n.now.visitors / n.reach.distinct)
    else:
        note("overlap_unknown")
    if n.window_open:
        window = 15 if math.isnan(n.spending.window_days) else int(n.spending.window_days)
        note("window_open", days=window)
    notes += rename_notes(n.renamed, page.lang, _shown_days(n))
    if n.one_is_festive:
        note("festive")
    if n.derived:
        note("derived", way=_way(page))
    if n.impossible:
        note("impossible", "attention", sources=listed.join(dict.fromkeys(n.impossible)))
    if n.spending.missing:
        note(
            "ads_missing",
            "attention",
            days=listed.join(labels.format_value(day, "day_short", page.lang) for day in n.spending.missing[:7]),
        )
    if n.unmatched_cost > 0:
        note("unmatched", amount=n.unmatched_cost)
    if n.spending.way == "daily":
        note("cost_from_daily")
    if math.isnan(n.worth.margin_rate):
        note("no_margin_rate")
    return notes


_BUILDERS: dict[str, Callable[[Page], Parts]] = {
    "who_came": _who_came,
    "mix_rate": _mix_rate,
    "matrix": _matrix,
    "free_search": _free_search,
    "words": more.words,
    "lift": more.lift,
    "landing": _landing,
    "what_if": more.what_if,
}
