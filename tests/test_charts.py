"""Charts: valid, numeric width, small, the same every time, and safe with any name."""

from __future__ import annotations

import datetime as dt
import json
import math
import sys

import altair
import demo
import jsonschema
import pandas as pd
import pytest
import vl_convert
from altair.utils import schemapi

from shopnb import charts
from shopnb.charts import altair_start, frames, theme
from shopnb.labels import letters
from shopnb.view import CHART_MIME, packed_rows, unpacked_rows

FORMS = [name for name in charts.__all__ if name.startswith("chart_")]


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request):
    return demo.all_charts(request.param)


def test_the_demo_has_every_form(made):
    assert len(made) == len(FORMS) == 12


def test_every_chart_draws_and_has_a_numeric_width(made):
    for chart in made:
        assert isinstance(chart.spec["width"], int), chart.id
        assert isinstance(chart.spec["height"], int), chart.id
        assert chart.spec["$schema"].endswith("/v5.json")
        for version in ("5.21", "6.4"):  # JupyterLab's and the page's
            assert vl_convert.vegalite_to_vega(chart.spec, vl_version=version)["marks"], chart.id


def test_every_chart_keeps_to_the_schema(made):
    """Forms are put together without Altair's own check."""
    schema, root = altair.LayerChart._schema, altair.LayerChart._rootschema
    for chart in made:
        drawn = {key: value for key, value in chart.spec.items() if key != "config"}
        schemapi.validate_jsonschema(drawn, schema, root)
    wrong = {**drawn, "layer": [{"mark": "bar", "encoding": {"x": {"typo": 1}}}]}
    with pytest.raises(jsonschema.ValidationError):
        schemapi.validate_jsonschema(wrong, schema, root)


def test_specifications_are_small_and_hold_no_nan(made):
    for chart in made:
        text = json.dumps(chart.spec, allow_nan=False)
        assert len(text) < 25_000, chart.id
        assert "view_" not in text, chart.id


def test_the_same_frame_gives_the_same_specification(made):
    lang = "zh" if any("访客" in chart.title or "转化" in chart.title for chart in made) else "en"
    again = demo.all_charts(lang)
    assert [json.dumps(one.spec) for one in made] == [json.dumps(one.spec) for one in again]


def test_names_lose_marks_that_turn_the_direction_of_writing():
    assert frames.safe("\u202e蓝\u2066a\u0000b\nc") == "蓝ab c"


def test_up_is_red_in_chinese_and_green_in_english():
    frame = pd.DataFrame({"label": ["a", "b"], "value": [2.0, -1.0]})
    for lang, up in (("zh", theme.RED), ("en", theme.GREEN)):
        spec = charts.chart_diverging(frame, id="x", title="t", alt="a", lang=lang).spec
        scales = [
            layer["encoding"]["color"]["scale"] for layer in spec["layer"] if "color" in layer.get("encoding", {})
        ]
        assert scales[0]["range"][1] == up


def test_a_missing_day_stays_a_gap():
    days = pd.DataFrame(
        {
            "day": [dt.date(2026, 8, d) for d in (1, 2, 3)],
            "value": [1.0, math.nan, 3.0],
            "expected": [math.nan] * 3,
            "low": [math.nan] * 3,
            "high": [math.nan] * 3,
        }
    )
    spec = charts.chart_daily_band(days, id="x", title="t", alt="a", lang="en").spec
    rows = next(rows for rows in spec["datasets"].values() if rows and "value" in rows[0])
    assert [row["value"] for row in rows] == [1, None, 3]
    assert rows[1]["text"] == "–"


def test_a_waterfall_ends_where_its_steps_lead():
    frame = pd.DataFrame(
        {"label": ["a", "b", "c", "d"], "amount": [100.0, 30.0, -50.0, 80.0], "is_total": [True, False, False, True]}
    )
    spec = charts.chart_waterfall(frame, id="x", title="t", alt="a", lang="en").spec
    rows = next(rows for rows in spec["datasets"].values() if rows and "start" in rows[0])
    assert [(row["start"], row["end"]) for row in rows] == [(0, 100), (100, 130), (130, 80), (0, 80)]


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_or_unknown_frame_draws_without_failing(form):
    columns = {
        "day": [dt.date(2026, 8, 1)], "label": ["a"], "series": ["s"], "part": ["p"], "row": ["r"], "column": ["c"],
        "text": [""], "enough": [False], "is_total": [True], "own": [math.nan if form == "chart_funnel" else True],
    }  # fmt: skip
    numbers = ("value", "expected", "low", "high", "best", "amount", "share", "peer", "x", "y", "size")
    frame = pd.DataFrame(columns | {name: [math.nan] for name in numbers})
    for rows in (frame, frame.iloc[:0]):
        part = getattr(charts, form)(rows, id="x", title="t", alt="a", lang="zh")
        assert vl_convert.vegalite_to_vega(part.spec, vl_version="6.4")["marks"]


