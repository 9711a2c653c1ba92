"""The traffic page with every file it can use, and with files that are broken: what is shown, and what is said."""

import datetime as dt
import json

import pytest
from traffic_files import (
    BEFORE,
    ITEMS,
    NOW,
    TRUNKS,
    WEEK,
    WEEK_BEFORE,
    write_all_days,
    write_item_sources,
    write_moving_ads,
    write_regions,
    write_sources,
    write_words,
)

from shopnb import labels, open_page
from shopnb.view import ChartPart, TablePart, TextPart

SMALL = {"站外推广": (60, 2), "微博": (40, 0), "品销宝": (30, 3)}
PEERS = """记录日,期间起,期间止,指标,同行同层平均,同行同层优秀
2026-7-20,2026-7-13,2026-7-19,支付转化率,4.1%,6.2%
2026-7-20,,,手淘搜索·支付转化率,5.2%,7.0%
2026-7-20,,,免费搜索占比,45%,60%
2026-7-20,2026-7-13,2026-7-19,访客数,41000,70000
"""


def make_shop(folder, now=NOW, before=BEFORE, trunks=None):
    (folder / "inbox").mkdir(parents=True)
    (folder / "shopnb.toml").write_text('name = "试店"\nmargin_rate = 0.42\n', encoding="utf-8")
    write_sources(folder / "inbox", WEEK, now, trunks=trunks)
    if before is not None:
        write_sources(folder / "inbox", WEEK_BEFORE, before, trunks=trunks)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A shop with sources of items (overlapping, under two rules), words, regions, peers and fifteen weeks of days."""
    trunks = TRUNKS | dict.fromkeys(SMALL, "其他来源")
    folder = make_shop(tmp_path_factory.mktemp("whole") / "shop", NOW | SMALL, BEFORE | SMALL, trunks)
    inbox, end = folder / "inbox", dt.date(2026, 7, 19)
    for back in (2, 3):
        days = [(end - dt.timedelta(days=7 * back + gap)).isoformat() for gap in (6, 0)]
        write_sources(inbox, days, BEFORE)
    write_sources(inbox, ("2026-06-20", "2026-07-19"), {name: (v * 4, p * 4) for name, (v, p) in NOW.items()})
    for item in ITEMS:
        write_item_sources(inbox, WEEK, item, NOW)
        write_item_sources(inbox, WEEK_BEFORE, item, BEFORE)
    write_item_sources(inbox, WEEK, ITEMS[0], NOW, rule="末次来源")
    write_item_sources(inbox, (WEEK_BEFORE[0], WEEK[1]), ITEMS[0], NOW)
    write_words(inbox, WEEK)
    days = [(end - dt.timedelta(days=back)).isoformat() for back in range(104, -1, -1)]
    write_all_days(inbox, days)
    write_moving_ads(inbox, days)
    write_regions(inbox, days[-7:])
    (folder / "tables_in").mkdir()
    (folder / "tables_in" / "peers.csv").write_text(PEERS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def page(whole):
    return open_page("traffic_sources", shop=str(whole))


def parts(page, section):
    return page.view.sections[page.section_keys.index(section)].parts


def table(page, section, id):
    return next(part for part in parts(page, section) if isinstance(part, TablePart) and part.id == id)


def chart(page, section, id):
    return next(part for part in parts(page, section) if isinstance(part, ChartPart) and part.id == id)


def sentences(page, section):
    return " ".join(part.text for part in parts(page, section) if isinstance(part, TextPart))


def test_survivors_by_source_are_shown_as_people_who_stay(page):
    found = chart(page, "landing", "stays")
    assert "购物车留下 71 人" in found.title
    assert "精准人群推广只留 18 人" in found.title
    assert "3.9" in found.title  # 71 ÷ 18: times, not points
    frame = table(page, "landing", "stays").frame.set_index("label")
    assert frame.loc["手淘搜索", "visitors"] == 2 * round(0.4 * 12_120)  # one rule, one period, two items
    assert frame.loc["手淘搜索", "views"] == pytest.approx(2.0)
    assert "每位访客看 3.00 页" in sentences(page, "landing")


def test_item_by_source_sums_to_the_change_and_counts_once(page):
    cells = table(page, "mix_rate", "item_sources").frame
    assert len(cells) == len(ITEMS) * len(NOW)
    split = page.numbers.item_split[0].split
    effects = cells["mix_effect"].sum() + cells["rate_effect"].sum()
    assert effects == pytest.approx(split.change.estimate, abs=1e-12)
    assert cells.groupby("item_id")["visitors"].sum().tolist() == [sum(round(0.4 * v) for v, _ in NOW.values())] * 2
    levels = table(page, "mix_rate", "levels").frame
    assert levels["level"].tolist() == ["一级来源", "二级来源", "商品 × 来源"]


def test_value_a_visitor_sums_over_its_parts(page):
    figures = page.record()["figures"]
    names = ("value_mix_effect", "value_conversion_effect", "value_spend_effect")
    assert sum(figures[name]["value"] for name in names) == pytest.approx(figures["value_change"]["value"], abs=1e-9)
    whole_now = sum(p for _, p in (NOW | SMALL).values()) * 68 / sum(v for v, _ in (NOW | SMALL).values())
    assert figures["visitor_value"]["value"] == pytest.approx(whole_now)
    shown = table(page, "mix_rate", "value").frame
    effects = shown[["mix_effect", "conversion_effect", "spend_effect"]].to_numpy().sum()
    assert effects == pytest.approx(figures["value_change"]["value"], abs=1e-9)


def test_peers_and_small_sources_and_regions_stand_in_the_matrix(page):
    frame = table(page, "matrix", "matrix").frame.set_index("source")
    assert frame.loc["手淘搜索", ["peer_mean", "peer_best"]].tolist() == [0.052, 0.07]
    assert frame["peer_mean"].notna().sum() == 1
    assert "同行同层平均 4.10%、优秀 6.20%" in sentences(page, "matrix")
    assert "推荐位转化 2.02%,搜索 4.69%" in sentences(page, "matrix")
    small = table(page, "matrix", "small").frame
    assert set(small["source"]) == set(SMALL)
    assert ((small["shrunk_low"] > 0) & (small["shrunk_high"] < 0.25)).all()
    regions = table(page, "matrix", "regions").frame.set_index("region")
    assert 0 == regions.loc["西藏", "returns"] <= regions.loc["西藏", "returns_high"]


def test_free_search_has_thirty_days_the_old_rule_and_one_sentence(page):
    rows = table(page, "free_search", "free_search").frame
    old = rows[rows["reference"].str.contains("40%")].iloc[0]
    assert old["conclusion"] == "只作参考"
    assert "003" in old["origin"]
    assert old["own"].startswith("3")  # 48,480 of about 146 thousand visitor-days
    assert rows["conclusion"].tolist()[:2] == ["没到顶", "看不出"]  # a share of visitor-days reads low: proves nothing
    assert "没到顶" in sentences(page, "free_search")
    assert chart(page, "free_search", "free_search").title.startswith("本期免费搜索访客 12,120")


def test_words_lift_and_devices(page):
    verdicts = table(page, "words", "words").frame.set_index("word")["verdict"]
    assert verdicts[["水杯", "杯子", "大容量保温杯"]].tolist() == ["换", "换", "养"]
    assert page.numbers.words.too_many_silent  # thirty silent words where about sixteen are chance
    lifted = chart(page, "lift", "lift")
    assert "带来 0.5" in lifted.title
    assert "618" in json.dumps(lifted.spec, ensure_ascii=False)  # campaigns are marked
    devices = table(page, "who_came", "parts").frame.set_index("part")
    assert {"wireless", "pc", "live", "video", "new", "returning"} <= set(devices.index)
    assert devices.loc["wireless", "share"] == pytest.approx(0.97, abs=0.001)


def test_cards_carry_lines_of_days_and_of_periods(page):
    cards = {card.label: card for card in page.view.screen.cards}
    for label, points in (("来源访客合计", 28), ("支付转化率", 28), ("推广投产比", 28), ("免费搜索占比", 4)):
        assert len(cards[label].spark) == points, label
        assert cards[label].spark_alt
    assert cards["支付转化率"].spark[-1] == pytest.approx(0.046, abs=0.001)


def test_the_what_if_says_its_amount_and_shows_three_sizes(page):
    found = page.numbers.move
    shown = chart(page, "what_if", "what_if")
    assert "毛利" in shown.title
    assert [one.visitors for one in page.numbers.moves] == [500, 1000, 2000]
    worth = [one.margin.estimate / one.visitors for one in page.numbers.moves]
    assert worth == sorted(worth, reverse=True)
    assert found.margin == page.numbers.moves[1].margin


def test_english_has_the_same_parts_and_leaves_nothing_unsaid(page, whole):
    other = open_page("traffic_sources", shop=str(whole), lang="en")
    for one, two in zip(page.view.sections, other.view.sections, strict=True):
        assert [type(part) for part in one.parts] == [type(part) for part in two.parts]
    for shown in (page, other):
        said = [shown.view.screen.verdict, *(note.text for note in shown.view.health)]
        for section in shown.view.sections:
            said += [
                *(part.text for part in section.parts if isinstance(part, TextPart)),
                *(part.title for part in section.parts if isinstance(part, ChartPart)),
                *(part.caption for part in section.parts if isinstance(part, TablePart)),
            ]
        assert not [text for text in said if any(sign in text for sign in ("{", "}", "nan", "None"))]
    assert page.record()["figures"] == other.record()["figures"]


# Broken and thin files

ZERO = dict.fromkeys(NOW, (0, 0))


@pytest.mark.parametrize(
    ("now", "before", "verdict", "code"),
    [
        (ZERO, BEFORE, "no_visitors", "no_visitors"),
        (NOW, ZERO, "no_visitors_before", ""),
        ({"手淘搜索": (12, 0), "购物车": (3, 1)}, {"手淘搜索": (10, 1)}, "too_few", ""),
        ({name: (visitors, 0) for name, (visitors, _) in NOW.items()}, BEFORE, "too_few", "no_buyers"),
        ({name: row for name, row in NOW.items() if name != "手淘推荐"} | {"直播": (3000, 9)}, BEFORE, "", "lost new"),
    ],
    ids=["nobody", "nobody_before", "tiny", "no_buyers", "vanished_and_appeared"],
)
def test_broken_periods_are_said_in_words(tmp_path, now, before, verdict, code):
    page = open_page("traffic_sources", shop=str(make_shop(tmp_path / "shop", now, before)))
    shown = page.view
    assert all(section.parts for section in shown.sections)
    json.dumps(page.record(), allow_nan=False)
    if verdict:
        start = labels.text(f"traffic_sources.verdict.{verdict}", "zh", visitors=0, change=0, buyers=0, source="",
                            share=0)[:6]  # fmt: skip
        assert shown.screen.verdict.startswith(start)
        assert not page.found
    assert "不用动" not in shown.screen.verdict + shown.screen.quiet
    codes = {"lost new": {"lost_sources", "new_sources"}, "": set()}.get(code, {code})
    assert codes <= {note.code for note in shown.health}


def test_a_file_without_dates_is_shown_alone(tmp_path):
    folder = make_shop(tmp_path / "shop", before=None)
    dated = next((folder / "inbox").iterdir())
    dated.rename(folder / "inbox" / "来源.csv")
    page = open_page("traffic_sources", shop=str(folder))
    assert page.period() == (None, None)
    assert page.view.screen.verdict.endswith("文件没有日期,说不了变化。")
    assert "undated" in {note.code for note in page.view.health}
    assert not page.found
