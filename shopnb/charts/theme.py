"""One look for all charts: fonts, type scale, palette, and numbers and days on axes as people read them.

Belongs here: constants and the Vega-Lite config. The colours are mid-tones that stand on white and on black; a page
maps each of them to a finer tone of its own light or dark theme (`screen/style.css` names the same values).
"""

from __future__ import annotations

from typing import Any

from shopnb import labels

FONT = (
    "-apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', 'Source Han Sans SC', 'WenQuanYi Micro Hei', sans-serif"
)
WIDTH = 640  # notebooks need a number; the page replaces it
PHONE_WIDTH = 340

INK = "#6f7985"  # labels on axes, names of rows
STRONG = "#66707c"  # values, drawn bold
SOFT = "#98a1ac"  # peers, the period before, what is expected
GRID = "#a3abb5"
ACCENT = "#2f74b5"  # own shop, this period
OWN = "#d97b12"  # own item among many
BAND = "#8fa3b8"  # normal range
CAMPAIGN = "#c9962c"
RED, GREEN = "#d2453d", "#1d8f76"
SERIES = ("#2f74b5", "#d97b12", "#1d8f76", "#a8549a", "#8a7a4f", "#5b6ee1", "#98a1ac")


def up_down(lang: str) -> tuple[str, str]:
    """Colours of up and down: red and green in 中文 as on Chinese boards, green and red in English."""
    return (RED, GREEN) if lang == "zh" else (GREEN, RED)


def config() -> dict[str, Any]:
    """The Vega-Lite config of every chart."""
    return {
        "background": None,
        "aria": False,
        "font": FONT,
        "padding": 2,
        "view": {"stroke": None},
        "axis": {
            "labelColor": INK, "titleColor": INK, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal",
            "gridColor": GRID, "gridOpacity": 0.3, "domain": False, "ticks": False, "labelPadding": 5,
            "labelLimit": 0, "titlePadding": 8,
        },
        "axisY": {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": 0, "titleY": -10,
                  "titleBaseline": "bottom"},
        "legend": {
            "orient": "top", "direction": "horizontal", "labelColor": INK, "labelFontSize": 11.5, "labelLimit": 0,
            "title": None, "symbolSize": 70, "offset": 6, "padding": 0, "columnPadding": 14,
        },
        "title": {"color": STRONG, "fontSize": 14, "fontWeight": 600, "anchor": "start", "offset": 12,
                  "lineHeight": 19},
        "text": {"color": INK, "fontSize": 12},
        "range": {"category": list(SERIES)},
    }  # fmt: skip


def number_axis(kind: str, lang: str) -> str:
    """The `labelExpr` that writes the ticks of a number kind: 1.2万, 15%, ¥30k."""
    value, size = "datum.value", "abs(datum.value)"
    if kind in ("pct", "pct0", "pct2", "signed_pct"):
        return f"format({value} * 100, ',.4~r') + '%'"
    if kind == "pp":
        return f"{value} == 0 ? '0' : format({value} * 100, '+,.4~r')"
    if kind in ("ratio", "score", "days", "seconds"):
        return f"format({value}, ',.4~r')"
    sign = f"'{labels.currency_sign()}'" if "money" in kind else "''"
    steps = ((1e8, "亿"), (1e4, "万")) if lang == "zh" else ((1e9, "B"), (1e6, "M"), (1e3, "k"))
    write = f"format({size}, ',.4~r')"
    for step, word in reversed(steps):
        write = f"{size} >= {step:.0f} ? format({size} / {step:.0f}, ',.4~r') + '{word}' : {write}"
    return f"({value} < 0 ? '−' : '') + {sign} + ({write})"


def day_axis(lang: str) -> str:
    """The `labelExpr` that writes a day (a UTC midnight): 8月24日 or 24 Aug."""
    if lang == "zh":
        return "(utcmonth(datum.value) + 1) + '月' + utcdate(datum.value) + '日'"
    return "utcFormat(datum.value, '%-d %b')"
