"""What stands beside a section of a real page: a dial stands at the number in force, and sets what the page shows."""

import pytest

from shopnb import open_page
from shopnb.pages.answers import rates_compared
from shopnb.pages.market_sizing_numbers import read_assumptions
from shopnb.view import TablePart
from shopnb.widgets.answers import Answer, Calculator


@pytest.fixture(scope="module")
def opened(sample_shop):
    return lambda slug, **given: open_page(slug, shop=str(sample_shop), **given)


def stands(answer):
    return {name.removeprefix("assumptions"): control.value for name, control in answer.controls.items()}


def ladder_of(page):
    """The steps of the ladder as the section lists them."""
    parts = page.section_shown("reach").parts
    frame = next(part.frame for part in parts if isinstance(part, TablePart) and part.id == "reach")
    return [f"{row.measure} {row.value}" for row in frame.itertuples()]


def test_the_money_within_reach_follows_the_edges_of_the_bands(opened):
    page = opened("market_sizing")
    answer = Answer(page, "bands")
    before = answer.told.value
    assert all(step in before for step in ladder_of(page)[1:4])
    answer.controls["bands1"].widget.value = 35
    headless = opened("market_sizing", bands=page.given["bands"])
    assert page.given["bands"][1] == "35"
    assert answer.told.value != before
    assert all(step in answer.told.value for step in ladder_of(headless)[1:4])


def test_a_weight_stays_where_it_was_put_and_the_ranking_is_that_of_a_headless_run(opened):
    page = opened("market_sizing")
    answer = Answer(page, "categories")
    assert stands(answer) == {
        "weight_size": 0.3,
        "weight_concentration": 0.2,
        "weight_price": 0.1,
        "weight_margin": 0.15,
    }
    answer.controls["assumptionsweight_concentration"].widget.value = 0.9
    answer.controls["assumptionsweight_price"].widget.value = 0
    assert stands(answer) == {"weight_size": 0.3, "weight_concentration": 0.9, "weight_price": 0, "weight_margin": 0.15}
    assert page.numbers.choice.frame["category"][0] == "儿童吸管杯"  # in more hands, which now weighs most
    # 0.9 of 0.3 + 0.9 + 0.15
    assert page.numbers.choice.used["concentration"] == pytest.approx(2 / 3)
    headless = opened("market_sizing", assumptions=page.given["assumptions"])
    (chart, table, text), (same, rows, words) = (one.section_shown("categories").parts for one in (page, headless))
    assert (chart, text) == (same, words)
    assert table.frame.equals(rows.frame)
    for name in ("size", "concentration", "margin"):
        answer.controls[f"assumptionsweight_{name}"].widget.value = 0
    assert len(stands(answer)) == 4  # with no weight left there is no ranking, but a way back


def test_the_dials_of_reach_stand_at_what_is_in_force(opened):
    page = opened("market_sizing")
    answer = Answer(page, "reach")
    before = stands(answer)
    margin = page.numbers.reach.steps.set_index("step").loc["margin", "best"]
    answer.controls["assumptionsshare_low"].widget.value = 0.003
    typed = read_assumptions(page.given["assumptions"])
    assert typed.shares == (0.003, pytest.approx(before["share_high"], rel=1e-5))  # the other end stays
    assert stands(answer) == {**before, "share_low": 0.003, "share_high": typed.values["share_high"]}

    answer.reset.click()
    cost = answer.controls["assumptionsunit_cost"].widget
    same = opened("market_sizing", assumptions=[f"unit_cost={cost.value}"])
    assert same.numbers.reach.steps.set_index("step").loc["margin", "best"] == pytest.approx(margin)
    cost.value = cost.value + 5
    after = page.numbers.reach.steps.set_index("step").loc["margin", "best"]
    assert (
        after
        == opened("market_sizing", assumptions=page.given["assumptions"])
        .numbers.reach.steps.set_index("step")
        .loc["margin", "best"]
        < margin
    )


def test_the_smallest_difference_stands_at_the_one_in_force_until_it_is_moved(opened):
    page = opened("listing_ab")
    answer = Answer(page, "planner")
    effect = answer.controls["min_effect"]
    # 5 % of the current version: 1,421 of 41,350
    assert effect.value == pytest.approx(0.05 * 1421 / 41350)
    assert page.given["min_effect"] == 0
    effect.widget.value = 0.005
    assert page.given["min_effect"] == 0.005
    table = next(part.frame for part in page.section_shown("planner").parts if isinstance(part, TablePart))
    assert (table["visible_gap"] - 0.005).abs().min() < 1e-6


def test_the_calculator_tells_two_rates_and_refuses_what_is_none(opened):
    page = opened("listing_ab", lang="en")
    made = Calculator(page, lambda: (20000, 1000, 20000, 1120), lambda *four: rates_compared(*four, lang=page.lang))
    # 1000 of 20,000 against 1120 of 20,000: score test p = 0.0074, difference 0.6 pp
    assert "5.00% against 5.60%" in made.said.value
    assert "0.60 pp higher" in made.said.value
    made.inputs[3].value = 1010
    assert "neither is better yet" in made.said.value
    made.inputs[3].value = 30000
    assert "no two rates" in made.said.value


def test_the_calculator_follows_test_and_language_but_keeps_what_was_typed(opened):
    page = opened("listing_ab")
    made_of = [(20000, 1000, 20000, 1120)]
    made = Calculator(page, lambda: made_of[0], lambda *four: rates_compared(*four, lang=page.lang))
    made_of[0] = (10000, 500, 10000, 500)
    made.follow()
    assert [one.value for one in made.inputs] == [10000, 500, 10000, 500]
    made.inputs[1].value = 600
    made_of[0] = (300, 30, 300, 33)
    page.update(lang="en")
    made.follow()
    assert [one.value for one in made.inputs] == [10000, 600, 10000, 500]
    assert made.inputs[0].description == "Current: shown"
    assert "6.00% against 5.00%" in made.said.value
