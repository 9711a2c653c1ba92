"""Market sizing finds the planted band and share, words its fallbacks, and opens real listings."""

import json
import math

import pytest

from shopnb import open_page
from shopnb.errors import MissingDataError, ParameterError
from shopnb.intake import import_files
from shopnb.labels import LANGUAGES
from shopnb.view import TextPart


def opened(folder, **given):
    return open_page("market_sizing", shop=str(folder), **{"start_date": "", "end_date": "", "lang": "zh", **given})


def listing(folder, rows, header="商品名称,店铺名称,地址,售价,付款情况"):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "杯子_20260830.csv"
    file.write_text("\n".join([header, *(",".join(str(cell) for cell in row) for row in rows)]), encoding="utf-8")
    return file


def shop_of(tmp_path, rows, **more):
    import_files([listing(tmp_path / "files", rows, **more)], tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture(scope="module")
def page(sample_shop):
    return opened(sample_shop)


def test_the_planted_band_is_found(sample_shop):
    page = opened(sample_shop, bands=["20", "40", "60", "90", "150"])
    found = {finding.code: finding for finding in page.found}
    assert (found["enter_band"].values["low"], found["enter_band"].values["high"]) == (60, 90)
    # TRUTH.md 4: 13 % of the goods, 27 % of the money
    assert found["enter_band"].values["goods_share"] == pytest.approx(0.13, abs=0.015)
    assert found["enter_band"].values["money_share"] == pytest.approx(0.27, abs=0.03)
    assert found["enter_band"].low <= found["enter_band"].amount <= found["enter_band"].high


def test_the_band_is_found_with_edges_from_the_data_too(page):
    band = page.best_band()
    assert band is not None
    assert (band["low"], band["high"]) == (60, 90)


def test_four_shops_hold_what_was_planted(page):
    four = page.record()["figures"]["cr4"]
    assert four["low"] <= 0.29 <= four["high"]


def test_only_bands_and_the_price_below_one_are_found(page):
    assert {finding.code for finding in page.found} == {
        "enter_band", "avoid_band", "try_price", "add_attribute_in_band",
    }  # fmt: skip


def test_the_attribute_planted_in_the_band_is_found(page):
    # TRUTH.md 4: straw cups are 21 % of the items of 60 to 90 yuan and about 37 % of their money
    found = next(one for one in page.found if one.code == "add_attribute_in_band")
    assert found.values["word"] == "吸管"
    assert found.values["goods_share"] == pytest.approx(0.21, abs=0.02)
    assert found.values["money_share"] == pytest.approx(0.37, abs=0.08)
    assert found.same_cause_as == "enter_band"
    assert 0 < found.low < found.amount < found.high


def test_every_line_is_accounted_for(page):
    goods = page.numbers.goods
    assert goods.lines == 1182
    assert goods.placeholders == 4
    assert goods.lines == len(goods.frame) + goods.repeats + goods.placeholders


def test_adding_what_is_shown_falls_short_of_the_range(page):
    figures = page.record()["figures"]
    assert figures["shown_money"]["value"] < figures["market_money"]["low"]


def test_while_nobody_says_what_the_numbers_mean_thirty_days_are_named(sample_shop, page):
    assert "30 天口径" in page.view.screen.verdict
    answered = opened(sample_shop, sold_window_days=90)
    assert "30 天口径" not in answered.view.screen.verdict
    assert answered.numbers.size.money.estimate == pytest.approx(page.numbers.size.money.estimate / 3)
    assert answered.record()["figures"]["cr4"] == page.record()["figures"]["cr4"]


def test_shares_lead_while_nobody_says_what_the_numbers_mean(sample_shop, page):
    assert [card.label for card in page.view.screen.cards][:2] == ["机会价格带", "前4家占比"]
    assert page.view.screen.verdict.index("的款分") < page.view.screen.verdict.index("30 天口径")
    answered = opened(sample_shop, sold_window_days=30)
    assert answered.view.screen.cards[0].label == "月支付金额"
    assert answered.view.screen.verdict.startswith("这份列表一个月约")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_record_is_json_and_nothing_is_unsaid(sample_shop, lang):
    page = opened(sample_shop, lang=lang)
    record = json.dumps(page.record(), allow_nan=False, ensure_ascii=False)
    assert "NaN" not in record
    assert "{" not in page.view.screen.verdict


def rows_of(count, sold, price=lambda turn: 20 + turn):
    return [(f"杯子{turn}号", f"店{turn % 7}", "浙江", price(turn), sold(turn)) for turn in range(count)]


def test_one_bucket_cannot_be_sized(tmp_path):
    page = opened(shop_of(tmp_path, rows_of(60, lambda turn: "100+人付款")))
    assert page.record()["figures"]["market_money"]["code"] == "one_bucket"
    assert page.found == []
    said = [part.text for section in page.view.sections for part in section.parts if isinstance(part, TextPart)]
    assert not any("没有付款人数" in one for one in [*said, page.view.screen.verdict, page.view.screen.quiet])


def test_ten_listings_are_no_market_and_open_ones_are_not_sized(tmp_path):
    opens = opened(shop_of(tmp_path / "open", rows_of(10, lambda turn: "100+人付款" if turn % 2 else f"{turn}人付款")))
    assert opens.record()["figures"]["market_money"]["code"] == "too_few_listings"
    exact = opened(shop_of(tmp_path / "exact", rows_of(10, lambda turn: f"{turn + 3}人付款")))
    assert exact.numbers.size.money.estimate == sum((turn + 3) * (20 + turn) for turn in range(10))
    assert exact.found == []
    assert all(any(note.code == "few_goods" for note in page.view.health) for page in (opens, exact))


def test_placeholders_only_are_named_as_such(tmp_path):
    page = opened(shop_of(tmp_path, rows_of(12, lambda turn: "5人付款", price=lambda turn: 99999)))
    assert "12 行的价格都是占位价" in page.view.screen.verdict
    assert page.found == []


def test_a_listing_without_sales_shows_supply_only(tmp_path):
    rows = [row[:4] for row in rows_of(40, lambda turn: "")]
    page = opened(shop_of(tmp_path, rows, header="商品名称,店铺名称,地址,售价"))
    assert "没有付款人数" in page.view.screen.verdict
    assert page.numbers.bands.frame["goods"].sum() == 40
    assert math.isnan(page.numbers.size.money.estimate)


def test_one_hit_of_one_shop_is_no_room_for_others(tmp_path):
    def sold(turn):  # every good brings about 3,000 but for one hit in the dearest band
        return "9000人付款" if turn == 59 else f"{3000 // (20 + turn * 3)}人付款"

    page = opened(shop_of(tmp_path, rows_of(60, sold, price=lambda turn: 20 + turn * 3)))
    assert page.numbers.bands.frame["ratio"].iloc[-1] > 3
    assert [one.code for one in page.found if one.code.startswith("enter")] == []


def test_prices_of_zero_and_99999_are_set_aside(tmp_path):
    rows = [
        *rows_of(30, lambda turn: f"{turn + 5}人付款"),
        ("占位一", "店甲", "浙江", 99999, "5人付款"),
        ("占位二", "店甲", "浙江", 0, "5人付款"),
    ]
    page = opened(shop_of(tmp_path, rows))
    assert page.numbers.goods.placeholders == 2
    # 30 goods, n + 5 sold at 20 + n
    assert page.numbers.size.money.estimate == sum((turn + 5) * (20 + turn) for turn in range(30))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_prices_in_another_currency_are_set_aside_and_counted(tmp_path, lang):
    foreign = ["$3.00", "US$4.00", "HK$ 50", "9.9 EUR"]
    rows = [
        *rows_of(30, lambda turn: f"{turn + 5}人付款", price=lambda turn: f"¥{20 + turn}.00-{30 + turn}.00"),
        *((f"海外{turn}", "店甲", "浙江", price, "9000人付款") for turn, price in enumerate(foreign)),
    ]
    page = opened(shop_of(tmp_path, rows), lang=lang)
    assert len(page.numbers.goods.frame) == 30
    # a range counts as its middle
    assert page.numbers.size.money.estimate == sum((turn + 5) * (25 + turn) for turn in range(30))
    told = next(note.text for note in page.view.health if note.code == "rows")
    assert ("价格是别的币种 4" if lang == "zh" else "priced in another currency (4)") in told


def test_a_column_of_currencies_sets_aside_too_and_one_foreign_currency_throughout_is_told(tmp_path):
    header = "商品名称,店铺名称,地址,售价,付款情况,币种"
    rows = [(*row, "USD" if turn < 3 else "CNY") for turn, row in enumerate(rows_of(40, lambda turn: turn + 1))]
    page = opened(shop_of(tmp_path / "mixed", rows, header=header))
    assert page.numbers.goods.lines == 37
    dollars = listing(tmp_path / "all", rows_of(40, lambda turn: turn + 1, price=lambda turn: f"${turn + 1}.50"))
    account = import_files([dollars], tmp_path / "dollars")[0]
    assert (account.kept, [one["code"] for one in account.unsure if one["code"] == "priced_in"]) == (40, ["priced_in"])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"sold_window_days": 7}, "parameter_choice"),
        ({"bands": ["cheap"]}, "parameter_number"),
        ({"units_per_buyer": 0.0}, "parameter_positive"),
        ({"margin_rate": 1.5}, "parameter_share"),
    ],
)
def test_wrong_parameters_are_refused(sample_shop, given, code):
    with pytest.raises(ParameterError, match=code):
        opened(sample_shop, **given).record()


