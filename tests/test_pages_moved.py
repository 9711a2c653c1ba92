"""A page whose parameters were moved about is the page of a fresh run: nothing of before is left in it."""

import pytest

from shopnb import open_page
from shopnb.screen import page_payload

MOVES = {  # one after another, the way back included
    "shop_overview": [{"margin_rate": 0.35}, {"grain": "day"}, {"compare": "previous"}, {"grain": ""}],
    "traffic_sources": [{"margin_rate": 0.3}, {"moved_visitors": 700}, {"sources": ["手淘搜索"]}, {"margin_rate": 0.0}],
    "listing_ab": [{"min_effect": 0.004}, {"planned_days": 10}, {"margin_rate": 0.3}, {"planned_days": 0}],
    "review_analysis": [{"aspect": "logistics"}, {"start_date": "2026-08-10"}, {"lang": "en"}, {"aspect": ""}],
    "market_sizing": [
        {"bands": ["20", "50"]}, {"units_per_buyer": 2.0}, {"assumptions": ["unit_cost=20"]}, {"bands": []},
    ],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("slug", MOVES)
def test_a_page_moved_about_is_the_page_of_a_fresh_run(sample_shop, slug):
    page = open_page(slug, shop=str(sample_shop))
    at_first, first = dict(page.given), page_payload(page.view)
    given = {}
    for moved in MOVES[slug]:
        given |= moved
        page.update(**moved)
        _ = page.view
    fresh = open_page(slug, shop=str(sample_shop), **given)
    assert page.record() == fresh.record()
    assert page_payload(page.view) == page_payload(fresh.view)
    page.update(**at_first)
    assert page_payload(page.view) == first
