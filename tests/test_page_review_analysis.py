"""The review page: the planted fault and nothing else, both languages, odd files, hostile words."""

import csv
import datetime as dt
import json

import pandas as pd
import pytest

from shopnb import open_page, screen
from shopnb.errors import InputError, MissingDataError, ParameterError
from shopnb.pages.review_analysis_more import change_told
from shopnb.view import ChartPart, TablePart

HOSTILE = "</script><script>alert(1)</script>"
FIRST = dt.date(2026, 7, 2)


def make_shop(folder, rows, header=("评论", "评价时间", "商品id", "颜色分类")):
    (folder / "inbox").mkdir(parents=True)
    with (folder / "inbox" / "商品评价.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return folder


def opened(folder, **given):
    return open_page("review_analysis", shop=str(folder), **given)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """Sixty days of ordinary reviews: eight good, two complaints a day, in one mix throughout."""
    rows = []
    for turn in range(60):
        day = FIRST + dt.timedelta(days=turn)
        for place in range(10):
            said = (
                "盖子漏水" if place == 0 and turn % 3 == 0 else "物流很慢" if place == 1 and turn % 2 else "保温好,喜欢"
            )
            rows.append((f"{said}。{turn}", f"{day} 10:00:00", "684000000001", ("雾蓝", "奶白")[place % 2]))
    rows.append((HOSTILE + "漏水", "2026-08-30 11:00:00", "684000000001", HOSTILE))
    return make_shop(tmp_path_factory.mktemp("quiet") / "shop", rows)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    rows = [("很好用",), ("漏水了,差评",), (HOSTILE,), ("颜色好看,物流快",)] * 15
    return make_shop(tmp_path_factory.mktemp("bare") / "shop", rows, header=("评价",))


@pytest.fixture(scope="module")
def sample():
    return opened("data/sample")


def test_sample_finds_the_planted_fault_and_nothing_else(sample):
    complaints = [one for one in sample.found if one.code.startswith("complaint")]
    assert [(one.code, one.values["aspect_key"], one.values["sku"]) for one in complaints] == [
        ("complaint_rose_here", "leak", "雾蓝")
    ]
    since = sample.numbers.since
    assert since.low <= dt.date(2026, 8, 18) <= since.high
    assert complaints[0].amount < 0
    assert complaints[0].confidence > 0.99


def test_sample_answers_reviews_and_names_selling_points(sample):
    codes = {one.code for one in sample.found}
    assert codes == {"complaint_rose_here", "reviews_to_answer", "selling_points_3"}
    assert "雾蓝" in sample.view.screen.verdict


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_quiet_shop_has_no_complaint_finding(quiet, lang):
    page = opened(quiet, lang=lang)
    assert not [one for one in page.found if one.code.startswith("complaint")]
    assert page.numbers.since.first is None
    json.dumps(page.record(), allow_nan=False)


def test_hostile_words_are_shown_as_text(quiet):
    page = opened(quiet)
    shown = screen.screen_html(page.view.screen, "zh")
    for section in page.view.sections:
        shown += "".join(block for block in screen.section_blocks(section, "zh") if isinstance(block, str))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_bare_column_of_texts(bare):
    page = opened(bare)
    assert page.period() == (None, None)
    assert page.record()["period"] == {"start": None, "end": None, "compare": None}
    assert len(page.numbers.now) == 46  # of fifteen word-for-word long copies one counts
    assert {note.code for note in page.health_notes()} >= {"undated", "no_items"}
    assert not any(isinstance(part, ChartPart) for part in page.view.sections[0].parts)


OWN_WORDS = """
[words]
negative = ["糊底"]
[aspects.brewing]
group = "service"
name_zh = "冲泡<手法>"
terms = ["萃取"]
negative = ["萃取不足"]
"""


def test_words_of_the_shop_reach_the_page(tmp_path):
    rows = [("豆子萃取不足",), ("杯底糊底",), ("豆子香",)] * 12
    shop = make_shop(tmp_path / "shop", rows, header=("评价",))
    assert "brewing" not in {one.aspect for one in opened(shop).numbers.counts}
    (shop / "shopnb.toml").write_text(OWN_WORDS, encoding="utf-8")
    page = opened(shop, aspect="brewing")
    assert {one.aspect: one.negative for one in page.numbers.counts} == {"brewing": 12, "overall": 12, "smell": 0}
    assert page.numbers.said.groups["brewing"] == "service"
    assert "冲泡<手法>抱怨" in {card.label for card in page.view.screen.cards}
    assert "冲泡&lt;手法&gt;" in screen.screen_html(page.view.screen, "zh")
    assert ("冲泡<手法> 12", "brewing") in [
        dial.buttons for dial in page.dials("evidence") if dial.parameter == "aspect"
    ][0]
    assert "brewing" in opened(shop, aspect="brewing", lang="en").view.screen.verdict  # no English name given


def test_a_bad_list_of_words_says_where(tmp_path):
    shop = make_shop(tmp_path / "shop", [("好",)] * 3, header=("评价",))
    (shop / "shopnb.toml").write_text('[aspects.brewing]\nterms = "萃取"', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        _ = opened(shop).view
    assert caught.value.code == "bad_lexicon"
    assert caught.value.values["where"] == "aspects.brewing.terms"


ODD = [
    ("",),
    ("好",),
    ("盖子漏水" + "这个杯子用了很久" * 6300,),  # 50,000 characters and more
    ("Great bottle, keeps warm. Leaks a bit.",),
    ("<b>漏水</b><img src=x onerror=alert(1)>",),
    ("👍👍👍❤",),
    ("nice 不錯 いいね good",),
    ("顏色很好看,但是漏水<U+0001F60A>",),
    ("此用户没有填写评价。",),
    ("联系我 13800138000 或 a.b@example.com,漏水",),
    ("<U+ZZZZ>\\x00{{7*7}}=cmd|' /C calc'!A0",),
    *[("这个杯子真的非常好用,颜色也很好看,推荐大家购买",)] * 1000,
]


def whole(page):
    """Everything the page shows, as HTML."""
    shown = screen.screen_html(page.view.screen, page.lang)
    for section in page.view.sections:
        shown += "".join(block for block in screen.section_blocks(section, page.lang) if isinstance(block, str))
    return shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_odd_reviews_make_a_page_without_markup_or_numbers_of_people(odd, lang):
    page = opened(odd, lang=lang)
    shown = whole(page)
    assert "onerror=alert(1)>" not in shown.replace("&gt;", "")
    assert "13800138000" not in shown
    assert "example.com" not in shown
    assert [note.code for note in page.health_notes()].count("masked") == 1
    assert not [word for word in ("NaN", "None", "Traceback") if word in shown]
    json.dumps(page.record(), allow_nan=False)


def test_odd_reviews_are_read_as_they_should(odd):
    page = opened(odd)
    said = page.numbers.said
    assert (len(said.defaults), said.aside) == (1, {"copy": 999})
    by_text = said.reviews.set_index("text")["negative"]
    assert not by_text["👍👍👍❤"]
    leaks = said.opinions[said.opinions["aspect"] == "leak"]["review"]
    texts = set(said.reviews.loc[leaks, "text"])
    assert {"顏色很好看,但是漏水😊", "<b>漏水</b><img src=x onerror=alert(1)>"} <= texts


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    return make_shop(tmp_path_factory.mktemp("odd") / "shop", ODD, header=("评价",))


def test_stars_of_zero_are_not_rated_and_follow_ups_count(tmp_path):
    header = ("评论", "评价时间", "star", "追评内容")
    rows = [(f"不错{turn}", "2026-08-20", turn % 6, "") for turn in range(60)]
    rows += [("此用户没有填写评价。", "2026-08-21", 5, "用了一周漏水了"), ("系统默认好评", "2026-08-21", 5, "")]
    page = opened(make_shop(tmp_path / "shop", rows, header=header))
    said = page.numbers.said
    assert said.reviews["stars"].isna().sum() == 10
    assert len(said.defaults) == 1
    assert "此用户没有填写评价。〔追评〕用了一周漏水了" in whole(page)
    late = said.reviews[said.reviews["follow_up"] == "用了一周漏水了"]
    assert late["negative"].tolist() == [True]
    stars = next(part for part in page.view.sections[3].parts if getattr(part, "id", "") == "where_stars").frame
    assert stars["reviews_with_text"].tolist() == [11, 10, 10, 10, 10, 10]
    assert stars["star"].tolist()[-1] == "没评星"


def test_evidence_of_an_aspect_without_complaints_is_its_praise(quiet):
    table = opened(quiet, aspect="insulation").view.sections[4].parts[0]
    typical = table.frame[table.frame["kind"] == "典型"]
    assert len(typical) == 5
    assert typical["review_text"].str.contains("保温好").all()


def test_a_rival_is_named_with_what_differs_most(tmp_path):
    days = [FIRST + dt.timedelta(days=turn) for turn in range(60)]
    rows = [(f"保温好{turn}{place}", f"{day}", "") for turn, day in enumerate(days) for place in range(3)]
    rows += [(f"盖子漏水{turn}{place}", f"{day}", "对手甲") for turn, day in enumerate(days) for place in range(3)]
    page = opened(make_shop(tmp_path / "shop", rows, header=("评论", "评价时间", "店铺")))
    chart, table = page.view.sections[7].parts
    assert chart.title == "同期差得最大的是漏水的抱怨:我 0.0%(90 条),对手甲 100.0%(90 条)"
    assert table.frame["rival_difference"].iloc[0] == -1


def test_error_on_own_marks_is_shown(tmp_path):
    rows = [
        (f"{'漏水,差评' if turn % 2 else '保温好'}{turn}", "2026-08-20", 1 if turn % 2 else 5) for turn in range(100)
    ]
    page = opened(make_shop(tmp_path / "shop", rows, header=("评论", "评价时间", "star")))
    assert page.figures()["error_own_marks"].n == 100
    assert page.figures()["error_own_marks"].value == 0
    assert page.health_notes()[0].text == "用本店 100 条好差评核对,机器判断约 100 条错 0 条(好差各半算)"


def test_refunds_date_the_batch_and_conversion_is_not_added(sample):
    since = sample.numbers.paid_since
    assert since.first == dt.date(2026, 8, 13)  # TRUTH: paid from 13 August on
    lead = next(one for one in sample.found if one.code == "complaint_rose_here")
    refunds = sample.numbers.refunds
    # 53 - 19 cases more in 30 days, at 3,169.64 / 53 each
    assert lead.amount == pytest.approx(-(53 - 19) * 3169.64 / 53)
    assert (refunds.cases, refunds.cases_before) == (53, 19)
    assert lead.values["paid_since"] == since.first
    assert lead.values["evidence"]
    conversion = sample.view.sections[6].parts[3].text
    assert "不和退款相加" in conversion


def test_reviews_meet_their_orders_and_date_the_batch_by_payment(sample):
    n = sample.numbers
    assert (n.said_since.low, n.said_since.first) == (dt.date(2026, 8, 12), dt.date(2026, 8, 13))  # TRUTH: 13 August
    assert n.bought.orders.index.min() == dt.date(2026, 7, 20)  # the older order list, in a zip
    supplier = n.changes[n.changes["change"] == "供应商"].iloc[0]
    assert (supplier["paid"], supplier["real"]) == (True, True)
    shown = whole(sample)
    orders = sample.shop.table("reviews").order_id.execute()
    assert orders.str.len().eq(19).all()
    assert not [one for one in orders if one in shown]
    assert n.refunded.cases <= n.lead_known
    assert sample.figures()["complaints_per_1000_leak"].n == pytest.approx(n.behind("product", n.period).count)


def test_scores_are_read_together_and_beside_the_peers(sample, monkeypatch):
    section = [*sample.section_keys].index("three_way")
    alone = sample.view.sections[section].parts[-1].text
    assert "peers.csv" in alone
    line = {"start_on": None, "end_on": None, "peer_best": 5.0, "noted_on": pd.Timestamp("2026-08-30")}
    typed = pd.DataFrame(
        [{"metric": name, "peer_mean": mean, **line} for name, mean in (("描述相符评分", 4.9), ("物流服务评分", 4.7))]
    )
    frame = sample.frame
    monkeypatch.setattr(sample, "frame", lambda name: typed if name == "peers" else frame(name))
    table, words = sample.build_section("three_way").parts[-2:]
    assert table.frame["dsr_peers"].tolist()[:2] == [4.9, 4.7]
    assert "dsr_peers" in [column.name for column in table.columns]
    assert "描述相符评分 4.82 低于同行 4.90:目标是高于同行" in words.text
    assert "物流服务评分" not in words.text


def test_sentences_are_found_by_aspect_item_and_period(sample):
    from shopnb.metrics import reviews as metrics
    from shopnb.metrics.reviews_explore import sentences

    said = sample.numbers.said
    start, end = dt.date(2026, 8, 1), dt.date(2026, 8, 30)
    now = sample.numbers.now
    placed = now[metrics.complaining(said, "leak")[now.index] & (now["item_id"] == "684201537701")]
    found = sentences(said, aspect="leak", item="684201537701", polarity="negative", start=start, end=end)
    assert found.attrs["found"] == len(found) == len(placed)
    assert len(placed) > 29  # of the one colour alone
    assert set(found.index) == set(placed.index)
    assert set(found["aspect"]) == {"leak"}
    assert set(found["item_id"]) == {"684201537701"}
    assert found["day"].between(start, end).all()
    assert found["clause"].str.contains("漏|渗|湿|密封").mean() > 0.9
    assert len(sentences(said, most=3)) == 3
    assert sentences(said, aspect="leak", item="none").attrs == {"reviews": 0, "found": 0}


def test_number_of_parts_does_not_depend_on_data(sample, quiet, bare):
    counted = {
        tuple(len(section.parts) for section in page.view.sections) for page in (sample, opened(quiet), opened(bare))
    }
    assert len(counted) == 1


def test_random_sentences_are_the_same_each_time(quiet):
    def drawn():
        table = next(part for part in opened(quiet).view.sections[4].parts if isinstance(part, TablePart))
        return table.frame["review_text"].tolist()

    assert drawn() == drawn()


def test_aspect_and_item_are_checked(quiet):
    with pytest.raises(ParameterError):
        _ = opened(quiet, aspect="no such").numbers
    with pytest.raises(ParameterError):
        _ = opened(quiet, item="1").numbers
    assert opened(quiet, aspect="logistics").numbers.lead.aspect == "logistics"


def test_period_without_reviews_says_so(quiet):
    with pytest.raises(MissingDataError):
        _ = opened(quiet, start_date="2027-01-01", end_date="2027-01-30").numbers


def test_no_advice_to_have_reviews_changed():
    from shopnb import labels

    for lang in labels.LANGUAGES:
        for code in ("complaint_rose_here", "complaint_rose", "reviews_to_answer"):
            action = labels.text(f"findings.{code}.action", lang, item="", sku="")
            assert not any(word in action for word in ("返现", "改评", "删评", "rebate", "change the review"))


def test_real_product_life(shared_data, tmp_path):
    (tmp_path / "inbox").mkdir()
    source = shared_data / "reviews" / "yanxuan_1006006_gbk.csv"
    (tmp_path / "inbox" / source.name).write_bytes(source.read_bytes())
    page = opened(tmp_path)
    assert page.numbers.said.all_rows > 11_000
    assert not page.numbers.said.reviews["read"].str.contains("<U+", regex=False).any()
    assert page.numbers.said.reviews["stars"].min() >= 1  # 0 is not rated
    assert page.view.screen.verdict


@pytest.mark.parametrize(
    ("low", "high", "real", "said"),
    [(-0.01, 0.03, False, "误差内"), (0.001, 0.03, False, "说不准"), (0.001, 0.03, True, "真的变了 +2.00个百分点")],
)
def test_a_range_without_zero_is_never_called_chance(bare, low, high, real, said):
    assert change_told(opened(bare), 0.02, low, high, real=real) == said