def test_a_long_name_is_wrapped_in_the_title_and_clipped_beside_a_bar():
    assert letters.wrap("一二三四五六七八九十", 8) == ["一二三四", "五六七八", "九十"]
    assert letters.wrap("red green blue", 9) == ["red green", "blue"]
    assert frames.clip("一二三四五六", 9) == "一二三四…"


def test_what_a_notebook_shows_names_the_chart_and_stays_small_when_saved(made):
    data, metadata = charts.mime_bundle(made[0])
    assert data[CHART_MIME] | {"description": made[0].alt} == packed_rows(made[0].spec)
    assert metadata["shopnb"] == {"chart": "daily", "alt": made[0].alt, "title": made[0].title}
    assert metadata[CHART_MIME]["embed_options"]["scaleFactor"] == 0.02


def test_charts_of_the_analyst_are_shown_offline_from_the_import_on():
    assert altair.renderers.active == "shopnb"
    made = altair.Chart({"values": [{"a": 1}]}, width="container").mark_point().encode(x="a:Q")
    data, metadata = made._repr_mimebundle_()
    assert set(data) == {CHART_MIME, "text/plain"}
    assert data[CHART_MIME]["width"] == 640  # a container is 0 px wide in JupyterLab
    assert metadata[CHART_MIME]["embed_options"]["renderer"] == "svg"


def test_a_renderer_that_somebody_chose_stays():
    with altair.renderers.enable("html"):
        charts.renderer.use_offline()
        assert altair.renderers.active == "html"
    assert altair.renderers.active == "shopnb"


def test_a_package_left_out_while_altair_is_imported_can_be_imported_afterwards():
    altair_start._import_without("antigravity")
    assert "antigravity" not in sys.modules


def test_names_of_neighbouring_campaigns_keep_clear_of_each_other():
    days = [dt.date(2026, 5, 1) + dt.timedelta(days=turn) for turn in range(80)]
    frame = pd.DataFrame({"day": days * 2, "series": ["a"] * 80 + ["b"] * 80, "value": range(160)})
    spans = [
        (dt.date(2026, 5, 20), dt.date(2026, 5, 21), "Spring sale of the year"),
        (dt.date(2026, 5, 23), dt.date(2026, 5, 24), "Children's Day sale"),
        (dt.date(2026, 5, 26), dt.date(2026, 5, 27), "Dragon Boat Festival"),
        (dt.date(2026, 7, 10), dt.date(2026, 7, 12), "618"),
    ]
    part = charts.chart_lines(frame, id="x", title="t", alt="a", lang="en", value_title="people", spans=spans)
    rows = [row for data in part.spec["datasets"].values() for row in data if "middle" in row]
    assert [row["name"] for row in rows] == ["Spring sale of the year", "Children's Day sale", "", "618"]
    lines = [row["y"] for row in rows]
    assert lines[0] != lines[1]  # side by side: on two lines; the third finds no room and is shaded only
    assert lines[3] == lines[0]
    assert max(lines) < -14  # above the title of the axis


def test_rows_packed_as_csv_come_back_as_they_were():
    told = [{"n": 0.5, "label": 'a "b", c\n', "tone": "", "low": None, "odd": True},
            {"n": -3, "label": "d", "tone": "up", "low": 1e-07, "odd": None}]  # fmt: skip
    unlike = [{"n": 1}, {"m": 2}]
    gaps = [{"x": ""}, {"x": None}]
    layers = [{"data": {"name": name}, "mark": "bar"} for name in ("told", "unlike", "gaps")]
    spec = {"datasets": {"told": told, "unlike": unlike, "gaps": gaps}, "layer": [{"layer": layers[:2]}, layers[2]]}
    packed = packed_rows(spec)
    assert packed["datasets"]["told"].splitlines()[-1] == "-3,d,up,1e-07,"
    assert [packed["datasets"][name] for name in ("unlike", "gaps")] == [unlike, gaps]
    parse = {"n": "number", "low": "number", "odd": "boolean"}
    assert packed["layer"][0]["layer"][0]["data"]["format"] == {"type": "csv", "parse": parse}
    assert unpacked_rows(packed) == spec
    assert unpacked_rows(spec) == spec


def test_a_packed_chart_draws_what_its_rows_draw(made):
    for part in made:
        packed = packed_rows(part.spec)
        assert any(isinstance(rows, str) for rows in packed["datasets"].values())
        assert unpacked_rows(packed) == part.spec
    drawn = [vl_convert.vegalite_to_svg(spec, vl_version="6.4") for spec in (made[0].spec, packed_rows(made[0].spec))]
    assert drawn[0] == drawn[1]