def test_an_unknown_search_names_those_that_are_there(sample_shop):
    with pytest.raises((MissingDataError, ParameterError)) as caught:
        opened(sample_shop, query="月亮").record()
    assert "保温杯大容量" in caught.value.text("zh")


@pytest.mark.parametrize(
    ("file", "lines", "goods_at_most"),
    [("月饼.xlsx", 4520, 1885), ("taobao_search_python_4404.xlsx", 4404, 2030)],
)
def test_real_listings(shared_data, tmp_path, file, lines, goods_at_most):
    import_files([shared_data / "listings" / file], tmp_path)
    page = opened(tmp_path)
    goods = page.numbers.goods
    assert goods.lines == lines
    assert len(goods.frame) <= goods_at_most  # INDEX: 2,635 exact duplicates; 2,378 repeats of name and title
    assert page.numbers.size.money.estimate > 0
    assert page.record()["period"]["end"] is None


def test_real_days_of_brands_are_no_cumulative_numbers(shared_data, tmp_path):
    import_files([shared_data / "listings" / "双十一淘宝美妆数据_gbk.csv"], tmp_path)
    page = opened(tmp_path)
    # 991 of 3,149 ids fall on some day
    assert page.numbers.falling.estimate == pytest.approx(991 / 3149, abs=0.05)
    assert any(note.code == "rolling" for note in page.view.health)


