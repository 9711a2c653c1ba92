"""A market from search listings: goods, size, price bands, concentration, words, page one, growth, reach.

Shown sales are ranges (`500+人付款`), so every total is an interval (`stats.fit_censored`). Shown numbers are people in
an unknown window, not units a month: shares come first, totals are scaled by what the operator answers.
"""

from __future__ import annotations

from shopnb.metrics.market.bands import Bands, band_edges, price_bands
from shopnb.metrics.market.choice import CRITERIA, Category, Choice, compare_categories
from shopnb.metrics.market.goods import Goods, close_ladder, lines_of, listing_goods, snapshots
from shopnb.metrics.market.growth import Growth, falling_share, growth_between, kind_of, no_growth
from shopnb.metrics.market.history import history_of
from shopnb.metrics.market.indices import Amounts, Year, index_amounts, own_pairs, year_of
from shopnb.metrics.market.page_one import PAGE_ONE, PageOne, page_one
from shopnb.metrics.market.reach import Costs, Reach, reachable_market
from shopnb.metrics.market.rivals import rival_table
from shopnb.metrics.market.size import (
    SHOPS_DRAWN,
    Concentration,
    Size,
    concentration,
    flagship_share,
    market_size,
    money_beyond,
)
from shopnb.metrics.market.words import Words, title_word_shares

__all__ = [
    "CRITERIA",
    "PAGE_ONE",
    "SHOPS_DRAWN",
    "Amounts",
    "Bands",
    "Category",
    "Choice",
    "Concentration",
    "Costs",
    "Goods",
    "Growth",
    "PageOne",
    "Reach",
    "Size",
    "Words",
    "Year",
    "band_edges",
    "close_ladder",
    "compare_categories",
    "concentration",
    "falling_share",
    "flagship_share",
    "growth_between",
    "history_of",
    "index_amounts",
    "kind_of",
    "lines_of",
    "listing_goods",
    "market_size",
    "money_beyond",
    "no_growth",
    "own_pairs",
    "page_one",
    "price_bands",
    "reachable_market",
    "rival_table",
    "snapshots",
    "title_word_shares",
    "year_of",
]
