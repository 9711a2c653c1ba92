"""One module a report: parameters → numbers → findings → sections. Headless runs and widgets call the same page."""

from __future__ import annotations

from typing import Any

from shopnb import labels, parameters, screen
from shopnb.errors import ParameterError
from shopnb.pages.base import Page
from shopnb.pages.listing_ab import ListingAb
from shopnb.pages.market_sizing import MarketSizing
from shopnb.pages.record import Figure
from shopnb.pages.review_analysis import ReviewAnalysis
from shopnb.pages.shop_overview import ShopOverview
from shopnb.pages.traffic_sources import TrafficSources
from shopnb.shop import open_shop
from shopnb.text.lexicon import lexicon

PAGES: dict[str, type[Page]] = {
    page.slug: page for page in (ShopOverview, TrafficSources, ListingAb, MarketSizing, ReviewAnalysis)
}


def open_page(slug: str, *, shop: str, **given: Any) -> Page:
    """Open a report on a shop folder.

    Parameters
    ----------
    slug : report, as in `shopnb list`.
    shop : shop folder, relative to the working directory or to the repository.
    **given : parameters of the report, as its notebook's parameters cell declares them.

    Raises
    ------
    ParameterError
        `unknown_report`, `unknown_parameter`, `parameter_type` (papermill guesses types: its `-r` keeps text as text),
        `parameter_choice`, `parameter_day`, `period_backwards`.
    MissingDataError
        `missing_table` when an export that the report needs is not in the folder.
    """
    if slug not in PAGES:
        raise ParameterError("unknown_report", name=slug, known=", ".join(PAGES))
    declared = parameters.read_parameters(parameters.notebooks()[slug])
    checked = parameters.check(slug, declared, {"shop": shop, **given})
    return PAGES[slug](open_shop(checked["shop"]), checked)


def read_ahead() -> None:
    """Read what every report reads of the package and keeps: sentences, templates, words of reviews.

    For a process that is forked into many: each of them would read it again.
    """
    for lang in labels.LANGUAGES:
        labels.keys("screen", lang)
    screen.read_ahead()
    lexicon()


__all__ = ["PAGES", "Figure", "Page", "open_page", "read_ahead"]