def test_assumptions_give_the_way_to_margin(sample_shop, page):
    given = ["share_low=0.002", "share_high=0.005", "unit_cost=30", "one_off=20000", "monthly=2000", "reach=70"]
    assumed = opened(sample_shop, assumptions=given).numbers.reach
    assert assumed.share_from == "typed"
    assert 0.002 <= assumed.share.low <= assumed.share.high <= 0.005
    assert len(assumed.bands) == 1
    assert assumed.break_even_units.estimate == math.ceil(2000 / assumed.per_unit)
    assert page.numbers.reach.share_from == "own"


@pytest.mark.parametrize(
    ("given", "code"),
    [("rent=3", "parameter_choice"), ("unit_cost=cheap", "parameter_number"), ("fee_rate=5", "parameter_share"),
     ("monthly=-1", "parameter_negative"), ("monthly=inf", "parameter_number")],
)  # fmt: skip
def test_wrong_assumptions_are_refused(sample_shop, given, code):
    with pytest.raises(ParameterError, match=code):
        opened(sample_shop, assumptions=[given]).record()


def test_rivals_are_measured_against_the_own_item(page):
    rivals = page.numbers.rivals
    assert rivals["is_comparable"].sum() == 4
    assert rivals.loc[rivals["is_comparable"], "own_price"].notna().all()


def test_the_word_planted_in_the_band_is_the_nearest(page):
    # TRUTH.md 4: straw cups hold more money than goods in the band
    first = page.numbers.words_in_band.frame.iloc[0]
    assert first["word"] == "吸管"
    assert first["ratio_low"] > 1


def test_two_snapshots_and_two_searches_give_growth_and_a_choice(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name, factor in (("杯子_20260801", 1.0), ("杯子_20260830", 1.5), ("茶具_20260830", 0.3)):
        rows = [
            f"{name[:2]}{turn}号,店{turn % 40},浙江,{20 + turn},{int((turn % 90 + 5) * factor)}人付款"
            for turn in range(120)
        ]
        if name == "杯子_20260801":
            rows = [row if turn % 4 else row.replace("人付款", "0人付款") for turn, row in enumerate(rows)]
        (folder / f"{name}.csv").write_text("\n".join(["商品名称,店铺名称,地址,售价,付款情况", *rows]), "utf-8")
    import_files([folder], tmp_path / "shop")
    page = opened(tmp_path / "shop", query="杯子")
    assert page.numbers.growth.days == 29
    assert page.numbers.growth.matched == 120
    assert page.numbers.growth.kind == "rolling"
    assert page.numbers.choice.code is None
    assert set(page.numbers.choice.frame["category"]) == {"杯子", "茶具"}
    history = page.numbers.history
    assert history["day"].astype(str).tolist() == ["2026-08-01", "2026-08-30"]
    assert history["is_alike"].all()
    cards = {card.label: card for card in page.view.screen.cards}
    assert cards["月支付金额"].spark == pytest.approx(tuple(history["money"]))
    assert any("较 8月1日" in line for line in cards["月支付金额"].lines)
    json.dumps(page.record(), allow_nan=False)
