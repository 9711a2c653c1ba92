"""The tutorial notebook runs as it is printed, and an analyst finds tables and docstrings by Tab and help."""

import importlib
import inspect
import json
from pathlib import Path

import pytest
from IPython.core.completer import IPCompleter, provisionalcompleter

from shopnb import open_shop

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "tutorial.ipynb"


def code_cells():
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_the_tutorial_runs_and_its_metric_is_right_on_the_sample(sample_shop):
    found = {}
    for source in code_cells():
        exec(compile(source, "tutorial", "exec"), found)
        if source.startswith("shop: str"):
            found["shop"] = str(sample_shop)
    days = open_shop(sample_shop).tables.shop_daily.select("day", "visitors", "payers").to_pandas()
    week = days[(days["day"] >= "2026-08-24") & (days["day"] <= "2026-08-30")]
    sums = week.groupby(week["day"].dt.day_of_week >= 5)[["payers", "visitors"]].sum()
    rates = sums["payers"] / sums["visitors"]
    assert len(found["lift"]) == 8
    assert found["lift"]["lift"].iloc[-1] == pytest.approx(rates[True] / rates[False] - 1)
    assert found["whole"].attrs["codes"] == {"dwell_seconds": "mean_of_means"}


def test_tab_completes_the_tables_that_hold_rows(sample_shop):
    shop = open_shop(sample_shop)
    assert {"shop_daily", "traffic_period", "changes"} <= set(dir(shop.tables))
    assert "votes" not in dir(shop.tables)
    with pytest.raises(AttributeError):
        _ = shop.tables.shop_dialy
    with provisionalcompleter():
        offered = IPCompleter(namespace={"shop": shop}).completions("shop.tables.", len("shop.tables."))
        assert {one.text.lstrip(".") for one in offered} >= set(shop.tables)


@pytest.mark.parametrize("name", ["aggregate", "funnel", "items", "listing_ab", "overview", "reviews", "traffic"])
def test_every_metric_that_can_be_called_shows_what_it_is(name):
    module = importlib.import_module(f"shopnb.metrics.{name}")
    functions = [one for key, one in vars(module).items() if inspect.isfunction(one) and not key.startswith("_")]
    own = [one for one in functions if one.__module__ == module.__name__]
    assert own
    assert [one.__name__ for one in own if not (inspect.getdoc(one) or "").strip()] == []
    assert [one.__name__ for one in own if str(inspect.signature(one)) == "(*args, **kwargs)"] == []
