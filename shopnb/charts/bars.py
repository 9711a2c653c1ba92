"""Charts that compare sizes: waterfall, diverging bars, paired bars, shares of a whole, the funnel.

Belongs here: how a tidy frame becomes bars. Numbers come finished; only places on the paper are worked out.
"""

from __future__ import annotations

from typing import Any

import altair
import pandas as pd

from shopnb import labels
from shopnb.charts import frames, picking, rows, theme
from shopnb.view import ChartPart


@frames.form
def chart_waterfall(frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, kind: str = "money") -> ChartPart:
    """How one total becomes another, step by step.

    Parameters
    ----------
    frame : one row per step, in order
        `label`, `amount` (a total's height, or the signed change), `is_total` (bool).
    kind : number kind of the totals; steps are written with their sign.
    """
    steps = frames.records(frame, ("label", "amount", "is_total"))
    level = 0.0
    for row, amount in zip(steps, frame["amount"], strict=True):
        total, size = bool(row["is_total"]), float(amount) if frames.known(amount) else 0.0
        start, level = (0.0, size) if total else (level, level + size)
        row |= {"start": frames.plain(start), "end": frames.plain(level), "bold": total}
        row["tone"] = "total" if total else "up" if size >= 0 else "down"
        row["text"] = frames.write(amount, kind if total else _signed(kind), lang)
        row["label"] = frames.safe(row["label"])
    height = rows.layout(steps)
    return frames.finish(_bars(steps, kind, lang), id=id, title=title, alt=alt, lang=lang, height=height)


def _signed(kind: str) -> str:
    return {"money": "signed_money", "number": "signed", "int": "signed", "pct": "pp", "pct2": "pp"}.get(kind, kind)


def _bars(steps: frames.Records, kind: str, lang: str) -> altair.LayerChart:
    """Bars from `start` to `end`, coloured by `tone`, with whiskers where there are `low` and `high`."""
    up, down = theme.up_down(lang)
    span = rows.domain(steps, ("start", "end", "low", "high"))
    tones = altair.Scale(domain=["total", "up", "down"], range=[theme.ACCENT, up, down])
    marks = altair.Chart(frames.inline(steps)).mark_rect(cornerRadius=1.5)
    bars = marks.encode(
        x=rows.x_scale("start", kind, lang, span), x2=altair.X2("end:Q"), y=rows.at("y"), y2=altair.Y2("y2:Q"),
        color=altair.Color("tone:N", scale=tones, legend=None),
        opacity=frames.either(altair.OpacityValue, "datum.faint", 0.4, 1),
        tooltip=rows.told("label", "text", lang=lang),
    )  # fmt: skip
    layers = [rows.base_line(0.0, steps, rows.x_scale("at", kind, lang, span)), bars, rows.names(steps)]
    if any(row.get("low") is not None for row in steps):
        layers.append(rows.whiskers(steps, rows.x_scale("low", kind, lang, span)))
    return altair.layer(*layers)


@frames.form
def chart_diverging(
    frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, kind: str = "signed_money"
) -> ChartPart:
    """Signed bars around zero.

    Parameters
    ----------
    frame : one row per name, in the order shown
        `label`, `value` (signed), optional `low`, `high` (its range), optional `bold` (bool: stands out; the others
        are then pale).
    """
    bars = frames.records(frame, ("label", "value", "low", "high", "bold"))
    some_bold = any(row["bold"] for row in bars)
    for row, raw in zip(bars, frame.to_dict("records"), strict=True):
        value = row["value"] or 0
        row |= {"label": frames.safe(row["label"]), "start": 0, "end": value, "tone": "up" if value >= 0 else "down"}
        row |= {"text": rows.with_range(raw, "value", kind, lang), "faint": some_bold and not row["bold"]}
    height = rows.layout(bars)
    return frames.finish(_bars(bars, kind, lang), id=id, title=title, alt=alt, lang=lang, height=height)


@frames.form
def chart_paired(frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, kind: str = "number") -> ChartPart:
    """Two or three bars a name: this period over the one before, share of goods over share of money.

    Parameters
    ----------
    frame : one row per name and series, names in the order shown
        `label`, `series` (the first met is drawn strong), `value`, optional `low`, `high`.
    """
    bars = frames.records(frame, ("label", "series", "value", "low", "high"))
    groups: dict[str, frames.Records] = {}
    for row, value in zip(bars, frame["value"], strict=True):
        row |= {"label": frames.safe(row["label"]), "series": frames.safe(row["series"])}
        row |= {"text": frames.write(value, kind, lang), "end": max(row["value"] or 0, row["high"] or 0, 0)}
        groups.setdefault(row["label"], []).append(row)
    series = list(dict.fromkeys(row["series"] for row in bars))
    heads: frames.Records = [{"label": label, "text": ""} for label in groups]
    height = rows.layout(heads, bars=len(series))
    for head, members in zip(heads, groups.values(), strict=True):
        for row in members:
            top = head["y"] + series.index(row["series"]) * (rows.BAR + rows.BETWEEN)
            row |= {"y": top, "y2": top + rows.BAR, "y_mid": top + rows.BAR / 2}
    chart = altair.layer(*_paired(bars, series, kind, lang), rows.names(heads))
    return frames.finish(chart, id=id, title=title, alt=alt, lang=lang, height=height)


def _paired(bars: frames.Records, series: list[str], kind: str, lang: str) -> list[altair.Chart]:
    """Bars, the value behind each, whiskers."""
    span = rows.domain(bars, ("value", "low", "high"))
    span[1] = frames.plain(span[1] + (span[1] - span[0]) * 0.24)  # room for the value behind the bar
    tones = altair.Scale(domain=series, range=[theme.ACCENT, theme.SOFT, theme.OWN][: len(series)])
    picks = picking.by_legend("series"), picking.by_mark("label")
    base = altair.Chart(frames.inline(bars)).encode(opacity=picking.strong(*picks))
    drawn = base.mark_rect(cornerRadius=1.5).encode(
        x=rows.x_scale("value", kind, lang, span), x2=altair.X2Datum(0), y=rows.at("y"), y2=altair.Y2("y2:Q"),
        color=altair.Color("series:N", scale=tones, legend=rows.legend(series)),
        tooltip=rows.told("label", "series", "text", lang=lang),
    )  # fmt: skip
    drawn = picking.with_picks(drawn, *picks)
    values = base.mark_text(align="left", dx=5, fontSize=11).encode(
        x=rows.x_scale("end", kind, lang, span), y=rows.at("y_mid"), text=altair.Text("text:N")
    )
    if all(row["low"] is None for row in bars):
        return [drawn, values]
    return [drawn, values, rows.whiskers(bars, rows.x_scale("low", kind, lang, span))]


@frames.form
def chart_stacked_share(frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str) -> ChartPart:
    """Parts of a whole, one 100 % bar a name.

    Parameters
    ----------
    frame : one row per name and part, parts in the order stacked
        `label`, `part`, `share` (0-1).
    """
    parts = frames.records(frame, ("label", "part", "share"))
    heads: dict[str, dict[str, Any]] = {}
    ends: dict[str, float] = {}
    for row in parts:
        row |= {"label": frames.safe(row["label"]), "part": frames.safe(row["part"])}
        start, share = ends.get(row["label"], 0.0), row["share"] or 0.0
        ends[row["label"]] = start + share
        row |= {"start": frames.plain(start), "end": frames.plain(start + share)}
        row |= {"text": frames.write(row["share"], "pct0", lang), "middle": frames.plain(start + share / 2)}
        heads.setdefault(row["label"], {"label": row["label"], "text": ""})
    lines = list(heads.values())
    height = rows.layout(lines, bars=2)
    for row in parts:
        top = heads[row["label"]]["y"]
        row |= {"y": top, "y2": top + 2 * rows.BAR, "y_mid": top + rows.BAR}
    chart = altair.layer(*_shares(parts, lang), rows.names(lines))
    return frames.finish(chart, id=id, title=title, alt=alt, lang=lang, height=height)


def _shares(parts: frames.Records, lang: str) -> list[altair.Chart]:
    named = list(dict.fromkeys(row["part"] for row in parts))
    span = [0.0, max([1.0, *(row["end"] or 0 for row in parts)])]
    tones = altair.Scale(domain=named, range=[*theme.SERIES[: len(named) - 1], theme.SOFT])
    pick = picking.by_legend("part")
    drawn = altair.Chart(frames.inline(parts)).mark_rect().encode(
        opacity=picking.strong(pick),
        x=rows.x_scale("start", "pct0", lang, span), x2=altair.X2("end:Q"), y=rows.at("y"), y2=altair.Y2("y2:Q"),
        color=altair.Color("part:N", scale=tones, legend=rows.legend(named)),
        tooltip=rows.told("label", "part", "text", lang=lang),
    )  # fmt: skip
    drawn = picking.with_picks(drawn, pick)
    wide = [row for row in parts if (row["share"] or 0) >= 0.1]
    values = altair.Chart(frames.inline(wide)).mark_text(color="#ffffff", fontSize=11, fontWeight=600)
    values = values.encode(x=rows.x_scale("middle", "pct0", lang, span), y=rows.at("y_mid"), text=altair.Text("text:N"))
    return [drawn, values]


@frames.form
def chart_funnel(frame: pd.DataFrame, *, id: str, title: str, alt: str, lang: str, kind: str = "pct") -> ChartPart:
    """Steps with the own rate as a bar and the peers' as a tick.

    Parameters
    ----------
    frame : one row per step, in order
        `label`, `own`, `peer` (NaN where no peer figure is known), optional `bold` (bool: the weakest step).
    """
    steps = frames.records(frame, ("label", "own", "peer", "bold"))
    for row, raw in zip(steps, frame.to_dict("records"), strict=True):
        own, peer = frames.write(raw["own"], kind, lang), frames.write(raw.get("peer"), kind, lang)
        row |= {"label": frames.safe(row["label"]), "own_text": own, "peer_text": peer, "start": 0, "end": row["own"]}
        row["text"] = own if row["peer"] is None else labels.text("screen.own_and_peer", lang, own=own, peer=peer)
    height = rows.layout(steps)
    span = rows.domain(steps, ("own", "peer"))
    tone = frames.either(altair.ColorValue, "datum.bold", theme.OWN, theme.ACCENT)
    bars = altair.Chart(frames.inline(steps)).mark_rect(cornerRadius=1.5).encode(
        x=rows.x_scale("start", kind, lang, span), x2=altair.X2("end:Q"), y=rows.at("y"), y2=altair.Y2("y2:Q"),
        color=tone, tooltip=rows.told("label", "own_text", "peer_text", lang=lang),
    )  # fmt: skip
    there = [row | {"top": row["y"] - 3, "bottom": row["y2"] + 3} for row in steps if row["peer"] is not None]
    peers = altair.Chart(frames.inline(there)).mark_rule(color=theme.STRONG, strokeWidth=2.5).encode(
        x=rows.x_scale("peer", kind, lang, span), y=rows.at("top"), y2=altair.Y2("bottom:Q")
    )  # fmt: skip
    base = rows.base_line(0.0, steps, rows.x_scale("at", kind, lang, span))
    chart = altair.layer(base, bars, peers, rows.names(steps))
    return frames.finish(chart, id=id, title=title, alt=alt, lang=lang, height=height)
